#include "io/zarr_meta.h"

#include "base/dtype.h"
#include "io/byte_order.h"
#include "io/numpy_type.h"
#include "io/zarr_codecs.h"

#include <string.h>

/* ---- What both versions have ---- */

static ash_status fail_kind(const char *key, const ash_json *value, const char *expected, ash_error_state *error) {
    return ash_fail(error, ASH_ERR_FORMAT, "its metadata has %s for '%s', expected %s", ash_json_words(value), key, expected);
}

/* A list of at most ASH_MAX_NDIM integers that are not negative. */
static ash_status take_extents(const ash_json *value, const char *key, int *count, int64_t extent[], ash_error_state *error) {
    if (!json_object_is_type(value, json_type_array))
        return fail_kind(key, value, "a list of integers", error);
    size_t n = json_object_array_length(value);
    if (n > ASH_MAX_NDIM)
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "it has %lld dimensions, at most %d are supported", (long long)n, ASH_MAX_NDIM);
    *count = (int)n;
    for (size_t i = 0; i < n; i++) {
        ash_json *item = json_object_array_get_idx(value, i);
        if (!json_object_is_type(item, json_type_int))
            return ash_fail(error, ASH_ERR_FORMAT, "its metadata has %s in '%s', expected integers", ash_json_words(item), key);
        extent[i] = json_object_get_int64(item);
        if (extent[i] < 0)
            return ash_fail(error, ASH_ERR_FORMAT, "its metadata has %lld in '%s'", (long long)extent[i], key);
    }
    return ASH_OK;
}

/* Shape and chunk shape agree, and neither is larger than any memory can be. */
static ash_status check_shapes(int chunk_ndim, ash_zarr_array *array, ash_error_state *error) {
    int64_t bytes = ash_dtype_size(array->dtype);
    array->chunk_bytes = bytes;
    if (chunk_ndim != array->ndim)
        return ash_fail(error, ASH_ERR_FORMAT, "it has %d dimensions, but its chunks have %d", array->ndim, chunk_ndim);
    for (int a = 0; a < array->ndim; a++) {
        if (array->chunk[a] == 0 && array->shape[a] == 0)
            array->chunk[a] = 1;
        if (array->chunk[a] == 0)
            return ash_fail(error, ASH_ERR_FORMAT, "its chunks have extent 0 along axis %d", a);
        if ((array->shape[a] > 0 && __builtin_mul_overflow(bytes, array->shape[a], &bytes)) ||
            __builtin_mul_overflow(array->chunk_bytes, array->chunk[a], &array->chunk_bytes) || array->chunk_bytes > INT64_MAX / 4)
            return ash_fail(error, ASH_ERR_FORMAT, "it is larger than any memory can be");
    }
    return ASH_OK;
}

static ash_status take_shapes(
    const ash_json *shape, const ash_json *chunk, const char *chunk_key, ash_zarr_array *array, ash_error_state *error) {
    int chunk_ndim;
    ash_status status = take_extents(shape, "shape", &array->ndim, array->shape, error);
    if (status == ASH_OK)
        status = take_extents(chunk, chunk_key, &chunk_ndim, array->chunk, error);
    return status == ASH_OK ? check_shapes(chunk_ndim, array, error) : status;
}

static ash_status take_fill(const ash_json *meta, ash_zarr_array *array, ash_error_state *error) {
    ash_json *value = ash_json_get(meta, "fill_value");
    array->has_fill = value != NULL;
    if (value && !ash_zarr_parse_fill(value, array->dtype, array->swap, array->fill))
        return ash_fail(
            error, ASH_ERR_FORMAT, "its fill_value %.60s is no %s", json_object_to_json_string(value), ash_dtype_name(array->dtype));
    return ASH_OK;
}

static ash_status take_separator(const char *text, ash_zarr_array *array, ash_error_state *error) {
    if (strcmp(text, ".") != 0 && strcmp(text, "/") != 0)
        return ash_fail(error, ASH_ERR_FORMAT, "its chunk keys are separated by '%.20s', expected '.' or '/'", text);
    array->separator = text[0];
    return ASH_OK;
}

static ash_status fail_type(const char *type, const char *words, ash_error_state *error) {
    return ash_fail(
        error, ASH_ERR_DTYPE, "it is %s (type %.60s), expected bool, integers, float32, float64 or complex numbers", words, type);
}

/* ---- Version 2 ---- */

