/* Zarr stores whose arrays grow. There is no dimension in a store, only arrays with the same name for an axis: all of a group that have it grow together. */
#include "base/memory.h"
#include "io/file.h"
#include "io/permissions.h"
#include "io/temporary_folder.h"
#include "io/zarr_describe.h"
#include "io/zarr_reader.h"
#include "io/zarr_update.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { KEY_BYTES = 4096 };
#define CONSOLIDATED ".zmetadata"

/* ---- Which arrays ---- */

/* The axis that has the name, by the metadata alone: the array may be of a type that is not read here. -1: none. */
static int axis_of(const ash_json *attrs, const char *dim) {
    ash_json *names = ash_json_get(attrs, "_ARRAY_DIMENSIONS");
    int count = json_object_is_type(names, json_type_array) ? (int)json_object_array_length(names) : 0;
    for (int a = 0; a < count; a++) {
        ash_json *name = json_object_array_get_idx(names, (size_t)a);
        if (json_object_is_type(name, json_type_string) && strcmp(json_object_get_string(name), dim) == 0)
            return a;
    }
    return -1;
}

static int same_group(const char *path, const char *other) {
    const char *slash = strrchr(path, '/'), *other_slash = strrchr(other, '/');
    int64_t bytes = slash ? slash - path : 0, other_bytes = other_slash ? other_slash - other : 0;
    return bytes == other_bytes && memcmp(path, other, (size_t)bytes) == 0;
}

static int is_taken(const ash_zarr_update *update, const ash_variable *stored) {
    for (int k = 0; k < update->count; k++)
        if (update->changed[k].stored == stored)
            return 1;
    return 0;
}

/* Lets the array `path` grow along `axis` as array `k` of the update does along its axis `a`. */
static ash_status add_growing(
    const ash_writer *writer, ash_zarr_update *update, const char *path, int axis, int k, int a, ash_error_state *error) {
    int64_t old = update->changed[k].stored->shape[a], new = update->changed[k].chunking.shape[a];
    const ash_variable *stored = ash_file_variable(update->file, path, writer->function, error);
    if (!stored)
        return error->status;
    for (int other = 0; other < update->count; other++)
        if (update->changed[other].stored == stored && other >= writer->schema->nvariables)
            update->changed[other].chunking.shape[axis] = new; /* it has two dimensions that grow */
    if (is_taken(update, stored) || axis >= stored->ndim || stored->shape[axis] == new)
        return ASH_OK;
    if (stored->shape[axis] != old)
        return ash_fail(error, ASH_ERR_SHAPE, "%s: %s: dimension '%s' has extent %lld in variable '%s' and %lld in '%s'", writer->function,
            writer->path, stored->dim[axis] ? stored->dim[axis] : "", (long long)stored->shape[axis], path, (long long)old,
            writer->schema->variable[k].name);
    ash_zarr_changed *more = ash_realloc(update->changed, (update->count + 1) * (int64_t)sizeof *more);
    if (!more)
        return ash_fail_memory(error, writer->function, (update->count + 1) * (int64_t)sizeof *more);
    update->changed = more;
    more[update->count] = (ash_zarr_changed){ .grows = 1 };
    if (ash_zarr_change_array(update, update->count, stored, path, writer, error) == ASH_OK)
        more[update->count++].chunking.shape[axis] = new;
    return error->status;
}

/* All others of the group along one dimension. */
static ash_status find_along(
    const ash_writer *writer, ash_zarr_update *update, const ash_name_list *names, int k, int a, ash_error_state *error) {
    const char *dim = update->changed[k].stored->dim[a], *path = writer->schema->variable[k].name;
    for (int i = 0; dim && i < names->count && error->status == ASH_OK; i++) {
        char key[KEY_BYTES];
        ash_error_state reason = { 0 };
        if (!same_group(path, names->name[i]) || snprintf(key, sizeof key, "%s/.zattrs", names->name[i]) >= (int)sizeof key)
            continue;
        ash_json *attrs = ash_zarr_file_meta(update->file, key, &reason);
        int axis = axis_of(attrs, dim);
        json_object_put(attrs);
        if (reason.status != ASH_OK)
            return ash_fail(error, reason.status, "%s: %s: %s", writer->function, writer->path, reason.text);
        if (axis >= 0)
            add_growing(writer, update, names->name[i], axis, k, a, error);
    }
    return error->status;
}

