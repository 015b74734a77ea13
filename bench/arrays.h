/* The cases that work on arrays in memory: they differ in dtype, shape, expression and loop only. */
#ifndef BENCH_ARRAYS_H
#define BENCH_ARRAYS_H

#include "bench.h"

enum { ARRAYS_MOST = 3 };

typedef struct array_job {
    int64_t shape[3], n;           /* of every input, and its elements */
    const double *in[ARRAYS_MOST]; /* of another dtype: to be cast */
    double *out;                   /* of the loop */
    int64_t nout;
    int threads;
    ash_array expression;
    double *computed; /* of the result's dtype */
    int64_t computed_bytes;
    void *memory[ARRAYS_MOST + 2];
} array_job;

typedef struct array_detail {
    int inputs, ndim;
    ash_dtype dtype;    /* of the inputs: float32, int32, or 0 for float64 */
    int64_t inner[2];   /* extents of the axes after the first, which `size` decides */
    int is_written;     /* the result is as large as an input */
    int is_other;       /* the loop is a limit, not the same work: results are not compared */
    const char *chunks; /* NULL: the library's choice */
    ash_array (*expression)(ash_context *ctx, const ash_array in[]);
    void (*loop)(const array_job *job);
    ash_array (*reduce)(ash_array a, const char *dims); /* instead of expression: a reduction of the first input over `dims` */
    const char *dims;
} array_detail;

bool arrays_begin(bench_job *job);
bool arrays_measured(bench_job *job);
bool arrays_limit(bench_job *job);
bool arrays_check(bench_job *job);
void arrays_end(bench_job *job);

/* The functions of a case of this kind. */
#define ARRAY_CASE .begin = arrays_begin, .measured = arrays_measured, .limit = arrays_limit, .check = arrays_check, .end = arrays_end

#endif
