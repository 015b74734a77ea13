/* What a file holds: variables of any type, dimensions, groups, texts. Nothing is opened for reading. */
#include "base/memory.h"
#include "io/file.h"

#include <ashlar/io.h>

#include <string.h>

const char *ash_file_format(const ash_file *file) {
    return file->driver->name;
}

ash_status ash_file_list(ash_file *file, ash_name_list *names, ash_error_state *error) {
    ash_io_lock();
    ash_status status = file->driver->list(file, names, error);
    ash_io_unlock();
    return status;
}

static const char no_number[] = "of a type that is no number";

/* What a driver without descriptions of its own refuses is described as no number. */
static ash_status describe_by_finding(ash_file *file, const char *path, const char *function, ash_variable *out, ash_error_state *error) {
    ash_error_state refusal = { 0 };
    ash_status status = file->driver->find(file, path, function, out, &refusal);
    if (file->driver->forget)
        file->driver->forget(file, out);
    out->driver_data = NULL;
    if (status == ASH_OK || (status == ASH_ERR_NOT_FOUND && refusal.status == ASH_OK))
        return status;
    if (status == ASH_ERR_MEMORY)
        return ash_fail(error, status, "%s", refusal.text);
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    ash_variable_clear(out);
    out->dtype = ASH_DTYPE_COUNT;
    out->name = ash_text_copy(base, (int64_t)strlen(base));
    out->type = ash_text_copy(no_number, sizeof no_number - 1);
    return out->name && out->type ? ASH_OK : ash_fail_memory(error, function, 64);
}

ash_status ash_file_describe(ash_file *file, const char *path, const char *function, ash_variable *out, ash_error_state *error) {
    *out = (ash_variable){ 0 };
    for (int i = 0; i < ASH_MAX_NDIM; i++)
        out->dim_id[i] = -1;
    ash_io_lock();
    ash_status status = file->driver->describe ? file->driver->describe(file, path, function, out, error)
                                               : describe_by_finding(file, path, function, out, error);
    ash_io_unlock();
    return status;
}

int ash_stored_dims_add(ash_stored_dims *dims, const char *name, int64_t extent, int unlimited) {
    if (dims->count == dims->capacity) {
        int capacity = dims->capacity ? 2 * dims->capacity : 16;
        ash_stored_dim *grown = ash_realloc(dims->dim, capacity * (int64_t)sizeof *grown);
        if (!grown)
            return 0;
        dims->dim = grown;
        dims->capacity = capacity;
    }
    ash_stored_dim dim = { ash_text_copy(name, (int64_t)strlen(name)), extent, unlimited };
    if (!dim.name)
        return 0;
    dims->dim[dims->count++] = dim;
    return 1;
}

void ash_stored_dims_free(ash_stored_dims *dims) {
    for (int i = 0; i < dims->count; i++)
        ash_free(dims->dim[i].name);
    ash_free(dims->dim);
    *dims = (ash_stored_dims){ 0 };
}

ash_status ash_file_dims(ash_file *file, ash_stored_dims *dims, ash_error_state *error) {
    ash_io_lock();
    ash_status status = file->driver->dims ? file->driver->dims(file, dims, error) : ASH_OK;
    ash_io_unlock();
    return status;
}

ash_status ash_file_group_attrs(ash_file *file, const char *path, const char *function, ash_attrs **attrs, ash_error_state *error) {
    *attrs = NULL;
    ash_io_lock();
    ash_status status = file->driver->group_attrs ? file->driver->group_attrs(file, path, function, attrs, error) : ASH_OK;
    ash_io_unlock();
    return status;
}

ash_status ash_file_text(ash_file *file, const char *path, const char *function, ash_name_list *texts, ash_error_state *error) {
    if (!file->driver->text)
        return ash_fail(
            error, ASH_ERR_UNSUPPORTED, "%s: %s: text variables of %s files cannot be read", function, file->path, file->driver->name);
    ash_io_lock();
    ash_status status = file->driver->text(file, path, function, texts, error);
    ash_io_unlock();
    return status;
}
