/* Writing arrays to a file: what the file declares, its coordinates, then a run that streams the values. */
#include "run/write.h"
#include "base/options.h"
#include "base/span.h"
#include "expr/fingerprint.h"
#include "expr/view.h"
#include "run/describe.h"
#include "run/file_layout.h"
#include "run/queue.h"

#include <ashlar/io.h>
#include <ashlar/shape.h>

#include <stdio.h>
#include <string.h>

/* One call of ash_write_arrays(). */
typedef struct job {
    ash_context *context;
    int n;
    const char *path, *const *names;
    const ash_variable *const *stored;
    const ash_write_options *options;
    const ash_format *format;
    ash_value *value;
    ash_target *target;
    ash_file_layout layout;
    ash_error_state *error;
} job;

/* ---- What is written ---- */

static int has_dim(const ash_output *output, ash_span name) {
    ash_dim_names names = ash_output_dim_names(output);
    ash_error_state ignored = { 0 };
    int axis;
    return ash_span_axis(name, &names, "write", &axis, &ignored) == ASH_OK;
}

/* Of chunks by name those of the array's own dimensions, for each of several arrays may have others. NULL when out of memory. */
static const char *own_chunks(job *j, const ash_output *output) {
    const char *all = j->options->chunks;
    ash_span rest = ash_span_of(all), part, name, value;
    char *own = ash_arena_alloc(&j->layout.arena, (int64_t)strlen(all) + 1);
    int64_t used = 0;
    for (int more = 1; own && ash_span_split(&rest, ',', &part, &more);) {
        if (j->n == 1 || !ash_span_named(part, &name, &value)) {
            return all;
        }
        if (has_dim(output, name)) {
            own[used] = ',';
            memcpy(own + used + (used > 0), part.text, (size_t)part.length);
            used += part.length + (used > 0);
        }
    }
    return own;
}

/* A name among the chunks that is a dimension of no array at all is a mistake. */
static ash_status check_chunks(const job *j) {
    ash_span rest = ash_span_of(j->options->chunks), part, name, value;
    for (int more = 1; rest.length > 0 && ash_span_split(&rest, ',', &part, &more);) {
        int known = j->n == 1 || !ash_span_named(part, &name, &value);
        for (int k = 0; k < j->n && !known; k++) {
            known = has_dim(ash_value_output(j->value[k]), name);
        }
        if (!known) {
            return ash_fail(
                j->error, ASH_ERR_DIMENSION, "write: chunks name the dimension '%.*s', which no variable has", ASH_SPAN_ARGS(name));
        }
    }
    return ASH_OK;
}

