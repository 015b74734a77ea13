#include "io/netcdf_contents.h"

#include "base/memory.h"
#include "io/file.h"
#include "io/lock.h"
#include "io/netcdf_attrs.h"
#include "io/types.h"

#include <ctype.h>
#include <netcdf.h>
#include <stdio.h>
#include <string.h>

static const ash_netcdf_file *opened(const ash_file *file) {
    return file->driver_data;
}

/* ---- Places ---- */

/* The group that a path "a/b" names, the file itself for "". 0 if there is none. */
static int locate_group(int file, const char *path, int64_t length, int *group) {
    char name[NC_MAX_NAME + 1];
    *group = file;
    while (length > 0) {
        const char *slash = memchr(path, '/', (size_t)length);
        int64_t n = slash ? slash - path : length, used = slash ? n + 1 : n;
        if (n > NC_MAX_NAME)
            return 0;
        memcpy(name, path, (size_t)n);
        name[n] = '\0';
        if (nc_inq_ncid(*group, name, group) != NC_NOERR)
            return 0;
        path += used;
        length -= used;
    }
    return 1;
}

int ash_netcdf_locate(int file, const char *path, ash_netcdf_variable *out) {
    const char *slash = strrchr(path, '/');
    return locate_group(file, path, slash ? slash - path : 0, &out->group) &&
        nc_inq_varid(out->group, slash ? slash + 1 : path, &out->id) == NC_NOERR;
}

int ash_netcdf_is_phony(const char *dim) {
    static const char prefix[] = "phony_dim_";
    return strncmp(dim, prefix, sizeof prefix - 1) == 0 && isdigit((unsigned char)dim[sizeof prefix - 1]);
}

/* ---- Variables ---- */

/* "text (char)", "the user's type 'cmp3'" */
static ash_status describe_type(int group, nc_type type, const char *function, ash_variable *out, ash_error_state *error) {
    char name[NC_MAX_NAME + 1] = "?", words[NC_MAX_NAME + 32];
    int class = 0;
    nc_type base = type;
    if (type > NC_STRING && nc_inq_user_type(group, type, name, NULL, &base, NULL, &class) == NC_NOERR && class == NC_ENUM)
        type = base; /* its integers */
    out->dtype = ash_dtype_from_nc(type);
    out->is_text = type == NC_CHAR || type == NC_STRING;
    if (out->dtype != ASH_DTYPE_COUNT)
        return ASH_OK;
    if (out->is_text)
        snprintf(words, sizeof words, "text (%s)", ash_nc_type_name(type));
    else
        snprintf(words, sizeof words, "the type '%s'", name);
    out->type = ash_text_copy(words, (int64_t)strlen(words));
    return out->type ? ASH_OK : ash_fail_memory(error, function, (int64_t)sizeof words);
}

static ash_status describe_dims(
    int group, int count, const int ids[], const char *function, ash_variable *out, int *result, ash_error_state *error) {
    for (int i = 0; i < count && *result == NC_NOERR; i++) {
        char name[NC_MAX_NAME + 1];
        size_t extent;
        *result = nc_inq_dim(group, ids[i], name, &extent);
        out->shape[i] = (int64_t)extent;
        if (*result != NC_NOERR || ash_netcdf_is_phony(name))
            continue;
        out->dim_id[i] = ids[i];
        out->dim[i] = ash_text_copy(name, (int64_t)strlen(name));
        if (!out->dim[i])
            return ash_fail_memory(error, function, NC_MAX_NAME);
    }
    return ASH_OK;
}

