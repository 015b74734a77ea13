/* Many files as one dataset: the first one's schema, the others checked against it, the coordinate they are joined along read. */
#include "base/dtype.h"
#include "base/memory.h"
#include "base/paths.h"
#include "expr/dataset_coordinate.h"
#include "expr/dataset_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct join {
    ash_builder *builder;
    ash_dataset_content *content;
    const char *dim; /* that files are joined or stacked along */
    int stacked, by_position;
    ash_joined *joined;
    ash_part_checker *checker; /* one a variable of the content */
    int coordinate, bounds;    /* numbers of the coordinate of the joined dimension and of its bounds; -1: none */
    ash_kept_values kept[2];   /* their values */
} join;

static const char *first_path(const join *j) {
    return j->content->path[0];
}

/* ---- Before the others are looked at ---- */

static int axis_of(const ash_variable *about, const char *dim) {
    for (int a = 0; a < about->ndim; a++) {
        if (about->dim[a] && strcmp(about->dim[a], dim) == 0) {
            return a;
        }
    }
    return -1;
}

/* Which variables have parts, and the coordinate among them. */
static int find_parts(join *j) {
    const ash_dataset_content *content = j->content;
    int any = 0, has_dim = 0;
    for (int k = 0; k < content->count; k++) {
        const ash_dataset_entry *entry = &content->entry[k];
        ash_part_checker *checker = &j->checker[k];
        int axis = axis_of(&entry->about, j->dim), data = entry->role == ASH_ROLE_DATA && !entry->about.is_text;
        *checker = (ash_part_checker){ .entry = entry, .axis = j->stacked ? (data ? 0 : -1) : axis };
        has_dim |= axis >= 0;
        any |= checker->axis >= 0;
        int coordinate = !j->stacked && entry->role == ASH_ROLE_COORDINATE && entry->about.dtype < ASH_DTYPE_COUNT && axis == 0;
        if (coordinate && (j->coordinate < 0 || strcmp(entry->path, j->dim) == 0)) {
            j->coordinate = k;
        }
    }
    if (j->stacked && has_dim) {
        ash_fail(&j->builder->error, ASH_ERR_DIMENSION,
            "%s: stack: %s has a dimension '%s' already; join files along it, or choose another name", j->builder->function, first_path(j),
            j->dim);
    } else if (!j->stacked && !has_dim) {
        const char *names[64];
        int n = content->dims.count < 64 ? content->dims.count : 64;
        for (int k = 0; k < n; k++) {
            names[k] = content->dims.dim[k].name;
        }
        const char *nearest = ash_nearest(j->dim, n, names);
        ash_fail(&j->builder->error, ASH_ERR_DIMENSION, "%s: join: no variable of %s has the dimension '%s'%s%s%s", j->builder->function,
            first_path(j), j->dim, nearest ? ", the nearest name is '" : "", nearest ? nearest : "", nearest ? "'" : "");
    } else if (!any) {
        ash_fail(&j->builder->error, ASH_ERR_DIMENSION, "%s: %s has no data variables to be stacked", j->builder->function, first_path(j));
    }
    return ash_builder_ok(j->builder);
}

/* What times of the first file are in; bounds have the units of their coordinate. */
static void find_times(join *j) {
    for (int k = 0; k < j->content->count; k++) {
        ash_part_checker *checker = &j->checker[k];
        const ash_attrs *attrs = checker->entry->about.attrs;
        ash_error_state ignored = { 0 };
        checker->units_text = ash_attrs_text(attrs, "units");
        checker->calendar = ash_attrs_text(attrs, "calendar");
        checker->is_time = checker->axis >= 0 && checker->units_text && strstr(checker->units_text, " since ") &&
            ash_time_units_parse(checker->units_text, checker->calendar, "dataset_open", &checker->units, &ignored) == ASH_OK;
    }
    const ash_dataset_entry *coordinate = j->coordinate >= 0 ? &j->content->entry[j->coordinate] : NULL;
    const char *bounds = coordinate ? ash_attrs_text(coordinate->about.attrs, "bounds") : NULL;
    bounds = coordinate && !bounds ? ash_attrs_text(coordinate->about.attrs, "climatology") : bounds;
    j->bounds = bounds ? ash_dataset_entry_named(j->content, coordinate, bounds, (int64_t)strlen(bounds)) : -1;
    if (j->bounds >= 0) {
        const ash_variable *about = &j->content->entry[j->bounds].about;
        int usual = about->ndim == 2 && j->checker[j->bounds].axis == 0 && about->dtype < ASH_DTYPE_COUNT;
        j->bounds = usual ? j->bounds : -1;
    }
    if (j->coordinate >= 0) {
        j->checker[j->coordinate].kept = 1;
    }
    if (j->bounds >= 0) {
        j->checker[j->bounds].kept = 1;
    }
}

