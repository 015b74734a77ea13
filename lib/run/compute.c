/* Computing: from arrays to targets, a plan, a run, and its figures. */
#include "array/engine.h"
#include "base/options.h"
#include "base/system.h"
#include "kernels/blas.h"
#include "run/describe.h"
#include "run/persist.h"
#include "run/queue.h"
#include "run/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SMALL_JOB = 32 << 20, /* what builders that run may take where the limit is smaller: half of the slack */
    MOST_RANKS = 64       /* of a rehearsal */
};

/* ---- Workers ---- */

static int begin_worker(const ash_plan *plan, ash_worker *worker) {
    const ash_plan_most *most = &plan->most;
    int64_t bindings = most->operands > most->parts ? most->operands : most->parts;
    worker->registers_memory = ash_malloc((int64_t)most->registers * ASH_BLOCK * 16 + 64);
    worker->slot = ash_calloc(most->slots, sizeof *worker->slot);
    worker->slot_sink = ash_calloc(most->slots, sizeof *worker->slot_sink);
    worker->binding = ash_calloc(bindings, sizeof *worker->binding);
    worker->block = ash_calloc(most->parts + 1, sizeof *worker->block);
    worker->destination = ash_calloc(most->sinks, sizeof *worker->destination);
    worker->folding = ash_calloc(most->sinks, sizeof *worker->folding);
    worker->sink_buffer = ash_calloc(most->sinks, sizeof *worker->sink_buffer);
    worker->tile = plan->nspills > 0 ? ash_malloc(ASH_TILE_BYTES) : NULL;
    worker->registers = (char *)(((uintptr_t)worker->registers_memory + 63) / 64 * 64);
    return worker->registers_memory && worker->slot && worker->slot_sink && worker->binding && worker->block && worker->destination &&
        worker->folding && worker->sink_buffer && (worker->tile || plan->nspills == 0);
}

static void end_worker(ash_worker *worker) {
    ash_free(worker->registers_memory);
    ash_free(worker->slot);
    ash_free(worker->slot_sink);
    ash_free(worker->binding);
    ash_free(worker->block);
    ash_free(worker->destination);
    ash_free(worker->folding);
    ash_free(worker->sink_buffer);
    ash_free(worker->tile);
    ash_read_scratch_free(&worker->reading);
    ash_write_scratch_free(&worker->writing);
}

static ash_status open_scratch(ash_run *run, ash_error_state *error) {
    const ash_plan *plan = run->plan;
    if (plan->nspills == 0) {
        return ASH_OK;
    }
    run->scratch = ash_scratch_file_new(run->context->options.scratch, plan->spilled_bytes, plan->nchecks, run->function, error);
    return error->status;
}

static int begin_workers(ash_run *run) {
    int n = run->nworkers = run->plan->nranks > 1 ? run->plan->nranks : run->plan->num_threads;
    run->worker = ash_calloc(n, sizeof *run->worker);
    run->idle_worker = ash_calloc(n, sizeof *run->idle_worker);
    if (!run->worker || !run->idle_worker) {
        return 0;
    }
    run->cache = run->plan->cache_bytes > 0 ? ash_chunk_cache_new(run->plan->cache_bytes) : NULL; /* without it is slower only */
    for (int w = 0; w < n; w++) {
        run->idle_worker[run->nidle++] = n - 1 - w;
        run->worker[w].reading.cache = run->cache;
        run->worker[w].reading.retries = run->context->options.read_retries;
        if (!begin_worker(run->plan, &run->worker[w])) {
            return 0;
        }
    }
    return 1;
}

static void end_workers(ash_run *run) {
    for (int w = 0; run->worker && w < run->nworkers; w++) {
        end_worker(&run->worker[w]);
    }
    ash_free(run->worker);
    ash_free(run->idle_worker);
    ash_chunk_cache_free(run->cache);
}

/* ---- Runs ---- */

