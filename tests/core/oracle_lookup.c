/* Looking up in tables by reading all of the table for every element, and choosing between arrays. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Searching ---- */

int oracle_order(ash_dtype dtype, cell a, cell b) {
    switch (oracle_kind(dtype)) {
    case 'f': return isnan(a.re) || isnan(b.re) ? !!isnan(a.re) - !!isnan(b.re) : (a.re > b.re) - (a.re < b.re);
    case 'u': return ((uint64_t)a.i > (uint64_t)b.i) - ((uint64_t)a.i < (uint64_t)b.i);
    default: return (a.i > b.i) - (a.i < b.i);
    }
}

static int64_t count_before(const dense *table, cell x, int equal, int down) {
    int64_t n = 0;
    for (int64_t k = 0; k < table->size; k++) {
        int way = oracle_order(table->dtype, table->cell[k], x);
        n += down ? way > 0 || (equal && way == 0) : way < 0 || (equal && way == 0);
    }
    return n;
}

static int64_t count_equal(const dense *table, cell x) {
    int64_t n = 0;
    for (int64_t k = 0; k < table->size; k++) {
        int nan = oracle_kind(table->dtype) == 'f' && isnan(x.re);
        n += !nan && oracle_order(table->dtype, table->cell[k], x) == 0;
    }
    return n;
}

static cell moved(cell x, int sign) {
    return (cell){ .i = x.i, .re = x.re + sign * x.error };
}

dense *oracle_search(const dense *table, const dense *x, int equal, int down) {
    ash_dtype common = oracle_common(2, (const dense *const[]){ x, table });
    dense *places = oracle_cast(table, common), *from = oracle_cast(x, common);
    dense *out = dense_new(ASH_INT64, x->ndim, x->shape, x->name);
    for (int64_t k = 0; k < x->size; k++) {
        cell value = from->cell[k];
        int64_t low = count_before(places, moved(value, -1), equal, down), high = count_before(places, moved(value, 1), equal, down);
        out->cell[k] = value.error == INFINITY || low != high ? cell_unknown : (cell){ .i = low };
    }
    dense_free(places);
    dense_free(from);
    return out;
}

dense *oracle_isin(const dense *x, const dense *values, int invert) {
    ash_dtype common = oracle_common(2, (const dense *const[]){ x, values });
    dense *table = oracle_cast(values, common), *from = oracle_cast(x, common);
    dense *out = dense_new(ASH_BOOL, x->ndim, x->shape, x->name);
    for (int64_t k = 0; k < x->size; k++) {
        cell value = from->cell[k];
        int unsure = value.error == INFINITY || count_before(table, moved(value, -1), 0, 0) != count_before(table, moved(value, 1), 1, 0);
        out->cell[k] = value.error > 0 && unsure ? cell_unknown : (cell){ .i = (count_equal(table, value) > 0) != invert };
    }
    dense_free(table);
    dense_free(from);
    return out;
}

/* ---- Interpolation ---- */

typedef struct point {
    long double x, y;
} point;

static int by_place(const void *a, const void *b) {
    long double x = ((const point *)a)->x, y = ((const point *)b)->x;
    return (x > y) - (x < y);
}

/* The points as float64, in order and once more to both sides if they are periodic. Returns how many. */
static int64_t make_points(const dense *xp, const dense *fp, long double period, point *points) {
    int64_t n = xp->size;
    dense *x = oracle_cast(xp, ASH_FLOAT64), *y = oracle_cast(fp, ASH_FLOAT64);
    for (int64_t k = 0; k < n; k++) {
        long double place = x->cell[k].re;
        points[k] = (point){ period > 0 ? place - floorl(place / period) * period : place, y->cell[k].re };
    }
    if (period > 0) {
        qsort(points, (size_t)n, sizeof *points, by_place);
        for (int64_t k = 0; k < n; k++) {
            points[n + k] = (point){ points[k].x - period, points[k].y };
            points[2 * n + k] = (point){ points[k].x + period, points[k].y };
        }
        n *= 3;
        qsort(points, (size_t)n, sizeof *points, by_place);
    }
    dense_free(x);
    dense_free(y);
    return n;
}

