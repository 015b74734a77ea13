/* Between the parts of the oracle's reductions: the elements that meet in a cell of the result, and what folds them. */
#ifndef ASH_TEST_ORACLE_REDUCE_H
#define ASH_TEST_ORACLE_REDUCE_H

#include "oracle.h"

typedef struct members {
    ash_dtype dtype, result;
    int64_t n;
    cell *cell;        /* NaN left out where the reduction skips them */
    cell *weight;      /* of the result's dtype, if there are weights */
    int64_t *position; /* in the reduced dimensions laid flat */
} members;

int oracle_is_floating(ash_dtype dtype);
int oracle_is_nan(ash_dtype dtype, cell x);
/* The value of a floating number, and its bound (oracle_statistics.c): sizes of complex numbers. */
long double oracle_size(cell x);
/* Of the members, the smallest or the largest: NaN if one is (oracle_reduce.c). */
cell oracle_extreme(const members *m, int largest);
/* Ranges, moments, norms, sums of exponentials, averages (oracle_statistics.c), quantiles (oracle_quantile.c). */
cell oracle_fold_statistic(const oracle_reduction *reduction, const members *m, double ddof);
cell oracle_fold_quantile(const oracle_reduction *reduction, const members *m);

#endif
