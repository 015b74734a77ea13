/* Fill values of Zarr: numbers, the words for those that JSON has not, bits in hexadecimal, bytes in base64. */
#include "io/zarr_meta.h"

#include "base/dtype.h"
#include "io/byte_order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int parse_word(const char *text, double *value) {
    static const struct {
        const char *word;
        double value;
    } words[] = { { "NaN", NAN }, { "Infinity", INFINITY }, { "-Infinity", -INFINITY } };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].word, text) == 0) {
            *value = words[i].value;
            return 1;
        }
    }
    return 0;
}

static int parse_real(const ash_json *value, double *real) {
    if (json_object_is_type(value, json_type_string))
        return parse_word(json_object_get_string((ash_json *)(uintptr_t)value), real);
    *real = json_object_get_double(value);
    return json_object_is_type(value, json_type_double) || json_object_is_type(value, json_type_int);
}

/* "0x7fc00000": the bits of a number, most significant first. */
static int parse_bits(const char *text, ash_dtype dtype, unsigned char element[16]) {
    char *end;
    size_t digits = strncmp(text, "0x", 2) == 0 ? strspn(text + 2, "0123456789abcdefABCDEF") : 0;
    if (digits != (size_t)(2 * ash_dtype_size(dtype)) || text[2 + digits] || ash_dtype_kind(dtype) != 'f')
        return 0;
    uint64_t bits = strtoull(text, &end, 16);
    if (dtype == ASH_FLOAT32)
        memcpy(element, &(uint32_t){ (uint32_t)bits }, 4);
    else
        memcpy(element, &bits, 8);
    return 1;
}

/* The bytes of an element as they are stored. */
static int parse_base64(const char *text, ash_dtype dtype, int swap, unsigned char element[16]) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned char bytes[20];
    int64_t size = ash_dtype_size(dtype), n = 0, numbers = ash_dtype_kind(dtype) == 'c' ? 2 : 1;
    uint32_t bits = 0;
    size_t length = strlen(text), at = 0;
    if (length != (size_t)((size + 2) / 3 * 4))
        return 0;
    for (; at < length && text[at] != '='; at++) {
        const char *digit = strchr(digits, text[at]);
        if (!digit)
            return 0;
        bits = bits << 6 | (uint32_t)(digit - digits);
        if (at % 4 > 0)
            bytes[n++] = (unsigned char)(bits >> (6 - 2 * (at % 4)));
    }
    if (n != size || strspn(text + at, "=") != length - at)
        return 0;
    union {
        unsigned char bytes[16];
        uint64_t aligned[2];
    } out = { { 0 } };
    memcpy(out.bytes, bytes, (size_t)size);
    if (swap)
        ash_swap_bytes(out.bytes, numbers, size / numbers);
    memcpy(element, out.bytes, (size_t)size);
    return 1;
}

/* An integer that the dtype holds. */
static int store_integer(const ash_json *value, ash_dtype dtype, unsigned char element[16]) {
    double real = json_object_get_double(value);
    if (json_object_is_type(value, json_type_double) && (real != floor(real) || fabs(real) > 0x1p53))
        return 0;
    int64_t integer = json_object_is_type(value, json_type_double) ? (int64_t)real : json_object_get_int64(value);
    if (dtype == ASH_UINT64 && json_object_is_type(value, json_type_int) && integer >= 0) {
        ash_number_store(dtype, element, ASH_UINT64, (ash_number){ .u = json_object_get_uint64(value) });
        return 1;
    }
    ash_number_store(dtype, element, ASH_INT64, (ash_number){ .i = integer });
    return ash_integer_fits(dtype, integer) && (integer < INT64_MAX || json_object_get_uint64(value) == INT64_MAX);
}

static int store_complex(const ash_json *value, ash_dtype dtype, unsigned char element[16]) {
    ash_number number = { .c = { 0, 0 } };
    if (!json_object_is_type(value, json_type_array)) {
        if (!parse_real(value, &number.c[0]))
            return 0;
    } else if (json_object_array_length(value) != 2 || !parse_real(json_object_array_get_idx(value, 0), &number.c[0]) ||
        !parse_real(json_object_array_get_idx(value, 1), &number.c[1])) {
        return 0;
    }
    ash_number_store(dtype, element, ASH_COMPLEX128, number);
    return 1;
}

int ash_zarr_parse_fill(const ash_json *value, ash_dtype dtype, int swap, unsigned char element[16]) {
    char kind = ash_dtype_kind(dtype);
    double real;
    int is_number = json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);
    if (json_object_is_type(value, json_type_string)) {
        const char *text = json_object_get_string((ash_json *)(uintptr_t)value);
        if (parse_bits(text, dtype, element))
            return 1;
        if (!(kind == 'f' || kind == 'c') || !parse_word(text, &real))
            return parse_base64(text, dtype, swap, element);
    }
    if (kind == 'b') {
        element[0] = is_number ? json_object_get_int64(value) != 0 : json_object_get_boolean(value) != 0;
        return is_number || json_object_is_type(value, json_type_boolean);
    }
    if (kind == 'c')
        return store_complex(value, dtype, element);
    if (kind == 'f') {
        if (!parse_real(value, &real))
            return 0;
        ash_number_store(dtype, element, ASH_FLOAT64, (ash_number){ .f = real });
        return 1;
    }
    return is_number && store_integer(value, dtype, element);
}
