#include "expr/view.h"

#include "base/memory.h"

int ash_view_begin(ash_builder *builder, ash_value input, int ndim) {
    const ash_output *source = ash_value_output(input);
    if (!ash_builder_node(builder, ASH_NODE_VIEW, 1, 1) || !ash_builder_output(builder, 0, source->dtype, ndim)) {
        return 0;
    }
    ash_node *node = builder->node;
    node->input[0] = input;
    node->u.view.axis = ash_arena_alloc(&node->arena, (source->ndim + 1) * (int64_t)sizeof *node->u.view.axis);
    if (!node->u.view.axis) {
        return ash_builder_no_memory(builder);
    }
    for (int a = 0; a < source->ndim; a++) {
        node->u.view.axis[a] = (ash_view_axis){ .axis = -1 };
    }
    return ash_builder_inherit(builder, input, 1);
}

int ash_view_keep_axis(ash_builder *builder, int to, int from) {
    ash_node *node = builder->node;
    const ash_dim *dim = &ash_value_output(node->input[0])->dim[from];
    node->u.view.axis[from] = (ash_view_axis){ .axis = to, .start = 0, .step = 1 };
    node->output[0].dim[to].axis = dim->axis;
    return ash_node_copy_dim(node, &node->output[0].dim[to], dim) ? 1 : ash_builder_no_memory(builder);
}

int ash_view_identity(ash_builder *builder, ash_value input) {
    int ndim = ash_value_output(input)->ndim;
    if (!ash_view_begin(builder, input, ndim)) {
        return 0;
    }
    builder->node->output[0].weak = ash_value_output(input)->weak;
    for (int a = 0; a < ndim; a++) {
        if (!ash_view_keep_axis(builder, a, a)) {
            return 0;
        }
    }
    return 1;
}

ash_array ash_view_dressed(const char *function, ash_array a, ash_value from) {
    ash_builder builder = ash_builder_begin(a.context, function);
    ash_value value;
    if (ash_builder_value(&builder, a, "a", &value) && ash_view_identity(&builder, value)) {
        ash_attrs_release(builder.node->output[0].attrs);
        builder.node->output[0].attrs = NULL;
        ash_builder_inherit(&builder, from, 1);
    }
    return ash_builder_done(&builder);
}
