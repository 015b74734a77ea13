/* Medians and quantiles: reductions whose state holds all elements of a cell. */
#include "expr/reduce.h"

#include <ashlar/quantile.h>
#include <ashlar/shape.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const methods[ASH_QUANTILE_METHODS] = { "linear", "lower", "higher", "nearest", "midpoint", "inverted_cdf",
    "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased" };

typedef struct request {
    double q;
    ash_quantile_method method;
    int skips;
} request;

/* ---- The state: how many elements there are, whether one was NaN, and the elements. ---- */

typedef struct elements {
    int64_t n;
    int64_t missing;
    double x[];
} elements;

static void begin(void *state, void *user) {
    elements *all = state;
    (void)user;
    all->n = all->missing = 0;
}

static ash_status add(void *state, const void *more, int64_t n, void *user) {
    elements *all = state;
    const double *x = more;
    (void)user;
    for (int64_t k = 0; k < n; k++) {
        if (isnan(x[k])) {
            all->missing = 1;
        } else {
            all->x[all->n++] = x[k];
        }
    }
    return ASH_OK;
}

static ash_status join(void *state, const void *next, void *user) {
    elements *all = state;
    const elements *others = next;
    (void)user;
    memcpy(all->x + all->n, others->x, (size_t)others->n * sizeof *all->x);
    all->n += others->n;
    all->missing |= others->missing;
    return ASH_OK;
}

static ash_status end(void *state, int64_t count, void *result, void *user) {
    elements *all = state;
    const request *r = user;
    (void)count;
    *(double *)result = all->missing && !r->skips ? NAN : ash_quantile_of(all->x, all->n, r->q, r->method);
    return ASH_OK;
}

/* ---- Building ---- */

/* "0=-1,2=-1": whole axes in one chunk, the others as they are. */
static ash_array in_one_chunk(ash_array a, int count, const int axes[]) {
    char text[ASH_MAX_NDIM * 4 + 1] = "";
    for (int k = 0, length = 0; k < ash_ndim(a); k++) {
        int whole = 0;
        for (int i = 0; i < count; i++) {
            whole |= axes[i] == k;
        }
        length += snprintf(text + length, sizeof text - (size_t)length, "%s%d", k ? "," : "", whole ? -1 : 0);
    }
    return ash_ndim(a) > 0 ? ash_rechunk(a, text) : a;
}

static ash_array quantile(const char *function, ash_array a, const char *dims, const request *r) {
    ash_builder builder = ash_builder_begin(a.context, function);
    ash_value input;
    int count, axes[ASH_MAX_NDIM];
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    const ash_output *source = ash_value_output(input);
    ash_dtype dtype = source->dtype;
    if (ash_dtype_kind(dtype) == 'c') {
        ash_fail(&builder.error, ASH_ERR_DTYPE, "%s: does not accept %s", function, ash_dtype_name(dtype));
    }
    if (!ash_builder_axes(&builder, source, dims, &count, axes) || !ash_builder_ok(&builder)) {
        return ash_builder_done(&builder);
    }
    int64_t n = 1, most = INT64_MAX / 64;
    for (int k = 0; k < count; k++) {
        int64_t extent = source->dim[axes[k]].axis.extent;
        n = extent > 0 && n > most / extent ? most : n * extent;
    }
    ash_reduction_definition definition = { .name = function,
        .input = ASH_FLOAT64,
        .result = ASH_FLOAT64,
        .state_bytes = (int64_t)sizeof(elements) + n * 8,
        .init = begin,
        .step = add,
        .merge = join,
        .finish = end };
    ash_array all = in_one_chunk(ash_cast(a, ASH_FLOAT64), count, axes);
    ash_array result = ash_reduce_general(function, all, dims, 0, &definition, r, sizeof *r);
    return dtype == ASH_FLOAT32 ? ash_cast(result, ASH_FLOAT32) : result;
}

static ash_array checked_quantile(const char *function, ash_array a, const char *dims, double q, const char *method, int skips) {
    ash_builder builder = ash_builder_begin(a.context, function);
    request r = { .q = q, .skips = skips };
    int k = 0;
    while (method && k < ASH_QUANTILE_METHODS && strcmp(method, methods[k]) != 0) {
        k++;
    }
    r.method = (ash_quantile_method)k;
    if (ash_builder_ok(&builder) && k == ASH_QUANTILE_METHODS) {
        const char *nearest = ash_nearest(method, ASH_QUANTILE_METHODS, methods);
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "%s: unknown method '%s'; did you mean '%s'?", function, method,
            nearest ? nearest : "linear");
    }
    if (ash_builder_ok(&builder) && !(q >= 0 && q <= 1)) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "%s: q must be from 0 to 1, found %g", function, q);
    }
    return ash_builder_ok(&builder) ? quantile(function, a, dims, &r) : ash_builder_done(&builder);
}

ash_array ash_median(ash_array a, const char *dims) {
    return quantile("median", a, dims, &(request){ .q = 0.5, .method = ASH_QUANTILE_MIDPOINT });
}

ash_array ash_nanmedian(ash_array a, const char *dims) {
    return quantile("nanmedian", a, dims, &(request){ .q = 0.5, .method = ASH_QUANTILE_MIDPOINT, .skips = 1 });
}

ash_array ash_quantile(ash_array a, const char *dims, double q, const char *method) {
    return checked_quantile("quantile", a, dims, q, method, 0);
}

ash_array ash_nanquantile(ash_array a, const char *dims, double q, const char *method) {
    return checked_quantile("nanquantile", a, dims, q, method, 1);
}
