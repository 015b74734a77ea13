/* Reduction nodes. The public functions in <ashlar/reduce.h> are written from lib/expr/reductions.table and end here. */
#ifndef ASH_EXPR_REDUCE_H
#define ASH_EXPR_REDUCE_H

#include "expr/builder.h"

#include <ashlar/reduce.h>

/* options may be NULL. */
ash_array ash_reduce(ash_reduction reduction, ash_array a, const char *dims, const ash_reduce_options *options);
/* The same with options that are made of other nodes: dtype, where, initial, min_count. `options` is complete. */
ash_array ash_reduce_composed(ash_reduction reduction, ash_array a, const char *dims, const ash_reduce_options *options);
ash_array ash_group_reduce(ash_reduction reduction, ash_array a, const char *dim, ash_array labels, const ash_reduce_options *options);

#endif
