/* Scans and differences in random expressions. */
#include "random_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int random_scan(generator *g, int depth, const target *t) {
    if (t->ndim == 0) {
        return random_reduce(g, depth, t);
    }
    int axis = (int)random_below(g, t->ndim), a = random_make(g, depth - 1, t);
    char word[16];
    const oracle_scan *kind = &oracle_scans[random_below(g, oracle_scan_count)];
    if (!dense_is_exact(VALUE(a)) && strstr(kind->name, "prod")) { /* bounds of long products are no bounds */
        return a;
    }
    return generator_add(g, kind->call(HANDLE(a), random_axis_text(g, VALUE(a), axis, word)), oracle_scan_along(kind, VALUE(a), axis),
        "%s(%s, %s)", kind->name, TEXT(a), word);
}

/* ---- Differences ---- */

int random_difference(generator *g, int depth, const target *t) {
    if (t->ndim == 0) {
        return random_reduce(g, depth, t);
    }
    target source = *t;
    int axis = (int)random_below(g, t->ndim);
    int64_t n = random_below(g, 4);
    char word[16];
    source.shape[axis] = t->shape[axis] > 0 ? t->shape[axis] + n : random_below(g, n + 1);
    int a = random_make(g, depth - 1, &source);
    dense *value = oracle_diff(VALUE(a), axis, n);
    if (t->ndim == 1 && n == 1 && one_in(g, 2)) {
        return generator_add(g, ash_ediff1d(HANDLE(a)), value, "ediff1d(%s)", TEXT(a));
    }
    return generator_add(
        g, ash_diff(HANDLE(a), random_axis_text(g, VALUE(a), axis, word), n), value, "diff(%s, %s, %lld)", TEXT(a), word, (long long)n);
}

/* ---- Integrals ---- */

/* Where the points are: of the array's shape, or along its axis only, with its name or none. */
static int random_points(generator *g, int depth, const dense *y, int axis) {
    target t = target_of(y);
    if (one_in(g, 3)) {
        return random_make(g, depth - 1, &t);
    }
    target line = { .ndim = 1, .shape = { t.shape[axis] }, .name = { one_in(g, 2) ? t.name[axis] : 0 } };
    return random_leaf(g, &line);
}

int random_trapezoid(generator *g, int depth, const target *t) {
    target source = *t;
    int cumulative = t->ndim > 0 && one_in(g, 2), axis = (int)random_below(g, cumulative ? t->ndim : t->ndim + 1);
    char word[16];
    if (cumulative) {
        source.shape[axis] += t->shape[axis] > 0 ? 1 : random_below(g, 2);
    } else {
        target_insert(&source, axis, random_extent(g, t), random_free_name(g, t));
    }
    int y = random_make(g, depth - 1, &source);
    const char *dim = random_axis_text(g, VALUE(y), axis, word);
    if (one_in(g, 3)) {
        double dx = (double)(random_below(g, 41) - 20) / 10;
        dense *distance = dense_new(ASH_FLOAT64, 0, NULL, NULL);
        distance->weak = 'f';
        distance->cell[0].re = dx;
        dense *value = oracle_trapezoid(VALUE(y), distance, axis, cumulative);
        dense_free(distance);
        return generator_add(g, (cumulative ? ash_cumulative_trapezoid_dx : ash_trapezoid_dx)(HANDLE(y), dx, dim), value,
            "%strapezoid_dx(%s, %g, %s)", cumulative ? "cumulative_" : "", TEXT(y), dx, dim);
    }
    int x = random_points(g, depth, VALUE(y), axis);
    return generator_add(g, (cumulative ? ash_cumulative_trapezoid : ash_trapezoid)(HANDLE(y), HANDLE(x), dim),
        oracle_trapezoid(VALUE(y), VALUE(x), axis, cumulative), "%strapezoid(%s, %s, %s)", cumulative ? "cumulative_" : "", TEXT(y),
        TEXT(x), dim);
}
