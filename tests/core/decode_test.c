/* CF decoding: a table of stored variables, made with NetCDF-C alone, and what they are read as. */
#include "netcdf_support.h"

#include <math.h>

enum { NONE = 0, CLASSIC = 1, NETCDF4 = 2, NO_FILL = 4, RAW = 8, RANGE = 16 }; /* of a row; without a format: both where the type allows */

typedef struct attribute {
    const char *name; /* NULL: no more */
    nc_type type;
    int count;
    const void *values;
} attribute;

typedef struct row {
    const char *what;
    int flags;
    nc_type type;
    int count;
    const void *stored;
    attribute attrs[4];
    ash_dtype dtype;
    const void *expected;
} row;

#define VALUES(type, ...) (const type[]){ __VA_ARGS__ }
#define DOUBLE(name, ...) { name, NC_DOUBLE, 1, VALUES(double, __VA_ARGS__) }
#define FLOAT(name, ...) { name, NC_FLOAT, 1, VALUES(float, __VA_ARGS__) }
#define BYTE(name, ...) { name, NC_BYTE, 1, VALUES(int8_t, __VA_ARGS__) }
#define SHORT(name, ...) { name, NC_SHORT, 1, VALUES(int16_t, __VA_ARGS__) }
#define INT(name, ...) { name, NC_INT, 1, VALUES(int32_t, __VA_ARGS__) }
#define UNSIGNED(text) { "_Unsigned", NC_CHAR, (int)sizeof text - 1, text }

#define F64(...) ASH_FLOAT64, VALUES(double, __VA_ARGS__)
#define F32(...) ASH_FLOAT32, VALUES(float, __VA_ARGS__)
#define I8(...) ASH_INT8, VALUES(int8_t, __VA_ARGS__)
#define I16(...) ASH_INT16, VALUES(int16_t, __VA_ARGS__)
#define I32(...) ASH_INT32, VALUES(int32_t, __VA_ARGS__)
#define I64(...) ASH_INT64, VALUES(int64_t, __VA_ARGS__)
#define U8(...) ASH_UINT8, VALUES(uint8_t, __VA_ARGS__)
#define U16(...) ASH_UINT16, VALUES(uint16_t, __VA_ARGS__)
#define U64(...) ASH_UINT64, VALUES(uint64_t, __VA_ARGS__)

static const int8_t bytes[3] = { -128, 0, 100 };
static const int16_t shorts[3] = { -300, 0, 300 };
static const int32_t ints[3] = { -70000, 0, 16777217 };
static const uint16_t ushorts[3] = { 0, 7, 65535 };

