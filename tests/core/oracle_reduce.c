/* Reductions: the members of every cell of the result are collected, in the array's order, and folded in long double. Bounds on floating
 * sums hold for any order of adding up in float64 with one rounding at the end. */
#include "oracle_reduce.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int oracle_is_floating(ash_dtype dtype) {
    return oracle_kind(dtype) == 'f' || oracle_kind(dtype) == 'c';
}
int oracle_is_nan(ash_dtype dtype, cell x) {
    return oracle_is_floating(dtype) && (isnan(x.re) || isnan(x.im));
}
long double oracle_size(cell x) {
    return hypotl(x.re, x.im);
}

static ash_dtype result_dtype(const oracle_reduction *reduction, ash_dtype dtype) {
    char kind = oracle_kind(dtype);
    switch (reduction->method) {
    case 's':
    case 'p': return kind == 'u' ? ASH_UINT64 : kind == 'i' || kind == 'b' ? ASH_INT64 : dtype;
    case 'K': return ASH_FLOAT64;
    case 'm':
    case 'o':
    case 'x':
    case 'Q':
    case 'M':
    case 'w': return oracle_is_floating(dtype) ? dtype : ASH_FLOAT64;
    case 'N':
    case '0':
    case '+':
    case '-':
    case 'v':
    case 'd': return dtype == ASH_COMPLEX64 ? ASH_FLOAT32 : oracle_is_floating(dtype) && kind == 'f' ? dtype : ASH_FLOAT64;
    case 'r':
    case 'l':
    case 'h': return dtype;
    case 'a':
    case 'A': return ASH_BOOL;
    default: return ASH_INT64;
    }
}

/* ---- Sums and products ---- */

static cell whole(const members *m, int product) {
    uint64_t total = (uint64_t)product;
    for (int64_t k = 0; k < m->n; k++) {
        if (m->cell[k].error > 0) {
            return cell_unknown;
        }
        total = product ? total * (uint64_t)m->cell[k].i : total + (uint64_t)m->cell[k].i;
    }
    return (cell){ .i = (int64_t)total };
}

/* sum / divisor. */
static cell total(const members *m, long double divisor) {
    long double re = 0, im = 0, sizes = 0, error = 0, unit = oracle_epsilon(ASH_FLOAT64);
    int open = 0;
    for (int64_t k = 0; k < m->n; k++) {
        cell x = m->cell[k];
        open |= x.error == INFINITY;
        re += x.re;
        im += x.im;
        if (isfinite(x.re) && isfinite(x.im)) {
            sizes += oracle_size(x);
            error += x.error;
        } else if (isfinite(x.re) || isfinite(x.im)) {
            sizes += isfinite(x.re) ? fabsl(x.re) : fabsl(x.im);
        }
    }
    if (open || sizes > oracle_largest(ASH_FLOAT64) / 2) {
        return cell_unknown;
    }
    if (divisor == 0) { /* of no elements */
        return (cell){ .re = NAN, .im = oracle_kind(m->result) == 'c' ? NAN : 0 };
    }
    error = (error + (long double)(m->n + 4) * unit * sizes) / divisor +
        (isfinite(re) ? fabsl(re) : 0) / divisor * 2 * oracle_epsilon(m->result) + oracle_least(m->result);
    if (isfinite(re) && isfinite(im)) {
        return cell_rounded(m->result, re / divisor, im / divisor, error + (fabsl(re) + fabsl(im)) / divisor * oracle_epsilon(m->result));
    }
    return (cell){
        .re = re / divisor, .im = im / divisor, .error = oracle_kind(m->result) == 'c' ? error + sizes * oracle_epsilon(m->result) : 0
    };
}

