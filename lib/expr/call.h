/* Calling a function of the user's for a chunk: what it is given is put together in the scratch of the step. */
#ifndef ASH_EXPR_CALL_H
#define ASH_EXPR_CALL_H

#include "array/node.h"

/* A block with room for what it points at. */
typedef struct ash_call_block {
    ash_function_block block;
    int64_t stride[ASH_MAX_NDIM], extent[ASH_MAX_NDIM], before[ASH_MAX_NDIM], after[ASH_MAX_NDIM], start[ASH_MAX_NDIM], shape[ASH_MAX_NDIM];
} ash_call_block;

typedef struct ash_user_call {
    const ash_blocks_call *call;
    ash_call_block *input, *output; /* to be filled in: dtype, ndim, data and the lists; all is zero */
    char *rest;                     /* of the scratch: what ash_call_bytes() was told of */
} ash_user_call;

/* Scratch of a step of a node with a function, with `more` bytes for its kind. */
int64_t ash_call_bytes(const ash_node *node, int64_t more);
ash_user_call ash_call_begin(const ash_blocks_call *call);
/* The chunk of output k, where it lies. */
void ash_call_output(const ash_user_call *user, int k);
/* Calls. The chunk has `ndim` coordinates in the grid, and lies in `box` of it. */
ash_status ash_call_run(
    const ash_user_call *user, int ndim, const int64_t chunk[], const ash_box *box, const void *argument, int64_t argument_bytes);
/* Bytes rounded up, so that what follows is aligned for everything; what would overflow stays near the top. */
int64_t ash_call_round(int64_t bytes);

#endif
