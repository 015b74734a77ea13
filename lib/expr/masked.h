/* Selection by a mask: how many elements there are depends on data. */
#ifndef ASH_EXPR_MASKED_H
#define ASH_EXPR_MASKED_H

#include "expr/builder.h"

/* Whether the array is a selection of all that a mask leaves of another array, of the mask's shape; then both. Their dimensions have the same names. */
int ash_is_masked(ash_array a, ash_array *source, ash_array *mask);

#endif
