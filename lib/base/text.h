/* Parsing of the small text arguments: dimension lists, index text, chunk text, sizes; nearest names. */
#ifndef ASH_BASE_TEXT_H
#define ASH_BASE_TEXT_H

#include "base/error.h"

#include <ashlar/array.h>

/* The dimensions an argument may refer to. */
typedef struct ash_dim_names {
    int ndim;
    const char *name[ASH_MAX_NDIM]; /* NULL: anonymous */
} ash_dim_names;

/* The name in `candidates` (NULL ones are skipped) nearest to `wanted` by edit distance, or one that holds it or is held by it; NULL if
 * none is near enough to suggest. */
const char *ash_nearest(const char *wanted, int n, const char *const candidates[]);

/* Axes named by "time", "lat,lon", "0", "-1,-2"; NULL or "" means all, in order. Spaces around names are ignored. A text that reads as a
 * position is one. `function` is named in errors. Errors: unknown name (nearest suggested), position out of range, an axis twice. */
ash_status ash_parse_axes(
    const char *text, const ash_dim_names *dims, const char *function, int *count, int axes[ASH_MAX_NDIM], ash_error_state *error);

/* Names for `ndim` dimensions, "time,,lon"; copied into `storage` and pointed at (NULL for empty). NULL text: all anonymous. Errors: wrong
 * number, a name twice, a name that would read as a position (an integer) or holds one of "=:,+". */
ash_status ash_parse_dim_names(
    const char *text, int ndim, const char *function, char *storage, int64_t storage_bytes, ash_dim_names *dims, ash_error_state *error);

/* Basic indexing. One entry per axis of the result and per axis dropped, in order of the text; see ash_index() for the language. */
typedef enum ash_index_kind { ASH_INDEX_RANGE, ASH_INDEX_INTEGER, ASH_INDEX_NEWAXIS } ash_index_kind;
typedef struct ash_index_part {
    ash_index_kind kind;
    int axis;            /* of the input; unused for NEWAXIS */
    int64_t start, step; /* RANGE: element k of the result is start + k * step; INTEGER: start */
    int64_t extent;      /* RANGE: number of elements, >= 0; start is 0 if it is 0, and step 1 if it is below 2 */
} ash_index_part;
/* Parses against `shape`; parts cover every axis of the input, in input order, with new axes where they stand. At most 2 * ASH_MAX_NDIM
 * parts. */
ash_status ash_parse_index(const char *text, const ash_dim_names *dims, const int64_t shape[], int *count,
    ash_index_part parts[2 * ASH_MAX_NDIM], ash_error_state *error);

/* Chunk sizes. Per axis one of: kept (size 0), regular (size > 0, the last chunk may be shorter), or listed (size -1: sizes in
 * list[0..count)). */
typedef struct ash_chunk_spec {
    int64_t size;
    int64_t count;
    int64_t *list; /* in `storage`; sizes > 0 that add up to the extent */
} ash_chunk_spec;
/* See ash_rechunk() for the language; -1 in the text, and a size above the extent, give regular with the whole extent (1 for extent 0).
 * NULL or "" keeps every axis. Lists are allocated with ash_malloc as one block, returned in *storage (may be NULL). */
ash_status ash_parse_chunks(const char *text, const ash_dim_names *dims, const int64_t shape[], const char *function,
    ash_chunk_spec spec[ASH_MAX_NDIM], int64_t **storage, ash_error_state *error);

/* "512M", "2GiB", "1.5 GB", "1000000": bytes. K, M, G, T and KiB.. are powers of 1024; KB, MB, GB, TB powers of 1000. 1 if understood and >
 * 0. */
int ash_parse_bytes(const char *text, int64_t *bytes);
/* Bytes as people read them, "1.5 GiB", into a buffer that is returned. */
const char *ash_format_bytes(int64_t bytes, char buffer[32]);
/* "(3, 4)" for error sentences. */
const char *ash_format_shape(int ndim, const int64_t shape[], char *buffer, int64_t size);

#endif
