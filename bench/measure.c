/* The watch. Rounds of limit and measured alternate, and which comes first alternates too, so that whatever else the machine does meets
 * both alike; medians tell
 * the typical round. */
#include "bench.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_LEAST = 9, ROUNDS_MOST = 99 };
static const double SECONDS_ENOUGH = 4.0;

bool bench_fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("ashlar-bench: error: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return false;
}

double bench_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct times {
    int rounds;
    double measured[ROUNDS_MOST], limit[ROUNDS_MOST], ratio[ROUNDS_MOST];
} times;

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(int n, double value[]) {
    qsort(value, (size_t)n, sizeof *value, ascending);
    return n % 2 ? value[n / 2] : (value[n / 2 - 1] + value[n / 2]) / 2;
}

static bool watch(bench_job *job, bool (*side)(bench_job *), double *seconds) {
    double start = bench_now();
    bool fine = side(job);
    *seconds = bench_now() - start;
    return fine;
}

static bool run_round(bench_job *job, int round, double *measured, double *limit) {
    const bench_case *which = job->which;
    if (round % 2)
        return watch(job, which->measured, measured) && watch(job, which->limit, limit);
    return watch(job, which->limit, limit) && watch(job, which->measured, measured);
}

static bool run_rounds(bench_job *job, times *t) {
    double measured, limit, start;
    if (!run_round(job, 0, &measured, &limit) || !job->which->check(job)) /* not counted: first touches, pools and page cache */
        return false;
    start = bench_now();
    for (t->rounds = 0; t->rounds < ROUNDS_LEAST || (t->rounds < ROUNDS_MOST && bench_now() - start < SECONDS_ENOUGH); t->rounds++) {
        if (!run_round(job, t->rounds, &measured, &limit))
            return false;
        t->measured[t->rounds] = measured;
        t->limit[t->rounds] = limit;
        t->ratio[t->rounds] = limit / measured;
    }
    return job->which->check(job);
}

static void print_line(const bench_job *job, times *t) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double seconds = median(t->rounds, t->measured);
    printf("{\"case\":\"%s\",\"seconds\":%.6g,\"bytes\":%lld,\"limit_seconds\":%.6g,\"ratio_to_limit\":%.4g,\"peak_rss_bytes\":%lld",
        job->which->name, seconds, (long long)job->bytes, median(t->rounds, t->limit), median(t->rounds, t->ratio),
        (long long)usage.ru_maxrss * 1024);
    if (job->which->report)
        job->which->report(job, seconds);
    printf(",\"gb_per_second\":%.4g,\"threads\":%d,\"rounds\":%d}\n", (double)job->bytes / seconds * 1e-9, job->threads, t->rounds);
    fflush(stdout);
}

static int64_t default_size(const bench_case *which) {
    int64_t least = INT64_C(512) << 20, cache = 0;
    if (which->size > 0)
        return which->size;
#ifdef _SC_LEVEL3_CACHE_SIZE
    cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
    return 4 * cache > least ? 4 * cache : least;
}

bool bench_run_case(const bench_case *which, int64_t size, int threads) {
    static times t; /* large for a stack */
    bench_job job = { .which = which, .size = size > 0 ? size : default_size(which), .threads = threads };
    job.ctx = ash_context_new(&(ash_context_options){ .num_threads = threads });
    if (!job.ctx)
        return bench_fail("%s: %s", which->name, ash_error(NULL));
    bool fine = which->begin(&job) && run_rounds(&job, &t);
    if (fine)
        print_line(&job, &t);
    ash_context_free(job.ctx);
    which->end(&job);
    return fine;
}
