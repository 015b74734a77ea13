/* Operations of complex64 and complex128, one cell, in long double. Where infinities and NaN meet, complex arithmetic has no one answer:
 * except for sums and products such results are left open. */
#include "oracle.h"
#include "oracle_ops.h"

#include <complex.h>
#include <math.h>

typedef long double _Complex number;

static number value(cell x) {
    return complex_of(x.re, x.im);
}
static int has_nan(cell x) {
    return isnan(x.re) || isnan(x.im);
}
static int is_finite(cell x) {
    return isfinite(x.re) && isfinite(x.im);
}
static long double size(cell x) {
    return hypotl(x.re, x.im);
}

/* Lexicographic: by real part, then by imaginary part. */
static int less(cell a, cell b) {
    return !has_nan(a) && !has_nan(b) && (a.re < b.re || (a.re == b.re && a.im < b.im));
}
static int equal(cell a, cell b) {
    return a.re == b.re && a.im == b.im;
}

static cell approximate(ash_dtype loop, number z, long double units) {
    long double error = units * (cabsl(z) * oracle_epsilon(loop) + oracle_least(loop));
    if (!isfinite(creall(z)) || !isfinite(cimagl(z)) || cabsl(z) > sqrtl(oracle_largest(loop))) {
        return cell_unknown; /* near an overflow on the way */
    }
    return cell_rounded(loop, creall(z), cimagl(z), error);
}

/* Parts by parts: infinities stay in their part. */
static cell sum(ash_dtype loop, cell a, cell b, int sign) {
    long double re = a.re + sign * b.re, im = a.im + sign * b.im, error = a.error + b.error;
    if (isfinite(re) && isfinite(im)) {
        return cell_rounded(loop, re, im, error + (fabsl(re) + fabsl(im)) * oracle_epsilon(loop));
    }
    return error > 0 ? cell_unknown
                     : (cell){ .re = re,
                           .im = im,
                           .error = 2 * oracle_epsilon(loop) *
                               (isfinite(re)          ? fabsl(re)
                                       : isfinite(im) ? fabsl(im)
                                                      : 0) };
}

/* The larger of the finite parts. */
static long double finite_part(cell x) {
    return fmaxl(isfinite(x.re) ? fabsl(x.re) : 0, isfinite(x.im) ? fabsl(x.im) : 0);
}

static cell product(ash_dtype loop, cell a, cell b) {
    if (!is_finite(a) || !is_finite(b)) { /* where the parts are NaN follows from the formula; the rest is open */
        cell out = { .re = a.re * b.re - a.im * b.im, .im = a.re * b.im + a.im * b.re };
        long double finite = fmaxl(finite_part(a), finite_part(b));
        return a.error == 0 && b.error == 0 && finite < 1e18L && !isfinite(out.re) && !isfinite(out.im) ? out : cell_unknown;
    }
    long double error = size(a) * b.error * 2 + size(b) * a.error * 2 + 2 * a.error * b.error +
        4 * oracle_epsilon(loop) * size(a) * size(b) + oracle_least(loop);
    if (size(a) * size(b) > oracle_largest(loop) / 4) {
        return cell_unknown;
    }
    return cell_rounded(loop, a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re, error);
}

static cell quotient(ash_dtype loop, cell a, cell b) {
    long double large = sqrtl(oracle_largest(loop)) / 16, divisor = size(b);
    if (!is_finite(a) || !is_finite(b) || divisor <= 4 * b.error || divisor == 0 || divisor > large || size(a) > large ||
        divisor < 1 / large || (size(a) < 1 / large && size(a) > 0)) {
        return cell_unknown;
    }
    number z = value(a) * conjl(value(b)) / (divisor * divisor);
    cell out = approximate(loop, z, 16);
    out.error += out.error < INFINITY ? 4 * (a.error + cabsl(z) * b.error) / (divisor - 2 * b.error) : 0;
    return out;
}

static cell power(ash_dtype loop, cell a, cell b) {
    if (b.re == 0 && b.im == 0) {
        return (cell){ .re = 1 };
    }
    if (!is_finite(a) || !is_finite(b) || size(a) == 0) {
        return cell_unknown;
    }
    number z = cpowl(value(a), value(b));
    if (cabsl(z) < 1 / sqrtl(oracle_largest(loop))) {
        return cell_unknown; /* the power's reciprocal may overflow on the way */
    }
    return approximate(loop, z, 64 * (1 + size(b)) * (1 + cabsl(clogl(value(a)))));
}

/* The first NaN wins (skip 0) or gives way (skip 1); of equals the first. */
static cell extreme(cell a, cell b, int sign, int skip) {
    if (has_nan(a) || has_nan(b)) {
        return skip ? (has_nan(b) ? a : b) : has_nan(a) ? a : b;
    }
    if (a.error > 0 || b.error > 0) {
        return cell_unknown;
    }
    return (sign > 0 ? less(a, b) : less(b, a)) ? b : a;
}

