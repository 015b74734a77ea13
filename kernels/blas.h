/* Products of matrices by the BLAS library, where the build has one. Sums of small products depend on how the inputs lie (see lib/expr/product.c), never on
 * where in memory they lie or on the distance of rows. */
#ifndef ASH_KERNELS_BLAS_H
#define ASH_KERNELS_BLAS_H

#include <ashlar/array.h>

/* A matrix whose rows, or columns if `transposed`, are dense and `leading` elements apart. */
typedef struct ash_matrix {
    const void *data;
    int64_t leading;
    int transposed;
} ash_matrix;

/* Whether BLAS multiplies matrices of the dtype. */
int ash_blas_has(ash_dtype dtype);
/* c (m x n, dense) = a (m x k) times b (k x n), or that added to c if `more`; all extents from 1 to INT32_MAX, leading ones too. */
void ash_blas_product(ash_dtype dtype, int64_t m, int64_t n, int64_t k, const ash_matrix *a, const ash_matrix *b, void *c, int more);
/* From hold to release a call uses one thread where the library can be told so. The number of threads is one for the whole process: it is set by the first
 * that holds it and put back by the last that releases it. */
void ash_blas_hold(void);
void ash_blas_release(void);

#endif
