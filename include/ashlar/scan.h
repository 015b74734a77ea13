/* Scans: running values along a dimension, and what is made of differences between neighbours.
 *
 * All of these are lazy. The shape stays as it is where nothing else is said, and so do names, coordinates and chunks. `dim` names one
 * dimension, "time" or "-1"; for an array of one dimension it may be NULL.
 *
 * A scan runs in parallel over chunks: each chunk is scanned by itself, what its predecessors combine to is added. What comes from files is
 * read once. Running sums and products of float32 and complex64 are kept in double precision and rounded once an element; those of bool and
 * integers are int64 (uint64 for unsigned ones) and wrap. The order of additions follows from the chunks alone, so the bits are the same
 * for any number of threads, memory limit and instruction set; over another grid they differ within rounding.
 */
#ifndef ASHLAR_SCAN_H
#define ASHLAR_SCAN_H

#include <ashlar/array.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Options of a scan. Zero-fill and set what you need. */
typedef struct ash_scan_options {
    int64_t size;      /* sizeof the struct, or 0 for the fields of version 0.1 */
    const char *dtype; /* dtype of the result, "float64"; elements are cast to it first. NULL: as said below. Not for cummax and cummin */
} ash_scan_options;

/* Running sum. Accepts every dtype. Gives int64 for bool and signed, uint64 for unsigned integers, else the input's dtype. */
ASH_API ash_array ash_cumsum(ash_array a, const char *dim);
ASH_API ash_array ash_cumsum_with(ash_array a, const char *dim, const ash_scan_options *options);
/* Running product, of the same dtypes. */
ASH_API ash_array ash_cumprod(ash_array a, const char *dim);
ASH_API ash_array ash_cumprod_with(ash_array a, const char *dim, const ash_scan_options *options);
/* Running sum and product in which NaN counts as 0 and as 1. */
ASH_API ash_array ash_nancumsum(ash_array a, const char *dim);
ASH_API ash_array ash_nancumsum_with(ash_array a, const char *dim, const ash_scan_options *options);
ASH_API ash_array ash_nancumprod(ash_array a, const char *dim);
ASH_API ash_array ash_nancumprod_with(ash_array a, const char *dim, const ash_scan_options *options);
/* Largest and smallest element so far, of the input's dtype: NaN from the first NaN on. Complex numbers compare by real part, then by
 * imaginary part. Zeros are +0.0, and a complex number that is NaN in a part is so in both. */
ASH_API ash_array ash_cummax(ash_array a, const char *dim);
ASH_API ash_array ash_cummin(ash_array a, const char *dim);
/* The same of what is not NaN; NaN until there is something. */
ASH_API ash_array ash_nancummax(ash_array a, const char *dim);
ASH_API ash_array ash_nancummin(ash_array a, const char *dim);

/* The n-th difference of neighbours along a dimension, a[i + 1] - a[i] taken n times, as NumPy's diff: n elements fewer (none if there
 * are not so many), the coordinate that of the later element. Integers wrap; for bool it is "differs". n >= 0. */
ASH_API ash_array ash_diff(ash_array a, const char *dim, int64_t n);
/* The same for n = 1 of a one-dimensional array. */
ASH_API ash_array ash_ediff1d(ash_array a);

/* The integral along a dimension by the trapezoidal rule, as NumPy's trapezoid: the sum of (y[i] + y[i + 1]) / 2 * (x[i + 1] - x[i]).
 * `x` is aligned with y as in ash_mul() (one-dimensional and named as the dimension, or of the same shape; an anonymous one-dimensional
 * x is taken along `dim`). bool and integers give float64. 0 for fewer than two elements. Reduces the dimension. */
ASH_API ash_array ash_trapezoid(ash_array y, ash_array x, const char *dim);
/* For points dx apart. */
ASH_API ash_array ash_trapezoid_dx(ash_array y, double dx, const char *dim);
/* The integral from the first point to every later one: one element fewer along `dim`, with the coordinate of the later point (SciPy's
 * cumulative_trapezoid). */
ASH_API ash_array ash_cumulative_trapezoid(ash_array y, ash_array x, const char *dim);
ASH_API ash_array ash_cumulative_trapezoid_dx(ash_array y, double dx, const char *dim);

#ifdef __cplusplus
}
#endif
#endif
