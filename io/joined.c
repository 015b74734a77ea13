#include "io/joined.h"

#include "base/dtype.h"
#include "io/file.h"
#include "io/stored.h"

#include <string.h>

enum {
    TOGETHER_BYTES = 4 << 20,
    STACKED_DIM = 1 << 30,
    OPEN_FILE_BYTES = 3 << 18 /* measured: what HDF5 and NetCDF-C keep of an open file */
};

/* ---- What is known about a variable ---- */

static const ash_joined_variable *part_rule(const ash_joined *joined, const char *path) {
    for (int64_t i = 0; i < joined->count; i++)
        if (strcmp(joined->variable[i].path, path) == 0)
            return &joined->variable[i];
    return NULL;
}

static int copy_text(char **to, const char *from) {
    *to = from ? ash_text_copy(from, (int64_t)strlen(from)) : NULL;
    return *to || !from;
}

/* The variable of the first member, with its parts joined or stacked. */
static int fill_variable(const ash_joined *joined, const ash_joined_variable *rule, const ash_variable *first, ash_variable *out) {
    int added = rule && joined->stack;
    out->dtype = rule && (rule->convert || rule->values) ? rule->dtype : first->dtype;
    out->ndim = first->ndim + added;
    out->id = first->id;
    out->no_fill = first->no_fill || (rule && (rule->convert || rule->values));
    out->attrs = ash_attrs_retain(rule && (rule->convert || rule->values) ? rule->attrs : first->attrs);
    int copied = copy_text(&out->name, first->name);
    for (int a = 0; a < first->ndim; a++) {
        out->shape[a + added] = first->shape[a];
        out->chunk[a + added] = first->chunk[a];
        out->dim_id[a + added] = first->dim_id[a];
        copied = copied && copy_text(&out->dim[a + added], first->dim[a]);
    }
    if (added) {
        out->chunk[0] = first->ndim == 0 || first->chunk[0] > 0;
        out->dim_id[0] = STACKED_DIM;
        copied = copied && copy_text(&out->dim[0], joined->stack);
    }
    if (rule) {
        out->shape[rule->axis] = joined->begin[joined->parts];
        out->part_axis = rule->axis;
        out->parts = joined->parts;
        out->part_begin = joined->begin;
        out->driver_data = (void *)(uintptr_t)rule;
    }
    return copied;
}

static ash_status joined_find(ash_file *file, const char *path, const char *function, ash_variable *out, ash_error_state *error) {
    const ash_joined *joined = file->driver_data;
    const ash_joined_variable *rule = part_rule(joined, path);
    ash_member *member = &joined->member[0];
    ash_file *first = ash_member_take(member, function, error);
    if (!first)
        return error->status;
    const ash_variable *variable = ash_file_variable(first, path, function, error);
    ash_status status = variable ? ASH_OK : error->status;
    if (variable && rule && joined->stack && variable->ndim == ASH_MAX_NDIM)
        status = ash_fail(error, ASH_ERR_UNSUPPORTED,
            "%s: %s: variable '%s' has %d dimensions, to which stacking adds one, at most %d are supported", function, member->path, path,
            variable->ndim, ASH_MAX_NDIM);
    else if (variable && !fill_variable(joined, rule, variable, out))
        status = ash_fail_memory(error, function, 64);
    ash_member_give(member);
    return status;
}

static ash_status joined_list(ash_file *file, ash_name_list *names, ash_error_state *error) {
    const ash_joined *joined = file->driver_data;
    ash_file *first = ash_member_take(&joined->member[0], "open", error);
    if (!first)
        return error->status;
    ash_status status = ash_file_list(first, names, error);
    ash_member_give(&joined->member[0]);
    return status;
}

