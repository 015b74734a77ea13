/* Taking rows by labels: the inverse of a group reduction. */
#include "base/memory.h"
#include "expr/gather.h"
#include "expr/labels.h"

#include <ashlar/reduce.h>

#include <string.h>

static void build_take(ash_builder *builder, ash_value input, int axis, ash_value label_value) {
    const ash_output *source = ash_value_output(input);
    const ash_dim *label_dim = ash_value_output(label_value)->dim;
    ash_labels labels;
    if (!ash_builder_node(builder, ASH_NODE_TAKE, 1, 1) || !ash_builder_output(builder, 0, source->dtype, source->ndim) ||
        !ash_labels_compute(builder, label_value, -1, &labels)) {
        return;
    }
    char kind = ash_dtype_kind(source->dtype);
    if (labels.highest >= source->dim[axis].axis.extent) {
        ash_fail(&builder->error, ASH_ERR_INDEX, "group_take: label %lld is beyond the last of %lld groups", (long long)labels.highest,
            (long long)source->dim[axis].axis.extent);
        return;
    }
    if (labels.any_negative && kind != 'f' && kind != 'c') {
        ash_fail(&builder->error, ASH_ERR_DTYPE, "group_take: negative labels give NaN, which %s cannot hold; convert with ash_cast()",
            ash_dtype_name(source->dtype));
        return;
    }
    ash_node *node = builder->node;
    node->input[0] = input;
    node->u.take = (ash_take_node){ .axis = axis, .labels = labels.value, .missing = labels.any_negative };
    for (int a = 0; a < source->ndim; a++) {
        const ash_dim *from = a == axis ? &label_dim[0] : &source->dim[a];
        ash_dim *dim = &node->output[0].dim[a];
        dim->axis = a == axis ? ash_take_axis(source, axis, labels.count) : from->axis;
        if (!ash_node_copy_dim(node, dim, from)) {
            ash_builder_no_memory(builder);
        }
    }
    ash_dim *taken = &node->output[0].dim[axis];
    if (!taken->name && source->dim[axis].name) {
        taken->name = ash_arena_strdup(&node->arena, source->dim[axis].name);
        if (!taken->name) {
            ash_builder_no_memory(builder);
        }
    }
    for (int a = 0; a < source->ndim; a++) {
        if (a != axis && taken->name && source->dim[a].name && strcmp(taken->name, source->dim[a].name) == 0) {
            ash_fail(
                &builder->error, ASH_ERR_DIMENSION, "group_take: the labels' dimension '%s' is a dimension of groups already", taken->name);
        }
    }
    ash_builder_inherit(builder, input, 1);
}

ash_array ash_group_take(ash_array groups, const char *dim, ash_array labels) {
    ash_builder builder = ash_builder_begin(groups.context, "group_take");
    ash_value input, label_value;
    if (!ash_builder_value(&builder, groups, "groups", &input) || !ash_builder_value(&builder, labels, "labels", &label_value)) {
        return ash_builder_done(&builder);
    }
    int count, axes[ASH_MAX_NDIM];
    if (ash_builder_axes(&builder, ash_value_output(input), dim, &count, axes)) {
        if (count == 1) {
            build_take(&builder, input, axes[0], label_value);
        } else {
            ash_fail(
                &builder.error, ASH_ERR_DIMENSION, "group_take: dim must name one dimension, found '%s' for %d", dim ? dim : "", count);
        }
    }
    return ash_builder_done(&builder);
}
