#include "run/packing.h"

#include "base/dtype.h"
#include "base/params.h"
#include "base/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 512 };

/* ---- The text ---- */

typedef struct line {
    const char *begin, *params; /* params: behind the colon */
    size_t name_bytes, bytes;
} line;

/* The next line that is not empty; 0 at the end. Without a colon `params` is NULL. */
static int next_line(const char **text, line *out) {
    *text += strspn(*text, "\n \t");
    if (!**text) {
        return 0;
    }
    out->begin = *text;
    out->bytes = strcspn(*text, "\n");
    const char *colon = memchr(out->begin, ':', out->bytes);
    out->params = colon ? colon + 1 : NULL;
    out->name_bytes = colon ? (size_t)(colon - out->begin) : out->bytes;
    while (out->name_bytes > 0 && strchr(" \t", out->begin[out->name_bytes - 1])) {
        out->name_bytes--;
    }
    *text += out->bytes;
    return 1;
}

int ash_encoding_names(const char *encoding, const char *name) {
    line at;
    while (encoding && next_line(&encoding, &at)) {
        if (at.name_bytes == strlen(name) && memcmp(at.begin, name, at.name_bytes) == 0) {
            return 1;
        }
    }
    return 0;
}

ash_status ash_encoding_check(const char *encoding, int n, const char *const names[], ash_error_state *error) {
    line at;
    while (encoding && next_line(&encoding, &at) && error->status == ASH_OK) {
        int known = 0;
        for (int k = 0; k < n; k++) {
            known |= at.name_bytes == strlen(names[k]) && memcmp(at.begin, names[k], at.name_bytes) == 0;
        }
        int shown = at.bytes < 80 ? (int)at.bytes : 80;
        if (!at.params) {
            ash_fail(error, ASH_ERR_ARGUMENT, "write: encoding must be lines 'NAME: dtype=int16; scale_factor=0.01', found '%.*s'", shown,
                at.begin);
        } else if (!known) {
            ash_fail(error, ASH_ERR_ARGUMENT, "write: encoding speaks of a variable that is not written: '%.*s'", shown, at.begin);
        }
    }
    return error->status;
}

static int fail_encoding(ash_error_state *error, const ash_packing *packing, const char *expected) {
    ash_fail(error, ASH_ERR_ARGUMENT, "%s: encoding of '%s': %s", packing->function, packing->name, expected);
    return 0;
}

static int set_number(ash_packing *packing, const ash_param *param, int *has, double *number, ash_error_state *error) {
    if (param->value.kind != ASH_PARAM_INT && param->value.kind != ASH_PARAM_REAL) {
        char expected[128];
        snprintf(expected, sizeof expected, "%.32s must be a number, found %s", param->name, ash_param_kind_words(param->value.kind));
        return fail_encoding(error, packing, expected);
    }
    *has = 1;
    *number = param->value.real;
    return 1;
}

static int set_parameter(ash_packing *packing, const ash_param *param, ash_error_state *error) {
    static const char *const names[] = { "dtype", "scale_factor", "add_offset", "fill_value" };
    if (strcmp(param->name, "dtype") == 0) {
        if (param->value.kind != ASH_PARAM_TEXT || !ash_dtype_parse(param->value.text, &packing->to)) {
            return fail_encoding(error, packing, "dtype must be the name of one, such as int16");
        }
        return 1;
    }
    if (strcmp(param->name, "scale_factor") == 0) {
        return set_number(packing, param, &packing->has_scale, &packing->scale, error);
    }
    if (strcmp(param->name, "add_offset") == 0) {
        return set_number(packing, param, &packing->has_offset, &packing->offset, error);
    }
    if (strcmp(param->name, "fill_value") == 0) {
        return set_number(packing, param, &packing->has_fill, &packing->fill, error);
    }
    const char *nearest = ash_nearest(param->name, 4, names);
    char expected[160];
    snprintf(expected, sizeof expected, "no parameter '%.32s'%s%s%s; it has dtype, scale_factor, add_offset, fill_value", param->name,
        nearest ? ", did you mean '" : "", nearest ? nearest : "", nearest ? "'" : "");
    return fail_encoding(error, packing, expected);
}

/* NetCDF's default fill values. */
static double default_fill(ash_dtype dtype) {
    switch (dtype) {
    case ASH_INT8: return -127;
    case ASH_UINT8: return 255;
    case ASH_INT16: return -32767;
    case ASH_UINT16: return 65535;
    case ASH_INT32: return -2147483647;
    case ASH_UINT32: return 4294967295;
    default: return NAN;
    }
}

