/* Template: functions of bool and integer dtypes. Arithmetic that may wrap is done in the unsigned type U. */

static inline T FN(maximum)(T a, T b) {
    return a > b ? a : b;
}

static inline T FN(minimum)(T a, T b) {
    return a < b ? a : b;
}

static inline int FN(less)(T a, T b) {
    return a < b;
}

static inline int FN(isnan)(T a) {
    (void)a;
    return 0;
}

#if DTYPE_KIND != 'b'
static inline T FN(left_shift)(T a, T b) {
    return (U)b < (U)BITS ? (T)((U)a << ((U)b & (U)(BITS - 1))) : 0;
}

static inline T FN(right_shift)(T a, T b) {
#if DTYPE_KIND == 'i'
    return (T)(a >> ((U)b < (U)BITS ? (U)b : (U)(BITS - 1)));
#else
    return (U)b < (U)BITS ? (T)(a >> ((U)b & (U)(BITS - 1))) : 0;
#endif
}

static inline T FN(floor_divide)(T a, T b) {
    if (b == 0)
        return 0;
#if DTYPE_KIND == 'i'
    if (b == -1)
        return (T)(0 - (U)a); /* the lowest integer wraps to itself */
    const T quotient = (T)(a / b);
    return (T)(quotient - (a % b != 0 && (a < 0) != (b < 0)));
#else
    return (T)(a / b);
#endif
}

static inline T FN(fmod)(T a, T b) {
#if DTYPE_KIND == 'i'
    if (b == -1)
        return 0;
#endif
    return b == 0 ? 0 : (T)(a % b);
}

static inline T FN(remainder)(T a, T b) {
    const T rest = FN(fmod)(a, b);
#if DTYPE_KIND == 'i'
    if (rest != 0 && (rest < 0) != (b < 0))
        return (T)(rest + b);
#endif
    return rest;
}

static inline T FN(power)(T a, T b) {
    U result = 1, base = (U)a, exponent = (U)b;
#if DTYPE_KIND == 'i'
    if (b < 0)
        return a == 1 ? 1 : a == -1 ? (T)(b % 2 != 0 ? -1 : 1) : 0;
#endif
    for (; exponent != 0; exponent >>= 1) {
        if (exponent & 1)
            result *= base;
        base *= base;
    }
    return (T)result;
}
#endif