/* NetCDF-C keeps the extents of dimensions in the metadata of groups. */
static ash_status refuse_nczarr(const ash_writer *writer, const ash_zarr_update *update, ash_error_state *error) {
    static const char *const places[] = { ".zgroup", ".zattrs" },
                             *const notes[] = { "_nczarr_group", "_NCZARR_GROUP", "_nczarr_superblock" };
    int found = 0;
    for (int p = 0; p < 2; p++) {
        ash_error_state reason = { 0 };
        ash_json *meta = ash_zarr_file_meta(update->file, places[p], &reason);
        for (int n = 0; n < 3; n++)
            found |= ash_json_get(meta, notes[n]) != NULL;
        json_object_put(meta);
        if (reason.status != ASH_OK)
            return ash_fail(error, reason.status, "%s: %s: %s", writer->function, writer->path, reason.text);
    }
    return found ? ash_fail(error, ASH_ERR_UNSUPPORTED, "%s: %s: the store was made by NetCDF-C, whose dimensions do not grow here",
                       writer->function, writer->path)
                 : ASH_OK;
}

ash_status ash_zarr_find_growing(const ash_writer *writer, ash_zarr_update *update, ash_error_state *error) {
    ash_name_list names = { 0 };
    int grows = 0;
    for (int k = 0; k < writer->schema->nvariables; k++)
        grows |= update->changed[k].grows;
    if (!grows || refuse_nczarr(writer, update, error) != ASH_OK)
        return error->status;
    ash_file_list(update->file, &names, error);
    for (int k = 0; k < writer->schema->nvariables; k++)
        for (int a = 0; a < update->changed[k].stored->ndim && error->status == ASH_OK; a++)
            if (update->changed[k].chunking.shape[a] > update->changed[k].stored->shape[a])
                find_along(writer, update, &names, k, a, error);
    ash_name_list_free(&names);
    return error->status;
}

/* ---- Their chunks ---- */

/* A chunk that no values have reached is left out where that means missing ones. One that a run left there which ended early must not come back. */
static ash_status grow_chunk(
    const ash_zarr_update *update, int k, const int64_t chunk[], ash_write_scratch *scratch, ash_error_state *error) {
    const ash_zarr_changed *changed = &update->changed[k];
    char place[ASH_ZARR_PLACE_BYTES], key[KEY_BYTES];
    int ndim = changed->chunking.ndim, beyond = 0;
    for (int a = 0; a < ndim; a++)
        beyond |= chunk[a] * changed->chunking.chunk[a] >= changed->stored->shape[a];
    if (!beyond || !changed->array->has_fill)
        return ash_zarr_remake_chunk(update, k, chunk, NULL, NULL, NULL, scratch, error);
    ash_zarr_place(ndim, chunk, place);
    ash_zarr_chunk_key(changed, place, key, sizeof key);
    return unlinkat(update->folder, key, 0) == 0 || errno == ENOENT || errno == ENOTDIR ? ASH_OK : ash_fail_errno(errno, error);
}

/* Whether a chunk reaches into what is new. */
static int is_new(const ash_zarr_changed *changed, const int64_t chunk[]) {
    int some = 0;
    for (int a = 0; a < changed->chunking.ndim; a++) {
        int64_t end = (chunk[a] + 1) * changed->chunking.chunk[a], shape = changed->chunking.shape[a];
        some |= (end < shape ? end : shape) > changed->stored->shape[a];
    }
    return some;
}

static ash_status grow_array(const ash_zarr_update *update, int k, ash_write_scratch *scratch, ash_error_state *error) {
    const ash_chunking *chunking = &update->changed[k].chunking;
    int64_t chunk[ASH_MAX_NDIM] = { 0 };
    for (int a = 0; a < chunking->ndim; a++)
        if (chunking->shape[a] == 0)
            return ASH_OK;
    for (int more = 1; more && error->status == ASH_OK;) {
        if (is_new(&update->changed[k], chunk))
            grow_chunk(update, k, chunk, scratch, error);
        more = 0;
        for (int a = chunking->ndim - 1; a >= 0 && !more; a--) {
            more = (chunk[a] + 1) * chunking->chunk[a] < chunking->shape[a];
            chunk[a] = more ? chunk[a] + 1 : 0;
        }
    }
    return error->status;
}

ash_status ash_zarr_grow_others(const ash_writer *writer, const ash_zarr_update *update, ash_error_state *error) {
    ash_write_scratch scratch = { 0 };
    for (int k = writer->schema->nvariables; k < update->count && error->status == ASH_OK; k++)
        grow_array(update, k, &scratch, error);
    ash_write_scratch_free(&scratch);
    return error->status;
}

/* ---- Metadata ---- */

