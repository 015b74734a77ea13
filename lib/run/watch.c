#include "run/watch.h"

#include "base/system.h"

#include <stdio.h>
#include <string.h>

enum {
    FIRST_WIDTH = 1000, /* nanoseconds of a stretch of time, until they double */
    EVENTS_SPARE = 8,   /* for one task, which is told as a whole */
    LAST_ROW = ASH_WATCH_ROWS - 1
};

/* ---- Beginning and ending ---- */

int ash_watch_wanted(const ash_context *context, const ash_compute_options *options) {
    return options->trace || options->report || context->options.trace || context->options.report;
}

/* "run.json" of the first run is "run-2.json" of the second. NULL when out of memory. */
static char *numbered_path(const char *path, int number) {
    int64_t bytes = (int64_t)strlen(path) + 16;
    const char *name = strrchr(path, '/'), *suffix = strrchr(name ? name : path, '.');
    char *numbered = ash_malloc(bytes);
    suffix = suffix && suffix != name + 1 && suffix != path ? suffix : path + strlen(path);
    if (numbered && number > 1) {
        snprintf(numbered, (size_t)bytes, "%.*s-%d%s", (int)(suffix - path), path, number, suffix);
    } else if (numbered) {
        strcpy(numbered, path);
    }
    return numbered;
}

/* A file of this run's: the option's, or the context's with the run's number. */
static ash_status begin_file(ash_text_file *file, const char *option, const char *general, int number, const char *what,
    const char *function, ash_error_state *error) {
    if (option && *option) {
        return ash_text_file_begin(file, option, what, function, error);
    }
    if (!general || option) { /* an empty option: none */
        return ASH_OK;
    }
    char *path = numbered_path(general, number);
    if (path) {
        ash_text_file_begin(file, path, what, function, error);
    } else {
        ash_fail_memory(error, function, (int64_t)strlen(general));
    }
    ash_free(path);
    return error->status;
}

static void free_watch(ash_watch *watch) {
    for (int w = 0; watch->worker && w < watch->nworkers; w++) {
        ash_free(watch->worker[w]);
    }
    ash_free(watch->worker);
    pthread_mutex_destroy(&watch->writing);
    ash_free(watch);
}

static ash_watch *new_watch(int num_threads, const char *function) {
    ash_watch *watch = ash_calloc(1, sizeof *watch);
    if (!watch) {
        return NULL;
    }
    watch->function = function;
    watch->nworkers = num_threads;
    watch->width = FIRST_WIDTH;
    watch->trace.descriptor = watch->report.descriptor = -1;
    pthread_mutex_init(&watch->writing, NULL);
    for (int k = 0; k < ASH_WATCH_BINS; k++) {
        watch->live[k] = watch->predicted[k] = -1;
    }
    watch->worker = ash_calloc(num_threads, sizeof *watch->worker);
    for (int w = 0; watch->worker && w < num_threads; w++) {
        watch->worker[w] = ash_calloc(1, sizeof **watch->worker);
        if (!watch->worker[w]) {
            free_watch(watch);
            return NULL;
        }
        watch->worker[w]->width = FIRST_WIDTH;
    }
    if (!watch->worker) {
        free_watch(watch);
        return NULL;
    }
    return watch;
}

ash_status ash_watch_begin(
    ash_context *context, const ash_compute_options *options, int num_threads, const char *function, ash_error_state *error) {
    static atomic_int runs;
    context->watch = NULL;
    if (!ash_watch_wanted(context, options)) {
        return ASH_OK;
    }
    ash_watch *watch = new_watch(num_threads, function);
    if (!watch) {
        return ash_fail_memory(error, function, num_threads * (int64_t)sizeof(ash_watched_worker));
    }
    int general = (context->options.trace && !options->trace) || (context->options.report && !options->report);
    int number = general ? 1 + atomic_fetch_add(&runs, 1) : 1;
    if (begin_file(&watch->trace, options->trace, context->options.trace, number, "trace", function, error) != ASH_OK ||
        begin_file(&watch->report, options->report, context->options.report, number, "report", function, error) != ASH_OK) {
        ash_error_state ignored = { 0 };
        ash_text_file_end(&watch->trace, "trace", function, &ignored);
        free_watch(watch);
        return error->status;
    }
    watch->began = ash_system_now_ns();
    if (watch->trace.path) {
        ash_trace_begin(watch);
    }
    context->watch = watch;
    return ASH_OK;
}