/* clang-format off */
static const row rows[] = {
    { "nothing to do", 0, NC_BYTE, 3, bytes, { { 0 } }, I8(-128, 0, 100) },
    { "nothing to do", 0, NC_SHORT, 3, shorts, { { 0 } }, I16(-300, 0, 300) },
    { "nothing to do", 0, NC_INT, 3, ints, { { 0 } }, I32(-70000, 0, 16777217) },
    { "nothing to do", 0, NC_INT64, 2, VALUES(int64_t, INT64_MIN, INT64_MAX), { { 0 } }, I64(INT64_MIN, INT64_MAX) },

    { "scale and offset, double", 0, NC_BYTE, 3, bytes, { DOUBLE("scale_factor", 0.01), DOUBLE("add_offset", 273.15) },
        F64(-128 * 0.01 + 273.15, 273.15, 100 * 0.01 + 273.15) },
    { "scale and offset, double", 0, NC_SHORT, 3, shorts, { DOUBLE("scale_factor", 0.5), DOUBLE("add_offset", 10) }, F64(-140, 10, 160) },
    { "scale and offset, double", 0, NC_INT, 3, ints, { DOUBLE("scale_factor", 0.5), DOUBLE("add_offset", 1) }, F64(-34999, 1, 8388609.5) },
    { "scale and offset, double", 0, NC_USHORT, 3, ushorts, { DOUBLE("scale_factor", 2), DOUBLE("add_offset", -1) }, F64(-1, 13, 131069) },
    { "scale and offset, float", 0, NC_BYTE, 3, bytes, { FLOAT("scale_factor", 0.5), FLOAT("add_offset", 1) }, F32(-63, 1, 51) },
    { "scale and offset, float", 0, NC_SHORT, 3, shorts, { FLOAT("scale_factor", 0.01f), FLOAT("add_offset", 273.15f) },
        F32(-300 * 0.01f + 273.15f, 273.15f, 300 * 0.01f + 273.15f) },
    { "scale and offset, float", 0, NC_INT, 3, ints, { FLOAT("scale_factor", 0.5), FLOAT("add_offset", 1) }, F64(-34999, 1, 8388609.5) },
    { "scale and offset, float", 0, NC_USHORT, 3, ushorts, { FLOAT("scale_factor", 2), FLOAT("add_offset", 1) }, F32(1, 15, 131071) },
    { "scale and offset, mixed", 0, NC_SHORT, 3, shorts, { FLOAT("scale_factor", 0.5), DOUBLE("add_offset", 10) }, F64(-140, 10, 160) },
    { "scale and offset, mixed", 0, NC_BYTE, 3, bytes, { DOUBLE("scale_factor", 0.5), FLOAT("add_offset", 1) }, F64(-63, 1, 51) },
    { "scale and offset, integers", 0, NC_SHORT, 3, shorts, { INT("scale_factor", 2), INT("add_offset", 1) }, F64(-599, 1, 601) },
    { "scale and offset of a float", 0, NC_FLOAT, 2, VALUES(float, 1, 2), { FLOAT("scale_factor", 2), FLOAT("add_offset", 1) }, F32(3, 5) },
    { "scale alone, float", 0, NC_SHORT, 3, shorts, { FLOAT("scale_factor", 0.5) }, F32(-150, 0, 150) },
    { "scale alone, float, int32", 0, NC_INT, 3, ints, { FLOAT("scale_factor", 1) }, F64(-70000, 0, 16777217) },
    { "scale alone, double", 0, NC_BYTE, 3, bytes, { DOUBLE("scale_factor", 0.5) }, F64(-64, 0, 50) },
    { "scale alone, negative", 0, NC_SHORT, 3, shorts, { DOUBLE("scale_factor", -0.5) }, F64(150, -0.0, -150) },
    { "offset alone, float", 0, NC_SHORT, 3, shorts, { FLOAT("add_offset", 1) }, F64(-299, 1, 301) },
    { "offset alone, double", 0, NC_USHORT, 3, ushorts, { DOUBLE("add_offset", 0.5) }, F64(0.5, 7.5, 65535.5) },
    { "fill is compared before it is scaled", 0, NC_SHORT, 3, shorts, { SHORT("_FillValue", 300), DOUBLE("scale_factor", 300) }, F64(-90000, 0, NAN) },

    { "fill", 0, NC_BYTE, 3, bytes, { BYTE("_FillValue", -128) }, F32(NAN, 0, 100) },
    { "fill", NETCDF4, NC_UBYTE, 3, VALUES(uint8_t, 0, 1, 255), { { "_FillValue", NC_UBYTE, 1, VALUES(uint8_t, 255) } }, F32(0, 1, NAN) },
    { "fill", 0, NC_SHORT, 3, shorts, { SHORT("_FillValue", 300) }, F32(-300, 0, NAN) },
    { "fill", 0, NC_USHORT, 3, ushorts, { { "_FillValue", NC_USHORT, 1, VALUES(uint16_t, 65535) } }, F32(0, 7, NAN) },
    { "fill", 0, NC_INT, 3, ints, { INT("_FillValue", -70000) }, F64(NAN, 0, 16777217) },
    { "fill", NETCDF4, NC_UINT, 2, VALUES(uint32_t, 5, UINT32_MAX), { { "_FillValue", NC_UINT, 1, VALUES(uint32_t, UINT32_MAX) } }, F64(5, NAN) },
    { "fill INT64_MIN", NETCDF4, NC_INT64, 3, VALUES(int64_t, INT64_MIN, INT64_MIN + 1, 3),
        { { "_FillValue", NC_INT64, 1, VALUES(int64_t, INT64_MIN) } }, F64(NAN, -0x1p63, 3) },
    { "fill UINT64_MAX", NETCDF4, NC_UINT64, 3, VALUES(uint64_t, UINT64_MAX, UINT64_MAX - 1, 3),
        { { "_FillValue", NC_UINT64, 1, VALUES(uint64_t, UINT64_MAX) } }, F64(NAN, 0x1p64, 3) },
    { "fill, NetCDF's default for uint64", NETCDF4, NC_UINT64, 3, VALUES(uint64_t, UINT64_MAX, NC_FILL_UINT64, 3),
        { { "_FillValue", NC_UINT64, 1, VALUES(uint64_t, NC_FILL_UINT64) } }, F64(0x1p64, NAN, 3) },
    { "missing_value", 0, NC_SHORT, 3, shorts, { SHORT("missing_value", 0) }, F32(-300, NAN, 300) },
    { "missing_value, of another type", 0, NC_SHORT, 3, shorts, { DOUBLE("missing_value", -300) }, F32(NAN, 0, 300) },
    { "missing_value, several", 0, NC_SHORT, 3, shorts, { { "missing_value", NC_SHORT, 3, VALUES(int16_t, 1, 0, 300) } }, F32(-300, NAN, NAN) },
    { "missing_value, sixteen", 0, NC_INT, 3, ints,
        { { "missing_value", NC_INT, 16, VALUES(int32_t, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, -70000) } }, F64(NAN, 0, 16777217) },
    { "fill and missing_value", 0, NC_SHORT, 3, shorts, { SHORT("_FillValue", -300), SHORT("missing_value", 300) }, F32(NAN, 0, NAN) },
    { "fill and missing_value and scale", 0, NC_BYTE, 3, bytes, { BYTE("_FillValue", 0), BYTE("missing_value", 100), FLOAT("scale_factor", 0.5) }, F32(-64, NAN, NAN) },
    { "missing_value out of range", 0, NC_SHORT, 3, shorts, { INT("missing_value", 65536 + 300) }, I16(-300, 0, 300) },
    { "missing_value out of range", 0, NC_BYTE, 3, bytes, { DOUBLE("missing_value", 1e20) }, I8(-128, 0, 100) },
    { "missing_value no whole number", 0, NC_BYTE, 3, bytes, { DOUBLE("missing_value", 0.5) }, I8(-128, 0, 100) },
    { "missing_value NaN on integers", 0, NC_INT, 3, ints, { DOUBLE("missing_value", NAN) }, I32(-70000, 0, 16777217) },
    { "missing_value NaN with another", 0, NC_SHORT, 3, shorts, { { "missing_value", NC_DOUBLE, 2, VALUES(double, NAN, 0) } }, F32(-300, NAN, 300) },
    { "missing_value infinite on integers", 0, NC_INT, 3, ints, { DOUBLE("missing_value", INFINITY) }, I32(-70000, 0, 16777217) },

    { "double 1e20 on a float", 0, NC_FLOAT, 3, VALUES(float, 1e20f, 1, 1e19f), { DOUBLE("missing_value", 1e20) }, F32(NAN, 1, 1e19f) },
    { "fill of a float", 0, NC_FLOAT, 3, VALUES(float, -999, 1, NAN), { FLOAT("_FillValue", -999) }, F32(NAN, 1, NAN) },
    { "fill of a double", 0, NC_DOUBLE, 3, VALUES(double, 1e36, 1, NC_FILL_DOUBLE), { DOUBLE("_FillValue", 1e36) }, F64(NAN, 1, NC_FILL_DOUBLE) },
    { "fill NaN", 0, NC_FLOAT, 2, VALUES(float, NAN, NC_FILL_FLOAT), { FLOAT("_FillValue", NAN) }, F32(NAN, NC_FILL_FLOAT) },
    { "infinite fill", 0, NC_DOUBLE, 3, VALUES(double, INFINITY, -INFINITY, 1), { DOUBLE("_FillValue", INFINITY) }, F64(NAN, -INFINITY, 1) },
    { "default fill of float", 0, NC_FLOAT, 3, VALUES(float, NC_FILL_FLOAT, -NC_FILL_FLOAT, 1), { { 0 } }, F32(NAN, -NC_FILL_FLOAT, 1) },
    { "default fill of double", 0, NC_DOUBLE, 2, VALUES(double, NC_FILL_DOUBLE, 1), { { 0 } }, F64(NAN, 1) },
    { "default fill beside missing_value", 0, NC_FLOAT, 3, VALUES(float, NC_FILL_FLOAT, 5, 1), { FLOAT("missing_value", 5) }, F32(NAN, NAN, 1) },
    { "no default fill", NETCDF4 | NO_FILL, NC_FLOAT, 2, VALUES(float, NC_FILL_FLOAT, 1), { { 0 } }, F32(NC_FILL_FLOAT, 1) },
    { "no default fill of integers", 0, NC_SHORT, 2, VALUES(int16_t, NC_FILL_SHORT, 1), { { 0 } }, I16(NC_FILL_SHORT, 1) },
    { "no default fill of integers", 0, NC_INT, 2, VALUES(int32_t, NC_FILL_INT, 1), { { 0 } }, I32(NC_FILL_INT, 1) },
    { "no default fill of bytes", 0, NC_BYTE, 2, VALUES(int8_t, NC_FILL_BYTE, 1), { { 0 } }, I8(NC_FILL_BYTE, 1) },
    { "NaN stored", 0, NC_DOUBLE, 2, VALUES(double, NAN, 1), { { 0 } }, F64(NAN, 1) },
    { "NaN stored, scaled", 0, NC_FLOAT, 2, VALUES(float, NAN, 1), { FLOAT("scale_factor", 4) }, F32(NAN, 4) },

    { "unsigned bytes", 0, NC_BYTE, 3, VALUES(int8_t, -1, -2, 3), { UNSIGNED("true") }, U8(255, 254, 3) },
    { "unsigned bytes with fill -1 and scale", 0, NC_BYTE, 3, VALUES(int8_t, -1, -2, 3), { UNSIGNED("true"), BYTE("_FillValue", -1), DOUBLE("scale_factor", 0.5) }, F64(NAN, 127, 1.5) },
    { "unsigned shorts with fill -1 and scale", 0, NC_SHORT, 3, VALUES(int16_t, -1, -2, 3), { UNSIGNED("true"), SHORT("_FillValue", -1), FLOAT("scale_factor", 0.5), FLOAT("add_offset", 1) },
        F32(NAN, 32768, 2.5) },
    { "unsigned shorts", 0, NC_SHORT, 2, VALUES(int16_t, -1, 3), { UNSIGNED("True") }, U16(65535, 3) },
    { "unsigned shorts with fill 65535", 0, NC_SHORT, 2, VALUES(int16_t, -1, 3), { UNSIGNED("true"), INT("missing_value", 65535) }, F32(NAN, 3) },
    { "not unsigned", 0, NC_SHORT, 2, VALUES(int16_t, -1, 3), { UNSIGNED("false") }, I16(-1, 3) },
    { "signed ubyte", NETCDF4, NC_UBYTE, 2, VALUES(uint8_t, 255, 3), { UNSIGNED("false") }, I8(-1, 3) },
    { "signed ubyte with fill", NETCDF4, NC_UBYTE, 3, VALUES(uint8_t, 255, 3, 254), { UNSIGNED("false"), { "_FillValue", NC_UBYTE, 1, VALUES(uint8_t, 255) } }, F32(NAN, 3, -2) },

    { "unsigned by itself, missing_value -1", 0, NC_USHORT, 3, ushorts, { INT("missing_value", -1) }, U16(0, 7, 65535) },

    { "raw", RAW, NC_SHORT, 3, shorts, { SHORT("_FillValue", 300), DOUBLE("scale_factor", 0.5) }, I16(-300, 0, 300) },
    { "raw", RAW, NC_BYTE, 3, bytes, { UNSIGNED("true"), BYTE("_FillValue", 0) }, I8(-128, 0, 100) },
    { "raw", RAW, NC_FLOAT, 2, VALUES(float, NC_FILL_FLOAT, 2), { FLOAT("add_offset", 1) }, F32(NC_FILL_FLOAT, 2) },
    { "raw", RAW | NETCDF4, NC_UINT64, 2, VALUES(uint64_t, UINT64_MAX, 1), { { "_FillValue", NC_UINT64, 1, VALUES(uint64_t, 1) } }, U64(UINT64_MAX, 1) },

    { "no range unless asked for", 0, NC_SHORT, 3, shorts, { SHORT("valid_max", 0) }, I16(-300, 0, 300) },
    { "range", RANGE, NC_SHORT, 3, shorts, { { "valid_range", NC_SHORT, 2, VALUES(int16_t, -300, 299) } }, F32(-300, 0, NAN) },
    { "range", RANGE, NC_SHORT, 3, shorts, { SHORT("valid_min", -299) }, F32(NAN, 0, 300) },
    { "range", RANGE, NC_SHORT, 3, shorts, { SHORT("valid_min", -10), SHORT("valid_max", 10) }, F32(NAN, 0, NAN) },
    { "range beyond the type", RANGE, NC_SHORT, 3, shorts, { INT("valid_min", -100000), INT("valid_max", 100000) }, F32(-300, 0, 300) },
    { "range of a fraction", RANGE, NC_SHORT, 3, shorts, { DOUBLE("valid_min", -0.5), DOUBLE("valid_max", 299.5) }, F32(NAN, 0, NAN) },
    { "range of floats", RANGE, NC_FLOAT, 3, VALUES(float, 0.1f, 0.2f, 1), { DOUBLE("valid_min", 0.1), DOUBLE("valid_max", 0.2) }, F32(0.1f, 0.2f, NAN) },
    { "range of packed values as stored", RANGE, NC_SHORT, 3, shorts,
        { { "valid_range", NC_SHORT, 2, VALUES(int16_t, 0, 300) }, DOUBLE("scale_factor", 0.5), DOUBLE("add_offset", 10) }, F64(NAN, 10, 160) },
    { "range of packed values as unpacked", RANGE, NC_SHORT, 3, shorts,
        { { "valid_range", NC_DOUBLE, 2, VALUES(double, -140, 10) }, DOUBLE("scale_factor", 0.5), DOUBLE("add_offset", 10) }, F64(-140, 10, NAN) },
    { "range and missing values", RANGE, NC_SHORT, 3, shorts, { SHORT("_FillValue", 0), SHORT("valid_max", 299) }, F32(-300, NAN, NAN) },
    { "range after _Unsigned", RANGE, NC_BYTE, 3, bytes,
        { UNSIGNED("true"), { "valid_range", NC_BYTE, 2, VALUES(int8_t, 1, -127) } }, F32(128, NAN, 100) },
    { "range that is no range", RANGE, NC_SHORT, 3, shorts, { { "valid_range", NC_CHAR, 3, "0 9" } }, I16(-300, 0, 300) },
    { "range of NaN", RANGE, NC_SHORT, 3, shorts, { DOUBLE("valid_min", NAN) }, I16(-300, 0, 300) },
    { "range of wide integers", RANGE | NETCDF4, NC_UINT64, 2, VALUES(uint64_t, UINT64_MAX, 1), { { "valid_max", NC_UINT64, 1, VALUES(uint64_t, UINT64_MAX - 1) } },
        F64(NAN, 1) },
};

