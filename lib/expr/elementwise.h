/* Elementwise nodes: operations of the table, casts, and functions with a parameter. */
#ifndef ASH_EXPR_ELEMENTWISE_H
#define ASH_EXPR_ELEMENTWISE_H

#include "expr/builder.h"

/* One operation of the table. Fills outputs[0 .. outputs of the operation). `parameters` may be NULL if the operation has none. */
void ash_elementwise(ash_op op, const ash_array inputs[], const ash_number parameters[], ash_array outputs[]);

/* The dtype the operands meet in, before an operation's own promotion; weak scalars count by kind only. Sets *weak to the kind if all are weak, else to 0. */
ash_dtype ash_promote_values(int n, const ash_value operands[], char *weak);
/* Whether it is a weak integer that the dtype does not hold. */
int ash_weak_integer_exceeds(ash_value value, ash_dtype dtype);

/* A function of one input with the same shape: CF unpacking, dates. `parameter` is copied into the node (`bytes` long). Attributes are
 * taken as given (a reference is consumed). */
ash_array ash_unary_function(
    ash_builder *builder, ash_value input, ash_function function, ash_dtype result, const void *parameter, int64_t bytes, ash_attrs *attrs);

#endif
