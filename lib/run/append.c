/* Changing files that are there: appending along a dimension, overwriting a region. */
#include "base/calendar.h"
#include "base/dtype.h"
#include "base/options.h"
#include "base/text.h"
#include "expr/open.h"
#include "expr/view.h"
#include "run/packing.h"
#include "run/run.h"

#include <ashlar/io.h>

#include <math.h>
#include <string.h>

/* A variable whose values are in memory and grow with the dimension: its coordinate, and the bounds of that. */
typedef struct companion {
    const ash_variable *stored;
    int64_t shape[2]; /* of what is appended */
    void *values;     /* as the file has them */
} companion;

enum { COMPANIONS = 2, VARIABLES = COMPANIONS + 1, DIMS = 1 + 2 + ASH_MAX_NDIM };

typedef struct job {
    ash_context *context;
    const char *function, *path, *name;
    ash_array array;
    ash_value value;
    ash_file *file;
    const ash_variable *stored;
    int ncompanions; /* of the dimension that grows; they come first in what is written */
    companion companion[COMPANIONS];
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

/* Values in the dtype of the file; one that this cannot hold is an error. NULL on failure. */
static void *convert(const job *j, const ash_variable *there, ash_dtype from, int64_t n, const void *given) {
    ash_dtype to = there->dtype;
    char *values = ash_malloc((n + 1) * ash_dtype_size(to));
    if (!values) {
        ash_fail_memory(j->error, j->function, n * ash_dtype_size(to));
    }
    for (int64_t k = 0; values && k < n; k++) {
        char *value = values + k * ash_dtype_size(to);
        ash_number number = ash_number_load(from, (const char *)given + k * ash_dtype_size(from));
        double before, after;
        ash_number_store(to, value, from, number);
        ash_number_store(ASH_FLOAT64, &before, from, number);
        ash_number_store(ASH_FLOAT64, &after, to, ash_number_load(to, value));
        if (before != after && (ash_dtype_kind(to) != 'f' || isinf(after) != isinf(before))) {
            ash_fail(j->error, ASH_ERR_DTYPE, "%s: %s: coordinate '%s' is %s, which cannot hold the value %.15g", j->function, j->path,
                there->name, ash_dtype_name(to), before);
            ash_free(values);
            return NULL;
        }
    }
    return values;
}

static ash_status add_companion(job *j, const ash_variable *there, ash_dtype dtype, int64_t extent, int64_t vertices, const void *given) {
    if (ash_attrs_find(there->attrs, "scale_factor") || ash_attrs_find(there->attrs, "add_offset")) {
        return ash_fail(j->error, ASH_ERR_UNSUPPORTED, "%s: %s: coordinate '%s' is packed; its values cannot be appended", j->function,
            j->path, there->name);
    }
    void *values = convert(j, there, dtype, extent * vertices, given);
    if (values) {
        j->companion[j->ncompanions++] = (companion){ .stored = there, .shape = { extent, vertices }, .values = values };
    }
    return j->error->status;
}

/* The bounds of the coordinate `there`, where file and array have them; in the file they grow by missing values otherwise. */
static ash_status find_bounds(job *j, const ash_coordinate *here, const ash_variable *there) {
    const char *name = ash_attrs_text(there->attrs, "bounds");
    name = name ? name : ash_attrs_text(there->attrs, "climatology");
    const ash_variable *bounds = name && here->vertices > 0 ? ash_file_sibling(j->file, there, name, j->error) : NULL;
    if (!bounds || bounds == j->stored || bounds->ndim != 2 || bounds->shape[0] != there->shape[0] || bounds->shape[1] != here->vertices ||
        !bounds->dim[0] || strcmp(bounds->dim[0], there->dim[0]) != 0) {
        return j->error->status;
    }
    return add_companion(j, bounds, here->bounds_dtype, here->extent, here->vertices, here->bounds);
}

static const char *text_or(const ash_attrs *attrs, const char *name, const char *otherwise) {
    const char *text = ash_attrs_text(attrs, name);
    return text ? text : otherwise;
}

/* Values in the units of one are values in those of the other. Units that are not told are taken to be the same. */
static int same_units(const ash_attrs *a, const ash_attrs *b) {
    const char *units_a = ash_attrs_text(a, "units"), *units_b = ash_attrs_text(b, "units");
    ash_time_units time_a, time_b;
    ash_time_change change;
    ash_error_state ignored = { 0 };
    if (!units_a || !units_b) {
        return 1;
    }
    if (ash_time_units_parse(units_a, ash_attrs_text(a, "calendar"), "append", &time_a, &ignored) != ASH_OK ||
        ash_time_units_parse(units_b, ash_attrs_text(b, "calendar"), "append", &time_b, &ignored) != ASH_OK) {
        return strcmp(units_a, units_b) == 0;
    }
    return ash_time_units_change(&time_a, &time_b, &change) && change.multiply == change.divide && change.shift == 0;
}

/* What grows with the dimension of an axis: its coordinate. */
static ash_status find_growing(job *j, int axis) {
    const ash_coordinate *here = ash_value_output(j->value)->dim[axis].coord;
    const ash_variable *there = here ? ash_file_coordinate(j->file, j->stored, axis, j->error) : NULL;
    if (!there || there == j->stored) {
        return j->error->status;
    }
    if (!same_units(here->attrs, there->attrs)) {
        return ash_fail(j->error, ASH_ERR_DIMENSION,
            "%s: %s: coordinate '%s' is in '%s' (calendar '%s'), found '%s' (calendar '%s') in the array", j->function, j->path,
            there->name, text_or(there->attrs, "units", ""), text_or(there->attrs, "calendar", "standard"),
            text_or(here->attrs, "units", ""), text_or(here->attrs, "calendar", "standard"));
    }
    if (add_companion(j, there, here->dtype, here->extent, 1, here->values) == ASH_OK) {
        find_bounds(j, here, there);
    }
    return j->error->status;
}

static ash_dim_names stored_names(const job *j) {
    ash_dim_names names = { .ndim = j->stored->ndim };
    for (int a = 0; a < names.ndim; a++) {
        names.name[a] = j->stored->dim[a];
    }
    return names;
}

/* ---- Changing it ---- */

/* Adds a variable of the file to the schema of a writer; its dimensions are its own. */
static void declare(
    ash_writer_schema *schema, ash_writer_variable variable[], ash_writer_dim dim[], const ash_variable *stored, const int64_t shape[]) {
    ash_writer_variable *out = &variable[schema->nvariables++];
    *out = (ash_writer_variable){ .name = ash_file_variable_path(stored), .dtype = stored->dtype, .ndim = stored->ndim };
    for (int a = 0; a < stored->ndim; a++) {
        dim[schema->ndims] = (ash_writer_dim){ .name = "", .extent = shape[a] };
        out->dim[a] = schema->ndims++;
    }
}

/* The array on the grid of the stored chunks, as they lie from the place on where it goes, so that each of these is made by one task. */
static ash_status conform(job *j, const ash_writer *writer, ash_target *target) {
    int64_t chunk[ASH_MAX_NDIM], offset[ASH_MAX_NDIM];
    if (!ash_writer_chunk(writer, target->variable, chunk)) {
        return ASH_OK;
    }
    for (int a = 0; a < j->stored->ndim; a++) {
        offset[a] = j->start[a] % chunk[a];
    }
    target->whole = 1;
    ash_array array = ash_view_on_grid(j->function, j->array, chunk, offset);
    return ash_resolve(j->context, array, j->function, "a", &target->value, j->error);
}

/* Each in one piece: where stored chunks begin in them is for the format to know. */
static ash_status put_companions(const job *j, ash_writer *writer) {
    static const int64_t zero[2];
    ash_write_scratch scratch = { 0 };
    for (int k = 0; k < j->ncompanions && j->error->status == ASH_OK; k++) {
        ash_writer_put(writer, k, zero, j->companion[k].shape, j->companion[k].values, &scratch, j->error);
    }
    ash_write_scratch_free(&scratch);
    return j->error->status;
}

static void change(job *j) {
    ash_writer_dim dim[DIMS] = { 0 };
    ash_writer_variable variable[VARIABLES];
    const int64_t *start[VARIABLES];
    int64_t shape[ASH_MAX_NDIM], companion_start[COMPANIONS][2] = { { 0 } };
    ash_writer_schema schema = { .dim = dim, .variable = variable };
    for (int k = 0; k < j->ncompanions; k++) {
        companion_start[k][0] = j->companion[k].stored->shape[0];
        start[k] = companion_start[k];
        declare(&schema, variable, dim, j->companion[k].stored, j->companion[k].shape);
    }
    ash_output_shape(ash_value_output(j->value), shape);
    start[j->ncompanions] = j->start;
    declare(&schema, variable, dim, j->stored, shape);
    ash_writer *writer = ash_writer_change(j->file, &schema, start, j->function, j->error);
    if (!writer) {
        return;
    }
    ash_target target = {
        .kind = ASH_TARGET_FILE, .value = j->value, .variable = j->ncompanions, .packing = j->packed ? &j->packing : NULL, .writer = writer
    };
    if (conform(j, writer, &target) == ASH_OK && put_companions(j, writer) == ASH_OK &&
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
    j->array = a;
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
    for (int k = 0; k < j->ncompanions; k++) {
        ash_free(j->companion[k].values);
    }
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
