/* Driver for NetCDF-4, and for every other HDF5 file that NetCDF-C opens. NetCDF-C says what a file means: names, dimensions, attributes.
 * Types, chunks, filters and values come from the dataset behind a variable by HDF5, which is also the way to datasets that NetCDF-C does
 * not show. (NetCDF-C 4.9.0 gives wrong values in strided reads of a variable that is shorter than its unlimited dimension, and its errors
 * do not say more than "HDF error".) */
#include "base/memory.h"
#include "io/file.h"
#include "io/hdf5_groups.h"
#include "io/hdf5_reader.h"
#include "io/lock.h"
#include "io/netcdf_attrs.h"
#include "io/netcdf_contents.h"
#include "io/writer.h"

#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NetCDF-C gives every variable a cache of 16 MiB as it opens a file; ours come when a variable is asked for. The host's setting is put
 * back. */
static int open_without_caches(const char *path, int *id) {
    size_t size, slots;
    float preemption;
    nc_get_chunk_cache(&size, &slots, &preemption);
    nc_set_chunk_cache(0, 1, preemption);
    char *whole = realpath(path, NULL); /* never taken for a URL */
    int result = whole ? nc_open(whole, NC_NOWRITE, id) : NC_ENOTFOUND;
    free(whole);
    nc_set_chunk_cache(size, slots, preemption);
    return result;
}

/* NetCDF-C walks along links without end, until its stack does, in a file whose groups hold each other. Closed again because NetCDF-C wants to be the
 * first to open a file. */
static ash_status check_groups(const ash_file *opened, const char *function, ash_error_state *error) {
    const char *path = opened->path;
    hid_t file = ash_hdf5_check_heaps(path, opened->fd, function, error) == ASH_OK ? ash_hdf5_open_file(path, function, error) : -1;
    if (file < 0)
        return error->status;
    int is_tree = ash_hdf5_is_tree(file);
    H5Fclose(file);
    return is_tree ? ASH_OK : ash_fail(error, ASH_ERR_FORMAT, "%s: %s: its groups are no tree", function, path);
}

static ash_status netcdf_open(ash_file *file, const char *function, ash_error_state *error) {
    ash_netcdf_file *opened = ash_calloc(1, sizeof *opened);
    if (!opened)
        return ash_fail_memory(error, function, sizeof *opened);
    ash_library_scope scope;
    ash_library_enter(&scope);
    ash_status status = check_groups(file, function, error);
    int result = status == ASH_OK ? open_without_caches(file->path, &opened->id) : NC_NOERR;
    if (result != NC_NOERR)
        status = ash_fail(error, ASH_ERR_FORMAT, "%s: %s: %s", function, file->path, nc_strerror(result));
    if (status == ASH_OK) {
        opened->hdf5 = ash_hdf5_open_file(file->path, function, error);
        status = opened->hdf5 < 0 ? error->status : ash_netcdf_attrs_read(opened->id, NC_GLOBAL, function, &file->attrs, error);
        if (status != ASH_OK && opened->hdf5 >= 0)
            H5Fclose(opened->hdf5);
        if (status != ASH_OK)
            nc_close(opened->id);
    }
    ash_library_leave(&scope);
    if (status == ASH_OK)
        file->driver_data = opened;
    else
        ash_free(opened);
    return status;
}

static void netcdf_close(ash_file *file) {
    ash_netcdf_file *opened = file->driver_data;
    ash_library_scope scope;
    ash_library_enter(&scope);
    H5Fclose(opened->hdf5);
    nc_close(opened->id);
    ash_library_leave(&scope);
    ash_free(opened);
}

/* ---- Names ---- */

static int list_variables(int group, char *path, int64_t used, void *names) {
    int count = 0;
    nc_inq_nvars(group, &count);
    for (int i = 0; i < count; i++)
        if (nc_inq_varname(group, i, path + used) == NC_NOERR && !ash_name_list_add(names, path))
            return 0;
    return 1;
}

static ash_status netcdf_list(ash_file *file, ash_name_list *names, ash_error_state *error) {
    char *path = ash_malloc(ASH_NETCDF_PATH_BYTES);
    if (!path)
        return ash_fail_memory(error, "open", ASH_NETCDF_PATH_BYTES);
    ash_library_scope scope;
    ash_library_enter(&scope);
    int listed = ash_netcdf_walk(((ash_netcdf_file *)file->driver_data)->id, path, 0, list_variables, names);
    ash_library_leave(&scope);
    ash_free(path);
    return listed ? ASH_OK : ash_fail_memory(error, "open", 64);
}

/* ---- What is known about a variable ---- */

/* Path of the dataset behind a variable; one that shares its name with a dimension, without being its coordinate, is stored under a longer
 * name. */
