/* Aligning operands: which axis of the result each axis of an operand is, and what the result looks like. */
#ifndef ASH_EXPR_ALIGN_H
#define ASH_EXPR_ALIGN_H

#include "array/node.h"

enum { ASH_ALIGN_MOST = 16 }; /* operands */

typedef struct ash_alignment {
    int ndim;
    ash_dim dim[ASH_MAX_NDIM];                      /* of the result; borrowed names and coordinates */
    signed char axis[ASH_ALIGN_MOST][ASH_MAX_NDIM]; /* per operand axis: axis of the result, -1 where the operand is repeated along it */
} ash_alignment;

/* Named dimensions align by name, anonymous ones from the right against the operand of highest rank (first among equals), whose order of
 * dimensions the result keeps; names found in no other operand are appended. Extents must be equal or 1, coordinates equal. `argument`
 * names the operands in errors. */
ash_status ash_align(
    const char *function, int n, const ash_value operands[], const char *const argument[], ash_alignment *out, ash_error_state *error);

#endif
