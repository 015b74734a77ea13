/* Looking up in tables that are known when the node is made. */
#include "array/engine.h"
#include "base/memory.h"
#include "base/options.h"
#include "expr/elementwise.h"

#include <ashlar/lookup.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A node's parameter under construction: the header, then the table. */
typedef struct table {
    ash_lookup *lookup;
    int64_t bytes;
} table;

static int is_real(ash_builder *builder, ash_value value, const char *argument) {
    ash_dtype dtype = ash_value_output(value)->dtype;
    if (ash_dtype_kind(dtype) == 'c') {
        ash_fail(&builder->error, ASH_ERR_DTYPE, "%s: %s does not accept %s", builder->function, argument, ash_dtype_name(dtype));
    }
    return ash_builder_ok(builder);
}

/* Computes a one-dimensional array as `dtype` into memory. */
static int compute(ash_builder *builder, ash_array array, const char *argument, ash_dtype dtype, void *out, int64_t n) {
    ash_value value;
    return ash_builder_value(builder, ash_cast(array, dtype), argument, &value) &&
        ash_engine_compute(builder->context, value, out, n * ash_dtype_size(dtype), &builder->error) == ASH_OK;
}

/* The length of a table argument; -1 with an error. */
static int64_t table_length(ash_builder *builder, ash_array array, const char *argument, ash_value *value) {
    if (!ash_builder_value(builder, array, argument, value) || !is_real(builder, *value, argument)) {
        return -1;
    }
    const ash_output *output = ash_value_output(*value);
    if (output->ndim != 1) {
        ash_fail(&builder->error, ASH_ERR_SHAPE, "%s: %s must have one dimension, found %d", builder->function, argument, output->ndim);
        return -1;
    }
    return output->dim[0].axis.extent;
}

static int begin_table(ash_builder *builder, table *t, int64_t n, int64_t element) {
    t->bytes = (int64_t)sizeof *t->lookup + n * element;
    t->lookup = ash_calloc(1, t->bytes);
    if (!t->lookup) {
        return ash_builder_no_memory(builder);
    }
    t->lookup->n = n;
    return 1;
}

/* The dtype in which x and the table are compared: a number that the table's dtype does not hold still has its place. */
static ash_dtype common(ash_value x, ash_value other) {
    char weak;
    ash_dtype dtype = ash_promote_values(2, (ash_value[]){ x, other }, &weak);
    return ash_weak_integer_exceeds(x, dtype) ? ash_dtype_promote(dtype, ASH_INT64) : dtype;
}

/* -1, 0 or 1 as element j comes before, with or after element k; NaN come last. */
static int order(ash_dtype dtype, const char *elements, int64_t j, int64_t k) {
    int64_t size = ash_dtype_size(dtype);
    ash_number a = ash_number_load(dtype, elements + j * size), b = ash_number_load(dtype, elements + k * size);
    switch (ash_dtype_kind(dtype)) {
    case 'f': return isnan(a.f) || isnan(b.f) ? !!isnan(a.f) - !!isnan(b.f) : (a.f > b.f) - (a.f < b.f);
    case 'u': return (a.u > b.u) - (a.u < b.u);
    default: return (a.i > b.i) - (a.i < b.i);
    }
}

static int is_monotonic(ash_dtype dtype, const char *elements, int64_t n, int direction) {
    for (int64_t k = 1; k < n; k++) {
        if (order(dtype, elements, k - 1, k) == direction) {
            return 0;
        }
    }
    return 1;
}

/* The node: x as `dtype`, looked up. */
static ash_array finish(ash_builder *builder, ash_array x, ash_dtype dtype, ash_function function, ash_dtype result, const table *t) {
    ash_value input;
    if (ash_builder_ok(builder) && ash_builder_value(builder, ash_cast(x, dtype), "x", &input)) {
        ash_array array = ash_unary_function(builder, input, function, result, t->lookup, t->bytes, NULL);
        ash_free(t->lookup);
        return array;
    }
    ash_free(t->lookup);
    return ash_builder_done(builder);
}

