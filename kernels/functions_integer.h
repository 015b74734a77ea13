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

static inline int FN(is_negative)(T a) {
#if DTYPE_KIND == 'i'
    return a < 0;
#else
    (void)a;
    return 0;
#endif
}

/* The size of a number, which the lowest one has only in the unsigned type. */
static inline uint64_t FN(magnitude)(T a) {
    return FN(is_negative)(a) ? 0 - (uint64_t)a : (uint64_t)a;
}

/* Euclid's algorithm. */
static inline uint64_t FN(common_divisor)(T a, T b) {
    uint64_t x = FN(magnitude)(a), y = FN(magnitude)(b);
    while (y != 0) {
        const uint64_t rest = x % y;
        x = y;
        y = rest;
    }
    return x;
}

static inline T FN(gcd)(T a, T b) {
    return (T)FN(common_divisor)(a, b);
}

static inline T FN(lcm)(T a, T b) {
    const uint64_t divisor = FN(common_divisor)(a, b);
    return divisor == 0 ? 0 : (T)(FN(magnitude)(a) / divisor * FN(magnitude)(b));
}

static inline uint8_t FN(bitwise_count)(T a) {
    uint64_t x = FN(magnitude)(a);
    x -= x >> 1 & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (uint8_t)(x * 0x0101010101010101u >> 56);
}

/* To a multiple of a power of ten, halves to the even multiple; places after the point are none. */
static inline T FN(round)(T a, int64_t decimals) {
    uint64_t unit = 1;
    if (decimals >= 0)
        return a;
    if (decimals < -19)
        return 0;
    for (int64_t k = 0; k < -decimals; k++)
        unit *= 10;
    const uint64_t x = FN(magnitude)(a), below = x / unit, rest = x % unit;
    const uint64_t up = rest > unit - rest || (rest == unit - rest && (below & 1));
    const uint64_t rounded = (below + up) * unit;
    return FN(is_negative)(a) ? (T)(0 - rounded) : (T)rounded;
}
#endif
