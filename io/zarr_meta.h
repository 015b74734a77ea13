/* What Zarr says about an array, in versions 2 (.zarray) and 3 (zarr.json) of the format. */
#ifndef ASH_IO_ZARR_META_H
#define ASH_IO_ZARR_META_H

#include "io/codec.h"
#include "io/json.h"

#include <ashlar/array.h>

typedef struct ash_zarr_array {
    ash_dtype dtype;
    int swap; /* stored in the other byte order */
    int ndim;
    int64_t shape[ASH_MAX_NDIM], chunk[ASH_MAX_NDIM];
    int64_t chunk_bytes;
    int fortran;    /* within a chunk the first axis is the fastest */
    char separator; /* between the coordinates in a chunk's key */
    int prefixed;   /* chunk keys begin with "c" */
    int has_fill;   /* else absent chunks have no defined values */
    unsigned char fill[16];
    ash_pipeline pipeline;
} ash_zarr_array;

/* Reads the metadata of an array; `version` is 2 or 3. On failure the reason alone is in `error`. */
ash_status ash_zarr_parse(const ash_json *meta, int version, ash_zarr_array *array, ash_error_state *error);

/* Reads a fill value, number or text, as one element of the array's dtype. 0 if it is none. */
int ash_zarr_parse_fill(const ash_json *value, ash_dtype dtype, int swap, unsigned char element[16]);

#endif
