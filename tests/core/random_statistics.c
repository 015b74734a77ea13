/* Averages, quantiles and a custom reduction in random expressions. */
#include "random_steps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Averages ---- */

/* Weights may lack axes of the array, or have extent 1 there; named ones may come in any order. */
static target weight_target(generator *g, const dense *a) {
    target t = target_of(a);
    for (int k = 0; k < t.ndim; k++) {
        t.shape[k] = one_in(g, 4) ? 1 : t.shape[k];
    }
    for (int k = t.ndim - 1; k >= 0 && g->named; k--) {
        if (one_in(g, 3)) {
            target_remove(&t, k);
        }
    }
    while (!g->named && t.ndim > 0 && one_in(g, 3)) {
        target_remove(&t, 0);
    }
    if (g->named && t.ndim > 1 && one_in(g, 2)) {
        int64_t extent = t.shape[0];
        char name = t.name[0];
        target_remove(&t, 0);
        target_insert(&t, t.ndim, extent, name);
    }
    return t;
}

/* The weights as `dtype`, one for each element of the array. */
static dense *spread(const dense *weights, const dense *a, ash_dtype dtype) {
    dense frame = { 0 }, *out = dense_new(dtype, a->ndim, a->shape, a->name);
    int axis_of[2][ASH_MAX_NDIM];
    int64_t index[ASH_MAX_NDIM];
    oracle_broadcast(2, (const dense *const[]){ a, weights }, &frame, axis_of);
    for (int64_t k = 0; k < out->size; k++) {
        dense_index(out, k, index);
        out->cell[k] = oracle_cast_cell(oracle_fetch(weights, axis_of[1], index), weights->dtype, dtype);
    }
    return out;
}

static dense *average_of(const dense *a, const dense *weights, const char reduced[], int keepdims, int skips) {
    char kind = oracle_kind(a->dtype);
    dense *real = oracle_cast(a, kind == 'f' || kind == 'c' ? a->dtype : ASH_FLOAT64);
    ash_dtype dtype = oracle_common(2, (const dense *const[]){ real, weights });
    dense *wide = oracle_cast(real, dtype), *all = spread(weights, a, dtype), *out = oracle_average(wide, all, reduced, keepdims, skips);
    dense_free(real);
    dense_free(wide);
    dense_free(all);
    return out;
}

int random_average(generator *g, int depth, const target *t) {
    target source, lighter;
    char reduced[ASH_MAX_NDIM], text[128];
    int keepdims = random_reduced_axes(g, t, &source, reduced), any, skips = one_in(g, 2);
    int a = random_make(g, depth - 1, &source);
    const char *dims = random_dims_text(g, VALUE(a), reduced, text, &any);
    if (!any) {
        return a;
    }
    lighter = weight_target(g, VALUE(a));
    int w = random_make(g, depth - 1, &lighter);
    ash_reduce_options options = { .keepdims = keepdims };
    ash_array result = !keepdims && one_in(g, 2) ? (skips ? ash_nanaverage : ash_average)(HANDLE(a), HANDLE(w), dims)
                                                 : (skips ? ash_nanaverage_with : ash_average_with)(HANDLE(a), HANDLE(w), dims, &options);
    return generator_add(g, result, average_of(VALUE(a), VALUE(w), reduced, keepdims, skips), "%saverage(%s, %s, %s, keepdims %d)",
        skips ? "nan" : "", TEXT(a), TEXT(w), dims ? dims : "NULL", keepdims);
}

/* ---- Quantiles ---- */

/* Exact places and places anywhere; `whole` is what they are parts of, 1 or 100. */
static double random_part(generator *g, double whole) {
    return one_in(g, 2) ? whole * (double)random_below(g, 17) / 16 : whole * (double)random_below(g, 1001) / 1000;
}

/* Names for `ndim` axes as a text, without the coordinates that the library gives. */
static ash_array renamed(ash_array a, const dense *value) {
    char text[4 * ASH_MAX_NDIM] = "", *end = text;
    for (int k = 0; k < value->ndim; k++) {
        end += snprintf(end, 4, value->name[k] ? "%s%c" : "%s", k ? "," : "", value->name[k]);
    }
    return ash_set_dims(ash_drop_coords(a, NULL), text);
}

