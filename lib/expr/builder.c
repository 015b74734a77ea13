#include "expr/builder.h"

#include "base/memory.h"

enum { LARGEST_ELEMENT = 64 }; /* 16 bytes, and room for the state of a reduction */

ash_builder ash_builder_begin(ash_context *context, const char *function) {
    ash_builder builder = { .context = context, .function = function };
    if (!context) {
        ash_fail(&builder.error, ASH_ERR_HANDLE, "%s: the array or context was never set", function);
    }
    return builder;
}

int ash_builder_value(ash_builder *builder, ash_array array, const char *argument, ash_value *value) {
    return ash_builder_ok(builder) && ash_resolve(builder->context, array, builder->function, argument, value, &builder->error) == ASH_OK;
}

int ash_builder_no_memory(ash_builder *builder) {
    ash_fail(&builder->error, ASH_ERR_MEMORY, "%s: the system gave no memory", builder->function);
    return 0;
}

int ash_builder_node(ash_builder *builder, ash_node_kind kind, int ninputs, int noutputs) {
    if (!ash_builder_ok(builder)) {
        return 0;
    }
    builder->node = ash_node_new(kind, ninputs, noutputs);
    return builder->node ? 1 : ash_builder_no_memory(builder);
}

int ash_builder_output(ash_builder *builder, int k, ash_dtype dtype, int ndim) {
    return ash_node_set_output(builder->node, k, dtype, ndim) ? 1 : ash_builder_no_memory(builder);
}

int ash_builder_inherit(ash_builder *builder, ash_value from, int attributes) {
    const ash_output *source = ash_value_output(from);
    ash_output *output = &builder->node->output[0];
    output->name = ash_arena_strdup(&builder->node->arena, source->name);
    if (source->name && !output->name) {
        return ash_builder_no_memory(builder);
    }
    if (attributes) {
        output->attrs = ash_attrs_retain(source->attrs);
    }
    return 1;
}

int ash_builder_axes(ash_builder *builder, const ash_output *output, const char *dims, int *count, int axes[ASH_MAX_NDIM]) {
    ash_dim_names names = ash_output_dim_names(output);
    return ash_parse_axes(dims, &names, builder->function, count, axes, &builder->error) == ASH_OK;
}

int ash_builder_axis(ash_builder *builder, const ash_output *output, const char *dim) {
    int count, axes[ASH_MAX_NDIM];
    if (!dim || !*dim) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: dim must name one dimension, found none", builder->function);
        return -1;
    }
    if (!ash_builder_axes(builder, output, dim, &count, axes)) {
        return -1;
    }
    if (count != 1) {
        ash_fail(&builder->error, ASH_ERR_DIMENSION, "%s: dim must name one dimension, found '%s'", builder->function, dim);
        return -1;
    }
    return axes[0];
}

/* Every array must be addressable in bytes, whatever its dtype: then no product of extents and element sizes overflows anywhere. */
static void check_sizes(ash_builder *builder) {
    for (int k = 0; builder->node && k < builder->node->noutputs; k++) {
        const ash_output *output = &builder->node->output[k];
        int64_t bytes = LARGEST_ELEMENT;
        for (int a = 0; a < output->ndim; a++) {
            int64_t extent = output->dim[a].axis.extent;
            if (__builtin_mul_overflow(bytes, extent > 0 ? extent : 1, &bytes)) {
                ash_fail(
                    &builder->error, ASH_ERR_SHAPE, "%s: the result would have more elements than can be addressed", builder->function);
                return;
            }
        }
    }
}

ash_array ash_builder_done(ash_builder *builder) {
    if (ash_builder_ok(builder)) {
        check_sizes(builder);
    }
    if (!ash_builder_ok(builder)) {
        return ash_publish_error(builder->context, builder->node, &builder->error);
    }
    return ash_publish(builder->context, builder->node, 0);
}