/* By the tasks that ran: all of the plan's, or, of a run that ended early, those that have started. */
static int64_t bytes_moved(const ash_run *run) {
    const ash_plan *plan = run->plan;
    int64_t bytes = 0;
    if (run->finished == plan->ntasks) {
        return run->context->last_run.bytes_moved;
    }
    for (uint32_t t = 0; t < plan->ntasks; t++) {
        bytes += run->inputs_left[t] == ASH_STARTED ? ash_task_moved(plan, t) : 0;
    }
    return bytes;
}

/* The most that the chunks of any rank took. */
static int64_t most_held(const ash_run *run) {
    int64_t most = 0;
    for (int r = 0; r < run->plan->nranks; r++) {
        most = run->rank[r].pool.peak > most ? run->rank[r].pool.peak : most;
    }
    return most;
}

static void keep_figures(ash_run *run) {
    ash_plan_info *info = &run->context->last_run;
    info->bytes_read = run->bytes_read;
    info->bytes_written = run->bytes_written;
    info->stored_bytes_read = info->bytes_decoded = info->reads_repeated = 0;
    info->bytes_moved = bytes_moved(run);
    for (int w = 0; w < run->nworkers; w++) {
        info->stored_bytes_read += run->worker[w].reading.bytes_fetched;
        info->bytes_decoded += run->worker[w].reading.bytes_decoded;
        info->reads_repeated += run->worker[w].reading.reads_repeated;
    }
    info->bytes_spilled = run->spilled_bytes;
    info->bytes_loaded = run->loaded_bytes;
    info->bytes_transferred = run->transferred_bytes;
    info->peak_bytes = ash_plan_base_bytes(run->plan) - ASH_ROOM_BYTES + most_held(run);
    info->seconds = (double)(ash_system_now_ns() - run->began) * 1e-9;
    ash_keep_measured(run);
}

/* Runs the tasks. A BLAS works in the thread that calls it, whether its threads are its own or OpenMP's. */
static void run_tasks(ash_run *run, int openmp) {
    const ash_plan *plan = run->plan;
    int64_t bytes;
    int blas = ash_plan_blas(plan, &bytes), width = 0;
    if (blas) {
        ash_blas_hold();
        width = ash_openmp_width(1);
    }
    if (plan->nranks > 1) {
        ash_execute_ranks(run);
    } else if (openmp && plan->ntasks > 1) { /* waking threads takes longer than a small task */
        ash_execute_openmp(run, (uint32_t)plan->num_threads < plan->ntasks ? plan->num_threads : (int)plan->ntasks);
    } else {
        ash_execute_serial(run);
    }
    if (blas) {
        ash_openmp_width(width);
        ash_blas_release();
    }
}

static ash_status execute(ash_context *context, const ash_plan *plan, ash_writer *writer, int openmp, ash_job *job, const char *function,
    ash_error_state *error) {
    ash_run run = { .context = context, .job = job, .plan = plan, .writer = writer, .function = function, .lock = ATOMIC_FLAG_INIT };
    run.began = ash_system_now_ns();
    run.watch = context->watch;
    ash_watch_plan(&run);
    if (job->part == 0) {
        job->began = run.began;
        atomic_init(&job->last_progress, run.began);
    }
    if (open_scratch(&run, error) != ASH_OK) {
        return error->status;
    }
    run.variable_bytes = ash_calloc(plan->nreads + 1, sizeof *run.variable_bytes);
    if (!run.variable_bytes || !begin_workers(&run) || !ash_schedule_begin(&run)) {
        ash_fail(error, ASH_ERR_MEMORY, "%s: the system gave no memory for the run", function);
    } else {
        run_tasks(&run, openmp);
        if (run.error.status == ASH_OK && run.finished != plan->ntasks) {
            ash_fail(&run.error, ASH_ERR_INTERNAL,
                "%s: internal error: %u of %u tasks ran and none of the others could start; please report this", function, run.finished,
                plan->ntasks);
        }
        ash_watch_plan_end(&run);
        keep_figures(&run);
        ash_run_progress(
            &run, job->part == job->parts - 1 || run.error.status != ASH_OK); /* after the figures, whose time is part of its */
        if (run.error.status != ASH_OK) {
            *error = run.error;
        }
    }
    ash_schedule_end(&run);
    end_workers(&run);
    ash_scratch_file_free(run.scratch);
    ash_free(run.variable_bytes);
    return error->status;
}