static double lowest(ash_dtype dtype) {
    if (ash_dtype_kind(dtype) == 'f') {
        return dtype == ASH_FLOAT32 ? -(double)FLT_MAX : -DBL_MAX;
    }
    return ash_dtype_kind(dtype) == 'u' ? 0 : -ldexp(1, 8 * (int)ash_dtype_size(dtype) - 1);
}

static double highest(ash_dtype dtype) {
    if (ash_dtype_kind(dtype) == 'f') {
        return dtype == ASH_FLOAT32 ? (double)FLT_MAX : DBL_MAX;
    }
    return ldexp(1, 8 * (int)ash_dtype_size(dtype) - (ash_dtype_kind(dtype) != 'u')) - 1;
}

/* Integers of at most 32 bits: what is rounded to. */
static int is_narrow(ash_dtype dtype) {
    char kind = ash_dtype_kind(dtype);
    return (kind == 'i' || kind == 'u') && ash_dtype_size(dtype) <= 4;
}

static int is_integer(ash_dtype dtype, double value) {
    return value == rint(value) && value >= lowest(dtype) && value <= highest(dtype);
}

static int is_storable(const ash_packing *packing) {
    char from = ash_dtype_kind(packing->from), to = ash_dtype_kind(packing->to);
    return from != 'c' && from != 'b' && (is_narrow(packing->to) || (from == 'f' && to == 'f')) &&
        ash_dtype_size(packing->to) <= ash_dtype_size(packing->from);
}

static int check(ash_packing *packing, ash_error_state *error) {
    char text[160];
    int narrow = is_narrow(packing->to);
    if (!is_storable(packing)) {
        snprintf(text, sizeof text, "%s cannot be stored as %s; dtype must be an integer of at most 32 bits, or floating, and not wider",
            ash_dtype_name(packing->from), ash_dtype_name(packing->to));
        return fail_encoding(error, packing, text);
    }
    if (packing->has_scale && (packing->scale == 0 || !isfinite(packing->scale))) {
        return fail_encoding(error, packing, "scale_factor must be a finite number other than 0");
    }
    if (packing->has_offset && !isfinite(packing->offset)) {
        return fail_encoding(error, packing, "add_offset must be a finite number");
    }
    if (narrow && packing->has_fill && !is_integer(packing->to, packing->fill)) {
        snprintf(text, sizeof text, "fill_value %.17g is no %s", packing->fill, ash_dtype_name(packing->to));
        return fail_encoding(error, packing, text);
    }
    return 1;
}

int ash_packing_find(ash_packing *packing, const char *encoding, const char *name, ash_dtype dtype, int is_coordinate, ash_arena *arena,
    ash_error_state *error) {
    line at;
    *packing = (ash_packing){ .from = dtype, .to = dtype, .scale = 1, .function = "write", .name = name };
    while (encoding && next_line(&encoding, &at)) {
        if (!at.params || at.name_bytes != strlen(name) || memcmp(at.begin, name, at.name_bytes) != 0) {
            continue;
        }
        char *text = ash_arena_alloc(arena, (int64_t)at.bytes + 1);
        ash_param *params = NULL;
        int count = 0;
        if (!text) {
            ash_fail_memory(error, "write", (int64_t)at.bytes + 1);
            return 0;
        }
        memcpy(text, at.params, (size_t)(at.begin + at.bytes - at.params));
        ash_params_parse(text, arena, "write", &count, &params, error);
        for (int k = 0; k < count && error->status == ASH_OK; k++) {
            set_parameter(packing, &params[k], error);
        }
        if (dtype == ASH_FLOAT32) { /* what the attributes say, which are stored as the array's dtype */
            packing->scale = (double)(float)packing->scale;
            packing->offset = (double)(float)packing->offset;
        }
        if (ash_dtype_kind(dtype) == 'f' && is_narrow(packing->to) && !packing->has_fill && !is_coordinate) {
            packing->has_fill = 1;
            packing->fill = default_fill(packing->to);
        }
        return error->status == ASH_OK && check(packing, error);
    }
    return 0;
}

/* As in reading, a value that the stored dtype cannot hold marks nothing as missing. */
static int find_fill(ash_packing *packing, const ash_attrs *attrs, const char *name) {
    return ash_attrs_real(attrs, name, &packing->fill) && packing->fill == packing->fill &&
        (!is_narrow(packing->to) || is_integer(packing->to, packing->fill));
}