/* A _FillValue of another type than its variable: NetCDF-C refuses to make one, but other libraries have. */
static const row odd[] = {
    { "double 1e20 on a float", 0, NC_FLOAT, 2, VALUES(float, 1e20f, 1), { DOUBLE("_FillValu_", 1e20) }, F32(NAN, 1) },
    { "NaN on a short", 0, NC_SHORT, 3, shorts, { DOUBLE("_FillValu_", NAN) }, I16(-300, 0, 300) },
    { "1e20 on an int", 0, NC_INT, 3, ints, { FLOAT("_FillValu_", 1e20f) }, I32(-70000, 0, 16777217) },
    { "300 on a byte", 0, NC_BYTE, 3, bytes, { SHORT("_FillValu_", 300) }, I8(-128, 0, 100) },
    { "100 as short on a byte", 0, NC_BYTE, 3, bytes, { SHORT("_FillValu_", 100) }, F32(-128, 0, NAN) },
};
/* clang-format on */

/* The file holds the row's values as "v"; `mode` is what nc_create takes. */
static void make_file(const row *r, const char *path, int mode) {
    int file, dim, var;
    nc_done(nc_create(path, NC_CLOBBER | mode, &file));
    nc_done(nc_def_dim(file, "x", (size_t)r->count, &dim));
    nc_done(nc_def_var(file, "v", r->type, 1, &dim, &var));
    if (r->flags & NO_FILL) {
        nc_done(nc_def_var_fill(file, var, NC_NOFILL, NULL));
    }
    for (int k = 0; k < 4 && r->attrs[k].name; k++) {
        const attribute *a = &r->attrs[k];
        nc_done(nc_put_att(file, var, a->name, a->type, (size_t)a->count, a->values));
    }
    nc_done(nc_enddef(file));
    nc_done(nc_put_var(file, var, r->stored));
    nc_done(nc_close(file));
}

