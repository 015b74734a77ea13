/* The cases, by family. */
#ifndef BENCH_CASES_H
#define BENCH_CASES_H

#include "bench.h"

extern const bench_case bench_fma_sum, bench_chain;                                 /* elementwise.c */
extern const bench_case bench_transcendental;                                       /* transcendental.c */
extern const bench_case bench_reduce_axis0, bench_reduce_axis1, bench_reduce_axis2; /* reduce.c */
extern const bench_case bench_reduce_dtypes[];                                      /* reduce_dtypes.c */
extern const int bench_reduce_dtypes_count;
extern const bench_case bench_cumsum, bench_cumsum_axis0; /* scan.c */
#if defined(ASH_WITH_BLAS)
extern const bench_case bench_products[]; /* product.c */
extern const int bench_products_count;
#endif
extern const bench_case bench_tasks;                      /* tasks.c */
extern const bench_case bench_tasks_traced, bench_tasks_reported;
extern const bench_case bench_climatology;                /* climatology.c */
extern const bench_case bench_read_deflate, bench_read_packed, bench_read_contiguous, bench_read_classic; /* read.c */
extern const bench_case bench_write_deflate, bench_write_plain;                                           /* write.c */
extern const bench_case bench_small_slices;      /* slices.c */
extern const bench_case bench_open_40000_chunks; /* many_chunks.c */

#endif