int ash_packing_of(ash_packing *packing, const ash_attrs *attrs, const char *function, const char *name, ash_dtype from, ash_dtype to,
    ash_error_state *error) {
    *packing = (ash_packing){ .from = from, .to = to, .scale = 1, .function = function, .name = name };
    packing->has_scale = ash_attrs_real(attrs, "scale_factor", &packing->scale);
    packing->has_offset = ash_attrs_real(attrs, "add_offset", &packing->offset);
    packing->has_fill = find_fill(packing, attrs, "_FillValue") || find_fill(packing, attrs, "missing_value");
    if (from == to && !packing->has_scale && !packing->has_offset && (!packing->has_fill || ash_dtype_kind(from) != 'f')) {
        return 0;
    }
    if (!is_storable(packing)) {
        ash_fail(error, ASH_ERR_DTYPE, "%s: variable '%s' is %s and cannot take %s; cast the array", function, name, ash_dtype_name(to),
            ash_dtype_name(from));
        return 0;
    }
    return check(packing, error);
}

/* ---- The values ---- */

#define LOAD(type) \
    for (int64_t i = 0; i < n; i++) \
    out[i] = (double)((const type *)in)[i]
#define STORE(type) \
    for (int64_t i = 0; i < n; i++) \
    ((type *)out)[i] = (type)in[i]

static void load(ash_dtype dtype, const void *in, int64_t n, double *out) {
    switch (dtype) {
    case ASH_INT8: LOAD(int8_t); break;
    case ASH_INT16: LOAD(int16_t); break;
    case ASH_INT32: LOAD(int32_t); break;
    case ASH_INT64: LOAD(int64_t); break;
    case ASH_UINT8: LOAD(uint8_t); break;
    case ASH_UINT16: LOAD(uint16_t); break;
    case ASH_UINT32: LOAD(uint32_t); break;
    case ASH_UINT64: LOAD(uint64_t); break;
    case ASH_FLOAT32: LOAD(float); break;
    default: LOAD(double); break;
    }
}

static void store(ash_dtype dtype, const double *in, int64_t n, void *out) {
    switch (dtype) {
    case ASH_INT8: STORE(int8_t); break;
    case ASH_INT16: STORE(int16_t); break;
    case ASH_INT32: STORE(int32_t); break;
    case ASH_UINT8: STORE(uint8_t); break;
    case ASH_UINT16: STORE(uint16_t); break;
    case ASH_UINT32: STORE(uint32_t); break;
    case ASH_FLOAT32: STORE(float); break;
    default: STORE(double); break;
    }
}

static ash_status fail_value(const ash_packing *packing, double value, const char *why, ash_error_state *error) {
    return ash_fail(error, ASH_ERR_ARGUMENT, "%s: variable '%s': the value %.7g %s %s with scale_factor %.7g and add_offset %.7g",
        packing->function, packing->name, value, why, ash_dtype_name(packing->to), packing->scale, packing->offset);
}

/* Why a value is none of the stored dtype, as `stored`; NULL if it is one. */
static const char *refusal(const ash_packing *packing, double value, double stored) {
    int whole = ash_dtype_kind(packing->to) != 'f';
    if (stored != stored) {
        return whole ? "has no fill value in" : NULL;
    }
    if ((stored < lowest(packing->to) || stored > highest(packing->to)) && (whole || isfinite(value))) {
        return "does not fit";
    }
    return value == value && packing->has_fill && stored == packing->fill ? "becomes the fill value of" : NULL;
}

/* Turns values into those of the stored dtype; the first that is none is reported after the loop, which has no branch that way. */
static ash_status pack_block(const ash_packing *packing, double *x, int64_t n, ash_error_state *error) {
    int whole = ash_dtype_kind(packing->to) != 'f', doubtful = 0;
    double low = lowest(packing->to), high = highest(packing->to), value[BLOCK];
    for (int64_t i = 0; i < n; i++) {
        double stored = (x[i] - packing->offset) / packing->scale;
        value[i] = x[i];
        stored = whole ? rint(stored) : stored;
        doubtful |= packing->has_fill && stored == packing->fill;
        stored = stored != stored && packing->has_fill ? packing->fill : stored;
        doubtful |= stored < low || stored > high || (whole && stored != stored);
        x[i] = stored;
    }
    for (int64_t i = 0; doubtful && i < n; i++) {
        const char *why = refusal(packing, value[i], x[i]);
        if (why) {
            return fail_value(packing, value[i], why, error);
        }
    }
    return ASH_OK;
}

ash_status ash_pack(const ash_packing *packing, void *data, int64_t n, ash_error_state *error) {
    double block[BLOCK];
    const char *in = data;
    char *out = data; /* never ahead of `in` */
    for (int64_t done = 0; done < n && error->status == ASH_OK; done += BLOCK) {
        int64_t count = n - done < BLOCK ? n - done : BLOCK;
        load(packing->from, in, count, block);
        if (pack_block(packing, block, count, error) == ASH_OK) {
            store(packing->to, block, count, out);
        }
        in += count * ash_dtype_size(packing->from);
        out += count * ash_dtype_size(packing->to);
    }
    return error->status;
}
