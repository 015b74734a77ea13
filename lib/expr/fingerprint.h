/* What an expression is, in 128 bits: equal for equal expressions over equal inputs in any process, whatever the plan. */
#ifndef ASH_EXPR_FINGERPRINT_H
#define ASH_EXPR_FINGERPRINT_H

#include "array/context.h"

typedef struct ash_fingerprint {
    uint64_t half[2];
} ash_fingerprint;

void ash_fingerprint_bytes(ash_fingerprint *print, const void *data, int64_t bytes);
void ash_fingerprint_text(ash_fingerprint *print, const char *text); /* NULL is told from "" */
void ash_fingerprint_int(ash_fingerprint *print, int64_t number);

/* Adds everything the values are made from: operations with their parameters, grids, the contents of the caller's memory, files by path, size and time
 * of change. Functions of the user are known by their names. Attributes and names of dimensions are not part of it. */
void ash_fingerprint_values(ash_fingerprint *print, ash_context *context, int n, const ash_value values[]);

/* What a node of this process is, apart from its inputs: the caller's memory by where it lies, files by what ash_file_key() says. Two nodes with the same
 * inputs and prints have the same values. */
void ash_fingerprint_node(ash_fingerprint *print, const ash_node *node);

#endif
