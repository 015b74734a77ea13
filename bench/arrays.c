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

/* 16 bits that differ from element to element and from array to array. */
static uint32_t noise(int64_t i, int k) {
    return (uint32_t)(((uint64_t)i * 2654435761u + (uint64_t)k * 40503u) >> 8 & 0xffff);
}

/* Values in [0.5, 1.5), or integers. Each thread touches first what it will work on. */
static void fill(double *x, ash_dtype dtype, int64_t n, int k, int threads) {
    float *narrow = (float *)(void *)x;
    int32_t *whole = (int32_t *)(void *)x;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t i = 0; i < n; i++) {
        if (dtype == ASH_FLOAT32)
            narrow[i] = 0.5f + (float)noise(i, k) / 65536;
        else if (dtype == ASH_INT32)
            whole[i] = (int32_t)noise(i, k);
        else
            x[i] = 0.5 + (double)noise(i, k) / 65536;
    }
}

static ash_dtype dtype_of(const array_detail *detail) {
    return detail->dtype ? detail->dtype : ASH_FLOAT64;
}

static bool make_arrays(const bench_job *job, array_job *a) {
    const array_detail *detail = job->which->detail;
    ash_array in[ARRAYS_MOST];
    for (int k = 0; k < detail->inputs; k++) {
        double *x = array_new(a, k, a->n);
        if (!x)
            return bench_fail("%s: no memory for an array of %lld bytes; use a smaller --size", job->which->name, (long long)(a->n * 8));
        fill(x, dtype_of(detail), a->n, k, job->threads);
        a->in[k] = x;
        in[k] = ash_from_buffer(job->ctx, dtype_of(detail), detail->ndim, a->shape, x, &(ash_make_options){ .chunks = detail->chunks });
    }
    a->expression = detail->reduce ? detail->reduce(in[0], detail->dims) : detail->expression(job->ctx, in);
    if (!ash_ok(a->expression))
        return bench_fail("%s: %s", job->which->name, ash_error(job->ctx));
    a->nout = ash_size(a->expression);
    a->computed_bytes = a->nout * ash_dtype_size(ash_array_dtype(a->expression));
    a->out = array_new(a, ARRAYS_MOST, a->nout);
    a->computed = array_new(a, ARRAYS_MOST + 1, a->nout);
    if (!a->out || !a->computed)
        return bench_fail("%s: no memory for results of %lld bytes; use a smaller --size", job->which->name, (long long)(a->nout * 8));
    fill(a->out, ASH_FLOAT64, a->nout, 3, job->threads);
    fill(a->computed, ASH_FLOAT64, a->nout, 4, job->threads);
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
    int64_t size = ash_dtype_size(dtype_of(detail)), rows = job->size / (row * size * (detail->inputs + detail->is_written));
    a->shape[0] = rows > 0 ? rows : 1;
    a->n = a->shape[0] * row;
    a->threads = job->threads;
    if (!make_arrays(job, a))
        return false;
    job->bytes = size * a->n * detail->inputs + a->computed_bytes;
    return true;
}

bool arrays_measured(bench_job *job) {
    array_job *a = job->state;
    if (ash_compute(a->expression, a->computed, a->computed_bytes, NULL) != ASH_OK)
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