/* What reading takes is known of the first member; chunks of the others may be larger. The libraries keep a chunk for each open member. */
static void joined_prepare(ash_file *file, ash_variable *variable) {
    const ash_joined *joined = file->driver_data;
    const ash_joined_variable *rule = variable->driver_data;
    ash_error_state ignored = { 0 };
    ash_file *first = rule && rule->values ? NULL : ash_member_take(&joined->member[0], "read", &ignored);
    if (!first)
        return;
    const ash_variable *stored = ash_file_variable(first, ((const ash_file_entry *)variable)->path, "read", &ignored);
    if (stored)
        variable->need = ash_file_read_need(first, stored);
    ash_member_give(&joined->member[0]);
    variable->need.decoded = 0; /* chunks of files that come and go are not shared */
    int64_t open_files = joined->parts < ash_member_limit() ? joined->parts : ash_member_limit();
    if (!rule)
        return;
    variable->need.table *= open_files;
    if (variable->need.library + variable->need.scratch > 0)
        variable->need.library +=
            open_files * OPEN_FILE_BYTES + (variable->need.library > 0 ? (3 * open_files + 4) * rule->chunk_bytes : 0);
    /* A filter behind a compressor is what takes most: files may differ in their filters. */
    static const ash_pipeline any = { .count = 2, .filter = { { .id = ASH_FILTER_DEFLATE }, { .id = ASH_FILTER_FLETCHER32 } } };
    int64_t scratch = rule->chunk_bytes > 0 ? ash_stored_scratch_bytes(rule->chunk_bytes, &any) : 0;
    variable->need.scratch = (scratch > variable->need.scratch ? scratch : variable->need.scratch) + (rule->axis > 0 ? TOGETHER_BYTES : 0);
}

/* ---- Reading ---- */

/* A box of one part. */
typedef struct part_box {
    int ndim;
    int64_t start[ASH_MAX_NDIM], extent[ASH_MAX_NDIM], step[ASH_MAX_NDIM];
} part_box;

static int64_t elements_of(const part_box *box) {
    int64_t n = 1;
    for (int a = 0; a < box->ndim; a++)
        n *= box->extent[a];
    return n;
}

/* The stored values lie at the end of the result's memory, which is not narrower, and go to its beginning block by block. */
static void convert_in_place(const ash_joined_variable *rule, int64_t part, int64_t n, int64_t from_size, char *stored, char *result) {
    int64_t to_size = ash_dtype_size(rule->dtype);
    double block[ASH_CONVERT_BLOCK];
    for (int64_t k = 0; k < n; k += ASH_CONVERT_BLOCK) {
        int64_t count = n - k < ASH_CONVERT_BLOCK ? n - k : ASH_CONVERT_BLOCK;
        memcpy(block, stored + k * from_size, (size_t)(count * from_size));
        rule->convert(rule->rules, part, count, block, result + k * to_size);
    }
}

/* Reads a box of a member's variable, dense. What the scratch has of files that were closed meanwhile is forgotten. */
static ash_status read_member(const ash_joined *joined, const ash_joined_variable *rule, const ash_variable *variable, const char *path,
    int64_t part, const part_box *box, char *out, ash_read_scratch *scratch, ash_error_state *error) {
    ash_member *member = &joined->member[part];
    ash_file *file = ash_member_take(member, "read", error);
    const ash_variable *stored = file ? ash_file_variable(file, path, "read", error) : NULL;
    ash_status status = stored ? ASH_OK : error->status;
    ash_chunk_cache *cache = scratch->cache; /* knows chunks by their variables, of which another may have the same address later */
    scratch->cache = NULL;
    if (stored && (stored->ndim != box->ndim || (!(rule && rule->convert) && stored->dtype != variable->dtype)))
        status = ash_fail(error, ASH_ERR_IO, "read: %s: variable '%s' has changed since the dataset was opened", member->path, path);
    if (status == ASH_OK && scratch->opened != member->opened) {
        scratch->opened = member->opened;
        scratch->window_of = scratch->decoded_of = NULL;
    }
    if (status == ASH_OK && !(rule && rule->convert)) {
        status = ash_file_read(file, stored, box->start, box->extent, box->step, out, scratch, error);
    } else if (status == ASH_OK) {
        int64_t n = elements_of(box), size = ash_dtype_size(stored->dtype);
        char *end = out + n * (ash_dtype_size(rule->dtype) - size);
        status = ash_file_read(file, stored, box->start, box->extent, box->step, end, scratch, error);
        if (status == ASH_OK)
            convert_in_place(rule, part, n, size, end, out);
    }
    scratch->cache = cache;
    if (file)
        ash_member_give(member);
    return status;
}

