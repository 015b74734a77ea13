/* Indexing, transposing, rechunking: all are view nodes. */
#include "base/memory.h"
#include "expr/view.h"

#include <ashlar/shape.h>

#include <string.h>

/* Output axis `to` is a range of input axis part->axis. */
static int index_range(ash_builder *builder, int to, const ash_index_part *part) {
    ash_node *node = builder->node;
    const ash_dim *source = &ash_value_output(node->input[0])->dim[part->axis];
    ash_dim *dim = &node->output[0].dim[to];
    node->u.view.axis[part->axis] = (ash_view_axis){ .axis = to, .start = part->start, .step = part->step };
    dim->name = ash_arena_strdup(&node->arena, source->name);
    int whole = part->start == 0 && part->step == 1 && part->extent == source->axis.extent;
    if (source->coord) {
        dim->coord = whole ? ash_coord_retain(source->coord) : ash_coord_slice(source->coord, part->start, part->step, part->extent);
    }
    if ((source->name && !dim->name) || (source->coord && !dim->coord) ||
        !ash_axis_slice(&source->axis, part->start, part->step, part->extent, &node->arena, &dim->axis)) {
        return ash_builder_no_memory(builder);
    }
    return 1;
}

int ash_view_index(ash_builder *builder, ash_value input, int count, const ash_index_part part[]) {
    int ndim = 0;
    for (int k = 0; k < count; k++) {
        ndim += part[k].kind != ASH_INDEX_INTEGER;
    }
    if (ndim > ASH_MAX_NDIM) {
        ash_fail(&builder->error, ASH_ERR_SHAPE, "index: the result would have %d dimensions, more than %d", ndim, ASH_MAX_NDIM);
        return 0;
    }
    if (!ash_view_begin(builder, input, ndim)) {
        return 0;
    }
    for (int k = 0, to = 0; k < count && ash_builder_ok(builder); k++) {
        if (part[k].kind == ASH_INDEX_INTEGER) {
            builder->node->u.view.axis[part[k].axis] = (ash_view_axis){ .axis = -1, .start = part[k].start };
        } else if (part[k].kind == ASH_INDEX_NEWAXIS) {
            builder->node->output[0].dim[to++].axis = ash_axis_regular(1, 1, 0);
        } else {
            index_range(builder, to++, &part[k]);
        }
    }
    return ash_builder_ok(builder);
}

static void build_index(ash_builder *builder, ash_value input, const char *index) {
    const ash_output *source = ash_value_output(input);
    int64_t shape[ASH_MAX_NDIM];
    ash_output_shape(source, shape);
    ash_dim_names names = ash_output_dim_names(source);
    ash_index_part part[2 * ASH_MAX_NDIM];
    int count;
    if (ash_parse_index(index, &names, shape, &count, part, &builder->error) == ASH_OK) {
        ash_view_index(builder, input, count, part);
    }
}

ash_array ash_index(ash_array a, const char *index) {
    ash_builder builder = ash_builder_begin(a.context, "index");
    ash_value input;
    if (ash_builder_value(&builder, a, "a", &input)) {
        if (index) {
            build_index(&builder, input, index);
        } else {
            ash_fail(&builder.error, ASH_ERR_ARGUMENT, "index: the index text is NULL");
        }
    }
    return ash_builder_done(&builder);
}

ash_array ash_transpose(ash_array a, const char *dims) {
    ash_builder builder = ash_builder_begin(a.context, "transpose");
    ash_value input;
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    const ash_output *source = ash_value_output(input);
    int count, axes[ASH_MAX_NDIM];
    if (ash_builder_axes(&builder, source, dims, &count, axes) && count != source->ndim) {
        ash_fail(
            &builder.error, ASH_ERR_DIMENSION, "transpose: dims '%s' must name all %d dimensions, found %d", dims, source->ndim, count);
    }
    if (ash_builder_ok(&builder) && ash_view_begin(&builder, input, source->ndim)) {
        for (int k = 0; k < count && ash_builder_ok(&builder); k++) {
            ash_view_keep_axis(&builder, k, dims && *dims ? axes[k] : source->ndim - 1 - k);
        }
    }
    return ash_builder_done(&builder);
}

