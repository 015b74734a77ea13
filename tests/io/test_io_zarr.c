/* Zarr stores made here are read as they were written. */
#include "zarr_support.h"

#include "base/dtype.h"

#include <math.h>
#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- All that one array can be ---- */

static const struct {
    const char *type;
    ash_dtype dtype;
} types[] = {
    { "|b1", ASH_BOOL },
    { "|i1", ASH_INT8 },
    { "<i2", ASH_INT16 },
    { ">i2", ASH_INT16 },
    { "<i4", ASH_INT32 },
    { ">i8", ASH_INT64 },
    { "|u1", ASH_UINT8 },
    { ">u2", ASH_UINT16 },
    { "<u4", ASH_UINT32 },
    { "<u8", ASH_UINT64 },
    { "<f4", ASH_FLOAT32 },
    { ">f4", ASH_FLOAT32 },
    { "<f8", ASH_FLOAT64 },
    { ">f8", ASH_FLOAT64 },
    { "<c8", ASH_COMPLEX64 },
    { ">c8", ASH_COMPLEX64 },
    { "<c16", ASH_COMPLEX128 },
    { ">c16", ASH_COMPLEX128 },
};

enum { TYPES = sizeof types / sizeof types[0] };

static void check_case(container kind, const array_case *a, uint64_t seed) {
    const char *path = fresh(extension_of(kind));
    char name[256];
    int64_t bytes = element_count(a->ndim, a->shape) * ash_dtype_size(a->dtype);
    unsigned char *whole = malloc((size_t)bytes + 1);
    random_values(whole, bytes, seed);
    if (a->dtype == ASH_BOOL)
        for (int64_t i = 0; i < bytes; i++)
            whole[i] &= 1;
    maker m = maker_begin(kind, path);
    int root = seed % 7 == 0; /* the store is the array */
    maker_put_text(&m,
        a->version == 3 ? (root ? "unused" : "zarr.json")
            : root      ? "unused"
                        : ".zgroup",
        a->version == 3 ? "{\"zarr_format\": 3, \"node_type\": \"group\"}" : "{\"zarr_format\": 2}");
    maker_put_array(&m, root ? "" : "v/", a, whole);
    maker_end(&m);
    ash_file *file = open_store(path);
    strcpy(name, strrchr(path, '/') + 1);
    *strchr(name, '.') = '\0';
    const ash_variable *variable = find(file, root ? name : "v");
    assert_ptr_equal(variable, find(file, "")); /* the only one */
    assert_int_equal(variable->dtype, a->dtype);
    assert_int_equal(variable->ndim, a->ndim);
    for (int d = 0; d < a->ndim; d++) {
        assert_int_equal(variable->shape[d], a->shape[d]);
        assert_int_equal(variable->chunk[d], a->chunk[d] < a->shape[d] ? a->chunk[d] : a->shape[d]);
    }
    check_boxes(file, variable, whole, 12, seed);
    ash_file_release(file);
    free(whole);
}

/* Every type with every compressor; the rest by chance. */
static void test_arrays(void **state) {
    (void)state;
    static const int64_t chunks[][3] = { { 2, 3, 4 }, { 5, 9, 11 }, { 1, 20, 30 }, { 3, 2, 1 } };
    uint64_t random = 7;
    unsigned char zero[16] = { 0 };
    for (int t = 0; t < TYPES; t++) {
        for (packing c = 0; c < COMPRESSORS; c++) {
            array_case a = { .type = types[t].type, .dtype = types[t].dtype, .compressor = c, .shape = { 5, 9, 11 } };
            a.version = 2 + (int)random_below(&random, 2);
            a.ndim = (int)random_below(&random, 4);
            memcpy(a.chunk, chunks[random_below(&random, 4)], sizeof chunks[0]);
            a.order = random_below(&random, 2) ? 'C' : 'F';
            a.separator = random_below(&random, 2) ? '.' : '/';
            a.shuffle = (int)random_below(&random, 2) && c != IN_BLOSC_LZ4;
            a.crc = a.version == 3 && random_below(&random, 3) == 0;
            a.v2_keys = (int)random_below(&random, 2);
            a.missing = (int)random_below(&random, 4);
            a.fill = types[t].dtype == ASH_BOOL ? "false" : types[t].type[1] == 'c' && a.version == 3 ? "[0, 0.0]" : "0";
            a.fill_element = zero;
            if (has_compressor(c))
                check_case((container)random_below(&random, 5), &a, next_random(&random));
        }
    }
}

