/* Storage: names, boxes, bytes. No nodes, no graph. Every driver is a row in the table in io/drivers.c; a new one (lock-free chunk reading,
 * Zarr, raw) adds a row and nothing else. */
#ifndef ASH_IO_H
#define ASH_IO_H

#include "base/attrs.h"
#include "base/error.h"
#include "io/chunk_cache.h"

/* ---- Reading ---- */

/* What reading a variable takes besides the buffer. */
typedef struct ash_read_need {
    int64_t
        library; /* bytes the library behind the driver may allocate during one read (decompressed and compressed chunk, caches). Only one such
                      * read runs at a time under the lock; up to one decompressed chunk of each compressed variable stays in its cache until the
                      * file is released */
    int64_t scratch; /* bytes of a thread's scratch */
    int64_t table;   /* bytes of the list of stored chunks, which is kept from the first read on until the file is released */
    int64_t decoded; /* bytes of a stored chunk when its filters are undone, if reading threads do that; else 0 */
    double byte_ns;  /* about what a byte of values takes a thread, from the page cache; see docs/performance.md */
    int by_runs;     /* elements lie in the file, or in its chunks, as they are delivered: a box is read run by run of neighbours */
} ash_read_need;

/* What a file says about one variable. Names and attributes belong to the ash_file and live as long as it. */
typedef struct ash_variable {
    char *name;
    ash_dtype dtype; /* stored dtype, native byte order on delivery; unsigned types as such; _Unsigned not applied */
    int ndim;
    int64_t shape[ASH_MAX_NDIM];
    char *dim[ASH_MAX_NDIM];     /* NULL: anonymous */
    int64_t chunk[ASH_MAX_NDIM]; /* extents of a stored chunk; all 0 for contiguous and classic layouts */
    ash_attrs *attrs;            /* as stored, _FillValue and packing included */
    char *type;                  /* in words, of a variable that was only described and is no number (dtype ASH_DTYPE_COUNT); else NULL */
    int is_text;                 /* its type is characters or strings */
    int no_fill;                 /* the file says that this variable has no default fill value (NC_NOFILL) */
    int record;                  /* classic: a record variable */
    int dim_id[ASH_MAX_NDIM];    /* driver's own: equal numbers are one dimension of the file; -1: anonymous */
    ash_read_need need;
    /* Where parts of the variable lie in files of their own: along `part_axis`, part k is [part_begin[k], part_begin[k + 1]). */
    int part_axis;
    int64_t parts; /* 0: it is one */
    const int64_t *part_begin;
    int id;            /* driver's own */
    void *driver_data; /* driver's own, released with the file */
} ash_variable;

/* Names of a file's variables, or texts. */
typedef struct ash_name_list {
    char **name;
    int count, capacity;
} ash_name_list;

/* Dimensions of a file. */
typedef struct ash_stored_dim {
    char *name; /* with its groups, "grp1/time" */
    int64_t extent;
    int unlimited;
} ash_stored_dim;
typedef struct ash_stored_dims {
    ash_stored_dim *dim;
    int count, capacity;
} ash_stored_dims;

typedef struct ash_file ash_file;

/* Opens `path` with the first driver that recognises it. Counted: ash_file_release() closes at zero. Errors in sentences for a missing file
 * (nearest name in its folder), a folder, a file of no known format (says what it starts with), a damaged one. `function` is named in
 * errors. */
ash_file *ash_file_open(const char *path, const char *function, ash_error_state *error);
/* Where the elements of one array are in a file that does not say so itself. */
typedef struct ash_raw_layout {
    ash_dtype dtype;
    int swap; /* in the other byte order */
    int ndim;
    int64_t shape[ASH_MAX_NDIM];
    int fortran;    /* the first axis is the fastest, not the last */
    int64_t offset; /* bytes before the first element */
} ash_raw_layout;

/* Opens any file as one array, whose name is the file's. Refused if the file is too short for it. */
ash_file *ash_file_open_raw(const char *path, const ash_raw_layout *layout, const char *function, ash_error_state *error);
ash_file *ash_file_retain(ash_file *file);
void ash_file_release(ash_file *file);
const char *ash_file_path(const ash_file *file);
/* What tells one state of a file from another: its size and when it was changed, in nanoseconds. */
/* Numbers that two open files have in common only if they are one file that did not change in between. Folders, and what is put together or delivered by
 * the user, are the same only if they were opened at once. */
