/* Progress: figures for the callback. */
#include "run/run.h"

#include "base/system.h"

#include <math.h>

enum { INTERVAL_NS = 100000000 };

/* Rates follow the run within about so many seconds. */
static const double MEMORY_SECONDS = 3;

/* Reading is what takes the time, where there is any. */
static double part_done(const ash_progress *p) {
    double tasks = p->tasks_total > 0 ? (double)p->tasks_done / (double)p->tasks_total : 1;
    double read = p->bytes_read_total > 0 ? (double)p->bytes_read / (double)p->bytes_read_total : 1;
    return read < 1 ? read : tasks;
}

/* Rates since the last report, mixed into those before it. */
static void find_rates(ash_run *run, ash_progress *p) {
    ash_rates *r = &run->rates;
    double bytes = (double)p->bytes_read + (double)p->bytes_written, tasks = (double)p->tasks_done;
    double seconds = p->seconds - r->seconds;
    if (seconds > 0) {
        double keep = r->seconds > 0 ? exp(-seconds / MEMORY_SECONDS) : 0;
        r->bytes_per_second = keep * r->bytes_per_second + (1 - keep) * (bytes - r->bytes) / seconds;
        r->tasks_per_second = keep * r->tasks_per_second + (1 - keep) * (tasks - r->tasks) / seconds;
        r->seconds = p->seconds;
        r->bytes = bytes;
        r->tasks = tasks;
    }
    if (p->finished && p->seconds > 0) { /* of the whole run */
        r->bytes_per_second = bytes / p->seconds;
        r->tasks_per_second = tasks / p->seconds;
    }
    p->bytes_per_second = r->bytes_per_second;
    p->tasks_per_second = r->tasks_per_second;
    p->done = part_done(p);
    p->seconds_left = p->finished ? 0 : p->done > 0.01 ? p->seconds / p->done - p->seconds : -1;
}

void ash_run_progress(ash_run *run, int finished) {
    ash_progress_fn *report = run->context->options.progress;
    if (!report) {
        return;
    }
    int64_t now = ash_system_now_ns();
    if (!finished && now - atomic_load_explicit(&run->last_progress, memory_order_relaxed) < INTERVAL_NS) {
        return;
    }
    if (atomic_flag_test_and_set(&run->reporting)) {
        return; /* another worker is at it */
    }
    atomic_store_explicit(&run->last_progress, now, memory_order_relaxed);
    int64_t fixed = ash_plan_base_bytes(run->plan) - ASH_SLAB_BYTES;
    ash_run_lock(run);
    ash_progress progress = {
        .size = sizeof progress,
        .tasks_done = run->finished,
        .tasks_total = run->plan->ntasks,
        .bytes_read = run->bytes_read,
        .bytes_written = run->bytes_written,
        .bytes_read_total = run->plan->bytes_read,
        .memory_now = fixed + run->rank[0].pool.held,
        .memory_peak = fixed + run->rank[0].pool.peak,
        .memory_limit = run->plan->limit,
        .seconds = (double)(now - run->began) * 1e-9,
        .finished = finished != 0,
    };
    ash_run_unlock(run);
    find_rates(run, &progress);
    report(&progress, run->context->options.progress_user);
    atomic_flag_clear(&run->reporting);
}