/* Elements [first, first + box->extent[axis]) along the axis of a box whose extent there is `whole`: read apart, then copied to their places, some of the
 * outermost axis at a time. */
static ash_status read_between(const ash_joined *joined, const ash_joined_variable *rule, const ash_variable *variable, const char *path,
    int64_t part, const part_box *box, int64_t first, int64_t whole, char *out, ash_read_scratch *scratch, ash_error_state *error) {
    int64_t row = ash_dtype_size(variable->dtype), outer = 1, rows = box->extent[0];
    for (int a = rule->axis; a < box->ndim; a++)
        row *= box->extent[a];
    for (int a = 1; a < rule->axis; a++)
        outer *= box->extent[a];
    int64_t together = TOGETHER_BYTES / (row * outer) > 1 ? TOGETHER_BYTES / (row * outer) : 1, unit = row / box->extent[rule->axis];
    together = together < rows ? together : rows;
    char *apart = ash_malloc(together * outer * row);
    if (!apart)
        return ash_fail_memory(error, "read", together * outer * row);
    ash_status status = ASH_OK;
    for (int64_t done = 0; status == ASH_OK && done < rows; done += together) {
        part_box some = *box;
        some.start[0] += done * box->step[0];
        some.extent[0] = rows - done < together ? rows - done : together;
        status = read_member(joined, rule, variable, path, part, &some, apart, scratch, error);
        for (int64_t o = 0; status == ASH_OK && o < some.extent[0] * outer; o++)
            memcpy(out + ((done * outer + o) * whole + first) * unit, apart + o * row, (size_t)row);
    }
    ash_free(apart);
    return status;
}

/* The first k for which start + k * step reaches `bound`. */
static int64_t steps_to(int64_t bound, int64_t start, int64_t step) {
    return bound <= start ? 0 : (bound - start + step - 1) / step;
}

static ash_status read_parts(const ash_joined *joined, const ash_joined_variable *rule, const ash_variable *variable, const char *path,
    const int64_t start[], const int64_t extent[], const int64_t step[], char *out, ash_read_scratch *scratch, ash_error_state *error) {
    int axis = rule->axis, between = 0, dropped = joined->stack != NULL;
    int64_t unit = ash_dtype_size(variable->dtype), low = 0, high = joined->parts - 1;
    part_box box = { .ndim = variable->ndim - dropped };
    for (int a = 0; a < box.ndim; a++) {
        box.start[a] = start[a + dropped];
        box.extent[a] = extent[a + dropped];
        box.step[a] = step[a + dropped];
        between |= !dropped && a < axis && extent[a] > 1;
    }
    for (int a = axis + 1; a < variable->ndim; a++)
        unit *= extent[a];
    while (low < high) { /* the part that holds the first element */
        int64_t middle = (low + high) / 2;
        if (joined->begin[middle + 1] > start[axis])
            high = middle;
        else
            low = middle + 1;
    }
    ash_status status = ASH_OK;
    for (int64_t k = low; status == ASH_OK && k < joined->parts; k++) {
        int64_t from = steps_to(joined->begin[k], start[axis], step[axis]), to = steps_to(joined->begin[k + 1], start[axis], step[axis]);
        to = to < extent[axis] ? to : extent[axis];
        if (from >= extent[axis])
            break;
        if (from >= to)
            continue;
        if (!dropped) {
            box.start[axis] = start[axis] + from * step[axis] - joined->begin[k];
            box.extent[axis] = to - from;
        }
        status = between ? read_between(joined, rule, variable, path, k, &box, from, extent[axis], out, scratch, error)
                         : read_member(joined, rule, variable, path, k, &box, out + from * unit, scratch, error);
    }
    return status;
}

