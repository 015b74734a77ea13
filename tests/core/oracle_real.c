/* Operations of float32 and float64, one cell. Arithmetic rounds as the dtype does, so that exact inputs give exact results; functions are
 * evaluated in long double and may differ by some units in the last place. Errors of the inputs are carried on by bounds with a margin. */
#include "oracle.h"
#include "oracle_ops.h"

#include <math.h>

static const long double function_ulps = 8;

static long double to_dtype(ash_dtype loop, double x) {
    return loop == ASH_FLOAT32 ? (long double)(float)x : (long double)x;
}

/* A result of arithmetic: exact if the inputs are, else within `error` and a rounding. */
static cell arithmetic(ash_dtype loop, double value, long double error) {
    if (error == 0) {
        return (cell){ .re = to_dtype(loop, value) };
    }
    return cell_rounded(loop, value, 0, error);
}

static cell approximate(ash_dtype loop, long double value) {
    return cell_rounded(loop, value, 0, function_ulps * (fabsl(value) * oracle_epsilon(loop) + oracle_least(loop)));
}

static int uncertain_sign(cell x) {
    return x.error > 0 && fabsl(x.re) <= x.error;
}

static cell product(ash_dtype loop, cell a, cell b) {
    if ((!isfinite(a.re) && uncertain_sign(b)) || (!isfinite(b.re) && uncertain_sign(a))) {
        return cell_unknown;
    }
    int finite = isfinite(a.re) && isfinite(b.re);
    return arithmetic(loop, (double)a.re * (double)b.re, finite ? fabsl(a.re) * b.error + fabsl(b.re) * a.error + a.error * b.error : 0);
}

static cell quotient(ash_dtype loop, cell a, cell b) {
    if (b.error > 0 ? fabsl(b.re) <= 2 * b.error : b.re == 0 && uncertain_sign(a)) {
        return cell_unknown;
    }
    int finite = isfinite(a.re) && isfinite(b.re) && b.re != 0;
    return arithmetic(loop, (double)a.re / (double)b.re, finite ? (a.error + fabsl(a.re / b.re) * b.error) / (fabsl(b.re) - b.error) : 0);
}

/* Python's %: the sign of b. And the whole quotient that belongs to it. */
static void divide(ash_dtype loop, cell x, cell y, cell out[2]) {
    double a = (double)x.re, b = (double)y.re, rest = fmod(a, b);
    if (b == 0) {
        out[0] = (cell){ .re = to_dtype(loop, a / b) };
        out[1] = (cell){ .re = NAN };
        return;
    }
    double whole = (double)to_dtype(loop, (double)to_dtype(loop, a - rest) / b);
    if (rest != 0 && (rest < 0) != (b < 0)) {
        rest = (double)to_dtype(loop, rest + b);
        whole = (double)to_dtype(loop, whole - 1);
    }
    rest = rest == 0 ? copysign(0, b) : rest;
    if (whole == 0) {
        whole = copysign(0, a / b);
    } else {
        double below = floor(whole);
        whole = whole - below > 0.5 ? below + 1 : below;
    }
    out[0] = (cell){ .re = to_dtype(loop, whole) };
    out[1] = (cell){ .re = to_dtype(loop, rest) };
}

/* The larger (sign 1) or smaller (-1) of two; of equals the first. `skip`: a NaN gives way, else it wins. */
static cell extreme(cell a, cell b, int sign, int skip) {
    if (isnan(a.re) || isnan(b.re)) {
        return skip ? (isnan(b.re) ? a : b) : isnan(a.re) ? a : b;
    }
    cell out = sign * a.re >= sign * b.re ? a : b;
    if (isfinite(out.re)) { /* the other one may be the better one, by as much as it is uncertain */
        out.error = a.error > b.error ? a.error : b.error;
    } else if (a.error > 0 || b.error > 0) {
        out.error = 0;
    }
    return out;
}

static cell sign_of(cell a) {
    return isnan(a.re) ? a : (cell){ .re = a.re > 0 ? 1 : a.re < 0 ? -1 : 0 };
}

static cell next_after(ash_dtype loop, cell a, cell b) {
    return (cell){ .re = loop == ASH_FLOAT32 ? (long double)nextafterf((float)a.re, (float)b.re)
                                             : (long double)nextafter((double)a.re, (double)b.re) };
}

