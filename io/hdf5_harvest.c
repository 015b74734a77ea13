#include "io/hdf5_harvest.h"

#include "base/dtype.h"
#include "base/memory.h"
#include "io/byte_order.h"
#include "io/flat_read.h"
#include "io/hdf5_addresses.h"
#include "io/hdf5_dataset.h"

#include <string.h>

enum { CHUNKS_MOST = 1 << 24, COMPARED = 3 };

int ash_hdf5_pipeline(hid_t creation, ash_pipeline *pipeline) {
    pipeline->count = H5Pget_nfilters(creation);
    if (pipeline->count < 0 || pipeline->count > ASH_MAX_FILTERS)
        return 0;
    for (int i = 0; i < pipeline->count; i++) {
        ash_filter *filter = &pipeline->filter[i];
        unsigned flags, values[ASH_FILTER_VALUES];
        size_t count = ASH_FILTER_VALUES;
        filter->id = H5Pget_filter2(creation, (unsigned)i, &flags, &count, values, 0, NULL, NULL);
        if (filter->id < 0 || count > ASH_FILTER_VALUES)
            return 0;
        filter->count = (int)count;
        for (size_t k = 0; k < count; k++)
            filter->value[k] = values[k];
    }
    return 1;
}

static int is_direct(hid_t type, ash_dtype dtype, int *swap) {
    hid_t native = ash_hdf5_native_type(dtype);
    *swap = 0;
    if (native < 0 || H5Tget_size(type) != (size_t)ash_dtype_size(dtype))
        return 0;
    if (H5Tequal(type, native) > 0)
        return 1;
    hid_t other = H5Tcopy(native);
    *swap = other >= 0 && H5Tset_order(other, ASH_IS_LITTLE_ENDIAN ? H5T_ORDER_BE : H5T_ORDER_LE) >= 0 && H5Tequal(type, other) > 0;
    if (other >= 0)
        H5Tclose(other);
    return *swap;
}

int ash_hdf5_is_direct(hid_t type, ash_dtype dtype, int *swap) {
    hid_t base = H5Tget_class(type) == H5T_ENUM ? H5Tget_super(type) : -1; /* names of integers are stored as these */
    int direct = is_direct(base >= 0 ? base : type, dtype, swap);
    if (base >= 0)
        H5Tclose(base);
    return direct;
}

/* ---- What the dataset is like ---- */

static int describe_shape(hid_t dataset, hid_t creation, ash_stored *stored, int64_t *chunks) {
    hsize_t shape[H5S_MAX_RANK], chunk[H5S_MAX_RANK];
    hid_t space = H5Dget_space(dataset);
    int ndim = space >= 0 && H5Sget_simple_extent_ndims(space) <= ASH_MAX_NDIM ? H5Sget_simple_extent_dims(space, shape, NULL) : -1;
    int chunked = H5Pget_layout(creation) == H5D_CHUNKED;
    if (space >= 0)
        H5Sclose(space);
    if (ndim < 0 || (chunked && H5Pget_chunk(creation, ndim, chunk) != ndim))
        return 0;
    stored->ndim = ndim;
    stored->chunk_bytes = stored->element;
    *chunks = 1;
    for (int a = 0; a < ndim; a++) {
        stored->shape[a] = (int64_t)shape[a];
        stored->chunk[a] = chunked ? (int64_t)chunk[a] : (int64_t)shape[a];
        if (stored->shape[a] < 1 || stored->chunk[a] < 1)
            return 0; /* nothing there to be read */
        stored->count[a] = (stored->shape[a] - 1) / stored->chunk[a] + 1;
        if (__builtin_mul_overflow(stored->chunk_bytes, stored->chunk[a], &stored->chunk_bytes) ||
            __builtin_mul_overflow(*chunks, stored->count[a], chunks) || *chunks > CHUNKS_MOST)
            return 0;
    }
    return 1;
}

static int describe(hid_t dataset, hid_t creation, ash_dtype dtype, ash_stored *stored, int64_t *chunks) {
    hid_t type = H5Dget_type(dataset);
    int direct = type >= 0 && ash_hdf5_is_direct(type, dtype, &stored->swap);
    if (type >= 0)
        H5Tclose(type);
    stored->element = ash_dtype_size(dtype);
    H5D_fill_value_t defined = H5D_FILL_VALUE_UNDEFINED; /* undefined or default: 0 */
    if (H5Pfill_value_defined(creation, &defined) >= 0 && defined == H5D_FILL_VALUE_USER_DEFINED)
        H5Pget_fill_value(creation, ash_hdf5_native_type(dtype), stored->absent);
    return direct && ash_hdf5_pipeline(creation, &stored->pipeline) && ash_pipeline_supported(&stored->pipeline) &&
        describe_shape(dataset, creation, stored, chunks);
}

/* ---- Whether it is true ---- */

static int same_bytes(int fd, int64_t address, int64_t bytes, const void *expected) {
    ash_error_state ignored = { 0 };
    void *found = ash_malloc(bytes);
    int same = found && ash_read_bytes(fd, found, bytes, address, NULL, &ignored) == ASH_OK && memcmp(found, expected, (size_t)bytes) == 0;
    ash_free(found);
    return same;
}

