/* Statistics made of reductions.
 *
 * All of these are lazy. `dims` names the dimensions to reduce as in reduce.h; NULL means all; they vanish from the result, or stay with
 * extent 1: the forms with options take keepdims, and ash_moment_with ddof, but no other option. What needs one pass over the data takes
 * one; the others say so. Dtypes: bool and integers give float64 where nothing else is said, floating and complex dtypes are kept. NaN
 * passes through where nothing else is said.
 */
#ifndef ASHLAR_STATISTICS_H
#define ASHLAR_STATISTICS_H

#include <ashlar/reduce.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Largest minus smallest element, of the input's dtype (integers wrap); nanptp: of what is not NaN. bool is refused. An error for no
 * elements. */
ASH_API ash_array ash_ptp(ash_array a, const char *dims);
ASH_API ash_array ash_ptp_with(ash_array a, const char *dims, const ash_reduce_options *options);
ASH_API ash_array ash_nanptp(ash_array a, const char *dims);
ASH_API ash_array ash_nanptp_with(ash_array a, const char *dims, const ash_reduce_options *options);

/* The mean with weights: sum(a * weights) / sum(weights). The weights are aligned with a, and repeated where they lack a dimension
 * ("lat" against "time,lat,lon"). Weights that add up to 0 give NaN or infinity (NumPy raises an error). nanaverage leaves out NaN
 * elements together with their weights, and gives NaN where nothing is left. */
ASH_API ash_array ash_average(ash_array a, ash_array weights, const char *dims);
ASH_API ash_array ash_average_with(ash_array a, ash_array weights, const char *dims, const ash_reduce_options *options);
ASH_API ash_array ash_nanaverage(ash_array a, ash_array weights, const char *dims);
ASH_API ash_array ash_nanaverage_with(ash_array a, ash_array weights, const char *dims, const ash_reduce_options *options);

/* The central moment of an order >= 0: the mean of (a - mean(a))^order; with ddof the sum is divided by count - ddof. Two passes over
 * the data. */
ASH_API ash_array ash_moment(ash_array a, const char *dims, int64_t order);
ASH_API ash_array ash_moment_with(ash_array a, const char *dims, int64_t order, const ash_reduce_options *options);

/* The vector norm over the dimensions: 0 counts what is not 0, 1 adds up sizes, 2 is the Euclidean norm, infinity the largest and
 * -infinity the smallest size, any other p the p-th root of the sum of sizes to the power of p. Real even for complex numbers. Sums of
 * float32 are kept in double precision. */
ASH_API ash_array ash_norm(ash_array a, const char *dims, double order);
ASH_API ash_array ash_norm_with(ash_array a, const char *dims, double order, const ash_reduce_options *options);

/* log(sum(exp(a))), of the input's dtype, without overflow on the way; -infinity for no elements is an error as for max. Real dtypes
 * only. Two passes. */
ASH_API ash_array ash_logsumexp(ash_array a, const char *dims);
ASH_API ash_array ash_logsumexp_with(ash_array a, const char *dims, const ash_reduce_options *options);

#ifdef __cplusplus
}
#endif
#endif
