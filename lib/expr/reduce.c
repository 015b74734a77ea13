#include "expr/reduce.h"

#include "base/memory.h"
#include "base/options.h"
#include "expr/labels.h"

#include <stdio.h>
#include <string.h>

/* Starts the node: input, kernel's dtype, which axes are reduced. NULL on failure. */
static const ash_reduce_kernel *begin_reduce(
    ash_builder *builder, ash_reduction reduction, ash_value input, int count, const int axes[], const ash_reduce_options *options) {
    const ash_output *source = ash_value_output(input);
    const ash_reduce_kernel *kernel = ash_kernel_reduce(builder->context->isa, reduction, source->dtype);
    if (!kernel) {
        ash_fail(&builder->error, ASH_ERR_DTYPE, "%s: does not accept %s", builder->function, ash_dtype_name(source->dtype));
        return NULL;
    }
    int ndim = options->keepdims ? source->ndim : source->ndim - count;
    if (!ash_builder_node(builder, ASH_NODE_REDUCE, 1, 1) || !ash_builder_output(builder, 0, kernel->out, ndim)) {
        return NULL;
    }
    ash_reduce_node *node = &builder->node->u.reduce;
    builder->node->input[0] = input;
    node->reduction = reduction;
    node->group_axis = node->by_chunk = -1;
    node->keepdims = options->keepdims;
    node->parameter.ddof = options->ddof;
    for (int k = 0; k < count; k++) {
        node->reduced[axes[k]] = 1;
    }
    return kernel;
}

/* cell_methods grows by "time: lat: mean", as CF tools do, where all reduced dimensions have names. */
static void append_cell_methods(ash_builder *builder, ash_value input) {
    const ash_output *source = ash_value_output(input);
    const ash_reduce_node *node = &builder->node->u.reduce;
    ash_output *output = &builder->node->output[0];
    const char *method = ash_reduction_table[node->reduction].cell_method;
    const char *before = ash_attrs_text(output->attrs, "cell_methods");
    char text[1024];
    int length = snprintf(text, sizeof text, "%s", before ? before : "");
    if (!output->attrs || !method || !*method) {
        return;
    }
    for (int a = 0; a < source->ndim; a++) {
        if (node->reduced[a]) {
            if (!source->dim[a].name || length >= (int)sizeof text) {
                return;
            }
            length += snprintf(text + length, sizeof text - (size_t)length, "%s%s:", length > 0 ? " " : "", source->dim[a].name);
        }
    }
    if (length > 0 && length + (int)strlen(method) + 2 < (int)sizeof text) {
        snprintf(text + length, sizeof text - (size_t)length, " %s", method);
        if (!ash_attrs_set_text(&output->attrs, "cell_methods", text)) {
            ash_builder_no_memory(builder);
        }
    }
}

static void inherit(ash_builder *builder, ash_value input) {
    const ash_reduce_node *node = &builder->node->u.reduce;
    if (ash_builder_inherit(builder, input, ash_reduction_table[node->reduction].keeps_attributes)) {
        append_cell_methods(builder, input);
    }
}

/* Kept axes keep their name, grid and coordinate; `group` (may be NULL) is what a grouped axis becomes, named as the labels' dimension
 * where that has a name. */
static void build_dims(ash_builder *builder, ash_value input, const ash_grid_axis *group, const char *group_name) {
    const ash_output *source = ash_value_output(input);
    ash_node *node = builder->node;
    for (int a = 0, to = 0; a < source->ndim; a++) {
        ash_dim *dim = &node->output[0].dim[to];
        if (!node->u.reduce.reduced[a]) {
            dim->axis = source->dim[a].axis;
            if (!ash_node_copy_dim(node, dim, &source->dim[a])) {
                ash_builder_no_memory(builder);
            }
        } else if (group || node->u.reduce.keepdims) {
            dim->axis = group ? *group : ash_axis_regular(1, 1, 0);
            const char *name = group_name ? group_name : source->dim[a].name;
            dim->name = ash_arena_strdup(&node->arena, name);
            if (name && !dim->name) {
                ash_builder_no_memory(builder);
            }
        } else {
            continue;
        }
        to++;
    }
}

