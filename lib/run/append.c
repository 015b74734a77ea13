/* Changing files that are there: appending along an unlimited dimension, overwriting a region. */
#include "base/options.h"
#include "base/text.h"
#include "expr/open.h"
#include "run/packing.h"
#include "run/run.h"

#include <ashlar/io.h>

#include <string.h>

enum { VARIABLES = 2 }; /* the coordinate of the dimension that grows comes first, if there is one */

typedef struct job {
    ash_context *context;
    const char *function, *path, *name;
    ash_value value;
    ash_file *file;
    const ash_variable *stored;
    const ash_variable *stored_coordinate; /* of the dimension that grows; NULL: none, or nothing is appended to it */
    const ash_coordinate *coordinate;
    int64_t start[ASH_MAX_NDIM];
    ash_packing packing;
    int packed;
    const ash_write_options *options;
    ash_error_state *error;
} job;

/* ---- What is there ---- */

static ash_status open_variable(job *j) {
    j->file = ash_file_open(j->path, j->function, j->error);
    j->stored = j->file ? ash_file_variable(j->file, j->name, j->function, j->error) : NULL;
    if (!j->stored) {
        return j->error->status;
    }
    const ash_output *output = ash_value_output(j->value);
    if (j->stored->ndim != output->ndim) {
        return ash_fail(j->error, ASH_ERR_SHAPE, "%s: %s: variable '%s' has %d dimensions, found an array of %d", j->function, j->path,
            j->name, j->stored->ndim, output->ndim);
    }
    for (int a = 0; a < output->ndim; a++) {
        const char *here = output->dim[a].name, *there = j->stored->dim[a];
        if (here && there && strcmp(here, there) != 0) {
            return ash_fail(j->error, ASH_ERR_DIMENSION, "%s: %s: dimension %d of '%s' is '%s', found '%s' in the array", j->function,
                j->path, a, j->name, there, here);
        }
    }
    ash_dtype dtype = output->dtype == ASH_BOOL ? ASH_INT8 : output->dtype;
    j->packed = ash_packing_of(&j->packing, j->stored->attrs, j->function, j->name, dtype, j->stored->dtype, j->error);
    return j->error->status;
}

/* The coordinate of an axis that does not grow is that of the file, where both have one. */
static ash_status check_coordinate(job *j, int axis) {
    const ash_coordinate *here = ash_value_output(j->value)->dim[axis].coord;
    const ash_variable *there = here ? ash_file_coordinate(j->file, j->stored, axis, j->error) : NULL;
    if (!there || there->shape[0] < j->start[axis] + here->extent) {
        return j->error->status;
    }
    char *values = ash_read_stored(j->file, there, j->function, j->error);
    if (!values) {
        return j->error->status;
    }
    ash_coordinate part = {
        .references = 1, .dtype = there->dtype, .extent = here->extent, .values = values + j->start[axis] * ash_dtype_size(there->dtype)
    };
    if (!ash_coord_equal(here, &part)) {
        ash_fail(j->error, ASH_ERR_DIMENSION, "%s: %s: the coordinate of dimension '%s' differs from that of the array", j->function,
            j->path, there->name);
    }
    ash_free(values);
    return j->error->status;
}

/* The coordinate that grows with its dimension. */
static ash_status find_growing(job *j, int axis) {
    const ash_coordinate *here = ash_value_output(j->value)->dim[axis].coord;
    const ash_variable *there = here ? ash_file_coordinate(j->file, j->stored, axis, j->error) : NULL;
    if (!there || strcmp(there->name, j->stored->name) == 0) {
        return j->error->status;
    }
    const char *units_here = ash_attrs_text(here->attrs, "units"), *units_there = ash_attrs_text(there->attrs, "units");
    if (units_here && units_there && strcmp(units_here, units_there) != 0) {
        return ash_fail(j->error, ASH_ERR_DIMENSION, "%s: %s: coordinate '%s' is in '%s', found '%s' in the array", j->function, j->path,
            there->name, units_there, units_here);
    }
    if (ash_attrs_find(there->attrs, "scale_factor") || ash_attrs_find(there->attrs, "add_offset")) {
        return ash_fail(j->error, ASH_ERR_UNSUPPORTED, "%s: %s: coordinate '%s' is packed; its values cannot be appended", j->function,
            j->path, there->name);
    }
    j->stored_coordinate = there;
    j->coordinate = here;
    return ASH_OK;
}

