/* What a task needs of another rank comes to its rank: here, where ranks are in one process, by a copy. */
#include "run/run.h"

#include <string.h>

ash_status ash_run_transfer(ash_run *run, ash_worker *worker, uint32_t task) {
    const ash_plan *plan = run->plan;
    const ash_transfer *transfer = &plan->transfer[plan->task[task].item];
    uint32_t from = plan->input[plan->task[task].input_begin], to = plan->task[task].buffer_begin;
    ash_run_lock(run);
    run->transferred_bytes += plan->buffer_units[to] * (int64_t)ASH_UNIT;
    ash_run_unlock(run);
    if (!transfer->part) {
        memcpy(run->buffer[to], run->buffer[from], (size_t)plan->buffer_units[to] * ASH_UNIT);
        return worker->error.status;
    }
    const ash_held *held = transfer->held;
    const char *in = run->buffer[from];
    int64_t out_stride[ASH_MAX_NDIM], in_stride[ASH_MAX_NDIM], size = ash_dtype_size(held->dtype);
    ash_box chunk;
    ash_grid_box(held->ndim, held->axis, transfer->chunk, &chunk);
    ash_dense_strides(held->ndim, chunk.extent, size, in_stride);
    ash_dense_strides(held->ndim, transfer->box.extent, size, out_stride);
    for (int a = 0; a < held->ndim; a++) {
        in += (transfer->box.start[a] - chunk.start[a]) * in_stride[a];
    }
    ash_copy_box(held->ndim, transfer->box.extent, size, run->buffer[to], out_stride, in, in_stride);
    return worker->error.status;
}