/* The array on the grid of the file's chunks, so that each of these is made by one task. */
static ash_array conform(job *j, ash_array array) {
    int64_t chunk[ASH_MAX_NDIM];
    char text[ASH_MAX_NDIM * 22];
    int used = 0;
    ash_value value;
    if (ash_resolve(j->context, array, "write", "a", &value, j->error) != ASH_OK) {
        return array;
    }
    if (j->options->chunks) {
        const char *chunks = own_chunks(j, ash_value_output(value));
        array = chunks ? ash_view_rechunked("write", array, chunks) : array;
        if (!chunks) {
            ash_fail_memory(j->error, "write", (int64_t)strlen(j->options->chunks) + 1);
        } else {
            ash_resolve(j->context, array, "write", "a", &value, j->error);
        }
    }
    if (j->error->status != ASH_OK) {
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
    return j->error->status == ASH_OK ? check_chunks(j) : j->error->status;
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
    if (j->format && ash_format_bare(j->format) && (j->n > 1 || o->unlimited)) {
        return ash_fail(j->error, ASH_ERR_ARGUMENT, "write: format %s holds one array without dimensions that grow, found %d arrays%s",
            ash_format_name(j->format), j->n, o->unlimited ? " and an unlimited dimension" : "");
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

static void add_attrs(ash_fingerprint *print, const ash_attrs *attrs, const char *except) {
    for (int k = 0; attrs && k < attrs->count; k++) {
        const ash_attr_entry *entry = &attrs->entry[k];
        if (strcmp(entry->name, except) != 0) {
            ash_fingerprint_text(print, entry->name);
            ash_fingerprint_int(print, entry->is_text ? -1 : (int64_t)entry->dtype);
            ash_fingerprint_bytes(print, entry->data, entry->count * (entry->is_text ? 1 : ash_dtype_size(entry->dtype)));
        }
    }
}

/* All that decides about the bytes of the file, but for its history, which tells when it was made. */
static ash_fingerprint identify(const job *j) {
    const ash_writer_schema *schema = &j->layout.schema;
    ash_fingerprint print = { 0 };
    ash_fingerprint_text(&print, ash_format_name(j->format));
    for (int k = 0; k < schema->ndims; k++) {
        ash_fingerprint_text(&print, schema->dim[k].name);
        ash_fingerprint_int(&print, schema->dim[k].extent);
        ash_fingerprint_int(&print, schema->dim[k].unlimited);
    }
    for (int k = 0; k < schema->nvariables; k++) {
        const ash_writer_variable *v = &schema->variable[k];
        ash_fingerprint_text(&print, v->name);
        ash_fingerprint_bytes(&print, v->dim, v->ndim * (int64_t)sizeof *v->dim);
        ash_fingerprint_bytes(&print, v->chunk, v->ndim * (int64_t)sizeof *v->chunk);
        ash_fingerprint_bytes(&print, (int[]){ v->dtype, v->ndim, v->deflate, v->shuffle, v->zstd, v->fletcher32, v->default_fill },
            7 * (int64_t)sizeof(int));
        add_attrs(&print, v->attrs, "");
    }
    add_attrs(&print, schema->global, "history");
    ash_fingerprint_values(&print, j->context, j->n, j->value);
    return print;
}

/* Per variable of the file, the chunks of which a journal tells whether they are done. NULL when out of memory. */
static const int64_t *journal_chunks(job *j) {
    int64_t count = j->layout.schema.nvariables, *chunks = ash_arena_alloc(&j->layout.arena, (count + 1) * (int64_t)sizeof *chunks);
    if (!chunks) {
        ash_fail_memory(j->error, "write", count * (int64_t)sizeof *chunks);
        return NULL;
    }
    for (int k = 0; k < j->n; k++) {
        const ash_output *output = ash_value_output(j->value[k]);
        int64_t *n = &chunks[j->layout.nfixed + k];
        *n = (output->ndim > 0 || ash_format_chunked(j->format)) && ash_output_size(output) > 0;
        for (int a = 0; a < output->ndim; a++) {
            *n *= output->dim[a].axis.count;
        }
    }
    return chunks;
}

static ash_writer *begin(job *j) {
    const ash_writer_schema *schema = &j->layout.schema;
    if (!j->options->resume) {
        return ash_writer_begin(j->format, j->path, schema, NULL, "write", j->error);
    }
    const int64_t *chunks = journal_chunks(j);
    if (!chunks) {
        return NULL;
    }
    if (ash_queue_wait(j->context, "write", j->error) != ASH_OK) { /* the values of arrays are looked at, also those of futures */
        return NULL;
    }
    ash_fingerprint print = identify(j);
    ash_journal_key key = { .print = { print.half[0], print.half[1] }, .nvariables = schema->nvariables, .chunks = chunks };
    return ash_writer_begin(j->format, j->path, schema, &key, "write", j->error);
}

/* What a run that ended early has left in place may have been changed since, or lost with the power. */
static ash_status check_finished(job *j, ash_writer *writer) {
    ash_write_scratch scratch = { 0 };
    for (int k = 0; k < j->n && j->options->resume; k++) {
        const ash_output *output = ash_value_output(j->value[k]);
        ash_grid_axis axis[ASH_MAX_NDIM];
        for (int a = 0; a < output->ndim; a++) {
            axis[a] = output->dim[a].axis;
        }
        int64_t chunks = ash_grid_chunks(output->ndim, axis);
        for (int64_t c = 0; c < chunks && j->error->status == ASH_OK; c++) {
            ash_box box;
            ash_grid_box(output->ndim, axis, c, &box);
            ash_writer_check_chunk(writer, j->layout.nfixed + k, c, box.start, box.extent, &scratch, j->error);
        }
    }
    ash_write_scratch_free(&scratch);
    return j->error->status;
}

/* Where the k-th array goes; before there is a writer, where it would. */
static ash_target target_of(const job *j, int k, const ash_writer *writer) {
    const ash_output *output = ash_value_output(j->value[k]);
    int64_t chunk[ASH_MAX_NDIM];
    int variable = j->layout.nfixed + k;
    int chunked = writer ? ash_writer_chunk(writer, variable, chunk) : ash_file_chunk(output, j->format, j->options, chunk);
    return (ash_target){ .kind = ASH_TARGET_FILE,
        .value = j->value[k],
        .variable = variable,
        .whole = chunked && ash_file_chunk_fits(output, chunk),
        .packing = j->layout.packing[k],
        .writer = writer };
}

static ash_status run(job *j, ash_writer *writer) {
    for (int k = 0; k < j->n; k++) {
        j->target[k] = target_of(j, k, writer);
    }
    return ash_run_targets(j->context, j->n, j->target, writer, j->options->compute, "write", j->error);
}

static void write_file(job *j) {
    ash_writer *writer = begin(j);
    if (!writer) {
        return;
    }
    if (put_coordinates(j, writer) == ASH_OK && check_finished(j, writer) == ASH_OK && run(j, writer) == ASH_OK) {
        ash_writer_commit(writer, j->error);
    } else {
        ash_writer_abort(writer);
    }
}

/* Everything but the writer. */
static ash_status prepare(job *j, const ash_array arrays[]) {
    if (check_options(j) != ASH_OK) {
        return j->error->status;
    }
    j->value = ash_calloc(j->n, sizeof *j->value);
    j->target = ash_calloc(j->n, sizeof *j->target);
    if (!j->value || !j->target) {
        return ash_fail_memory(j->error, "write", j->n * (int64_t)sizeof *j->target);
    }
    return resolve(j, arrays) == ASH_OK
        ? ash_file_layout_make(&j->layout, j->context, j->n, j->value, j->names, j->stored, j->format, j->options, j->error)
        : j->error->status;
}

static void end(job *j) {
    ash_file_layout_free(&j->layout);
    ash_free(j->value);
    ash_free(j->target);
}

ash_status ash_write_arrays(ash_context *context, int n, const ash_array arrays[], const ash_variable *const stored[], const char *path,
    const char *const names[], const ash_write_options *options, ash_error_state *error) {
    job j = { .context = context, .n = n, .path = path, .names = names, .stored = stored, .options = options, .error = error };
    if (prepare(&j, arrays) == ASH_OK) {
        write_file(&j);
    }
    end(&j);
    return error->status;
}

ash_description *ash_write_describe(ash_context *context, int n, const ash_array arrays[], const char *path, const char *const names[],
    const ash_write_options *options, const char *function, ash_error_state *error) {
    job j = { .context = context, .n = n, .path = path, .names = names, .options = options, .error = error };
    ash_journal_key key = { 0 };
    ash_write_need need;
    ash_plan_request request;
    ash_description *description = NULL;
    int openmp;
    if (prepare(&j, arrays) == ASH_OK && options->resume) {
        key = (ash_journal_key){ .nvariables = j.layout.schema.nvariables, .chunks = journal_chunks(&j) };
    }
    for (int k = 0; k < n && error->status == ASH_OK; k++) {
        j.target[k] = target_of(&j, k, NULL);
    }
    if (error->status == ASH_OK && !ash_format_need(j.format, &j.layout.schema, options->resume ? &key : NULL, &need)) {
        ash_fail_memory(error, function, n * (int64_t)sizeof *j.target);
    }
    if (error->status == ASH_OK &&
        ash_run_request(context, n, j.target, &need, options->compute, function, &request, &openmp, error) == ASH_OK) {
        description = ash_describe_request(context, &request, function, error);
    }
    end(&j);
    return description;
}

ash_status ash_write_check(
    int n, const ash_array arrays[], const char *path, const char *const names[], const char *function, ash_error_state *error) {
    if (n < 1) {
        return ash_fail(error, ASH_ERR_ARGUMENT, "%s: at least one array is needed, found n = %d", function, n);
    }
    if (!arrays || !names) {
        return ash_fail(
            error, ASH_ERR_ARGUMENT, "%s: %s must be a list of length %d, found NULL", function, arrays ? "names" : "arrays", n);
    }
    return path ? ASH_OK : ash_fail(error, ASH_ERR_ARGUMENT, "%s: path must be given, found NULL", function);
}

ash_status ash_write_many(
    ash_context *context, int n, const ash_array arrays[], const char *path, const char *const names[], const ash_write_options *options) {
    ash_error_state error = { 0 };
    ash_write_options o;
    ash_options_copy(&o, sizeof o, options, sizeof *options);
    if (!context) {
        return ASH_ERR_HANDLE;
    }
    if (ash_write_check(n, arrays, path, names, "write", &error) == ASH_OK) {
        ash_write_arrays(context, n, arrays, NULL, path, names, &o, &error);
    }
    return ash_record(context, &error);
}

ash_status ash_write(ash_array a, const char *path, const char *name, const ash_write_options *options) {
    return ash_write_many(a.context, 1, &a, path, &name, options);
}
