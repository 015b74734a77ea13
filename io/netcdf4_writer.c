/* NetCDF-4: NetCDF-C defines the file, HDF5 says where values go, and the threads that have them encode and write them there. */
#include "base/dtype.h"
#include "base/memory.h"
#include "io/chunk_encode.h"
#include "io/flat_write.h"
#include "io/hdf5_dataset.h"
#include "io/hdf5_harvest.h"
#include "io/hdf5_recorder.h"
#include "io/lock.h"
#include "io/netcdf_define.h"

#include <errno.h>
#include <netcdf.h>
#include <stdio.h>
#include <string.h>

enum {
    LIBRARY_BYTES = 4 << 20,
};

typedef struct placed_variable {
    hid_t dataset;
    int64_t offset;        /* of the first value; -1: in chunks */
    ash_chunking chunking; /* chunk_bytes 0: in one piece */
    int encodable;
} placed_variable;

typedef struct netcdf4_state {
    ash_recording recording;
    hid_t file;
    int64_t most_bytes; /* a file may have; the system ends processes that write more */
    int count;
    placed_variable *variable;
} netcdf4_state;

/* ---- Places ---- */

/* Variables that have the name of a dimension without being its coordinate are stored under another one. */
static hid_t open_dataset(hid_t file, const char *name) {
    char other[NC_MAX_NAME + 32];
    snprintf(other, sizeof other, "_nc4_non_coord_%s", name);
    return H5Dopen2(file, H5Lexists(file, other, H5P_DEFAULT) > 0 ? other : name, H5P_DEFAULT);
}

/* Writing one element makes HDF5 find room for all of them; the driver keeps it from being written. */
static int64_t place_contiguous(netcdf4_state *state, const placed_variable *variable, hid_t type) {
    static const unsigned char zero[16];
    hsize_t start[ASH_MAX_NDIM + 1] = { 0 }, one[ASH_MAX_NDIM + 1];
    for (int a = 0; a <= ASH_MAX_NDIM; a++)
        one[a] = 1;
    hid_t space = H5Dget_space(variable->dataset), element = H5Screate(H5S_SCALAR);
    haddr_t address = HADDR_UNDEF;
    state->recording.on = 1;
    if (space >= 0 && element >= 0 &&
        (variable->chunking.ndim == 0 || H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, one, NULL) >= 0) &&
        H5Dwrite(variable->dataset, type, element, space, H5P_DEFAULT, zero) >= 0)
        address = H5Dget_offset(variable->dataset);
    state->recording.on = 0;
    if (space >= 0)
        H5Sclose(space);
    if (element >= 0)
        H5Sclose(element);
    return address == HADDR_UNDEF ? -1 : (int64_t)address;
}

static int place_chunks(placed_variable *variable, hid_t creation, hid_t type) {
    hsize_t chunk[ASH_MAX_NDIM];
    if (H5Pget_chunk(creation, ASH_MAX_NDIM, chunk) != variable->chunking.ndim ||
        !ash_hdf5_pipeline(creation, &variable->chunking.pipeline))
        return 0;
    variable->chunking.chunk_bytes = variable->chunking.element;
    for (int a = 0; a < variable->chunking.ndim; a++) {
        variable->chunking.chunk[a] = (int64_t)chunk[a];
        variable->chunking.chunk_bytes *= variable->chunking.chunk[a];
    }
    variable->offset = -1;
    variable->encodable = ash_pipeline_encodable(&variable->chunking.pipeline);
    return H5Pget_fill_value(creation, type, variable->chunking.fill) >= 0;
}

/* bool is stored as int8. */
static hid_t stored_type(ash_dtype dtype) {
    return ash_hdf5_native_type(dtype == ASH_BOOL ? ASH_INT8 : dtype);
}

