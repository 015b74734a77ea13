/* Chunk grids: how an axis is cut. A grid is one ash_grid_axis per dimension. */
#ifndef ASH_ARRAY_GRID_H
#define ASH_ARRAY_GRID_H

#include "base/memory.h"
#include "base/text.h"

/* An axis of `extent` elements cut into `count` >= 1 chunks. Regular (bounds NULL): chunk i covers [i*step - offset, (i+1)*step - offset),
 * clipped to [0, extent), 0 <= offset < step. Listed: chunk i covers [bounds[i], bounds[i+1]). An axis of extent 0 has one empty chunk, so
 * that every array has a chunk.
 *
 * Of an axis that is only needed in part, chunks are cut to [low, high); high is 0 where all is needed, as it is of arrays. The chunks keep their
 * numbers; those outside are empty, and nobody asks for them. */
typedef struct ash_grid_axis {
    int64_t extent, count;
    int64_t step, offset;
    const int64_t *bounds;
    int64_t low, high;
} ash_grid_axis;

/* Start and extent per axis. */
typedef struct ash_box {
    int64_t start[ASH_MAX_NDIM], extent[ASH_MAX_NDIM];
} ash_box;

ash_grid_axis ash_axis_regular(int64_t extent, int64_t step, int64_t offset);
/* From chunk starts and the end, count + 1 values, which must outlive the axis; becomes regular where it is. */
ash_grid_axis ash_axis_listed(int64_t count, const int64_t *bounds);
/* A copy whose list, if it has one, is in the arena. 0 when out of memory. */
int ash_axis_copy(const ash_grid_axis *axis, ash_arena *arena, ash_grid_axis *out);
int64_t ash_axis_start(const ash_grid_axis *axis, int64_t chunk);
static inline int64_t ash_axis_extent(const ash_grid_axis *axis, int64_t chunk);
int64_t ash_axis_find(const ash_grid_axis *axis, int64_t index);              /* the chunk that holds an element that is needed */
int64_t ash_axis_largest(const ash_grid_axis *axis);                          /* extent of the largest chunk */
int ash_axis_equal(const ash_grid_axis *a, const ash_grid_axis *b);           /* same extent, same cuts */
int ash_axis_refines(const ash_grid_axis *fine, const ash_grid_axis *coarse); /* each chunk of fine lies in one of coarse */
/* Cuts the chunks to [low, high), which is not empty. */
void ash_axis_clip(ash_grid_axis *axis, int64_t low, int64_t high);
/* The cuts of `axis` seen through start + k * step, k < extent. Lists are allocated in the arena. 0 when out of memory. */
int ash_axis_slice(const ash_grid_axis *axis, int64_t start, int64_t step, int64_t extent, ash_arena *arena, ash_grid_axis *out);
/* The cuts of `axis` moved so that each chunk consists of whole parts, or lies in one: part k is [begin[k], begin[k + 1]). 0 when out of memory. */
int ash_axis_parts(const ash_grid_axis *axis, int64_t parts, const int64_t begin[], ash_arena *arena, ash_grid_axis *out);
/* As a chunk text asks; `keep` is the axis as it is. 0 when out of memory. */
int ash_axis_from_spec(const ash_chunk_spec *spec, const ash_grid_axis *keep, ash_arena *arena, ash_grid_axis *out);
/* The default grid of data without stored chunks: chunks of about ASH_CHUNK_BYTES, long rows first, the other axes cut evenly. Depends on
 * shape and element size only. */
enum { ASH_CHUNK_BYTES = 4 << 20, ASH_CHUNK_ROW = 4096 };
void ash_grid_default(int ndim, const int64_t shape[], int64_t element_bytes, ash_grid_axis axes[]);
/* The grid of a stored variable: stored chunks joined, last axis first, up to about ASH_CHUNK_BYTES. */
void ash_grid_stored(int ndim, const int64_t shape[], const int64_t chunk[], int64_t element_bytes, ash_grid_axis axes[]);

/* Chunks are numbered in C order of their coordinates. */
void ash_grid_coordinates(int ndim, const ash_grid_axis axis[], int64_t chunk, int64_t coordinate[]);
int64_t ash_grid_ordinal(int ndim, const ash_grid_axis axis[], const int64_t coordinate[]);
int64_t ash_grid_chunks(int ndim, const ash_grid_axis axis[]);
void ash_grid_box(int ndim, const ash_grid_axis axis[], int64_t chunk, ash_box *box);

/* Strides in bytes of elements that lie dense, last axis fastest; returns the bytes of all of them. `stride` NULL: only that. */
int64_t ash_dense_strides(int ndim, const int64_t extent[], int64_t size, int64_t stride[]);

static inline int64_t ash_axis_extent(const ash_grid_axis *axis, int64_t chunk) {
    return ash_axis_start(axis, chunk + 1) - ash_axis_start(axis, chunk);
}

#endif