static ash_array plain_reduction(ash_reduction reduction, ash_array a, const char *dims, const ash_reduce_options *options) {
    ash_builder builder = ash_builder_begin(a.context, ash_reduction_table[reduction].name);
    ash_value input;
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    const ash_output *source = ash_value_output(input);
    int count, axes[ASH_MAX_NDIM];
    if (!ash_builder_axes(&builder, source, dims, &count, axes)) {
        return ash_builder_done(&builder);
    }
    const ash_reduce_kernel *kernel = begin_reduce(&builder, reduction, input, count, axes, options);
    if (kernel) {
        build_dims(&builder, input, NULL, NULL);
        inherit(&builder, input);
        for (int k = 0; k < count && kernel->needs_elements; k++) {
            if (source->dim[axes[k]].axis.extent == 0 && ash_output_size(&builder.node->output[0]) > 0) {
                ash_fail(&builder.error, ASH_ERR_SHAPE, "%s: axis %d has no elements, and %s of nothing has no value", builder.function,
                    axes[k], builder.function);
            }
        }
    }
    return ash_builder_done(&builder);
}

ash_array ash_reduce(ash_reduction reduction, ash_array a, const char *dims, const ash_reduce_options *options) {
    ash_reduce_options o;
    ash_array masked;
    ash_options_copy(&o, sizeof o, options, sizeof *options);
    if (ash_reduce_masked(reduction, a, dims, &o, &masked)) {
        return masked;
    }
    if (o.dtype || o.where.context || o.initial.context || o.min_count != 0) {
        return ash_reduce_composed(reduction, a, dims, &o);
    }
    return plain_reduction(reduction, a, dims, &o);
}

/* Groups in a chunk of the result: enough that a chunk is worth a task. Depends on shape and grid only. */
static int64_t group_chunk(const ash_output *source, int axis, int64_t groups) {
    int64_t kept = 1;
    for (int a = 0; a < source->ndim; a++) {
        kept *= a == axis ? 1 : ash_axis_largest(&source->dim[a].axis);
    }
    int64_t chunk = kept > 0 ? 32768 / kept : groups;
    chunk = chunk < groups ? chunk : groups;
    return chunk > 0 ? chunk : 1;
}

static void check_members(ash_builder *builder, const ash_labels *labels, int64_t groups, int needs_elements) {
    if (labels->highest >= groups) {
        ash_fail(&builder->error, ASH_ERR_INDEX, "%s: label %lld is beyond the last of %lld groups", builder->function,
            (long long)labels->highest, (long long)groups);
        return;
    }
    if (!needs_elements) {
        return;
    }
    char *present = ash_calloc(groups + 1, 1);
    if (!present) {
        ash_builder_no_memory(builder);
        return;
    }
    for (int64_t k = 0; k < labels->count; k++) {
        present[labels->value[k] < 0 ? groups : labels->value[k]] = 1;
    }
    for (int64_t g = 0; g < groups && ash_builder_ok(builder); g++) {
        if (!present[g]) {
            ash_fail(&builder->error, ASH_ERR_SHAPE, "%s: group %lld has no members, and its %s has no value", builder->function,
                (long long)g, ash_reduction_table[builder->node->u.reduce.reduction].name);
        }
    }
    ash_free(present);
}

static void build_groups(
    ash_builder *builder, ash_reduction reduction, ash_value input, int axis, ash_value label_value, const ash_reduce_options *options) {
    const ash_output *source = ash_value_output(input);
    ash_reduce_options plain;
    ash_options_copy(&plain, sizeof plain, options, sizeof *options);
    if (plain.groups < 0 || plain.groups > INT32_MAX) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: groups must be from 0 (highest label + 1) to %d, found %lld", builder->function,
            INT32_MAX, (long long)plain.groups);
        return;
    }
    if (plain.keepdims || plain.dtype || plain.where.context || plain.initial.context || plain.min_count != 0) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: takes the options ddof and groups only", builder->function);
        return;
    }
    plain.keepdims = true; /* the dimension stays, with one element a group */
    const ash_reduce_kernel *kernel = begin_reduce(builder, reduction, input, 1, &axis, &plain);
    ash_labels labels;
    if (!kernel || !ash_labels_compute(builder, label_value, source->dim[axis].axis.extent, &labels)) {
        return;
    }
    ash_reduce_node *node = &builder->node->u.reduce;
    if (labels.highest >= INT32_MAX) {
        ash_fail(&builder->error, ASH_ERR_INDEX, "%s: label %lld is beyond the %d groups that are possible", builder->function,
            (long long)labels.highest, INT32_MAX);
        return;
    }
    node->groups = plain.groups > 0 ? plain.groups : labels.highest + 1;
    node->group_axis = axis;
    node->labels = labels.value;
    node->group_chunk = group_chunk(source, axis, node->groups);
    char kind = ash_dtype_kind(kernel->out); /* floating extremes of nothing are NaN */
    check_members(builder, &labels, node->groups, kernel->needs_elements && kind != 'f' && kind != 'c' && ash_output_size(source) > 0);
    ash_grid_axis groups = ash_axis_regular(node->groups, node->group_chunk, 0);
    const char *name = ash_value_output(label_value)->dim[0].name;
    for (int a = 0; a < source->ndim; a++) {
        if (a != axis && name && source->dim[a].name && strcmp(name, source->dim[a].name) == 0) {
            ash_fail(&builder->error, ASH_ERR_DIMENSION,
                "%s: the labels' dimension '%s', which names the groups, is a dimension of a already", builder->function, name);
        }
    }
    build_dims(builder, input, &groups, name);
    inherit(builder, input);
}