/* Results that are truth values. -1: the operation has another result. */
static int truth(int id, long double a, long double b) {
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
    case op_isnan: return isnan(a);
    case op_isinf: return isinf(a) != 0;
    case op_isfinite: return isfinite(a);
    case op_signbit: return signbit(a) != 0;
    case op_isposinf: return isinf(a) && a > 0;
    case op_isneginf: return isinf(a) && a < 0;
    case op_iscomplex: return 0;
    case op_isreal: return 1;
    default: return -1;
    }
}

/* Arithmetic of the dtype, step by step: to tenths, whole numbers and tens. */
static cell rounded(ash_dtype loop, int id, cell a) {
    if (id == op_round_tens) {
        return (cell){ .re = to_dtype(loop, (double)rintl(to_dtype(loop, (double)a.re / 10)) * 10) };
    }
    double power = id == op_round ? 10 : 1;
    long double scaled = to_dtype(loop, (double)a.re * power);
    return isfinite(scaled) ? (cell){ .re = to_dtype(loop, (double)rintl(scaled) / power) } : a;
}

static cell scaled_by(ash_dtype loop, cell a, int64_t exponent) {
    int within = (int)(exponent > 5000 ? 5000 : exponent < -5000 ? -5000 : exponent);
    return (cell){ .re = loop == ASH_FLOAT32 ? (long double)ldexpf((float)a.re, within) : (long double)ldexp((double)a.re, within) };
}

static cell is_close(ash_dtype loop, cell a, cell b, int equal_nan) {
    long double distance = fabsl(to_dtype(loop, (double)a.re - (double)b.re));
    long double allowed = to_dtype(loop, (double)(0.5L + to_dtype(loop, (double)(0.125L * fabsl(b.re)))));
    return (cell){ .i = (isfinite(a.re) && isfinite(b.re) && distance <= allowed) || a.re == b.re ||
            (equal_nan && isnan(a.re) && isnan(b.re)) };
}

static cell spacing(ash_dtype loop, cell a) {
    cell away = { .re = a.re < 0 ? -INFINITY : INFINITY }, next = next_after(loop, a, away);
    if (!isfinite(a.re)) {
        return (cell){ .re = NAN };
    }
    return isfinite(next.re) ? (cell){ .re = next.re - a.re } : (cell){ .re = a.re - next_after(loop, a, (cell){ 0 }).re };
}

static cell log_of_sum(ash_dtype loop, long double a, long double b, long double base) {
    if (isnan(a) || isnan(b) || isinf(a) || isinf(b)) {
        return (cell){ .re = isnan(a) || isnan(b) ? NAN : a > b ? a : b };
    }
    long double large = a > b ? a : b, sum = large + log1pl(expl(-fabsl(a - b) * logl(base))) / logl(base);
    cell out = approximate(loop, sum);
    out.error += 8 * oracle_epsilon(loop) * (fabsl(large) + 1); /* the two parts may cancel */
    return out;
}

static cell sinc(ash_dtype loop, cell a) {
    long double x = a.re * 3.141592653589793238462643383279502884L;
    cell out = a.re == 0 ? (cell){ .re = 1 } : isinf(a.re) ? (cell){ .re = NAN } : approximate(loop, sinl(x) / x);
    out.error += a.re == 0 || !isfinite(a.re) ? 0 : 4 * oracle_epsilon(loop); /* pi times a is rounded */
    return out;
}

static void split(ash_dtype loop, int id, cell a, cell out[2]) {
    int exponent = 0;
    (void)loop;
    if (id == op_modf) {
        out[0] = (cell){ .re = isinf(a.re) ? copysignl(0, a.re) : copysignl(a.re - truncl(a.re), a.re) };
        out[1] = (cell){ .re = truncl(a.re) };
        out[0] = isnan(a.re) ? a : out[0];
        return;
    }
    out[0] = isfinite(a.re) ? (cell){ .re = frexpl(a.re, &exponent) } : a;
    out[1] = (cell){ .i = exponent };
}

static cell without_nan(ash_dtype loop, int plain, cell a) {
    long double largest = oracle_largest(loop);
    if (plain) {
        return isnan(a.re) ? (cell){ 0 } : isinf(a.re) ? (cell){ .re = copysignl(largest, a.re) } : a;
    }
    return isnan(a.re) ? (cell){ .re = 7.5 } : isinf(a.re) ? (cell){ .re = a.re > 0 ? largest : -3 } : a;
}