static ash_dim_names stored_names(const job *j) {
    ash_dim_names names = { .ndim = j->stored->ndim };
    for (int a = 0; a < names.ndim; a++) {
        names.name[a] = j->stored->dim[a];
    }
    return names;
}

/* ---- Changing it ---- */

/* Values of the coordinate in the dtype of the file. */
static void *convert_coordinate(const job *j) {
    const ash_coordinate *c = j->coordinate;
    int64_t from = ash_dtype_size(c->dtype), to = ash_dtype_size(j->stored_coordinate->dtype);
    char *values = ash_malloc((c->extent + 1) * to);
    for (int64_t k = 0; values && k < c->extent; k++) {
        ash_number_store(
            j->stored_coordinate->dtype, values + k * to, c->dtype, ash_number_load(c->dtype, (const char *)c->values + k * from));
    }
    return values;
}

static ash_status put_coordinate(job *j, ash_writer *writer) {
    void *values = j->coordinate ? convert_coordinate(j) : NULL;
    if (j->coordinate && !values) {
        return ash_fail_memory(j->error, j->function, j->coordinate->extent * 8);
    }
    if (values) {
        ash_writer_put_all(writer, 0, values, j->error);
    }
    ash_free(values);
    return j->error->status;
}

/* A variable of the file as the schema of a writer has it; its dimensions are its own. */
static void describe(
    ash_writer_variable *out, ash_writer_dim dim[], int first, const char *name, ash_dtype dtype, int ndim, const int64_t shape[]) {
    *out = (ash_writer_variable){ .name = name, .dtype = dtype, .ndim = ndim };
    for (int a = 0; a < ndim; a++) {
        dim[first + a] = (ash_writer_dim){ .name = "", .extent = shape[a] };
        out->dim[a] = first + a;
    }
}

static int64_t chunk_bytes(const ash_variable *variable) {
    int64_t bytes = variable->ndim > 0 && variable->chunk[0] > 0 ? ash_dtype_size(variable->dtype) : 0;
    for (int a = 0; a < variable->ndim; a++) {
        bytes *= variable->chunk[a] > 0 ? variable->chunk[a] : 1;
    }
    return bytes;
}

static void change(job *j) {
    const ash_output *output = ash_value_output(j->value);
    ash_writer_dim dim[ASH_MAX_NDIM + 1] = { 0 };
    ash_writer_variable variable[VARIABLES];
    const int64_t *start[VARIABLES];
    int64_t shape[ASH_MAX_NDIM];
    int n = 0;
    if (j->coordinate) {
        describe(&variable[n], dim, 0, j->stored_coordinate->name, j->stored_coordinate->dtype, 1, &j->coordinate->extent);
        start[n++] = j->stored_coordinate->shape;
    }
    ash_output_shape(output, shape);
    describe(&variable[n], dim, 1, j->name, j->stored->dtype, output->ndim, shape);
    start[n] = j->start;
    ash_writer_schema schema = { .ndims = 1 + output->ndim, .nvariables = n + 1, .dim = dim, .variable = variable };
    ash_writer_update update = { .start = start, .library_bytes = 4 * chunk_bytes(j->stored) };
    ash_writer *writer = ash_writer_change(j->path, &schema, &update, j->function, j->error);
    if (!writer) {
        return;
    }
    ash_target target = {
        .kind = ASH_TARGET_FILE, .value = j->value, .variable = n, .packing = j->packed ? &j->packing : NULL, .writer = writer
    };
    if (put_coordinate(j, writer) == ASH_OK &&
        ash_run_targets(j->context, 1, &target, writer, j->options->compute, j->function, j->error) == ASH_OK) {
        ash_writer_commit(writer, j->error);
    } else {
        ash_writer_abort(writer);
    }
}