static cell product(const members *m) {
    long double re = 1, im = 0, exponents = 0, above = 1, unit = oracle_epsilon(ASH_FLOAT64);
    int special = 0, open = 0, zero = 0;
    for (int64_t k = 0; k < m->n; k++) {
        cell x = m->cell[k];
        if (oracle_kind(m->result) == 'c') {
            long double next = re * x.re - im * x.im;
            im = re * x.im + im * x.re;
            re = next;
        } else {
            re *= x.re;
        }
        open |= x.error == INFINITY || (x.error > 0 && oracle_size(x) <= x.error);
        special |= !isfinite(x.re) || !isfinite(x.im);
        zero |= oracle_size(x) == 0;
        exponents += oracle_size(x) > 0 && isfinite(oracle_size(x)) ? fabsl(log2l(oracle_size(x))) : 0;
        above *= oracle_size(x) + 2 * x.error;
    }
    if (open || exponents > 900 || (special && oracle_kind(m->result) == 'c')) {
        return cell_unknown;
    }
    if (special || zero) {
        return (cell){ .re = re, .im = im };
    }
    return cell_rounded(m->result, re, im,
        above - hypotl(re, im) + above * ((long double)(8 * m->n + 8) * unit + 2 * oracle_epsilon(m->result)) + oracle_least(m->result));
}

/* ---- Moments ---- */

static cell variance(const members *m, double ddof, int root) {
    long double n = (long double)m->n, re = 0, im = 0, squares = 0, raw = 0, widest = 0, uncertain = 0, unit = oracle_epsilon(ASH_FLOAT64);
    int open = 0, special = 0;
    for (int64_t k = 0; k < m->n; k++) {
        open |= m->cell[k].error == INFINITY;
        special |= !isfinite(m->cell[k].re) || !isfinite(m->cell[k].im);
        re += m->cell[k].re / n;
        im += m->cell[k].im / n;
        raw += oracle_size(m->cell[k]) * oracle_size(m->cell[k]);
        uncertain = fmaxl(uncertain, 2 * m->cell[k].error);
    }
    for (int64_t k = 0; k < m->n; k++) {
        long double distance = hypotl(m->cell[k].re - re, m->cell[k].im - im);
        squares += distance * distance;
        widest = fmaxl(widest, distance);
    }
    if (open || (!special && raw > oracle_largest(ASH_FLOAT64) / 16)) {
        return cell_unknown;
    }
    if (m->n == 0 || special) {
        return (cell){ .re = NAN };
    }
    long double error = 8 * (n + 4) * unit * raw + n * (4 * widest * uncertain + 4 * uncertain * uncertain),
                divisor = n > ddof ? n - ddof : 0;
    if (divisor == 0) {
        return squares > error ? (cell){ .re = INFINITY } : cell_unknown;
    }
    long double v = squares / divisor;
    error /= divisor;
    if (root) {
        error = v > error ? error / sqrtl(v - error) : sqrtl(2 * error);
        v = sqrtl(v);
    }
    return cell_rounded(m->result, v, 0, error + 2 * oracle_epsilon(m->result) * v + oracle_least(m->result));
}

/* ---- Extremes ---- */

static int before(const members *m, cell a, cell b) { /* a < b */
    if (oracle_is_floating(m->dtype)) {
        return a.re < b.re || (a.re == b.re && a.im < b.im);
    }
    return oracle_kind(m->dtype) == 'u' ? (uint64_t)a.i < (uint64_t)b.i : a.i < b.i;
}

/* Index of the extreme member, -1 if there is none; of the first NaN if there is one. */
static int64_t extreme(const members *m, int largest) {
    int64_t best = -1;
    for (int64_t k = 0; k < m->n; k++) {
        if (oracle_is_nan(m->dtype, m->cell[k])) {
            return k;
        }
        if (best < 0 || (largest ? before(m, m->cell[best], m->cell[k]) : before(m, m->cell[k], m->cell[best]))) {
            best = k;
        }
    }
    return best;
}