/* Several along the target's first axis. */
static int several(generator *g, int depth, const target *t) {
    target rest = *t, source;
    char reduced[ASH_MAX_NDIM], text[128];
    const char *method = oracle_quantile_methods[random_below(g, oracle_quantile_method_count)];
    double q[4];
    target_remove(&rest, 0);
    int keepdims = random_reduced_axes(g, &rest, &source, reduced), any, skips = one_in(g, 2), n = (int)t->shape[0];
    int a = random_make(g, depth - 1, &source);
    const char *dims = random_dims_text(g, VALUE(a), reduced, text, &any);
    if (!any || oracle_kind(VALUE(a)->dtype) == 'c') {
        return random_reduce(g, depth, t);
    }
    for (int k = 0; k < n; k++) {
        q[k] = random_part(g, 1);
    }
    dense *value = oracle_quantiles(VALUE(a), reduced, keepdims, n, q, method, skips, t->name[0]);
    ash_quantile_options options = { .method = method, .keepdims = keepdims };
    ash_array result = (skips ? ash_nanquantile_with : ash_quantile_with)(HANDLE(a), dims, n, q, &options);
    return generator_add(g, renamed(result, value), value, "%squantile(%s, %s, %d from %.17g, %s, keepdims %d)", skips ? "nan" : "",
        TEXT(a), dims ? dims : "NULL", n, q[0], method, keepdims);
}

/* One, as a part or as a percentage. */
static int single(generator *g, int depth, const target *t) {
    target source;
    char reduced[ASH_MAX_NDIM], text[128];
    const char *method = oracle_quantile_methods[random_below(g, oracle_quantile_method_count)];
    int any, skips = one_in(g, 2), percent = one_in(g, 2);
    random_reduced_axes(g, t, &source, reduced);
    int a = random_make(g, depth - 1, &source), kept = 0;
    const char *dims = random_dims_text(g, VALUE(a), reduced, text, &any);
    for (int k = 0; k < t->ndim; k++) {
        kept |= VALUE(a)->ndim == t->ndim && reduced[k];
    }
    if (!any || kept || oracle_kind(VALUE(a)->dtype) == 'c') {
        return random_reduce(g, depth, t);
    }
    double q = random_part(g, percent ? 100 : 1), part = percent ? q / 100 : q;
    ash_array result = percent ? (skips ? ash_nanpercentile : ash_percentile)(HANDLE(a), dims, q, method)
                               : (skips ? ash_nanquantile : ash_quantile)(HANDLE(a), dims, q, method);
    const oracle_reduction quantile = { .name = method, .method = 'Q', .skips = skips, .parameter = part };
    return generator_add(g, result, oracle_reduce(&quantile, VALUE(a), reduced, 0, 0, NULL, 0), "%s%s(%s, %s, %.17g, %s)",
        skips ? "nan" : "", percent ? "percentile" : "quantile", TEXT(a), dims ? dims : "NULL", q, method);
}

int random_quantile(generator *g, int depth, const target *t) {
    int can_list = t->ndim > 0 && t->shape[0] > 0 && t->shape[0] <= 4;
    return can_list && one_in(g, 2) ? several(g, depth, t) : single(g, depth, t);
}

/* ---- A custom reduction: the root of the mean of the squares ---- */

typedef struct squares {
    int64_t n;
    double sum;
} squares;

static void no_squares(void *state, void *user) {
    (void)user;
    *(squares *)state = (squares){ 0, 0 };
}

static ash_status add_squares(void *state, const void *elements, int64_t n, void *user) {
    squares *s = state;
    (void)user;
    s->n += n;
    for (int64_t k = 0; k < n; k++) {
        s->sum += ((const double *)elements)[k] * ((const double *)elements)[k];
    }
    return ASH_OK;
}

static ash_status merge_squares(void *state, const void *next, void *user) {
    squares *s = state;
    const squares *more = next;
    (void)user;
    s->n += more->n;
    s->sum += more->sum;
    return ASH_OK;
}

static ash_status root_of_mean(void *state, int64_t count, void *result, void *user) {
    const squares *s = state;
    (void)user;
    *(double *)result = sqrt(s->sum / (double)s->n);
    return count == s->n ? ASH_OK : ASH_ERR_ARGUMENT;
}

int random_custom(generator *g, int depth, const target *t) {
    static const ash_reduction_definition definition = { .name = "root_mean_square",
        .input = ASH_FLOAT64,
        .result = ASH_FLOAT64,
        .state_bytes = sizeof(squares),
        .init = no_squares,
        .step = add_squares,
        .merge = merge_squares,
        .finish = root_of_mean };
    static const oracle_reduction reduction = { .name = "root_mean_square", .method = 'K' };
    target source;
    char reduced[ASH_MAX_NDIM], text[128];
    int keepdims = random_reduced_axes(g, t, &source, reduced), any, a = random_make(g, depth - 1, &source);
    const char *dims = random_dims_text(g, VALUE(a), reduced, text, &any);
    if (!any) {
        return a;
    }
    if (!g->registered) {
        g->registered = ash_register_reduction(g->context, &definition) == ASH_OK;
    }
    dense *real = oracle_cast(VALUE(a), ASH_FLOAT64), *value = oracle_reduce(&reduction, real, reduced, keepdims, 0, NULL, 0);
    dense_free(real);
    return generator_add(g, ash_reduce_custom(HANDLE(a), definition.name, dims, keepdims), value, "%s(%s, %s, keepdims %d)",
        definition.name, TEXT(a), dims ? dims : "NULL", keepdims);
}
