/* One task, and the scratch that tasks take. */
#include "run/run.h"

void *ash_run_scratch(ash_run *run, int64_t bytes, ash_worker *worker) {
    ash_run_lock(run);
    void *memory = ash_pool_take(&run->rank[worker->rank].pool, bytes);
    ash_run_unlock(run);
    if (!memory) {
        ash_fail(&worker->error, ASH_ERR_MEMORY,
            "%s: the system gave no memory for %lld bytes of scratch, although the memory limit allows it", run->function,
            (long long)bytes);
    }
    return memory;
}

void ash_run_scratch_give(ash_run *run, void *memory, int64_t bytes, ash_worker *worker) {
    ash_run_lock(run);
    ash_pool_give(&run->rank[worker->rank].pool, memory, bytes);
    ash_run_unlock(run);
}

int64_t ash_dense_strides(int ndim, const int64_t extent[], int64_t size, int64_t stride[]) {
    for (int a = ndim - 1; a >= 0; a--) {
        stride[a] = size;
        size *= extent[a];
    }
    return size;
}

uint32_t ash_run_input(const ash_run *run, ash_worker *worker, uint32_t buffer) {
    const ash_plan *plan = run->plan;
    if (!plan->copy) {
        return buffer;
    }
    /* Operands go through their chunks in the order in which these became inputs: mostly it is the next one. */
    uint32_t begin = plan->task[worker->task].input_begin, end = plan->task[worker->task + 1].input_begin;
    for (uint32_t k = begin; k < end; k++) {
        uint32_t input = plan->input[worker->next_input];
        if (plan->copy[input].origin == buffer) {
            return input;
        }
        worker->next_input = worker->next_input + 1 < end ? worker->next_input + 1 : begin;
    }
    return ASH_NO_ID;
}

ash_status ash_run_task(ash_run *run, ash_worker *worker, uint32_t task) {
    static ash_status (*const functions[ASH_WORK_KINDS])(ash_run *, ash_worker *, uint32_t) = {
        [ASH_WORK_STAGE] = ash_run_stage,
        [ASH_WORK_BLOCKS] = ash_run_blocks,
        [ASH_WORK_SPILL] = ash_run_spill,
        [ASH_WORK_LOAD] = ash_run_load,
        [ASH_WORK_TRANSFER] = ash_run_transfer,
        [ASH_WORK_MERGE] = ash_run_merge,
    };
    worker->task = task;
    worker->rank = (int)run->plan->task[task].rank;
    worker->next_input = run->plan->task[task].input_begin;
    return functions[ash_task_work(run->plan, task)->kind](run, worker, task);
}
