#include "io/hdf5_dataset.h"

#include "io/hdf5_harvest.h"
#include "io/types.h"

#include <stdio.h>
#include <string.h>

enum { CONVERSION_BYTES = 4 << 20 }; /* type conversion, sieve and metadata buffers of one read */

/* ---- Errors ---- */

typedef struct reason {
    char *text;
    int64_t size;
} reason;

static herr_t note_innermost(unsigned n, const H5E_error2_t *entry, void *user) {
    reason *out = user;
    if (n == 0 && entry->desc)
        snprintf(out->text, (size_t)out->size, "%s", entry->desc);
    return 0;
}

const char *ash_hdf5_reason(char *text, int64_t size) {
    reason out = { text, size };
    snprintf(text, (size_t)size, "HDF5 gave no reason");
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, note_innermost, &out);
    return text;
}

/* ---- Types ---- */

hid_t ash_hdf5_native_type(ash_dtype dtype) {
    switch (dtype) {
    case ASH_INT8: return H5T_NATIVE_INT8;
    case ASH_INT16: return H5T_NATIVE_INT16;
    case ASH_INT32: return H5T_NATIVE_INT32;
    case ASH_INT64: return H5T_NATIVE_INT64;
    case ASH_UINT8: return H5T_NATIVE_UINT8;
    case ASH_UINT16: return H5T_NATIVE_UINT16;
    case ASH_UINT32: return H5T_NATIVE_UINT32;
    case ASH_UINT64: return H5T_NATIVE_UINT64;
    case ASH_FLOAT32: return H5T_NATIVE_FLOAT;
    case ASH_FLOAT64: return H5T_NATIVE_DOUBLE;
    default: return -1;
    }
}

static ash_dtype integer_dtype(hid_t type) {
    static const ash_dtype by_bytes[2][9] = {
        { ASH_DTYPE_COUNT, ASH_UINT8, ASH_UINT16, ASH_UINT32, ASH_UINT32, ASH_UINT64, ASH_UINT64, ASH_UINT64, ASH_UINT64 },
        { ASH_DTYPE_COUNT, ASH_INT8, ASH_INT16, ASH_INT32, ASH_INT32, ASH_INT64, ASH_INT64, ASH_INT64, ASH_INT64 },
    };
    size_t bytes = H5Tget_size(type);
    return bytes > 8 ? ASH_DTYPE_COUNT : by_bytes[H5Tget_sign(type) == H5T_SGN_2][bytes];
}

ash_dtype ash_hdf5_dtype(hid_t type) {
    ash_dtype dtype = ASH_DTYPE_COUNT;
    H5T_class_t class = H5Tget_class(type);
    if (class == H5T_INTEGER)
        return integer_dtype(type);
    if (class == H5T_FLOAT && (H5Tequal(type, H5T_IEEE_F32LE) > 0 || H5Tequal(type, H5T_IEEE_F32BE) > 0))
        return ASH_FLOAT32;
    if (class == H5T_FLOAT && (H5Tequal(type, H5T_IEEE_F64LE) > 0 || H5Tequal(type, H5T_IEEE_F64BE) > 0))
        return ASH_FLOAT64;
    if (class == H5T_ENUM) { /* delivered as the integers behind the names */
        hid_t base = H5Tget_super(type);
        dtype = base >= 0 ? integer_dtype(base) : ASH_DTYPE_COUNT;
        H5Tclose(base);
    }
    return dtype;
}

/* "text (string)", "a compound type 'cmp3'", "float16" */
static void describe_type(hid_t type, char *text, int64_t size) {
    static const struct {
        H5T_class_t class;
        const char *words;
    } words[] = {
        { H5T_STRING, "text (string)" },
        { H5T_COMPOUND, "a compound type" },
        { H5T_VLEN, "a variable-length (vlen) type" },
        { H5T_OPAQUE, "an opaque type" },
        { H5T_ARRAY, "an array type" },
        { H5T_REFERENCE, "a reference type" },
        { H5T_BITFIELD, "a bit field type" },
        { H5T_TIME, "an HDF5 time type" },
    };
    H5T_class_t class = H5Tget_class(type);
    const char *found = "an unknown type";
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].class == class)
            found = words[i].words;
    if (class == H5T_FLOAT || class == H5T_INTEGER || class == H5T_ENUM) {
        int bits = (int)(8 * H5Tget_size(type));
        int foreign = class == H5T_FLOAT && (bits == 32 || bits == 64); /* of that size, but not IEEE */
        snprintf(text, (size_t)size, foreign ? "%s%d of a foreign machine" : "%s%d", class == H5T_FLOAT ? "float" : "int", bits);
        return;
    }
    char name[100] = "";
    if (H5Tcommitted(type) > 0)
        H5Iget_name(type, name, sizeof name);
    snprintf(text, (size_t)size, *name ? "%s '%s'" : "%s", found, name + (*name == '/'));
}