/* What searching and binning share: the table in the common dtype. 0 with an error. */
static int read_table(ash_builder *builder, ash_array x, ash_array array, const char *argument, ash_dtype *dtype, table *t) {
    ash_value input, value;
    int64_t n =
        ash_builder_value(builder, x, "x", &input) && is_real(builder, input, "x") ? table_length(builder, array, argument, &value) : -1;
    if (n < 0) {
        return 0;
    }
    *dtype = common(input, value);
    return begin_table(builder, t, n, ash_dtype_size(*dtype)) && compute(builder, array, argument, *dtype, t->lookup + 1, n);
}

ash_array ash_searchsorted(ash_array sorted, ash_array x, bool right) {
    ash_builder builder = ash_builder_begin(x.context, "searchsorted");
    ash_dtype dtype = ASH_FLOAT64;
    table t = { NULL, 0 };
    if (read_table(&builder, x, sorted, "sorted", &dtype, &t)) {
        t.lookup->right = right;
        if (!is_monotonic(dtype, (const char *)(t.lookup + 1), t.lookup->n, 1)) {
            ash_fail(&builder.error, ASH_ERR_ARGUMENT, "searchsorted: sorted must be ascending");
        }
    }
    return finish(&builder, x, dtype, ASH_FUNCTION_SEARCH, ASH_INT64, &t);
}

static void reverse(char *elements, int64_t n, int64_t size) {
    for (int64_t a = 0, b = n - 1; a < b; a++, b--) {
        char swap[16];
        memcpy(swap, elements + a * size, (size_t)size);
        memcpy(elements + a * size, elements + b * size, (size_t)size);
        memcpy(elements + b * size, swap, (size_t)size);
    }
}

ash_array ash_digitize(ash_array x, ash_array bins, bool right) {
    ash_builder builder = ash_builder_begin(x.context, "digitize");
    ash_dtype dtype = ASH_FLOAT64;
    table t = { NULL, 0 };
    if (read_table(&builder, x, bins, "bins", &dtype, &t)) {
        char *edges = (char *)(t.lookup + 1);
        t.lookup->right = !right;
        if (!is_monotonic(dtype, edges, t.lookup->n, 1)) {
            if (!is_monotonic(dtype, edges, t.lookup->n, -1)) {
                ash_fail(&builder.error, ASH_ERR_ARGUMENT, "digitize: bins must be ascending or descending");
            }
            t.lookup->invert = 1;
            reverse(edges, t.lookup->n, ash_dtype_size(dtype));
        }
    }
    return finish(&builder, x, dtype, ASH_FUNCTION_SEARCH, ASH_INT64, &t);
}

/* Sorts by merging, which is stable and needs no more than a copy. 0 when out of memory. */
static int sort(ash_dtype dtype, char *elements, int64_t n) {
    int64_t size = ash_dtype_size(dtype);
    char *other = ash_malloc((n + 1) * size), *from = elements, *to = other;
    if (!other) {
        return 0;
    }
    for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t low = 0; low < n; low += 2 * width) {
            int64_t middle = low + width < n ? low + width : n, high = low + 2 * width < n ? low + 2 * width : n;
            for (int64_t a = low, b = middle, k = low; k < high; k++) {
                int first = a < middle && (b >= high || order(dtype, from, a, b) <= 0);
                memcpy(to + k * size, from + (first ? a : b) * size, (size_t)size);
                a += first;
                b += !first;
            }
        }
        char *swap = from;
        from = to;
        to = swap;
    }
    if (from != elements) {
        memcpy(elements, from, (size_t)(n * size));
    }
    ash_free(other);
    return 1;
}

ash_array ash_isin(ash_array x, ash_array values, bool invert) {
    ash_builder builder = ash_builder_begin(x.context, "isin");
    ash_dtype dtype = ASH_FLOAT64;
    table t = { NULL, 0 };
    if (read_table(&builder, x, values, "values", &dtype, &t)) {
        t.lookup->invert = invert;
        if (!sort(dtype, (char *)(t.lookup + 1), t.lookup->n)) {
            ash_builder_no_memory(&builder);
        }
    }
    return finish(&builder, x, dtype, ASH_FUNCTION_ISIN, ASH_BOOL, &t);
}

/* ---- Interpolation ---- */

typedef struct point {
    double x, y;
} point;

