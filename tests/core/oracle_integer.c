/* Operations of bool and integers, one cell: exact arithmetic in 128 bits, wrapped at the end. */
#include "oracle.h"
#include "oracle_ops.h"

typedef __int128 wide;

static wide widen(ash_dtype dtype, cell value) {
    return oracle_kind(dtype) == 'u' ? (wide)(uint64_t)value.i : (wide)value.i;
}

static cell narrow(ash_dtype dtype, wide value) {
    return oracle_cast_cell((cell){ .i = (int64_t)(uint64_t)value }, ASH_INT64, dtype == ASH_BOOL ? ASH_BOOL : dtype);
}

static wide floor_divide(wide a, wide b) {
    if (b == 0) {
        return 0;
    }
    wide quotient = a / b;
    return quotient * b != a && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

/* a to the power of b modulo 2^64, one factor at a time (exponents above 64 by their cycle: squares of squares). */
static wide power(wide a, wide b) {
    if (b < 0) {
        return a == 1 ? 1 : a == -1 ? (b % 2 != 0 ? -1 : 1) : 0;
    }
    if (b == 0) {
        return 1;
    }
    uint64_t half = (uint64_t)power(a, b / 2);
    return (wide)(uint64_t)(half * half * (b % 2 != 0 ? (uint64_t)a : 1));
}

static wide shift(int id, ash_dtype loop, wide a, wide b) {
    int bits = (int)(8 * ash_dtype_size(loop));
    int out = b < 0 || b >= bits;
    if (id == op_left_shift) {
        return out ? 0 : a * ((wide)1 << b);
    }
    return out ? (a < 0 ? -1 : 0) : floor_divide(a, (wide)1 << b);
}

static wide sign(wide a) {
    return a > 0 ? 1 : a < 0 ? -1 : 0;
}
static wide larger(wide a, wide b) {
    return a > b ? a : b;
}
static wide smaller(wide a, wide b) {
    return a < b ? a : b;
}

static wide size_of(wide a) {
    return a < 0 ? -a : a;
}

static wide greatest_divisor(wide a, wide b) {
    return b == 0 ? size_of(a) : greatest_divisor(b, a % b);
}

/* To tens, halves to the even one. */
static wide tens(wide a) {
    wide below = floor_divide(a, 10), rest = a - 10 * below;
    return 10 * (below + (rest > 5 || (rest == 5 && below % 2 != 0)));
}

static int64_t bits_of(wide a) {
    return a == 0 ? 0 : (int64_t)(a & 1) + bits_of(a >> 1);
}

/* Results that are truth values. -1: the operation has another result. */
static int truth(int id, wide a, wide b) {
    switch (id) {
    case op_equal: return a == b;
    case op_not_equal: return a != b;
    case op_less: return a < b;
    case op_less_equal: return a <= b;
    case op_greater: return a > b;
    case op_greater_equal: return a >= b;
    case op_logical_and: return a != 0 && b != 0;
    case op_logical_or: return a != 0 || b != 0;
    case op_logical_xor: return (a != 0) != (b != 0);
    case op_logical_not: return a == 0;
    case op_isnan:
    case op_isinf: return 0;
    case op_isfinite: return 1;
    case op_isposinf:
    case op_isneginf:
    case op_iscomplex: return 0;
    case op_isreal: return 1;
    case op_signbit: return a < 0;
    default: return -1;
    }
}

void oracle_integer_cell(int id, ash_dtype loop, const cell in[], cell out[2]) {
    wide a = widen(loop, in[0]), b = widen(loop, in[1]), r = 0;
    int true_or_false = truth(id, a, b);
    if (true_or_false >= 0) {
        out[0] = (cell){ .i = true_or_false };
        return;
    }
    switch (id) {
    case op_gcd: r = greatest_divisor(a, b); break;
    case op_lcm: /* more than even wide holds wraps, as the loop does */
        r = a == 0 || b == 0 ? 0 : (wide)((unsigned __int128)(size_of(a) / greatest_divisor(a, b)) * (unsigned __int128)size_of(b));
        break;
    case op_bitwise_count: out[0] = (cell){ .i = bits_of(size_of(a)) }; return;
    case op_round_tens: r = tens(a); break;
    case op_add: r = a + b; break; /* of bool: true + true is true */
    case op_sub: r = a - b; break;
    case op_mul: r = (wide)((uint64_t)a * (uint64_t)b); break;
    case op_floor_divide: r = floor_divide(a, b); break;
    case op_remainder: r = b == 0 ? 0 : a - floor_divide(a, b) * b; break;
    case op_divmod:
        out[1] = narrow(loop, b == 0 ? 0 : a - floor_divide(a, b) * b);
        r = floor_divide(a, b);
        break;
    case op_fmod: r = b == 0 ? 0 : a % b; break;
    case op_pow: r = power(a, b); break;
    case op_negative: r = -a; break;
    case op_absolute: r = a < 0 ? -a : a; break;
    case op_sign: r = sign(a); break;
    case op_square: r = (wide)((uint64_t)a * (uint64_t)a); break;
    case op_reciprocal: r = a == 1 || a == -1 ? a : 0; break;
    case op_bitwise_and: r = a & b; break;
    case op_bitwise_or: r = a | b; break;
    case op_bitwise_xor: r = a ^ b; break;
    case op_bitwise_not: r = loop == ASH_BOOL ? !a : -a - 1; break;
    case op_left_shift:
    case op_right_shift: r = shift(id, loop, a, b); break;
    case op_maximum:
    case op_fmax: r = larger(a, b); break;
    case op_minimum:
    case op_fmin: r = smaller(a, b); break;
    case op_clip: r = smaller(larger(a, b), widen(loop, in[2])); break;
    case op_imag_part: r = 0; break;
    default: r = a; /* positive, floor, ceil, trunc, real_part, conj, fill_missing, round, nan_to_num */
    }
    out[0] = narrow(loop, r);
}
