/* Products of matrices, against one call of BLAS on as many threads. */
#include "cases.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* OpenBLAS's own setting; with another BLAS the limit runs on as many threads as that takes. */
#pragma weak openblas_set_num_threads
extern void openblas_set_num_threads(int n);

typedef struct product_job {
    int64_t n; /* rows, columns and terms of the matrices */
    void *a, *b, *computed, *plain;
    ash_array expression;
    int64_t elements; /* of the result */
} product_job;

typedef struct product_detail {
    ash_dtype dtype;
    ash_array (*expression)(ash_context *ctx, ash_array a, ash_array b);
    void (*plain)(const product_job *job);
    int split;   /* terms along two axes */
    int vector;  /* b is a vector */
    int columns; /* of a tall matrix, which all the elements of a are */
} product_detail;

/* ---- The expressions ---- */

static ash_array matmul(ash_context *ctx, ash_array a, ash_array b) {
    (void)ctx;
    return ash_matmul(a, b);
}

/* The same matrices, their terms along two axes. */
static ash_array tensordot(ash_context *ctx, ash_array a, ash_array b) {
    (void)ctx;
    return ash_tensordot(a, b, "1,2", "0,1");
}

static ash_array square_sum(ash_context *ctx, ash_array a, ash_array b) {
    (void)ctx, (void)b;
    return ash_sum(ash_matmul(a, ash_transpose(a, NULL)), NULL);
}

static ash_array gram(ash_context *ctx, ash_array a, ash_array b) {
    (void)ctx, (void)b;
    return ash_matmul(ash_transpose(a, NULL), a);
}

/* ---- The limits ---- */

static void plain_float64(const product_job *x) {
    int n = (int)x->n;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, x->a, n, x->b, n, 0, x->plain, n);
}

static void plain_float32(const product_job *x) {
    int n = (int)x->n;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, x->a, n, x->b, n, 0, x->plain, n);
}

static void plain_vector(const product_job *x) {
    int n = (int)x->n;
    cblas_dgemv(CblasRowMajor, CblasNoTrans, n, n, 1, x->a, n, x->b, 1, 0, x->plain, 1);
}

enum { COLUMNS = 16 };

static void plain_gram(const product_job *x) {
    int k = (int)(x->n * x->n / COLUMNS);
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, COLUMNS, COLUMNS, k, 1, x->a, COLUMNS, x->a, COLUMNS, 0, x->plain, COLUMNS);
}

static void plain_dot(const product_job *x) {
    *(double *)x->plain = cblas_ddot((int)(x->n * x->n), x->a, 1, x->a, 1);
}

/* The whole product, then its sum. */
static void plain_square_sum(const product_job *x) {
    int n = (int)x->n;
    double *product = malloc((size_t)(x->n * x->n) * sizeof *product), sum = 0;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, n, n, 1, x->a, n, x->a, n, 0, product, n);
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < x->n * x->n; i++)
        sum += product[i];
    *(double *)x->plain = sum;
    free(product);
}

/* ---- The cases ---- */

/* Values in [-0.5, 0.5). */
static void fill(void *x, ash_dtype dtype, int64_t n) {
    uint64_t state = 1;
    for (int64_t i = 0; i < n; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        double value = (double)(state >> 11) / 9007199254740992.0 - 0.5;
        if (dtype == ASH_FLOAT32)
            ((float *)x)[i] = (float)value;
        else
            ((double *)x)[i] = value;
    }
}

static ash_array matrix(const bench_job *job, const product_job *x, int k) {
    const product_detail *detail = job->which->detail;
    const int64_t n = x->n,
                  shape[2][3] = { { n, detail->split ? n / 40 : n, 40 }, { detail->split ? n / 40 : n, detail->split ? 40 : n, n } };
    if (detail->columns > 0)
        return ash_from_buffer(
            job->ctx, detail->dtype, detail->columns > 1 ? 2 : 1, (int64_t[]){ n * n / detail->columns, detail->columns }, x->a, NULL);
    int ndim = detail->vector && k ? 1 : detail->split ? 3 : 2;
    return ash_from_buffer(job->ctx, detail->dtype, ndim, shape[k], k ? x->b : x->a, NULL);
}

static bool begin(bench_job *job) {
    const product_detail *detail = job->which->detail;
    product_job *x = job->state = calloc(1, sizeof *x);
    int64_t size = ash_dtype_size(detail->dtype);
    if (!x)
        return bench_fail("%s: no memory", job->which->name);
    x->n = (int64_t)sqrt((double)job->size / (double)size) / 40 * 40;
    size_t bytes = (size_t)(x->n * x->n * size + 64);
    x->a = malloc(bytes);
    x->b = malloc(bytes);
    x->computed = calloc(1, bytes);
    x->plain = calloc(1, bytes);
    if (x->n < 40 || !x->a || !x->b || !x->computed || !x->plain)
        return bench_fail("%s: no memory for matrices of %lld bytes, or too small a --size", job->which->name, (long long)bytes);
    fill(x->a, detail->dtype, x->n * x->n);
    fill(x->b, detail->dtype, x->n * x->n);
    x->expression = detail->expression(job->ctx, matrix(job, x, 0), matrix(job, x, 1));
    if (!ash_ok(x->expression))
        return bench_fail("%s: %s", job->which->name, ash_error(job->ctx));
    x->elements = ash_size(x->expression);
    job->bytes = (int64_t)bytes * (detail->vector || detail->columns ? 1 : 3);
    if (openblas_set_num_threads)
        openblas_set_num_threads(job->threads);
    return true;
}

