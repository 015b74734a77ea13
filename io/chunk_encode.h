/* Chunks of a variable on their way to storage: padded, filtered, and kept in a journal until all are there. */
#ifndef ASH_IO_CHUNK_ENCODE_H
#define ASH_IO_CHUNK_ENCODE_H

#include "io/codec.h"
#include "io/writer.h"

/* Bytes that the compressors take for themselves. */
enum { ASH_ENCODER_BYTES = 1 << 20 };

/* How a variable is stored in chunks. */
typedef struct ash_chunking {
    int ndim;
    int64_t element; /* bytes */
    int64_t shape[ASH_MAX_NDIM], chunk[ASH_MAX_NDIM];
    int64_t chunk_bytes;
    ash_pipeline pipeline;
    unsigned char fill[16]; /* what lies beyond the shape */
} ash_chunking;

/* Whether a box is a chunk, cut to the shape. */
int ash_chunk_is_whole(const ash_chunking *chunking, const int64_t start[], const int64_t extent[]);
/* The bytes of a chunk as they are stored, in `data` or in the scratch. Returns the reason alone in `error`. */
ash_status ash_chunk_encode(const ash_chunking *chunking, const int64_t extent[], const void *data, ash_write_scratch *scratch,
    const unsigned char **bytes, int64_t *n, ash_error_state *error);
/* Bytes of scratch that it takes. */
int64_t ash_chunk_scratch_bytes(const ash_chunking *chunking);

/* Until all chunks are there they are kept in the journal's data, where a run that is killed leaves them. */
ash_status ash_chunk_keep(ash_writer *writer, int variable, const ash_chunking *chunking, const int64_t start[], const unsigned char *bytes,
    int64_t n, ash_error_state *error);
/* Puts the bytes of a chunk where they stay. */
typedef ash_status ash_chunk_placer(
    ash_writer *writer, int variable, const int64_t start[], const unsigned char *bytes, int64_t n, ash_error_state *error);
/* Takes the chunks of a variable that the journal has to their places: in the order of the chunks, so that the result is the same whoever made them when. */
ash_status ash_chunk_move(ash_writer *writer, int variable, const ash_chunking *chunking, ash_chunk_placer *place, ash_error_state *error);

#endif
