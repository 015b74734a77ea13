/* Functions of your own over the chunks of arrays, and over chunks with a halo. The functions are made known by ash_register(), see
 * custom.h. */
#ifndef ASHLAR_MAP_H
#define ASHLAR_MAP_H

#include <ashlar/custom.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Blocks ----
 * A function is called once for each chunk, with the block of each input that belongs to it. The inputs (1 to 16) are aligned as those of an elementwise
 * operation: named dimensions by name, others from the right; extents are equal or 1; the grid of chunks is, along each dimension, that of the largest input,
 * and the others are seen in boxes of it. All input blocks of a call have the extents of the chunk: where an input is repeated along a dimension, its stride
 * is 0. They keep their dtypes; weak scalars come as bool, int64, float64 or complex128. Chunks without elements are called for only if an output has
 * elements there. All lazy. The function, registered by ash_register(), gets NaN and missing values as they are; what a chunk's call leaves in its outputs is
 * taken as it is.
 *
 * Every call has the same inputs whatever the number of threads and the memory limit, so results that follow from the inputs alone have the same bits.
 * A chunk of an array of several outputs is made once for all of them. */

/* What an output is like. Its dimensions are listed in the order that they have in the inputs, new ones anywhere between:
 *
 *   "time, lat"        dimensions of the inputs that are kept, by name or position; those not listed are dropped
 *   "lat=5+5+3"        kept with other extents of its chunks, one for each chunk; one number is for all chunks
 *   "wave=8", "=8"     a new dimension, with a name or without, of one chunk
 *
 * Dimensions that an output drops are core dimensions: every call sees all of them. Kept dimensions keep names, and coordinates unless
 * their extents are others. There are no attributes. */
typedef struct ash_map_output {
    int64_t size; /* sizeof the struct, or 0 for the fields of version 0.1; the same in all outputs of a call */
    ash_dtype dtype;
    const char *dims; /* NULL: those of the inputs */
} ash_map_output;

typedef struct ash_map_options {
    int64_t size;
    const char *core_dims; /* "lat,lon": dimensions that every call sees all of: they get one chunk, which may take much memory; NULL:
                            * those that outputs drop */
    const void *argument;  /* bytes that every call is given; copied now, and told apart by their values */
    int64_t argument_bytes;
    bool keep_halo; /* ash_map_overlap_with(): outputs have the halo of their chunk too, as ash_overlap() */
} ash_map_options;

/* One output, with the dimensions and chunks of the inputs. Errors, here and below, carried by the results: a name that is not
 * registered (the nearest is suggested), inputs that do not align, descriptions of outputs that cannot be read or have other numbers of
 * chunks. */
ASH_API ash_array ash_map_blocks(ash_context *context, const char *function, int n, const ash_array inputs[], ash_dtype dtype);
/* Outputs as described, 1 to 8, into `results`. They must have as many chunks as the grid: their chunks are made together. */
ASH_API void ash_map_blocks_with(ash_context *context, const char *function, int n, const ash_array inputs[], int noutputs,
    const ash_map_output outputs[], const ash_map_options *options, ash_array results[]);

/* ---- Halos ----
 * `depth` says how many elements beyond its chunk a call sees along each dimension: "1" along all, "1, 0, 2", or by name "lat=1, lon=2:3" (2 before and 3
 * after); dimensions not named have none. It may be larger than chunks, and than the array. What is beyond the ends of the array is said by `boundary`, for
 * all dimensions, one for each, or by name, "lat=reflect, lon=periodic"; NULL, and dimensions not named: none.
 *
 *   none       nothing: at the ends the halo is cut off, so that `before` and `after` of blocks are smaller there
 *   reflect    mirrored at the edge             b a | a b c | c b    (NumPy calls this symmetric)
 *   mirror     mirrored at the outermost element c b | a b c | b a   (NumPy calls this reflect)
 *   periodic   from the other end               b c | a b c | a b
 *   nearest    the first or the last element    a a | a b c | c c
 *   a number   that value, "0" or "nan", which must fit the dtype of each input
 *
 * Names and values mean what they mean in dask.array.overlap; corners are as if the dimensions were extended one after another. Memory: a block with its halo
 * is put together once a call; chunks of inputs are kept until all their neighbours have seen them. */

/* ash_map_blocks() with halos: blocks have the extents of the chunk, and the elements around it as `before` and `after` say. The result
 * has the dimensions and chunks of the inputs; the function writes chunks without halo. */
ASH_API ash_array ash_map_overlap(
    ash_context *context, const char *function, int n, const ash_array inputs[], const char *depth, const char *boundary, ash_dtype dtype);
ASH_API void ash_map_overlap_with(ash_context *context, const char *function, int n, const ash_array inputs[], const char *depth,
    const char *boundary, int noutputs, const ash_map_output outputs[], const ash_map_options *options, ash_array results[]);

/* The array with every chunk extended by its halo, so elements near the cuts are there several times. Coordinates of extended dimensions
 * are dropped. Lazy. Errors: depths below 0, an unknown boundary, a value that the dtype cannot hold. */
ASH_API ash_array ash_overlap(ash_array a, const char *depth, const char *boundary);
/* The inverse: every chunk without its halo. Without a boundary, the first and the last chunk must have been as large as the halo. Lazy.
 * Error: a chunk that has nothing but halo. */
ASH_API ash_array ash_trim_overlap(ash_array a, const char *depth, const char *boundary);

#ifdef __cplusplus
}
#endif
#endif