static ash_status inspect_type(
    hid_t dataset, const char *path, const char *name, const char *function, ash_hdf5_about *about, ash_error_state *error) {
    char words[160], why[200];
    hid_t type = H5Dget_type(dataset);
    if (type < 0)
        return ash_fail(error, ASH_ERR_FORMAT, "%s: %s: variable '%s': its type cannot be read (%s)", function, path, name,
            ash_hdf5_reason(why, sizeof why));
    about->dtype = ash_hdf5_dtype(type);
    describe_type(type, words, sizeof words);
    H5Tclose(type);
    if (about->dtype == ASH_DTYPE_COUNT)
        return ash_fail(
            error, ASH_ERR_DTYPE, "%s: %s: variable '%s' is %s, expected integers or float32 or float64", function, path, name, words);
    return ASH_OK;
}

/* ---- Shape and storage ---- */

static ash_status inspect_shape(
    hid_t dataset, const char *path, const char *name, const char *function, ash_hdf5_about *about, ash_error_state *error) {
    char why[200];
    hsize_t shape[H5S_MAX_RANK];
    hid_t space = H5Dget_space(dataset);
    H5S_class_t kind = space >= 0 ? H5Sget_simple_extent_type(space) : H5S_NO_CLASS;
    int ndim = kind == H5S_NO_CLASS || kind == H5S_NULL ? -1 : H5Sget_simple_extent_dims(space, shape, NULL);
    H5Sclose(space);
    if (kind == H5S_NULL)
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "%s: %s: variable '%s' has no values (null dataspace)", function, path, name);
    if (ndim < 0)
        return ash_fail(error, ASH_ERR_FORMAT, "%s: %s: variable '%s': its shape cannot be read (%s)", function, path, name,
            ash_hdf5_reason(why, sizeof why));
    if (ndim > ASH_MAX_NDIM)
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "%s: %s: variable '%s' has %d dimensions, at most %d are supported", function, path,
            name, ndim, ASH_MAX_NDIM);
    about->ndim = ndim;
    for (int i = 0; i < ndim; i++)
        about->shape[i] = (int64_t)shape[i];
    return ASH_OK;
}

static const char *filter_name(int filter, const char *stored_name) {
    const ash_codec *codec = ash_codec_find(filter);
    return codec ? codec->name : *stored_name ? stored_name : "unknown";
}

/* Checked before reading, since HDF5 then only complains of its plugin folder. What we decode ourselves need not be available there. */
static ash_status check_filters(
    hid_t creation, int count, const char *path, const char *name, const char *function, ash_hdf5_about *about, ash_error_state *error) {
    for (int i = 0; i < count; i++) {
        unsigned flags;
        size_t values = 0;
        char stored_name[64] = "";
        H5Z_filter_t filter = H5Pget_filter2(creation, (unsigned)i, &flags, &values, NULL, sizeof stored_name, stored_name, NULL);
        stored_name[sizeof stored_name - 1] = '\0';
        if (filter < 0 || H5Zfilter_avail(filter) > 0)
            continue;
        about->unavailable = 1;
        if (about->direct)
            continue;
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "%s: %s: variable '%s' is compressed with HDF5 filter %d (%s), which is not available",
            function, path, name, filter, filter_name(filter, stored_name));
    }
    return ASH_OK;
}

/* Decoding a chunk takes two buffers (compressed and decoded, or before and after unshuffling), of which one may be allocated up to twice
 * as large as it need be, while the cache still holds the chunk before it. Measured: 3.3 chunks. */