ash_array ash_squeeze(ash_array a, const char *dims) {
    ash_builder builder = ash_builder_begin(a.context, "squeeze");
    ash_value input;
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    const ash_output *source = ash_value_output(input);
    int count, axes[ASH_MAX_NDIM], ndim = 0;
    char drop[ASH_MAX_NDIM] = { 0 };
    if (ash_builder_axes(&builder, source, dims, &count, axes)) {
        for (int k = 0; k < count; k++) {
            int64_t extent = source->dim[axes[k]].axis.extent;
            drop[axes[k]] = extent == 1;
            if (extent != 1 && dims && *dims) {
                ash_fail(&builder.error, ASH_ERR_SHAPE, "squeeze: axis %d has extent %lld, expected 1", axes[k], (long long)extent);
            }
        }
    }
    for (int k = 0; k < source->ndim; k++) {
        ndim += !drop[k];
    }
    if (ash_builder_ok(&builder) && ash_view_begin(&builder, input, ndim)) {
        for (int k = 0, to = 0; k < source->ndim && ash_builder_ok(&builder); k++) {
            if (!drop[k]) {
                ash_view_keep_axis(&builder, to++, k);
            }
        }
    }
    return ash_builder_done(&builder);
}

/* Checks where an axis is to be added; its number, counted from the front. */
static int new_axis(ash_builder *builder, const ash_output *source, int axis) {
    if (axis < -source->ndim - 1 || axis > source->ndim || source->ndim == ASH_MAX_NDIM) {
        ash_fail(&builder->error, ASH_ERR_DIMENSION, "%s: axis must be from %d to %d, and the result have at most %d dimensions, found %d",
            builder->function, -source->ndim - 1, source->ndim, ASH_MAX_NDIM, axis);
    }
    return axis < 0 ? axis + source->ndim + 1 : axis;
}

/* The name of dimension `axis` of the result, which no other one may have. */
static void name_new_axis(ash_builder *builder, const char *argument, int axis, const char *name) {
    ash_output *output = &builder->node->output[0];
    for (int k = 0; k < output->ndim; k++) {
        if (k != axis && output->dim[k].name && strcmp(name, output->dim[k].name) == 0) {
            ash_fail(&builder->error, ASH_ERR_DIMENSION, "%s: %s has a dimension '%s' already", builder->function, argument, name);
        }
    }
    output->dim[axis].name = ash_arena_strdup(&builder->node->arena, name);
    if (!output->dim[axis].name) {
        ash_builder_no_memory(builder);
    }
}

ash_array ash_view_expanded(const char *function, const char *argument, ash_array a, int axis, const char *name) {
    ash_builder builder = ash_builder_begin(a.context, function);
    ash_value input;
    if (!ash_builder_value(&builder, a, argument, &input)) {
        return ash_builder_done(&builder);
    }
    int ndim = ash_value_output(input)->ndim, at = new_axis(&builder, ash_value_output(input), axis);
    if (ash_builder_ok(&builder) && ash_view_begin(&builder, input, ndim + 1)) {
        builder.node->output[0].dim[at].axis = ash_axis_regular(1, 1, 0);
        for (int k = 0; k < ndim && ash_builder_ok(&builder); k++) {
            ash_view_keep_axis(&builder, k < at ? k : k + 1, k);
        }
        if (name && ash_builder_ok(&builder)) {
            name_new_axis(&builder, argument, at, name);
        }
    }
    return ash_builder_done(&builder);
}

ash_array ash_expand_dims(ash_array a, int axis, const char *name) {
    ash_dim_names names;
    char storage[512];
    ash_builder builder = ash_builder_begin(a.context, "expand_dims");
    if (name && ash_builder_ok(&builder) &&
        ash_parse_dim_names(name, 1, "expand_dims", storage, sizeof storage, &names, &builder.error) != ASH_OK) {
        return ash_builder_done(&builder);
    }
    return ash_view_expanded("expand_dims", "a", a, axis, name ? names.name[0] : NULL);
}