void ash_watch_end(ash_context *context, const ash_error_state *error) {
    ash_watch *watch = context->watch;
    ash_error_state missing = { 0 };
    if (!watch) {
        return;
    }
    if (watch->trace.path) {
        ash_trace_end(watch);
    }
    if (watch->report.path) {
        ash_report(watch, context, error);
    }
    ash_text_file_end(&watch->trace, "trace", watch->function, &missing);
    ash_text_file_end(&watch->report, "report", watch->function, &missing);
    ash_record(context, &missing);
    context->watch = NULL;
    free_watch(watch);
}

/* ---- Plans ---- */

/* Rows for the kinds of work of a plan, as long as there is room. */
void ash_watch_plan(ash_run *run) {
    ash_watch *watch = run->watch;
    const ash_plan *plan = run->plan;
    if (!watch) {
        return;
    }
    watch->plan = plan;
    watch->first_row = watch->nrows;
    for (int w = 0; w < plan->nwork && watch->nrows < LAST_ROW; w++) {
        ash_watch_row *row = &watch->row[watch->nrows++];
        row->group = ash_watch_group(watch, &plan->work[w]);
        snprintf(
            row->label, sizeof row->label, "%.50s%s", ash_work_name(&plan->work[w]), ash_work_merges(&plan->work[w]) ? " (merge)" : "");
    }
    snprintf(watch->row[LAST_ROW].label, ASH_WATCH_LABEL, "others");
    watch->row[LAST_ROW].group = -1;
    if (watch->report.path && !ash_plan_trajectory(plan, ASH_WATCH_BINS, watch->trajectory)) {
        memset(watch->trajectory, 0, sizeof watch->trajectory);
    }
}

void ash_watch_plan_end(ash_run *run) {
    ash_watch *watch = run->watch;
    if (!watch) {
        return;
    }
    for (int w = 0; w < watch->nworkers; w++) {
        ash_trace_events(watch, w);
    }
    ash_plan_info plan;
    ash_plan_figures(run->plan, &plan);
    watch->first_group += plan.groups;
    watch->first_task += plan.tasks;
    watch->spilled += run->spilled_bytes;
    watch->loaded += run->loaded_bytes;
}

int ash_watch_group(const ash_watch *watch, const ash_work *work) {
    int group = ash_work_group(watch->plan, work);
    return group < 0 ? group : (int)watch->first_group + group;
}

/* ---- Events ---- */

static ash_watched_worker *watched(const ash_run *run, const ash_worker *worker) {
    return run->watch->worker[worker - run->worker];
}

static void add_event(ash_run *run, ash_worker *worker, int spare, ash_watch_event event) {
    ash_watched_worker *w = watched(run, worker);
    if (run->watch->trace.path) {
        if (w->nevents + spare >= ASH_WATCH_EVENTS) {
            ash_trace_events(run->watch, (int)(worker - run->worker));
        }
        w->event[w->nevents++] = event;
    }
}

/* Half as many bins of twice the width. */
static void widen_bins(ash_watched_worker *w) {
    for (int k = 0; k < ASH_WATCH_BINS / 2; k++) {
        ash_watch_bin a = w->bin[2 * k], b = w->bin[2 * k + 1];
        ash_watch_bin joined = a.longest >= b.longest ? a : b;
        joined.longest = a.row == b.row ? a.longest + b.longest : joined.longest;
        joined.busy = a.busy + b.busy;
        w->bin[k] = joined;
    }
    memset(&w->bin[ASH_WATCH_BINS / 2], 0, sizeof w->bin / 2);
    w->width *= 2;
}

static void add_to_bins(ash_watched_worker *w, int64_t began, int64_t ended, int row) {
    while (ended >= w->width * ASH_WATCH_BINS) {
        widen_bins(w);
    }
    for (int64_t k = began / w->width; k <= ended / w->width; k++) {
        int64_t from = k * w->width, to = from + w->width;
        int64_t part = (ended < to ? ended : to) - (began > from ? began : from);
        ash_watch_bin *bin = &w->bin[k];
        bin->busy += part;
        if (bin->row == row) {
            bin->longest += part;
        } else if (part > bin->longest) {
            bin->row = row;
            bin->longest = part;
        }
    }
}

