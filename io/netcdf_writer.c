/* Writer of NetCDF-4 files: everything goes to a temporary file that takes its name when it is whole. */
#include "base/dtype.h"
#include "base/memory.h"
#include "io/file.h"
#include "io/lock.h"
#include "io/netcdf_attrs.h"
#include "io/temporary_file.h"
#include "io/types.h"

#include <errno.h>
#include <hdf5.h>
#include <limits.h>
#include <netcdf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { DEFAULT_CHUNK_BYTES = 1 << 20, LIBRARY_BYTES = 4 << 20 };

typedef struct writer_variable {
    int id, ndim;
    int64_t bytes; /* of one element */
} writer_variable;

struct ash_writer {
    ash_temporary_file file;
    char *path;     /* as the user gave it */
    char *function; /* named in errors */
    int id;         /* NetCDF's */
    int is_open, failed;
    int variable_count;
    writer_variable *variable;
};

/* ---- Failing and giving up ---- */

static int is_about_space(int reason) {
    return reason == ENOSPC || reason == EDQUOT || reason == EFBIG || reason == EIO || reason == EROFS;
}

/* NetCDF-C and HDF5 keep the system's reason to themselves: it may still stand in errno, else trying to write shows it. `bytes`: how much
 * was to be written. */
static ash_status fail_write(ash_writer *writer, int result, int seen, int64_t bytes, ash_error_state *error) {
    writer->failed = 1;
    if (!is_about_space(seen))
        seen = ash_temporary_diagnose(&writer->file, bytes);
    if (seen != 0)
        return ash_fail(error, ASH_ERR_IO, "%s: %s: %s", writer->function, writer->path, strerror(seen));
    return ash_fail(error, ASH_ERR_IO, "%s: %s: %s", writer->function, writer->path, nc_strerror(result));
}

static void free_writer(ash_writer *writer) {
    ash_temporary_free(&writer->file);
    ash_free(writer->variable);
    ash_free(writer->function);
    ash_free(writer->path);
    ash_free(writer);
}

/* HDF5 closes a file only after it has written out what it holds; where that fails, on a full disk, its ids leak and it complains at exit. So its
 * descriptor is pointed at memory first. */
static void divert_to_memory(const ash_writer *writer) {
#ifdef MFD_CLOEXEC
    hid_t ids[256];
    ssize_t n = H5Fget_obj_ids((hid_t)H5F_OBJ_ALL, H5F_OBJ_FILE, 256, ids);
    for (ssize_t k = 0; k < n; k++) {
        char name[PATH_MAX];
        void *handle = NULL;
        if (H5Fget_name(ids[k], name, sizeof name) <= 0 || strcmp(name, writer->file.path) != 0 ||
            H5Fget_vfd_handle(ids[k], H5P_DEFAULT, &handle) < 0 || !handle)
            continue;
        int memory = memfd_create("ashlar", MFD_CLOEXEC);
        if (memory >= 0) {
            dup2(memory, *(int *)handle);
            close(memory);
        }
    }
#else
    (void)writer;
#endif
}

/* The file is unlinked and emptied before it is closed, which frees its disk space at once. */
void ash_writer_abort(ash_writer *writer) {
    if (!writer)
        return;
    ash_library_scope scope;
    if (writer->is_open) {
        ash_library_enter(&scope);
        divert_to_memory(writer);
        ash_library_leave(&scope);
    }
    if (writer->file.fd >= 0)
        ash_temporary_discard(&writer->file);
    if (writer->is_open) {
        ash_library_enter(&scope);
        if (nc_close(writer->id) != NC_NOERR)
            nc_abort(writer->id);
        ash_library_leave(&scope);
    }
    free_writer(writer);
}

/* ---- Definition ---- */

static int is_chunked(const ash_writer_variable *variable) {
    return variable->ndim > 0 && variable->chunk[0] > 0;
}

static int is_filtered(const ash_writer_variable *variable) {
    return variable->deflate > 0 || variable->shuffle;
}

/* The extents of a chunk: those asked for, cut to the shape. An unlimited or compressed variable that asked for none gets whole rows, about
 * a MiB together. */