static double number_at(ash_dtype dtype, const void *values, int k) {
    return dtype == ASH_FLOAT32 ? ((const float *)values)[k] : ((const double *)values)[k];
}

static int is_same(ash_dtype dtype, const void *x, const void *y, int k) {
    size_t size = (size_t)ash_dtype_size(dtype);
    if (dtype == ASH_FLOAT32 || dtype == ASH_FLOAT64) {
        double a = number_at(dtype, x, k), b = number_at(dtype, y, k);
        return (isnan(a) && isnan(b)) || (a == b && signbit(a) == signbit(b));
    }
    return memcmp((const char *)x + size * (size_t)k, (const char *)y + size * (size_t)k, size) == 0;
}

static void check_row(const row *r, int mode, const char *format) {
    const char *path = test_path("decode.nc");
    ash_context *ctx = context_with(1, NULL);
    make_file(r, path, mode);
    ash_array a = ash_open(ctx, path, "v", &(ash_open_options){ .raw = r->flags & RAW, .valid_range = r->flags & RANGE });
    assert_good(a);
    if (ash_array_dtype(a) != r->dtype) {
        fail_msg("%s, stored as NetCDF type %d in %s: %s, expected %s", r->what, r->type, format, ash_dtype_name(ash_array_dtype(a)),
            ash_dtype_name(r->dtype));
    }
    void *values = values_of(a);
    for (int k = 0; k < r->count; k++) {
        if (!is_same(r->dtype, values, r->expected, k)) {
            fail_msg("%s, stored as NetCDF type %d in %s: value %d differs", r->what, r->type, format, k);
        }
    }
    double ignored;
    for (int k = 0; k < 4 && r->attrs[k].name; k++) { /* what described the stored form is gone, or still there when raw */
        if (strncmp(r->attrs[k].name, "valid_", 6) == 0) {
            continue; /* holds for values that were not packed */
        }
        bool found = ash_attr_real(a, r->attrs[k].name, &ignored) || ash_attr(a, r->attrs[k].name);
        assert_int_equal(found, (r->flags & RAW) != 0);
    }
    free(values);
    ash_context_free(ctx);
}