void ash_watch_task(ash_run *run, ash_worker *worker, uint32_t task, int64_t began) {
    ash_watch *watch = run->watch;
    ash_watched_worker *w = watched(run, worker);
    const ash_plan *plan = run->plan;
    ash_watch_event event = { .kind = ASH_WATCHED_TASK, .task = task, .began = began - watch->began };
    event.ended = ash_system_now_ns() - watch->began;
    for (uint32_t b = plan->task[task].buffer_begin; b < plan->task[task + 1].buffer_begin; b++) {
        event.out += plan->buffer_units[b] * (int64_t)ASH_UNIT;
    }
    event.in = ash_task_moved(plan, task) - event.out;
    event.bytes_read = w->bytes_read;
    event.bytes_written = w->bytes_written;
    w->bytes_read = w->bytes_written = 0;
    add_event(run, worker, EVENTS_SPARE, event);
    int64_t row = watch->first_row + (int64_t)plan->task[task].work;
    row = row < LAST_ROW ? row : LAST_ROW;
    ash_watch_sum *sum = &w->sum[row];
    sum->tasks++;
    sum->ns += event.ended - event.began;
    sum->bytes_in += event.in + event.bytes_read;
    sum->bytes_out += event.out + event.bytes_written;
    if (watch->report.path) {
        add_to_bins(w, event.began, event.ended, (int)row);
    }
}

void ash_watch_read(ash_run *run, ash_worker *worker, int64_t began, int64_t bytes, int64_t decoded) {
    int64_t zero = run->watch->began;
    watched(run, worker)->bytes_read += bytes;
    add_event(run, worker, EVENTS_SPARE,
        (ash_watch_event){
            .kind = ASH_WATCHED_READ, .began = began - zero, .ended = ash_system_now_ns() - zero, .in = bytes, .out = decoded });
}

void ash_watch_write(ash_run *run, ash_worker *worker, int64_t began, int64_t bytes) {
    int64_t zero = run->watch->began;
    watched(run, worker)->bytes_written += bytes;
    add_event(run, worker, EVENTS_SPARE,
        (ash_watch_event){ .kind = ASH_WATCHED_WRITE, .began = began - zero, .ended = ash_system_now_ns() - zero, .in = bytes });
}

/* ---- Memory ---- */

static void keep_most(int64_t bins[], int64_t k, int64_t bytes) {
    bins[k] = bytes > bins[k] ? bytes : bins[k];
}

static void widen_memory(ash_watch *watch) {
    for (int k = 0; k < ASH_WATCH_BINS; k++) {
        int64_t live = watch->live[k], predicted = watch->predicted[k];
        watch->live[k] = watch->predicted[k] = -1;
        keep_most(watch->live, k / 2, live);
        keep_most(watch->predicted, k / 2, predicted);
    }
    watch->width *= 2;
}

void ash_watch_memory(ash_run *run, ash_worker *worker) {
    ash_watch *watch = run->watch;
    ash_watched_worker *w = watched(run, worker);
    int64_t now = ash_system_now_ns() - watch->began, fixed = ash_plan_base_bytes(run->plan);
    while (now >= watch->width * ASH_WATCH_BINS) {
        widen_memory(watch);
    }
    int64_t ntasks = run->plan->ntasks, at = run->rank[0].frontier < ntasks ? run->rank[0].frontier : ntasks - 1;
    keep_most(watch->live, now / watch->width, fixed + run->rank[0].live);
    keep_most(watch->predicted, now / watch->width, fixed + (ntasks > 0 ? watch->trajectory[at * ASH_WATCH_BINS / ntasks] : 0));
    if (watch->trace.path && w->nevents < ASH_WATCH_EVENTS) { /* there is room: a task that has just ended left some */
        w->event[w->nevents++] = (ash_watch_event){ .kind = ASH_WATCHED_MEMORY,
            .began = now,
            .ended = now,
            .in = run->rank[0].live,
            .out = fixed,
            .bytes_read = watch->loaded + run->loaded_bytes,
            .bytes_written = watch->spilled + run->spilled_bytes };
    }
}