/* ---- One file ---- */

static void note_chunk(ash_part_checker *checker, const ash_variable *about) {
    int64_t bytes = about->dtype < ASH_DTYPE_COUNT ? ash_dtype_size(about->dtype) : 0;
    for (int a = 0; a < about->ndim; a++) {
        if (__builtin_mul_overflow(bytes, about->chunk[a], &bytes)) {
            bytes = INT64_MAX / 1024;
        }
    }
    checker->chunk_bytes = bytes > checker->chunk_bytes ? bytes : checker->chunk_bytes;
}

/* The extent of the part, which all variables agree on that have the dimension. */
static ash_status note_extent(
    const join *j, const ash_dataset_entry *entry, int64_t found, const char *path, int64_t *extent, ash_error_state *error) {
    if (*extent >= 0 && *extent != found) {
        return ash_fail(error, ASH_ERR_SHAPE, "%s: %s: variable '%s' has %" PRId64 " elements along '%s', others have %" PRId64,
            j->builder->function, path, entry->path, found, j->dim, *extent);
    }
    *extent = found;
    return ASH_OK;
}

/* Compares a variable with the first file's. One that does not fit is refused when it is opened; only for want of memory is it an error here. */
static int check_variable(join *j, int k, ash_file *file, int64_t part, int64_t *extent) {
    ash_builder *builder = j->builder;
    ash_dataset_entry *entry = &j->content->entry[k];
    const char *path = ash_file_path(file);
    ash_part_checker *checker = &j->checker[k];
    ash_error_state why = { 0 };
    ash_variable about;
    ash_status status = ash_file_describe(file, entry->path, builder->function, &about, &why);
    if (status == ASH_ERR_NOT_FOUND && why.status == ASH_OK) {
        ash_fail(&why, status, "%s: %s has no variable '%s', which %s has", builder->function, path, entry->path, first_path(j));
    }
    if (status == ASH_OK) {
        note_chunk(checker, &about);
        status = ash_part_check(checker, &about, part, j->content->nfiles, path, first_path(j), builder->function, &j->joined->arena, &why);
    }
    if (status == ASH_OK && !j->stacked) {
        status = note_extent(j, entry, about.shape[checker->axis], path, extent, &why);
    }
    if (status == ASH_OK && checker->rules && checker->rules->rule[part] && !entry->converted) {
        entry->converted = j->content->path[part];
    }
    ash_variable_clear(&about);
    if (status == ASH_ERR_MEMORY || (status != ASH_OK && k == j->coordinate)) {
        ash_fail(&builder->error, status, "%s", why.text);
        return 0;
    }
    return status == ASH_OK || ash_dataset_refuse(entry, &why) ? 1 : ash_builder_no_memory(builder);
}

/* Values of the coordinate and its bounds. What cannot be read of the bounds makes them no bounds. */
static int keep_values(join *j, ash_file *file, int64_t extent) {
    const ash_part_checker *checker = j->coordinate >= 0 ? &j->checker[j->coordinate] : NULL;
    const ash_time_change *change = checker && checker->changed ? &checker->change : NULL;
    if (checker && !ash_kept_add(&j->kept[0], j->builder, file, checker->entry->path, extent, change)) {
        return 0;
    }
    const ash_part_checker *bounds = j->bounds >= 0 ? &j->checker[j->bounds] : NULL;
    if (!bounds || bounds->entry->refusal) {
        return 1;
    }
    change = !bounds->is_time ? change : bounds->changed ? &bounds->change : NULL;
    return ash_kept_add(&j->kept[1], j->builder, file, bounds->entry->path, extent, change);
}