/* Chunks large enough to be read in part, in both orders. */
static void test_large_chunks(void **state) {
    (void)state;
    for (int k = 0; k < 8; k++) {
        array_case a = { .type = k & 1 ? ">f8" : "<i2", .dtype = k & 1 ? ASH_FLOAT64 : ASH_INT16, .version = 2, .ndim = 3 };
        memcpy(a.shape, (int64_t[]){ 50, 60, 70 }, 3 * sizeof(int64_t));
        memcpy(a.chunk, (int64_t[]){ 40, 50, 70 }, 3 * sizeof(int64_t));
        a.order = k & 2 ? 'F' : 'C';
        a.separator = '.';
        a.compressor = k & 4 && has_compressor(ZSTD) ? ZSTD : PLAIN;
        check_case(k & 1 ? FOLDER : ZIP_STORED, &a, (uint64_t)k + 1);
    }
}

/* A box is fetched with few reads, and each chunk decoded once. */
static void test_counts(void **state) {
    (void)state;
    static const int64_t zero[2] = { 0 }, one[2] = { 1, 1 }, row[2] = { 1, 64 };
    packing c = has_compressor(ZSTD) ? ZSTD : PLAIN;
    array_case a = { .type = "<f4",
        .dtype = ASH_FLOAT32,
        .version = 2,
        .ndim = 2,
        .shape = { 64, 64 },
        .chunk = { 8, 8 },
        .order = 'C',
        .separator = '.',
        .compressor = c };
    float whole[64 * 64], got[64 * 64];
    random_values(whole, sizeof whole, 3);
    for (container kind = FOLDER; kind <= ZIP_STORED; kind++) {
        const char *path = fresh(extension_of(kind));
        maker m = maker_begin(kind, path);
        maker_put_text(&m, ".zgroup", "{\"zarr_format\": 2}");
        maker_put_array(&m, "v/", &a, whole);
        maker_end(&m);
        ash_file *file = open_store(path);
        const ash_variable *v = find(file, "v");
        ash_read_scratch scratch = { 0 };
        ash_error_state error = { 0 };
        ash_file_read(file, v, zero, v->shape, one, got, &scratch, &error);
        must(&error);
        assert_memory_equal(got, whole, sizeof whole);
        assert_int_equal(scratch.bytes_decoded, sizeof whole);
        ash_read_scratch_free(&scratch);
        scratch.bytes_decoded = 0;
        for (int64_t i = 0; i < 8; i++) { /* rows of one chunk */
            ash_file_read(file, v, (int64_t[]){ i, 0 }, (int64_t[]){ 1, 8 }, one, got, &scratch, &error);
            must(&error);
        }
        assert_int_equal(scratch.bytes_decoded, 256);
        assert_true(v->need.scratch > 0 && row[1] == 64);
        ash_read_scratch_free(&scratch);
        ash_file_release(file);
    }
}

/* ---- Fill values ---- */