static int choose_chunk(const ash_writer_variable *variable, const ash_writer_dim dims[], size_t chunk[]) {
    int64_t room = DEFAULT_CHUNK_BYTES / ash_dtype_size(variable->dtype);
    int needed = is_chunked(variable) || is_filtered(variable);
    for (int i = variable->ndim - 1; i >= 0; i--) {
        const ash_writer_dim *dim = &dims[variable->dim[i]];
        int64_t extent = dim->extent > 0 ? dim->extent : 1;
        int64_t wanted = is_chunked(variable) ? variable->chunk[i] : room;
        needed |= dim->unlimited || dim->extent == 0; /* NetCDF has no empty dimension that is not unlimited */
        chunk[i] = (size_t)(wanted < 1 ? 1 : wanted < extent ? wanted : extent);
        room /= (int64_t)chunk[i];
    }
    return needed && variable->ndim > 0;
}

/* Values of _FillValue in the dtype of the variable; 0 if there is none. */
static int fill_value(const ash_writer_variable *variable, void *value) {
    const ash_attr_entry *entry = ash_attrs_find(variable->attrs, "_FillValue");
    if (!entry || entry->is_text || entry->count < 1)
        return 0;
    /* One that the dtype cannot hold marks nothing as missing; cut to fit, it would. */
    ash_number given = ash_number_load(entry->dtype, entry->data);
    double before, after;
    ash_number_store(variable->dtype, value, entry->dtype, given);
    ash_number_store(ASH_FLOAT64, &before, entry->dtype, given);
    ash_number_store(ASH_FLOAT64, &after, variable->dtype, ash_number_load(variable->dtype, value));
    return before == after || ash_dtype_kind(variable->dtype) == 'f';
}

/* Contiguous variables are written whole by us, so filling them first would write everything twice: the attribute alone is set. Chunked
 * ones are filled where a chunk is not covered whole (edges), in memory. */
static int define_fill(int file, int id, const ash_writer_variable *variable, int chunked) {
    double value[2] = { 0 };
    int has_fill = fill_value(variable, value), result = NC_NOERR;
    if (chunked)
        return has_fill ? nc_def_var_fill(file, id, NC_FILL, value) : NC_NOERR;
    if (variable->ndim > 0)
        result = nc_def_var_fill(file, id, NC_NOFILL, NULL);
    if (result == NC_NOERR && has_fill)
        result = nc_put_att(file, id, "_FillValue", ash_nc_from_dtype(variable->dtype), 1, value);
    return result;
}

static int define_storage(int file, int id, const ash_writer_variable *variable, const ash_writer_dim dims[]) {
    size_t chunk[ASH_MAX_NDIM];
    int chunked = choose_chunk(variable, dims, chunk);
    int result = NC_NOERR;
    if (variable->ndim > 0)
        result = nc_def_var_chunking(file, id, chunked ? NC_CHUNKED : NC_CONTIGUOUS, chunked ? chunk : NULL);
    if (result == NC_NOERR && chunked && is_filtered(variable))
        result = nc_def_var_deflate(file, id, variable->shuffle, variable->deflate > 0, variable->deflate);
    return result == NC_NOERR ? define_fill(file, id, variable, chunked) : result;
}

static ash_status define_variable(ash_writer *writer, const ash_writer_variable *variable, const ash_writer_dim dims[], const int dim_ids[],
    writer_variable *out, ash_error_state *error) {
    int ids[ASH_MAX_NDIM], type = ash_nc_from_dtype(variable->dtype);
    const char *attribute = NULL;
    if (type == 0)
        return ash_fail(error, ASH_ERR_DTYPE, "%s: %s: variable '%s' is %s, which NetCDF has no type for", writer->function, writer->path,
            variable->name, ash_dtype_name(variable->dtype));
    for (int i = 0; i < variable->ndim; i++)
        ids[i] = dim_ids[variable->dim[i]];
    int result = nc_def_var(writer->id, variable->name, type, variable->ndim, ids, &out->id);
    if (result == NC_NOERR)
        result = define_storage(writer->id, out->id, variable, dims);
    if (result == NC_NOERR)
        result = ash_netcdf_attrs_write(writer->id, out->id, variable->attrs, "_FillValue", &attribute);
    out->ndim = variable->ndim;
    out->bytes = ash_dtype_size(variable->dtype);
    if (result == NC_NOERR)
        return ASH_OK;
    if (attribute)
        return ash_fail(error, ASH_ERR_ARGUMENT, "%s: %s: attribute '%s' of variable '%s': %s", writer->function, writer->path, attribute,
            variable->name, nc_strerror(result));
    return ash_fail(
        error, ASH_ERR_ARGUMENT, "%s: %s: variable '%s': %s", writer->function, writer->path, variable->name, nc_strerror(result));
}