static int inspect_memory(int filters, ash_hdf5_about *about, int64_t stored_size) {
    int64_t bytes = stored_size;
    int several = 0;
    for (int i = 0; i < about->ndim; i++) {
        if (about->chunk[i] < 1 || __builtin_mul_overflow(bytes, about->chunk[i], &bytes) || bytes > UINT32_MAX)
            return 0; /* HDF5 keeps chunks below 4 GiB */
        several |= about->chunk[i] < about->shape[i];
    }
    if (filters > 0) {
        about->cache = bytes;
        about->workspace += (several ? 4 : 3) * bytes;
    }
    return 1;
}

/* Fill values: NetCDF's default one where NetCDF reaches beyond the dataset, 0 where HDF5 never wrote. */
static void inspect_fill(hid_t creation, ash_hdf5_about *about) {
    H5D_fill_value_t defined = H5D_FILL_VALUE_UNDEFINED;
    H5D_fill_time_t time = H5D_FILL_TIME_IFSET;
    ash_nc_default_fill(about->dtype, about->fill);
    if (H5Pfill_value_defined(creation, &defined) >= 0 && defined == H5D_FILL_VALUE_USER_DEFINED &&
        H5Pget_fill_value(creation, ash_hdf5_native_type(about->dtype), about->fill) >= 0)
        memcpy(about->absent, about->fill, sizeof about->absent);
    about->leaves_absent = H5Pget_external_count(creation) <= 0 &&
        (defined == H5D_FILL_VALUE_UNDEFINED || (H5Pget_fill_time(creation, &time) >= 0 && time == H5D_FILL_TIME_NEVER));
}

static ash_status inspect_storage(
    hid_t dataset, const char *path, const char *name, const char *function, ash_hdf5_about *about, ash_error_state *error) {
    hsize_t chunk[H5S_MAX_RANK] = { 0 };
    hid_t creation = H5Dget_create_plist(dataset), type = H5Dget_type(dataset);
    int filters = H5Pget_nfilters(creation);
    H5D_layout_t layout = H5Pget_layout(creation);
    ash_pipeline pipeline;
    int swap;
    about->direct = (layout == H5D_CHUNKED || layout == H5D_CONTIGUOUS) && ash_hdf5_is_direct(type, about->dtype, &swap) &&
        ash_hdf5_pipeline(creation, &pipeline) && ash_pipeline_supported(&pipeline);
    ash_status status = check_filters(creation, filters, path, name, function, about, error);
    about->workspace = CONVERSION_BYTES;
    if (status == ASH_OK && layout == H5D_CHUNKED && H5Pget_chunk(creation, H5S_MAX_RANK, chunk) == about->ndim) {
        for (int i = 0; i < about->ndim; i++)
            about->chunk[i] = (int64_t)chunk[i];
        if (!inspect_memory(filters, about, (int64_t)H5Tget_size(type)))
            status = ash_fail(error, ASH_ERR_FORMAT, "%s: %s: variable '%s' has damaged chunk extents", function, path, name);
    }
    inspect_fill(creation, about);
    H5Tclose(type);
    H5Pclose(creation);
    return status;
}

ash_status ash_hdf5_inspect(
    hid_t dataset, const char *path, const char *name, const char *function, ash_hdf5_about *about, ash_error_state *error) {
    *about = (ash_hdf5_about){ 0 };
    ash_status status = inspect_type(dataset, path, name, function, about, error);
    if (status == ASH_OK)
        status = inspect_shape(dataset, path, name, function, about, error);
    if (status == ASH_OK)
        status = inspect_storage(dataset, path, name, function, about, error);
    return status;
}

/* ---- Opening and reading ---- */

/* NetCDF-4 keeps a dimension that has no variable as an empty dataset with this NAME. */
static int is_bare_dimension(hid_t dataset) {
    static const char mark[] = "This is a netCDF dimension but not a netCDF variable";
    char name[128] = "";
    if (H5Aexists(dataset, "NAME") <= 0)
        return 0;
    hid_t attribute = H5Aopen(dataset, "NAME", H5P_DEFAULT), type = H5Aget_type(attribute);
    if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 && H5Tget_size(type) < sizeof name)
        H5Aread(attribute, type, name);
    H5Tclose(type);
    H5Aclose(attribute);
    return strncmp(name, mark, sizeof mark - 1) == 0;
}

