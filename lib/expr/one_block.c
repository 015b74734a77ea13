/* What chunks are that consist of one part. */
#include "expr/one_block.h"

ash_status ash_copy_one_block(const ash_blocks_call *call) {
    const ash_output *output = &call->node->output[0];
    const int64_t *extent = call->box[0].extent;
    int64_t dense[ASH_MAX_NDIM], size = ash_dtype_size(output->dtype);
    ash_dense_strides(output->ndim, extent, size, dense);
    if (call->nblocks == 1) { /* else the chunk is empty */
        ash_copy_box(output->ndim, extent, size, call->out[0], dense, call->block[0].base, call->block[0].stride);
    }
    return ASH_OK;
}
