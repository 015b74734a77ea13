/* Transcendental functions: against a bare loop that calls the same functions of SLEEF vector by vector, or of the C library without SLEEF. */
#include "arrays.h"
#include "cases.h"

#include <math.h>
#include <string.h>

#if defined(ASH_WITH_SLEEF) && (defined(__AVX512F__) || defined(__AVX2__))
#include <immintrin.h>
#include <sleef.h>
#ifdef __AVX512F__
typedef __m512d vector;
#define EXP Sleef_finz_expd8_u10avx512f
#define SIN Sleef_finz_sind8_u10avx512f
#define LOG Sleef_finz_logd8_u10avx512f
#else
typedef __m256d vector;
#define EXP Sleef_finz_expd4_u10avx2
#define SIN Sleef_finz_sind4_u10avx2
#define LOG Sleef_finz_logd4_u10avx2
#endif
#else
typedef double vector;
#define EXP exp
#define SIN sin
#define LOG log
#endif

static ash_array transcendental(ash_context *ctx, const ash_array in[]) {
    ash_array x = in[0];
    (void)ctx;
    return ash_add(ash_mul(ash_exp(ash_negative(x)), ash_sin(x)), ash_log(x));
}

static void transcendental_loop(const array_job *job) {
    enum { LANES = sizeof(vector) / sizeof(double) };
    const double *restrict x = job->in[0];
    double *restrict out = job->out;
    const int64_t whole = job->n / LANES * LANES;
#pragma omp parallel for schedule(static) num_threads(job->threads)
    for (int64_t i = 0; i < whole; i += LANES) {
        vector v, result;
        memcpy(&v, x + i, sizeof v);
        result = EXP(-v) * SIN(v) + LOG(v);
        memcpy(out + i, &result, sizeof result);
    }
    for (int64_t i = whole; i < job->n; i++)
        out[i] = exp(-x[i]) * sin(x[i]) + log(x[i]);
}

const bench_case bench_transcendental = { ARRAY_CASE, .name = "transcendental",
    .about = "exp(-x) * sin(x) + log(x) of a float64 array, written to memory", .size = 256 << 20,
    .detail = &(array_detail){ .inputs = 1, .ndim = 1, .is_written = 1, .expression = transcendental, .loop = transcendental_loop } };
