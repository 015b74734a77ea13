/* What both executors do with a batch of tasks, and the serial executor. */
#include "base/system.h"
#include "run/execute.h"
#include "run/watch.h"

static int stopped(const ash_run *run) {
    return atomic_load_explicit(&run->stop, memory_order_relaxed) ||
        atomic_load_explicit(&run->context->cancel, memory_order_relaxed) == ASH_STOP_NOW;
}

void ash_execute_batch(ash_run *run, ash_worker *worker, int n, const uint32_t batch[]) {
    for (int k = 0; k < n && !stopped(run); k++) {
        int64_t began = run->watch ? ash_system_now_ns() : 0;
        ash_status status = ash_run_task(run, worker, batch[k]);
        if (run->watch) {
            ash_watch_task(run, worker, batch[k], began);
        }
        if (status != ASH_OK) {
            atomic_store(&run->stop, ASH_STOP_NOW);
        } else if (atomic_load_explicit(&run->context->cancel, memory_order_relaxed) == ASH_STOP_AFTER) {
            int none = 0;
            ash_fail(&worker->error, ASH_ERR_INTERRUPTED, "%s: interrupted after the tasks under way", run->function);
            atomic_compare_exchange_strong(&run->stop, &none, ASH_STOP_AFTER);
        }
    }
    if (atomic_load_explicit(&run->context->cancel, memory_order_relaxed) == ASH_STOP_NOW) {
        ash_fail(&worker->error, ASH_ERR_CANCELLED, "%s: cancelled", run->function);
        atomic_store(&run->stop, ASH_STOP_NOW);
    }
}

void ash_finish_batch(ash_run *run, ash_worker *worker, int n, const uint32_t batch[]) {
    if (worker->error.status != ASH_OK && run->error.status == ASH_OK) {
        run->error = worker->error;
    }
    if (run->watch) {
        ash_watch_memory(run, worker);
    }
    for (int k = 0; k < n; k++) {
        ash_schedule_finish(run, batch[k]);
    }
}

void ash_execute_serial(ash_run *run) {
    ash_worker *worker = &run->worker[0];
    uint32_t batch[ASH_BATCH];
    int n;
    while ((n = ash_schedule_take(run, 0, batch)) > 0) {
        ash_execute_batch(run, worker, n, batch);
        ash_finish_batch(run, worker, n, batch);
        ash_run_progress(run, 0);
    }
}