ash_array ash_group_reduce(ash_reduction reduction, ash_array a, const char *dim, ash_array labels, const ash_reduce_options *options) {
    char function[64];
    snprintf(function, sizeof function, "group_%s", ash_reduction_table[reduction].name);
    ash_builder builder = ash_builder_begin(a.context, function);
    ash_value input, label_value;
    if (!ash_builder_value(&builder, a, "a", &input) || !ash_builder_value(&builder, labels, "labels", &label_value)) {
        return ash_builder_done(&builder);
    }
    int count, axes[ASH_MAX_NDIM];
    if (ash_builder_axes(&builder, ash_value_output(input), dim, &count, axes)) {
        if (count == 1) {
            build_groups(&builder, reduction, input, axes[0], label_value, options);
        } else {
            ash_fail(
                &builder.error, ASH_ERR_DIMENSION, "%s: dim must name one dimension, found '%s' for %d", function, dim ? dim : "", count);
        }
    }
    return ash_builder_done(&builder);
}

/* The copy of a definition in the node's arena, with what `user` points at. NULL when out of memory. */
static ash_reduction_definition *copy_definition(
    ash_node *node, const ash_reduction_definition *definition, const void *user, int64_t bytes) {
    ash_reduction_definition *copy = ash_arena_memdup(&node->arena, definition, sizeof *definition);
    if (copy) {
        copy->name = ash_arena_strdup(&node->arena, definition->name);
        copy->user = bytes > 0 ? ash_arena_memdup(&node->arena, user, bytes) : definition->user;
    }
    return copy && copy->name && (bytes == 0 || copy->user) ? copy : NULL;
}

ash_array ash_reduce_general(const char *function, ash_array a, const char *dims, int keepdims, int64_t results,
    const ash_reduction_definition *definition, const void *user, int64_t bytes) {
    ash_builder builder = ash_builder_begin(a.context, function);
    ash_value input;
    int count, axes[ASH_MAX_NDIM];
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    const ash_output *source = ash_value_output(input);
    if (!ash_builder_axes(&builder, source, dims, &count, axes)) {
        return ash_builder_done(&builder);
    }
    int ndim = (keepdims ? source->ndim : source->ndim - count) + (results > 0);
    if (ndim > ASH_MAX_NDIM) {
        ash_fail(&builder.error, ASH_ERR_SHAPE, "%s: the result would have %d dimensions, at most %d are possible", function, ndim,
            ASH_MAX_NDIM);
    }
    if (ash_builder_node(&builder, ASH_NODE_REDUCE, 1, 1) && ash_builder_output(&builder, 0, definition->result, ndim)) {
        ash_reduce_node *node = &builder.node->u.reduce;
        builder.node->input[0] = input;
        *node = (ash_reduce_node){ .group_axis = -1, .by_chunk = -1, .keepdims = keepdims, .user_bytes = bytes, .results = results };
        node->general = copy_definition(builder.node, definition, user, bytes);
        for (int k = 0; k < count; k++) {
            node->reduced[axes[k]] = 1;
        }
        if (!node->general) {
            ash_builder_no_memory(&builder);
        }
        build_dims(&builder, input, NULL, NULL);
        if (results > 0) {
            builder.node->output[0].dim[ndim - 1].axis = ash_axis_regular(results, results, 0);
        }
        ash_builder_inherit(&builder, input, 0);
    }
    if (builder.node && ash_output_size(&builder.node->output[0]) > INT64_MAX / 64 / definition->state_bytes) {
        ash_fail(&builder.error, ASH_ERR_SHAPE, "%s: the states of the result would need more memory than can be addressed", function);
    }
    return ash_builder_done(&builder);
}