cell oracle_extreme(const members *m, int largest) {
    long double uncertain = 0;
    for (int64_t k = 0; k < m->n; k++) {
        uncertain = fmaxl(uncertain, m->cell[k].error);
    }
    int64_t at = extreme(m, largest);
    if (uncertain == INFINITY || (uncertain > 0 && oracle_kind(m->dtype) == 'c')) {
        return cell_unknown;
    }
    if (at < 0 || oracle_is_nan(m->dtype, m->cell[at])) {
        return (cell){ .re = NAN, .im = oracle_kind(m->dtype) == 'c' ? NAN : 0 };
    }
    cell out = m->cell[at];
    out.re += 0; /* of zeros of both signs the positive one */
    out.im += 0;
    out.error = isfinite(out.re) ? uncertain : 0;
    return out;
}

/* ---- One cell of the result ---- */

static cell truth(const members *m, int all) {
    int result = all, open = 0;
    for (int64_t k = 0; k < m->n; k++) {
        cell x = oracle_cast_cell(m->cell[k], m->dtype, ASH_BOOL);
        open |= x.error > 0;
        result = all ? result && x.i : result || x.i;
    }
    return open ? cell_unknown : (cell){ .i = result };
}

static cell number_of_members(const members *m) {
    int64_t n = 0;
    for (int64_t k = 0; k < m->n; k++) {
        if (m->cell[k].error == INFINITY) {
            return cell_unknown;
        }
        n += !oracle_is_nan(m->dtype, m->cell[k]);
    }
    return (cell){ .i = n };
}

static cell number_not_zero(const members *m) {
    int64_t n = 0;
    for (int64_t k = 0; k < m->n; k++) {
        cell x = m->cell[k];
        if (x.error > 0) {
            return cell_unknown;
        }
        n += oracle_is_floating(m->dtype) ? x.re != 0 || x.im != 0 : x.i != 0;
    }
    return (cell){ .i = n };
}

static cell position(const members *m, int largest) {
    for (int64_t k = 0; k < m->n; k++) {
        if (m->cell[k].error > 0) {
            return cell_unknown;
        }
    }
    int64_t at = extreme(m, largest);
    return (cell){ .i = at < 0 ? -1 : m->position[at] };
}

/* As sums and means of integers: in float64. */
static void as_real(members *m) {
    for (int64_t k = 0; k < m->n && !oracle_is_floating(m->dtype); k++) {
        m->cell[k] = oracle_cast_cell(m->cell[k], m->dtype, ASH_FLOAT64);
    }
}

static cell fold(const oracle_reduction *reduction, members *m, double ddof) {
    switch (reduction->method) {
    case 's': return oracle_is_floating(m->dtype) ? total(m, 1) : whole(m, 0);
    case 'p': return oracle_is_floating(m->dtype) ? product(m) : whole(m, 1);
    case 'm': as_real(m); return total(m, (long double)m->n);
    case 'v':
    case 'd': as_real(m); return variance(m, ddof, reduction->method == 'd');
    case 'l':
    case 'h': return oracle_extreme(m, reduction->method == 'h');
    case 'L':
    case 'H': return position(m, reduction->method == 'H');
    case 'a':
    case 'A': return truth(m, reduction->method == 'A');
    case 'n': return number_not_zero(m);
    case 'c': return number_of_members(m);
    case '0': {
        cell n = number_not_zero(m);
        return oracle_cast_cell(n, ASH_INT64, m->result);
    }
    case 'r': return oracle_fold_statistic(reduction, m, ddof);
    case 'M':
    case 'Q': as_real(m); return oracle_fold_quantile(reduction, m);
    default: as_real(m); return oracle_fold_statistic(reduction, m, ddof);
    }
}

/* ---- The array ---- */

/* The result's axis for every axis of `a`, -1 where it vanishes. */
static dense *frame(const oracle_reduction *reduction, const dense *a, const char reduced[], int keepdims, const int64_t *labels,
    int64_t groups, int to[]) {
    int64_t shape[ASH_MAX_NDIM];
    char name[ASH_MAX_NDIM];
    int ndim = 0;
    for (int k = 0; k < a->ndim; k++) {
        to[k] = -1;
        if (!reduced[k] || keepdims || labels) {
            to[k] = ndim;
            shape[ndim] = !reduced[k] ? a->shape[k] : labels ? groups : 1;
            name[ndim++] = a->name[k];
        }
    }
    return dense_new(result_dtype(reduction, a->dtype), ndim, shape, name);
}

