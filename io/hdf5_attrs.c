/* Attributes read with HDF5 alone. */
#include "base/memory.h"
#include "io/file.h"
#include "io/hdf5_dataset.h"

#include <string.h>

enum { NAME_BYTES = 1024, TEXT_MAX = 1 << 24 };

int ash_attr_is_internal(const char *name) {
    static const char *const internal[] = { "_NCProperties", "_Netcdf4Dimid", "_Netcdf4Coordinates", "_nc3_strict", "DIMENSION_LIST",
        "REFERENCE_LIST", "DIMENSION_LABELS", "CLASS", "NAME" };
    for (size_t i = 0; i < sizeof internal / sizeof internal[0]; i++)
        if (strcmp(internal[i], name) == 0)
            return 1;
    return 0;
}

static ash_status keep_numbers(
    hid_t attribute, const char *name, ash_dtype dtype, int64_t count, const char *function, ash_attrs **attrs, ash_error_state *error) {
    int64_t bytes = count * ash_dtype_size(dtype);
    void *values = ash_malloc(bytes);
    if (!values)
        return ash_fail_memory(error, function, bytes);
    int kept = H5Aread(attribute, ash_hdf5_native_type(dtype), values) < 0 || ash_attrs_set(attrs, name, 0, dtype, count, values);
    ash_free(values);
    return kept ? ASH_OK : ash_fail_memory(error, function, bytes);
}

/* Several strings become lines. */
static int64_t join(char *out, const char *text, int64_t most, int64_t used) {
    int64_t n = text ? (int64_t)strnlen(text, (size_t)most) : 0;
    if (out && n)
        memcpy(out + used, text, (size_t)n);
    return used + n;
}

static int64_t join_all(char *out, const char *raw, int64_t count, int64_t size, int variable) {
    int64_t used = 0;
    for (int64_t i = 0; i < count; i++) {
        const char *text = variable ? ((const char *const *)(const void *)raw)[i] : raw + i * size;
        if (i > 0) {
            if (out)
                out[used] = '\n';
            used++;
        }
        used = join(out, text, variable ? TEXT_MAX : size, used);
    }
    return used;
}

static ash_status keep_text(hid_t attribute, hid_t type, hid_t space, const char *name, int64_t count, const char *function,
    ash_attrs **attrs, ash_error_state *error) {
    int variable = H5Tis_variable_str(type) > 0;
    int64_t size = (int64_t)H5Tget_size(type), bytes = count * size;
    char *raw = ash_calloc(1, bytes + 1);
    if (!raw)
        return ash_fail_memory(error, function, bytes);
    ash_status status = ASH_OK;
    if (H5Aread(attribute, type, raw) >= 0) {
        int64_t length = join_all(NULL, raw, count, size, variable);
        char *text = ash_malloc(length + 1);
        if (text)
            join_all(text, raw, count, size, variable);
        if (!text || !ash_attrs_set(attrs, name, 1, ASH_INT8, length, text))
            status = ash_fail_memory(error, function, length + 1);
        ash_free(text);
        if (variable)
            H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw);
    }
    ash_free(raw);
    return status;
}

static ash_status keep_attribute(hid_t attribute, const char *function, ash_attrs **attrs, ash_error_state *error) {
    char name[NAME_BYTES] = "";
    if (H5Aget_name(attribute, sizeof name, name) < 0 || ash_attr_is_internal(name))
        return ASH_OK;
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    int64_t count = H5Sget_simple_extent_npoints(space);
    ash_dtype dtype = ash_hdf5_dtype(type);
    ash_status status = ASH_OK;
    if (count > 0 && count < TEXT_MAX && dtype != ASH_DTYPE_COUNT)
        status = keep_numbers(attribute, name, dtype, count, function, attrs, error);
    else if (count > 0 && count < TEXT_MAX && H5Tget_class(type) == H5T_STRING)
        status = keep_text(attribute, type, space, name, count, function, attrs, error);
    H5Sclose(space);
    H5Tclose(type);
    return status;
}

ash_status ash_hdf5_attrs(hid_t object, const char *function, ash_attrs **attrs, ash_error_state *error) {
    ash_status status = ASH_OK;
    for (hsize_t i = 0; status == ASH_OK; i++) {
        hid_t attribute = H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT);
        if (attribute < 0) /* behind the last one */
            break;
        status = keep_attribute(attribute, function, attrs, error);
        H5Aclose(attribute);
    }
    return status;
}