enum { ASH_FILE_KEY = 6 };
void ash_file_key(const ash_file *file, int64_t key[ASH_FILE_KEY]);
void ash_file_identity(const ash_file *file, int64_t *size, int64_t *changed);
const ash_attrs *ash_file_attrs(ash_file *file);   /* global attributes; NULL if none */
const char *ash_file_format(const ash_file *file); /* "NetCDF-4" */

/* ---- What a file holds, without opening any of it ---- */

/* Paths of all variables, of any type, in the file's order. */
ash_status ash_file_list(ash_file *file, ash_name_list *names, ash_error_state *error);
/* A variable of any type: everything but what reading needs. What is no number has dtype ASH_DTYPE_COUNT and its type in words. The caller ends with
 * ash_variable_clear(), on failure too. ASH_ERR_NOT_FOUND without a sentence if there is none of that path. */
ash_status ash_file_describe(ash_file *file, const char *path, const char *function, ash_variable *out, ash_error_state *error);
void ash_variable_clear(ash_variable *variable);
/* All dimensions; formats without any have none. */
ash_status ash_file_dims(ash_file *file, ash_stored_dims *dims, ash_error_state *error);
void ash_stored_dims_free(ash_stored_dims *dims);
int ash_stored_dims_add(ash_stored_dims *dims, const char *name, int64_t extent, int unlimited); /* 0 when out of memory */
/* Attributes of a group by its path, "grp1"; NULL where it has none. The caller's reference. */
ash_status ash_file_group_attrs(ash_file *file, const char *path, const char *function, ash_attrs **attrs, ash_error_state *error);
/* The values of a text variable: of strings each, of characters each row along the last dimension, without blanks and zeros at its end. */
ash_status ash_file_text(ash_file *file, const char *path, const char *function, ash_name_list *texts, ash_error_state *error);
int ash_name_list_add(ash_name_list *names, const char *name); /* 0 when out of memory */
int ash_name_list_add_bytes(ash_name_list *names, const char *text, int64_t bytes);
void ash_name_list_free(ash_name_list *names);

/* ---- Variables ---- */

/* A variable by name or path, "" for the only one; the nearest names are suggested when there is none, and a variable of a type that is no number is refused by
 * its type. NULL on failure. Lives as long as the file. */
const ash_variable *ash_file_variable(ash_file *file, const char *name, const char *function, ash_error_state *error);
/* Its groups and name in the file, "grp1/T". */
const char *ash_file_variable_path(const ash_variable *variable);
/* The coordinate variable of a dimension of `variable` (same name, 1-D, a number), NULL if there is none. No error then. */
const ash_variable *ash_file_coordinate(ash_file *file, const ash_variable *variable, int axis, ash_error_state *error);
/* A variable that an attribute of `variable` names, looked for in its group and then in the enclosing ones. NULL if there is none. */
const ash_variable *ash_file_sibling(ash_file *file, const ash_variable *variable, const char *name, ash_error_state *error);

/* What a thread keeps from one read to the next: bytes fetched ahead, and the last chunk it decoded. Zero-filled at first; valid as long as the files
 * read with it are open. The counts are only ever added to. */
typedef struct ash_read_scratch {
    unsigned char *window; /* stored bytes */
    int64_t window_capacity, window_begin, window_bytes;
    const void *window_of;    /* the variable they are of */
    unsigned char *buffer[2]; /* decoded ones */
    int64_t buffer_capacity[2];
    const unsigned char *decoded;
    const void *decoded_of;
    int64_t decoded_chunk;
    int64_t opened; /* of joined files: which opening of a member the above is of */
    int decoded_shuffled;
    ash_chunk_cache *cache;   /* shared with others; NULL: none */
    ash_cached_chunk *pinned; /* in use, of the cache */
    int retries; /* how often a read is tried again, see ash_context_options */
    int64_t reads_repeated;
    int64_t bytes_fetched,
        bytes_decoded; /* taken from files as they are stored (values, where the HDF5 library reads); made of them by undoing filters */
} ash_read_scratch;
void ash_read_scratch_free(ash_read_scratch *scratch); /* keeps the counts */