static void test_fill_values(void **state) {
    (void)state;
    static const struct {
        const char *type, *fill;
        ash_dtype dtype;
        double expected;
        int version;
    } rows[] = {
        { "<f4", "\"NaN\"", ASH_FLOAT32, NAN, 2 },
        { "<f4", "NaN", ASH_FLOAT32, NAN, 2 },
        { ">f8", "\"-Infinity\"", ASH_FLOAT64, -INFINITY, 2 },
        { "<f8", "\"Infinity\"", ASH_FLOAT64, INFINITY, 3 },
        { "<f4", "-1e34", ASH_FLOAT32, (double)-1e34f, 2 },
        { "<f8", "3", ASH_FLOAT64, 3, 2 },
        { "<i2", "-32768", ASH_INT16, -32768, 2 },
        { "|u1", "255", ASH_UINT8, 255, 2 },
        { "<u8", "18446744073709551615", ASH_UINT64, 18446744073709551615.0, 2 },
        { "<i8", "-9223372036854775808", ASH_INT64, -9223372036854775808.0, 2 },
        { "<i4", "7.0", ASH_INT32, 7, 2 },
        { "|b1", "true", ASH_BOOL, 1, 2 },
        { "|b1", "1", ASH_BOOL, 1, 2 },
        { ">i2", "\"AQI=\"", ASH_INT16, 258, 2 },
        { "<f4", "\"AACAPw==\"", ASH_FLOAT32, 1, 2 },
        { "<f4", "\"0x7fc00000\"", ASH_FLOAT32, NAN, 3 },
        { "<f8", "\"0x3ff0000000000000\"", ASH_FLOAT64, 1, 3 },
        { "<f4", "null", ASH_FLOAT32, 0, 2 },
    };
    static const int64_t start[1] = { 5 }, one[1] = { 1 };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *path = fresh(".zarr");
        unsigned char whole[80] = { 0 }, zero[16] = { 0 }, got[16];
        array_case a = { .type = rows[i].type,
            .dtype = rows[i].dtype,
            .version = rows[i].version,
            .ndim = 1,
            .shape = { 10 },
            .chunk = { 3 },
            .order = 'C',
            .separator = '.',
            .fill = rows[i].fill,
            .missing = 1,
            .fill_element = zero };
        maker m = maker_begin(FOLDER, path);
        maker_put_array(&m, "", &a, whole);
        maker_end(&m);
        ash_file *file = open_store(path);
        const ash_variable *v = find(file, "");
        ash_error_state error = { 0 };
        read_box(file, v, start, one, one, got, &error);
        must(&error);
        double value, attribute;
        ash_number_store(ASH_FLOAT64, &value, v->dtype, ash_number_load(v->dtype, got));
        if (!(value == rows[i].expected || (isnan(value) && isnan(rows[i].expected))))
            fail_msg("fill %s: %g", rows[i].fill, value);
        int given = rows[i].version == 2 && rows[i].dtype != ASH_BOOL && strcmp(rows[i].fill, "null") != 0;
        assert_int_equal(ash_attrs_real(v->attrs, "_FillValue", &attribute), given);
        assert_true(!given || attribute == rows[i].expected || isnan(attribute));
        assert_true(v->no_fill);
        ash_file_release(file);
    }
}

/* ---- Groups, names, attributes ---- */

static void check_attrs(const ash_attrs *attrs) {
    double value;
    const ash_attr_entry *entry;
    assert_string_equal(ash_attrs_text(attrs, "title"), "caf\xc3\xa9");
    assert_string_equal(ash_attrs_text(attrs, "words"), "a\nb");
    entry = ash_attrs_find(attrs, "pair");
    assert_true(entry && entry->dtype == ASH_INT64 && entry->count == 2 && ((int64_t *)entry->data)[1] == 2);
    entry = ash_attrs_find(attrs, "mixed");
    assert_true(entry && entry->dtype == ASH_FLOAT64 && entry->count == 2 && ((double *)entry->data)[1] == 2.5);
    entry = ash_attrs_find(attrs, "big");
    assert_true(entry && entry->dtype == ASH_UINT64 && ((uint64_t *)entry->data)[0] == UINT64_MAX);
    assert_true(ash_attrs_real(attrs, "yes", &value) && value == 1);
    assert_true(ash_attrs_real(attrs, "missing_value", &value) && isnan(value));
    for (const char *const *name = (const char *const[]){ "bad", "none", "empty", "odd", "_ARRAY_DIMENSIONS", NULL }; *name; name++)
        assert_null(ash_attrs_find(attrs, *name));
}