static int add_part(join *j, ash_file *file, int64_t part) {
    int64_t extent = j->stacked ? 1 : -1;
    for (int k = 0; k < j->content->count; k++) {
        if (j->checker[k].axis >= 0 && !j->content->entry[k].refusal && !check_variable(j, k, file, part, &extent)) {
            return 0;
        }
    }
    const char *path = ash_file_path(file);
    if (extent < 0) {
        ash_fail(&j->builder->error, ASH_ERR_DIMENSION, "%s: no variable of %s that fits %s has the dimension '%s'", j->builder->function,
            path, first_path(j), j->dim);
        return 0;
    }
    ash_joined *joined = j->joined;
    joined->member[part].path = ash_arena_strdup(&joined->arena, path);
    ash_member_note(&joined->member[part], file);
    if (!joined->member[part].path) {
        return ash_builder_no_memory(j->builder);
    }
    if (extent > INT64_MAX / 64 - joined->begin[part]) {
        ash_fail(
            &j->builder->error, ASH_ERR_SHAPE, "%s: '%s' would have more elements than can be addressed", j->builder->function, j->dim);
        return 0;
    }
    joined->begin[part + 1] = joined->begin[part] + extent;
    return keep_values(j, file, extent);
}

static void add_parts(join *j) {
    int added = add_part(j, j->content->file, 0);
    for (int64_t part = 1; added && part < j->content->nfiles; part++) {
        ash_file *file = ash_file_open(j->content->path[part], j->builder->function, &j->builder->error);
        added = file && add_part(j, file, part);
        ash_file_release(file);
    }
    const ash_part_checker *checker = j->coordinate >= 0 ? &j->checker[j->coordinate] : NULL;
    if (added && checker && !j->by_position) {
        ash_kept_check_order(&j->kept[0], j->builder, j->dim, j->content->path, j->joined->parts, j->joined->begin,
            checker->is_time ? &checker->units : NULL);
    }
}

/* ---- The joined file ---- */

/* The values of the coordinate or its bounds go to the joined file. */
static int give_values(join *j, ash_kept_values *kept, ash_joined_variable *variable) {
    variable->dtype = kept->uniform ? kept->dtype : ASH_FLOAT64;
    variable->attrs = kept->attrs;
    kept->attrs = NULL;
    variable->values = ash_arena_memdup(
        &j->joined->arena, kept->uniform ? kept->stored : (const char *)kept->real, kept->count * ash_dtype_size(variable->dtype) + 8);
    variable->convert = NULL;
    return variable->values != NULL;
}

static int describe_joined(join *j) {
    ash_joined *joined = j->joined;
    joined->variable = ash_arena_alloc(&joined->arena, (j->content->count + 1) * (int64_t)sizeof *joined->variable);
    for (int k = 0; joined->variable && k < j->content->count; k++) {
        const ash_part_checker *checker = &j->checker[k];
        if (checker->axis < 0) {
            continue;
        }
        ash_joined_variable *variable = &joined->variable[joined->count++];
        *variable = (ash_joined_variable){
            .path = ash_arena_strdup(&joined->arena, checker->entry->path), .axis = checker->axis, .chunk_bytes = checker->chunk_bytes
        };
        if (!variable->path) {
            return 0;
        }
        int kept = k == j->coordinate ? 0 : k == j->bounds && !checker->entry->refusal ? 1 : -1;
        if (kept >= 0 && !give_values(j, &j->kept[kept], variable)) {
            return 0;
        }
        if (kept < 0 && checker->rules) {
            ash_decoding decoding;
            if (ash_decoding_find(&checker->entry->about, 0, j->builder->function, &decoding, &j->builder->error) != ASH_OK) {
                return 0;
            }
            variable->attrs = decoding.attrs;
            variable->convert = ash_part_convert_values;
            variable->rules = checker->rules;
            variable->dtype = checker->rules->result;
        }
    }
    return joined->variable != NULL;
}

/* The coordinate and its bounds are kept decoded, whatever the first file has them in. */
static void update_kept(const join *j) {
    for (int64_t v = 0; v < j->joined->count; v++) {
        const ash_joined_variable *kept = &j->joined->variable[v];
        int k = kept->values ? ash_dataset_entry_find(j->content, kept->path) : -1;
        if (k >= 0) {
            ash_variable *about = &j->content->entry[k].about;
            ash_attrs_release(about->attrs);
            about->attrs = ash_attrs_retain(kept->attrs);
            about->dtype = kept->dtype;
            about->no_fill = 1;
        }
    }
}