/* Reads the box start + k * step, k < extent (step > 0), into dense memory, last axis fastest, native byte order. Thread-safe, each thread with a
 * scratch of its own: takes the lock itself where the library behind needs it. A short or damaged read is an error that names file, variable and
 * box. */
ash_status ash_file_read(ash_file *file, const ash_variable *variable, const int64_t start[], const int64_t extent[], const int64_t step[],
    void *buffer, ash_read_scratch *scratch, ash_error_state *error);

ash_read_need ash_file_read_need(ash_file *file, const ash_variable *variable);

typedef struct ash_format ash_format; /* one that is written */

/* One storage format. `recognise` sees the path and the first `n` bytes of the file (0 for a folder); the first row that recognises and
 * opens wins. */
typedef struct ash_driver {
    const char *name;
    int (*recognise)(const char *path, const unsigned char *head, int64_t n);
    ash_status (*open)(ash_file *file, const char *function, ash_error_state *error); /* leaves nothing on failure */
    void (*close)(ash_file *file);
    /* Adds the paths of all variables, of any type, to `names`. */
    ash_status (*list)(ash_file *file, ash_name_list *names, ash_error_state *error);
    /* Fills *out (zeroed before). ASH_ERR_NOT_FOUND without a sentence if there is no variable of that path. On failure what was filled is
     * released by the caller. */
    ash_status (*find)(ash_file *file, const char *name, const char *function, ash_variable *out, ash_error_state *error);
    /* As find, of any type and without driver_data, see ash_file_describe(). NULL: what find says is all. */
    ash_status (*describe)(ash_file *file, const char *path, const char *function, ash_variable *out, ash_error_state *error);
    ash_status (*dims)(ash_file *file, ash_stored_dims *dims, ash_error_state *error); /* NULL: those of its variables */
    ash_status (*group_attrs)(
        ash_file *file, const char *path, const char *function, ash_attrs **attrs, ash_error_state *error); /* NULL: no groups */
    /* Adds the values of a text variable. NULL: it cannot be read. */
    ash_status (*text)(ash_file *file, const char *path, const char *function, ash_name_list *texts, ash_error_state *error);
    void (*identity)(const ash_file *file, int64_t *size, int64_t *changed); /* NULL: that of the file itself */
    const ash_format *change;                                                /* by which its files are changed; NULL: they cannot be */
    int has_members;                                        /* its reads are reads of other files, whose sentences say all */
    void (*forget)(ash_file *file, ash_variable *variable); /* releases driver_data; NULL: there is none */
    /* Called once before the first read, under the lock: finds out how to read best, and sets variable->need. NULL: nothing to find out. */
    void (*prepare)(ash_file *file, ash_variable *variable);
    /* The box is within the variable and not empty. On failure returns the status with the reason alone in `error`; file, variable and box
     * are added by the caller. */
    ash_status (*read)(ash_file *file, const ash_variable *variable, const int64_t start[], const int64_t extent[], const int64_t step[],
        void *buffer, ash_read_scratch *scratch, ash_error_state *error);
} ash_driver;

/* ---- Writing ---- */

typedef struct ash_writer_dim {
    const char *name;
    int64_t extent;
    int unlimited;
} ash_writer_dim;

typedef struct ash_writer_variable {
    const char *name;
    ash_dtype dtype;
    int ndim;
    int dim[ASH_MAX_NDIM];       /* indices into the writer's dims */
    int64_t chunk[ASH_MAX_NDIM]; /* all 0: contiguous */
    const ash_attrs *attrs;      /* _FillValue among them is set as the fill value */
    int deflate, shuffle;
    int zstd; /* level, 0: none */
    int fletcher32;
    int default_fill; /* without a _FillValue, NetCDF's default fill value of the dtype is missing */
} ash_writer_variable;

/* What a file is to hold. */
typedef struct ash_writer_schema {
    int ndims, nvariables;
    const ash_writer_dim *dim;
    const ash_writer_variable *variable;
    const ash_attrs *global;
} ash_writer_schema;

/* What a thread keeps from one box to the next. Zero-filled at first. */
typedef struct ash_write_scratch {
    unsigned char *buffer[2];
    int64_t capacity[2];
} ash_write_scratch;
void ash_write_scratch_free(ash_write_scratch *scratch);

/* What writing takes besides the values. */
typedef struct ash_write_need {
    int64_t library; /* bytes the library behind may allocate */
    int64_t scratch; /* bytes of a thread's scratch */
} ash_write_need;

