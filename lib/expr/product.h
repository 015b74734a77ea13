/* Products of matrices: what their builders and the work by blocks have in common. */
#ifndef ASH_EXPR_PRODUCT_H
#define ASH_EXPR_PRODUCT_H

#include "array/node.h"

/* What is multiplied and summed. In parts: the first batch axis, which neither input has, tells which steps a chunk sums; the chunks are summed after. */
typedef struct ash_product {
    int64_t batch, rows, columns, summed; /* numbers of axes */
    int64_t axis[2][ASH_MAX_NDIM];        /* of `a`: its batch, row and summed axes; of `b`: its batch, summed and column axes; -1: none */
    int64_t extent[ASH_MAX_NDIM];         /* of the summed axes */
    int64_t step[ASH_MAX_NDIM];           /* of which a step takes so many */
    int64_t parts, part_steps;            /* 1: one, of all steps */
} ash_product;

extern const ash_blocks_kind ash_product_kind; /* its parameter is an ash_product */

#endif
