/* Sources and sinks of your own: arrays whose values come from a function, and functions that receive the values of an array. */
#ifndef ASHLAR_SOURCE_H
#define ASHLAR_SOURCE_H

#include <ashlar/compute.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes the elements start[a] <= i[a] < start[a] + extent[a] of a source into `buffer`, dense, last axis fastest; no extent is 0.
 * Returns ASH_OK; or, after a sentence of up to `message_bytes` bytes, terminator included, into `message`, the status that the run is
 * to fail with (ASH_ERR_IO for a number that is no status). The same box must have the same values each time. It runs on threads of the
 * library, and may use the library with contexts of its own, but not with the context that is computing, nor compute from the source
 * itself. */
typedef ash_status ash_read_box_fn(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t message_bytes);

/* Options of a source. Zero-fill and set what you need. */
typedef struct ash_source_options {
    int64_t size;           /* sizeof the struct, or 0 for the fields of version 0.1 */
    const char *name;       /* the variable's name, in errors too; NULL: "source" */
    const char *dims;       /* dimension names, "time,lat,lon"; NULL: all anonymous */
    const char *chunks;     /* chunk sizes as ash_rechunk() takes them; NULL: chosen from shape and dtype */
    const char *attributes; /* "units=K\nlong_name=..."; NULL: none */
    bool thread_safe;       /* read_box may be called by several threads at once; default: a lock of this source allows one at a time */
    int64_t scratch_bytes;  /* what a call of read_box may allocate: counts against the memory limit, once a thread */
    void (*release)(void *user); /* called once, when the last array that needs the source is gone: at the end of its scope or context */
} ash_source_options;

/* An array whose values `read_box` delivers when they are needed. Lazy. Chunks are asked for whole, one call each, where the expression
 * needs them whole and the memory limit allows it; else in parts. A slice with steps is asked for with what lies between, or in several
 * calls where that would be much. On failure the release callback is not called. */
ASH_API ash_array ash_from_source(ash_context *context, ash_dtype dtype, int ndim, const int64_t shape[], ash_read_box_fn *read_box,
    void *user, const ash_source_options *options);

/* Receives the elements start[a] <= i[a] < start[a] + extent[a] of an array, dense, last axis fastest; `data` is valid during the call.
 * Returns as ash_read_box_fn does, and may do what that may. */
typedef ash_status ash_write_box_fn(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], const void *data, char *message, int64_t message_bytes);

/* Options of ash_store. Zero-fill and set what you need. */
typedef struct ash_store_options {
    int64_t size;                       /* sizeof the struct, or 0 for the fields of version 0.1 */
    const char *chunks;                 /* what is given in one call, as ash_rechunk() takes it; NULL: the chunks of the array */
    bool thread_safe;                   /* write_box may be called by several threads at once; default: one at a time */
    int64_t scratch_bytes;              /* what a call of write_box may allocate: counts against the memory limit, once a thread */
    const ash_compute_options *compute; /* of the run; NULL: the context's */
} ash_store_options;

/* Computes the array and gives it away, one call a chunk, each element once, chunks in any order. Runs, collective. The array may be
 * larger than memory. After a failure some chunks may have been given. */
ASH_API ash_status ash_store(ash_array a, ash_write_box_fn *write_box, void *user, const ash_store_options *options);

#ifdef __cplusplus
}
#endif
#endif
