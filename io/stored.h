/* A variable whose bytes we read ourselves: where its chunks are in the file, and what was done to them. Filled by a driver, read by
 * ash_stored_read() from any number of threads without a lock. */
#ifndef ASH_IO_STORED_H
#define ASH_IO_STORED_H

#include "io/codec.h"
#include "io/io.h"

typedef struct ash_stored_chunk {
    int64_t address; /* in the file; -1: the chunk is absent, all of it is fill value */
    int64_t bytes;
    uint32_t mask; /* filters left out */
} ash_stored_chunk;

typedef struct ash_stored ash_stored;

/* Where the bytes of a chunk are that has no place in a table. */
typedef struct ash_chunk_place {
    ash_stored_chunk chunk;
    int fd;
    int own;                             /* the chunk is all of a file that was opened for it: to be closed */
    const struct ash_zip_member *member; /* whose checksum the bytes must have; NULL: none */
} ash_chunk_place;

/* Finds the chunk with these coordinates. On failure the reason alone is in `error`, and nothing is open. Thread-safe. */
typedef ash_status ash_chunk_finder(const ash_stored *stored, const int64_t at[], ash_chunk_place *place, ash_error_state *error);

struct ash_stored {
    int ndim;
    int64_t shape[ASH_MAX_NDIM]; /* what is stored; the variable may reach further, into fill values */
    int64_t chunk[ASH_MAX_NDIM]; /* extents of a chunk; all of them are stored whole, those at the edges too */
    int64_t count[ASH_MAX_NDIM]; /* chunks along each axis */
    int64_t element;             /* bytes: 1, 2, 4, 8 or 16 */
    int pairs;                   /* an element is two numbers (complex), each in the byte order of its own */
    int fortran;                 /* within a chunk the first axis is the fastest, not the last */
    int swap;                    /* stored in the other byte order */
    ash_pipeline pipeline;
    unsigned char absent[16],
        beyond[16];           /* the elements of absent chunks, and those beyond the stored extents; in the machine's byte order */
    int64_t chunk_bytes;      /* of a decoded chunk */
    int64_t overlap;          /* where two chunks overlap, which happens in damaged tables only; -1: nowhere */
    ash_stored_chunk *chunks; /* in C order; NULL: `find` is asked */
    ash_chunk_finder *find;
    const void *source; /* the finder's own */
};

/* Bytes that one thread's scratch takes for reading a variable whose decoded chunks have `chunk_bytes` bytes. */
int64_t ash_stored_scratch_bytes(int64_t chunk_bytes, const ash_pipeline *pipeline);
/* The most bytes a stored chunk may have; larger ones are damaged, or nothing that we read. */
int64_t ash_stored_largest(int64_t chunk_bytes);
/* Notes where chunk `k` is. 0 if that cannot be true: not within the file, or larger or smaller than its filters can have made it. */
int ash_stored_place(ash_stored *stored, int64_t k, int64_t file_size, int64_t address, int64_t bytes, uint32_t mask);
/* Sets stored->overlap when all chunks have their places. 0 when out of memory. */
int ash_stored_check_overlap(ash_stored *stored, int64_t chunks);
void ash_stored_free(ash_stored *stored);

/* Reads a box, see ash_file_read(). On failure the reason alone is in `error`. */
ash_status ash_stored_read(int fd, const ash_stored *stored, const int64_t start[], const int64_t extent[], const int64_t step[],
    void *buffer, ash_read_scratch *scratch, ash_error_state *error);

#endif
