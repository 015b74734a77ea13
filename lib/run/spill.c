/* Chunks that go to scratch, and come back. */
#include "run/run.h"

ash_status ash_run_spill(ash_run *run, ash_worker *worker, uint32_t task) {
    const ash_plan *plan = run->plan;
    int64_t k = plan->task[task].item;
    const void *chunk = run->buffer[plan->input[plan->task[task].input_begin]];
    ash_error_state reason = { 0 };
    if (ash_scratch_file_write(run->scratch, k, plan->spill[k].offset, chunk, plan->spill[k].bytes, &reason) != ASH_OK) {
        return ash_fail(&worker->error, reason.status, "%s: %s", run->function, reason.text);
    }
    ash_run_lock(run);
    run->spilled_bytes += plan->spill[k].bytes;
    ash_run_unlock(run);
    return ASH_OK;
}

ash_status ash_run_load(ash_run *run, ash_worker *worker, uint32_t task) {
    const ash_plan *plan = run->plan;
    int64_t k = plan->task[task].item;
    void *chunk = run->buffer[plan->task[task].buffer_begin];
    ash_error_state reason = { 0 };
    if (ash_scratch_file_read(run->scratch, k, plan->spill[k].offset, chunk, plan->spill[k].bytes, &reason) != ASH_OK) {
        return ash_fail(&worker->error, reason.status, "%s: %s", run->function, reason.text);
    }
    ash_run_lock(run);
    run->loaded_bytes += plan->spill[k].bytes;
    ash_run_unlock(run);
    return ASH_OK;
}
