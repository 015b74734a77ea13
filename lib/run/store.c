/* Giving an array to a function of the user's: a run whose writer has no file. */
#include "run/store.h"
#include "base/options.h"
#include "expr/view.h"

static void check(ash_write_box_fn *write_box, const ash_store_options *options, ash_error_state *error) {
    if (!write_box) {
        ash_fail(error, ASH_ERR_ARGUMENT, "store: write_box is NULL");
    } else if (options->scratch_bytes < 0) {
        ash_fail(error, ASH_ERR_ARGUMENT, "store: scratch_bytes must be >= 0, found %lld", (long long)options->scratch_bytes);
    }
}

ash_status ash_run_to_sink(ash_context *context, ash_value value, const ash_user_sink *sink, const ash_compute_options *options,
    const char *function, ash_error_state *error) {
    const ash_output *output = ash_value_output(value);
    ash_writer_dim dim[ASH_MAX_NDIM + 1] = { 0 };
    ash_writer_variable variable = { .name = output->name ? output->name : "array", .dtype = output->dtype, .ndim = output->ndim };
    for (int a = 0; a < output->ndim; a++) {
        dim[a] = (ash_writer_dim){ .name = output->dim[a].name, .extent = output->dim[a].axis.extent };
        variable.dim[a] = a;
    }
    ash_writer_schema schema = { .ndims = output->ndim, .nvariables = 1, .dim = dim, .variable = &variable };
    ash_writer *writer = ash_user_sink_open(sink, &schema, function, error);
    if (writer) {
        ash_target target = { .kind = ASH_TARGET_FILE, .value = value, .whole = 1, .writer = writer };
        ash_run_targets(context, 1, &target, writer, options, function, error);
        ash_writer_abort(writer);
    }
    return error->status;
}

ash_status ash_store(ash_array a, ash_write_box_fn *write_box, void *user, const ash_store_options *options) {
    ash_error_state error = { 0 };
    ash_store_options o;
    ash_options_copy(&o, sizeof o, options, sizeof *options);
    if (!a.context) {
        return ASH_ERR_HANDLE;
    }
    check(write_box, &o, &error);
    ash_value value;
    if (o.chunks && error.status == ASH_OK) {
        a = ash_view_rechunked("store", a, o.chunks);
    }
    if (error.status == ASH_OK && ash_resolve(a.context, a, "store", "a", &value, &error) == ASH_OK) {
        ash_user_sink sink = { .write_box = write_box, .user = user, .thread_safe = o.thread_safe, .scratch_bytes = o.scratch_bytes };
        ash_run_to_sink(a.context, value, &sink, o.compute, "store", &error);
    }
    return ash_record(a.context, &error);
}
