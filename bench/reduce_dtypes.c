/* Reductions of float32, float64 and int32 arrays over each axis and all, against reading the same memory: the limit only adds up its words. */
#include "arrays.h"
#include "cases.h"

enum { MIDDLE = 512, INNER = 512, NARROW = 4, LANES = 32, STRETCH = 1 << 15 };

static int64_t sum_of(const int64_t *restrict x) {
    int64_t lane[LANES] = { 0 }, sum = 0;
    for (int64_t k = 0; k < STRETCH; k += LANES)
        for (int l = 0; l < LANES; l++)
            lane[l] += x[k + l];
    for (int l = 0; l < LANES; l++)
        sum += lane[l];
    return sum;
}

static void read_all(const array_job *job, int64_t bytes) {
    const int64_t *words = (const int64_t *)(const void *)job->in[0], n = bytes / 8 / STRETCH;
    int64_t sum = 0;
#pragma omp parallel for schedule(static) reduction(+ : sum) num_threads(job->threads)
    for (int64_t k = 0; k < n; k++)
        sum += sum_of(words + k * STRETCH);
    job->out[0] = (double)sum;
}

static void read_wide(const array_job *job) {
    read_all(job, job->n * 8);
}

static void read_narrow(const array_job *job) {
    read_all(job, job->n * 4);
}

#define DETAIL(number, letters, axes, first, second) \
    &(array_detail) { \
        .inputs = 1, .ndim = 3, .inner = { first, second }, .is_other = 1, .dtype = number, .reduce = letters, .dims = axes, \
        .loop = number == ASH_FLOAT64 ? read_wide : read_narrow \
    }
#define OVER(number, word, letters, name_, axes) \
    { \
        ARRAY_CASE, .name = #word "_" name_, .about = #letters " of a " #word " array (n, 512, 512), against reading it", \
                    .detail = DETAIL(number, letters, axes, MIDDLE, INNER) \
    }
#define OVER_EACH(number, word, letters, short_name) \
    OVER(number, word, letters, short_name "_axis0", "0"), OVER(number, word, letters, short_name "_axis1", "1"), \
        OVER(number, word, letters, short_name "_axis2", "2"), OVER(number, word, letters, short_name "_all", NULL)
#define SLIM(number, word, letters, name_, axes) \
    { \
        ARRAY_CASE, .name = #word "_" name_, .about = #letters " of a " #word " array (n, 512, 4), against reading it", \
                    .detail = DETAIL(number, letters, axes, MIDDLE, NARROW) \
    }

const bench_case bench_reduce_dtypes[] = {
    OVER_EACH(ASH_FLOAT64, float64, ash_mean, "mean"),
    OVER_EACH(ASH_FLOAT64, float64, ash_min, "min"),
    OVER_EACH(ASH_FLOAT64, float64, ash_std, "std"),
    OVER_EACH(ASH_FLOAT32, float32, ash_mean, "mean"),
    OVER_EACH(ASH_FLOAT32, float32, ash_min, "min"),
    OVER_EACH(ASH_FLOAT32, float32, ash_std, "std"),
    OVER_EACH(ASH_INT32, int32, ash_sum, "sum"),
    SLIM(ASH_FLOAT64, float64, ash_mean, "mean_slim_axis1", "1"),
    SLIM(ASH_FLOAT64, float64, ash_mean, "mean_slim_axis2", "2"),
};
const int bench_reduce_dtypes_count = sizeof bench_reduce_dtypes / sizeof *bench_reduce_dtypes;
