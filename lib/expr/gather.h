/* Rows by lists of positions, for builders that are made of them. */
#ifndef ASH_EXPR_GATHER_H
#define ASH_EXPR_GATHER_H

#include "expr/builder.h"

/* The grid of rows taken from an axis: chunks of a good task size whatever the grid of the list is. */
ash_grid_axis ash_take_axis(const ash_output *source, int axis, int64_t extent);
/* The rows of `a` at positions along an axis, which lie in it. `like` (may be NULL) gives name and coordinate of the axis of the result; else the name stays and the
 * coordinate is taken along. */
ash_array ash_gather_rows(const char *function, ash_array a, int axis, int64_t n, const int64_t positions[], const ash_dim *like);

#endif
