/* Group labels: small integer arrays that a builder must know at once. */
#ifndef ASH_EXPR_LABELS_H
#define ASH_EXPR_LABELS_H

#include "expr/builder.h"

typedef struct ash_labels {
    int64_t count;
    const int64_t *value; /* in the node's arena */
    int64_t highest;      /* -1 if all are negative */
    int any_negative;
} ash_labels;

/* Computes the labels into the arena of the node under construction. They must be 1-D integers; `count` >= 0 also fixes how many. 0 on
 * failure. */
int ash_labels_compute(ash_builder *builder, ash_value labels, int64_t count, ash_labels *out);

#endif