static int same_chunk(hid_t dataset, int fd, const ash_stored *stored, int64_t k) {
    const ash_stored_chunk *chunk = &stored->chunks[k];
    hsize_t offset[ASH_MAX_NDIM];
    uint32_t mask;
    void *bytes = ash_malloc(chunk->bytes);
    ash_hdf5_chunk_offset(stored, k, offset);
    int same = bytes && H5Dread_chunk(dataset, H5P_DEFAULT, offset, &mask, bytes) >= 0 && mask == chunk->mask &&
        same_bytes(fd, chunk->address, chunk->bytes, bytes);
    ash_free(bytes);
    return same;
}

/* Some chunks as the library reads them: about the first, the middle and the last of those that are there. */
static int compare_chunks(hid_t dataset, int fd, int64_t chunks, const ash_stored *stored) {
    int same = 1;
    for (int i = 0; i < COMPARED && same; i++) {
        int64_t k = i * (chunks - 1) / (COMPARED - 1), looked = 0;
        for (; looked < chunks && stored->chunks[k].address < 0; looked++)
            k = (k + 1) % chunks;
        same = looked == chunks || same_chunk(dataset, fd, stored, k);
    }
    return same;
}

/* The first and the last element, unconverted. */
static int compare_contiguous(hid_t dataset, int fd, const ash_stored *stored) {
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset), one = H5Screate(H5S_SCALAR);
    int same = type >= 0 && space >= 0 && one >= 0, ends = stored->ndim > 0 && stored->chunks[0].address >= 0 ? 2 : 0;
    for (int last = 0; last < ends && same; last++) {
        hsize_t at[ASH_MAX_NDIM];
        unsigned char element[8];
        for (int a = 0; a < stored->ndim; a++)
            at[a] = last ? (hsize_t)stored->shape[a] - 1 : 0;
        same = H5Sselect_elements(space, H5S_SELECT_SET, 1, at) >= 0 && H5Dread(dataset, type, one, space, H5P_DEFAULT, element) >= 0 &&
            same_bytes(fd, stored->chunks[0].address + (last ? stored->chunk_bytes - stored->element : 0), stored->element, element);
    }
    if (one >= 0)
        H5Sclose(one);
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    return same;
}

/* ---- */

/* HDF5 may be told not to filter chunks that reach over the edge; it does not note that with them. */
static void note_unfiltered_edges(hid_t creation, int64_t chunks, ash_stored *stored) {
    unsigned options = 0;
    if (H5Pget_chunk_opts(creation, &options) < 0 || !(options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS))
        return;
    for (int64_t k = 0; k < chunks; k++) {
        int64_t rest = k;
        for (int a = stored->ndim - 1; a >= 0; a--) {
            if (rest % stored->count[a] == stored->shape[a] / stored->chunk[a])
                stored->chunks[k].mask = UINT32_MAX;
            rest /= stored->count[a];
        }
    }
}

/* The library's own list of chunks, if it has one and is right about it; else what it reads. */
static int harvest_chunks(hid_t dataset, hid_t creation, ash_recording *recording, int64_t file_size, int64_t chunks, ash_stored *stored) {
    int found = (ash_hdf5_list_chunks(dataset, file_size, chunks, stored) && compare_chunks(dataset, recording->fd, chunks, stored)) ||
        (ash_hdf5_record_chunks(dataset, recording, file_size, chunks, stored) && compare_chunks(dataset, recording->fd, chunks, stored));
    if (found)
        note_unfiltered_edges(creation, chunks, stored);
    return found && ash_stored_check_overlap(stored, chunks);
}

static int harvest(hid_t dataset, ash_recording *recording, int64_t file_size, ash_dtype dtype, ash_stored *stored) {
    int64_t chunks = 0;
    hid_t creation = H5Dget_create_plist(dataset);
    H5D_layout_t layout = creation >= 0 ? H5Pget_layout(creation) : H5D_LAYOUT_ERROR;
    int found = (layout == H5D_CHUNKED || layout == H5D_CONTIGUOUS) && describe(dataset, creation, dtype, stored, &chunks);
    stored->overlap = -1;
    stored->chunks = found ? ash_calloc(chunks, sizeof *stored->chunks) : NULL;
    if (!stored->chunks)
        found = 0;
    else if (layout == H5D_CHUNKED)
        found = harvest_chunks(dataset, creation, recording, file_size, chunks, stored);
    else
        found = ash_hdf5_locate_contiguous(dataset, creation, file_size, stored) && compare_contiguous(dataset, recording->fd, stored);
    if (creation >= 0)
        H5Pclose(creation);
    return found;
}

ash_stored *ash_hdf5_harvest(
    const char *file_path, int fd, int64_t file_size, const char *dataset_path, ash_dtype dtype, const void *beyond) {
    ash_recording recording = { .fd = fd };
    ash_stored *stored = ash_calloc(1, sizeof *stored);
    hid_t file = stored ? ash_recorder_open(file_path, 0, &recording) : -1,
          dataset = file >= 0 ? H5Dopen2(file, dataset_path, H5P_DEFAULT) : -1;
    int found = dataset >= 0 && harvest(dataset, &recording, file_size, dtype, stored);
    if (dataset >= 0)
        H5Dclose(dataset);
    if (file >= 0)
        ash_recorder_close(file, &recording);
    if (!found) {
        ash_stored_free(stored);
        return NULL;
    }
    memcpy(stored->beyond, beyond, (size_t)stored->element);
    return stored;
}
