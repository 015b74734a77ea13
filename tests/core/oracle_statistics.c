/* Statistics of the members of a cell, by their definitions in long double. The bounds follow the library's description: every step rounds
 * once to the dtype of its result, sums are kept in float64 in any order. */
#include "oracle_ops.h"
#include "oracle_reduce.h"

#include <math.h>

static const long double function_ulps = 8;

/* A sum under way: its value, the sum of sizes, and how far the terms may be off. */
typedef struct sum {
    long double re, im, sizes, error;
    int64_t n;
} sum;

static void add(sum *s, long double re, long double im, long double error) {
    s->re += re;
    s->im += im;
    s->sizes += hypotl(re, im);
    s->error += error;
    s->n++;
}

/* The bound of a sum that is rounded to `dtype`. */
static long double bound_of(const sum *s, ash_dtype dtype) {
    return s->error + (long double)(s->n + 4) * oracle_epsilon(ASH_FLOAT64) * s->sizes + oracle_epsilon(dtype) * hypotl(s->re, s->im) +
        oracle_least(dtype);
}

/* What is known of the members at first sight. */
typedef struct sight {
    int open, nan, infinite;
    long double error; /* the largest */
} sight;

static sight look(const members *m) {
    sight s = { 0 };
    for (int64_t k = 0; k < m->n; k++) {
        cell x = m->cell[k];
        s.open |= x.error == INFINITY;
        s.nan |= isnan(x.re) || isnan(x.im);
        s.infinite |= isinf(x.re) || isinf(x.im);
        s.error = fmaxl(s.error, x.error);
    }
    return s;
}

static cell nan_of(ash_dtype dtype) {
    return (cell){ .re = NAN, .im = oracle_kind(dtype) == 'c' ? NAN : 0 };
}

/* ---- Range ---- */

static cell range(const members *m) {
    const oracle_op *op = &oracle_ops[op_sub];
    cell ends[2] = { oracle_extreme(m, 1), oracle_extreme(m, 0) }, out[2] = { cell_unknown };
    if (ends[0].error < INFINITY && ends[1].error < INFINITY) {
        oracle_cell(op, m->dtype, ends, out);
    }
    return out[0];
}

/* ---- Moments ---- */

/* (x - mean)^order, and its bound. */
static void add_power(sum *s, const members *m, cell x, long double re, long double im, long double uncertain, int order) {
    long double eps = oracle_epsilon(m->result), d_re = x.re - re, d_im = x.im - im, d = hypotl(d_re, d_im);
    long double error = x.error + uncertain + 2 * eps * d + oracle_least(m->result), p_re = 1, p_im = 0;
    for (int k = 0; k < order; k++) {
        long double next = p_re * d_re - p_im * d_im;
        p_im = p_re * d_im + p_im * d_re;
        p_re = next;
    }
    long double above = powl(d + error, order), ulps = oracle_kind(m->result) == 'c' ? 64 * (1 + order) * (1 + fabsl(logl(d + error))) : 0;
    add(s, p_re, p_im, order == 0 ? 0 : above - powl(d, order) + (function_ulps + ulps) * eps * above + oracle_least(m->result));
}

static cell moment(const members *m, int order, double ddof) {
    sight seen = look(m);
    sum mean = { 0 }, powers = { 0 };
    long double n = (long double)m->n, divisor = fmaxl(n - ddof, 0);
    int is_complex = oracle_kind(m->result) == 'c';
    if (seen.open || (is_complex && order > 0 && (seen.nan || seen.infinite)) || (is_complex && divisor == 0 && ddof > 0)) {
        return cell_unknown;
    }
    if (m->n == 0 || (order > 0 && (seen.nan || seen.infinite))) {
        return nan_of(m->result);
    }
    for (int64_t k = 0; k < m->n && order > 0; k++) {
        add(&mean, m->cell[k].re, m->cell[k].im, m->cell[k].error);
    }
    long double uncertain = bound_of(&mean, m->result) / n + 2 * oracle_epsilon(m->result) * mean.sizes / n;
    for (int64_t k = 0; k < m->n; k++) {
        add_power(&powers, m, m->cell[k], mean.re / n, mean.im / n, uncertain, order);
    }
    long double error = bound_of(&powers, m->result), size = hypotl(powers.re, powers.im);
    if (!(powers.sizes + error < oracle_largest(m->result) / 4)) {
        return cell_unknown;
    }
    if (divisor == 0) {
        return size > error ? (cell){ .re = powers.re > 0 ? INFINITY : -INFINITY } : cell_unknown;
    }
    return cell_rounded(m->result, powers.re / divisor, powers.im / divisor,
        error / divisor + 4 * oracle_epsilon(m->result) * size / divisor + oracle_least(m->result));
}