/* Opens the dataset, gives it its shape, and finds out where its values go. */
static int place_variable(ash_writer *writer, int k) {
    netcdf4_state *state = writer->state;
    placed_variable *variable = &state->variable[k];
    const ash_writer_variable *described = &writer->schema->variable[k];
    hid_t type = stored_type(described->dtype);
    hsize_t shape[ASH_MAX_NDIM];
    int64_t elements = ash_writer_shape(writer, k, variable->chunking.shape);
    variable->chunking.ndim = described->ndim;
    variable->chunking.element = ash_dtype_size(described->dtype);
    variable->dataset = open_dataset(state->file, described->name);
    hid_t creation = variable->dataset >= 0 ? H5Dget_create_plist(variable->dataset) : -1;
    int fine = creation >= 0;
    for (int a = 0; a < variable->chunking.ndim; a++)
        shape[a] = (hsize_t)variable->chunking.shape[a];
    if (fine && H5Pget_layout(creation) == H5D_CHUNKED)
        fine = H5Dset_extent(variable->dataset, shape) >= 0 && place_chunks(variable, creation, type);
    else if (fine && elements > 0)
        fine = (variable->offset = place_contiguous(state, variable, type)) >= 0;
    if (creation >= 0)
        H5Pclose(creation);
    return fine;
}

/* Of a variable in chunks. */
static void add_need(ash_write_need *need, const ash_chunking *chunking) {
    int64_t scratch = ash_chunk_scratch_bytes(chunking);
    need->scratch = scratch > need->scratch ? scratch : need->scratch;
    if (!ash_pipeline_encodable(&chunking->pipeline))
        need->library += 4 * chunking->chunk_bytes; /* a chunk in the library's cache and those on the way through filters */
}

static void sum_needs(ash_writer *writer) {
    const netcdf4_state *state = writer->state;
    writer->need.library = LIBRARY_BYTES + ASH_HDF5_METADATA_BYTES;
    for (int k = 0; k < state->count; k++)
        if (state->variable[k].chunking.chunk_bytes > 0)
            add_need(&writer->need, &state->variable[k].chunking);
}

/* As NetCDF-C will define the variables. */
static int foresee(const ash_format *format, const ash_writer_schema *schema, ash_write_need *need) {
    (void)format;
    need->library = LIBRARY_BYTES + ASH_HDF5_METADATA_BYTES;
    for (int k = 0; k < schema->nvariables; k++) {
        const ash_writer_variable *variable = &schema->variable[k];
        ash_chunking chunking = { .chunk_bytes = ash_dtype_size(variable->dtype) };
        const int filter[] = { variable->shuffle ? ASH_FILTER_SHUFFLE : 0, variable->deflate > 0 ? ASH_FILTER_DEFLATE : 0,
            variable->zstd != 0 ? ASH_FILTER_ZSTD : 0, variable->fletcher32 ? ASH_FILTER_FLETCHER32 : 0 };
        if (!ash_netcdf_chunk(schema, variable, chunking.chunk))
            continue;
        for (int a = 0; a < variable->ndim; a++)
            chunking.chunk_bytes *= chunking.chunk[a];
        for (size_t f = 0; f < sizeof filter / sizeof filter[0]; f++)
            if (filter[f] != 0)
                chunking.pipeline.filter[chunking.pipeline.count++].id = filter[f];
        add_need(need, &chunking);
    }
    return 1;
}

static int64_t contiguous_bytes(const ash_writer *writer) {
    const netcdf4_state *state = writer->state;
    int64_t bytes = 0, shape[ASH_MAX_NDIM];
    for (int k = 0; k < state->count; k++)
        bytes +=
            state->variable[k].chunking.chunk_bytes == 0 ? ash_writer_shape(writer, k, shape) * state->variable[k].chunking.element : 0;
    return bytes;
}

static ash_status place_all(ash_writer *writer, ash_error_state *error) {
    netcdf4_state *state = writer->state;
    ash_library_scope scope;
    int fine = 1, k = 0;
    ash_library_enter(&scope);
    state->file = ash_recorder_open(writer->file.path, 1, &state->recording);
    for (fine = state->file >= 0; fine && k < state->count; k++)
        fine = place_variable(writer, k);
    ash_library_leave(&scope);
    if (state->recording.failure == ENOMEM)
        return ash_fail_memory(error, writer->function, LIBRARY_BYTES);
    if (!fine)
        return ash_fail(error, ASH_ERR_IO, "%s: %s: HDF5 finds no place for variable '%s'", writer->function, writer->path,
            k > 0 ? writer->schema->variable[k - 1].name : "");
    sum_needs(writer);
    int full = writer->resumed
        ? 0
        : ash_temporary_reserve(&writer->file, contiguous_bytes(writer)); /* a full disk is told before the work, not after it */
    return ash_writer_fail(writer, full, error);
}

