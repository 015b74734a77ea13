#include "arrays.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Each array begins this much further into its page than the one before, so that streams do not meet in the same sets of a cache. */
enum { PAGE = 4096, STAGGER = 832 };

static double *array_new(array_job *a, int k, int64_t n) {
    size_t bytes = ((size_t)n * sizeof(double) + (ARRAYS_MOST + 3) * STAGGER + PAGE - 1) / PAGE * PAGE;
    a->memory[k] = aligned_alloc(PAGE, bytes);
    return a->memory[k] ? (double *)((char *)a->memory[k] + (size_t)k * STAGGER) : NULL;
}

/* Values in [0.5, 1.5), different in each array. Each thread touches first what it will work on. */
static void fill(double *x, int64_t n, int k, int threads) {
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t i = 0; i < n; i++)
        x[i] = 0.5 + (double)(((uint64_t)i * 2654435761u + (uint64_t)k * 40503u) >> 8 & 0xffff) / 65536;
}

static bool make_arrays(const bench_job *job, array_job *a) {
    const array_detail *detail = job->which->detail;
    ash_array in[ARRAYS_MOST];
    for (int k = 0; k < detail->inputs; k++) {
        double *x = array_new(a, k, a->n);
        if (!x)
            return bench_fail("%s: no memory for an array of %lld bytes; use a smaller --size", job->which->name, (long long)(a->n * 8));
        fill(x, a->n, k, job->threads);
        a->in[k] = x;
        in[k] = ash_from_buffer(job->ctx, ASH_FLOAT64, detail->ndim, a->shape, x, &(ash_make_options){ .chunks = detail->chunks });
    }
    a->expression = detail->expression(job->ctx, in);
    if (!ash_ok(a->expression))
        return bench_fail("%s: %s", job->which->name, ash_error(job->ctx));
    a->nout = ash_size(a->expression);
    a->out = array_new(a, ARRAYS_MOST, a->nout);
    a->computed = array_new(a, ARRAYS_MOST + 1, a->nout);
    if (!a->out || !a->computed)
        return bench_fail("%s: no memory for results of %lld bytes; use a smaller --size", job->which->name, (long long)(a->nout * 8));
    fill(a->out, a->nout, 3, job->threads);
    fill(a->computed, a->nout, 4, job->threads);
    return true;
}

bool arrays_begin(bench_job *job) {
    const array_detail *detail = job->which->detail;
    array_job *a = job->state = calloc(1, sizeof *a);
    if (!a)
        return bench_fail("%s: no memory", job->which->name);
    int64_t row = 1;
    for (int k = 1; k < detail->ndim; k++) {
        a->shape[k] = detail->inner[k - 1];
        row *= a->shape[k];
    }
    int64_t rows = job->size / (row * 8 * (detail->inputs + detail->is_written));
    a->shape[0] = rows > 0 ? rows : 1;
    a->n = a->shape[0] * row;
    a->threads = job->threads;
    if (!make_arrays(job, a))
        return false;
    job->bytes = 8 * (a->n * detail->inputs + a->nout);
    return true;
}

bool arrays_measured(bench_job *job) {
    array_job *a = job->state;
    if (ash_compute(a->expression, a->computed, a->nout * 8, NULL) != ASH_OK)
        return bench_fail("%s: %s", job->which->name, ash_error(job->ctx));
    return true;
}

bool arrays_limit(bench_job *job) {
    const array_detail *detail = job->which->detail;
    detail->loop(job->state);
    return true;
}

/* The sides contract differently, and add in different orders: equal but for rounding, of which a plain sum of many million elements has
 * the more. */
bool arrays_check(bench_job *job) {
    const array_detail *detail = job->which->detail;
    const array_job *a = job->state;
    double tolerance = detail->is_written ? 1e-13 : 1e-9;
    for (int64_t i = 0; i < a->nout && !detail->is_other; i++)
        if (!(fabs(a->computed[i] - a->out[i]) <= tolerance * (fabs(a->out[i]) + 1)))
            return bench_fail("%s: element %lld is %.17g, expected %.17g", job->which->name, (long long)i, a->computed[i], a->out[i]);
    memset(a->computed, 0, (size_t)a->nout * sizeof(double)); /* so that the next check sees the next result */
    return true;
}

void arrays_end(bench_job *job) {
    array_job *a = job->state;
    for (int k = 0; a && k < ARRAYS_MOST + 2; k++)
        free(a->memory[k]);
    free(a);
}