static int truth(int id, cell a, cell b) {
    int a_true = a.re != 0 || a.im != 0, b_true = b.re != 0 || b.im != 0;
    switch (id) {
    case op_equal: return equal(a, b);
    case op_not_equal: return !equal(a, b);
    case op_less: return less(a, b);
    case op_less_equal: return less(a, b) || equal(a, b);
    case op_greater: return less(b, a);
    case op_greater_equal: return less(b, a) || equal(a, b);
    case op_logical_and: return a_true && b_true;
    case op_logical_or: return a_true || b_true;
    case op_logical_xor: return a_true != b_true;
    case op_logical_not: return !a_true;
    case op_isnan: return has_nan(a);
    case op_isinf: return isinf(a.re) || isinf(a.im);
    case op_isfinite: return is_finite(a);
    case op_iscomplex: return a.im != 0;
    case op_isreal: return a.im == 0;
    default: return -1;
    }
}

/* Results with a real dtype, and those that only move parts. 0: none of these. */
static int simple(int id, ash_dtype loop, cell a, cell *out) {
    switch (id) {
    case op_real_part: *out = (cell){ .re = a.re, .error = a.error }; return 1;
    case op_imag_part: *out = (cell){ .re = a.im, .error = a.error }; return 1;
    case op_conj: *out = (cell){ .re = a.re, .im = -a.im, .error = a.error }; return 1;
    case op_negative: *out = (cell){ .re = -a.re, .im = -a.im, .error = a.error }; return 1;
    case op_positive: *out = a; return 1;
    case op_rint: *out = (cell){ .re = rintl(a.re), .im = rintl(a.im) }; return 1;
    case op_absolute:
        *out = cell_rounded(loop, size(a), 0, isfinite(size(a)) ? 2 * a.error + 8 * size(a) * oracle_epsilon(loop) : 0);
        return 1;
    case op_angle: *out = cell_rounded(loop, atan2l(a.im, a.re), 0, 8 * oracle_epsilon(loop)); return 1;
    default: return 0;
    }
}

/* Those done part by part, and closeness by sizes, which is left open at the edge. */
static void by_parts(const oracle_op *op, ash_dtype loop, cell a, cell b, cell out[2]) {
    if (op->id == op_isclose || op->id == op_isclose_strict) {
        long double distance = hypotl(a.re - b.re, a.im - b.im), allowed = 0.5L + 0.125L * size(b);
        int same = equal(a, b) || (op->id == op_isclose && has_nan(a) && has_nan(b));
        if (is_finite(a) && is_finite(b) && fabsl(distance - allowed) <= 64 * oracle_epsilon(loop) * (distance + size(a) + size(b))) {
            out[0] = cell_unknown;
        } else {
            out[0] = (cell){ .i = same || (is_finite(a) && is_finite(b) && distance <= allowed) };
        }
        return;
    }
    cell parts[2][2], re[3] = { { .re = a.re } }, im[3] = { { .re = a.im } };
    ash_dtype real = loop == ASH_COMPLEX64 ? ASH_FLOAT32 : ASH_FLOAT64;
    oracle_real_cell(op, real, re, parts[0]);
    oracle_real_cell(op, real, im, parts[1]);
    out[0] = (cell){ .re = parts[0][0].re, .im = parts[1][0].re };
}

void oracle_complex_cell(const oracle_op *op, ash_dtype loop, const cell in[], cell out[2]) {
    cell a = in[0], b = op->inputs > 1 ? in[1] : (cell){ 0 };
    int true_or_false = truth(op->id, a, b);
    if (true_or_false >= 0) {
        out[0] = (cell){ .i = true_or_false };
        return;
    }
    if (simple(op->id, loop, a, &out[0])) {
        return;
    }
    switch (op->id) {
    case op_round:
    case op_round_whole:
    case op_round_tens:
    case op_nan_to_num:
    case op_nan_to_num_plain:
    case op_isclose:
    case op_isclose_strict: by_parts(op, loop, a, b, out); return;
    default: break;
    }
    if (op->complex1) {
        number z = op->complex1(value(a));
        out[0] = is_finite(a) && size(a) < 1e3L ? approximate(loop, z, 0) : cell_unknown;
        out[0].error += out[0].error < INFINITY ? 64 * oracle_epsilon(loop) * (1 + size(a)) * (1 + cabsl(z)) : 0;
        return;
    }
    switch (op->id) {
    case op_add: out[0] = sum(loop, a, b, 1); break;
    case op_sub: out[0] = sum(loop, a, b, -1); break;
    case op_mul: out[0] = product(loop, a, b); break;
    case op_square: out[0] = product(loop, a, a); break;
    case op_div: out[0] = quotient(loop, a, b); break;
    case op_reciprocal: out[0] = quotient(loop, (cell){ .re = 1 }, a); break;
    case op_sign: out[0] = size(a) == 0 ? (cell){ 0 } : quotient(loop, a, (cell){ .re = size(a) }); break;
    case op_pow:
    case op_float_power: out[0] = power(loop, a, b); break;
    case op_maximum: out[0] = extreme(a, b, 1, 0); break;
    case op_minimum: out[0] = extreme(a, b, -1, 0); break;
    case op_fmax: out[0] = extreme(a, b, 1, 1); break;
    case op_fmin: out[0] = extreme(a, b, -1, 1); break;
    case op_clip: out[0] = extreme(extreme(a, b, 1, 0), in[2], -1, 0); break;
    case op_fill_missing: out[0] = has_nan(a) ? b : a; break;
    default: out[0] = a;
    }
}
