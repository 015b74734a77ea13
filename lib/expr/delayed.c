/* Calls of the user's functions as steps of the expression. */
#include "array/context.h"
#include "base/memory.h"
#include "base/options.h"
#include "expr/call.h"
#include "expr/maker.h"
#include "expr/registered.h"

#include <ashlar/delayed.h>

#include <stdio.h>
#include <string.h>

/* Only full words: bytes tell nodes apart. */
typedef struct delayed_parameter {
    int64_t argument_bytes, parts;
    _Alignas(16) unsigned char argument[];
} delayed_parameter;

/* ---- What the plan asks ---- */

/* The k-th input that has elements, whole; the list of them follows from the inputs. */
static int delayed_part(const ash_node *node, const ash_blocks_step *at, int k, ash_part *part) {
    const delayed_parameter *p = node->u.blocks.parameter;
    const int32_t *input = node->u.blocks.derived;
    (void)at;
    if (k >= p->parts) {
        return 0;
    }
    part->input = input[k];
    const ash_output *output = ash_value_output(node->input[input[k]]);
    for (int a = 0; a < output->ndim; a++) {
        part->box.start[a] = 0;
        part->box.extent[a] = output->dim[a].axis.extent;
    }
    return 1;
}

static int64_t delayed_scratch(const ash_node *node, const ash_blocks_step *at) {
    (void)at;
    return ash_call_bytes(node, 0);
}

static void describe_input(const ash_user_call *user, int input) {
    const ash_output *output = ash_value_output(user->call->node->input[input]);
    ash_call_block *to = &user->input[input];
    to->block.dtype = output->dtype;
    to->block.ndim = output->ndim;
    ash_output_shape(output, to->shape);
    ash_output_shape(output, to->extent);
    ash_dense_strides(output->ndim, to->extent, ash_dtype_size(output->dtype), to->stride);
}

static ash_status delayed_run(const ash_blocks_call *call) {
    const delayed_parameter *p = call->node->u.blocks.parameter;
    ash_user_call user = ash_call_begin(call);
    for (int i = 0; i < call->node->ninputs; i++) {
        describe_input(&user, i);
    }
    for (int k = 0; k < call->nblocks; k++) {
        user.input[call->block[k].part.input].block.data = (void *)(uintptr_t)call->block[k].base;
    }
    ash_call_output(&user, 0);
    return ash_call_run(&user, 0, NULL, &call->box[0], p->argument, p->argument_bytes);
}

static const ash_blocks_kind delayed_kind = {
    .name = "delayed", .part = delayed_part, .scratch_bytes = delayed_scratch, .run = delayed_run
};

/* ---- Building ---- */

static int set_inputs(ash_builder *builder, int n, const ash_array inputs[]) {
    ash_node *node = builder->node;
    node->input = ash_arena_alloc(&node->arena, (n + 1) * (int64_t)sizeof *node->input);
    int32_t *with_elements = ash_arena_alloc(&node->arena, (n + 1) * (int64_t)sizeof *with_elements);
    char *dense = ash_arena_alloc(&node->arena, n + 1);
    if (!node->input || !with_elements || !dense) {
        return ash_builder_no_memory(builder);
    }
    for (int i = 0; i < n; i++) {
        char argument[32];
        snprintf(argument, sizeof argument, "inputs[%d]", i);
        if (!ash_builder_value(builder, inputs[i], argument, &node->input[i])) {
            return 0;
        }
        node->ninputs = i + 1;
    }
    memset(dense, 1, (size_t)n);
    node->u.blocks.derived = with_elements;
    node->u.blocks.dense = dense;
    return 1;
}

static int set_parameter(ash_builder *builder, const ash_delayed_options *options) {
    ash_node *node = builder->node;
    int64_t bytes = (int64_t)sizeof(delayed_parameter) + options->argument_bytes;
    delayed_parameter *p = ash_arena_alloc(&node->arena, bytes);
    int32_t *with_elements = (int32_t *)(uintptr_t)node->u.blocks.derived;
    if (!p) {
        return ash_builder_no_memory(builder);
    }
    for (int i = 0; i < node->ninputs; i++) {
        if (ash_output_size(ash_value_output(node->input[i])) > 0) {
            with_elements[p->parts++] = i;
        }
    }
    p->argument_bytes = options->argument_bytes;
    if (p->argument_bytes > 0) {
        memcpy(p->argument, options->argument, (size_t)p->argument_bytes);
    }
    node->u.blocks.parameter = p;
    node->u.blocks.parameter_bytes = bytes;
    return 1;
}

ash_array ash_delayed(ash_context *context, const char *function, int n, const ash_array inputs[], ash_dtype dtype, int ndim,
    const int64_t shape[], const ash_delayed_options *options) {
    ash_builder builder = ash_builder_begin(context, "delayed");
    ash_delayed_options o;
    ash_options_copy(&o, sizeof o, options, sizeof o);
    const ash_registered *entry = ash_builder_ok(&builder) ? ash_registered_find(&builder, ASH_REGISTERED_FUNCTION, function) : NULL;
    if (entry && (n < 0 || (n > 0 && !inputs))) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "delayed: n must be 0 or more, with as many inputs, found %d%s", n,
            inputs ? "" : " and no inputs");
    } else if (entry && (o.argument_bytes < 0 || o.argument_bytes > INT32_MAX || (o.argument_bytes > 0 && !o.argument))) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "delayed: argument_bytes must be from 0 to %d, with an argument, found %lld%s",
            INT32_MAX, (long long)o.argument_bytes, o.argument ? "" : " and no argument");
    }
    if (entry && ash_begin_maker(&builder, ASH_NODE_BLOCKS, dtype, ndim, shape, o.dims, NULL) && set_inputs(&builder, n, inputs) &&
        set_parameter(&builder, &o)) {
        ash_node *node = builder.node;
        node->u.blocks.kind = &delayed_kind;
        node->u.blocks.steps = 1;
        node->u.blocks.function = entry;
        node->u.blocks.once = !entry->function.pure;
        for (int a = 0; a < ndim; a++) {
            node->output[0].dim[a].axis = ash_axis_regular(shape[a], shape[a] > 0 ? shape[a] : 1, 0);
        }
    }
    return ash_builder_done(&builder);
}
