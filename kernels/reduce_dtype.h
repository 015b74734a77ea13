/* Template: all reductions of one dtype, as the table reductions_<DTYPE>. SUM is the type sums and products accumulate in, MEAN that of means. */
#if DTYPE_KIND == 'c'
#define SUM double _Complex
#define MEAN double _Complex
#define SUM_OUT T
#define MEAN_OUT T
#define REAL_OUT R
#define SUM_DTYPE ENUMERATOR
#define MEAN_DTYPE ENUMERATOR
#define REAL_DTYPE (sizeof(R) == 4 ? ASH_FLOAT32 : ASH_FLOAT64)
#define IS_FLOATING 1
#define MULTIPLY product_COMPLEX128
#define MEAN_OVER(mean, count) complex_over(mean, (double)(count))
#define MEAN_TIMES complex_times
#define MEAN_DOT complex_dot
#define SQUARE complex_square
#define SETTLE settle_complex
#elif DTYPE_KIND == 'f'
#define SUM double
#define MEAN double
#define SUM_OUT T
#define MEAN_OUT T
#define REAL_OUT T
#define SUM_DTYPE ENUMERATOR
#define MEAN_DTYPE ENUMERATOR
#define REAL_DTYPE ENUMERATOR
#define IS_FLOATING 1
#define MULTIPLY(a, b) ((a) * (b))
#define SETTLE settle_real
#else
#define SUM uint64_t /* wraps; the bits are those of int64 too */
#define MEAN double
#define SUM_OUT uint64_t
#define MEAN_OUT double
#define REAL_OUT double
#define SUM_DTYPE (DTYPE_KIND == 'u' ? ASH_UINT64 : ASH_INT64)
#define MEAN_DTYPE ASH_FLOAT64
#define REAL_DTYPE ASH_FLOAT64
#define IS_FLOATING 0
#define MULTIPLY(a, b) ((a) * (b))
#define SETTLE settle_real
#endif
#if DTYPE_KIND != 'c'
#define MEAN_OVER(mean, count) ((mean) / (double)(count))
#define MEAN_TIMES(mean, factor) ((mean) * (factor))
#define MEAN_DOT(a, b) ((a) * (b))
#define SQUARE real_square
#endif

#define FOLD sum
#define A SUM
#define OUT SUM_OUT
#define IDENTITY 0
#define ORDERED IS_FLOATING
#define ELEMENT(x) ((SUM)(x))
#define COMBINE(a, b) ((a) + (b))
#if IS_FLOATING
#define RESULT(a, count) ((T)SETTLE(a))
#else
#define RESULT(a, count) (a)
#endif
#include "kernels/reduce_fold.h"

#define FOLD prod
#define A SUM
#define OUT SUM_OUT
#define IDENTITY 1
#define ORDERED IS_FLOATING
#define ELEMENT(x) ((SUM)(x))
#define COMBINE(a, b) MULTIPLY(a, b)
#if IS_FLOATING
#define RESULT(a, count) ((T)SETTLE(a))
#else
#define RESULT(a, count) (a)
#endif
#include "kernels/reduce_fold.h"

#define FOLD mean
#define A MEAN
#define OUT MEAN_OUT
#define IDENTITY 0
#define ORDERED 1
#define ELEMENT(x) ((MEAN)(x))
#define COMBINE(a, b) ((a) + (b))
#define RESULT(a, count) ((MEAN_OUT)SETTLE(MEAN_OVER(a, count)))
#include "kernels/reduce_fold.h"

#define FOLD any
#define A uint8_t
#define OUT uint8_t
#define IDENTITY 0
#define ORDERED 0
#define ELEMENT(x) ((uint8_t)((x) != 0))
#define COMBINE(a, b) ((uint8_t)((a) | (b)))
#define RESULT(a, count) (a)
#include "kernels/reduce_fold.h"

#define FOLD all
#define A uint8_t
#define OUT uint8_t
#define IDENTITY 1
#define ORDERED 0
#define ELEMENT(x) ((uint8_t)((x) != 0))
#define COMBINE(a, b) ((uint8_t)((a) & (b)))
#define RESULT(a, count) (a)
#include "kernels/reduce_fold.h"

#define FOLD count
#define A int64_t
#define OUT int64_t
#define IDENTITY 0
#define ORDERED 0
#define ELEMENT(x) ((int64_t)!FN(isnan)(x))
#define COMBINE(a, b) ((a) + (b))
#define RESULT(a, count) (a)
#include "kernels/reduce_fold.h"