static int by_place(const void *a, const void *b) {
    double x = ((const point *)a)->x, y = ((const point *)b)->x;
    return (x > y) - (x < y);
}

/* Places modulo the period in order, with the last point repeated before the first and the first after the last. `wide` has room for two more. */
static int wrap_points(ash_builder *builder, table *wide, const double *place, const double *value, int64_t n, double period) {
    point *points = ash_malloc((n + 1) * (int64_t)sizeof *points);
    if (!points) {
        return ash_builder_no_memory(builder);
    }
    for (int64_t k = 0; k < n; k++) {
        double x = fmod(place[k], period);
        if (isnan(x)) {
            ash_fail(&builder->error, ASH_ERR_ARGUMENT, "interp: xp must be finite where there is a period, found %g at %lld", place[k],
                (long long)k);
            ash_free(points);
            return 0;
        }
        points[k] = (point){ x < 0 ? x + period : x, value[k] };
    }
    qsort(points, (size_t)n, sizeof *points, by_place);
    double *x = (double *)(wide->lookup + 1), *y = x + n + 2;
    for (int64_t k = 0; k < n + 2; k++) {
        const point *p = &points[k == 0 ? n - 1 : k == n + 1 ? 0 : k - 1];
        x[k] = p->x + (k == 0 ? -period : k == n + 1 ? period : 0);
        y[k] = p->y;
    }
    ash_free(points);
    wide->lookup->period = period;
    return 1;
}

static int plain_points(ash_builder *builder, table *t, const double *place, const double *value, int64_t n, const ash_interp_options *o) {
    double *x = (double *)(t->lookup + 1);
    for (int64_t k = 0; k < n; k++) {
        if (isnan(place[k]) || (k > 0 && place[k] <= place[k - 1])) {
            ash_fail(&builder->error, ASH_ERR_ARGUMENT, "interp: xp must ascend strictly, found %g at %lld after %g", place[k],
                (long long)k, k > 0 ? place[k - 1] : place[k]);
            return 0;
        }
    }
    memcpy(x, place, (size_t)n * sizeof *x);
    memcpy(x + n, value, (size_t)n * sizeof *x);
    t->lookup->below = o->has_left ? o->left : value[0];
    t->lookup->above = o->has_right ? o->right : value[n - 1];
    return 1;
}

ash_array ash_interp(ash_array x, ash_array xp, ash_array fp, const ash_interp_options *options) {
    ash_builder builder = ash_builder_begin(x.context, "interp");
    ash_interp_options o;
    ash_options_copy(&o, sizeof o, options, sizeof o);
    ash_value input, places, values;
    table t = { NULL, 0 };
    int64_t n = -1, m = -1;
    if (ash_builder_value(&builder, x, "x", &input) && is_real(&builder, input, "x")) {
        n = table_length(&builder, xp, "xp", &places);
        m = n >= 0 ? table_length(&builder, fp, "fp", &values) : -1;
    }
    if (m >= 0 && (n != m || n == 0)) {
        ash_fail(&builder.error, ASH_ERR_SHAPE, "interp: xp and fp must have as many elements, one at least, found %lld and %lld",
            (long long)n, (long long)m);
    }
    if (m >= 0 && (o.period < 0 || isnan(o.period) || isinf(o.period))) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "interp: period must be a number above 0, or 0 for none, found %g", o.period);
    }
    if (!ash_builder_ok(&builder)) {
        return ash_builder_done(&builder);
    }
    double *points = ash_malloc(2 * n * (int64_t)sizeof *points);
    int extra = o.period > 0 ? 2 : 0;
    if (!points) {
        ash_builder_no_memory(&builder);
    } else if (compute(&builder, xp, "xp", ASH_FLOAT64, points, n) && compute(&builder, fp, "fp", ASH_FLOAT64, points + n, n) &&
        begin_table(&builder, &t, n + extra, 2 * (int64_t)sizeof(double))) {
        if (extra) {
            wrap_points(&builder, &t, points, points + n, n, o.period);
        } else {
            plain_points(&builder, &t, points, points + n, n, &o);
        }
    }
    ash_free(points);
    return finish(&builder, x, ASH_FLOAT64, ASH_FUNCTION_INTERP, ASH_FLOAT64, &t);
}