static const char *path_behind(hid_t hdf5, const char *path, char stored[ASH_NETCDF_PATH_BYTES]) {
    static const char prefix[] = "_nc4_non_coord_";
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path + 1) : 0;
    int length = snprintf(stored, ASH_NETCDF_PATH_BYTES, "%.*s%s%s", folder, path, prefix, path + folder);
    return length < ASH_NETCDF_PATH_BYTES && H5Lexists(hdf5, stored, H5P_DEFAULT) > 0 ? stored : path;
}

/* Dimensions as NetCDF-C has them: an unlimited one may reach further than the dataset. */
static ash_status fill_dims(
    const ash_netcdf_variable *found, const char *function, ash_variable *out, int *result, ash_error_state *error) {
    int ndim, ids[NC_MAX_VAR_DIMS];
    *result = nc_inq_var(found->group, found->id, NULL, NULL, &ndim, ids, NULL);
    if (*result == NC_NOERR && ndim != out->ndim)
        *result = NC_EDIMSIZE;
    for (int i = 0; *result == NC_NOERR && i < out->ndim; i++) {
        char name[NC_MAX_NAME + 1];
        size_t extent;
        *result = nc_inq_dim(found->group, ids[i], name, &extent);
        if (*result != NC_NOERR || ash_netcdf_is_phony(name))
            continue;
        out->shape[i] = (int64_t)extent;
        out->dim_id[i] = ids[i];
        out->dim[i] = ash_text_copy(name, (int64_t)strlen(name));
        if (!out->dim[i])
            return ash_fail_memory(error, function, NC_MAX_NAME);
    }
    return ASH_OK;
}

static ash_status fill_variable(const ash_file *file, const ash_netcdf_variable *found, const char *path, const char *function,
    ash_variable *out, ash_error_state *error) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    out->name = ash_text_copy(base, (int64_t)strlen(base));
    if (!out->name)
        return ash_fail_memory(error, function, (int64_t)strlen(base) + 1);
    int result = NC_NOERR;
    ash_status status = fill_dims(found, function, out, &result, error);
    if (status == ASH_OK && result == NC_NOERR)
        result = nc_inq_var_fill(found->group, found->id, &out->no_fill, NULL);
    if (status == ASH_OK && result == NC_NOERR)
        status = ash_netcdf_attrs_read(found->group, found->id, function, &out->attrs, error);
    if (status == ASH_OK && result != NC_NOERR)
        status = ash_fail(error, ASH_ERR_FORMAT, "%s: %s: variable '%s': %s", function, file->path, path, nc_strerror(result));
    return status;
}

static ash_status find_shown(const ash_file *file, const ash_netcdf_variable *found, const char *path, const char *function,
    ash_variable *out, ash_error_state *error) {
    const ash_netcdf_file *opened = file->driver_data;
    char stored[ASH_NETCDF_PATH_BYTES];
    ash_hdf5_about about;
    const char *behind = path_behind(opened->hdf5, path, stored);
    hid_t dataset = ash_hdf5_open_dataset(opened->hdf5, behind);
    if (dataset < 0)
        return ash_fail(error, ASH_ERR_FORMAT, "%s: %s: variable '%s' has no dataset behind it", function, file->path, path);
    ash_status status = ash_hdf5_inspect(dataset, file->path, path, function, &about, error);
    H5Dclose(dataset);
    if (status != ASH_OK)
        return status;
    /* The one who opens a dataset first sets its cache, and that may be NetCDF-C, which then opens it anew: under the variable's name, even where the
     * dataset behind it has another. */
    if (about.chunk[0] > 0 && behind == path)
        nc_set_var_chunk_cache(found->group, found->id, (size_t)about.cache, 1, 0.75f);
    status = ash_hdf5_attach(opened->hdf5, behind, &about, function, out, error);
    return status == ASH_OK ? fill_variable(file, found, path, function, out, error) : status;
}

static ash_status netcdf_find(ash_file *file, const char *path, const char *function, ash_variable *out, ash_error_state *error) {
    const ash_netcdf_file *opened = file->driver_data;
    ash_netcdf_variable found;
    ash_library_scope scope;
    ash_library_enter(&scope);
    ash_status status = ash_netcdf_locate(opened->id, path, &found) ? find_shown(file, &found, path, function, out, error)
                                                                    : ash_hdf5_find(opened->hdf5, file->path, path, function, out, error);
    ash_library_leave(&scope);
    return status;
}

const ash_driver ash_netcdf_driver = {
    .name = "NetCDF-4",
    .change = &ash_format_change_netcdf,
    .recognise = ash_hdf5_recognise,
    .open = netcdf_open,
    .close = netcdf_close,
    .list = netcdf_list,
    .find = netcdf_find,
    .describe = ash_netcdf_describe,
    .dims = ash_netcdf_dims,
    .group_attrs = ash_netcdf_group_attrs,
    .text = ash_netcdf_text,
    .forget = ash_hdf5_forget,
    .prepare = ash_hdf5_prepare,
    .read = ash_hdf5_read_variable,
};
