/* Writing arrays to a file: what the file declares, its coordinates, then a run that streams the values. */
#include "base/options.h"
#include "run/file_layout.h"
#include "run/run.h"

#include <ashlar/io.h>

#include <stdio.h>
#include <string.h>

static ash_status put_coordinates(ash_writer *writer, const ash_file_layout *layout, ash_error_state *error) {
    int64_t zero[ASH_MAX_NDIM] = { 0 };
    for (int k = 0; k < layout->nfixed && error->status == ASH_OK; k++) {
        const ash_layout_fixed *fixed = &layout->fixed[k];
        if (fixed->extent[0] > 0) {
            ash_writer_put(writer, fixed->variable, zero, fixed->extent, fixed->values, error);
        }
    }
    return error->status;
}

ash_status ash_write_many(
    ash_context *context, int n, const ash_array arrays[], const char *path, const char *const names[], const ash_write_options *options) {
    ash_error_state error = { 0 };
    ash_file_layout layout = { 0 };
    ash_write_options o;
    ash_options_copy(&o, sizeof o, options, sizeof *options);
    if (!context) {
        return ASH_ERR_HANDLE;
    }
    if (n < 1 || !arrays || !path || !names) {
        ash_fail(
            &error, ASH_ERR_ARGUMENT, "write: arrays, their names and a path are needed, found n = %d%s", n, path ? "" : " and no path");
        return ash_record(context, &error);
    }
    if (o.deflate < 0 || o.deflate > 9) {
        ash_fail(&error, ASH_ERR_ARGUMENT, "write: deflate must be from 0 to 9, found %d", o.deflate);
        return ash_record(context, &error);
    }
    ash_value *value = ash_calloc(n, sizeof *value);
    ash_target *target = ash_calloc(n, sizeof *target);
    if (!value || !target) {
        ash_fail_memory(&error, "write", n * (int64_t)sizeof *target);
    }
    for (int k = 0; k < n && error.status == ASH_OK; k++) {
        char argument[32];
        snprintf(argument, sizeof argument, n > 1 ? "arrays[%d]" : "a", k);
        ash_resolve(context, arrays[k], "write", argument, &value[k], &error);
    }
    ash_writer *writer = NULL;
    if (error.status == ASH_OK && ash_file_layout_make(&layout, context, n, value, names, &o, &error) == ASH_OK) {
        writer = ash_writer_begin(path, layout.ndims, layout.dim, layout.nvariables, layout.variable, layout.global, "write", &error);
    }
    if (writer && put_coordinates(writer, &layout, &error) == ASH_OK) {
        for (int k = 0; k < n; k++) {
            target[k] = (ash_target){ .kind = ASH_TARGET_FILE, .value = value[k], .variable = layout.nfixed + k };
        }
        ash_run_targets(context, n, target, writer, ash_writer_workspace(layout.nvariables, layout.variable), o.compute, "write", &error);
    }
    if (writer && error.status == ASH_OK) {
        ash_writer_commit(writer, &error);
    } else if (writer) {
        ash_writer_abort(writer);
    }
    ash_file_layout_free(&layout);
    ash_free(value);
    ash_free(target);
    return ash_record(context, &error);
}

ash_status ash_write(ash_array a, const char *path, const char *name, const ash_write_options *options) {
    return ash_write_many(a.context, 1, &a, path, &name, options);
}
