#ifndef ASH_EXPR_ONE_BLOCK_H
#define ASH_EXPR_ONE_BLOCK_H

#include "array/node.h"

/* Makes a chunk of the one part it has: the step of nodes that only bring boxes of inputs to another place. */
ash_status ash_copy_one_block(const ash_blocks_call *call);

#endif
