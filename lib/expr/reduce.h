/* Reduction nodes. The public functions in <ashlar/reduce.h> are written from lib/expr/reductions.table and end here. */
#ifndef ASH_EXPR_REDUCE_H
#define ASH_EXPR_REDUCE_H

#include "expr/builder.h"

#include <ashlar/reduce.h>

/* options may be NULL. */
ash_array ash_reduce(ash_reduction reduction, ash_array a, const char *dims, const ash_reduce_options *options);
/* The same with options that are made of other nodes: dtype, where, initial, min_count. `options` is complete. */
ash_array ash_reduce_composed(ash_reduction reduction, ash_array a, const char *dims, const ash_reduce_options *options);
/* A reduction of all that a mask has selected, as one of the array with the mask, which need not be counted. 0 if it is not one, or cannot be done so. */
int ash_reduce_masked(ash_reduction reduction, ash_array a, const char *dims, const ash_reduce_options *options, ash_array *result);
/* An array made of nodes that the user does not know: an error among them is told under the name that was called. */
ash_array ash_reduce_named(const char *function, ash_array result);
/* A reduction made of functions over states. `a` has the definition's input dtype. The definition is copied; so is what `user` points at, if `bytes` > 0.
 * results > 0: finish() writes so many elements a cell, which the result has along one more axis, its last. */
ash_array ash_reduce_general(const char *function, ash_array a, const char *dims, int keepdims, int64_t results,
    const ash_reduction_definition *definition, const void *user, int64_t bytes);
ash_array ash_group_reduce(ash_reduction reduction, ash_array a, const char *dim, ash_array labels, const ash_reduce_options *options);

#endif