static void every_row(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        const row *r = &rows[k];
        int classic_holds = r->type <= NC_DOUBLE && !(r->flags & NETCDF4);
        check_row(r, NC_NETCDF4, "NetCDF-4");
        if (classic_holds) {
            check_row(r, 0, "classic");
            check_row(r, NC_64BIT_OFFSET, "64-bit offset");
        }
        if (!(r->flags & NO_FILL)) {
            check_row(r, NC_64BIT_DATA, "CDF-5");
        }
    }
}

static void fill_of_another_type(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof odd / sizeof odd[0]; k++) {
        const char *path = test_path("odd.nc");
        int file;
        make_file(&odd[k], path, 0);
        nc_done(nc_open(path, NC_WRITE, &file));
        nc_done(nc_rename_att(file, 0, "_FillValu_", "_FillValue"));
        nc_done(nc_close(file));
        ash_context *ctx = context_with(1, NULL);
        ash_array a = ash_open(ctx, path, "v", NULL);
        assert_good(a);
        void *values = values_of(a);
        for (int i = 0; i < odd[k].count; i++) {
            if (ash_array_dtype(a) != odd[k].dtype || !is_same(odd[k].dtype, values, odd[k].expected, i)) {
                fail_msg("%s: dtype %s, value %d", odd[k].what, ash_dtype_name(ash_array_dtype(a)), i);
            }
        }
        free(values);
        ash_context_free(ctx);
    }
}