/* ---- Norms ---- */

/* The size of a member, as the library has it in the dtype of the result. */
static cell size_of(const members *m, cell x) {
    int is_complex = oracle_kind(m->dtype) == 'c';
    cell out = { .re = is_complex ? hypotl(x.re, x.im) : fabsl(x.re) };
    out.error = isfinite(out.re) ? 2 * x.error + (is_complex ? function_ulps * oracle_epsilon(m->result) * out.re : 0) : 0;
    return out;
}

static cell extreme_size(const members *m, int largest) {
    cell best = { .re = largest ? 0 : INFINITY };
    long double error = 0;
    for (int64_t k = 0; k < m->n; k++) {
        cell size = size_of(m, m->cell[k]);
        if (isnan(size.re)) {
            return (cell){ .re = NAN };
        }
        best = (largest ? size.re > best.re : size.re < best.re) ? size : best;
        error = fmaxl(error, size.error);
    }
    return cell_rounded(m->result, best.re, 0, isfinite(best.re) ? error : 0);
}

/* The p-th root of sizes to the power of p. Sums of sizes themselves are rounded to the dtype, sums of powers are float64. */
static cell norm(const members *m, long double p) {
    sum total = { 0 };
    long double unit = oracle_epsilon(ASH_FLOAT64), largest = oracle_largest(ASH_FLOAT64) / 16;
    for (int64_t k = 0; k < m->n; k++) {
        cell size = size_of(m, m->cell[k]);
        long double power = powl(size.re, p), error = 0;
        if (p < 0 && size.error > 0 && size.re < 4 * size.error) {
            return cell_unknown;
        }
        if (isfinite(size.re) && size.re + size.error > 0 && (p > 0 || size.re > 0)) {
            long double edge = p < 0 ? size.re - size.error : size.re + size.error;
            error = fmaxl(fabsl(powl(edge, p) - power), p < 1 && p > 0 ? power - powl(fmaxl(size.re - size.error, 0), p) : 0) +
                function_ulps * unit * power;
        }
        if (isfinite(power) && power > largest) {
            return cell_unknown;
        }
        add(&total, power, 0, error);
    }
    if (!isfinite(total.re)) {
        return isnan(total.re) ? (cell){ .re = NAN } : (cell){ .re = p > 0 ? INFINITY : 0 };
    }
    long double error = bound_of(&total, p == 1 ? m->result : ASH_FLOAT64), root = powl(total.re, 1 / p);
    long double high = powl(total.re + error, 1 / p), low = powl(fmaxl(total.re - error, 0), 1 / p);
    if (total.re > largest || (p < 0 && total.re <= error && total.re > 0)) {
        return cell_unknown;
    }
    if (total.re == 0 && p < 0) { /* of no elements: 1 / 0 */
        return (cell){ .re = INFINITY };
    }
    return cell_rounded(m->result, root, 0,
        total.error == 0 && total.sizes == 0
            ? 0
            : fmaxl(fabsl(high - root), fabsl(root - low)) + (4 * oracle_epsilon(m->result) + 16 * unit) * root);
}

/* ---- Sums of exponentials ---- */

static cell log_sum_exp(const members *m) {
    sum total = { 0 };
    long double largest = -INFINITY, eps = oracle_epsilon(m->result);
    for (int64_t k = 0; k < m->n; k++) {
        largest = fmaxl(largest, m->cell[k].re);
    }
    if (isinf(largest)) {
        return (cell){ .re = largest };
    }
    for (int64_t k = 0; k < m->n; k++) {
        long double distance = m->cell[k].re - largest, power = expl(distance);
        long double error = isinf(distance) ? 0 : expm1l(2 * m->cell[k].error + eps * (1 - distance));
        add(&total, power, 0, power * (error + function_ulps * eps) + oracle_least(m->result));
    }
    long double error = bound_of(&total, m->result), log = logl(total.re);
    if (!(error < total.re / 4)) {
        return cell_unknown;
    }
    return cell_rounded(
        m->result, largest + log, 0, 2 * error / total.re + look(m).error + function_ulps * eps * (fabsl(log) + fabsl(largest) + eps));
}

