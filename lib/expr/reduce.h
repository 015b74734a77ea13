/* Reduction nodes. The public functions in <ashlar/reduce.h> are written from lib/expr/reductions.table and end here. */
#ifndef ASH_EXPR_REDUCE_H
#define ASH_EXPR_REDUCE_H

#include "expr/builder.h"

#include <ashlar/reduce.h>

/* options may be NULL. */
ash_array ash_reduce(ash_reduction reduction, ash_array a, const char *dims, const ash_reduce_options *options);
/* The same with options that are made of other nodes: dtype, where, initial, min_count. `options` is complete. */
ash_array ash_reduce_composed(ash_reduction reduction, ash_array a, const char *dims, const ash_reduce_options *options);
/* A reduction made of functions over states. `a` has the definition's input dtype. The definition is copied; so is what `user` points at, if `bytes` > 0. */
ash_array ash_reduce_general(const char *function, ash_array a, const char *dims, int keepdims, const ash_reduction_definition *definition,
    const void *user, int64_t bytes);
ash_array ash_group_reduce(ash_reduction reduction, ash_array a, const char *dim, ash_array labels, const ash_reduce_options *options);

#endif