static void close_all(netcdf4_state *state) {
    ash_library_scope scope;
    ash_library_enter(&scope);
    for (int k = 0; k < state->count; k++)
        if (state->variable[k].dataset >= 0) {
            H5Dclose(state->variable[k].dataset);
            state->variable[k].dataset = -1;
        }
    if (state->file >= 0)
        ash_recorder_close(state->file, &state->recording);
    state->file = -1;
    ash_library_leave(&scope);
}

static ash_status check_journal(const ash_writer *writer, ash_error_state *error) {
    const netcdf4_state *state = writer->state;
    for (int k = 0; k < state->count; k++)
        if (ash_writer_journals(writer, k) && !state->variable[k].encodable)
            return ash_fail(error, ASH_ERR_UNSUPPORTED,
                "%s: %s: variable '%s' has a filter that this build cannot apply itself, which resume needs", writer->function,
                writer->path, writer->schema->variable[k].name);
    return ASH_OK;
}

static ash_status netcdf4_begin(ash_writer *writer, ash_error_state *error) {
    netcdf4_state *state = ash_calloc(1, sizeof *state);
    int count = writer->schema->nvariables;
    writer->state = state;
    if (state)
        state->variable = ash_calloc(count + 1, sizeof *state->variable);
    if (!state || !state->variable)
        return ash_fail_memory(error, writer->function, (count + 1) * (int64_t)sizeof *state->variable);
    state->file = -1;
    state->recording.fd = writer->file.fd;
    state->count = count;
    state->most_bytes = ash_most_file_bytes();
    for (int k = 0; k < count; k++)
        state->variable[k].dataset = -1;
    if (!writer->resumed && ash_netcdf_define(writer, NC_NETCDF4, error) != ASH_OK)
        return error->status;
    if (place_all(writer, error) != ASH_OK)
        return error->status;
    if (writer->in_place) /* HDF5 has done its part: from now on the file is whole whenever a run ends */
        close_all(state);
    return check_journal(writer, error);
}

static int netcdf4_chunk(const ash_writer *writer, int k, int64_t chunk[]) {
    const placed_variable *variable = &((const netcdf4_state *)writer->state)->variable[k];
    memcpy(chunk, variable->chunking.chunk, sizeof variable->chunking.chunk);
    return variable->chunking.chunk_bytes > 0;
}

/* ---- Values ---- */

static void netcdf4_place(const ash_writer *writer, int k, ash_flat_box *all) {
    const placed_variable *variable = &((const netcdf4_state *)writer->state)->variable[k];
    *all = (ash_flat_box){ .ndim = variable->chunking.ndim, .element = variable->chunking.element, .offset = variable->offset };
    memcpy(all->extent, variable->chunking.shape, sizeof all->extent);
    ash_flat_dense(all);
}

static ash_status put_contiguous(
    const ash_writer *writer, int k, const int64_t start[], const int64_t extent[], const void *data, ash_error_state *error) {
    ash_flat_box all;
    netcdf4_place(writer, k, &all);
    return ash_fail_errno(ash_flat_put(writer->file.fd, &all, start, extent, data, NULL), error);
}

/* HDF5 finds a place for the bytes and enters them into its index; the thread itself writes them. */
static ash_status put_encoded(
    ash_writer *writer, int k, const int64_t start[], const unsigned char *bytes, int64_t n, ash_error_state *error) {
    netcdf4_state *state = writer->state;
    const placed_variable *variable = &state->variable[k];
    ash_recording *recording = &state->recording;
    hsize_t offset[ASH_MAX_NDIM];
    for (int a = 0; a < variable->chunking.ndim; a++)
        offset[a] = (hsize_t)start[a];
    ash_library_scope scope;
    ash_library_enter(&scope);
    recording->on = 1;
    recording->transfers = 0;
    int placed = H5Dwrite_chunk(variable->dataset, H5P_DEFAULT, 0, offset, (size_t)n, bytes) >= 0 && recording->transfers == 1 &&
        recording->bytes == n;
    recording->on = 0;
    int64_t address = recording->address;
    int failure = recording->failure;
    ash_library_leave(&scope);
    if (!placed)
        return ash_fail(error, ASH_ERR_IO, "HDF5 finds no place for a chunk of %lld bytes", (long long)n);
    if (failure == 0 && address > state->most_bytes - n)
        return ash_fail_errno(EFBIG, error);
    return ash_fail_errno(failure != 0 ? failure : ash_write_bytes(writer->file.fd, bytes, n, address), error);
}

