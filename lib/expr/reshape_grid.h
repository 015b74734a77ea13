/* Axes that a reshape merges or splits, and the grid of what becomes of them. */
#ifndef ASH_EXPR_RESHAPE_GRID_H
#define ASH_EXPR_RESHAPE_GRID_H

#include "array/node.h"

/* Axes of the input and of the result with as many elements in all, which no smaller group has. */
typedef struct ash_axis_group {
    int64_t from, nfrom; /* of the input */
    int64_t to, nto;     /* of the result */
    int64_t stays;       /* one axis, as it is */
} ash_axis_group;

enum { ASH_AXIS_GROUPS = 2 * ASH_MAX_NDIM };

/* Divides the axes into groups; returns how many. Both shapes have the same number of elements. */
int ash_axis_groups(int from, const int64_t old_shape[], int to, const int64_t new_shape[], ash_axis_group group[ASH_AXIS_GROUPS]);
/* Sets the grid of the group's axes of the result. Their chunks hold at most as many elements as the largest of the input's, and are ranges of the group's
 * elements in C order. *shared is set if chunks of the result share chunks of the input. 0 when out of memory. */
int ash_group_grid(const ash_axis_group *group, const ash_output *input, ash_output *output, ash_arena *arena, int *shared);

#endif
