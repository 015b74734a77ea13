/* Medians and quantiles.
 *
 * Lazy. `dims` names the dimensions to reduce; NULL means all; they vanish from the result. The elements of a cell must fit in memory together: the reduced
 * dimensions are put in one chunk, and their elements are kept in double precision, which the memory limit counts. bool and integers give float64, float32
 * and float64 are kept; complex dtypes are refused. NaN passes through; the nan forms leave it out, and give NaN where nothing is left. No elements give NaN.
 */
#ifndef ASHLAR_QUANTILE_H
#define ASHLAR_QUANTILE_H

#include <ashlar/array.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The middle element, or the mean of the two in the middle. */
ASH_API ash_array ash_median(ash_array a, const char *dims);
ASH_API ash_array ash_nanmedian(ash_array a, const char *dims);

/* The q-th quantile, 0 <= q <= 1. `method` says what lies between two elements, by NumPy's names: "linear" (also NULL), "lower", "higher", "nearest",
 * "midpoint", "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased",
 * "normal_unbiased" (Hyndman and Fan, Sample quantiles in statistical packages, 1996). */
ASH_API ash_array ash_quantile(ash_array a, const char *dims, double q, const char *method);
ASH_API ash_array ash_nanquantile(ash_array a, const char *dims, double q, const char *method);

#ifdef __cplusplus
}
#endif
#endif
