/* Differences of neighbours, and integrals made of them: slices of an array, shifted by one, combined elementwise. */
#include "expr/builder.h"

#include <ashlar/ops.h>
#include <ashlar/reduce.h>
#include <ashlar/scan.h>
#include <ashlar/shape.h>

#include <stdio.h>

/* Elements [from, extent - until) along an axis. */
static ash_array part(ash_array a, int axis, int64_t from, int64_t until) {
    char text[ASH_MAX_NDIM * 3 + 64] = "";
    int length = 0;
    int64_t extent = ash_extent(a, axis), end = extent - until > from ? extent - until : from;
    for (int k = 0; k < axis; k++) {
        length += snprintf(text + length, sizeof text - (size_t)length, ":,");
    }
    snprintf(text + length, sizeof text - (size_t)length, "%lld:%lld", (long long)from, (long long)end);
    return ash_index(a, text);
}

/* Neighbours along an axis: the later one of each pair keeps its coordinate. */
typedef struct neighbours {
    ash_array earlier, later;
} neighbours;

static neighbours neighbours_of(ash_array a, int axis) {
    char position[16];
    snprintf(position, sizeof position, "%d", axis);
    return (neighbours){ ash_drop_coords(part(a, axis, 0, 1), position), part(a, axis, 1, 0) };
}

/* The axis of `dim`, -1 with an error; the only one of a 1-D array may go without saying. */
static int find_axis(ash_builder *builder, ash_array a, const char *dim) {
    ash_value value;
    if (!ash_builder_value(builder, a, "a", &value)) {
        return -1;
    }
    const ash_output *output = ash_value_output(value);
    return ash_builder_axis(builder, output, output->ndim == 1 && (!dim || !*dim) ? "0" : dim);
}

static ash_array difference(ash_array a, int axis) {
    neighbours pair = neighbours_of(a, axis);
    return ash_array_dtype(a) == ASH_BOOL ? ash_not_equal(pair.later, pair.earlier) : ash_sub(pair.later, pair.earlier);
}

ash_array ash_diff(ash_array a, const char *dim, int64_t n) {
    ash_builder builder = ash_builder_begin(a.context, "diff");
    int axis = find_axis(&builder, a, dim);
    if (axis >= 0 && n < 0) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "diff: n must be 0 or more, found %lld", (long long)n);
    }
    if (!ash_builder_ok(&builder)) {
        return ash_builder_done(&builder);
    }
    int64_t extent = ash_extent(a, axis);
    if (n >= extent && n > 0) { /* nothing is left, however often */
        return difference(part(a, axis, 0, extent), axis);
    }
    for (int64_t k = 0; k < n; k++) {
        a = difference(a, axis);
    }
    return a;
}

ash_array ash_ediff1d(ash_array a) {
    ash_builder builder = ash_builder_begin(a.context, "ediff1d");
    ash_value value;
    if (ash_builder_value(&builder, a, "a", &value) && ash_value_output(value)->ndim != 1) {
        ash_fail(
            &builder.error, ASH_ERR_SHAPE, "ediff1d: a must have one dimension, found %d; use ash_diff()", ash_value_output(value)->ndim);
    }
    return ash_builder_ok(&builder) ? difference(a, 0) : ash_builder_done(&builder);
}

/* A one-dimensional x lies along `axis` of y: it is named as that, or shaped (n, 1, 1) where y has no name. */
static ash_array along(ash_array x, ash_array y, int axis) {
    const char *name = ash_dim_name(y, axis), *own = ash_dim_name(x, 0);
    if (ash_ndim(x) != 1 || own) {
        return x;
    }
    if (name) {
        return ash_set_dims(x, name);
    }
    char text[ASH_MAX_NDIM * 10 + 8] = ":";
    int length = 1;
    for (int k = axis + 1; k < ash_ndim(y); k++) {
        length += snprintf(text + length, sizeof text - (size_t)length, ", newaxis");
    }
    return ash_index(x, text);
}

/* The axis of x along `axis` of y, with a point for each element; -1 with an error. */
static int axis_of_points(ash_builder *builder, ash_array y, ash_array x, int axis) {
    const char *name = ash_dim_name(y, axis);
    int64_t expected = ash_extent(y, axis);
    int found = name ? ash_axis(x, name) : axis - ash_ndim(y) + ash_ndim(x);
    if (found < 0 && ash_ndim(x) > 0) {
        ash_fail(&builder->error, ASH_ERR_DIMENSION, "%s: x has no dimension '%s'", builder->function, name ? name : "0");
    } else if (ash_ndim(x) == 0 || ash_extent(x, found) != expected) {
        ash_fail(&builder->error, ASH_ERR_SHAPE, "%s: x must have a point for each of the %lld elements of y along axis %d, found %lld",
            builder->function, (long long)expected, axis, (long long)(ash_ndim(x) == 0 ? 1 : ash_extent(x, found)));
    } else if (ash_ndim(ash_mul(y, x)) > ash_ndim(y)) {
        ash_fail(&builder->error, ASH_ERR_SHAPE, "%s: x must not have dimensions that y lacks", builder->function);
    }
    return ash_builder_ok(builder) ? found : -1;
}

/* Areas between neighbouring points. Integers are made floating before they are added, so that nothing wraps. */
static ash_array trapezoids(const char *function, ash_array y, ash_array width, const char *dim, int is_x, int *axis) {
    ash_builder builder = ash_builder_begin(y.context, function);
    ash_value value;
    *axis = find_axis(&builder, y, dim);
    if (*axis < 0 || !ash_builder_value(&builder, width, "x", &value)) {
        *axis = -1;
        return ash_builder_done(&builder);
    }
    if (is_x) {
        width = along(width, y, *axis);
        int x_axis = axis_of_points(&builder, y, width, *axis);
        if (x_axis < 0) {
            *axis = -1;
            return ash_builder_done(&builder);
        }
        width = difference(width, x_axis);
    }
    char kind = ash_dtype_kind(ash_array_dtype(y));
    neighbours pair = neighbours_of(kind == 'f' || kind == 'c' ? y : ash_cast(y, ASH_FLOAT64), *axis);
    return ash_mul(ash_mul(ash_add(pair.later, pair.earlier), ash_real(y.context, 0.5)), width);
}

static ash_array integral(const char *function, ash_array y, ash_array width, const char *dim, int is_x, int cumulative) {
    int axis;
    char position[16];
    ash_array areas = trapezoids(function, y, width, dim, is_x, &axis);
    if (axis < 0) {
        return areas;
    }
    snprintf(position, sizeof position, "%d", axis);
    return cumulative ? ash_cumsum(areas, position) : ash_sum(areas, position);
}

ash_array ash_trapezoid(ash_array y, ash_array x, const char *dim) {
    return integral("trapezoid", y, x, dim, 1, 0);
}

ash_array ash_trapezoid_dx(ash_array y, double dx, const char *dim) {
    return integral("trapezoid_dx", y, ash_real(y.context, dx), dim, 0, 0);
}

ash_array ash_cumulative_trapezoid(ash_array y, ash_array x, const char *dim) {
    return integral("cumulative_trapezoid", y, x, dim, 1, 1);
}

ash_array ash_cumulative_trapezoid_dx(ash_array y, double dx, const char *dim) {
    return integral("cumulative_trapezoid_dx", y, ash_real(y.context, dx), dim, 0, 1);
}