/* What the content says of variables and extents, as it is with all files. */
static int update_content(const join *j) {
    ash_dataset_content *content = j->content;
    int64_t extent = j->joined->begin[j->joined->parts];
    for (int k = 0; k < content->count; k++) {
        ash_variable *about = &content->entry[k].about;
        int axis = j->checker[k].axis;
        if (axis >= 0 && j->stacked && about->ndim < ASH_MAX_NDIM) {
            int64_t n = about->ndim++;
            memmove(about->shape + 1, about->shape, (size_t)n * sizeof *about->shape);
            memmove(about->chunk + 1, about->chunk, (size_t)n * sizeof *about->chunk);
            memmove(about->dim + 1, about->dim, (size_t)n * sizeof *about->dim);
            int64_t bytes = (int64_t)strlen(j->dim) + 1;
            about->chunk[0] = n == 0 || about->chunk[1] > 0;
            about->dim[0] = ash_malloc(bytes);
            if (!about->dim[0]) {
                return 0;
            }
            memcpy(about->dim[0], j->dim, (size_t)bytes);
        }
        if (axis >= 0) {
            about->shape[axis] = extent;
        }
    }
    update_kept(j);
    for (int k = 0; k < content->dims.count && !j->stacked; k++) {
        const char *slash = strrchr(content->dims.dim[k].name, '/');
        if (strcmp(slash ? slash + 1 : content->dims.dim[k].name, j->dim) == 0) {
            content->dims.dim[k].extent = extent;
        }
    }
    return !j->stacked || ash_stored_dims_add(&content->dims, j->dim, extent, 0);
}

static void open_joined(join *j) {
    char label[512];
    int64_t others = j->content->nfiles - 1;
    snprintf(label, sizeof label, "%.400s and %" PRId64 " more", first_path(j), others);
    if (!describe_joined(j) || !update_content(j)) {
        ash_builder_no_memory(j->builder);
        return;
    }
    ash_file *first = j->content->file;
    ash_joined *joined = j->joined;
    j->joined = NULL;
    j->content->file =
        ash_joined_open(joined, others > 0 ? label : first_path(j), ash_file_attrs(first), j->builder->function, &j->builder->error);
    ash_file_release(first);
}

static int begin_joined(join *j) {
    ash_arena arena = { 0 };
    int64_t n = j->content->nfiles;
    ash_joined *joined = ash_arena_alloc(&arena, sizeof *joined);
    ash_member *member = joined ? ash_arena_alloc(&arena, n * (int64_t)sizeof *member) : NULL;
    int64_t *begin = member ? ash_arena_alloc(&arena, (n + 1) * (int64_t)sizeof *begin) : NULL;
    const char *stack = j->stacked && begin ? ash_arena_strdup(&arena, j->dim) : NULL;
    if (!begin || (j->stacked && !stack)) {
        ash_arena_free(&arena);
        return ash_builder_no_memory(j->builder);
    }
    *joined = (ash_joined){ .parts = n, .member = member, .begin = begin, .stack = stack, .arena = arena };
    j->joined = joined;
    j->checker = ash_calloc(j->content->count + 1, sizeof *j->checker);
    return j->checker ? 1 : ash_builder_no_memory(j->builder);
}

void ash_dataset_join(ash_builder *builder, ash_dataset_content *content, const ash_dataset_options *options) {
    join j = { .builder = builder,
        .content = content,
        .dim = options->join ? options->join : options->stack,
        .stacked = options->stack != NULL,
        .by_position = options->by_position,
        .coordinate = -1,
        .bounds = -1 };
    if (begin_joined(&j) && find_parts(&j)) {
        find_times(&j);
        add_parts(&j);
    }
    if (ash_builder_ok(builder)) {
        open_joined(&j);
    }
    ash_kept_free(&j.kept[0]);
    ash_kept_free(&j.kept[1]);
    ash_free(j.checker);
    ash_joined_free(j.joined);
}
