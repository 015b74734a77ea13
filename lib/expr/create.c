/* Making arrays from memory, single values and ramps. */
#include "base/memory.h"
#include "base/options.h"
#include "expr/maker.h"

int ash_begin_maker(
    ash_builder *builder, ash_node_kind kind, ash_dtype dtype, int ndim, const int64_t shape[], const char *dims, const char *chunks) {
    if (!ash_builder_ok(builder)) {
        return 0;
    }
    if ((int)dtype < 0 || dtype >= ASH_DTYPE_COUNT) {
        ash_fail(&builder->error, ASH_ERR_DTYPE, "%s: %d is not a dtype", builder->function, (int)dtype);
        return 0;
    }
    if (ndim < 0 || ndim > ASH_MAX_NDIM || (ndim > 0 && !shape)) {
        ash_fail(&builder->error, ASH_ERR_SHAPE, "%s: ndim must be from 0 to %d with a shape, found %d%s", builder->function, ASH_MAX_NDIM,
            ndim, shape ? "" : " and no shape");
        return 0;
    }
    int64_t bytes = ash_dtype_size(dtype);
    for (int a = 0; a < ndim; a++) {
        if (shape[a] < 0 || (shape[a] > 0 && bytes > INT64_MAX / 2 / shape[a])) {
            ash_fail(&builder->error, ASH_ERR_SHAPE,
                "%s: extent of axis %d must be >= 0 and the array within the address space, found %lld", builder->function, a,
                (long long)shape[a]);
            return 0;
        }
        bytes *= shape[a] > 0 ? shape[a] : 1;
    }
    if (!ash_builder_node(builder, kind, 0, 1) || !ash_builder_output(builder, 0, dtype, ndim)) {
        return 0;
    }
    ash_output *output = &builder->node->output[0];
    ash_grid_axis grid[ASH_MAX_NDIM];
    ash_grid_default(ndim, shape, ash_dtype_size(dtype), grid);
    char storage[2048];
    ash_dim_names names;
    if (ash_parse_dim_names(dims, ndim, builder->function, storage, sizeof storage, &names, &builder->error) != ASH_OK) {
        return 0;
    }
    for (int a = 0; a < ndim; a++) {
        output->dim[a].name = ash_arena_strdup(&builder->node->arena, names.name[a]);
        output->dim[a].axis = grid[a];
        if (names.name[a] && !output->dim[a].name) {
            return ash_builder_no_memory(builder);
        }
    }
    if (!chunks) {
        return 1;
    }
    ash_chunk_spec spec[ASH_MAX_NDIM];
    int64_t *lists = NULL;
    if (ash_parse_chunks(chunks, &names, shape, builder->function, spec, &lists, &builder->error) == ASH_OK) {
        for (int a = 0; a < ndim; a++) {
            if (!ash_axis_from_spec(&spec[a], &grid[a], &builder->node->arena, &output->dim[a].axis)) {
                ash_builder_no_memory(builder);
            }
        }
    }
    ash_free(lists);
    return ash_builder_ok(builder);
}

/* The same with the makers' options, which are copied to *options. */
static int begin_maker(ash_builder *builder, ash_node_kind kind, ash_dtype dtype, int ndim, const int64_t shape[],
    const ash_make_options *given, ash_make_options *options) {
    ash_options_copy(options, sizeof *options, given, sizeof *given);
    return ash_begin_maker(builder, kind, dtype, ndim, shape, options->dims, options->chunks);
}

ash_array ash_from_buffer(
    ash_context *context, ash_dtype dtype, int ndim, const int64_t shape[], const void *data, const ash_make_options *options) {
    ash_builder builder = ash_builder_begin(context, "from_buffer");
    ash_make_options o;
    if (begin_maker(&builder, ASH_NODE_MEMORY, dtype, ndim, shape, options, &o)) {
        ash_node *node = builder.node;
        if (!data && ash_output_size(&node->output[0]) > 0) {
            ash_fail(&builder.error, ASH_ERR_ARGUMENT, "from_buffer: data is NULL for an array of %lld elements",
                (long long)ash_output_size(&node->output[0]));
        }
        node->u.memory.data = data;
        int64_t stride = ash_dtype_size(dtype);
        for (int a = ndim - 1; a >= 0; a--) {
            node->u.memory.stride[a] = o.strides ? o.strides[a] : stride;
            stride *= shape[a];
        }
        node->u.memory.release = o.release;
        node->u.memory.release_user = o.release_user;
    }
    return ash_builder_done(&builder);
}

static ash_array constant(ash_context *context, const char *function, ash_dtype dtype, int ndim, const int64_t shape[], ash_dtype from,
    ash_number value, const ash_make_options *options) {
    ash_builder builder = ash_builder_begin(context, function);
    ash_make_options o;
    if (begin_maker(&builder, ASH_NODE_CONSTANT, dtype, ndim, shape, options, &o)) {
        ash_number_store(dtype, builder.node->u.constant.element, from, value);
    }
    return ash_builder_done(&builder);
}

ash_array ash_zeros(ash_context *context, ash_dtype dtype, int ndim, const int64_t shape[], const ash_make_options *options) {
    return constant(context, "zeros", dtype, ndim, shape, ASH_INT64, (ash_number){ .i = 0 }, options);
}