typedef struct ash_writer ash_writer;

/* The format of that name; with NULL that which the suffix of the path says, NetCDF-4 if it says nothing. NULL with a sentence if there is none. */
const ash_format *ash_format_find(const char *name, const char *path, const char *function, ash_error_state *error);
const char *ash_format_name(const ash_format *format);
int ash_format_filters(const ash_format *format); /* whether it has chunks and filters */
int ash_format_int64(const ash_format *format);   /* whether it has 64-bit and unsigned integers */
int ash_format_numpy(const ash_format *format);   /* whether it has bool and complex numbers */
int ash_format_bare(const ash_format *format);    /* whether it holds one array and nothing else */
int ash_format_chunked(const ash_format *format); /* whether all its arrays are stored in chunks */

/* What a file is that can be resumed: a fingerprint of all that decides about its bytes, and the number of chunks of each variable, which must be put
 * whole; 0: its values are put each time. Where some variables have chunks in the file, those with a number here must. */
typedef struct ash_journal_key {
    uint64_t print[2];
    int nvariables;
    const int64_t *chunks;
} ash_journal_key;

/* Begins a file that will appear under `path`: makes a temporary one in the same folder and defines all dimensions and variables. The schema must
 * stay as long as the writer. With a `resume` key, goes on where a run that ended early was, if it was of the same; another run at work on it is an
 * error. NULL on failure; nothing is left then. */
ash_writer *ash_writer_begin(const ash_format *format, const char *path, const ash_writer_schema *schema, const ash_journal_key *resume,
    const char *function, ash_error_state *error);
/* Begins to change a file that is there: of NetCDF any format, a copy of which takes its name at the end; of Zarr stores of version 2 in folders, whose
 * chunks take their places at the end. Others are refused. Of the schema's variables only name (which may be a path), dtype, which must be the stored one, and
 * shape count; element 0 of each axis goes to start[variable][axis]. Dimensions that grow must be unlimited where the format knows such. `start` must stay
 * as long as the writer, and `file` until this returns. */
ash_writer *ash_writer_change(
    ash_file *file, const ash_writer_schema *schema, const int64_t *const start[], const char *function, ash_error_state *error);
/* Whether a chunk was done by the run that is resumed. */
int ash_writer_has(const ash_writer *writer, int variable, int64_t chunk);
/* Says that all boxes of a chunk have been put, which is the box from `start` on. Thread-safe, each thread with a scratch of its own. */
ash_status ash_writer_chunk_done(ash_writer *writer, int variable, int64_t chunk, const int64_t start[], const int64_t extent[],
    ash_write_scratch *scratch, ash_error_state *error);
/* Of a chunk that was done by the run that is resumed: it is not if its bytes in the file are others now. */
ash_status ash_writer_check_chunk(ash_writer *writer, int variable, int64_t chunk, const int64_t start[], const int64_t extent[],
    ash_write_scratch *scratch, ash_error_state *error);
/* The extents of the chunks that a variable is stored in; 0 if it is not. A box that is one of them (cut to the shape) is encoded by the
 * thread that puts it, others by the library behind, one at a time. */
int ash_writer_chunk(const ash_writer *writer, int variable, int64_t chunk[]);
ash_write_need ash_writer_need(const ash_writer *writer);
/* The same of a writer that ash_writer_begin() would make, without one. 0 when out of memory. */
int ash_format_need(const ash_format *format, const ash_writer_schema *schema, const ash_journal_key *resume, ash_write_need *need);
/* Writes a dense box of a variable, which must lie within its shape. Thread-safe, each thread with a scratch of its own. */
ash_status ash_writer_put(ash_writer *writer, int variable, const int64_t start[], const int64_t extent[], const void *data,
    ash_write_scratch *scratch, ash_error_state *error);
/* Writes a whole variable, chunk by chunk. */
ash_status ash_writer_put_all(ash_writer *writer, int variable, const void *data, ash_error_state *error);
/* Closes, syncs and renames; on failure removes the temporary file. Frees the writer in every case. */
ash_status ash_writer_commit(ash_writer *writer, ash_error_state *error);
/* Gives up: removes the temporary file, unless it can be resumed, and frees the writer. */
void ash_writer_abort(ash_writer *writer);

#endif