hid_t ash_hdf5_open_dataset(hid_t file, const char *path) {
    hid_t object = H5Oopen(file, path, H5P_DEFAULT);
    if (object >= 0 && (H5Iget_type(object) != H5I_DATASET || is_bare_dimension(object))) {
        H5Oclose(object);
        return -1;
    }
    return object;
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Dense memory filled with one value, by doubling. */
static void fill_with(void *buffer, int64_t count, const void *value, int64_t size) {
    int64_t bytes = count * size;
    for (int64_t done = 0; done < bytes; done = done ? 2 * done : size)
        memcpy((char *)buffer + done, done ? buffer : value, (size_t)(done == 0 ? size : smaller(done, bytes - done)));
}

/* Selects in the dataset what of the box lies within it, and the same elements in memory. Returns how many axes were cut, negative on
 * failure. */
static int select_box(
    hid_t stored, hid_t memory, int ndim, const int64_t start[], const int64_t extent[], const int64_t step[], int *empty) {
    hsize_t shape[ASH_MAX_NDIM], from[ASH_MAX_NDIM], count[ASH_MAX_NDIM], stride[ASH_MAX_NDIM], zero[ASH_MAX_NDIM] = { 0 };
    int cut = 0;
    *empty = 0;
    if (H5Sget_simple_extent_dims(stored, shape, NULL) != ndim)
        return -1;
    for (int i = 0; i < ndim; i++) {
        int64_t within = (int64_t)shape[i] > start[i] ? ((int64_t)shape[i] - start[i] - 1) / step[i] + 1 : 0;
        from[i] = (hsize_t)start[i];
        stride[i] = (hsize_t)step[i];
        count[i] = (hsize_t)smaller(within, extent[i]);
        cut += within < extent[i];
        *empty |= within == 0;
    }
    if (*empty || ndim == 0)
        return cut;
    if (H5Sselect_hyperslab(stored, H5S_SELECT_SET, from, stride, count, NULL) < 0 ||
        H5Sselect_hyperslab(memory, H5S_SELECT_SET, zero, NULL, count, NULL) < 0)
        return -1;
    return cut;
}

static int never_written(hid_t dataset) {
    H5D_space_status_t allocation;
    return H5Dget_space_status(dataset, &allocation) >= 0 && allocation == H5D_SPACE_STATUS_NOT_ALLOCATED;
}

ash_status ash_hdf5_read(hid_t dataset, ash_dtype dtype, int ndim, const void *fill, const void *absent, const int64_t start[],
    const int64_t extent[], const int64_t step[], void *buffer, ash_error_state *error) {
    hid_t type = ash_hdf5_native_type(dtype);
    hsize_t dense[ASH_MAX_NDIM];
    char why[300];
    int empty = 1, cut = -1;
    int64_t count = 1;
    for (int i = 0; i < ndim; i++) {
        dense[i] = (hsize_t)extent[i];
        count *= extent[i];
    }
    hid_t stored = H5Dget_space(dataset), memory = ndim ? H5Screate_simple(ndim, dense, NULL) : H5Screate(H5S_SCALAR);
    if (stored >= 0 && memory >= 0)
        cut = select_box(stored, memory, ndim, start, extent, step, &empty);
    if (cut > 0)
        fill_with(buffer, count, fill, ash_dtype_size(dtype));
    herr_t result = cut;
    if (cut >= 0 && !empty && absent)
        result = H5Dfill(absent, type, buffer, type, memory);
    if (result >= 0 && !empty && !(absent && never_written(dataset)))
        result = H5Dread(dataset, type, memory, stored, H5P_DEFAULT, buffer);
    ash_status status = result >= 0 ? ASH_OK : ash_fail(error, ASH_ERR_IO, "%s", ash_hdf5_reason(why, sizeof why));
    if (memory >= 0)
        H5Sclose(memory);
    if (stored >= 0)
        H5Sclose(stored);
    return status;
}
