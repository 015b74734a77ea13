/* Quantiles by the definitions of Hyndman and Fan: the members in order, and a place among them counted from 1. */
#include "oracle_reduce.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const oracle_quantile_methods[] = { "linear", "lower", "higher", "nearest", "midpoint", "inverted_cdf", "averaged_inverted_cdf",
    "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased" };
const int oracle_quantile_method_count = sizeof oracle_quantile_methods / sizeof oracle_quantile_methods[0];

static int by_value(const void *a, const void *b) {
    long double x = ((const cell *)a)->re, y = ((const cell *)b)->re;
    return (x > y) - (x < y);
}

static int is(const char *method, const char *name) {
    return strcmp(method, name) == 0;
}

/* The place of the quantile among n members. */
static long double place(const char *method, long double n, long double q) {
    if (is(method, "inverted_cdf") || is(method, "averaged_inverted_cdf") || is(method, "interpolated_inverted_cdf")) {
        return n * q;
    }
    return is(method, "closest_observation") ? n * q - 0.5L
        : is(method, "hazen")                ? n * q + 0.5L
        : is(method, "weibull")              ? (n + 1) * q
        : is(method, "median_unbiased")      ? (n + 1.0L / 3) * q + 1.0L / 3
        : is(method, "normal_unbiased")      ? (n + 0.25L) * q + 0.375L
                                             : 1 + (n - 1) * q;
}

/* How much of the later one of two neighbours counts at `part` of the way between them; the earlier one is number `before`. -1: by `part`
 * between them; -2: too close to an edge to say. */
static long double share(const char *method, long double part, int64_t before) {
    static const long double close = 1e-10L;
    int at_place = part == 0, near_place = !at_place && (part < close || part > 1 - close);
    int jumps = !is(method, "linear") && !is(method, "interpolated_inverted_cdf") && !is(method, "hazen") && !is(method, "weibull") &&
        !strstr(method, "unbiased");
    if (!jumps) {
        return -1;
    }
    if (is(method, "nearest")) {
        int half = part == 0.5L;
        return !half && fabsl(part - 0.5L) < close ? -2 : half ? before % 2 == 0 : part > 0.5L; /* counted from 0 the even one of two */
    }
    if (near_place) {
        return -2;
    }
    return is(method, "lower")                ? 0
        : is(method, "midpoint")              ? (at_place ? 0 : 0.5L)
        : is(method, "averaged_inverted_cdf") ? (at_place ? 0.5L : 1)
        : is(method, "closest_observation")   ? (at_place && before % 2 == 0 ? 0 : 1)
                                              : !at_place; /* higher, inverted_cdf */
}

/* Between two neighbours; the median is their mean, whatever they are. */
static cell between(const members *m, cell low, cell high, long double weight, long double error, int is_median) {
    ash_dtype dtype = m->result;
    long double size = fabsl(low.re) + fabsl(high.re);
    if (weight == 0 || weight == 1 || low.re == high.re) {
        cell out = weight == 1 ? high : low;
        return isinf(out.re) ? (cell){ .re = out.re } : cell_rounded(dtype, out.re, 0, error);
    }
    if (isinf(size)) {
        return is_median ? (cell){ .re = low.re + high.re } : cell_unknown;
    }
    if (size > oracle_largest(ASH_FLOAT64) / 4) {
        return cell_unknown;
    }
    long double value = low.re + (high.re - low.re) * weight;
    return cell_rounded(dtype, value, 0,
        error + 4 * oracle_epsilon(ASH_FLOAT64) * (long double)(m->n + 4) * size + oracle_epsilon(dtype) * fabsl(value) +
            oracle_least(dtype));
}

cell oracle_fold_quantile(const oracle_reduction *reduction, const members *m) {
    int is_median = reduction->method == 'M';
    const char *method = is_median ? "midpoint" : reduction->name;
    long double error = 0, q = is_median ? 0.5L : (long double)reduction->parameter;
    int nan = m->n == 0;
    for (int64_t k = 0; k < m->n; k++) {
        error = fmaxl(error, m->cell[k].error);
        nan |= isnan(m->cell[k].re);
        m->cell[k].re += 0; /* zeros are positive */
    }
    if (error == INFINITY || nan) {
        return error == INFINITY ? cell_unknown : (cell){ .re = NAN };
    }
    qsort(m->cell, (size_t)m->n, sizeof *m->cell, by_value);
    long double at = place(method, (long double)m->n, q), below = floorl(at);
    if (below < 1 || below >= (long double)m->n) {
        cell end = m->cell[below < 1 ? 0 : m->n - 1];
        return between(m, end, end, 0, error, 0);
    }
    int64_t before = (int64_t)below;
    long double weight = share(method, at - below, before);
    if (weight == -2) {
        return cell_unknown;
    }
    return between(m, m->cell[before - 1], m->cell[before], weight < 0 ? at - below : weight, error, is_median);
}

dense *oracle_quantiles(
    const dense *a, const char reduced[], int keepdims, int n, const double q[], const char *method, int skips, char name) {
    dense *out = NULL;
    for (int k = 0; k < n; k++) {
        const oracle_reduction quantile = { .name = method, .method = 'Q', .skips = skips, .parameter = q[k] };
        dense *one = oracle_reduce(&quantile, a, reduced, keepdims, 0, NULL, 0);
        if (!out) {
            int64_t shape[ASH_MAX_NDIM] = { n };
            char names[ASH_MAX_NDIM] = { name };
            memcpy(shape + 1, one->shape, (size_t)one->ndim * sizeof *shape);
            memcpy(names + 1, one->name, (size_t)one->ndim);
            out = dense_new(one->dtype, one->ndim + 1, shape, names);
        }
        memcpy(out->cell + k * one->size, one->cell, (size_t)one->size * sizeof *one->cell);
        dense_free(one);
    }
    return out;
}