static ash_status describe(const ash_file *file, const ash_netcdf_variable *at, const char *path, const char *function, ash_variable *out,
    ash_error_state *error) {
    char name[NC_MAX_NAME + 1];
    nc_type type;
    int count, storage, ids[NC_MAX_VAR_DIMS];
    size_t chunk[NC_MAX_VAR_DIMS];
    int result = nc_inq_var(at->group, at->id, name, &type, &count, ids, NULL);
    ash_status status = ASH_OK;
    if (result == NC_NOERR && count > ASH_MAX_NDIM)
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "%s: %s: variable '%s' has %d dimensions, at most %d are supported", function,
            file->path, path, count, ASH_MAX_NDIM);
    if (result == NC_NOERR) {
        out->ndim = count;
        status = describe_type(at->group, type, function, out, error);
    }
    if (status == ASH_OK && result == NC_NOERR)
        status = describe_dims(at->group, count, ids, function, out, &result, error);
    if (status == ASH_OK && result == NC_NOERR)
        result = nc_inq_var_chunking(at->group, at->id, &storage, chunk);
    for (int i = 0; status == ASH_OK && result == NC_NOERR && storage == NC_CHUNKED && i < count; i++)
        out->chunk[i] = (int64_t)chunk[i];
    if (status == ASH_OK && result == NC_NOERR && out->dtype != ASH_DTYPE_COUNT)
        result = nc_inq_var_fill(at->group, at->id, &out->no_fill, NULL);
    if (status == ASH_OK && result != NC_NOERR)
        status = ash_fail(error, ASH_ERR_FORMAT, "%s: %s: variable '%s': %s", function, file->path, path, nc_strerror(result));
    if (status == ASH_OK)
        status = ash_netcdf_attrs_read(at->group, at->id, function, &out->attrs, error);
    if (status == ASH_OK && !(out->name = ash_text_copy(name, (int64_t)strlen(name))))
        status = ash_fail_memory(error, function, NC_MAX_NAME);
    return status;
}

ash_status ash_netcdf_describe(ash_file *file, const char *path, const char *function, ash_variable *out, ash_error_state *error) {
    ash_netcdf_variable at;
    ash_library_scope scope;
    ash_library_enter(&scope);
    ash_status status =
        ash_netcdf_locate(opened(file)->id, path, &at) ? describe(file, &at, path, function, out, error) : ASH_ERR_NOT_FOUND;
    ash_library_leave(&scope);
    return status;
}

/* ---- Dimensions and groups ---- */

static int is_unlimited(int group, int id) {
    int count = 0, ids[NC_MAX_DIMS], found = 0;
    if (nc_inq_unlimdims(group, &count, NULL) != NC_NOERR || count > NC_MAX_DIMS || nc_inq_unlimdims(group, &count, ids) != NC_NOERR)
        return 0;
    for (int i = 0; i < count; i++)
        found |= ids[i] == id;
    return found;
}

int ash_netcdf_walk(int group, char *path, int64_t used, ash_netcdf_visitor *visit, void *list) {
    int count = 0, kept = visit(group, path, used, list);
    if (!kept || nc_inq_grps(group, &count, NULL) != NC_NOERR || count == 0)
        return kept;
    int *inner = ash_calloc(count, sizeof *inner);
    if (!inner)
        return 0;
    nc_inq_grps(group, &count, inner);
    for (int i = 0; kept && i < count; i++) {
        if (used + 2 * (NC_MAX_NAME + 2) > ASH_NETCDF_PATH_BYTES || nc_inq_grpname(inner[i], path + used) != NC_NOERR)
            continue;
        strcat(path + used, "/");
        kept = ash_netcdf_walk(inner[i], path, used + (int64_t)strlen(path + used), visit, list);
    }
    ash_free(inner);
    return kept;
}

static int list_dims(int group, char *path, int64_t used, void *dims) {
    int count = 0, ids[NC_MAX_DIMS];
    size_t extent;
    if (nc_inq_dimids(group, &count, NULL, 0) != NC_NOERR || count > NC_MAX_DIMS || nc_inq_dimids(group, &count, ids, 0) != NC_NOERR)
        return 1;
    for (int i = 0; i < count; i++)
        if (nc_inq_dim(group, ids[i], path + used, &extent) == NC_NOERR && !ash_netcdf_is_phony(path + used) &&
            !ash_stored_dims_add(dims, path, (int64_t)extent, is_unlimited(group, ids[i])))
            return 0;
    return 1;
}

