/* Asking arrays about themselves. */
#include "array/context.h"

/* The output behind a handle, of which extents may not be known yet; NULL for a failed array. Records nothing. */
static const ash_output *peek(ash_array a) {
    ash_error_state error = { 0 };
    ash_value value;
    if (!a.context || ash_resolve_unsettled(a.context, a, "array", "a", &value, &error) != ASH_OK) {
        return NULL;
    }
    return ash_value_output(value);
}

/* The same with its extents; records why they cannot be found out. */
static const ash_output *measured(ash_array a) {
    ash_error_state error = { 0 };
    ash_value value;
    if (!peek(a)) {
        return NULL;
    }
    if (ash_resolve(a.context, a, "array", "a", &value, &error) != ASH_OK) {
        ash_record(a.context, &error);
        return NULL;
    }
    return ash_value_output(value);
}

bool ash_ok(ash_array a) {
    ash_error_state error = { 0 };
    ash_value value;
    if (ash_resolve_unsettled(a.context, a, "ok", "a", &value, &error) == ASH_OK) {
        return true;
    }
    ash_record(a.context, &error);
    return false;
}

ash_status ash_array_status(ash_array a) {
    ash_error_state error = { 0 };
    ash_value value;
    return ash_resolve_unsettled(a.context, a, "array_status", "a", &value, &error);
}

ash_dtype ash_array_dtype(ash_array a) {
    const ash_output *output = peek(a);
    return output ? output->dtype : ASH_DTYPE_COUNT;
}

int ash_ndim(ash_array a) {
    const ash_output *output = peek(a);
    return output ? output->ndim : -1;
}

int ash_shape(ash_array a, int64_t shape[]) {
    const ash_output *output = measured(a);
    if (output) {
        ash_output_shape(output, shape);
    }
    return output ? output->ndim : -1;
}

int64_t ash_size(ash_array a) {
    const ash_output *output = measured(a);
    return output ? ash_output_size(output) : -1;
}

/* The dimension at `axis`, counted from the end if negative. */
static const ash_dim *dimension(const ash_output *output, int axis) {
    if (!output) {
        return NULL;
    }
    axis = axis < 0 ? axis + output->ndim : axis;
    return axis >= 0 && axis < output->ndim ? &output->dim[axis] : NULL;
}

int64_t ash_extent(ash_array a, int axis) {
    const ash_dim *dim = dimension(measured(a), axis);
    return dim ? dim->axis.extent : -1;
}

const char *ash_dim_name(ash_array a, int axis) {
    const ash_dim *dim = dimension(peek(a), axis);
    return dim ? dim->name : NULL;
}

int64_t ash_chunk_count(ash_array a, int axis) {
    const ash_dim *dim = dimension(measured(a), axis);
    return dim ? dim->axis.count : -1;
}

int64_t ash_chunk_extent(ash_array a, int axis, int64_t chunk) {
    const ash_dim *dim = dimension(measured(a), axis);
    return dim && chunk >= 0 && chunk < dim->axis.count ? ash_axis_extent(&dim->axis, chunk) : -1;
}

int ash_axis(ash_array a, const char *dim) {
    const ash_output *output = peek(a);
    if (!output || !dim || !*dim) {
        return -1;
    }
    ash_dim_names names = ash_output_dim_names(output);
    ash_error_state error = { 0 };
    int count, axes[ASH_MAX_NDIM];
    return ash_parse_axes(dim, &names, "axis", &count, axes, &error) == ASH_OK && count == 1 ? axes[0] : -1;
}

const char *ash_array_name(ash_array a) {
    const ash_output *output = peek(a);
    return output ? output->name : NULL;
}

bool ash_has_coord(ash_array a, const char *dim) {
    int axis = ash_axis(a, dim);
    return axis >= 0 && dimension(peek(a), axis)->coord != NULL;
}

const char *ash_attr(ash_array a, const char *name) {
    const ash_output *output = peek(a);
    return output && name ? ash_attrs_text(output->attrs, name) : NULL;
}

bool ash_attr_real(ash_array a, const char *name, double *value) {
    const ash_output *output = peek(a);
    return output && name && value && ash_attrs_real(output->attrs, name, value);
}