/* The value at x, which may be off by `error`. */
static cell value_at(const point *p, int64_t n, long double x, long double error, const ash_interp_options *o) {
    long double eps = oracle_epsilon(ASH_FLOAT64);
    if (x < p[0].x || x > p[n - 1].x) {
        int low = x < p[0].x;
        long double edge = low ? p[0].x : p[n - 1].x;
        return error > 0 && fabsl(x - edge) <= error ? cell_unknown
            : low                                    ? (cell){ .re = o->has_left ? (long double)o->left : p[0].y }
                                                     : (cell){ .re = o->has_right ? (long double)o->right : p[n - 1].y };
    }
    int64_t k = 0;
    while (k + 1 < n && p[k + 1].x <= x) {
        k++;
    }
    if (error == 0 && (k == n - 1 || x == p[k].x)) {
        return (cell){ .re = p[k].y };
    }
    if (k == n - 1 || (error > 0 && (x - error <= p[k].x || x + error >= p[k + 1].x)) || !isfinite(p[k].y) || !isfinite(p[k + 1].y)) {
        return cell_unknown; /* near a place, where another line or none begins */
    }
    long double slope = (p[k + 1].y - p[k].y) / (p[k + 1].x - p[k].x), rise = slope * (x - p[k].x);
    return cell_rounded(ASH_FLOAT64, p[k].y + rise, 0, fabsl(slope) * error + 8 * eps * (fabsl(rise) + fabsl(p[k].y) + fabsl(p[k + 1].y)));
}

dense *oracle_interp(const dense *x, const dense *xp, const dense *fp, const ash_interp_options *options) {
    ash_interp_options o = options ? *options : (ash_interp_options){ 0 };
    point *points = calloc((size_t)(3 * xp->size), sizeof *points);
    int64_t n = make_points(xp, fp, o.period, points);
    dense *from = oracle_cast(x, ASH_FLOAT64), *out = dense_new(ASH_FLOAT64, x->ndim, x->shape, x->name);
    for (int64_t k = 0; k < x->size; k++) {
        cell value = from->cell[k];
        if (value.error == INFINITY) {
            out->cell[k] = cell_unknown;
        } else if (isnan(value.re) || (isinf(value.re) && o.period > 0)) {
            out->cell[k] = (cell){ .re = NAN };
        } else if (o.period > 0) { /* the remainder is rounded */
            long double rest = fmodl(value.re, o.period), error = value.error;
            error += rest < 0 ? 2 * oracle_epsilon(ASH_FLOAT64) * o.period : 0;
            out->cell[k] = value_at(points, n, rest < 0 ? rest + o.period : rest, error, &o);
        } else {
            out->cell[k] = value_at(points, n, value.re, value.error, &o);
        }
    }
    free(points);
    dense_free(from);
    return out;
}

/* ---- Choosing ---- */

/* The operands' element of every cell, in the dtype in which the choices meet: number `chosen` of them, -1 if that is not known. */
typedef int64_t chooser(int n, const dense *const operands[], const cell at[], int wrap);

static int64_t first_true(int n, const dense *const operands[], const cell at[], int wrap) {
    (void)wrap;
    for (int k = 0; k < n; k++) {
        cell condition = oracle_cast_cell(at[k], operands[k]->dtype, ASH_BOOL);
        if (condition.error > 0) {
            return -1;
        }
        if (condition.i) {
            return n + k;
        }
    }
    return 2 * n;
}

static int64_t numbered(int n, const dense *const operands[], const cell at[], int wrap) {
    __int128 index = oracle_kind(operands[0]->dtype) == 'u' ? (__int128)(uint64_t)at[0].i : (__int128)at[0].i;
    if (at[0].error > 0) {
        return -1;
    }
    index = wrap ? (index % n + n) % n : index < 0 ? 0 : index >= n ? n - 1 : index;
    return 1 + (int64_t)index;
}

/* `choices`: the first operand that is one. */
static dense *choose(int n, int operand_count, const dense *const operands[], int choices, chooser *which, int wrap) {
    dense frame = { 0 };
    int axis_of[16][ASH_MAX_NDIM];
    ash_dtype common = oracle_common(operand_count - choices, operands + choices);
    oracle_broadcast(operand_count, operands, &frame, axis_of);
    dense *out = dense_new(common, frame.ndim, frame.shape, frame.name);
    for (int64_t k = 0; k < out->size; k++) {
        cell at[16];
        int64_t index[ASH_MAX_NDIM];
        dense_index(out, k, index);
        for (int i = 0; i < operand_count; i++) {
            at[i] = oracle_fetch(operands[i], axis_of[i], index);
        }
        int64_t chosen = which(n, operands, at, wrap);
        out->cell[k] = chosen < 0 ? cell_unknown : oracle_cast_cell(at[chosen], operands[chosen]->dtype, common);
    }
    return out;
}

dense *oracle_select(int n, const dense *const operands[]) {
    return choose(n, 2 * n + 1, operands, n, first_true, 0);
}

dense *oracle_choose(int n, const dense *const operands[], int wrap) {
    return choose(n, n + 1, operands, 1, numbered, wrap);
}
