/* Other shapes of the same elements, for builders that are made of them. */
#ifndef ASH_EXPR_RESHAPE_H
#define ASH_EXPR_RESHAPE_H

#include "expr/builder.h"

/* A shape that is asked for. */
typedef struct ash_wanted_shape {
    int ndim;
    int64_t extent[ASH_MAX_NDIM];
    const char *name[ASH_MAX_NDIM]; /* NULL: that of a dimension which stays as it is, else none */
} ash_wanted_shape;

/* The elements of `a` in C order, in the shape, which has as many. `function` is named in errors. */
ash_array ash_reshaped(const char *function, ash_array a, const ash_wanted_shape *wanted);
/* In one dimension. */
ash_array ash_ravelled(const char *function, ash_array a);
/* The shape of `a`, but for `count` axes from `axis` on, which become those of `extent`, without names. 0 with an error if these are too many. */
int ash_wanted_instead(
    ash_builder *builder, const ash_output *a, int axis, int count, int ndim, const int64_t extent[], ash_wanted_shape *wanted);

#endif
