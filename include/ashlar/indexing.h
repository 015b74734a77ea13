/* Elements by lists of positions and by masks. */
#ifndef ASHLAR_INDEXING_H
#define ASHLAR_INDEXING_H

#include <ashlar/array.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Positions ---- */

/* The elements of `a` at positions along a dimension, as NumPy's take: in place of that dimension the result has those of `indices`,
 * which is an integer array of any rank. Negative positions count from the end. dim NULL or "": of all elements of `a` in C order. Where
 * `indices` has one dimension that is anonymous, the name stays and the coordinate is taken along; else name and coordinate are those of
 * `indices`.
 *
 * May run, collective: the positions are computed at once and kept. Chunks of a stored array are read once each, in any order of the
 * positions, as long as memory allows, and only those that some position lies in. Errors: a position outside the dimension, indices that
 * are no integers (masks go to ash_compress()). */
ASH_API ash_array ash_take(ash_array a, ash_array indices, const char *dim);

/* The same with positions of the caller's, in one dimension; they are copied. */
ASH_API ash_array ash_take_list(ash_array a, int64_t n, const int64_t positions[], const char *dim);

/* One element for each position: indices has the dimensions of `a`, as long but for `dim`, along which it has as many as wanted, as
 * NumPy's take_along_axis. Takes the names of `a`. May run, collective, and needs memory for a position of each element. */
ASH_API ash_array ash_take_along_axis(ash_array a, ash_array indices, const char *dim);

/* ---- Masks ---- */

/* The elements along a dimension for which a boolean array of one dimension, at most as long, is true: NumPy's compress. dim NULL or "":
 * of all elements in C order. May run, collective: the mask is computed at once. */
ASH_API ash_array ash_compress(ash_array a, ash_array mask, const char *dim);

/* a[mask] of NumPy: the elements for which the boolean mask is true, in C order, in one anonymous dimension. The mask has the shape of
 * `a`, or that of its first dimensions; the others stay behind the new one.
 *
 * How many there are depends on the data. Lazy; the first query or function that must know the extent counts them (may run, collective)
 * and the array keeps the counts. sum, prod, mean, var, std, any, all, count, count_nonzero of the whole selection and their kin that
 * skip NaN, without keepdims, are reductions with options.where = mask, which need no counting; so are min and max with options.initial. */
ASH_API ash_array ash_masked_select(ash_array a, ash_array mask);

/* Where elements are not zero: one row for each, in C order, with its position along each dimension, as NumPy's argwhere; (extent,
 * dimensions) int64. NaN is not zero. Lazy; the extent is as that of ash_masked_select(). */
ASH_API ash_array ash_argwhere(ash_array a);
/* The same as positions among all elements in C order, in one dimension. Lazy; the extent is as that of ash_masked_select(). */
ASH_API ash_array ash_flatnonzero(ash_array a);
/* As NumPy's nonzero, and its where() of a condition alone: the columns of ash_argwhere(), as many as `a` has dimensions, into
 * `indices`. Returns their number, -1 if it fails. May run, collective: counts. */
ASH_API int ash_nonzero(ash_array a, ash_array indices[]);

#ifdef __cplusplus
}
#endif
#endif