/* N of "ranks:N"; 0 for anything else. */
static int ranks_of(const char *executor) {
    char *end;
    if (strncmp(executor, "ranks:", 6) != 0) {
        return 0;
    }
    long n = strtol(executor + 6, &end, 10);
    return *end == '\0' && n >= 1 && n <= MOST_RANKS ? (int)n : 0;
}

ash_status ash_run_request(ash_context *context, int n, const ash_target targets[], const ash_write_need *need,
    const ash_compute_options *options, const char *function, ash_plan_request *request, int *openmp, ash_error_state *error) {
    ash_compute_options o;
    ash_options_copy(&o, sizeof o, options, sizeof *options);
    const char *executor = o.executor ? o.executor : context->options.executor;
    if (o.num_threads < 0 || o.num_threads > ASH_MOST_THREADS || o.memory_limit < 0) {
        return ash_fail(error, ASH_ERR_ARGUMENT, "%s: num_threads must be from 0 to %d and memory_limit >= 0, found %d and %lld", function,
            ASH_MOST_THREADS, o.num_threads, (long long)o.memory_limit);
    }
    if (o.piece_bytes < 0) {
        return ash_fail(
            error, ASH_ERR_ARGUMENT, "%s: piece_bytes must be >= 0 (0: what is best), found %lld", function, (long long)o.piece_bytes);
    }
    int nranks = ranks_of(executor);
    if (nranks < 1 && strcmp(executor, "serial") != 0 && strcmp(executor, "openmp") != 0) {
        return ash_fail(error, ASH_ERR_ARGUMENT, "%s: executor must be serial, openmp, or ranks:N with N from 1 to %d, found '%s'",
            function, MOST_RANKS, executor);
    }
    *openmp = strcmp(executor, "openmp") == 0;
    uint32_t passes_off;
    ash_queue_tidy(context);
    if (ash_check_released(context, n, targets, error) != ASH_OK) {
        return error->status;
    }
    int64_t limit = o.memory_limit > 0 ? o.memory_limit : context->options.memory_limit;
    if (ash_passes_read(o.passes ? o.passes : getenv("ASH_PASSES"), function, &passes_off, error) != ASH_OK) {
        return error->status;
    }
    int watched = ash_watch_wanted(context, &o);
    *request = (ash_plan_request){
        .ntargets = n,
        .target = targets,
        .limit = limit,
        .kept_bytes = ash_kept_bytes(context),
        .num_threads = *openmp ? (o.num_threads > 0 ? o.num_threads : context->options.num_threads) : 1,
        .nranks = nranks,
        .passes_off = passes_off,
        .piece_bytes = o.piece_bytes,
        .may_spill = strcmp(context->options.scratch, "none") != 0,
        .io_bytes = (need ? need->library : 0) + (watched ? ASH_WATCH_BYTES : 0),
        .scratch_bytes = (need ? need->scratch : 0) + (watched ? ASH_WATCH_THREAD_BYTES : 0),
    };
    return ASH_OK;
}

ash_status ash_run_plan(ash_context *context, const ash_plan *plan, double plan_seconds, ash_writer *writer, int openmp, ash_job *job,
    const char *function, ash_error_state *error) {
    ash_plan_figures(plan, &context->last_run);
    context->last_run.plan_seconds = plan_seconds;
    ash_keep_plan(context, plan, job->part);
    if (error->status != ASH_OK) {
        job->whole = context->last_run;
        return error->status;
    }
    execute(context, plan, writer, openmp, job, function, error);
    ash_figures_join(&job->done, &context->last_run);
    context->last_run = job->done;
    return error->status;
}

