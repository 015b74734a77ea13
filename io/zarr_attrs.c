#include "io/zarr_attrs.h"

#include "base/dtype.h"
#include "base/memory.h"
#include "io/numpy_type.h"
#include "io/zarr_meta.h"

#include <string.h>

static int is_internal(const char *name) {
    static const char *const internal[] = { "_ARRAY_DIMENSIONS", "_NCProperties", "_NCZARR_ATTR", "_NCZARR_ARRAY", "_NCZARR_GROUP",
        "_NCZARR_SUPERBLOCK", "_nczarr_attr", "_nczarr_attrs", "_nczarr_array", "_nczarr_group", "_nczarr_superblock" };
    for (size_t i = 0; i < sizeof internal / sizeof internal[0]; i++)
        if (strcmp(internal[i], name) == 0)
            return 1;
    return 0;
}

/* The type that NCZarr notes for an attribute, NULL if there is none. */
static const char *noted_type(const ash_json *object, const char *name) {
    static const char *const keys[] = { "_NCZARR_ATTR", "_nczarr_attr", "_nczarr_attrs" };
    const char *type = NULL;
    for (size_t i = 0; !type && i < sizeof keys / sizeof keys[0]; i++)
        type = ash_json_text(ash_json_get(ash_json_get(object, keys[i]), "types"), name);
    return type;
}

/* A value is a list of one. */
static int64_t count_of(const ash_json *value) {
    return json_object_is_type(value, json_type_array) ? (int64_t)json_object_array_length(value) : 1;
}

static ash_json *item_of(const ash_json *value, int64_t i) {
    return json_object_is_type(value, json_type_array) ? json_object_array_get_idx(value, (size_t)i) : (ash_json *)(uintptr_t)value;
}

static int keep_text(const ash_json *value, const char *name, ash_attrs **attrs) {
    int64_t count = count_of(value), bytes = count - 1, used = 0;
    for (int64_t i = 0; i < count; i++)
        bytes += json_object_get_string_len(item_of(value, i));
    char *text = ash_malloc(bytes + 1);
    for (int64_t i = 0; text && i < count; i++) {
        int64_t n = json_object_get_string_len(item_of(value, i));
        if (i > 0)
            text[used++] = '\n';
        memcpy(text + used, json_object_get_string(item_of(value, i)), (size_t)n);
        used += n;
    }
    int kept = text && ash_attrs_set(attrs, name, 1, ASH_INT8, bytes, text);
    ash_free(text);
    return kept;
}

static int is_number(const ash_json *value) {
    return json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double) ||
        json_object_is_type(value, json_type_boolean);
}

static ash_dtype natural_dtype(const ash_json *value, int64_t count) {
    ash_dtype dtype = ASH_BOOL;
    for (int64_t i = 0; i < count; i++) {
        ash_json *item = item_of(value, i);
        if (json_object_is_type(item, json_type_double))
            return ASH_FLOAT64;
        if (json_object_is_type(item, json_type_int))
            dtype = json_object_get_int64(item) == INT64_MAX && json_object_get_uint64(item) != INT64_MAX ? ASH_UINT64 : ASH_INT64;
    }
    return dtype;
}

static int keep_numbers(const ash_json *value, const char *name, const char *type, ash_attrs **attrs) {
    int64_t count = count_of(value);
    ash_dtype dtype;
    int swap;
    if (!type || ash_numpy_type(type, &dtype, &swap) != NULL)
        dtype = natural_dtype(value, count);
    int64_t size = ash_dtype_size(dtype);
    char *numbers = ash_calloc(count, size);
    int fits = numbers != NULL;
    for (int64_t i = 0; fits && i < count; i++) {
        ash_json *item = item_of(value, i);
        char *element = numbers + i * size;
        unsigned char stored[16];
        if (json_object_is_type(item, json_type_boolean))
            ash_number_store(dtype, element, ASH_INT64, (ash_number){ .i = json_object_get_boolean(item) });
        else if (ash_zarr_parse_fill(item, dtype, 0, stored))
            memcpy(element, stored, (size_t)size);
        else
            ash_number_store(dtype, element, ASH_FLOAT64, (ash_number){ .f = json_object_get_double(item) });
    }
    int kept = numbers && ash_attrs_set(attrs, name, 0, dtype, count, numbers);
    ash_free(numbers);
    return kept;
}

/* NCZarr writes numbers that JSON has not as text. */
static int is_noted_number(const ash_json *value, const char *type) {
    unsigned char element[16];
    ash_dtype dtype;
    int swap;
    return type && ash_numpy_type(type, &dtype, &swap) == NULL && ash_zarr_parse_fill(value, dtype, 0, element);
}

static int keep(const ash_json *value, const char *name, const char *type, ash_attrs **attrs) {
    int64_t count = count_of(value), texts = 0, numbers = 0;
    for (int64_t i = 0; i < count; i++) {
        int number = is_number(item_of(value, i)) || is_noted_number(item_of(value, i), type);
        numbers += number;
        texts += !number && json_object_is_type(item_of(value, i), json_type_string);
    }
    if (count > 0 && texts == count)
        return keep_text(value, name, attrs);
    return count == 0 || numbers < count || keep_numbers(value, name, type, attrs);
}

int ash_zarr_attrs(const ash_json *object, ash_attrs **attrs) {
    if (!json_object_is_type(object, json_type_object))
        return 1;
    json_object_object_foreach((ash_json *)(uintptr_t)object, name, value) {
        if (*name && !is_internal(name) && !keep(value, name, noted_type(object, name), attrs))
            return 0;
    }
    return 1;
}
