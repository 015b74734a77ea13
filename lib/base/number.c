/* Single values of any dtype: load, store with conversion, range. */
#include "base/dtype.h"

#include <math.h>
#include <string.h>

ash_number ash_number_load(ash_dtype dtype, const void *element) {
    union {
        uint8_t b;
        int8_t i8;
        int16_t i16;
        int32_t i32;
        uint16_t u16;
        uint32_t u32;
        float f32[2];
        ash_number number;
    } raw;
    ash_number value = { .c = { 0.0, 0.0 } };
    memset(&raw, 0, sizeof raw);
    memcpy(&raw, element, (size_t)ash_dtype_size(dtype));
    switch (dtype) {
    case ASH_BOOL: value.i = raw.b != 0; break;
    case ASH_INT8: value.i = raw.i8; break;
    case ASH_INT16: value.i = raw.i16; break;
    case ASH_INT32: value.i = raw.i32; break;
    case ASH_UINT8: value.u = raw.b; break;
    case ASH_UINT16: value.u = raw.u16; break;
    case ASH_UINT32: value.u = raw.u32; break;
    case ASH_FLOAT32: value.f = raw.f32[0]; break;
    case ASH_COMPLEX64: value.c[0] = raw.f32[0], value.c[1] = raw.f32[1]; break;
    case ASH_INT64:
    case ASH_UINT64:
    case ASH_FLOAT64:
    case ASH_COMPLEX128: value = raw.number; break;
    default: break;
    }
    return value;
}

static int is_true(char kind, ash_number value) {
    if (kind == 'f')
        return value.f != 0.0;
    if (kind == 'c')
        return value.c[0] != 0.0 || value.c[1] != 0.0;
    return value.u != 0;
}

/* 2^63 and 2^64 are doubles although INT64_MAX and UINT64_MAX are not, so the comparisons below are exact. */
static int64_t saturate_signed(double value, int bits) {
    double limit = ldexp(1.0, bits - 1);
    if (isnan(value))
        return 0;
    if (value >= limit)
        return bits == 64 ? INT64_MAX : (INT64_C(1) << (bits - 1)) - 1;
    if (value <= -limit)
        return bits == 64 ? INT64_MIN : -(INT64_C(1) << (bits - 1));
    return (int64_t)value;
}

static uint64_t saturate_unsigned(double value, int bits) {
    if (isnan(value) || value <= 0.0)
        return 0;
    if (value >= ldexp(1.0, bits))
        return UINT64_MAX >> (64 - bits);
    return (uint64_t)value;
}

/* The bit pattern of an integer dtype in the low bytes of the result. */
static uint64_t to_integer(ash_dtype dtype, char from_kind, ash_number value) {
    int bits = (int)ash_dtype_size(dtype) * 8;
    if (from_kind != 'f' && from_kind != 'c')
        return value.u; /* narrowing wraps */
    double real = from_kind == 'c' ? value.c[0] : value.f;
    return ash_dtype_kind(dtype) == 'u' ? saturate_unsigned(real, bits) : (uint64_t)saturate_signed(real, bits);
}

/* Integers go to the target type in one step: by way of double, float32 would be rounded twice. */
static float to_float(char from_kind, ash_number value) {
    switch (from_kind) {
    case 'f': return (float)value.f;
    case 'c': return (float)value.c[0];
    case 'u': return (float)value.u;
    default: return (float)value.i;
    }
}

static double to_double(char from_kind, ash_number value) {
    switch (from_kind) {
    case 'f': return value.f;
    case 'c': return value.c[0];
    case 'u': return (double)value.u;
    default: return (double)value.i;
    }
}

static void store_integer(int64_t size, void *element, uint64_t value) {
    uint8_t one = (uint8_t)value;
    uint16_t two = (uint16_t)value;
    uint32_t four = (uint32_t)value;
    switch (size) {
    case 1: memcpy(element, &one, sizeof one); break;
    case 2: memcpy(element, &two, sizeof two); break;
    case 4: memcpy(element, &four, sizeof four); break;
    default: memcpy(element, &value, sizeof value);
    }
}

void ash_number_store(ash_dtype dtype, void *element, ash_dtype from, ash_number value) {
    char kind = ash_dtype_kind(from);
    if (ash_dtype_kind(dtype) == 0 || kind == 0)
        return;
    double imaginary = kind == 'c' ? value.c[1] : 0.0;
    float narrow[2] = { 0.0f, 0.0f };
    double wide[2] = { 0.0, 0.0 };
    switch (dtype) {
    case ASH_BOOL: store_integer(1, element, (uint64_t)is_true(kind, value)); break;
    case ASH_FLOAT32:
    case ASH_COMPLEX64:
        narrow[0] = to_float(kind, value);
        narrow[1] = (float)imaginary;
        memcpy(element, narrow, (size_t)ash_dtype_size(dtype));
        break;
    case ASH_FLOAT64:
    case ASH_COMPLEX128:
        wide[0] = to_double(kind, value);
        wide[1] = imaginary;
        memcpy(element, wide, (size_t)ash_dtype_size(dtype));
        break;
    default: store_integer(ash_dtype_size(dtype), element, to_integer(dtype, kind, value));
    }
}

int ash_integer_fits(ash_dtype dtype, int64_t value) {
    int bits = (int)ash_dtype_size(dtype) * 8;
    switch (ash_dtype_kind(dtype)) {
    case 'b': return value == 0 || value == 1;
    case 'i': return bits == 64 || (value >= -(INT64_C(1) << (bits - 1)) && value < INT64_C(1) << (bits - 1));
    case 'u': return value >= 0 && (bits == 64 || value < INT64_C(1) << bits);
    case 0: return 0;
    default: return 1;
    }
}