static int set_shape(ash_json *meta, const ash_chunking *chunking) {
    ash_json *shape = json_object_new_array();
    for (int a = 0; shape && a < chunking->ndim; a++) {
        ash_json *extent = json_object_new_int64(chunking->shape[a]);
        if (!extent || json_object_array_add(shape, extent) != 0) {
            json_object_put(extent);
            json_object_put(shape);
            return 0;
        }
    }
    return shape && json_object_object_add(meta, "shape", shape) == 0;
}

/* Lets the new value of a key wait under a name. */
static ash_status let_wait(const ash_zarr_update *update, const char *name, ash_json *meta, ash_error_state *error) {
    ash_growing text = { 0 };
    const char *json =
        json_object_to_json_string_ext(meta, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);
    if (json)
        ash_json_escape(&text, json, (int64_t)strlen(json));
    int reason = !json || text.failed ? ENOMEM : ash_store_put(&update->wait, name, text.data, text.length);
    ash_free(text.data);
    return reason == ENOMEM ? ash_fail(error, ASH_ERR_MEMORY, "the system gave no memory for %s", name) : ash_fail_errno(reason, error);
}

/* The text of a key as it is in the folder, not in the consolidated metadata; NULL if there is none. */
static ash_json *read_value(const ash_zarr_update *update, const char *key, ash_error_state *error) {
    ash_json *meta = NULL;
    char *text = NULL;
    int64_t bytes;
    if (ash_zarr_file_text(update->file, key, &text, &bytes, error) == ASH_OK && text)
        meta = ash_json_parse(text, bytes, error);
    ash_free(text);
    return meta;
}

/* "7.meta" for array 7. */
static void name_waiting(int k, char name[32]) {
    snprintf(name, 32, "%d.meta", k);
}

static ash_status prepare_shape(const ash_zarr_update *update, int k, ash_error_state *error) {
    char key[KEY_BYTES], name[32];
    const ash_zarr_changed *changed = &update->changed[k];
    snprintf(key, sizeof key, "%s.zarray", changed->folder);
    name_waiting(k, name);
    ash_json *meta = read_value(update, key, error);
    if (meta && !set_shape(meta, &changed->chunking))
        ash_fail(error, ASH_ERR_MEMORY, "the system gave no memory for %s", key);
    if (meta && error->status == ASH_OK)
        let_wait(update, name, meta, error);
    json_object_put(meta);
    return error->status;
}

/* An array without metadata of its own is in the consolidated ones alone. 0 or an errno. */
static int place_shape(const ash_writer *writer, const ash_zarr_update *update, int k) {
    char key[KEY_BYTES], name[32];
    snprintf(key, sizeof key, "%s.zarray", update->changed[k].folder);
    name_waiting(k, name);
    return renameat(writer->file.fd, name, update->folder, key) == 0 || errno == ENOENT ? 0 : errno;
}

static ash_status prepare_consolidated(const ash_zarr_update *update, ash_error_state *error) {
    ash_json *all = read_value(update, CONSOLIDATED, error), *inside = ash_json_get(all, "metadata");
    for (int k = 0; inside && k < update->count && error->status == ASH_OK; k++) {
        char key[KEY_BYTES];
        snprintf(key, sizeof key, "%s.zarray", update->changed[k].folder);
        ash_json *meta = ash_json_get(inside, key);
        if (update->changed[k].grows && meta && !set_shape(meta, &update->changed[k].chunking))
            ash_fail(error, ASH_ERR_MEMORY, "the system gave no memory for %s", key);
    }
    if (inside && error->status == ASH_OK)
        let_wait(update, CONSOLIDATED, all, error);
    json_object_put(all);
    return error->status;
}

ash_status ash_zarr_write_shapes(const ash_writer *writer, const ash_zarr_update *update, ash_error_state *error) {
    int grows = 0, reason = 0;
    for (int k = 0; k < update->count && error->status == ASH_OK; k++) {
        grows |= update->changed[k].grows;
        if (update->changed[k].grows)
            prepare_shape(update, k, error);
    }
    if (!grows || error->status != ASH_OK || prepare_consolidated(update, error) != ASH_OK)
        return error->status;
    ash_permissions_follow(writer->file.fd, update->folder);
    reason = ash_folder_sync(writer->file.fd);
    for (int k = update->count - 1; k >= 0 && reason == 0; k--) /* what was appended to comes last */
        reason = update->changed[k].grows ? place_shape(writer, update, k) : 0;
    if (reason == 0)
        reason = ash_folder_sync(update->folder);
    if (reason == 0 && renameat(writer->file.fd, CONSOLIDATED, update->folder, CONSOLIDATED) != 0 && errno != ENOENT)
        reason = errno;
    return ash_fail_errno(reason == 0 ? ash_folder_sync(update->folder) : reason, error);
}