ash_status ash_netcdf_dims(ash_file *file, ash_stored_dims *dims, ash_error_state *error) {
    char *path = ash_malloc(ASH_NETCDF_PATH_BYTES);
    if (!path)
        return ash_fail_memory(error, "dataset_open", ASH_NETCDF_PATH_BYTES);
    ash_library_scope scope;
    ash_library_enter(&scope);
    int listed = ash_netcdf_walk(opened(file)->id, path, 0, list_dims, dims);
    ash_library_leave(&scope);
    ash_free(path);
    return listed ? ASH_OK : ash_fail_memory(error, "dataset_open", 64);
}

ash_status ash_netcdf_group_attrs(ash_file *file, const char *path, const char *function, ash_attrs **attrs, ash_error_state *error) {
    int group;
    ash_library_scope scope;
    ash_library_enter(&scope);
    ash_status status = locate_group(opened(file)->id, path, (int64_t)strlen(path), &group)
        ? ash_netcdf_attrs_read(group, NC_GLOBAL, function, attrs, error)
        : ASH_OK;
    ash_library_leave(&scope);
    return status;
}

/* ---- Texts ---- */

static int add_strings(const ash_netcdf_variable *at, int64_t count, ash_name_list *texts, int *result) {
    char **strings = ash_calloc(count + 1, sizeof *strings);
    if (!strings)
        return 0;
    *result = nc_get_var_string(at->group, at->id, strings);
    int kept = 1;
    for (int64_t i = 0; *result == NC_NOERR && kept && i < count; i++)
        kept = ash_name_list_add(texts, strings[i] ? strings[i] : "");
    if (*result == NC_NOERR)
        nc_free_string((size_t)count, strings);
    ash_free(strings);
    return kept;
}

static int add_characters(const ash_netcdf_variable *at, int64_t rows, int64_t width, ash_name_list *texts, int *result) {
    char *characters = ash_calloc(rows * width + 1, 1);
    if (!characters)
        return 0;
    *result = rows * width > 0 ? nc_get_var_text(at->group, at->id, characters) : NC_NOERR;
    int kept = *result != NC_NOERR || ash_add_rows_of_text(texts, characters, rows, width);
    ash_free(characters);
    return kept;
}

static ash_status read_text(const ash_file *file, const ash_netcdf_variable *at, const ash_variable *about, const char *path,
    const char *function, ash_name_list *texts, ash_error_state *error) {
    nc_type type;
    int kept = 1, result = nc_inq_vartype(at->group, at->id, &type);
    int64_t count = 1, width = type == NC_CHAR && about->ndim > 0 ? about->shape[about->ndim - 1] : 1;
    for (int i = 0; i < about->ndim; i++)
        if (about->shape[i] > 0 && count > ASH_TEXT_MOST / about->shape[i])
            return ash_fail(error, ASH_ERR_UNSUPPORTED, "%s: %s: the text variable '%s' has more than %d characters or strings", function,
                file->path, path, ASH_TEXT_MOST);
        else
            count *= about->shape[i];
    if (result == NC_NOERR)
        kept = type == NC_CHAR ? add_characters(at, width > 0 ? count / width : 0, width, texts, &result)
                               : add_strings(at, count, texts, &result);
    if (!kept)
        return ash_fail_memory(error, function, count);
    return result == NC_NOERR ? ASH_OK
                              : ash_fail(error, ASH_ERR_IO, "%s: %s: variable '%s': %s", function, file->path, path, nc_strerror(result));
}

ash_status ash_netcdf_text(ash_file *file, const char *path, const char *function, ash_name_list *texts, ash_error_state *error) {
    ash_netcdf_variable at;
    ash_variable about = { 0 };
    ash_library_scope scope;
    ash_library_enter(&scope);
    ash_status status = ash_netcdf_locate(opened(file)->id, path, &at)
        ? describe(file, &at, path, function, &about, error)
        : ash_fail(error, ASH_ERR_NOT_FOUND, "%s: %s has no variable '%s'", function, file->path, path);
    if (status == ASH_OK && !about.is_text)
        status = ash_fail(error, ASH_ERR_DTYPE, "%s: %s: variable '%s' is no text", function, file->path, path);
    if (status == ASH_OK)
        status = read_text(file, &at, &about, path, function, texts, error);
    ash_library_leave(&scope);
    ash_variable_clear(&about);
    return status;
}
