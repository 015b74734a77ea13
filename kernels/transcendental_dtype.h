/* Template: the transcendental functions of one dtype. `limit` is the size of the first argument up to which SLEEF is right, for float32
 * and for float64. */

/* Every NaN as the same one. */
static inline VECTOR FN(settled)(VECTOR v) {
    typedef __typeof__(v == v) mask;
    const mask number = v == v;
    const VECTOR nan = (VECTOR){ 0 } + (T)NAN;
    return (VECTOR)(((mask)v & number) | ((mask)nan & ~number));
}

/* Whether some element is too large, though finite or not: infinities are for the C math library then. */
static inline int FN(any_beyond)(const T *x, int64_t n, T limit) {
    int beyond = 0;
    for (int64_t i = 0; i < n; i++)
        beyond |= LIBM(fabs)(x[i]) > limit;
    return beyond;
}

#define FUNCTION sin
#define LIMIT (T) INFINITY
#include "kernels/transcendental_unary.h"
#define FUNCTION cos
#define LIMIT (T) INFINITY
#include "kernels/transcendental_unary.h"
#define FUNCTION tan
#define LIMIT (T) INFINITY
#include "kernels/transcendental_unary.h"
#define FUNCTION asin
#define LIMIT (T) INFINITY
#include "kernels/transcendental_unary.h"
#define FUNCTION acos
#define LIMIT (T) INFINITY
#include "kernels/transcendental_unary.h"
#define FUNCTION atan
#define LIMIT (T) INFINITY
#include "kernels/transcendental_unary.h"
#define FUNCTION sinh
#define LIMIT (T)(SINGLE ? 88 : 709)
#include "kernels/transcendental_unary.h"
#define FUNCTION cosh
#define LIMIT (T)(SINGLE ? 88 : 709)
#include "kernels/transcendental_unary.h"
#define FUNCTION tanh
#define LIMIT (T) INFINITY
#include "kernels/transcendental_unary.h"
#define FUNCTION asinh
#define LIMIT (T)(SINGLE ? 1e18 : 1e150)
#include "kernels/transcendental_unary.h"
#define FUNCTION acosh
#define LIMIT (T)(SINGLE ? 1e18 : 1e150)
#include "kernels/transcendental_unary.h"
#define FUNCTION atanh
#define LIMIT (T) INFINITY
#include "kernels/transcendental_unary.h"
#define FUNCTION exp
#define LIMIT (T)(SINGLE ? INFINITY : 709.7)
#include "kernels/transcendental_unary.h"
#define FUNCTION exp2
#define LIMIT (T) INFINITY
#include "kernels/transcendental_unary.h"
#define FUNCTION expm1
#define LIMIT (T) INFINITY
#include "kernels/transcendental_unary.h"
#define FUNCTION log
#define LIMIT (T) INFINITY
#include "kernels/transcendental_unary.h"
#define FUNCTION log2
#define LIMIT (T) INFINITY
#include "kernels/transcendental_unary.h"
#define FUNCTION log10
#define LIMIT (T) INFINITY
#include "kernels/transcendental_unary.h"
#define FUNCTION log1p
#define LIMIT (T)(SINGLE ? 1e37 : 1e307)
#include "kernels/transcendental_unary.h"
#define FUNCTION cbrt
#define LIMIT (T) INFINITY
#include "kernels/transcendental_unary.h"

#define FUNCTION atan2
#define ACCURACY u10
#define LIMIT (T) INFINITY
#define RESULT_LIMIT (T) INFINITY
#include "kernels/transcendental_binary.h"
#define FUNCTION hypot
#define ACCURACY u05
#define LIMIT (T) INFINITY
#define RESULT_LIMIT (T) INFINITY
#include "kernels/transcendental_binary.h"
#define FUNCTION pow
#define ACCURACY u10
#define LIMIT (T)(SINGLE ? 1e38 : 1e308)
#define RESULT_LIMIT (T)(SINGLE ? 3.4e38 : 1.797e308)
#include "kernels/transcendental_binary.h"

static ash_block_kernel *const FN(loops)[ASH_OP_COUNT + 1] = {
    [ASH_OP_SIN] = FN(sin_loop),
    [ASH_OP_COS] = FN(cos_loop),
    [ASH_OP_TAN] = FN(tan_loop),
    [ASH_OP_ASIN] = FN(asin_loop),
    [ASH_OP_ACOS] = FN(acos_loop),
    [ASH_OP_ATAN] = FN(atan_loop),
    [ASH_OP_SINH] = FN(sinh_loop),
    [ASH_OP_COSH] = FN(cosh_loop),
    [ASH_OP_TANH] = FN(tanh_loop),
    [ASH_OP_ASINH] = FN(asinh_loop),
    [ASH_OP_ACOSH] = FN(acosh_loop),
    [ASH_OP_ATANH] = FN(atanh_loop),
    [ASH_OP_EXP] = FN(exp_loop),
    [ASH_OP_EXP2] = FN(exp2_loop),
    [ASH_OP_EXPM1] = FN(expm1_loop),
    [ASH_OP_LOG] = FN(log_loop),
    [ASH_OP_LOG2] = FN(log2_loop),
    [ASH_OP_LOG10] = FN(log10_loop),
    [ASH_OP_LOG1P] = FN(log1p_loop),
    [ASH_OP_CBRT] = FN(cbrt_loop),
    [ASH_OP_ATAN2] = FN(atan2_loop),
    [ASH_OP_HYPOT] = FN(hypot_loop),
    [ASH_OP_POW] = FN(pow_loop),
    [ASH_OP_FLOAT_POWER] = FN(pow_loop),
};