static ash_status define_dims(ash_writer *writer, int ndims, const ash_writer_dim dims[], int ids[], ash_error_state *error) {
    for (int i = 0; i < ndims; i++) {
        int result = nc_def_dim(writer->id, dims[i].name, dims[i].unlimited ? NC_UNLIMITED : (size_t)dims[i].extent, &ids[i]);
        if (result != NC_NOERR)
            return ash_fail(error, ASH_ERR_ARGUMENT, "%s: %s: dimension '%s' of extent %lld: %s", writer->function, writer->path,
                dims[i].name, (long long)dims[i].extent, nc_strerror(result));
    }
    return ASH_OK;
}

/* Caches of one chunk for compressed variables and of nothing for others, instead of NetCDF-C's 16 MiB and more. */
static int bound_caches(const ash_writer *writer, const ash_writer_variable vars[], const ash_writer_dim dims[]) {
    int result = NC_NOERR;
    for (int i = 0; result == NC_NOERR && i < writer->variable_count; i++) {
        size_t chunk[ASH_MAX_NDIM], bytes = (size_t)writer->variable[i].bytes;
        if (!choose_chunk(&vars[i], dims, chunk))
            continue;
        for (int a = 0; a < vars[i].ndim; a++)
            bytes *= chunk[a];
        if (!is_filtered(&vars[i]))
            bytes = 0;
        result = nc_set_var_chunk_cache(writer->id, writer->variable[i].id, bytes, 1, 0.75f);
    }
    return result;
}

static ash_status define_all(ash_writer *writer, int ndims, const ash_writer_dim dims[], const ash_writer_variable vars[],
    const ash_attrs *global, ash_error_state *error) {
    const char *attribute = NULL;
    int *ids = ash_calloc(ndims + 1, sizeof *ids);
    if (!ids)
        return ash_fail_memory(error, writer->function, (ndims + 1) * (int64_t)sizeof *ids);
    ash_status status = define_dims(writer, ndims, dims, ids, error);
    for (int i = 0; status == ASH_OK && i < writer->variable_count; i++)
        status = define_variable(writer, &vars[i], dims, ids, &writer->variable[i], error);
    ash_free(ids);
    if (status != ASH_OK)
        return status;
    int result = ash_netcdf_attrs_write(writer->id, NC_GLOBAL, global, NULL, &attribute);
    if (result != NC_NOERR)
        return ash_fail(
            error, ASH_ERR_ARGUMENT, "%s: %s: global attribute '%s': %s", writer->function, writer->path, attribute, nc_strerror(result));
    errno = 0;
    result = nc_enddef(writer->id);
    if (result == NC_NOERR)
        result = bound_caches(writer, vars, dims);
    return result == NC_NOERR ? ASH_OK : fail_write(writer, result, errno, 0, error);
}

static ash_status create_file(ash_writer *writer, int ndims, const ash_writer_dim dims[], const ash_writer_variable vars[],
    const ash_attrs *global, ash_error_state *error) {
    ash_library_scope scope;
    size_t size, slots;
    float preemption;
    ash_library_enter(&scope);
    nc_get_chunk_cache(&size, &slots, &preemption);
    nc_set_chunk_cache(0, 1, preemption);
    errno = 0;
    int result = nc_create(writer->file.path, NC_CLOBBER | NC_NETCDF4, &writer->id);
    int seen = errno;
    writer->is_open = result == NC_NOERR;
    ash_status status =
        result == NC_NOERR ? define_all(writer, ndims, dims, vars, global, error) : fail_write(writer, result, seen, 0, error);
    nc_set_chunk_cache(size, slots, preemption);
    ash_library_leave(&scope);
    return status;
}