static void test_groups(void **state) {
    (void)state;
    static const double expected[4] = { 1, 2, 3, 4 };
    static const int64_t zero[1] = { 0 }, four[1] = { 4 }, one[1] = { 1 };
    for (int k = 0; k < 4; k++) {
        int version = 2 + k % 2;
        ash_file *file = open_store(make_groups(k < 2 ? FOLDER : ZIP_MIXED, version, 0));
        assert_string_equal(ash_attrs_text(ash_file_attrs(file), "title"), "t");
        const ash_variable *v = find(file, "v"), *deep = find(file, "/g/h/v");
        ash_error_state error = { 0 };
        double got[4];
        assert_string_equal(v->name, "v");
        assert_string_equal(v->dim[0], "y");
        check_attrs(v->attrs);
        const ash_variable *x = ash_file_coordinate(file, v, 1, &error), *deep_x = ash_file_coordinate(file, deep, 1, &error);
        assert_ptr_equal(x, find(file, "x"));
        assert_ptr_equal(deep_x, find(file, "g/h/x"));
        assert_null(ash_file_coordinate(file, v, 0, &error));
        assert_string_equal(ash_attrs_text(x->attrs, "units"), "m");
        read_box(file, deep_x, zero, four, one, got, &error);
        must(&error);
        assert_memory_equal(got, expected, sizeof got);
        assert_null(ash_file_variable(file, "vv", "open", &error));
        assert_says(&error, ASH_ERR_NOT_FOUND, "has no variable 'vv'", "nearest name is 'v'", "g/h/v, g/h/x, v, x", NULL);
        error = (ash_error_state){ 0 };
        assert_null(ash_file_variable(file, "", "open", &error));
        assert_says(&error, ASH_ERR_ARGUMENT, "variable is not named", "has 4", "g/h/v", NULL);
        error = (ash_error_state){ 0 };
        assert_null(ash_file_variable(file, "g", "open", &error));
        assert_says(&error, ASH_ERR_NOT_FOUND, "has no variable 'g'", NULL);
        ash_file_release(file);
    }
}

static void test_consolidated(void **state) {
    (void)state;
    ash_file *file = open_store(make_groups(FOLDER, 2, 1));
    ash_error_state error = { 0 };
    assert_string_equal(ash_attrs_text(find(file, "v")->attrs, "title"), "from there");
    assert_null(ash_file_variable(file, "x", "open", &error));
    assert_says(&error, ASH_ERR_NOT_FOUND, "has no variable 'x'", "it has v", NULL);
    ash_file_release(file);
}

/* Names cannot climb out of the store. */
static void test_paths(void **state) {
    (void)state;
    static const char *const names[] = { "../store/v", "..", ".", "g/../v", "g//h/v", "g/", "./v", "v/.", "v/0.0", "v/.zarray" };
    char path[512];
    strcpy(path, make_groups(FOLDER, 2, 0));
    ash_file *file = open_store(path);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ash_error_state error = { 0 };
        assert_null(ash_file_variable(file, names[i], "open", &error));
        assert_says(&error, ASH_ERR_NOT_FOUND, "has no variable", NULL);
    }
    char *longest = malloc(10001);
    memset(longest, 'a', 10000);
    longest[10000] = '\0';
    ash_error_state error = { 0 };
    assert_null(ash_file_variable(file, longest, "open", &error));
    assert_int_equal(error.status, ASH_ERR_NOT_FOUND);
    free(longest);
    ash_file_release(file);
    mkdir(in_folder("plain"), 0777);
    error = (ash_error_state){ 0 };
    assert_null(ash_file_open(in_folder("plain"), "open", &error));
    assert_says(&error, ASH_ERR_FORMAT, "is a folder, and no Zarr store", NULL);
}

