/* A step of a node that works by blocks: its parts are bound, then its function runs. */
#include "run/run.h"

/* Binds the parts of a step; returns their number. */
static int bind_parts(ash_run *run, ash_worker *worker, const ash_blocks *blocks, const ash_blocks_step *at) {
    ash_part part;
    int n = 0;
    for (; worker->error.status == ASH_OK && blocks->node->u.blocks.kind->part(blocks->node, at, n, &part); n++) {
        const ash_stage *space = blocks->space[part.input];
        ash_bind(run, worker, space, &space->operand[0], &part.box, &worker->binding[n]);
        worker->block[n] = (ash_block){ .part = part, .base = worker->binding[n].base, .stride = worker->binding[n].stride };
    }
    return n;
}

ash_status ash_run_blocks(ash_run *run, ash_worker *worker, uint32_t task) {
    const ash_plan *plan = run->plan;
    const ash_blocks *blocks = ash_task_work(plan, task)->of.blocks;
    const ash_blocks_node *b = &blocks->node->u.blocks;
    uint32_t first = plan->task[task].buffer_begin;
    ash_box box[ASH_BLOCKS_OUTPUTS];
    ash_error_state reason = { 0 };
    ash_blocks_step at = ash_blocks_step_of(blocks, plan->task[task].item, box);
    int64_t bytes = ash_blocks_own_scratch(blocks, &at);
    int n = bind_parts(run, worker, blocks, &at);
    void *scratch = bytes > 0 && worker->error.status == ASH_OK ? ash_run_scratch(run, bytes, worker) : NULL;
    ash_blocks_call call = { .node = blocks->node,
        .chunk = at.chunk,
        .step = at.step,
        .nblocks = n,
        .block = worker->block,
        .box = box,
        .out = &run->buffer[first],
        .scratch = scratch,
        .isa = plan->isa,
        .error = &reason };
    if (worker->error.status == ASH_OK && b->kind->run(&call) != ASH_OK) {
        worker->error = reason;
    }
    if (scratch) {
        ash_run_scratch_give(run, scratch, bytes, worker);
    }
    for (int k = 0; k < n; k++) {
        ash_unbind(run, worker, &worker->binding[k]);
    }
    return worker->error.status;
}