static ash_status take_type_2(const ash_json *meta, ash_zarr_array *array, ash_error_state *error) {
    ash_json *type = ash_json_get(meta, "dtype");
    if (json_object_is_type(type, json_type_array))
        return fail_type(json_object_to_json_string(type), "a structured type", error);
    if (!json_object_is_type(type, json_type_string))
        return fail_kind("dtype", type, "text", error);
    const char *text = json_object_get_string(type), *words = ash_numpy_type(text, &array->dtype, &array->swap);
    return words ? fail_type(text, words, error) : ASH_OK;
}

static ash_status take_codec_2(const ash_json *codec, const char *key, ash_zarr_array *array, ash_error_state *error) {
    const char *id = ash_json_text(codec, "id");
    return id ? ash_zarr_add_codec(array, id, codec, error) : fail_kind(key, codec, "an object with an 'id'", error);
}

static ash_status take_codecs_2(const ash_json *meta, ash_zarr_array *array, ash_error_state *error) {
    ash_json *filters = ash_json_get(meta, "filters"), *compressor = ash_json_get(meta, "compressor");
    ash_status status = ASH_OK;
    if (filters && !json_object_is_type(filters, json_type_array))
        return fail_kind("filters", filters, "a list", error);
    size_t n = filters ? json_object_array_length(filters) : 0;
    for (size_t i = 0; status == ASH_OK && i < n; i++)
        status = take_codec_2(json_object_array_get_idx(filters, i), "filters", array, error);
    return status == ASH_OK && compressor ? take_codec_2(compressor, "compressor", array, error) : status;
}

static ash_status take_order_2(const ash_json *meta, ash_zarr_array *array, ash_error_state *error) {
    const char *order = ash_json_text(meta, "order"), *separator = ash_json_text(meta, "dimension_separator");
    if (!order || (strcmp(order, "C") != 0 && strcmp(order, "F") != 0))
        return ash_fail(error, ASH_ERR_FORMAT, "its order is '%.20s', expected 'C' or 'F'", order ? order : "missing");
    array->fortran = order[0] == 'F';
    return take_separator(separator ? separator : ".", array, error);
}

static ash_status parse_2(const ash_json *meta, ash_zarr_array *array, ash_error_state *error) {
    ash_status status = take_type_2(meta, array, error);
    if (status == ASH_OK)
        status = take_shapes(ash_json_get(meta, "shape"), ash_json_get(meta, "chunks"), "chunks", array, error);
    if (status == ASH_OK)
        status = take_order_2(meta, array, error);
    if (status == ASH_OK)
        status = take_fill(meta, array, error);
    return status == ASH_OK ? take_codecs_2(meta, array, error) : status;
}

/* ---- Version 3 ---- */

/* Extension points are {"name": ..., "configuration": {...}}, or the name alone. */
static const char *name_of(const ash_json *extension) {
    return json_object_is_type(extension, json_type_string) ? json_object_get_string((ash_json *)(uintptr_t)extension)
                                                            : ash_json_text(extension, "name");
}

static ash_status take_type_3(const ash_json *meta, ash_zarr_array *array, ash_error_state *error) {
    ash_json *type = ash_json_get(meta, "data_type");
    const char *name = name_of(type);
    if (!name)
        return fail_kind("data_type", type, "text", error);
    return ash_dtype_parse(name, &array->dtype) ? ASH_OK : fail_type(name, strcmp(name, "string") == 0 ? "text" : "no dtype", error);
}

/* Only the reversal of all axes is more than nothing: with it chunks are in Fortran order. */
static ash_status take_transpose(const ash_json *parameters, ash_zarr_array *array, ash_error_state *error) {
    int n, same = 1, reversed = 1;
    int64_t axis[ASH_MAX_NDIM];
    const char *word = ash_json_text(parameters, "order");
    ash_status status = word ? ASH_OK : take_extents(ash_json_get(parameters, "order"), "order", &n, axis, error);
    if (status != ASH_OK)
        return status;
    for (int a = 0; !word && a < n && n == array->ndim; a++) {
        same &= axis[a] == a;
        reversed &= axis[a] == n - 1 - a;
    }
    if (word ? strcmp(word, "C") != 0 && strcmp(word, "F") != 0 : n != array->ndim || !(same || reversed))
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "its transpose codec has order %.60s, expected all axes reversed",
            json_object_to_json_string(ash_json_get(parameters, "order")));
    array->fortran ^= word ? word[0] == 'F' : !same;
    return ASH_OK;
}