/* ---- Public ---- */

static ash_status begin(job *j, ash_array a, ash_write_options *options, const ash_write_options *given) {
    ash_options_copy(options, sizeof *options, given, sizeof *given);
    j->context = a.context;
    j->options = options;
    if (!j->path || !j->name) {
        return ash_fail(j->error, ASH_ERR_ARGUMENT, "%s: %s is NULL", j->function, j->path ? "name" : "path");
    }
    if (ash_resolve(a.context, a, j->function, "a", &j->value, j->error) != ASH_OK) {
        return j->error->status;
    }
    return open_variable(j);
}

static ash_status end(job *j) {
    ash_file_release(j->file);
    return ash_record(j->context, j->error);
}

static void append(job *j, const char *dim) {
    const ash_output *output = ash_value_output(j->value);
    ash_dim_names names = stored_names(j);
    int count, axes[ASH_MAX_NDIM];
    if (ash_parse_axes(dim, &names, j->function, &count, axes, j->error) != ASH_OK) {
        return;
    }
    if (!dim || count != 1) {
        ash_fail(j->error, ASH_ERR_DIMENSION, "%s: dim must name one dimension, found '%s'", j->function, dim ? dim : "(NULL)");
        return;
    }
    j->start[axes[0]] = j->stored->shape[axes[0]];
    for (int a = 0; a < output->ndim && j->error->status == ASH_OK; a++) {
        if (a == axes[0]) {
            find_growing(j, a);
        } else if (output->dim[a].axis.extent != j->stored->shape[a]) {
            ash_fail(j->error, ASH_ERR_SHAPE, "%s: %s: dimension %d of '%s' has extent %lld, found %lld in the array", j->function, j->path,
                a, j->name, (long long)j->stored->shape[a], (long long)output->dim[a].axis.extent);
        } else {
            check_coordinate(j, a);
        }
    }
    if (j->error->status == ASH_OK) {
        change(j);
    }
}

static void overwrite(job *j, const char *region) {
    const ash_output *output = ash_value_output(j->value);
    ash_dim_names names = stored_names(j);
    ash_index_part part[2 * ASH_MAX_NDIM];
    int count;
    if (ash_parse_index(region ? region : "", &names, j->stored->shape, &count, part, j->error) != ASH_OK) {
        return;
    }
    for (int k = 0; k < count && j->error->status == ASH_OK; k++) {
        if (part[k].kind != ASH_INDEX_RANGE || part[k].step != 1) {
            ash_fail(j->error, ASH_ERR_ARGUMENT, "%s: region must be ranges without steps, found '%s'", j->function, region);
            return;
        }
        int a = part[k].axis;
        j->start[a] = part[k].start;
        if (part[k].extent != output->dim[a].axis.extent) {
            ash_fail(j->error, ASH_ERR_SHAPE, "%s: the region has extent %lld along dimension %d, found %lld in the array", j->function,
                (long long)part[k].extent, a, (long long)output->dim[a].axis.extent);
            return;
        }
        check_coordinate(j, a);
    }
    if (j->error->status == ASH_OK) {
        change(j);
    }
}

ash_status ash_append(ash_array a, const char *path, const char *name, const char *dim, const ash_write_options *options) {
    ash_error_state error = { 0 };
    ash_write_options o;
    job j = { .function = "append", .path = path, .name = name, .error = &error };
    if (!a.context) {
        return ASH_ERR_HANDLE;
    }
    if (begin(&j, a, &o, options) == ASH_OK) {
        append(&j, dim);
    }
    return end(&j);
}

ash_status ash_write_region(ash_array a, const char *path, const char *name, const char *region, const ash_write_options *options) {
    ash_error_state error = { 0 };
    ash_write_options o;
    job j = { .function = "write_region", .path = path, .name = name, .error = &error };
    if (!a.context) {
        return ASH_ERR_HANDLE;
    }
    if (begin(&j, a, &o, options) == ASH_OK) {
        overwrite(&j, region);
    }
    return end(&j);
}