#define FOLD count_nonzero
#define A int64_t
#define OUT int64_t
#define IDENTITY 0
#define ORDERED 0
#define ELEMENT(x) ((int64_t)((x) != 0))
#define COMBINE(a, b) ((a) + (b))
#define RESULT(a, count) (a)
#include "kernels/reduce_fold.h"

#include "kernels/reduce_moments.h"

/* What min and max give: equal bits for whatever order; NaN if nothing was folded. */
static inline T FN(settle_extreme)(T best, int64_t count) {
#if DTYPE_KIND == 'c'
    if (count == 0 || FN(isnan)(best))
        return FN(complex_of)((R)NAN, (R)NAN);
    return FN(complex_of)(__real__ best + 0, __imag__ best + 0); /* -0.0 becomes 0.0 */
#elif DTYPE_KIND == 'f'
    return count == 0 || best != best ? (T)NAN : best + 0;
#else
    (void)count;
    return best;
#endif
}

#if DTYPE_KIND == 'c'
#define LOWEST FN(complex_of)(-(R)INFINITY, -(R)INFINITY)
#define HIGHEST FN(complex_of)((R)INFINITY, (R)INFINITY)
#elif DTYPE_KIND == 'f'
#define LOWEST -(T)INFINITY
#define HIGHEST (T) INFINITY
#elif DTYPE_KIND == 'i'
#define HIGHEST ((T)(UINT64_MAX >> (65 - BITS)))
#define LOWEST ((T)(-HIGHEST - 1))
#elif DTYPE_KIND == 'u'
#define HIGHEST ((T)(UINT64_MAX >> (64 - BITS)))
#define LOWEST 0
#else
#define HIGHEST 1
#define LOWEST 0
#endif

#define EXTREME min
#define BEST FN(minimum)
#define WORST HIGHEST
#include "kernels/reduce_extreme.h"

#define EXTREME max
#define BEST FN(maximum)
#define WORST LOWEST
#include "kernels/reduce_extreme.h"

#define POSITION argmin
#define EXTREME min
#define BEFORE(x, y) FN(less)(x, y)
#define SKIPS 0
#include "kernels/reduce_position.h"

#define POSITION argmax
#define EXTREME max
#define BEFORE(x, y) FN(less)(y, x)
#define SKIPS 0
#include "kernels/reduce_position.h"

#if IS_FLOATING

#define FOLD nansum
#define A SUM
#define OUT T
#define IDENTITY 0
#define ORDERED 1
#define ELEMENT(x) (FN(isnan)(x) ? 0 : (SUM)(x))
#define COMBINE(a, b) ((a) + (b))
#define RESULT(a, count) ((T)SETTLE(a))
#include "kernels/reduce_fold.h"

#define FOLD nanprod
#define A SUM
#define OUT T
#define IDENTITY 1
#define ORDERED 1
#define ELEMENT(x) (FN(isnan)(x) ? 1 : (SUM)(x))
#define COMBINE(a, b) MULTIPLY(a, b)
#define RESULT(a, count) ((T)SETTLE(a))
#include "kernels/reduce_fold.h"

#define FOLD nanany
#define A uint8_t
#define OUT uint8_t
#define IDENTITY 0
#define ORDERED 0
#define ELEMENT(x) ((uint8_t)(((x) != 0) & !FN(isnan)(x)))
#define COMBINE(a, b) ((uint8_t)((a) | (b)))
#define RESULT(a, count) (a)
#include "kernels/reduce_fold.h"

#include "kernels/reduce_nan_moments.h"

#define EXTREME nanmin
#define BEST FN(fmin)
#define WORST (T) NAN
#include "kernels/reduce_extreme.h"

#define EXTREME nanmax
#define BEST FN(fmax)
#define WORST (T) NAN
#include "kernels/reduce_extreme.h"

#define POSITION nanargmin
#define EXTREME nanmin
#define BEFORE(x, y) FN(less)(x, y)
#define SKIPS 1
#include "kernels/reduce_position.h"

#define POSITION nanargmax
#define EXTREME nanmax
#define BEFORE(x, y) FN(less)(y, x)
#define SKIPS 1
#include "kernels/reduce_position.h"

#endif

#undef LOWEST
#undef HIGHEST