static void too_many_missing_values(void **state) {
    (void)state;
    static const int32_t missing[17] = { 0 };
    const row r = { "seventeen", 0, NC_INT, 3, ints, { { "missing_value", NC_INT, 17, missing } }, I32(0) };
    ash_context *ctx = context_with(1, NULL);
    for (int mode = 0; mode <= NC_NETCDF4; mode += NC_NETCDF4) {
        make_file(&r, test_path("many.nc"), mode);
        ash_array a = ash_open(ctx, test_path("many.nc"), "v", NULL);
        assert_int_equal(ash_array_status(a), ASH_ERR_UNSUPPORTED);
        assert_false(ash_ok(a));
        assert_sentence(ctx, ASH_ERR_UNSUPPORTED, "open: variable 'v' has more than 16 missing values");
        assert_good(ash_open(ctx, test_path("many.nc"), "v", &(ash_open_options){ .raw = true }));
    }
    ash_context_free(ctx);
}

/* A group "run1" with T(time, lat); time is packed, has bounds, and stands in the root with lat. */
static void make_groups(const char *path) {
    int file, group, time, lat, bnds, var[4];
    nc_done(nc_create(path, NC_CLOBBER | NC_NETCDF4, &file));
    nc_done(nc_def_dim(file, "time", 3, &time));
    nc_done(nc_def_dim(file, "lat", 2, &lat));
    nc_done(nc_def_dim(file, "bnds", 2, &bnds));
    nc_done(nc_def_var(file, "time", NC_SHORT, 1, &time, &var[0]));
    nc_done(nc_put_att_double(file, var[0], "scale_factor", NC_DOUBLE, 1, VALUES(double, 0.5)));
    nc_done(nc_put_att_text(file, var[0], "units", 21, "days since 2000-01-01"));
    nc_done(nc_put_att_text(file, var[0], "bounds", 9, "time_bnds"));
    nc_done(nc_def_var(file, "time_bnds", NC_DOUBLE, 2, (int[]){ time, bnds }, &var[1]));
    nc_done(nc_def_var(file, "lat", NC_FLOAT, 1, &lat, &var[2]));
    nc_done(nc_def_grp(file, "run1", &group));
    nc_done(nc_def_var(group, "T", NC_SHORT, 2, (int[]){ time, lat }, &var[3]));
    nc_done(nc_put_att_short(group, var[3], "_FillValue", NC_SHORT, 1, VALUES(int16_t, -1)));
    nc_done(nc_put_att_text(group, var[3], "units", 1, "K"));
    nc_done(nc_put_var(file, var[0], VALUES(int16_t, 1, 3, 5)));
    nc_done(nc_put_var(file, var[1], VALUES(double, 0, 1, 1, 2, 2, 3)));
    nc_done(nc_put_var(file, var[2], VALUES(float, -45, 45)));
    nc_done(nc_put_var(group, var[3], VALUES(int16_t, 1, 2, 3, -1, 5, 6)));
    nc_done(nc_close(file));
}

