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
