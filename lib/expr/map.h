/* Functions of the user's over the chunks of aligned inputs: what a node of them holds. */
#ifndef ASH_EXPR_MAP_H
#define ASH_EXPR_MAP_H

#include "expr/align.h"
#include "expr/boundary.h"

#include <ashlar/map.h>

/* Only full words: bytes tell nodes apart. */
typedef struct ash_map_input {
    int64_t axis[ASH_MAX_NDIM];           /* per axis: of the grid, -1 where it is repeated */
    ash_window_axis window[ASH_MAX_NDIM]; /* per axis */
    int64_t filled;                       /* its windows may go beyond its ends, so they are put together in scratch */
} ash_map_input;

typedef struct ash_map_parameter {
    int64_t ndim, keep_halo, argument_bytes;
    ash_window_axis halo[ASH_MAX_NDIM];                    /* per axis of the grid */
    int64_t output_axis[ASH_BLOCKS_OUTPUTS][ASH_MAX_NDIM]; /* per axis of an output: of the grid, -1: of its own, or with other extents */
    ash_map_input input[ASH_ALIGN_MOST];
    _Alignas(16) unsigned char argument[];
} ash_map_parameter;

/* The grid of chunks, which follows from the inputs and the parameter. */
typedef struct ash_map_grid {
    ash_grid_axis axis[ASH_MAX_NDIM];
} ash_map_grid;

extern const ash_blocks_kind ash_map_kind;
/* Scratch for the windows of inputs that are put together. */
int64_t ash_map_window_bytes(const ash_node *node);

/* An output, as its text says: per axis, the axis of the grid it follows (-1: a new one), its name if it is new, and the extents of its chunks if they are others. */
typedef struct ash_map_shape {
    int ndim;
    int axis[ASH_MAX_NDIM];
    char name[ASH_MAX_NDIM][64];
    int64_t *sizes[ASH_MAX_NDIM]; /* of ash_malloc; NULL: the grid's */
    int64_t nsizes[ASH_MAX_NDIM];
} ash_map_shape;

/* 0 with an error. The shape must be freed in any case. */
int ash_map_parse_output(ash_builder *builder, const char *dims, const ash_dim_names *grid, ash_map_shape *out);
void ash_map_shape_free(ash_map_shape *shape);

#endif