/* *refused: there is no plan within the limit, and nothing ran. */
static ash_status plan_and_execute(ash_context *context, const ash_plan_request *request, ash_writer *writer, int openmp, ash_job *job,
    const char *function, int *refused, ash_error_state *error) {
    int64_t began = ash_system_now_ns();
    ash_plan *plan = NULL;
    ash_plan_make(context, request, function, &plan, error);
    *refused = error->status == ASH_ERR_LIMIT;
    if (plan) {
        ash_run_plan(context, plan, (double)(ash_system_now_ns() - began) * 1e-9, writer, openmp, job, function, error);
    }
    ash_plan_free(plan);
    return error->status;
}

static int count_part(void *user, const ash_plan *plan) {
    ash_job *job = user;
    job->tasks_total += plan->ntasks;
    job->bytes_read_total += plan->bytes_read;
    return 1;
}

/* One after another. What they need of files is what all of it needs, which the refused plan knows. */
static void run_parts(ash_context *context, const ash_plan_request *request, ash_writer *writer, int openmp, ash_job *job,
    const char *function, ash_error_state *error) {
    ash_description *whole = job->whole.size > 0 ? context->last_plan : NULL;
    int refused;
    if (whole) {
        context->last_plan = NULL;
    }
    for (job->parts = request->ntargets; job->part < job->parts && error->status == ASH_OK; job->part++) {
        ash_plan_request one = *request;
        one.ntargets = 1;
        one.target = &request->target[job->part];
        plan_and_execute(context, &one, writer, openmp, job, function, &refused, error);
    }
    if (whole) {
        ash_figures_need(&context->last_run, &job->whole);
        ash_describe_need(context->last_plan, whole);
        ash_description_free(whole);
    }
}

/* Results that do not fit the limit together may fit one after another: asked before any work is done. */
static void run_in_parts(
    ash_context *context, const ash_plan_request *request, ash_writer *writer, int openmp, const char *function, ash_error_state *error) {
    ash_job job = ASH_JOB_OF_ONE;
    int refused;
    plan_and_execute(context, request, writer, openmp, &job, function, &refused, error);
    if (refused && request->ntargets > 1 && ash_plan_can_part(context, request)) {
        int64_t began = ash_system_now_ns();
        *error = (ash_error_state){ 0 };
        if (ash_plan_parts(context, request, function, count_part, &job, error) == ASH_OK) {
            job.done.plan_seconds = (double)(ash_system_now_ns() - began) * 1e-9;
            run_parts(context, request, writer, openmp, &job, function, error);
        }
    }
    if (refused) {
        ash_say_kept(context, error);
    }
}

ash_status ash_run_targets(ash_context *context, int n, const ash_target targets[], ash_writer *writer, const ash_compute_options *options,
    const char *function, ash_error_state *error) {
    ash_plan_request request;
    ash_compute_options o;
    int openmp = 0;
    ash_options_copy(&o, sizeof o, options, sizeof *options);
    ash_write_need need = writer ? ash_writer_need(writer) : (ash_write_need){ 0 };
    if (ash_run_request(context, n, targets, &need, options, function, &request, &openmp, error) != ASH_OK) {
        return error->status;
    }
    if (atomic_load(&context->running)) {
        return ash_fail(error, ASH_ERR_ARGUMENT, "%s: the context is computing already; use one context a thread", function);
    }
    if (openmp && ash_openmp_lost()) {
        return ash_fail(error, ASH_ERR_UNSUPPORTED,
            "%s: this thread has computed with OpenMP before fork(), whose threads the child does not have; compute here with executor "
            "\"serial\", or in a new thread",
            function);
    }
    atomic_store(&context->cancel, 0);
    atomic_store(&context->running, 1);
    if (ash_queue_wait(context, function, error) == ASH_OK && ash_futures_ready(context, n, targets, function, error) == ASH_OK &&
        ash_watch_begin(context, &o, request.nranks > 1 ? request.nranks : request.num_threads, function, error) == ASH_OK) {
        request.kept_bytes = ash_kept_bytes(context); /* futures that were released while they ran hold nothing any more */
        run_in_parts(context, &request, writer, openmp, function, error);
        ash_watch_end(context, error);
    }
    atomic_store(&context->running, 0);
    return error->status;
}

