/* CF decoding of stored values: which attributes apply, and to what dtype. */
#ifndef ASH_EXPR_DECODE_H
#define ASH_EXPR_DECODE_H

#include "array/node.h"

enum { ASH_MAX_MISSING = 16 };

typedef struct ash_decoding {
    ash_dtype stored; /* after _Unsigned */
    ash_dtype result; /* == stored where nothing is to be done */
    int needed;
    ash_unpack unpack;                       /* missing points at `missing` until copied */
    ash_number missing[ASH_MAX_MISSING + 1]; /* one more for the default fill value */
    ash_attrs *attrs;                        /* those that still hold after decoding; the caller's reference */
} ash_decoding;

/* Reads the rules off a variable's attributes, see ash_open(); those of the valid range if asked to. */
ash_status ash_decoding_find(
    const ash_variable *variable, int valid_range, const char *function, ash_decoding *out, ash_error_state *error);

#endif