ash_writer *ash_writer_begin(const char *path, int ndims, const ash_writer_dim dims[], int nvars, const ash_writer_variable vars[],
    const ash_attrs *global, const char *function, ash_error_state *error) {
    ash_writer *writer = ash_calloc(1, sizeof *writer);
    if (!writer) {
        ash_fail_memory(error, function, sizeof *writer);
        return NULL;
    }
    writer->file.fd = -1;
    writer->variable_count = nvars;
    writer->path = ash_text_copy(path, (int64_t)strlen(path));
    writer->function = ash_text_copy(function, (int64_t)strlen(function));
    writer->variable = ash_calloc(nvars + 1, sizeof *writer->variable);
    ash_status status = ASH_OK;
    if (!writer->path || !writer->function || !writer->variable)
        status = ash_fail_memory(error, function, (nvars + 1) * (int64_t)sizeof *writer->variable);
    if (status == ASH_OK)
        status = ash_temporary_create(&writer->file, path, function, error);
    if (status == ASH_OK)
        status = create_file(writer, ndims, dims, vars, global, error);
    if (status == ASH_OK)
        return writer;
    ash_writer_abort(writer);
    return NULL;
}

/* ---- Values ---- */

ash_status ash_writer_put(
    ash_writer *writer, int var, const int64_t start[], const int64_t extent[], const void *data, ash_error_state *error) {
    const writer_variable *variable = &writer->variable[var];
    size_t from[ASH_MAX_NDIM + 1] = { 0 }, count[ASH_MAX_NDIM + 1] = { 1 };
    int64_t bytes = variable->bytes;
    for (int i = 0; i < variable->ndim; i++) {
        from[i] = (size_t)start[i];
        count[i] = (size_t)extent[i];
        bytes *= extent[i];
    }
    if (bytes == 0)
        return ASH_OK;
    ash_library_scope scope;
    ash_library_enter(&scope);
    /* HDF5 1.10 leaks memory when a write fails in its middle and complains about it at exit: learn of a full disk before. */
    int full = ash_temporary_reserve(&writer->file, bytes);
    if (full != 0) {
        writer->failed = 1;
        ash_library_leave(&scope);
        return ash_fail(error, ASH_ERR_IO, "%s: %s: %s", writer->function, writer->path, strerror(full));
    }
    errno = 0;
    int result = nc_put_vara(writer->id, variable->id, from, count, data);
    ash_status status = result == NC_NOERR ? ASH_OK : fail_write(writer, result, errno, bytes, error);
    ash_library_leave(&scope);
    return status;
}

ash_status ash_writer_commit(ash_writer *writer, ash_error_state *error) {
    ash_status status = ASH_OK;
    if (writer->failed)
        status = ash_fail(error, ASH_ERR_IO, "%s: %s: not finished, since writing failed before", writer->function, writer->path);
    if (status == ASH_OK) {
        ash_library_scope scope;
        ash_library_enter(&scope);
        errno = 0;
        int result = nc_close(writer->id);
        writer->is_open = result != NC_NOERR;
        if (result != NC_NOERR)
            status = fail_write(writer, result, errno, 0, error);
        ash_library_leave(&scope);
    }
    if (status == ASH_OK) {
        int reason = ash_temporary_publish(&writer->file);
        if (reason != 0)
            status = ash_fail(error, ASH_ERR_IO, "%s: %s: %s", writer->function, writer->path, strerror(reason));
    }
    if (status == ASH_OK)
        free_writer(writer);
    else
        ash_writer_abort(writer);
    return status;
}

/* A chunk on its way to the file has a buffer of its size before and one behind a filter, while the next enters the cache; one that is not
 * filtered may be filled. */
int64_t ash_writer_workspace(int nvars, const ash_writer_variable vars[]) {
    int64_t caches = 0, largest = 0;
    for (int i = 0; i < nvars; i++) {
        int64_t bytes = ash_dtype_size(vars[i].dtype);
        for (int a = 0; a < vars[i].ndim && is_chunked(&vars[i]); a++)
            bytes *= vars[i].chunk[a];
        if (!is_chunked(&vars[i]) || bytes < 0)
            bytes = DEFAULT_CHUNK_BYTES;
        caches += is_filtered(&vars[i]) ? bytes : 0;
        if (bytes > largest)
            largest = bytes;
    }
    return caches + 3 * largest + LIBRARY_BYTES;
}
