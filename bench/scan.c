/* Scans: running sums along an axis, written to memory, against copying. */
#include "arrays.h"
#include "cases.h"

static ash_array cumsum_last(ash_context *ctx, const ash_array in[]) {
    (void)ctx;
    return ash_cumsum(in[0], "-1");
}

static ash_array cumsum_first(ash_context *ctx, const ash_array in[]) {
    (void)ctx;
    return ash_cumsum(in[0], "0");
}

/* The limit: as many elements copied. */
static void copy_loop(const array_job *job) {
    const double *restrict x = job->in[0];
    double *restrict out = job->out;
#pragma omp parallel for simd schedule(static) num_threads(job->threads)
    for (int64_t i = 0; i < job->n; i++)
        out[i] = x[i];
}

const bench_case bench_cumsum = { ARRAY_CASE, .name = "cumsum", .about = "running sum of a float64 vector, written to memory; the loop copies it",
    .detail = &(array_detail){ .inputs = 1, .ndim = 1, .is_written = 1, .is_other = 1, .expression = cumsum_last, .loop = copy_loop } };
const bench_case bench_cumsum_axis0 = { ARRAY_CASE, .name = "cumsum_axis0",
    .about = "running sum of a float64 array of 3 dimensions along the first, written to memory; the loop copies it",
    .detail = &(array_detail){ .inputs = 1, .ndim = 3, .inner = { 512, 512 }, .is_written = 1, .is_other = 1, .expression = cumsum_first, .loop = copy_loop } };
