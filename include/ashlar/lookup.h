/* Looking up in tables, and choosing between arrays.
 *
 * Tables (sorted, bins, values, xp, fp) are one-dimensional arrays of real dtypes. They are computed when the function is called and kept
 * with the result: it may run, and is collective. Their memory counts against the memory limit. Everything else is lazy. Shapes, names,
 * coordinates and chunks are those of `x`. x and table are compared in their common dtype.
 */
#ifndef ASHLAR_LOOKUP_H
#define ASHLAR_LOOKUP_H

#include <ashlar/array.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where each element of x would have to be put into `sorted` to keep it ascending: before elements equal to it, or with `right` after
 * them. int64, 0 to the table's length; NaN comes last. An error if the table is not ascending. */
ASH_API ash_array ash_searchsorted(ash_array sorted, ash_array x, bool right);

/* The number of the bin of each element of x: i with bins[i-1] <= x < bins[i] for ascending bins, bins[i-1] > x >= bins[i] for
 * descending ones; with `right` the other end is closed. 0 and the number of edges stand for what lies outside, as in NumPy. An error if
 * the bins are not monotonic. */
ASH_API ash_array ash_digitize(ash_array x, ash_array bins, bool right);

/* Whether each element of x is one of the values, or with `invert` whether it is not. NaN is none. */
ASH_API ash_array ash_isin(ash_array x, ash_array values, bool invert);

/* Options of ash_interp. Zero-fill and set what you need. */
typedef struct ash_interp_options {
    int64_t size;
    bool has_left, has_right; /* otherwise the first and the last value */
    double left, right;       /* values below the first and above the last place */
    double period;            /* > 0: places and x are taken modulo it, and left and right are not used */
} ash_interp_options;

/* The values at x of the function through the points (xp, fp), linear in between, as NumPy's interp. float64. xp must ascend strictly
 * unless there is a period (then it must be finite, and is sorted here). NaN gives NaN. NULL: no options. */
ASH_API ash_array ash_interp(ash_array x, ash_array xp, ash_array fp, const ash_interp_options *options);

/* The elements of the first of n choices whose condition is true, else of `otherwise`. Choices and otherwise are promoted to their
 * common dtype. n >= 1. */
ASH_API ash_array ash_select(int n, const ash_array conditions[], const ash_array choices[], ash_array otherwise);

/* The elements of the choice whose number `index` has. Indices beyond the choices are clipped to the first and the last ("clip"; also
 * NULL), or taken modulo n ("wrap"); NumPy's "raise" is not offered, since values are not known here. n >= 1. */
ASH_API ash_array ash_choose(ash_array index, int n, const ash_array choices[], const char *mode);

#ifdef __cplusplus
}
#endif
#endif
