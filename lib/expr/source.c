/* Arrays whose values come from a function of the user's: a file node of a driver without a file. */
#include "base/options.h"
#include "expr/maker.h"
#include "io/user_source.h"

static int check(ash_builder *builder, ash_read_box_fn *read_box, const ash_source_options *options) {
    if (ash_builder_ok(builder) && !read_box) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "from_source: read_box is NULL");
    }
    if (ash_builder_ok(builder) && options->scratch_bytes < 0) {
        ash_fail(
            &builder->error, ASH_ERR_ARGUMENT, "from_source: scratch_bytes must be >= 0, found %lld", (long long)options->scratch_bytes);
    }
    return ash_builder_ok(builder);
}

/* What the driver is told. Its chunks count as stored ones: pieces of tasks hold whole ones. */
static ash_variable describe(const ash_output *output) {
    ash_variable about = { .name = (char *)(uintptr_t)output->name, .dtype = output->dtype, .ndim = output->ndim };
    for (int a = 0; a < output->ndim; a++) {
        about.shape[a] = output->dim[a].axis.extent;
        about.chunk[a] = ash_axis_largest(&output->dim[a].axis);
    }
    return about;
}

static int set_attributes(ash_builder *builder, ash_output *output, const ash_source_options *options) {
    output->name = ash_arena_strdup(&builder->node->arena, options->name ? options->name : "source");
    if (!output->name) {
        return ash_builder_no_memory(builder);
    }
    return !options->attributes || ash_attrs_set_lines(&output->attrs, options->attributes, builder->function, &builder->error) == ASH_OK;
}

ash_array ash_from_source(ash_context *context, ash_dtype dtype, int ndim, const int64_t shape[], ash_read_box_fn *read_box, void *user,
    const ash_source_options *options) {
    ash_builder builder = ash_builder_begin(context, "from_source");
    ash_source_options o;
    ash_options_copy(&o, sizeof o, options, sizeof *options);
    if (!check(&builder, read_box, &o) || !ash_begin_maker(&builder, ASH_NODE_FILE, dtype, ndim, shape, o.dims, o.chunks) ||
        !set_attributes(&builder, &builder.node->output[0], &o)) {
        return ash_builder_done(&builder);
    }
    ash_user_source source = {
        .read_box = read_box, .user = user, .release = o.release, .thread_safe = o.thread_safe, .scratch_bytes = o.scratch_bytes
    };
    ash_variable about = describe(&builder.node->output[0]);
    ash_file *file = ash_user_source_open(&source, &about, builder.function, &builder.error);
    if (!file) {
        return ash_builder_done(&builder);
    }
    builder.node->u.file.file = ash_file_retain(file);
    builder.node->u.file.variable = ash_user_source_variable(file);
    ash_array array = ash_builder_done(&builder);
    if (ash_array_status(array) != ASH_OK) {
        ash_user_source_disown(file); /* the node is gone: a failed maker leaves everything with its caller */
    }
    ash_file_release(file);
    return array;
}