/* Values in memory: of a coordinate, or of its bounds with a second dimension. */
static void read_values(const ash_joined_variable *rule, const ash_variable *variable, const int64_t start[], const int64_t extent[],
    const int64_t step[], char *out) {
    int64_t size = ash_dtype_size(rule->dtype), columns = variable->ndim > 1 ? extent[1] : 1;
    for (int64_t k = 0; k < extent[0] * columns; k++) {
        int64_t at = start[0] + k / columns * step[0];
        if (variable->ndim > 1)
            at = at * variable->shape[1] + start[1] + k % columns * step[1];
        memcpy(out + k * size, (const char *)rule->values + at * size, (size_t)size);
    }
}

static ash_status joined_read(ash_file *file, const ash_variable *variable, const int64_t start[], const int64_t extent[],
    const int64_t step[], void *buffer, ash_read_scratch *scratch, ash_error_state *error) {
    const ash_joined *joined = file->driver_data;
    const ash_joined_variable *rule = variable->driver_data;
    const char *path = ((const ash_file_entry *)variable)->path;
    if (rule && rule->values) {
        read_values(rule, variable, start, extent, step, buffer);
        return ASH_OK;
    }
    if (rule)
        return read_parts(joined, rule, variable, path, start, extent, step, buffer, scratch, error);
    part_box box = { .ndim = variable->ndim };
    for (int a = 0; a < box.ndim; a++) {
        box.start[a] = start[a];
        box.extent[a] = extent[a];
        box.step[a] = step[a];
    }
    return read_member(joined, NULL, variable, path, 0, &box, buffer, scratch, error);
}

/* All sizes, and a hash of the members' paths, times and extents. */
static void joined_identity(const ash_file *file, int64_t *size, int64_t *changed) {
    const ash_joined *joined = file->driver_data;
    uint64_t hash = UINT64_C(14695981039346656037);
    *size = 0;
    for (int64_t k = 0; k < joined->parts; k++) {
        const ash_member *member = &joined->member[k];
        *size += member->size;
        hash = (hash ^ (uint64_t)member->modified) * UINT64_C(1099511628211);
        hash = (hash ^ (uint64_t)joined->begin[k + 1]) * UINT64_C(1099511628211);
        for (const char *c = member->path; *c; c++)
            hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    }
    *changed = (int64_t)hash;
}

/* ---- Texts ---- */

static ash_status joined_text(ash_file *file, const char *path, const char *function, ash_name_list *texts, ash_error_state *error) {
    const ash_joined *joined = file->driver_data;
    ash_status status = ASH_OK;
    for (int64_t k = 0; status == ASH_OK && k < (part_rule(joined, path) ? joined->parts : 1); k++) {
        ash_file *member = ash_member_take(&joined->member[k], function, error);
        status = member ? ash_file_text(member, path, function, texts, error) : error->status;
        if (member)
            ash_member_give(&joined->member[k]);
    }
    return status;
}

/* ---- Opening ---- */

void ash_joined_free(ash_joined *joined) {
    if (!joined)
        return;
    for (int64_t k = 0; k < joined->parts; k++)
        ash_member_close(&joined->member[k]);
    for (int64_t i = 0; i < joined->count; i++)
        ash_attrs_release(joined->variable[i].attrs);
    ash_arena arena = joined->arena; /* it lies in it */
    ash_arena_free(&arena);
}

static void joined_close(ash_file *file) {
    ash_joined_free(file->driver_data);
}

static const ash_driver joined_driver = {
    .name = "several files",
    .close = joined_close,
    .list = joined_list,
    .find = joined_find,
    .text = joined_text,
    .identity = joined_identity,
    .has_members = 1,
    .prepare = joined_prepare,
    .read = joined_read,
};

ash_file *ash_joined_open(ash_joined *joined, const char *label, const ash_attrs *attrs, const char *function, ash_error_state *error) {
    ash_file *file = ash_calloc(1, sizeof *file);
    char *path = ash_text_copy(label, (int64_t)strlen(label));
    if (!file || !path) {
        ash_free(path);
        ash_free(file);
        ash_joined_free(joined);
        ash_fail_memory(error, function, sizeof *file);
        return NULL;
    }
    file->references = 1;
    file->fd = -1;
    file->path = path;
    file->driver = &joined_driver;
    file->driver_data = joined;
    file->attrs = ash_attrs_retain((ash_attrs *)(uintptr_t)attrs);
    return file;
}
