/* Linear algebra: products of matrices. */
#ifndef ASHLAR_LINALG_H
#define ASHLAR_LINALG_H

#include <ashlar/array.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The product of matrices, NumPy's matmul: the last axis of `a` with the last but one of `b`. Axes before those of the matrices are
 * batches, which are aligned by position from the right and repeated where they have extent 1; a vector is a row as `a` and a column as
 * `b`, and that axis is not in the result. Lazy.
 *
 * The dtype is the one both are promoted to, and sums are made in it: integers wrap, of bool a sum is whether any term is true. NaN and
 * infinities follow from multiplying and adding, and stay where they arise. Units and other attributes of the arrays are dropped.
 * Matrices of floating dtypes are multiplied by BLAS where the library was built with it, on one thread a call; terms are added in an
 * order that is the same for any number of threads and memory limit, but is that library's, and so may differ between processors. Of
 * other dtypes, and where a factor is a vector, it is the same everywhere. Long sums of a small result, of two vectors for example, are
 * made in up to 64 parts side by side, which are summed after that, as ash_sum() does. Over an axis of no elements sums are 0.
 *
 * Dimensions keep their names and coordinates; where the result would have a name twice, the second dimension has none. Chunks are those
 * of the inputs, smaller ones put together and larger ones cut to at most 1024 rows and columns (512 of complex128). Errors: an array
 * without dimensions; extents that differ. */
ASH_API ash_array ash_matmul(ash_array a, ash_array b);

/* The sum of products over dimensions of both: the first of `dims_a` with the first of `dims_b`, and so on, as NumPy's tensordot with
 * two lists of axes; "" and "": the outer product. The result has the other dimensions of `a`, then those of `b`. Lazy. Else as
 * ash_matmul(). Errors: other numbers of dimensions, extents that differ, more than ASH_MAX_NDIM dimensions. */
ASH_API ash_array ash_tensordot(ash_array a, ash_array b, const char *dims_a, const char *dims_b);

#ifdef __cplusplus
}
#endif
#endif
