/* What a chunk task costs: chunks so small that the work in them hardly counts. The ordinary plan, run_task and kernels; making the plan
 * is part of the time. */
#include "arrays.h"
#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHUNK = 10, CHUNKS = 1000000 };

static ash_array sum_plus_one(ash_context *ctx, const ash_array in[]) {
    return ash_sum(ash_add(in[0], ash_int(ctx, 1)), NULL);
}

static void loop(const array_job *job) {
    const double *restrict x = job->in[0];
    double sum = 0;
#pragma omp parallel for simd schedule(static) reduction(+ : sum) num_threads(job->threads)
    for (int64_t i = 0; i < job->n; i++)
        sum += x[i] + 1;
    job->out[0] = sum;
}

/* Per chunk: merges of partial results are the chunks' cost, not tasks that anybody asked for. */
static void report(const bench_job *job, double seconds) {
    const array_job *a = job->state;
    int64_t chunks = (a->n + CHUNK - 1) / CHUNK;
    ash_plan_info run = ash_last_run(job->ctx);
    printf(",\"us_per_task\":%.4g,\"bytes_per_task\":%.4g,\"chunk_tasks\":%lld,\"merge_tasks\":%lld,\"plan_seconds\":%.4g",
        seconds * 1e6 / (double)chunks, (double)run.plan_bytes / (double)chunks, (long long)chunks, (long long)(run.tasks - chunks),
        run.plan_seconds);
}

const bench_case bench_tasks = { ARRAY_CASE, .name = "tasks", .about = "sum(x + 1) of 10^6 chunks of 10 float64, plan and run",
    .size = (int64_t)CHUNK * CHUNKS * 8, .report = report,
    .detail = &(array_detail){ .inputs = 1, .ndim = 1, .chunks = "10", .expression = sum_plus_one, .loop = loop } };

/* ---- The same while it is looked at, against not ---- */

static const char *watched_path(void) {
    static char path[512];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/ashlar-bench-%ld", folder && *folder ? folder : "/tmp", (long)getpid());
    return path;
}

static bool watched(bench_job *job, const ash_compute_options *options) {
    array_job *a = job->state;
    if (ash_compute(a->expression, a->computed, a->computed_bytes, options) != ASH_OK || ash_error_status(job->ctx) != ASH_OK)
        return bench_fail("%s: %s", job->which->name, ash_error(job->ctx));
    return true;
}

static bool traced(bench_job *job) {
    return watched(job, &(ash_compute_options){ .trace = watched_path() });
}

static bool reported(bench_job *job) {
    return watched(job, &(ash_compute_options){ .report = watched_path() });
}

static bool check_one(bench_job *job) {
    const array_job *a = job->state;
    return a->computed[0] >= 1.5 * (double)a->n || bench_fail("%s: the sum is %.17g", job->which->name, a->computed[0]);
}

static void end_watched(bench_job *job) {
    remove(watched_path());
    arrays_end(job);
}

#define WATCHED_CASE .begin = arrays_begin, .limit = arrays_measured, .check = check_one, .end = end_watched, .report = report
static const array_detail watched_detail = { .inputs = 1, .ndim = 1, .chunks = "10", .expression = sum_plus_one };

const bench_case bench_tasks_traced = { WATCHED_CASE, .measured = traced, .name = "tasks_traced",
    .about = "tasks, 10^5 of them, with a trace in $TMPDIR, against without", .size = (int64_t)CHUNK * CHUNKS / 10 * 8,
    .detail = &watched_detail };
const bench_case bench_tasks_reported = { WATCHED_CASE, .measured = reported, .name = "tasks_reported",
    .about = "tasks with a report, against without", .size = (int64_t)CHUNK * CHUNKS * 8, .detail = &watched_detail };
