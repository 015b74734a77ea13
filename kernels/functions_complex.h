/* Template: functions of complex dtypes. Products and quotients are written out: the compiler's own would differ between instruction sets and recover infinities,
 * which NumPy does not. Numbers are ordered by real part, then by imaginary part; with a NaN in either part nothing is less. */

static inline T FN(complex_of)(R real, R imag) {
    T z;
    __real__ z = real;
    __imag__ z = imag;
    return z;
}

/* Of two NaN a sum or product is one or the other, as the compiler happens to order the operands; so that levels agree, it is always the same NaN. */
static inline T FN(settled)(T a) {
    const R real = __real__ a != __real__ a ? (R)NAN : __real__ a;
    const R imag = __imag__ a != __imag__ a ? (R)NAN : __imag__ a;
    return FN(complex_of)(real, imag);
}

static inline T FN(product)(T a, T b) {
    const R real = ASH_ROUNDED(__real__ a * __real__ b) - ASH_ROUNDED(__imag__ a * __imag__ b);
    const R imag = ASH_ROUNDED(__real__ a * __imag__ b) + ASH_ROUNDED(__imag__ a * __real__ b);
    return FN(complex_of)(real, imag);
}

/* Smith's method: divides by the larger part first, so that nothing overflows on the way. */
static inline T FN(quotient)(T a, T b) {
    const R real = LIBM(fabs)(__real__ b), imag = LIBM(fabs)(__imag__ b);
    if (real == 0 && imag == 0)
        return FN(complex_of)(__real__ a / real, __imag__ a / real);
    if (real >= imag) {
        const R ratio = __imag__ b / __real__ b;
        const R scale = 1 / (__real__ b + __imag__ b * ratio);
        return FN(complex_of)(
            (__real__ a + ASH_ROUNDED(__imag__ a * ratio)) * scale, (__imag__ a - ASH_ROUNDED(__real__ a * ratio)) * scale);
    }
    const R ratio = __real__ b / __imag__ b;
    const R scale = 1 / (__imag__ b + __real__ b * ratio);
    return FN(complex_of)((ASH_ROUNDED(__real__ a * ratio) + __imag__ a) * scale, (ASH_ROUNDED(__imag__ a * ratio) - __real__ a) * scale);
}

static inline T FN(reciprocal)(T a) {
    const int wide = LIBM(fabs)(__imag__ a) <= LIBM(fabs)(__real__ a);
    const R large = wide ? __real__ a : __imag__ a, small = wide ? __imag__ a : __real__ a;
    const R ratio = small / large;
    const R divisor = large + ASH_ROUNDED(small * ratio);
    return wide ? FN(complex_of)(1 / divisor, -ratio / divisor) : FN(complex_of)(ratio / divisor, -1 / divisor);
}

static inline T FN(conjugate)(T a) {
    return FN(complex_of)(__real__ a, -__imag__ a);
}

static inline int FN(isnan)(T a) {
    return (__real__ a != __real__ a) | (__imag__ a != __imag__ a);
}

static inline int FN(isinf)(T a) {
    return (LIBM(fabs)(__real__ a) == (R)INFINITY) | (LIBM(fabs)(__imag__ a) == (R)INFINITY);
}

static inline int FN(isfinite)(T a) {
    return (LIBM(fabs)(__real__ a) < (R)INFINITY) & (LIBM(fabs)(__imag__ a) < (R)INFINITY);
}

static inline int FN(less)(T a, T b) {
    const int comparable = (__imag__ a == __imag__ a) & (__imag__ b == __imag__ b);
    return ((__real__ a < __real__ b) & comparable) | ((__real__ a == __real__ b) & (__imag__ a < __imag__ b));
}

static inline int FN(less_equal)(T a, T b) {
    return FN(less)(a, b) | (a == b);
}

static inline T FN(maximum)(T a, T b) {
    return (FN(less_equal)(b, a) | FN(isnan)(a)) ? a : b;
}

static inline T FN(minimum)(T a, T b) {
    return (FN(less_equal)(a, b) | FN(isnan)(a)) ? a : b;
}

static inline T FN(fmax)(T a, T b) {
    return (FN(less_equal)(b, a) | FN(isnan)(b)) ? a : b;
}

static inline T FN(fmin)(T a, T b) {
    return (FN(less_equal)(a, b) | FN(isnan)(b)) ? a : b;
}

static inline R FN(absolute)(T a) {
    return LIBM(hypot)(__real__ a, __imag__ a);
}