static bool measured(bench_job *job) {
    product_job *x = job->state;
    const product_detail *detail = job->which->detail;
    if (ash_compute(x->expression, x->computed, x->elements * ash_dtype_size(detail->dtype), NULL) != ASH_OK)
        return bench_fail("%s: %s", job->which->name, ash_error(job->ctx));
    return true;
}

static bool limit(bench_job *job) {
    const product_detail *detail = job->which->detail;
    detail->plain(job->state);
    return true;
}

/* Equal but for rounding. */
static bool check(bench_job *job) {
    const product_job *x = job->state;
    const product_detail *detail = job->which->detail;
    int narrow = detail->dtype == ASH_FLOAT32;
    double tolerance = (narrow ? 1e-6 : 1e-15) * (double)x->n * (x->elements == 1 || detail->columns ? (double)(x->n * x->n) : 1);
    for (int64_t i = 0; i < x->elements; i++) {
        double found = narrow ? (double)((float *)x->computed)[i] : ((double *)x->computed)[i];
        double expected = narrow ? (double)((float *)x->plain)[i] : ((double *)x->plain)[i];
        if (!(fabs(found - expected) <= tolerance))
            return bench_fail("%s: element %lld is %.17g, expected %.17g", job->which->name, (long long)i, found, expected);
    }
    return true;
}

static void end(bench_job *job) {
    product_job *x = job->state;
    if (x) {
        free(x->a);
        free(x->b);
        free(x->computed);
        free(x->plain);
    }
    free(x);
}

static void report(const bench_job *job, double seconds) {
    const product_job *x = job->state;
    const product_detail *detail = job->which->detail;
    double n = (double)x->n, per_element = detail->columns ? detail->columns : detail->vector ? 1 : n;
    printf(",\"n\":%lld,\"gflops\":%.4g", (long long)x->n, 2e-9 * n * n * per_element / seconds);
}

enum { N2000 = 8 * 2000 * 2000 };
#define PRODUCT_CASE .begin = begin, .measured = measured, .limit = limit, .check = check, .end = end, .report = report

const bench_case bench_products[] = {
    { PRODUCT_CASE, .size = N2000, .name = "matmul_float64",
        .about = "product of two float64 matrices of 2000 rows and columns; the limit is one call of dgemm",
        .detail = &(product_detail){ .dtype = ASH_FLOAT64, .expression = matmul, .plain = plain_float64 } },
    { PRODUCT_CASE, .size = N2000, .name = "matmul_float32",
        .about = "product of two float32 matrices of 2800 rows and columns; the limit is one call of sgemm",
        .detail = &(product_detail){ .dtype = ASH_FLOAT32, .expression = matmul, .plain = plain_float32 } },
    { PRODUCT_CASE, .name = "matmul_vector", .about = "product of a float64 matrix and a vector; the limit is one call of dgemv",
        .size = INT64_C(1) << 29,
        .detail = &(product_detail){ .dtype = ASH_FLOAT64, .expression = matmul, .plain = plain_vector, .vector = 1 } },
    { PRODUCT_CASE, .name = "gram", .about = "a^T . a of a float64 matrix of 16 columns; the limit is one call of dgemm",
        .size = INT64_C(1) << 29,
        .detail = &(product_detail){ .dtype = ASH_FLOAT64, .expression = gram, .plain = plain_gram, .columns = COLUMNS } },
    { PRODUCT_CASE, .name = "dot", .about = "a . a of a float64 vector; the limit is one call of ddot", .size = INT64_C(1) << 29,
        .detail = &(product_detail){ .dtype = ASH_FLOAT64, .expression = gram, .plain = plain_dot, .columns = 1 } },
    { PRODUCT_CASE, .size = N2000, .name = "tensordot_float64",
        .about = "tensordot over two axes each of float64 arrays; the limit is one call of dgemm",
        .detail = &(product_detail){ .dtype = ASH_FLOAT64, .expression = tensordot, .plain = plain_float64, .split = 1 } },
    { PRODUCT_CASE, .size = N2000, .name = "square_sum",
        .about = "(a . a^T).sum() of a float64 matrix; the limit is one call of dgemm and a loop over its result",
        .detail = &(product_detail){ .dtype = ASH_FLOAT64, .expression = square_sum, .plain = plain_square_sum } },
};
const int bench_products_count = sizeof bench_products / sizeof *bench_products;
