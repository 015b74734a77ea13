/* Progress: figures for the callback. */
#include "run/run.h"

#include "base/system.h"

#include <math.h>

enum { INTERVAL_NS = 100000000 };

/* Rates follow the run within about so many seconds. */
static const double MEMORY_SECONDS = 3;

/* Tasks do not tell how long reading takes, nor bytes what is left when all is read: the mean of both, which never falls. */
static double part_done(const ash_progress *p) {
    double tasks = p->tasks_total > 0 ? (double)p->tasks_done / (double)p->tasks_total : 1;
    double read = p->bytes_read < p->bytes_read_total ? (double)p->bytes_read / (double)p->bytes_read_total : 1;
    return p->bytes_read_total > 0 ? (tasks + read) / 2 : tasks;
}

/* Rates since the last report, mixed into those before it. */
static void find_rates(ash_rates *r, ash_progress *p) {
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

static bool is_due(ash_job *job, int64_t now) {
    return now - atomic_load_explicit(&job->last_progress, memory_order_relaxed) >= INTERVAL_NS;
}

void ash_run_progress(ash_run *run, int finished) {
    ash_progress_fn *report = run->context->options.progress;
    ash_job *job = run->job;
    const ash_plan_info *done = &job->done; /* by the runs before */
    if (!report) {
        return;
    }
    if (!finished && !is_due(job, ash_system_now_ns())) {
        return;
    }
    if (atomic_flag_test_and_set(&job->reporting)) {
        return; /* another worker is at it */
    }
    int64_t now = ash_system_now_ns(); /* not that from before: another worker may have reported meanwhile, and time never goes back */
    if (!finished && !is_due(job, now)) {
        atomic_flag_clear(&job->reporting);
        return;
    }
    atomic_store_explicit(&job->last_progress, now, memory_order_relaxed);
    int64_t fixed = ash_plan_base_bytes(run->plan) - ASH_ROOM_BYTES;
    ash_run_lock(run);
    ash_progress progress = {
        .size = sizeof progress,
        .tasks_done = done->tasks + run->finished,
        .tasks_total = job->parts > 1 ? job->tasks_total : run->plan->ntasks,
        .bytes_read = done->bytes_read + run->bytes_read,
        .bytes_written = done->bytes_written + run->bytes_written,
        .bytes_read_total = job->parts > 1 ? job->bytes_read_total : run->plan->bytes_read,
        .memory_now = fixed + ash_pool_held(&run->rank[0].pool),
        .memory_peak = fixed + run->rank[0].pool.peak,
        .memory_limit = run->plan->limit,
        .seconds = (double)(now - job->began) * 1e-9,
        .finished = finished != 0,
    };
    ash_run_unlock(run);
    progress.memory_peak = progress.memory_peak > done->peak_bytes ? progress.memory_peak : done->peak_bytes;
    find_rates(&job->rates, &progress);
    report(&progress, run->context->options.progress_user);
    atomic_flag_clear(&job->reporting);
}
