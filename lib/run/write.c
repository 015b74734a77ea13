/* Writing arrays to a file: what the file declares, its coordinates, then a run that streams the values. */
#include "base/options.h"
#include "run/file_layout.h"
#include "run/run.h"

#include <ashlar/io.h>
#include <ashlar/shape.h>

#include <stdio.h>
#include <string.h>

/* One call of ash_write_many(). */
typedef struct job {
    ash_context *context;
    int n;
    const char *path, *const *names;
    const ash_write_options *options;
    const ash_format *format;
    ash_value *value;
    ash_target *target;
    ash_file_layout layout;
    ash_error_state *error;
} job;

/* ---- What is written ---- */

/* The array on the grid of the file's chunks, so that each of these is made by one task. */
static ash_array conform(job *j, ash_array array) {
    int64_t chunk[ASH_MAX_NDIM];
    char text[ASH_MAX_NDIM * 22];
    int used = 0;
    ash_value value;
    if (j->options->chunks) {
        array = ash_rechunk(array, j->options->chunks);
    }
    if (ash_resolve(j->context, array, "write", "a", &value, j->error) != ASH_OK) {
        return array;
    }
    const ash_output *output = ash_value_output(value);
    if (!ash_file_chunk(output, j->format, j->options, chunk) || ash_file_chunk_fits(output, chunk)) {
        return array;
    }
    for (int a = 0; a < output->ndim; a++) {
        used += sprintf(text + used, "%s%lld", a ? ", " : "", (long long)chunk[a]);
    }
    return ash_rechunk(array, text);
}

static ash_status resolve(job *j, const ash_array arrays[]) {
    for (int k = 0; k < j->n && j->error->status == ASH_OK; k++) {
        char argument[32];
        snprintf(argument, sizeof argument, j->n > 1 ? "arrays[%d]" : "a", k);
        if (ash_resolve(j->context, arrays[k], "write", argument, &j->value[k], j->error) == ASH_OK) {
            ash_resolve(j->context, conform(j, arrays[k]), "write", argument, &j->value[k], j->error);
        }
    }
    return j->error->status;
}

static ash_status check_options(job *j) {
    const ash_write_options *o = j->options;
    if (o->deflate < 0 || o->deflate > 9) {
        return ash_fail(j->error, ASH_ERR_ARGUMENT, "write: deflate must be from 0 to 9, found %d", o->deflate);
    }
    if (o->zstd < -131072 || o->zstd > 22) {
        return ash_fail(j->error, ASH_ERR_ARGUMENT, "write: zstd must be from -131072 to 22, found %d", o->zstd);
    }
    j->format = ash_format_find(o->format, j->path, "write", j->error);
    int filtered = o->deflate > 0 || o->shuffle || o->zstd != 0 || o->fletcher32;
    if (j->format && filtered && !ash_format_filters(j->format)) {
        return ash_fail(j->error, ASH_ERR_ARGUMENT,
            "write: deflate, shuffle, zstd and fletcher32 need a format with chunks, such as netcdf4, found %s",
            ash_format_name(j->format));
    }
    return j->error->status;
}

/* ---- Writing it ---- */

static ash_status put_coordinates(job *j, ash_writer *writer) {
    for (int k = 0; k < j->layout.nfixed && j->error->status == ASH_OK; k++) {
        ash_writer_put_all(writer, j->layout.fixed[k].variable, j->layout.fixed[k].values, j->error);
    }
    return j->error->status;
}

static ash_status run(job *j, ash_writer *writer) {
    for (int k = 0; k < j->n; k++) {
        int64_t chunk[ASH_MAX_NDIM];
        int variable = j->layout.nfixed + k;
        j->target[k] = (ash_target){ .kind = ASH_TARGET_FILE, .value = j->value[k], .variable = variable };
        j->target[k].whole = ash_writer_chunk(writer, variable, chunk) && ash_file_chunk_fits(ash_value_output(j->value[k]), chunk);
    }
    return ash_run_targets(j->context, j->n, j->target, writer, j->options->compute, "write", j->error);
}

static void write_file(job *j) {
    if (ash_file_layout_make(&j->layout, j->context, j->n, j->value, j->names, j->format, j->options, j->error) != ASH_OK) {
        return;
    }
    ash_writer *writer = ash_writer_begin(j->format, j->path, &j->layout.schema, "write", j->error);
    if (!writer) {
        return;
    }
    if (put_coordinates(j, writer) == ASH_OK && run(j, writer) == ASH_OK) {
        ash_writer_commit(writer, j->error);
    } else {
        ash_writer_abort(writer);
    }
}

ash_status ash_write_many(
    ash_context *context, int n, const ash_array arrays[], const char *path, const char *const names[], const ash_write_options *options) {
    ash_error_state error = { 0 };
    ash_write_options o;
    ash_options_copy(&o, sizeof o, options, offsetof(ash_write_options, format));
    if (!context) {
        return ASH_ERR_HANDLE;
    }
    job j = { .context = context, .n = n, .path = path, .names = names, .options = &o, .error = &error };
    if (n < 1 || !arrays || !path || !names) {
        ash_fail(
            &error, ASH_ERR_ARGUMENT, "write: arrays, their names and a path are needed, found n = %d%s", n, path ? "" : " and no path");
        return ash_record(context, &error);
    }
    if (check_options(&j) == ASH_OK) {
        j.value = ash_calloc(n, sizeof *j.value);
        j.target = ash_calloc(n, sizeof *j.target);
        if (!j.value || !j.target) {
            ash_fail_memory(&error, "write", n * (int64_t)sizeof *j.target);
        } else if (resolve(&j, arrays) == ASH_OK) {
            write_file(&j);
        }
    }
    ash_file_layout_free(&j.layout);
    ash_free(j.value);
    ash_free(j.target);
    return ash_record(context, &error);
}

ash_status ash_write(ash_array a, const char *path, const char *name, const ash_write_options *options) {
    return ash_write_many(a.context, 1, &a, path, &name, options);
}
