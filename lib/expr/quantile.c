/* Medians and quantiles: reductions whose state holds all elements of a cell. */
#include "base/memory.h"
#include "base/options.h"
#include "expr/reduce.h"

#include <ashlar/quantile.h>
#include <ashlar/shape.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const methods[ASH_QUANTILE_METHODS] = { "linear", "lower", "higher", "nearest", "midpoint", "inverted_cdf",
    "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased" };

enum { CHUNK_BYTES = 32 << 20 };

typedef struct request {
    ash_quantile_method method;
    int skips;
    int n, unused; /* no byte is left undefined: requests are compared */
    double q[];
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
    double *out = result;
    (void)count;
    for (int k = 0; k < r->n; k++) {
        out[k] = all->missing && !r->skips ? NAN : ash_quantile_of(all->x, all->n, r->q[k], r->method);
        out[k] += 0.0; /* -0.0 and 0.0 are equal in order: which of them was found must not be seen */
    }
    return ASH_OK;
}

/* ---- Building ---- */

/* "-1,0,90": reduced axes in one chunk; the others as they are, unless the elements of a chunk would be very many. */
static ash_array in_one_chunk(ash_array a, const ash_output *source, int count, const int axes[], int64_t n) {
    int64_t chunk[ASH_MAX_NDIM], cells = 1, most = CHUNK_BYTES / 8 / (n > 0 ? n : 1);
    char text[ASH_MAX_NDIM * 22 + 1] = "";
    for (int k = 0; k < source->ndim; k++) {
        chunk[k] = ash_axis_largest(&source->dim[k].axis);
        for (int i = 0; i < count; i++) {
            chunk[k] = axes[i] == k ? -1 : chunk[k];
        }
        cells *= chunk[k] > 0 ? chunk[k] : 1;
    }
    for (int k = 0, length = 0; k < source->ndim; k++) {
        int cut = 0;
        for (; chunk[k] > 1 && cells > most; cut = 1) {
            int64_t half = (chunk[k] + 1) / 2;
            cells = cells / chunk[k] * half;
            chunk[k] = half;
        }
        int64_t size = chunk[k] < 0 || cut ? chunk[k] : 0;
        length += snprintf(text + length, sizeof text - (size_t)length, "%s%lld", k ? "," : "", (long long)size);
    }
    return source->ndim > 0 ? ash_rechunk(a, text) : a;
}

static void release(void *data, void *user) {
    (void)user;
    ash_free(data);
}

/* The axis of several quantiles comes first, and has q as its coordinate. */
static ash_array axis_first(const char *function, ash_array a, const request *r) {
    char text[ASH_MAX_NDIM * 4] = "-1", names[4096] = "quantile";
    for (int k = 0; k < ash_ndim(a) - 1; k++) {
        const char *name = ash_dim_name(a, k);
        snprintf(text + strlen(text), sizeof text - strlen(text), ",%d", k);
        snprintf(names + strlen(names), sizeof names - strlen(names), ",%s", name ? name : "");
    }
    double *q = ash_malloc(r->n * (int64_t)sizeof *q);
    ash_array named = ash_set_dims(ash_transpose(a, text), names);
    if (!q) {
        ash_builder builder = ash_builder_begin(a.context, function);
        ash_builder_no_memory(&builder);
        return ash_builder_done(&builder);
    }
    memcpy(q, r->q, (size_t)r->n * sizeof *q);
    ash_array coord = ash_from_buffer(a.context, ASH_FLOAT64, 1, (int64_t[]){ r->n }, q, &(ash_make_options){ .release = release });
    if (!ash_ok(coord)) {
        ash_free(q);
        return coord;
    }
    return ash_set_coord(named, "quantile", coord);
}

static int has_dim(const ash_output *source, const char *name) {
    int found = 0;
    for (int k = 0; k < source->ndim; k++) {
        found |= source->dim[k].name && strcmp(source->dim[k].name, name) == 0;
    }
    return found;
}