static void test_nczarr(void **state) {
    (void)state;
    static const int64_t none[1] = { 0 };
    const char *path = fresh(".zarr");
    maker m = maker_begin(FOLDER, path);
    maker_put_text(&m, ".zgroup", "{\"zarr_format\": 2, \"_NCZARR_GROUP\": {\"dims\": {\"x\": 4}}}");
    maker_put_text(&m, "v/.zarray",
        "{\"zarr_format\": 2, \"shape\": [4], \"dtype\": \"<f4\", \"chunks\": [4], \"fill_value\": null, \"order\": \"C\", \"compressor\": "
        "null, \"filters\": null, \"_NCZARR_ARRAY\": {\"dimrefs\": [\"/g/x\"], \"storage\": \"chunked\"}}");
    maker_put_text(&m, "v/.zattrs",
        "{\"scale_factor\": 2.5, \"lo\": [1, 2], \"bad\": \"NaN\", \"text\": \"NaN\", \"_NCZARR_ATTR\": {\"types\": {\"scale_factor\": "
        "\"<f4\", "
        "\"lo\": \"|i1\", \"bad\": \"<f4\", \"text\": \"<U1\"}}}");
    maker_put_text(&m, "s/.zarray",
        "{\"zarr_format\": 2, \"shape\": [1], \"dtype\": \"<i4\", \"chunks\": [1], \"fill_value\": null, \"order\": \"C\", \"compressor\": "
        "null, \"filters\": null}");
    maker_put_text(&m, "s/.zattrs", "{\"_nczarr_array\": {\"dimension_references\": [], \"storage\": \"scalar\"}}");
    maker_put(&m, "s/0", "\1\2\0\0", 4);
    maker_end(&m);
    ash_file *file = open_store(path);
    const ash_variable *v = find(file, "v"), *s = find(file, "s");
    int32_t number;
    float missing;
    ash_error_state error = { 0 };
    assert_string_equal(v->dim[0], "x");
    assert_int_equal(ash_attrs_find(v->attrs, "scale_factor")->dtype, ASH_FLOAT32);
    assert_int_equal(ash_attrs_find(v->attrs, "lo")->dtype, ASH_INT8);
    assert_false(ash_attrs_find(v->attrs, "bad")->is_text);
    assert_true(ash_attrs_find(v->attrs, "text")->is_text);
    assert_null(ash_attrs_find(v->attrs, "_NCZARR_ATTR"));
    assert_false(v->no_fill);
    read_box(file, v, none, (int64_t[]){ 1 }, (int64_t[]){ 1 }, &missing, &error);
    must(&error);
    assert_true(missing == NC_FILL_FLOAT);
    assert_int_equal(s->ndim, 0);
    read_box(file, s, none, none, none, &number, &error);
    must(&error);
    assert_int_equal(number, 513);
    ash_file_release(file);
}

/* ---- Against other readers ---- */

static void test_data_folder(void **state) {
    (void)state;
    char path[1024];
    if (!data_folder()) {
        print_message("skipped: no test data folder (set ASH_TEST_DATA)\n");
        skip();
    }
    snprintf(path, sizeof path, "%s/derived/coads_sst.zarr", data_folder());
    ash_file *zarr = open_store(path);
    snprintf(path, sizeof path, "%s/derived/coads_sst_nc4_zlib_shuffle.nc", data_folder());
    ash_file *other = open_store(path);
    static const int64_t zero[3] = { 0 }, one[3] = { 1, 1, 1 };
    for (const char *const *name = (const char *const[]){ "SST", "TIME", "COADSX", "COADSY", NULL }; *name; name++) {
        const ash_variable *a = find(zarr, *name), *b = find(other, *name);
        int64_t bytes = element_count(b->ndim, b->shape) * ash_dtype_size(b->dtype);
        char *expected = malloc((size_t)bytes);
        ash_error_state error = { 0 };
        assert_int_equal(a->dtype, b->dtype);
        assert_int_equal(a->ndim, b->ndim);
        for (int d = 0; d < a->ndim; d++) {
            assert_int_equal(a->shape[d], b->shape[d]);
            assert_string_equal(a->dim[d], b->dim[d]);
            assert_non_null(ash_file_coordinate(zarr, a, d, &error));
        }
        read_box(other, b, zero, b->shape, one, expected, &error);
        must(&error);
        check_boxes(zarr, a, expected, 20, 1);
        const ash_attr_entry *fill = ash_attrs_find(a->attrs, "_FillValue"), *other_fill = ash_attrs_find(b->attrs, "_FillValue");
        assert_int_equal(fill != NULL, other_fill != NULL);
        assert_true(!fill || (fill->dtype == other_fill->dtype && memcmp(fill->data, other_fill->data, 4) == 0));
        free(expected);
    }
    ash_file_release(zarr);
    ash_file_release(other);
    snprintf(path, sizeof path, "%s/odd/ref_byte.zarr.zip", data_folder());
    ash_file *zip = open_store(path);
    unsigned char got[400];
    ash_error_state error = { 0 };
    read_box(zip, find(zip, "byte"), zero, (int64_t[]){ 20, 20 }, one, got, &error);
    must(&error);
    assert_int_equal(got[0] + got[399], 0); /* all of it is fill value */
    ash_file_release(zip);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_large_chunks),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_fill_values),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_consolidated),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_nczarr),
        cmocka_unit_test(test_data_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