static void coordinates_bounds_and_groups(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    make_groups(test_path("groups.nc"));
    ash_array t = ash_open(ctx, test_path("groups.nc"), "run1/T", NULL);
    assert_good(t);
    assert_int_equal(ash_array_dtype(t), ASH_FLOAT32);
    assert_string_equal(ash_array_name(t), "T");
    assert_string_equal(ash_attr(t, "units"), "K");
    float *values = values_of(t);
    assert_true(values[0] == 1 && values[2] == 3 && isnan(values[3]) && values[5] == 6);
    free(values);
    ash_array time = ash_coord(t, "time");
    assert_good(time);
    assert_int_equal(ash_array_dtype(time), ASH_FLOAT64);
    assert_string_equal(ash_attr(time, "units"), "days since 2000-01-01");
    double *days = values_of(time), scale, bounds[4];
    assert_true(days[0] == 0.5 && days[1] == 1.5 && days[2] == 2.5);
    free(days);
    assert_false(ash_attr_real(time, "scale_factor", &scale));
    /* Bounds are cut with their coordinate and written with it. */
    assert_done(ctx, ash_write(ash_index(t, "time=::-2"), test_path("part.nc"), "T", NULL));
    int file, var;
    nc_done(nc_open(test_path("part.nc"), NC_NOWRITE, &file));
    nc_done(nc_inq_varid(file, "time_bnds", &var));
    nc_done(nc_get_var_double(file, var, bounds));
    nc_done(nc_close(file));
    assert_true(bounds[0] == 2 && bounds[1] == 3 && bounds[2] == 0 && bounds[3] == 1);
    time = ash_open(ctx, test_path("part.nc"), "time", NULL);
    days = values_of(time);
    assert_true(ash_size(time) == 2 && days[0] == 2.5 && days[1] == 0.5);
    free(days);
    assert_false(ash_ok(ash_open(ctx, test_path("groups.nc"), "run2/T", NULL)));
    assert_int_equal(ash_error_status(ctx), ASH_ERR_NOT_FOUND);
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(fill_of_another_type),
        cmocka_unit_test(too_many_missing_values),
        cmocka_unit_test(coordinates_bounds_and_groups),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
