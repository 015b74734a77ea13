/* Driver for HDF5 files that NetCDF-C does not open. Dimensions are anonymous. */
#include "io/hdf5_reader.h"

#include "base/dtype.h"
#include "base/memory.h"
#include "io/file.h"
#include "io/flat_read.h"
#include "io/hdf5_groups.h"
#include "io/hdf5_harvest.h"
#include "io/lock.h"
#include "io/writer.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int64_t ash_hdf5_small_bytes = 1 << 16;

static const unsigned char signature[8] = { 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n' };

/* A user block may precede the signature: 512 bytes or a power of two times that. It is none if it looks like a classic file, which NetCDF-C would take
 * the whole for, however damaged. */
int ash_hdf5_recognise(const char *path, const unsigned char *head, int64_t n) {
    unsigned char bytes[sizeof signature];
    ash_error_state ignored = { 0 };
    if (n < (int64_t)sizeof signature || memcmp(head, "CDF", 3) == 0)
        return 0;
    if (memcmp(head, signature, sizeof signature) == 0)
        return 1;
    int found = 0, fd = open(path, O_RDONLY | O_CLOEXEC);
    for (off_t at = 512; fd >= 0 && !found && ash_read_bytes(fd, bytes, sizeof bytes, at, NULL, &ignored) == ASH_OK; at *= 2)
        found = memcmp(bytes, signature, sizeof signature) == 0;
    if (fd >= 0)
        close(fd);
    return found;
}

hid_t ash_hdf5_open_file(const char *path, const char *function, ash_error_state *error) {
    char why[300];
    long long found, expected;
    hid_t id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (id >= 0)
        return id;
    ash_hdf5_reason(why, sizeof why);
    if (sscanf(why, "truncated file: eof = %lld, sblock->base_addr = %*d, stored_eof = %lld", &found, &expected) == 2)
        ash_fail(
            error, ASH_ERR_FORMAT, "%s: %s: the HDF5 file is cut short: expected %lld bytes, found %lld", function, path, expected, found);
    else
        ash_fail(error, ASH_ERR_FORMAT, "%s: %s: damaged HDF5 file (%s)", function, path, why);
    return id;
}

static hid_t file_id(const ash_file *file) {
    return *(const hid_t *)file->driver_data;
}

static ash_status hdf5_open(ash_file *file, const char *function, ash_error_state *error) {
    hid_t *id = ash_calloc(1, sizeof *id);
    if (!id)
        return ash_fail_memory(error, function, sizeof *id);
    ash_library_scope scope;
    ash_library_enter(&scope);
    ash_status status = ash_hdf5_check_heaps(file->path, file->fd, function, error);
    *id = status == ASH_OK ? ash_hdf5_open_file(file->path, function, error) : -1;
    status = *id < 0 ? error->status : ash_hdf5_attrs(*id, function, &file->attrs, error);
    if (status != ASH_OK && *id >= 0)
        H5Fclose(*id);
    ash_library_leave(&scope);
    if (status == ASH_OK)
        file->driver_data = id;
    else
        ash_free(id);
    return status;
}

static void hdf5_close(ash_file *file) {
    ash_library_scope scope;
    ash_library_enter(&scope);
    H5Fclose(file_id(file));
    ash_library_leave(&scope);
    ash_free(file->driver_data);
}

static ash_status hdf5_list(ash_file *file, ash_name_list *names, ash_error_state *error) {
    ash_library_scope scope;
    ash_library_enter(&scope);
    int listed = ash_hdf5_list_datasets(file_id(file), names);
    ash_library_leave(&scope);
    return listed ? ASH_OK : ash_fail_memory(error, "open", 64);
}

/* Of a list of all chunks. */
static int64_t table_bytes(int ndim, const int64_t shape[], const int64_t chunk[]) {
    int64_t bytes = sizeof(ash_stored_chunk);
    for (int a = 0; a < ndim; a++)
        if (shape[a] > 0 && __builtin_mul_overflow(bytes, (shape[a] - 1) / chunk[a] + 1, &bytes))
            return INT64_MAX;
    return bytes;
}

ash_status ash_hdf5_attach(
    hid_t file, const char *path, const ash_hdf5_about *about, const char *function, ash_variable *out, ash_error_state *error) {
    char why[200];
    ash_hdf5_variable *data = ash_calloc(1, sizeof *data);
    if (!data)
        return ash_fail_memory(error, function, sizeof *data);
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    H5Pset_chunk_cache(access, 1, (size_t)about->cache, H5D_CHUNK_CACHE_W0_DEFAULT);
    data->dataset = H5Dopen2(file, path, access);
    memcpy(data->fill, about->fill, sizeof data->fill);
    memcpy(data->absent, about->absent, sizeof data->absent);
    data->leaves_absent = about->leaves_absent;
    data->unavailable = about->unavailable;
    data->direct = about->direct;
    data->path = ash_text_copy(path, (int64_t)strlen(path));
    H5Pclose(access);
    if (data->dataset < 0 || !data->path) {
        ash_free(data->path);
        if (data->dataset >= 0)
            H5Dclose(data->dataset);
        int opened = data->dataset >= 0;
        ash_free(data);
        if (opened)
            return ash_fail_memory(error, function, (int64_t)strlen(path) + 1);
        return ash_fail(error, ASH_ERR_FORMAT, "%s: variable '%s' cannot be opened (%s)", function, path, ash_hdf5_reason(why, sizeof why));
    }
    out->driver_data = data;
    out->dtype = about->dtype;
    out->ndim = about->ndim;
    out->need.library = about->workspace;
    out->need.table = about->direct && about->chunk[0] > 0 ? table_bytes(about->ndim, about->shape, about->chunk) : 0;
    memcpy(out->shape, about->shape, sizeof about->shape);
    memcpy(out->chunk, about->chunk, sizeof about->chunk);
    return ASH_OK;
}

ash_status ash_hdf5_find(
    hid_t file, const char *file_path, const char *path, const char *function, ash_variable *out, ash_error_state *error) {
    ash_hdf5_about about;
    hid_t dataset = ash_hdf5_open_dataset(file, path);
    if (dataset < 0)
        return ASH_ERR_NOT_FOUND;
    ash_status status = ash_hdf5_inspect(dataset, file_path, path, function, &about, error);
    if (status == ASH_OK)
        status = ash_hdf5_attrs(dataset, function, &out->attrs, error);
    H5Dclose(dataset); /* before it is opened with its own cache: two ids of a dataset share the first one's */
    if (status == ASH_OK)
        status = ash_hdf5_attach(file, path, &about, function, out, error);
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    if (status == ASH_OK && !(out->name = ash_text_copy(base, (int64_t)strlen(base))))
        status = ash_fail_memory(error, function, (int64_t)strlen(base) + 1);
    out->no_fill = 1; /* the default fill values are NetCDF's custom */
    return status;
}

static ash_status hdf5_find(ash_file *file, const char *path, const char *function, ash_variable *out, ash_error_state *error) {
    ash_library_scope scope;
    ash_library_enter(&scope);
    ash_status status = ash_hdf5_find(file_id(file), file->path, path, function, out, error);
    ash_library_leave(&scope);
    return status;
}

void ash_hdf5_forget(ash_file *file, ash_variable *variable) {
    (void)file;
    ash_hdf5_variable *data = variable->driver_data;
    if (!data)
        return;
    ash_library_scope scope;
    ash_library_enter(&scope);
    H5Dclose(data->dataset);
    ash_library_leave(&scope);
    ash_stored_free(data->stored);
    ash_free(data->path);
    ash_free(data);
}

void ash_hdf5_prepare(ash_file *file, ash_variable *variable) {
    ash_hdf5_variable *data = variable->driver_data;
    int64_t bytes = ash_dtype_size(variable->dtype), table = variable->need.table;
    variable->need.table = 0;
    for (int a = 0; a < variable->ndim; a++)
        bytes *= variable->shape[a]; /* checked when the dataset was inspected */
    if (!data->direct || (bytes < ash_hdf5_small_bytes && !data->unavailable))
        return;
    ash_library_scope scope;
    ash_library_enter(&scope);
    data->stored = ash_hdf5_harvest(file->path, file->fd, file->size, data->path, variable->dtype, data->fill);
    ash_library_leave(&scope);
    if (data->stored)
        variable->need = (ash_read_need){ .table = table,
            .scratch = ash_stored_scratch_bytes(data->stored->chunk_bytes, &data->stored->pipeline),
            .decoded = data->stored->pipeline.count > 0 ? data->stored->chunk_bytes : 0,
            .byte_ns = ash_pipeline_decode_ns(&data->stored->pipeline) };
}

ash_status ash_hdf5_read_variable(ash_file *file, const ash_variable *variable, const int64_t start[], const int64_t extent[],
    const int64_t step[], void *buffer, ash_read_scratch *scratch, ash_error_state *error) {
    const ash_hdf5_variable *data = variable->driver_data;
    if (data->stored)
        return ash_stored_read(file->fd, data->stored, start, extent, step, buffer, scratch, error);
    ash_library_scope scope;
    ash_library_enter(&scope);
    ash_status status = ash_hdf5_read(data->dataset, variable->dtype, variable->ndim, data->fill, data->leaves_absent ? data->absent : NULL,
        start, extent, step, buffer, error);
    ash_library_leave(&scope);
    int64_t bytes = status == ASH_OK ? ash_dtype_size(variable->dtype) : 0;
    for (int a = 0; a < variable->ndim; a++)
        bytes *= extent[a];
    scratch->bytes_fetched += bytes; /* what HDF5 took from the file, it does not say */
    return status;
}

const ash_driver ash_hdf5_driver = {
    .name = "HDF5",
    .change = &ash_format_change_netcdf,
    .recognise = ash_hdf5_recognise,
    .open = hdf5_open,
    .close = hdf5_close,
    .list = hdf5_list,
    .find = hdf5_find,
    .forget = ash_hdf5_forget,
    .prepare = ash_hdf5_prepare,
    .read = ash_hdf5_read_variable,
};
