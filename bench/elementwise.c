/* Elementwise cases: one pass over large arrays. What counts is whether fusion keeps temporaries out of memory. */
#include "arrays.h"
#include "cases.h"

/* ---- fma_sum ---- */

static ash_array fma_sum(ash_context *ctx, const ash_array in[]) {
    (void)ctx;
    return ash_sum(ash_add(ash_mul(in[0], in[1]), in[2]), NULL);
}

static void fma_sum_loop(const array_job *job) {
    const double *restrict a = job->in[0], *restrict b = job->in[1], *restrict c = job->in[2];
    double sum = 0;
#pragma omp parallel for simd schedule(static) reduction(+ : sum) num_threads(job->threads)
    for (int64_t i = 0; i < job->n; i++)
        sum += a[i] * b[i] + c[i];
    job->out[0] = sum;
}

/* ---- chain: eight operations, three streams in and one out ---- */

static ash_array chain(ash_context *ctx, const ash_array in[]) {
    ash_array a = in[0], b = in[1], c = in[2];
    ash_array left = ash_mul(ash_add(ash_mul(a, b), c), ash_sub(a, b));
    ash_array right = ash_mul(ash_sub(ash_mul(c, ash_real(ctx, 0.5)), a), ash_real(ctx, 2.0));
    return ash_add(left, right);
}

static void chain_loop(const array_job *job) {
    const double *restrict a = job->in[0], *restrict b = job->in[1], *restrict c = job->in[2];
    double *restrict out = job->out;
#pragma omp parallel for simd schedule(static) num_threads(job->threads)
    for (int64_t i = 0; i < job->n; i++)
        out[i] = (a[i] * b[i] + c[i]) * (a[i] - b[i]) + (c[i] * 0.5 - a[i]) * 2.0;
}

const bench_case bench_fma_sum = { ARRAY_CASE, .name = "fma_sum", .about = "sum(A*B + C) of float64 arrays",
    .detail = &(array_detail){ .inputs = 3, .ndim = 1, .expression = fma_sum, .loop = fma_sum_loop } };
const bench_case bench_chain = { ARRAY_CASE, .name = "chain",
    .about = "(A*B + C) * (A - B) + (C*0.5 - A) * 2 of float64 arrays, written to memory",
    .detail = &(array_detail){ .inputs = 3, .ndim = 1, .is_written = 1, .expression = chain, .loop = chain_loop } };
