#include "expr/decode.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static const double DEFAULT_FILL_FLOAT = 9.9692099683868690e+36; /* NetCDF's, for float and double */

/* _Unsigned says how the bits of a NetCDF-3 integer are meant; "false" on an unsigned type is the DAP convention for the reverse. */
static ash_dtype apply_unsigned(const ash_variable *variable) {
    static const ash_dtype pairs[][2] = { { ASH_INT8, ASH_UINT8 }, { ASH_INT16, ASH_UINT16 }, { ASH_INT32, ASH_UINT32 },
        { ASH_INT64, ASH_UINT64 } };
    const char *text = ash_attrs_text(variable->attrs, "_Unsigned");
    for (int k = 0; text && k < 4; k++) {
        if (variable->dtype == pairs[k][0] && strcasecmp(text, "true") == 0) {
            return pairs[k][1];
        }
        if (variable->dtype == pairs[k][1] && strcasecmp(text, "false") == 0) {
            return pairs[k][0];
        }
    }
    return variable->dtype;
}

/* Adds an integer, if the stored dtype holds it. Where _Unsigned changed the dtype, attributes are still in the one before: -1 is 255, or 255 is -1. */
static void add_missing_integer(ash_decoding *out, __int128 value, int reinterpreted) {
    ash_number *stored = &out->missing[out->unpack.missing_count];
    int is_unsigned = ash_dtype_kind(out->stored) == 'u';
    __int128 span = (__int128)1 << (8 * ash_dtype_size(out->stored)), low = is_unsigned ? 0 : -(span / 2), high = low + span;
    if (reinterpreted && value >= -(span / 2) && value < span) {
        value += value < low ? span : value >= high ? -span : 0;
    }
    if (is_unsigned) {
        stored->u = (uint64_t)value;
    } else {
        stored->i = (int64_t)value;
    }
    out->unpack.missing_count += value >= low && value < high;
}

/* Adds one missing value given in the attribute's dtype; one that the stored dtype cannot hold is no missing value at all. */
static void add_missing(ash_decoding *out, ash_dtype from, ash_number value, int reinterpreted) {
    ash_number *stored = &out->missing[out->unpack.missing_count];
    char kind = ash_dtype_kind(out->stored);
    double number;
    ash_number_store(ASH_FLOAT64, &number, from, value);
    if (kind == 'f') {
        unsigned char element[16];
        ash_number_store(out->stored, element, from, value);
        *stored = ash_number_load(out->stored, element);
        out->unpack.missing_count += !isnan(number); /* a stored NaN is NaN already */
        return;
    }
    char from_kind = ash_dtype_kind(from);
    if (from_kind != 'f') { /* integers compare as integers: doubles do not hold the largest */
        add_missing_integer(out, from_kind == 'u' ? (__int128)value.u : (__int128)value.i, reinterpreted);
        return;
    }
    if (!isnan(number) && number == floor(number) && fabs(number) < 0x1p65) {
        add_missing_integer(out, (__int128)number, reinterpreted);
    }
}

static void find_missing(const ash_variable *variable, const char *function, ash_decoding *out, ash_error_state *error) {
    static const char *const names[] = { "_FillValue", "missing_value" };
    int declared = 0;
    for (int k = 0; k < 2; k++) {
        const ash_attr_entry *entry = ash_attrs_find(variable->attrs, names[k]);
        if (entry && !entry->is_text && out->unpack.missing_count + entry->count > ASH_MAX_MISSING) {
            ash_fail(
                error, ASH_ERR_UNSUPPORTED, "%s: variable '%s' has more than %d missing values", function, variable->name, ASH_MAX_MISSING);
            return;
        }
        for (int64_t i = 0; entry && !entry->is_text && i < entry->count; i++) {
            add_missing(out, entry->dtype, ash_number_load(entry->dtype, (char *)entry->data + i * ash_dtype_size(entry->dtype)),
                out->stored != variable->dtype);
        }
        declared |= k == 0 && entry != NULL;
    }
    if (!declared && !variable->no_fill && ash_dtype_kind(out->stored) == 'f') {
        add_missing(out, ASH_FLOAT64, (ash_number){ .f = DEFAULT_FILL_FLOAT }, 0);
    }
}

/* The floating dtype packed or missing values decode to, see ash_open(). */
static ash_dtype result_dtype(const ash_variable *variable, const ash_decoding *out) {
    const ash_attr_entry *scale = ash_attrs_find(variable->attrs, "scale_factor"), *offset = ash_attrs_find(variable->attrs, "add_offset");
    int wide = ash_dtype_size(out->stored) > 2;
    if (ash_dtype_kind(out->stored) == 'f' && !out->unpack.has_scale && !out->unpack.has_offset) {
        return out->stored;
    }
    if (!out->unpack.has_scale && !out->unpack.has_offset) {
        return wide ? ASH_FLOAT64 : ASH_FLOAT32;
    }
    int floating =
        out->unpack.has_scale && ash_dtype_kind(scale->dtype) == 'f' && (!out->unpack.has_offset || offset->dtype == scale->dtype);
    if (!floating || (ash_dtype_kind(out->stored) != 'f' && wide) || out->stored == ASH_FLOAT64) {
        return ASH_FLOAT64;
    }
    return scale->dtype;
}

/* Attributes that describe the stored form do not hold for decoded values. */
static int strip_attributes(const ash_variable *variable, ash_decoding *out) {
    static const char *const always[] = { "_FillValue", "missing_value", "scale_factor", "add_offset", "_Unsigned" };
    static const char *const packed[] = { "valid_min", "valid_max", "valid_range" };
    out->attrs = ash_attrs_retain(variable->attrs);
    int fine = 1;
    for (int k = 0; k < 5; k++) {
        fine = fine && ash_attrs_set(&out->attrs, always[k], 1, ASH_INT8, 0, NULL);
    }
    for (int k = 0; k < 3 && (out->unpack.has_scale || out->unpack.has_offset); k++) {
        fine = fine && ash_attrs_set(&out->attrs, packed[k], 1, ASH_INT8, 0, NULL);
    }
    return fine;
}

