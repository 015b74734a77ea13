/* Dimension names, coordinates and attributes: view nodes that show the same values. */
#include "array/engine.h"
#include "base/memory.h"
#include "expr/view.h"

#include <string.h>

/* A view of `a` as it is, ready to be changed. */
static ash_builder begin_change(ash_array a, const char *function) {
    ash_builder builder = ash_builder_begin(a.context, function);
    ash_value input;
    if (ash_builder_value(&builder, a, "a", &input)) {
        ash_view_identity(&builder, input);
    }
    return builder;
}

ash_array ash_set_dims(ash_array a, const char *dims) {
    ash_builder builder = begin_change(a, "set_dims");
    if (!ash_builder_ok(&builder)) {
        return ash_builder_done(&builder);
    }
    ash_output *output = &builder.node->output[0];
    char storage[2048];
    ash_dim_names names;
    if (ash_parse_dim_names(dims, output->ndim, "set_dims", storage, sizeof storage, &names, &builder.error) == ASH_OK) {
        for (int k = 0; k < output->ndim; k++) {
            output->dim[k].name = ash_arena_strdup(&builder.node->arena, names.name[k]);
            if (names.name[k] && !output->dim[k].name) {
                ash_builder_no_memory(&builder);
            }
            if (!names.name[k]) { /* an anonymous dimension has no coordinate */
                ash_coord_release(output->dim[k].coord);
                output->dim[k].coord = NULL;
            }
        }
    }
    return ash_builder_done(&builder);
}

static ash_coordinate *compute_coord(ash_builder *builder, ash_value value) {
    const ash_output *output = ash_value_output(value);
    int64_t extent = output->dim[0].axis.extent;
    ash_coordinate *coord = ash_coord_new(output->dtype, extent);
    if (!coord) {
        ash_builder_no_memory(builder);
        return NULL;
    }
    coord->attrs = ash_attrs_retain(output->attrs);
    if (ash_engine_compute(builder->context, value, coord->values, extent * ash_dtype_size(output->dtype), &builder->error) != ASH_OK) {
        ash_coord_release(coord);
        return NULL;
    }
    return coord;
}

ash_array ash_set_coord(ash_array a, const char *dim, ash_array values) {
    ash_builder builder = begin_change(a, "set_coord");
    ash_value value;
    if (!ash_builder_ok(&builder) || !ash_builder_value(&builder, values, "coord", &value)) {
        return ash_builder_done(&builder);
    }
    ash_output *output = &builder.node->output[0];
    const ash_output *source = ash_value_output(value);
    int axis = ash_builder_axis(&builder, output, dim);
    if (axis < 0) {
        return ash_builder_done(&builder);
    }
    ash_dim *target = &output->dim[axis];
    if (!target->name) {
        ash_fail(&builder.error, ASH_ERR_DIMENSION, "set_coord: dimension %d has no name; name it with ash_set_dims() first", axis);
    } else if (source->ndim != 1 || source->dim[0].axis.extent != target->axis.extent) {
        ash_fail(&builder.error, ASH_ERR_SHAPE,
            "set_coord: the coordinate of '%s' must be 1-D with extent %lld, found %d-D with %lld elements", target->name,
            (long long)target->axis.extent, source->ndim, (long long)ash_output_size(source));
    } else if (ash_dtype_kind(source->dtype) == 'c') {
        ash_fail(&builder.error, ASH_ERR_DTYPE, "set_coord: a coordinate must be real, found %s", ash_dtype_name(source->dtype));
    } else {
        ash_coordinate *coord = compute_coord(&builder, value);
        ash_coord_release(target->coord);
        target->coord = coord;
    }
    return ash_builder_done(&builder);
}

static void release_coord(void *data, void *user) {
    (void)data;
    ash_coord_release(user);
}

ash_array ash_coord(ash_array a, const char *dim) {
    ash_builder builder = ash_builder_begin(a.context, "coord");
    ash_value input;
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    int axis = ash_builder_axis(&builder, ash_value_output(input), dim);
    const ash_dim *source = axis >= 0 ? &ash_value_output(input)->dim[axis] : NULL;
    if (source && !source->coord) {
        ash_fail(&builder.error, ASH_ERR_NOT_FOUND, "coord: dimension '%s' has no coordinate", dim);
    }
    if (!ash_builder_ok(&builder) || !ash_builder_node(&builder, ASH_NODE_MEMORY, 0, 1) ||
        !ash_builder_output(&builder, 0, source->coord->dtype, 1)) {
        return ash_builder_done(&builder);
    }
    ash_node *node = builder.node;
    node->u.memory.data = source->coord->values;
    node->u.memory.stride[0] = ash_dtype_size(source->coord->dtype);
    node->output[0].dim[0].axis = ash_axis_regular(source->axis.extent, source->axis.extent > 0 ? source->axis.extent : 1, 0);
    node->output[0].attrs = ash_attrs_retain(source->coord->attrs);
    node->output[0].name = ash_arena_strdup(&node->arena, source->name);
    if (!ash_node_copy_dim(node, &node->output[0].dim[0], source) || !node->output[0].name) {
        ash_builder_no_memory(&builder);
        return ash_builder_done(&builder);
    }
    node->u.memory.release = release_coord;
    node->u.memory.release_user = ash_coord_retain(source->coord);
    ash_array coord = ash_builder_done(&builder);
    if (!ash_ok(coord)) {
        ash_coord_release(source->coord);
    }
    return coord;
}

ash_array ash_drop_coords(ash_array a, const char *dims) {
    ash_builder builder = begin_change(a, "drop_coords");
    if (!ash_builder_ok(&builder)) {
        return ash_builder_done(&builder);
    }
    ash_output *output = &builder.node->output[0];
    int count, axes[ASH_MAX_NDIM];
    if (ash_builder_axes(&builder, output, dims, &count, axes)) {
        for (int k = 0; k < count; k++) {
            ash_coord_release(output->dim[axes[k]].coord);
            output->dim[axes[k]].coord = NULL;
        }
    }
    return ash_builder_done(&builder);
}

static ash_array set_attr(ash_array a, const char *name, int is_text, ash_dtype dtype, int64_t count, const void *data) {
    ash_builder builder = begin_change(a, "set_attr");
    if (ash_builder_ok(&builder)) {
        if (!name || !*name) {
            ash_fail(&builder.error, ASH_ERR_ARGUMENT, "set_attr: the attribute has no name");
        } else if (!ash_attrs_set(&builder.node->output[0].attrs, name, is_text, dtype, count, data)) {
            ash_builder_no_memory(&builder);
        }
    }
    return ash_builder_done(&builder);
}

ash_array ash_set_attr(ash_array a, const char *name, const char *text) {
    return set_attr(a, name, 1, ASH_INT8, text ? (int64_t)strlen(text) : 0, text);
}

ash_array ash_set_attr_real(ash_array a, const char *name, double value) {
    return set_attr(a, name, 0, ASH_FLOAT64, 1, &value);
}
