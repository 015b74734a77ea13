/* Medians and quantiles.
 *
 * Lazy. `dims` names the dimensions to reduce; NULL means all; they vanish from the result, or stay with extent 1 (keepdims). The elements
 * of a cell must fit in memory together: the reduced dimensions are put in one chunk, the others are cut where a chunk would then have more
 * than 32 MiB, and the elements of a chunk are kept in double precision, which the memory limit counts. bool and integers give float64,
 * float32 and float64 are kept; complex dtypes are refused. NaN passes through; the nan forms leave it out, and give NaN where nothing is
 * left. No elements give NaN. Zeros are +0.0.
 */
#ifndef ASHLAR_QUANTILE_H
#define ASHLAR_QUANTILE_H

#include <ashlar/reduce.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The middle element, or the mean of the two in the middle. */
ASH_API ash_array ash_median(ash_array a, const char *dims);
ASH_API ash_array ash_nanmedian(ash_array a, const char *dims);
/* Of the options, keepdims. */
ASH_API ash_array ash_median_with(ash_array a, const char *dims, const ash_reduce_options *options);
ASH_API ash_array ash_nanmedian_with(ash_array a, const char *dims, const ash_reduce_options *options);

/* The q-th quantile, 0 <= q <= 1. `method` says what lies between two elements, by NumPy's names: "linear" (also NULL), "lower",
 * "higher", "nearest", "midpoint", "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen",
 * "weibull", "median_unbiased", "normal_unbiased" (Hyndman and Fan, Sample quantiles in statistical packages, 1996). */
ASH_API ash_array ash_quantile(ash_array a, const char *dims, double q, const char *method);
ASH_API ash_array ash_nanquantile(ash_array a, const char *dims, double q, const char *method);
/* The same for 0 <= q <= 100. */
ASH_API ash_array ash_percentile(ash_array a, const char *dims, double q, const char *method);
ASH_API ash_array ash_nanpercentile(ash_array a, const char *dims, double q, const char *method);

/* Options of quantiles. Zero-fill and set what you need. */
typedef struct ash_quantile_options {
    int64_t size;       /* sizeof the struct, or 0 for the fields of version 0.1 */
    const char *method; /* NULL: "linear" */
    bool keepdims;      /* keep the reduced dimensions with extent 1 */
} ash_quantile_options;

/* Several quantiles at once, n >= 1: the result has a first dimension more, "quantile", with q as its coordinate. They share one pass
 * and one copy of the elements. options may be NULL. */
ASH_API ash_array ash_quantile_with(ash_array a, const char *dims, int n, const double q[], const ash_quantile_options *options);
ASH_API ash_array ash_nanquantile_with(ash_array a, const char *dims, int n, const double q[], const ash_quantile_options *options);

#ifdef __cplusplus
}
#endif
#endif
