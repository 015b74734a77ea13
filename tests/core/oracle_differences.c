/* Differences of neighbours and integrals made of them, step by step in the oracle's own arithmetic. */
#include "oracle.h"
#include "oracle_ops.h"

#include <string.h>

/* All elements along an axis but the first (from 1) or the last (from 0). */
static dense *but_one(const dense *a, int axis, int from) {
    int to[ASH_MAX_NDIM];
    int64_t start[ASH_MAX_NDIM] = { 0 }, step[ASH_MAX_NDIM], shape[ASH_MAX_NDIM];
    for (int k = 0; k < a->ndim; k++) {
        to[k] = k;
        step[k] = 1;
        shape[k] = a->shape[k] - (k == axis && a->shape[k] > 0);
    }
    start[axis] = from;
    return oracle_view(a, a->ndim, shape, a->name, to, start, step);
}

static dense *combined(int id, const dense *a, const dense *b) {
    dense *out[2] = { NULL };
    oracle_apply(&oracle_ops[id], (const dense *const[]){ a, b }, out);
    return out[0];
}

/* The operation on neighbours: the later one first. */
static dense *neighbours(int id, const dense *a, int axis) {
    dense *later = but_one(a, axis, 1), *earlier = but_one(a, axis, 0), *out = combined(id, later, earlier);
    dense_free(later);
    dense_free(earlier);
    return out;
}

dense *oracle_diff(const dense *a, int axis, int64_t n) {
    int id = a->dtype == ASH_BOOL ? op_not_equal : op_sub;
    dense *out = oracle_cast(a, a->dtype);
    for (int64_t k = 0; k < n; k++) {
        dense *next = neighbours(id, out, axis);
        dense_free(out);
        out = next;
    }
    return out;
}

/* The distances of x along its axis that stands for `axis` of y: an anonymous x of one dimension gets as many axes after it as y has. */
static dense *widths(const dense *x, const dense *y, int axis) {
    int64_t shape[ASH_MAX_NDIM] = { x->shape[0] }, start[1] = { 0 }, step[1] = { 1 };
    char names[ASH_MAX_NDIM] = { 0 };
    if (x->ndim > 1 || x->name[0]) {
        int own = 0;
        while (x->ndim > 1 && (y->name[axis] ? x->name[own] != y->name[axis] : own != axis)) {
            own++;
        }
        return oracle_diff(x, own, 1);
    }
    for (int k = 1; k < y->ndim - axis; k++) {
        shape[k] = 1;
    }
    dense *placed = oracle_view(x, y->ndim - axis, shape, names, (int[]){ 0 }, start, step);
    dense *out;
    if (y->name[axis]) {
        dense *named = oracle_cast(x, x->dtype);
        named->name[0] = y->name[axis];
        out = oracle_diff(named, 0, 1);
        dense_free(named);
    } else {
        out = oracle_diff(placed, 0, 1);
    }
    dense_free(placed);
    return out;
}

dense *oracle_trapezoid(const dense *y, const dense *x, int axis, int cumulative) {
    char kind = oracle_kind(y->dtype), reduced[ASH_MAX_NDIM] = { 0 };
    dense *real = oracle_cast(y, kind == 'f' || kind == 'c' ? y->dtype : ASH_FLOAT64);
    dense *half = dense_new(ASH_FLOAT64, 0, NULL, NULL), *width = x->weak ? NULL : widths(x, y, axis);
    half->weak = 'f';
    half->cell[0].re = 0.5L;
    dense *sums = neighbours(op_add, real, axis), *heights = combined(op_mul, sums, half);
    dense *areas = combined(op_mul, heights, width ? width : x), *out;
    const oracle_scan *scan = oracle_scans;
    const oracle_reduction *reduction = oracle_reductions;
    while (strcmp(scan->name, "cumsum") != 0) {
        scan++;
    }
    while (strcmp(reduction->name, "sum") != 0) {
        reduction++;
    }
    reduced[axis] = 1;
    out = cumulative ? oracle_scan_along(scan, areas, axis) : oracle_reduce(reduction, areas, reduced, 0, 0, NULL, 0);
    dense *const parts[] = { real, half, width, sums, heights, areas };
    for (int k = 0; k < 6; k++) {
        dense_free(parts[k]);
    }
    return out;
}