/* Codecs from array to array come first, then one from array to bytes, then those from bytes to bytes. */
static ash_status take_codec_3(const ash_json *codec, int *has_bytes, ash_zarr_array *array, ash_error_state *error) {
    const char *name = name_of(codec);
    ash_json *parameters = ash_json_get(codec, "configuration");
    if (!name)
        return fail_kind("codecs", codec, "objects with a 'name'", error);
    if (strcmp(name, "sharding_indexed") == 0)
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "its chunks are sharded (codec 'sharding_indexed'), which is not supported");
    if (strcmp(name, "transpose") == 0 && !*has_bytes)
        return take_transpose(parameters, array, error);
    if (strcmp(name, "bytes") == 0 && !*has_bytes) {
        const char *endian = ash_json_text(parameters, "endian");
        array->swap = endian && ash_dtype_size(array->dtype) > 1 && strcmp(endian, ASH_IS_LITTLE_ENDIAN ? "big" : "little") == 0;
        *has_bytes = 1;
        return ASH_OK;
    }
    if (!*has_bytes)
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "it has codec '%.60s' before its values are bytes, expected transpose or bytes", name);
    return ash_zarr_add_codec(array, name, parameters, error);
}

static ash_status take_codecs_3(const ash_json *meta, ash_zarr_array *array, ash_error_state *error) {
    ash_json *codecs = ash_json_get(meta, "codecs"), *transformers = ash_json_get(meta, "storage_transformers");
    ash_status status = ASH_OK;
    int has_bytes = 0;
    if (!json_object_is_type(codecs, json_type_array))
        return fail_kind("codecs", codecs, "a list", error);
    if (transformers && (!json_object_is_type(transformers, json_type_array) || json_object_array_length(transformers) > 0))
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "it has storage transformers, which are not supported");
    for (size_t i = 0; status == ASH_OK && i < json_object_array_length(codecs); i++)
        status = take_codec_3(json_object_array_get_idx(codecs, i), &has_bytes, array, error);
    return status == ASH_OK && !has_bytes ? ash_fail(error, ASH_ERR_FORMAT, "it has no codec 'bytes'") : status;
}

static ash_status take_keys_3(const ash_json *meta, ash_zarr_array *array, ash_error_state *error) {
    ash_json *encoding = ash_json_get(meta, "chunk_key_encoding");
    const char *name = name_of(encoding), *separator = ash_json_text(ash_json_get(encoding, "configuration"), "separator");
    if (!name || (strcmp(name, "default") != 0 && strcmp(name, "v2") != 0))
        return ash_fail(
            error, ASH_ERR_UNSUPPORTED, "its chunk key encoding is '%.60s', expected 'default' or 'v2'", name ? name : "missing");
    array->prefixed = name[0] == 'd';
    return take_separator(separator ? separator : array->prefixed ? "/" : ".", array, error);
}

static ash_status parse_3(const ash_json *meta, ash_zarr_array *array, ash_error_state *error) {
    ash_json *grid = ash_json_get(meta, "chunk_grid");
    const char *name = name_of(grid);
    if (!name || strcmp(name, "regular") != 0)
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "its chunk grid is '%.60s', expected 'regular'", name ? name : "missing");
    ash_json *chunk = ash_json_get(ash_json_get(grid, "configuration"), "chunk_shape");
    ash_status status = take_type_3(meta, array, error);
    if (status == ASH_OK)
        status = take_shapes(ash_json_get(meta, "shape"), chunk, "chunk_shape", array, error);
    if (status == ASH_OK)
        status = take_keys_3(meta, array, error);
    if (status == ASH_OK)
        status = take_codecs_3(meta, array, error); /* the byte order is one of them */
    return status == ASH_OK ? take_fill(meta, array, error) : status;
}

ash_status ash_zarr_parse(const ash_json *meta, int version, ash_zarr_array *array, ash_error_state *error) {
    ash_json *format = ash_json_get(meta, "zarr_format");
    *array = (ash_zarr_array){ 0 };
    if (!json_object_is_type(format, json_type_int) || json_object_get_int64(format) != version)
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "its zarr_format is %.60s, expected %d",
            format ? json_object_to_json_string(format) : "missing", version);
    return version == 2 ? parse_2(meta, array, error) : parse_3(meta, array, error);
}