static void build_broadcast(ash_builder *builder, ash_value input, int ndim, const int64_t shape[]) {
    const ash_output *source = ash_value_output(input);
    int added = ndim - source->ndim;
    for (int a = 0; a < source->ndim; a++) {
        int64_t extent = source->dim[a].axis.extent;
        if (extent != 1 && extent != shape[a + added]) {
            ash_fail(&builder->error, ASH_ERR_SHAPE, "broadcast_to: axis %d has extent %lld, expected 1 or %lld", a, (long long)extent,
                (long long)shape[a + added]);
            return;
        }
    }
    ash_grid_axis grid[ASH_MAX_NDIM];
    ash_grid_default(ndim, shape, ash_dtype_size(source->dtype), grid);
    if (!ash_view_begin(builder, input, ndim)) {
        return;
    }
    for (int a = 0; a < ndim && ash_builder_ok(builder); a++) {
        const ash_dim *from = a >= added ? &source->dim[a - added] : NULL;
        if (from && from->axis.extent == shape[a]) {
            ash_view_keep_axis(builder, a, a - added);
            continue;
        }
        ash_dim *dim = &builder->node->output[0].dim[a];
        dim->axis = grid[a];
        dim->name = from ? ash_arena_strdup(&builder->node->arena, from->name) : NULL;
        if (from && from->name && !dim->name) {
            ash_builder_no_memory(builder);
        }
    }
}

ash_array ash_broadcast_to(ash_array a, int ndim, const int64_t shape[]) {
    ash_builder builder = ash_builder_begin(a.context, "broadcast_to");
    ash_value input;
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    int least = ash_value_output(input)->ndim;
    if (ndim < least || ndim > ASH_MAX_NDIM || (ndim > 0 && !shape)) {
        ash_fail(&builder.error, ASH_ERR_SHAPE, "broadcast_to: ndim must be from %d (that of the array) to %d with a shape, found %d%s",
            least, ASH_MAX_NDIM, ndim, shape ? "" : " and no shape");
        return ash_builder_done(&builder);
    }
    int64_t elements = 1;
    for (int k = 0; k < ndim; k++) {
        if (shape[k] < 0 || (shape[k] > 0 && elements > INT64_MAX / 32 / shape[k])) {
            ash_fail(&builder.error, ASH_ERR_SHAPE,
                "broadcast_to: extent of axis %d must be >= 0 and the array within the address space, found %lld", k, (long long)shape[k]);
            return ash_builder_done(&builder);
        }
        elements *= shape[k] > 0 ? shape[k] : 1;
    }
    build_broadcast(&builder, input, ndim, shape);
    return ash_builder_done(&builder);
}

ash_array ash_view_rechunked(const char *function, ash_array a, const char *chunks) {
    ash_builder builder = ash_builder_begin(a.context, function);
    ash_value input;
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    const ash_output *source = ash_value_output(input);
    int64_t shape[ASH_MAX_NDIM], *lists = NULL;
    ash_output_shape(source, shape);
    ash_dim_names names = ash_output_dim_names(source);
    ash_chunk_spec spec[ASH_MAX_NDIM];
    if (!chunks) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "%s: the chunk text is NULL", function);
    } else if (ash_parse_chunks(chunks, &names, shape, function, spec, &lists, &builder.error) == ASH_OK &&
        ash_view_identity(&builder, input)) {
        for (int k = 0; k < source->ndim; k++) {
            if (!ash_axis_from_spec(&spec[k], &source->dim[k].axis, &builder.node->arena, &builder.node->output[0].dim[k].axis)) {
                ash_builder_no_memory(&builder);
            }
        }
    }
    ash_free(lists);
    return ash_builder_done(&builder);
}

ash_array ash_view_on_grid(const char *function, ash_array a, const int64_t step[], const int64_t offset[]) {
    ash_builder builder = ash_builder_begin(a.context, function);
    ash_value input;
    if (ash_builder_value(&builder, a, "a", &input) && ash_view_identity(&builder, input)) {
        const ash_output *source = ash_value_output(input);
        for (int k = 0; k < source->ndim; k++) {
            builder.node->output[0].dim[k].axis = ash_axis_regular(source->dim[k].axis.extent, step[k], offset[k]);
        }
    }
    return ash_builder_done(&builder);
}

ash_array ash_rechunk(ash_array a, const char *chunks) {
    return ash_view_rechunked("rechunk", a, chunks);
}