static inline R FN(angle)(T a) {
    return LIBM(atan2)(__imag__ a, __real__ a);
}

static inline T FN(rint)(T a) {
    return FN(complex_of)(LIBM(rint)(__real__ a), LIBM(rint)(__imag__ a));
}

/* a / |a|; the limit for numbers with one infinite part, NaN for two. */
static inline T FN(sign)(T a) {
    const R length = FN(absolute)(a);
    const int wide = LIBM(fabs)(__real__ a) == (R)INFINITY, high = LIBM(fabs)(__imag__ a) == (R)INFINITY;
    if (FN(isnan)(a) || (wide && high))
        return FN(complex_of)((R)NAN, (R)NAN);
    if (wide || high)
        return FN(complex_of)(wide ? LIBM(copysign)(1, __real__ a) : 0, high ? LIBM(copysign)(1, __imag__ a) : 0);
    return length == 0 ? FN(complex_of)(0, 0) : FN(complex_of)(__real__ a / length, __imag__ a / length);
}

static inline T FN(exp2)(T a) {
    return LIBM(cexp)(FN(complex_of)(__real__ a * (R)M_LN2, __imag__ a * (R)M_LN2));
}

/* exp(x + iy) - 1 = expm1(x) cos(y) - 2 sin(y/2)^2 + i exp(x) sin(y): no cancellation near 0. */
static inline T FN(expm1)(T a) {
    const R half = LIBM(sin)(__imag__ a / 2);
    return FN(complex_of)(LIBM(expm1)(__real__ a) * LIBM(cos)(__imag__ a) - 2 * half * half, LIBM(exp)(__real__ a) * LIBM(sin)(__imag__ a));
}

static inline T FN(log_scaled)(T a, R scale) {
    const T z = LIBM(clog)(a);
    return FN(complex_of)(__real__ z * scale, __imag__ z * scale);
}

static inline T FN(log2)(T a) {
    return FN(log_scaled)(a, (R)M_LOG2E);
}

static inline T FN(log10)(T a) {
    return FN(log_scaled)(a, (R)M_LOG10E);
}

static inline T FN(log1p)(T a) {
    return FN(complex_of)(LIBM(log)(LIBM(hypot)(__real__ a + 1, __imag__ a)), LIBM(atan2)(__imag__ a, __real__ a + 1));
}

/* Small whole exponents by repeated products, as NumPy, so that (1+2i)^2 is exact; powers of 0 as limits. */
static inline T FN(power)(T a, T b) {
    const R exponent = __real__ b;
    if (b == 0)
        return FN(complex_of)(1, 0);
    if (a == 0)
        return exponent > 0 && __imag__ b == 0 ? FN(complex_of)(0, 0) : FN(complex_of)((R)NAN, (R)NAN);
    if (__imag__ b != 0 || !(exponent > -100 && exponent < 100) || exponent != LIBM(floor)(exponent))
        return LIBM(cpow)(a, b);
    T result = a;
    int started = 0; /* no product with 1: it would spoil infinities */
    for (int left = (int)LIBM(fabs)(exponent); left != 0; left >>= 1) {
        if (left & 1)
            result = started++ ? FN(product)(result, a) : a;
        a = FN(product)(a, a);
    }
    return exponent < 0 ? FN(quotient)(FN(complex_of)(1, 0), result) : result;
}

static inline T FN(sinc)(T a) {
    if (a == 0)
        return FN(complex_of)(1, 0);
    const T x = FN(complex_of)(__real__ a * (R)M_PI, __imag__ a * (R)M_PI);
    return FN(quotient)(LIBM(csin)(x), x);
}

static inline T FN(round)(T a, int64_t decimals) {
    return FN(complex_of)(FN_PART(round)(__real__ a, decimals), FN_PART(round)(__imag__ a, decimals));
}

static inline T FN(nan_to_num)(T a, double nan, double posinf, double neginf) {
    return FN(complex_of)(FN_PART(nan_to_num)(__real__ a, nan, posinf, neginf), FN_PART(nan_to_num)(__imag__ a, nan, posinf, neginf));
}

static inline int FN(isclose)(T a, T b, double rtol, double atol, int equal_nan) {
    const int near = FN(absolute)(a - b) <= (R)atol + (R)rtol * FN(absolute)(b);
    const int finite = FN(isfinite)(a) & FN(isfinite)(b);
    return (finite & near) | (a == b) | (equal_nan & FN(isnan)(a) & FN(isnan)(b));
}