/* ---- Averages ---- */

/* sum(x w) / sum(w) of complex numbers of which real ones are a case. */
static cell average(const members *m) {
    sum products = { 0 }, weights = { 0 };
    int nan = 0, odd = 0, all_zero = 1;
    for (int64_t k = 0; k < m->n; k++) {
        cell x = m->cell[k], w = m->weight[k];
        long double re = x.re * w.re - x.im * w.im, im = x.re * w.im + x.im * w.re, size = oracle_size(x) * oracle_size(w);
        if (x.error == INFINITY || w.error == INFINITY) {
            return cell_unknown;
        }
        nan |= isnan(x.re) || isnan(w.re);
        odd |= !isfinite(size) || size > oracle_largest(m->result) / 4;
        all_zero = all_zero && oracle_size(w) == 0 && w.error == 0;
        add(&products, re, im,
            oracle_size(x) * w.error * 2 + oracle_size(w) * x.error * 2 + 2 * w.error * x.error + 4 * oracle_epsilon(m->result) * size +
                oracle_least(m->result));
        add(&weights, w.re, w.im, w.error);
    }
    int is_complex = oracle_kind(m->result) == 'c';
    if (m->n == 0 || (!is_complex && (nan || all_zero))) {
        return is_complex ? cell_unknown : nan_of(m->result);
    }
    long double uncertain = bound_of(&weights, m->result), divisor = hypotl(weights.re, weights.im),
                large = sqrtl(oracle_largest(m->result));
    if (odd || nan || !isfinite(divisor) || divisor <= 2 * uncertain || products.sizes > oracle_largest(m->result) / 4 ||
        (is_complex && (divisor > large / 16 || divisor < 16 / large || products.sizes > large / 16))) {
        return cell_unknown;
    }
    long double error = bound_of(&products, m->result), scale = divisor * divisor;
    long double re = (products.re * weights.re + products.im * weights.im) / scale;
    long double im = (products.im * weights.re - products.re * weights.im) / scale;
    long double size = hypotl(re, im);
    return cell_rounded(m->result, re, im,
        2 * (error + size * uncertain) / (divisor - uncertain) + 16 * oracle_epsilon(m->result) * size + oracle_least(m->result));
}

/* ---- Any of them ---- */

static cell root_of_mean_square(const members *m) {
    sum squares = { 0 };
    for (int64_t k = 0; k < m->n; k++) {
        cell x = m->cell[k];
        add(&squares, x.re * x.re, 0, isfinite(x.re) ? 2 * fabsl(x.re) * x.error + x.error * x.error : 0);
    }
    if (m->n == 0 || isnan(squares.re)) {
        return (cell){ .re = NAN };
    }
    if (isinf(squares.re)) {
        return (cell){ .re = INFINITY };
    }
    long double n = (long double)m->n, error = bound_of(&squares, ASH_FLOAT64), root = sqrtl(squares.re / n);
    if (squares.re > oracle_largest(ASH_FLOAT64) / 4) {
        return cell_unknown;
    }
    return cell_rounded(m->result, root, 0,
        fmaxl(sqrtl((squares.re + error) / n) - root, root - sqrtl(fmaxl(squares.re - error, 0) / n)) +
            4 * oracle_epsilon(m->result) * root);
}

cell oracle_fold_statistic(const oracle_reduction *reduction, const members *m, double ddof) {
    sight seen = look(m);
    if (seen.open) {
        return cell_unknown;
    }
    switch (reduction->method) {
    case 'r': return range(m);
    case 'o': return moment(m, (int)reduction->parameter, ddof);
    case 'N': return norm(m, (long double)reduction->parameter);
    case '+':
    case '-': return extreme_size(m, reduction->method == '+');
    case 'x': return seen.nan ? (cell){ .re = NAN } : log_sum_exp(m);
    case 'K': return root_of_mean_square(m);
    default: return average(m);
    }
}
