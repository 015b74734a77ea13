/* What all makers of arrays share. */
#ifndef ASH_EXPR_MAKER_H
#define ASH_EXPR_MAKER_H

#include "expr/builder.h"

/* Starts the node of a new array: checks rank, shape and dtype, and gives it names and chunks. 0 with an error. */
int ash_begin_maker(
    ash_builder *builder, ash_node_kind kind, ash_dtype dtype, int ndim, const int64_t shape[], const char *dims, const char *chunks);

#endif