/* Where element `index` of `a` goes: the cell of `out`, -1 if its label is negative; and its position in the reduced dimensions. */
static int64_t destination(
    const dense *a, const dense *out, const char reduced[], const int64_t *labels, const int to[], const int64_t index[], int64_t *flat) {
    int64_t want[ASH_MAX_NDIM] = { 0 };
    *flat = 0;
    for (int axis = 0; axis < a->ndim; axis++) {
        int64_t here = !reduced[axis] ? index[axis] : labels ? labels[index[axis]] : 0;
        if (here < 0) {
            return -1;
        }
        if (to[axis] >= 0) {
            want[to[axis]] = here;
        }
        *flat = reduced[axis] ? *flat * a->shape[axis] + index[axis] : *flat;
    }
    return dense_position(out, want);
}

static void add_member(members *m, cell value, cell weight, int64_t flat) {
    if ((m->n & (m->n - 1)) == 0) { /* full at every power of two */
        size_t room = (size_t)(2 * m->n + 1);
        m->cell = realloc(m->cell, room * sizeof *m->cell);
        m->weight = realloc(m->weight, room * sizeof *m->weight);
        m->position = realloc(m->position, room * sizeof *m->position);
    }
    m->cell[m->n] = value;
    m->weight[m->n] = weight;
    m->position[m->n++] = flat;
}

/* What else a reduction may be given. */
typedef struct extras {
    const dense *mask, *weights; /* of the array's shape */
    const int64_t *initial;
    const int64_t *labels;
    int64_t groups;
} extras;

static dense *reduce_members(
    const oracle_reduction *reduction, const dense *a, const char reduced[], int keepdims, double ddof, const extras *with) {
    int to[ASH_MAX_NDIM];
    dense *out = frame(reduction, a, reduced, keepdims, with->labels, with->groups, to);
    members *m = calloc((size_t)out->size + 1, sizeof *m);
    for (int64_t k = 0; k < out->size; k++) {
        m[k] = (members){ .dtype = a->dtype, .result = out->dtype };
    }
    for (int64_t j = 0; j < a->size; j++) {
        int64_t index[ASH_MAX_NDIM], flat;
        dense_index(a, j, index);
        int64_t k = destination(a, out, reduced, with->labels, to, index, &flat);
        int skipped = reduction->skips && a->cell[j].error != INFINITY && oracle_is_nan(a->dtype, a->cell[j]);
        if (k >= 0 && !skipped && !(with->mask && !with->mask->cell[j].i)) {
            add_member(&m[k], a->cell[j], with->weights ? with->weights->cell[j] : (cell){ 0 }, flat);
        }
    }
    for (int64_t k = 0; k < out->size; k++) {
        if (with->initial) {
            add_member(&m[k], oracle_cast_cell((cell){ .i = *with->initial }, ASH_INT64, a->dtype), (cell){ 0 }, 0);
        }
        out->cell[k] = fold(reduction, &m[k], ddof);
        free(m[k].cell);
        free(m[k].weight);
        free(m[k].position);
    }
    free(m);
    return out;
}

dense *oracle_reduce(const oracle_reduction *reduction, const dense *a, const char reduced[], int keepdims, double ddof,
    const int64_t *labels, int64_t groups) {
    return reduce_members(reduction, a, reduced, keepdims, ddof, &(extras){ .labels = labels, .groups = groups });
}

dense *oracle_reduce_where(const oracle_reduction *reduction, const dense *a, const dense *mask, const int64_t *initial,
    const char reduced[], int keepdims, double ddof) {
    return reduce_members(reduction, a, reduced, keepdims, ddof, &(extras){ .mask = mask, .initial = initial });
}

dense *oracle_average(const dense *a, const dense *weights, const char reduced[], int keepdims, int skips) {
    const oracle_reduction average = { .name = "average", .method = 'w', .skips = skips };
    return reduce_members(&average, a, reduced, keepdims, 0, &(extras){ .weights = weights });
}