ash_array ash_ones(ash_context *context, ash_dtype dtype, int ndim, const int64_t shape[], const ash_make_options *options) {
    return constant(context, "ones", dtype, ndim, shape, ASH_INT64, (ash_number){ .i = 1 }, options);
}

ash_array ash_full(
    ash_context *context, ash_dtype dtype, int ndim, const int64_t shape[], ash_array value, const ash_make_options *options) {
    ash_builder builder = ash_builder_begin(context, "full");
    ash_value scalar;
    if (!ash_builder_value(&builder, value, "value", &scalar)) {
        return ash_builder_done(&builder);
    }
    const ash_output *output = ash_value_output(scalar);
    if (scalar.node->kind != ASH_NODE_CONSTANT || output->ndim != 0) {
        ash_fail(
            &builder.error, ASH_ERR_ARGUMENT, "full: value must be a scalar made by ash_real(), ash_int(), ash_bool() or ash_complex()");
        return ash_builder_done(&builder);
    }
    ash_number number = ash_number_load(output->dtype, scalar.node->u.constant.element);
    char to = ash_dtype_kind(dtype), from = ash_dtype_kind(output->dtype);
    if (from == 'c' && to != 'c' && to != 0) {
        ash_fail(&builder.error, ASH_ERR_DTYPE, "full: a complex value for %s", ash_dtype_name(dtype));
    } else if (from == 'i' && (to == 'i' || to == 'u') && !ash_integer_fits(dtype, number.i)) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "full: the integer %lld does not fit %s", (long long)number.i, ash_dtype_name(dtype));
    }
    return ash_builder_ok(&builder) ? constant(context, "full", dtype, ndim, shape, output->dtype, number, options)
                                    : ash_builder_done(&builder);
}

static ash_array weak_scalar(ash_context *context, const char *function, ash_dtype dtype, ash_number value) {
    ash_builder builder = ash_builder_begin(context, function);
    ash_make_options o;
    if (begin_maker(&builder, ASH_NODE_CONSTANT, dtype, 0, NULL, NULL, &o)) {
        ash_number_store(dtype, builder.node->u.constant.element, dtype, value);
        builder.node->output[0].weak = ash_dtype_kind(dtype);
    }
    return ash_builder_done(&builder);
}

ash_array ash_bool(ash_context *context, bool value) {
    return weak_scalar(context, "bool", ASH_BOOL, (ash_number){ .i = value });
}
ash_array ash_int(ash_context *context, int64_t value) {
    return weak_scalar(context, "int", ASH_INT64, (ash_number){ .i = value });
}
ash_array ash_real(ash_context *context, double value) {
    return weak_scalar(context, "real", ASH_FLOAT64, (ash_number){ .f = value });
}
ash_array ash_complex(ash_context *context, double real, double imag) {
    return weak_scalar(context, "complex", ASH_COMPLEX128, (ash_number){ .c = { real, imag } });
}

/* How many values start, start + step, ... lie before stop; exact for all int64. */
static int64_t arange_count(int64_t start, int64_t stop, int64_t step) {
    if ((step > 0 && start >= stop) || (step < 0 && start <= stop)) {
        return 0;
    }
    uint64_t span = step > 0 ? (uint64_t)stop - (uint64_t)start : (uint64_t)start - (uint64_t)stop;
    uint64_t stride = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    uint64_t count = (span - 1) / stride + 1;
    return count > INT64_MAX ? -1 : (int64_t)count;
}

ash_array ash_arange(ash_context *context, int64_t start, int64_t stop, int64_t step, const ash_make_options *options) {
    ash_builder builder = ash_builder_begin(context, "arange");
    if (step == 0 && ash_builder_ok(&builder)) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "arange: step must not be 0");
    }
    int64_t count = step != 0 ? arange_count(start, stop, step) : 0;
    ash_make_options o;
    if (begin_maker(&builder, ASH_NODE_RAMP, ASH_INT64, 1, &count, options, &o)) {
        builder.node->u.ramp.start.i = start;
        builder.node->u.ramp.step.i = step;
    }
    return ash_builder_done(&builder);
}

ash_array ash_linspace(ash_context *context, double start, double stop, int64_t count, const ash_make_options *options) {
    ash_builder builder = ash_builder_begin(context, "linspace");
    ash_make_options o;
    if (begin_maker(&builder, ASH_NODE_RAMP, ASH_FLOAT64, 1, &count, options, &o)) {
        builder.node->u.ramp.start.f = start;
        builder.node->u.ramp.step.f = count > 1 ? (stop - start) / (double)(count - 1) : 0;
        builder.node->u.ramp.has_last = count > 1;
        builder.node->u.ramp.last.f = stop;
    }
    return ash_builder_done(&builder);
}

ash_array ash_failed(ash_context *context, ash_status status, const char *sentence) {
    ash_builder builder = ash_builder_begin(context, "failed");
    int is_error = status > ASH_OK && status < ASH_STATUS_COUNT;
    ash_fail(&builder.error, is_error ? status : ASH_ERR_ARGUMENT, "%s", sentence ? sentence : ash_status_text(ASH_ERR_ARGUMENT));
    return ash_builder_done(&builder);
}