/* `listed`: along an axis of their own, even if it is one. */
static ash_array quantile(const char *function, ash_array a, const char *dims, int keepdims, int listed, const request *r) {
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
    if (listed && has_dim(source, "quantile")) {
        ash_fail(&builder.error, ASH_ERR_DIMENSION, "%s: the result gets a dimension 'quantile', which a has already", function);
    }
    if (!ash_builder_ok(&builder) || !ash_builder_axes(&builder, source, dims, &count, axes)) {
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
    ash_array all = in_one_chunk(ash_cast(a, ASH_FLOAT64), source, count, axes, n);
    ash_array result = ash_reduce_general(
        function, all, dims, keepdims, listed ? r->n : 0, &definition, r, (int64_t)sizeof *r + r->n * (int64_t)sizeof(double));
    result = dtype == ASH_FLOAT32 ? ash_cast(result, ASH_FLOAT32) : result;
    return listed && ash_ok(result) ? axis_first(function, result, r) : result;
}

static ash_array median(const char *function, ash_array a, const char *dims, const ash_reduce_options *options, int skips) {
    int64_t memory[(sizeof(request) + sizeof(double)) / sizeof(int64_t) + 1];
    request *r = (request *)(void *)memory;
    ash_reduce_options o;
    ash_options_copy(&o, sizeof o, options, sizeof o);
    if (o.ddof != 0 || o.groups != 0 || o.dtype || o.where.context || o.initial.context || o.min_count != 0) {
        ash_builder builder = ash_builder_begin(a.context, function);
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "%s: takes the option keepdims only", function);
        return ash_builder_done(&builder);
    }
    *r = (request){ .method = ASH_QUANTILE_MIDPOINT, .skips = skips, .n = 1 };
    r->q[0] = 0.5;
    return quantile(function, a, dims, o.keepdims, 0, r);
}

static void find_method(ash_builder *builder, const char *method, request *r) {
    int k = 0;
    while (method && k < ASH_QUANTILE_METHODS && strcmp(method, methods[k]) != 0) {
        k++;
    }
    r->method = (ash_quantile_method)k;
    if (k == ASH_QUANTILE_METHODS) {
        const char *nearest = ash_nearest(method, ASH_QUANTILE_METHODS, methods);
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: unknown method '%s'; did you mean '%s'?", builder->function, method,
            nearest ? nearest : "linear");
    }
}

/* `whole`: what q is a part of, 1 or 100. */
static ash_array quantiles(const char *function, ash_array a, const char *dims, int listed, int n, const double q[],
    const ash_quantile_options *options, double whole, int skips) {
    ash_builder builder = ash_builder_begin(a.context, function);
    ash_quantile_options o;
    ash_options_copy(&o, sizeof o, options, sizeof o);
    request *r = ash_builder_ok(&builder) && n > 0 && q ? ash_malloc((int64_t)sizeof *r + n * (int64_t)sizeof(double)) : NULL;
    if (ash_builder_ok(&builder) && (n < 1 || !q)) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "%s: q must have one number or more, found %d", function, q ? n : 0);
    } else if (ash_builder_ok(&builder) && !r) {
        ash_builder_no_memory(&builder);
    }
    if (r) {
        *r = (request){ .skips = skips, .n = n };
        find_method(&builder, o.method, r);
    }
    for (int k = 0; r && k < n && ash_builder_ok(&builder); k++) {
        r->q[k] = q[k] / whole;
        if (!(q[k] >= 0 && q[k] <= whole)) {
            ash_fail(&builder.error, ASH_ERR_ARGUMENT, "%s: q must be from 0 to %g, found %g", function, whole, q[k]);
        }
    }
    ash_array result = ash_builder_ok(&builder) ? quantile(function, a, dims, o.keepdims, listed, r) : ash_builder_done(&builder);
    ash_free(r);
    return result;
}

ash_array ash_median(ash_array a, const char *dims) {
    return median("median", a, dims, NULL, 0);
}

ash_array ash_median_with(ash_array a, const char *dims, const ash_reduce_options *options) {
    return median("median", a, dims, options, 0);
}

ash_array ash_nanmedian(ash_array a, const char *dims) {
    return median("nanmedian", a, dims, NULL, 1);
}

ash_array ash_nanmedian_with(ash_array a, const char *dims, const ash_reduce_options *options) {
    return median("nanmedian", a, dims, options, 1);
}

ash_array ash_quantile(ash_array a, const char *dims, double q, const char *method) {
    return quantiles("quantile", a, dims, 0, 1, &q, &(ash_quantile_options){ .method = method }, 1, 0);
}

ash_array ash_quantile_with(ash_array a, const char *dims, int n, const double q[], const ash_quantile_options *options) {
    return quantiles("quantile", a, dims, 1, n, q, options, 1, 0);
}

ash_array ash_nanquantile(ash_array a, const char *dims, double q, const char *method) {
    return quantiles("nanquantile", a, dims, 0, 1, &q, &(ash_quantile_options){ .method = method }, 1, 1);
}

ash_array ash_nanquantile_with(ash_array a, const char *dims, int n, const double q[], const ash_quantile_options *options) {
    return quantiles("nanquantile", a, dims, 1, n, q, options, 1, 1);
}

ash_array ash_percentile(ash_array a, const char *dims, double q, const char *method) {
    return quantiles("percentile", a, dims, 0, 1, &q, &(ash_quantile_options){ .method = method }, 100, 0);
}

ash_array ash_nanpercentile(ash_array a, const char *dims, double q, const char *method) {
    return quantiles("nanpercentile", a, dims, 0, 1, &q, &(ash_quantile_options){ .method = method }, 100, 1);
}
