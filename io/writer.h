/* A file being written as its format sees it. */
#ifndef ASH_IO_WRITER_H
#define ASH_IO_WRITER_H

#include "io/flat_write.h"
#include "io/io.h"
#include "io/journal.h"
#include "io/temporary_file.h"

/* One format that can be written: a row of the table in io/writer.c. */
struct ash_format {
    const char *name;
    const char *suffixes; /* of paths that mean it, " .nc .nc4 "; NULL: none */
    int filters;          /* chunks, and filters of them */
    int chunked;          /* nothing but chunks */
    int int64;            /* 64-bit and unsigned integers */
    int numpy;            /* bool and complex numbers */
    int bare;             /* one array without names, coordinates and attributes */
    int folder;           /* a folder of many files */
    int changes;          /* what is under the target, itself: the temporary file is for its own use */
    /* Defines the whole schema in the empty temporary file, or, where writer->resumed is set, finds it there. On failure `abandon` is called. */
    ash_status (*begin)(ash_writer *writer, ash_error_state *error);
    /* What a writer of a new file will need, found out before there is one. 0 when out of memory; NULL: nothing. */
    int (*foresee)(const ash_format *format, const ash_writer_schema *schema, ash_write_need *need);
    int (*chunk)(const ash_writer *writer, int variable, int64_t chunk[]); /* NULL: nothing is stored in chunks */
    /* Where the values of a variable are that has regular places in the file, as one box of all of them; NULL: none has. */
    void (*place)(const ash_writer *writer, int variable, ash_flat_box *all);
    /* The box is within the variable and not empty. Returns the reason alone in `error`. */
    ash_status (*put)(ash_writer *writer, int variable, const int64_t start[], const int64_t extent[], const void *data,
        ash_write_scratch *scratch, ash_error_state *error);
    /* Completes the temporary file. Returns the reason alone in `error`. NULL: there is nothing to complete. */
    ash_status (*finish)(ash_writer *writer, ash_error_state *error);
    /* Releases what the format holds. What it would still write must not reach the temporary file, which may be gone. */
    void (*abandon)(ash_writer *writer);
};

/* What is changed. */
typedef struct ash_writer_update {
    ash_file *file;              /* as the caller has seen it */
    const int64_t *const *start; /* per variable of the schema: where element 0 of each axis goes */
} ash_writer_update;

struct ash_writer {
    const ash_format *format;
    const ash_writer_schema *schema;
    ash_temporary_file file;
    char *path;               /* as the user gave it */
    char *function;           /* named in errors */
    int failed;               /* atomically: something could not be written */
    ash_journal *journal;     /* NULL: the file is made at once or not at all */
    int in_place;             /* with a journal: values go to their places in the temporary file, instead of into the journal's data */
    ash_writer_update update; /* of a file that is there; zero-filled where it is made */
    int resumed;              /* with a journal: the temporary file is the one of a run that ended early */
    ash_write_need need;
    void *state; /* the format's own */
};

extern const ash_format ash_format_netcdf4, ash_format_classic, ash_format_64bit_offset, ash_format_cdf5, ash_format_zarr,
    ash_format_zarr_zip, ash_format_npy, ash_format_raw;
/* By which files are changed: rows of drivers. */
extern const ash_format ash_format_change_netcdf, ash_format_change_zarr;

/* ash_writer_begin(), or with `update` ash_writer_change(). */
ash_writer *ash_writer_start(const ash_format *format, const char *path, const ash_writer_schema *schema, const ash_journal_key *resume,
    const ash_writer_update *update, const char *function, ash_error_state *error);

/* ASH_OK for 0; else the system's words for an errno, as the reason alone or after the function and the path. */
ash_status ash_fail_errno(int reason, ash_error_state *error);
ash_status ash_writer_fail(const ash_writer *writer, int reason, ash_error_state *error);

/* Whether chunks of a variable are kept in the journal's data until all are there. */
int ash_writer_journals(const ash_writer *writer, int variable);

/* A buffer of the thread's scratch with room for `bytes` bytes, NULL when out of memory. */
unsigned char *ash_write_scratch_buffer(ash_write_scratch *scratch, int k, int64_t bytes);
/* The shape of a variable, and its number of elements. */
int64_t ash_writer_shape(const ash_writer *writer, int variable, int64_t shape[]);
/* Copies a box of elements from one dense array into another, between the places where the box begins in them; ndim > 0. */
void ash_copy_dense(
    int ndim, const int64_t extent[], int64_t size, void *to, const int64_t to_shape[], const void *from, const int64_t from_shape[]);

#endif
