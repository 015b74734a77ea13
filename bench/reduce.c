/* Means of a 3-D float64 array over one axis each. */
#include "arrays.h"
#include "cases.h"

#include <string.h>

/* Extents of the inner axes; columns that a thread takes at a time; accumulators of a row. */
enum { MIDDLE = 512, INNER = 512, TILE = 2048, LANES = 32 };

static ash_array mean_0(ash_context *ctx, const ash_array in[]) {
    (void)ctx;
    return ash_mean(in[0], "0");
}

static ash_array mean_1(ash_context *ctx, const ash_array in[]) {
    (void)ctx;
    return ash_mean(in[0], "1");
}

static ash_array mean_2(ash_context *ctx, const ash_array in[]) {
    (void)ctx;
    return ash_mean(in[0], "2");
}

/* out[k] = mean over j of x[j][k], n rows that are `stride` apart. */
static void mean_rows(const double *restrict x, int64_t n, int64_t stride, int64_t columns, double *restrict out) {
    memset(out, 0, (size_t)columns * sizeof *out);
    for (int64_t j = 0; j < n; j++)
        for (int64_t k = 0; k < columns; k++)
            out[k] += x[j * stride + k];
    for (int64_t k = 0; k < columns; k++)
        out[k] /= (double)n;
}

/* Tiles of columns, so that a thread's sums stay in its first cache. */
static void loop_0(const array_job *job) {
    const int64_t columns = MIDDLE * INNER;
#pragma omp parallel for schedule(static) num_threads(job->threads)
    for (int64_t k = 0; k < columns; k += TILE)
        mean_rows(job->in[0] + k, job->shape[0], columns, TILE, job->out + k);
}

static void loop_1(const array_job *job) {
#pragma omp parallel for schedule(static) num_threads(job->threads)
    for (int64_t i = 0; i < job->shape[0]; i++)
        mean_rows(job->in[0] + i * MIDDLE * INNER, MIDDLE, INNER, INNER, job->out + i * INNER);
}

static double mean_row(const double *restrict x) {
    double lane[LANES] = { 0 }, sum = 0;
    for (int64_t k = 0; k < INNER; k += LANES)
        for (int l = 0; l < LANES; l++)
            lane[l] += x[k + l];
    for (int l = 0; l < LANES; l++)
        sum += lane[l];
    return sum / INNER;
}

static void loop_2(const array_job *job) {
#pragma omp parallel for schedule(static) num_threads(job->threads)
    for (int64_t i = 0; i < job->shape[0] * MIDDLE; i++)
        job->out[i] = mean_row(job->in[0] + i * INNER);
}

static const array_detail axis_0 = { .inputs = 1, .ndim = 3, .inner = { MIDDLE, INNER }, .expression = mean_0, .loop = loop_0 };
static const array_detail axis_1 = { .inputs = 1, .ndim = 3, .inner = { MIDDLE, INNER }, .expression = mean_1, .loop = loop_1 };
static const array_detail axis_2 = { .inputs = 1, .ndim = 3, .inner = { MIDDLE, INNER }, .expression = mean_2, .loop = loop_2 };

const bench_case bench_reduce_axis0 = { ARRAY_CASE, .name = "reduce_axis0",
    .about = "mean over the first axis of a float64 array (n, 512, 512)", .detail = &axis_0 };
const bench_case bench_reduce_axis1 = { ARRAY_CASE, .name = "reduce_axis1",
    .about = "mean over the middle axis of a float64 array (n, 512, 512)", .detail = &axis_1 };
const bench_case bench_reduce_axis2 = { ARRAY_CASE, .name = "reduce_axis2",
    .about = "mean over the last axis of a float64 array (n, 512, 512)", .detail = &axis_2 };
