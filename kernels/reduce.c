/* Reductions, one level of instruction set: a table of descriptors a dtype. The loops are templates: reduce_fold.h (sum, prod, mean, any, all, counts), reduce_extreme.h,
 * reduce_position.h, reduce_moments.h and reduce_nan_moments.h. */
#include "kernels/levels.h"
#include "kernels/types.h"

#define TEMPLATE "kernels/functions.h"
#include "kernels/each_dtype.h"
#undef TEMPLATE

static inline double real_square(double a) {
    return a * a;
}

static inline double _Complex complex_times(double _Complex a, double factor) {
    return complex_of_COMPLEX128(__real__ a * factor, __imag__ a * factor);
}

static inline double _Complex complex_over(double _Complex a, double divisor) {
    return complex_of_COMPLEX128(__real__ a / divisor, __imag__ a / divisor);
}

/* The real part of a times the conjugate of b. */
static inline double complex_dot(double _Complex a, double _Complex b) {
    return __real__ a * __real__ b + __imag__ a * __imag__ b;
}

static inline double complex_square(double _Complex a) {
    return complex_dot(a, a);
}

/* Results have one NaN, whatever operations and instruction set it came from. */
static inline double settle_real(double value) {
    return value != value ? (double)NAN : value;
}

static inline double _Complex settle_complex(double _Complex value) {
    return complex_of_COMPLEX128(settle_real(__real__ value), settle_real(__imag__ value));
}

/* As NumPy: a divisor of 0 or less counts as 0, and gives NaN or infinity. Where a distance overflows, the squares can come out as -infinity. */
static inline double variance(double squares, double count, double ddof) {
    squares = squares < 0 ? (double)INFINITY : squares;
    return squares / (count > ddof ? count - ddof : 0.0);
}

/* Rows are folded four at a time, so that cells stay in registers, strip by strip: the same strip of the next four rows is asked for meanwhile, as
 * the processor does not foresee so many streams that are so short. */
enum { ROWS = 4, STRIP = 64, CACHE_LINE = 64, PAGE = 4096 };
#define ROW(x, r) ((const T *)(const void *)((x) + (r)*stride))

static inline void fetch_rows(const char *x, int64_t stride, int64_t bytes) {
    for (int r = ROWS; r < 2 * ROWS && stride <= PAGE; r++)
        for (int64_t k = 0; k < bytes; k += CACHE_LINE)
            __builtin_prefetch(x + r * stride + k, 0, 2);
}

#define TEMPLATE "kernels/reduce_dtype.h"
#include "kernels/each_dtype.h"

const ash_reduce_table ASH_ISA(ash_reduce_kernels) = {
    reductions_BOOL,
    reductions_INT8,
    reductions_INT16,
    reductions_INT32,
    reductions_INT64,
    reductions_UINT8,
    reductions_UINT16,
    reductions_UINT32,
    reductions_UINT64,
    reductions_FLOAT32,
    reductions_FLOAT64,
    reductions_COMPLEX64,
    reductions_COMPLEX128,
};
