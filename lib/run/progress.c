/* Progress: figures for the callback, and the ready-made bar. */
#include "run/run.h"

#include "base/system.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { INTERVAL_NS = 100000000 };

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
    ash_run_lock(run);
    ash_progress progress = {
        .size = sizeof progress,
        .tasks_done = run->finished,
        .tasks_total = run->plan->ntasks,
        .bytes_read = run->bytes_read,
        .bytes_written = run->bytes_written,
        .bytes_read_total = run->plan->bytes_read,
        .memory_now = ash_plan_base_bytes(run->plan) - ASH_SLAB_BYTES + run->pool.held,
        .memory_limit = run->plan->limit,
        .seconds = (double)(now - run->began) * 1e-9,
        .finished = finished != 0,
    };
    ash_run_unlock(run);
    report(&progress, run->context->options.progress_user);
    atomic_flag_clear(&run->reporting);
}

void ash_progress_bar(const ash_progress *progress, void *user) {
    enum { WIDTH = 30 };
    char bar[WIDTH + 1], memory[32], limit[32], rate[32], left[32] = "";
    (void)user;
    if (!progress) {
        return;
    }
    double done = progress->tasks_total > 0 ? (double)progress->tasks_done / (double)progress->tasks_total : 1;
    if (progress->bytes_read_total > 0) { /* reading is what takes the time */
        double read = (double)progress->bytes_read / (double)progress->bytes_read_total;
        done = read < 1 ? read : done;
    }
    int filled = (int)(done * WIDTH);
    memset(bar, '.', WIDTH);
    memset(bar, '#', (size_t)(filled < WIDTH ? filled : WIDTH));
    bar[WIDTH] = 0;
    double seconds = progress->seconds > 1e-3 ? progress->seconds : 1e-3;
    double moved = (double)progress->bytes_read + (double)progress->bytes_written;
    if (!progress->finished && done > 0.01) {
        snprintf(left, sizeof left, ", %.0f s left", ceil(seconds / done - seconds));
    }
    fprintf(stderr, "\r[%s] %3.0f%%  %lld/%lld tasks, %s/s, memory %s of %s, %.1f s%s   %s", bar, 100 * done,
        (long long)progress->tasks_done, (long long)progress->tasks_total, ash_format_bytes((int64_t)(moved / seconds), rate),
        ash_format_bytes(progress->memory_now, memory), ash_format_bytes(progress->memory_limit, limit), progress->seconds, left,
        progress->finished ? "\n" : "");
    fflush(stderr);
}