static ash_status put_chunk(ash_writer *writer, const placed_variable *variable, int k, const int64_t start[], const int64_t extent[],
    const void *data, ash_write_scratch *scratch, ash_error_state *error) {
    const unsigned char *bytes;
    int64_t n;
    if (ash_chunk_encode(&variable->chunking, extent, data, scratch, &bytes, &n, error) != ASH_OK)
        return error->status;
    return ash_writer_journals(writer, k) ? ash_chunk_keep(writer, k, &variable->chunking, start, bytes, n, error)
                                          : put_encoded(writer, k, start, bytes, n, error);
}

/* A box that is no chunk goes through HDF5, which reads, changes and writes the chunks it touches. */
static ash_status put_by_library(ash_writer *writer, const placed_variable *variable, int k, const int64_t start[], const int64_t extent[],
    const void *data, ash_error_state *error) {
    netcdf4_state *state = writer->state;
    hsize_t from[ASH_MAX_NDIM], count[ASH_MAX_NDIM];
    for (int a = 0; a < variable->chunking.ndim; a++) {
        from[a] = (hsize_t)start[a];
        count[a] = (hsize_t)extent[a];
    }
    ash_library_scope scope;
    ash_library_enter(&scope);
    hid_t memory = H5Screate_simple(variable->chunking.ndim, count, NULL), space = H5Dget_space(variable->dataset);
    int fine = memory >= 0 && space >= 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, count, NULL) >= 0 &&
        H5Dwrite(variable->dataset, stored_type(writer->schema->variable[k].dtype), memory, space, H5P_DEFAULT, data) >= 0;
    if (memory >= 0)
        H5Sclose(memory);
    if (space >= 0)
        H5Sclose(space);
    int failure = state->recording.failure;
    ash_library_leave(&scope);
    if (failure == 0 && !fine)
        return ash_fail(error, ASH_ERR_IO, "HDF5 cannot write it");
    return ash_fail_errno(failure, error);
}

static ash_status netcdf4_put(ash_writer *writer, int k, const int64_t start[], const int64_t extent[], const void *data,
    ash_write_scratch *scratch, ash_error_state *error) {
    const placed_variable *variable = &((netcdf4_state *)writer->state)->variable[k];
    if (variable->chunking.chunk_bytes == 0)
        return put_contiguous(writer, k, start, extent, data, error);
    if (variable->encodable && ash_chunk_is_whole(&variable->chunking, start, extent))
        return put_chunk(writer, variable, k, start, extent, data, scratch, error);
    return put_by_library(writer, variable, k, start, extent, data, error);
}

/* ---- The end ---- */

static ash_status netcdf4_finish(ash_writer *writer, ash_error_state *error) {
    netcdf4_state *state = writer->state;
    for (int k = 0; k < state->count; k++)
        if (ash_chunk_move(writer, k, &state->variable[k].chunking, put_encoded, error) != ASH_OK)
            return error->status;
    close_all(state);
    return ash_fail_errno(state->recording.failure, error);
}

static void netcdf4_abandon(ash_writer *writer) {
    netcdf4_state *state = writer->state;
    if (!state)
        return;
    state->recording.dropped = 1;
    close_all(state);
    ash_free(state->variable);
    ash_free(state);
}

const ash_format ash_format_netcdf4 = {
    .name = "netcdf4",
    .suffixes = " .nc .nc4 .cdf .h5 .hdf5 ",
    .filters = 1,
    .int64 = 1,
    .begin = netcdf4_begin,
    .foresee = foresee,
    .chunk = netcdf4_chunk,
    .place = netcdf4_place,
    .put = netcdf4_put,
    .finish = netcdf4_finish,
    .abandon = netcdf4_abandon,
};