ash_status ash_engine_compute(ash_context *context, ash_value value, void *buffer, int64_t bytes, ash_error_state *error) {
    ash_target target = { .kind = ASH_TARGET_MEMORY, .value = value, .memory = buffer };
    (void)bytes;
    /* A small computation on the way is not worth a bar, and its figures are nobody's last run. */
    ash_progress_fn *progress = context->options.progress;
    ash_plan_info last_run = context->last_run;
    ash_description *last_plan = context->last_plan;
    const char *trace = context->options.trace, *report = context->options.report;
    context->options.progress = NULL;
    context->options.trace = context->options.report = NULL;
    context->last_plan = NULL;
    /* Labels and coordinates are small: the slack of the limit is theirs, so that a refusal speaks of the job itself. */
    ash_compute_options options = { .memory_limit = context->options.memory_limit > SMALL_JOB ? 0 : SMALL_JOB };
    ash_run_targets(context, 1, &target, NULL, &options, "compute", error);
    context->options.progress = progress;
    context->options.trace = trace;
    context->options.report = report;
    context->last_run = last_run;
    ash_description_free(context->last_plan);
    context->last_plan = last_plan;
    return error->status;
}

/* ---- Public ---- */

ash_status ash_compute_many(ash_context *context, int n, const ash_array arrays[], void *const buffers[], const int64_t bytes[],
    const ash_compute_options *options) {
    ash_error_state error = { 0 };
    if (!context) {
        return ASH_ERR_HANDLE;
    }
    const char *absent = !arrays ? "arrays" : !buffers ? "buffers" : !bytes ? "bytes" : NULL;
    if (n < 0) {
        ash_fail(&error, ASH_ERR_ARGUMENT, "compute: n must be >= 0, found %d", n);
        return ash_record(context, &error);
    }
    if (n > 0 && absent) {
        ash_fail(&error, ASH_ERR_ARGUMENT, "compute: %s must be a list of length %d, found NULL", absent, n);
        return ash_record(context, &error);
    }
    ash_target *target = ash_calloc(n + 1, sizeof *target);
    if (!target) {
        ash_fail_memory(&error, "compute", n * (int64_t)sizeof *target);
    }
    for (int k = 0; k < n && error.status == ASH_OK; k++) {
        char argument[32];
        snprintf(argument, sizeof argument, n > 1 ? "arrays[%d]" : "a", k);
        target[k] = (ash_target){ .kind = ASH_TARGET_MEMORY, .memory = buffers[k] };
        if (ash_resolve(context, arrays[k], "compute", argument, &target[k].value, &error) != ASH_OK) {
            break;
        }
        const ash_output *output = ash_value_output(target[k].value);
        int64_t needed = ash_output_size(output) * ash_dtype_size(output->dtype);
        if (bytes[k] != needed || (!buffers[k] && needed > 0)) {
            ash_fail(&error, ASH_ERR_ARGUMENT, "compute: the buffer of %s must have %lld bytes (%lld elements of %s), found %lld%s",
                argument, (long long)needed, (long long)ash_output_size(output), ash_dtype_name(output->dtype), (long long)bytes[k],
                buffers[k] ? "" : " at NULL");
        }
    }
    if (error.status == ASH_OK && n > 0) {
        ash_run_targets(context, n, target, NULL, options, "compute", &error);
    }
    ash_free(target);
    return ash_record(context, &error);
}

ash_status ash_compute(ash_array a, void *buffer, int64_t bytes, const ash_compute_options *options) {
    return ash_compute_many(a.context, 1, &a, &buffer, &bytes, options);
}
