/* Template: functions of floating dtypes. */

/* Of two NaN a sum or product is one or the other, as the compiler happens to order the operands; so that levels agree, it is always the same NaN. */
static inline T FN(settled)(T a) {
    return a != a ? (T)NAN : a;
}

/* Of two equal values (zeros of both signs) the first is taken, of two NaN too. */
static inline T FN(maximum)(T a, T b) {
    return ((a >= b) | (a != a)) ? a : b;
}

static inline T FN(minimum)(T a, T b) {
    return ((a <= b) | (a != a)) ? a : b;
}

static inline T FN(fmax)(T a, T b) {
    return ((a >= b) | (b != b)) ? a : b;
}

static inline T FN(fmin)(T a, T b) {
    return ((a <= b) | (b != b)) ? a : b;
}

/* minimum(maximum(a, low), high) in a form that vectorises: a comparison with NaN is false, so NaN limits are put in at the end. */
static inline T FN(clip)(T a, T low, T high) {
    const T raised = low > a ? low : a;
    const T limited = high < raised ? high : raised;
    const T poisoned = low != low ? low : limited;
    return high != high ? high : poisoned;
}

static inline int FN(less)(T a, T b) {
    return a < b;
}

static inline int FN(isnan)(T a) {
    return a != a;
}

static inline T FN(absolute)(T a) {
    return LIBM(fabs)(a);
}

static inline int FN(isinf)(T a) {
    return LIBM(fabs)(a) == (T)INFINITY;
}

static inline int FN(isfinite)(T a) {
    return LIBM(fabs)(a) < (T)INFINITY;
}

static inline int FN(signbit)(T a) {
    return LIBM(copysign)(1, a) < 0;
}

static inline T FN(sign)(T a) {
    const T unit = a > 0 ? (T)1 : a < 0 ? (T)-1 : (T)0;
    return a != a ? a : unit;
}

/* The remainder with the sign of b. fmod is exact, so at most one b is missing. By an infinite b of the other sign this gives b, as in Python. */
static inline T FN(remainder)(T a, T b) {
    const T rest = LIBM(fmod)(a, b);
    if (b == 0 || rest != rest)
        return rest;
    if (rest == 0)
        return LIBM(copysign)(0, b);
    return (rest < 0) != (b < 0) ? rest + b : rest;
}

/* The quotient rounded down, consistent with the remainder: (a - remainder) / b is within rounding of a whole number, which is what rounding to the
 * nearest whole number then finds. */
static inline T FN(floor_divide)(T a, T b) {
    if (b == 0)
        return a / b;
    const T rest = LIBM(fmod)(a, b);
    T quotient = (a - rest) / b;
    if (rest != 0 && (rest < 0) != (b < 0))
        quotient -= 1;
    if (quotient == 0)
        return LIBM(copysign)(0, a / b);
    const T below = LIBM(floor)(quotient);
    return quotient - below > (T)0.5 ? below + 1 : below;
}

static inline T FN(heaviside)(T a, T b) {
    const T step = a > 0 ? (T)1 : a < 0 ? (T)0 : b;
    return a != a ? (T)NAN : step;
}

/* The larger of the two, plus what the smaller one adds. Equal infinities have no difference. */
static inline T FN(logaddexp)(T a, T b) {
    if (a == b)
        return a + (T)M_LN2;
    const T difference = a - b;
    if (difference != difference)
        return (T)NAN;
    return difference > 0 ? a + LIBM(log1p)(LIBM(exp)(-difference)) : b + LIBM(log1p)(LIBM(exp)(difference));
}

static inline T FN(logaddexp2)(T a, T b) {
    if (a == b)
        return a + 1;
    const T difference = a - b;
    if (difference != difference)
        return (T)NAN;
    return difference > 0 ? a + LIBM(log1p)(LIBM(exp2)(-difference)) * (T)M_LOG2E : b + LIBM(log1p)(LIBM(exp2)(difference)) * (T)M_LOG2E;
}