/* ---- The valid range ---- */

/* An integer limit in the stored dtype, moved to its nearest value; see add_missing_integer(). */
static ash_number limit_integer(const ash_decoding *out, __int128 value, int reinterpreted) {
    int is_unsigned = ash_dtype_kind(out->stored) == 'u';
    __int128 span = (__int128)1 << (8 * ash_dtype_size(out->stored)), low = is_unsigned ? 0 : -(span / 2), high = low + span - 1;
    if (reinterpreted && value >= -(span / 2) && value < span) {
        value += value < low ? span : value > high ? -span : 0;
    }
    value = value < low ? low : value > high ? high : value;
    return is_unsigned ? (ash_number){ .u = (uint64_t)value } : (ash_number){ .i = (int64_t)value };
}

/* A limit as it is compared: of results where a packed integer has a floating one, else of the stored dtype. `up`: the lower limit, which is rounded
 * upwards if it must be. */
static ash_number limit_of(const ash_decoding *out, ash_dtype from, ash_number value, int up, int reinterpreted) {
    char kind = ash_dtype_kind(from);
    double number;
    ash_number_store(ASH_FLOAT64, &number, from, value);
    if (out->unpack.range_of_result) {
        return (ash_number){ .f = number };
    }
    if (ash_dtype_kind(out->stored) == 'f') {
        unsigned char element[16];
        ash_number_store(out->stored, element, from, value);
        return ash_number_load(out->stored, element);
    }
    if (kind != 'f') {
        return limit_integer(out, kind == 'u' ? (__int128)value.u : (__int128)value.i, reinterpreted);
    }
    number = up ? ceil(number) : floor(number);
    return limit_integer(out, (__int128)(number < -0x1p65 ? -0x1p65 : number > 0x1p65 ? 0x1p65 : number), 0);
}

/* Number k of a numeric attribute as a limit; 0 if there is none. */
static int find_limit(const ash_variable *variable, const char *name, int64_t k, int up, ash_decoding *out, ash_number *limit) {
    const ash_attr_entry *entry = ash_attrs_find(variable->attrs, name);
    double number;
    if (!entry || entry->is_text || k >= entry->count) {
        return 0;
    }
    ash_number value = ash_number_load(entry->dtype, (const char *)entry->data + k * ash_dtype_size(entry->dtype));
    ash_number_store(ASH_FLOAT64, &number, entry->dtype, value);
    *limit = limit_of(out, entry->dtype, value, up, out->stored != variable->dtype);
    return !isnan(number);
}

/* Whether the limits are those of unpacked values: floating ones of packed integers. */
static int limits_results(const ash_variable *variable, const ash_decoding *out) {
    static const char *const names[] = { "valid_range", "valid_min", "valid_max" };
    int floating = 0;
    for (int k = 0; k < 3; k++) {
        const ash_attr_entry *entry = ash_attrs_find(variable->attrs, names[k]);
        floating |= entry && !entry->is_text && ash_dtype_kind(entry->dtype) == 'f';
    }
    return floating && ash_dtype_kind(out->stored) != 'f' && (out->unpack.has_scale || out->unpack.has_offset);
}

static void find_range(const ash_variable *variable, ash_decoding *out) {
    ash_unpack *unpack = &out->unpack;
    unpack->range_of_result = limits_results(variable, out);
    int low = find_limit(variable, "valid_range", 0, 1, out, &unpack->low),
        high = find_limit(variable, "valid_range", 1, 0, out, &unpack->high);
    if (!low && !high) {
        low = find_limit(variable, "valid_min", 0, 1, out, &unpack->low);
        high = find_limit(variable, "valid_max", 0, 0, out, &unpack->high);
    }
    char kind = ash_dtype_kind(out->stored);
    int floating = kind == 'f' || unpack->range_of_result;
    if (!low) {
        unpack->low = floating ? (ash_number){ .f = -INFINITY } : limit_integer(out, -((__int128)1 << 65), 0);
    }
    if (!high) {
        unpack->high = floating ? (ash_number){ .f = INFINITY } : limit_integer(out, (__int128)1 << 65, 0);
    }
    unpack->has_range = low || high;
}

ash_status ash_decoding_find(
    const ash_variable *variable, int valid_range, const char *function, ash_decoding *out, ash_error_state *error) {
    memset(out, 0, sizeof *out);
    out->stored = apply_unsigned(variable);
    char kind = ash_dtype_kind(out->stored);
    if (kind != 'b' && kind != 'c') {
        find_missing(variable, function, out, error);
        out->unpack.has_scale = ash_attrs_real(variable->attrs, "scale_factor", &out->unpack.scale);
        out->unpack.has_offset = ash_attrs_real(variable->attrs, "add_offset", &out->unpack.offset);
        if (valid_range) {
            find_range(variable, out);
        }
    }
    out->unpack.missing = out->missing;
    out->needed = out->unpack.missing_count > 0 || out->unpack.has_range || out->unpack.has_scale || out->unpack.has_offset;
    out->result = out->needed ? result_dtype(variable, out) : out->stored;
    if (error->status != ASH_OK) {
        return error->status;
    }
    if (!strip_attributes(variable, out)) {
        ash_attrs_release(out->attrs);
        out->attrs = NULL;
        return ash_fail(error, ASH_ERR_MEMORY, "%s: the system gave no memory", function);
    }
    return ASH_OK;
}
