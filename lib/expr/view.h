/* View nodes: other ways to index one input. */
#ifndef ASH_EXPR_VIEW_H
#define ASH_EXPR_VIEW_H

#include "base/text.h"
#include "expr/builder.h"

/* Starts a view of `input` with `ndim` anonymous output dimensions; the caller sets the output's dimensions and the input's axes
 * (u.view.axis). Name and attributes come from the input. 0 on failure. */
int ash_view_begin(ash_builder *builder, ash_value input, int ndim);
/* Makes output axis `to` the whole of input axis `from`, with its name, grid and coordinate. */
int ash_view_keep_axis(ash_builder *builder, int to, int from);
/* A view that shows the input as it is: for changes of names, coordinates, attributes and grids. */
int ash_view_identity(ash_builder *builder, ash_value input);
/* A view of the parts, which cover every axis of the input in its order. 0 on failure. */
int ash_view_index(ash_builder *builder, ash_value input, int count, const ash_index_part part[]);
/* ash_rechunk() for `function`, which its errors name. */
ash_array ash_view_rechunked(const char *function, ash_array a, const char *chunks);
/* A view of `a` on a regular grid: chunks of step[axis], the first one without its first offset[axis] elements. */
ash_array ash_view_on_grid(const char *function, ash_array a, const int64_t step[], const int64_t offset[]);
/* A view of `a` with one more axis, of one element and the name given (NULL: none), at number `axis` of the result (negative: from its end). `argument` is what
 * errors of `function` call the array. */
ash_array ash_view_expanded(const char *function, const char *argument, ash_array a, int axis, const char *name);
/* A view of `a` with the name and the attributes of `from`. */
ash_array ash_view_dressed(const char *function, ash_array a, ash_value from);

#endif