static inline T FN(sinc)(T a) {
    const T x = a * (T)M_PI;
    return a == 0 ? 1 : LIBM(sin)(x) / x;
}

/* I0(x) = sum of (x/2)^2k / k!^2, whose terms are all positive. Far from 0 exp(x) / sqrt(2 pi x) times the sum of (1 * 9 * ... (2k-1)^2) / (k! (8x)^k), which
 * shrink until k is about 2x (Abramowitz and Stegun, 9.6.12 and 9.7.1). In double precision throughout. */
static inline T FN(i0)(T a) {
    const double x = fabs((double)a);
    double term = 1, sum = 1;
    if (!(x <= 30)) {
        for (int k = 1; k < 60 && term > sum * 1e-17; k++) {
            term *= (2.0 * k - 1) * (2.0 * k - 1) / (8 * x * k);
            sum += term;
        }
        const double half = exp(x / 2);
        return (T)(half < (double)INFINITY ? half / sqrt(2 * M_PI * x) * sum * half : half); /* NaN and what overflows too */
    }
    for (int k = 1; term > sum * 1e-17; k++) {
        term *= x / 2 / k * (x / 2 / k);
        sum += term;
    }
    return (T)sum;
}

/* By powers of ten, as NumPy; where that overflows there is nothing after the point to round. */
static inline T FN(round)(T a, int64_t decimals) {
    const int most = 400; /* beyond the powers of ten of any dtype */
    const int64_t places = decimals < -most || decimals > most ? most : decimals < 0 ? -decimals : decimals;
    const T power = LIBM(pow)(10, (T)places);
    if (decimals < 0) {
        const T scaled = LIBM(rint)(a / power);
        return scaled == 0 ? LIBM(copysign)(0, a) : scaled * power;
    }
    const T scaled = a * power;
    return LIBM(fabs)(scaled) < (T)INFINITY ? LIBM(rint)(scaled) / power : a;
}

static inline int FN(isclose)(T a, T b, double rtol, double atol, int equal_nan) {
    const int finite = FN(isfinite)(a) & FN(isfinite)(b);
    const int near = LIBM(fabs)(a - b) <= (T)atol + (T)rtol * LIBM(fabs)(b);
    return (finite & near) | (a == b) | (equal_nan & (a != a) & (b != b));
}

static inline T FN(nan_to_num)(T a, double nan, double posinf, double neginf) {
    const T largest = sizeof(T) == 4 ? (T)3.40282346638528859812e38 : (T)1.79769313486231570815e308;
    const T high = posinf == (double)INFINITY ? largest : (T)posinf, low = neginf == -(double)INFINITY ? -largest : (T)neginf;
    const T above = a == (T)INFINITY ? high : a;
    const T inside = a == -(T)INFINITY ? low : above;
    return a != a ? (T)nan : inside;
}

static inline T FN(spacing)(T a) {
    if (!FN(isfinite)(a))
        return (T)NAN;
    const T away = a < 0 ? -(T)INFINITY : (T)INFINITY;
    const T next = LIBM(nextafter)(a, away);
    return next - next == 0 ? next - a : a - LIBM(nextafter)(a, 0); /* beyond the largest number there is none */
}

static inline T FN(mantissa)(T a) {
    int exponent;
    return FN(isfinite)(a) ? LIBM(frexp)(a, &exponent) : FN(settled)(a);
}

static inline int64_t FN(exponent)(T a) {
    int exponent = 0;
    if (FN(isfinite)(a))
        LIBM(frexp)(a, &exponent);
    return exponent;
}

static inline T FN(ldexp)(T a, int64_t exponent) {
    const int most = 5000; /* beyond what any number can be scaled by */
    return LIBM(ldexp)(a, exponent > most ? most : exponent < -most ? -most : (int)exponent);
}

static inline T FN(fraction)(T a) {
    const T rest = LIBM(fabs)(a) == (T)INFINITY ? 0 : a - LIBM(trunc)(a);
    return a != a ? (T)NAN : LIBM(copysign)(rest, a);
}