#define STEPS(name) .init = FN(name##_init), .leaf = FN(name##_leaf), .rows = FN(name##_rows), .merge = FN(name##_merge)
#define FOLDING(name, type, dtype) \
    { .fields = 1, .field_size = { sizeof(type) }, .out = dtype, STEPS(name), .finish = FN(name##_finish) }
#define EXTREMUM(name) \
    { .fields = 1, .field_size = { sizeof(T) }, .out = ENUMERATOR, .needs_elements = 1, STEPS(name), .finish = FN(name##_finish) }
#define AT(name) \
    { .fields = 2, .field_size = { sizeof(T), 8 }, .out = ASH_INT64, .needs_elements = 1, STEPS(name), .finish = FN(name##_finish) }
#define MOMENTS(end) \
    { .fields = 2, .field_size = { sizeof(MEAN), 8 }, .out = REAL_DTYPE, STEPS(var), .finish = FN(end##_finish) }
#define NAN_MOMENTS(end) \
    { .fields = 3, .field_size = { 8, sizeof(MEAN), 8 }, .out = REAL_DTYPE, STEPS(nanvar), .finish = FN(end##_finish) }

static const ash_reduce_kernel FN(reductions)[ASH_REDUCTION_COUNT] = {
    [ASH_REDUCE_SUM] = FOLDING(sum, SUM, SUM_DTYPE),
    [ASH_REDUCE_PROD] = FOLDING(prod, SUM, SUM_DTYPE),
    [ASH_REDUCE_MEAN] = FOLDING(mean, MEAN, MEAN_DTYPE),
    [ASH_REDUCE_VAR] = MOMENTS(var),
    [ASH_REDUCE_STD] = MOMENTS(std),
    [ASH_REDUCE_MIN] = EXTREMUM(min),
    [ASH_REDUCE_MAX] = EXTREMUM(max),
    [ASH_REDUCE_ARGMIN] = AT(argmin),
    [ASH_REDUCE_ARGMAX] = AT(argmax),
    [ASH_REDUCE_ANY] = FOLDING(any, uint8_t, ASH_BOOL),
    [ASH_REDUCE_ALL] = FOLDING(all, uint8_t, ASH_BOOL),
    [ASH_REDUCE_COUNT] = FOLDING(count, int64_t, ASH_INT64),
    [ASH_REDUCE_COUNT_NONZERO] = FOLDING(count_nonzero, int64_t, ASH_INT64),
    [ASH_REDUCE_NANALL] = FOLDING(all, uint8_t, ASH_BOOL), /* NaN is true, so skipping it changes nothing */
#if IS_FLOATING
    [ASH_REDUCE_NANSUM] = FOLDING(nansum, SUM, SUM_DTYPE),
    [ASH_REDUCE_NANPROD] = FOLDING(nanprod, SUM, SUM_DTYPE),
    [ASH_REDUCE_NANMEAN] = { .fields = 2,
        .field_size = { 8, sizeof(MEAN) },
        .out = MEAN_DTYPE,
        STEPS(nanmean),
        .finish = FN(nanmean_finish) },
    [ASH_REDUCE_NANVAR] = NAN_MOMENTS(nanvar),
    [ASH_REDUCE_NANSTD] = NAN_MOMENTS(nanstd),
    [ASH_REDUCE_NANMIN] = EXTREMUM(nanmin),
    [ASH_REDUCE_NANMAX] = EXTREMUM(nanmax),
    [ASH_REDUCE_NANARGMIN] = AT(nanargmin),
    [ASH_REDUCE_NANARGMAX] = AT(nanargmax),
    [ASH_REDUCE_NANANY] = FOLDING(nanany, uint8_t, ASH_BOOL),
#else /* no NaN to skip */
    [ASH_REDUCE_NANSUM] = FOLDING(sum, SUM, SUM_DTYPE),
    [ASH_REDUCE_NANPROD] = FOLDING(prod, SUM, SUM_DTYPE),
    [ASH_REDUCE_NANMEAN] = FOLDING(mean, MEAN, MEAN_DTYPE),
    [ASH_REDUCE_NANVAR] = MOMENTS(var),
    [ASH_REDUCE_NANSTD] = MOMENTS(std),
    [ASH_REDUCE_NANMIN] = EXTREMUM(min),
    [ASH_REDUCE_NANMAX] = EXTREMUM(max),
    [ASH_REDUCE_NANARGMIN] = AT(argmin),
    [ASH_REDUCE_NANARGMAX] = AT(argmax),
    [ASH_REDUCE_NANANY] = FOLDING(any, uint8_t, ASH_BOOL),
#endif
};

#undef SUM
#undef MEAN
#undef SUM_OUT
#undef MEAN_OUT
#undef REAL_OUT
#undef SUM_DTYPE
#undef MEAN_DTYPE
#undef REAL_DTYPE
#undef IS_FLOATING
#undef MULTIPLY
#undef MEAN_OVER
#undef MEAN_TIMES
#undef MEAN_DOT
#undef SQUARE
#undef SETTLE
#undef STEPS
#undef FOLDING
#undef EXTREMUM
#undef AT
#undef MOMENTS
#undef NAN_MOMENTS
