/* Reductions in random expressions: with masks, of groups. */
#include "random_steps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `empty`: of no elements, which have no extreme. */
static const oracle_reduction *choose_reduction(generator *g, const dense *a, int empty, int group) {
    int strict = !dense_is_exact(a) && !one_in(g, 10);
    for (;;) {
        const oracle_reduction *reduction = &oracle_reductions[random_below(g, oracle_reduction_count)];
        int accepted = !reduction->kinds || strchr(reduction->kinds, oracle_kind(a->dtype));
        if (accepted && !(empty && strchr("lhLHr+-x", reduction->method)) && !(strict && strchr("LHaA0", reduction->method)) &&
            !(group && !reduction->call_group)) {
            return reduction;
        }
    }
}

/* Of complex numbers with NaN in one part only, the library does not say what the mean of the other part is. */
static dense *without_half_nan(dense *value) {
    for (int64_t k = 0; k < value->size && oracle_kind(value->dtype) == 'c'; k++) {
        cell x = value->cell[k];
        value->cell[k] = isnan(x.re) != isnan(x.im) ? cell_unknown : x;
    }
    return value;
}

/* With a mask, and for extremes a number that takes part; -1 if this reduction takes none. */
static int reduce_where(
    generator *g, const oracle_reduction *reduction, int a, const char *dims, const char reduced[], int keepdims, double ddof) {
    int64_t one = 1;
    int extreme = strchr("lh", reduction->method) != NULL, mask = -1;
    target shape = target_of(VALUE(a));
    mask = strchr("LHr+-xMN0o", reduction->method) ? -1 : random_make(g, 0, &shape);
    if (mask < 0 || !dense_is_exact(VALUE(mask))) {
        return -1;
    }
    mask = generator_add(g, ash_cast(HANDLE(mask), ASH_BOOL), oracle_cast(VALUE(mask), ASH_BOOL), "cast(%s, bool)", TEXT(mask));
    ash_reduce_options options = { .keepdims = keepdims, .ddof = ddof, .where = HANDLE(mask) };
    if (extreme) {
        options.initial = ash_int(g->context, one);
    }
    return generator_add(g, reduction->call_with(HANDLE(a), dims, &options),
        without_half_nan(oracle_reduce_where(reduction, VALUE(a), VALUE(mask), extreme ? &one : NULL, reduced, keepdims, ddof)),
        "%s(%s, %s, keepdims %d, ddof %g, where %s)", reduction->name, TEXT(a), dims ? dims : "NULL", keepdims, ddof, TEXT(mask));
}

int random_reduce(generator *g, int depth, const target *t) {
    target source;
    char reduced[ASH_MAX_NDIM], text[128];
    int keepdims = random_reduced_axes(g, t, &source, reduced), any, empty = 0;
    int a = random_make(g, depth - 1, &source);
    const char *dims = random_dims_text(g, VALUE(a), reduced, text, &any);
    for (int k = 0; k < source.ndim; k++) {
        empty |= reduced[k] && source.shape[k] == 0;
    }
    if (!any && source.ndim > 0) { /* five dimensions and none to reduce */
        return a;
    }
    const oracle_reduction *reduction = choose_reduction(g, VALUE(a), empty, 0);
    double ddof = !strchr("r+-xMN0", reduction->method) && one_in(g, 3) ? (double)random_below(g, 4) / 2 : 0;
    int masked = one_in(g, 4) && source.ndim > 0 ? reduce_where(g, reduction, a, dims, reduced, keepdims, ddof) : -1;
    if (masked >= 0) {
        return masked;
    }
    ash_array result = keepdims || ddof > 0
        ? reduction->call_with(HANDLE(a), dims, &(ash_reduce_options){ .keepdims = keepdims, .ddof = ddof })
        : reduction->call(HANDLE(a), dims);
    return generator_add(g, result, oracle_reduce(reduction, VALUE(a), reduced, keepdims, ddof, NULL, 0),
        "%s(%s, %s, keepdims %d, ddof %g)", reduction->name, TEXT(a), dims ? dims : "NULL", keepdims, ddof);
}

int random_group(generator *g, int depth, const target *t) {
    if (t->ndim == 0) {
        return random_reduce(g, depth, t);
    }
    target source = *t;
    int axis = (int)random_below(g, t->ndim), present = 1;
    int rename = g->named && one_in(g, 2);
    char reduced[ASH_MAX_NDIM] = { 0 }, word[16];
    reduced[axis] = 1;
    source.shape[axis] = 0;
    source.shape[axis] = random_extent(g, &source);
    source.name[axis] = rename ? random_free_name(g, t) : t->name[axis];
    int a = random_make(g, depth - 1, &source);
    int64_t n = source.shape[axis], groups = t->shape[axis], *labels = calloc((size_t)n + 1, sizeof *labels);
    ash_array label_array = random_labels(g, n, groups, one_in(g, 2), rename ? t->name[axis] : 0, labels);
    for (int64_t k = 0; k < groups && present; k++) {
        present = 0;
        for (int64_t j = 0; j < n; j++) {
            present |= labels[j] == k;
        }
    }
    char kind = oracle_kind(VALUE(a)->dtype);
    const oracle_reduction *reduction = choose_reduction(g, VALUE(a), !present && kind != 'f' && kind != 'c', 1);
    double ddof = one_in(g, 3) ? (double)random_below(g, 4) / 2 : 0;
    ash_array result = reduction->call_group(
        HANDLE(a), random_axis_text(g, VALUE(a), axis, word), label_array, &(ash_reduce_options){ .ddof = ddof, .groups = groups });
    dense *value = oracle_reduce(reduction, VALUE(a), reduced, 0, ddof, labels, groups);
    value->name[axis] = t->name[axis];
    free(labels);
    return generator_add(
        g, result, value, "group_%s(%s, %s, %lld groups, ddof %g)", reduction->name, TEXT(a), word, (long long)groups, ddof);
}