void oracle_real_cell(const oracle_op *op, ash_dtype loop, const cell in[], cell out[2]) {
    cell a = in[0], b = in[1];
    int true_or_false = truth(op->id, a.re, b.re);
    if (true_or_false >= 0) { /* NaN have no sign that one could rely on */
        out[0] = op->id == op_signbit && isnan(a.re) ? cell_unknown : (cell){ .i = true_or_false };
        return;
    }
    if (op->real1) {
        out[0] = approximate(loop, op->real1(a.re));
        return;
    }
    switch (op->id) {
    case op_float_power: out[0] = approximate(loop, powl(a.re, b.re)); break;
    case op_fabs: out[0] = (cell){ .re = fabsl(a.re), .error = a.error }; break;
    case op_heaviside: out[0] = isnan(a.re) ? a : a.re == 0 ? b : (cell){ .re = a.re > 0 }; break;
    case op_logaddexp: out[0] = log_of_sum(loop, a.re, b.re, 2.718281828459045235360287471352662498L); break;
    case op_logaddexp2: out[0] = log_of_sum(loop, a.re, b.re, 2); break;
    case op_sinc: out[0] = sinc(loop, a); break;
    case op_round:
    case op_round_whole:
    case op_round_tens: out[0] = rounded(loop, op->id, a); break;
    case op_ldexp: out[0] = scaled_by(loop, a, b.i); break;
    case op_isclose: out[0] = is_close(loop, a, b, 1); break;
    case op_isclose_strict: out[0] = is_close(loop, a, b, 0); break;
    case op_nan_to_num:
    case op_nan_to_num_plain: out[0] = without_nan(loop, op->id == op_nan_to_num_plain, a); break;
    case op_spacing: out[0] = spacing(loop, a); break;
    case op_modf:
    case op_frexp: split(loop, op->id, a, out); break;
    case op_add: out[0] = arithmetic(loop, (double)a.re + (double)b.re, isfinite(a.re) && isfinite(b.re) ? a.error + b.error : 0); break;
    case op_sub: out[0] = arithmetic(loop, (double)a.re - (double)b.re, isfinite(a.re) && isfinite(b.re) ? a.error + b.error : 0); break;
    case op_mul: out[0] = product(loop, a, b); break;
    case op_div: out[0] = quotient(loop, a, b); break;
    case op_square: out[0] = product(loop, a, a); break;
    case op_reciprocal: out[0] = arithmetic(loop, 1 / (double)a.re, 0); break;
    case op_floor_divide: divide(loop, a, b, out); break;
    case op_remainder:
        divide(loop, a, b, out);
        out[0] = out[1];
        break;
    case op_divmod: divide(loop, a, b, out); break;
    case op_fmod: out[0] = (cell){ .re = fmodl(a.re, b.re) }; break;
    case op_pow: out[0] = approximate(loop, powl(a.re, b.re)); break;
    case op_hypot: out[0] = approximate(loop, hypotl(a.re, b.re)); break;
    case op_atan2: out[0] = approximate(loop, atan2l(a.re, b.re)); break;
    case op_angle: out[0] = isnan(a.re) ? a : approximate(loop, signbit(a.re) ? 3.141592653589793238463L : 0); break;
    case op_negative: out[0] = (cell){ .re = -a.re, .error = a.error }; break;
    case op_absolute: out[0] = (cell){ .re = fabsl(a.re), .error = a.error }; break;
    case op_sign: out[0] = sign_of(a); break;
    case op_floor: out[0] = (cell){ .re = floorl(a.re) }; break;
    case op_ceil: out[0] = (cell){ .re = ceill(a.re) }; break;
    case op_trunc: out[0] = (cell){ .re = truncl(a.re) }; break;
    case op_rint: out[0] = (cell){ .re = rintl(a.re) }; break;
    case op_maximum: out[0] = extreme(a, b, 1, 0); break;
    case op_minimum: out[0] = extreme(a, b, -1, 0); break;
    case op_fmax: out[0] = extreme(a, b, 1, 1); break;
    case op_fmin: out[0] = extreme(a, b, -1, 1); break;
    case op_clip: out[0] = extreme(extreme(a, b, 1, 0), in[2], -1, 0); break;
    case op_copysign: out[0] = isnan(b.re) ? cell_unknown : (cell){ .re = copysignl(a.re, b.re) }; break;
    case op_nextafter: out[0] = next_after(loop, a, b); break;
    case op_fill_missing: out[0] = isnan(a.re) ? b : a; break;
    case op_imag_part: out[0] = (cell){ 0 }; break;
    default: out[0] = a; /* positive, real_part, conj */
    }
}
