/* Zarr stores made here are read as they were written; what is damaged or hostile is told in one sentence. */
#include "support.h"
#include "zarr_make.h"

#include "base/dtype.h"
#include "base/memory.h"
#include "io/zip.h"

#include <math.h>
#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ash_file *open_store(const char *path) {
    ash_error_state error = { 0 };
    ash_file *file = ash_file_open(path, "open", &error);
    must(&error);
    return file;
}

static const ash_variable *find(ash_file *file, const char *name) {
    ash_error_state error = { 0 };
    const ash_variable *variable = ash_file_variable(file, name, "open", &error);
    must(&error);
    return variable;
}

/* Every call has a path of its own, so that folders are not written over each other. */
static const char *fresh(const char *extension) {
    static int number;
    char name[64];
    snprintf(name, sizeof name, "store%d%s", number++, extension);
    return in_folder(name);
}

static const char *extension_of(container kind) {
    return kind == FOLDER ? ".zarr" : ".zarr.zip";
}

static void random_values(void *out, int64_t bytes, uint64_t seed) {
    for (int64_t i = 0; i < bytes; i++) /* not too hard to compress */
        ((unsigned char *)out)[i] = (unsigned char)(i % 3 ? i / 7 : (int64_t)(next_random(&seed) % 5));
}

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

static void put_coordinates(maker *m, const char *prefix, int version) {
    char folder[64];
    double values[12] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
    array_case x = { .type = "<f8",
        .dtype = ASH_FLOAT64,
        .version = version,
        .ndim = 1,
        .shape = { 4 },
        .chunk = { 4 },
        .order = 'C',
        .separator = '.',
        .dims = "[\"x\"]",
        .fill = version == 2 ? "null" : "0",
        .attrs = "\"units\": \"m\", \"n\": 3" };
    array_case v = { .type = "<f8",
        .dtype = ASH_FLOAT64,
        .version = version,
        .ndim = 2,
        .shape = { 3, 4 },
        .chunk = { 2, 2 },
        .order = 'C',
        .separator = '.',
        .fill = version == 2 ? "null" : "0",
        .dims = "[\"y\", \"x\"]",
        .attrs =
            "\"title\": \"caf\\u00e9\", \"pair\": [1, 2], \"mixed\": [1, 2.5], \"words\": [\"a\", \"b\"], \"bad\": {\"a\": 1}, "
            "\"none\": null, \"yes\": true, \"empty\": [], \"missing_value\": NaN, \"odd\": [1, \"a\"], \"big\": 18446744073709551615" };
    snprintf(folder, sizeof folder, "%sx/", prefix);
    maker_put_array(m, folder, &x, values);
    snprintf(folder, sizeof folder, "%sv/", prefix);
    maker_put_array(m, folder, &v, values);
}

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

static const char *make_groups(container kind, int version, int consolidated) {
    static char path[512];
    strcpy(path, fresh(extension_of(kind)));
    maker m = maker_begin(kind, path);
    if (version == 3) {
        const char *group = "{\"zarr_format\": 3, \"node_type\": \"group\", \"attributes\": {\"title\": \"t\"}}";
        for (const char *const *key = (const char *const[]){ "zarr.json", "g/zarr.json", "g/h/zarr.json", NULL }; *key; key++)
            maker_put_text(&m, *key, group);
    } else {
        for (const char *const *key = (const char *const[]){ ".zgroup", "g/.zgroup", "g/h/.zgroup", NULL }; *key; key++)
            maker_put_text(&m, *key, "{\"zarr_format\": 2}");
        maker_put_text(&m, ".zattrs", "{\"title\": \"t\"}");
    }
    put_coordinates(&m, "", version);
    put_coordinates(&m, "g/h/", version);
    if (consolidated)
        maker_put_text(&m, ".zmetadata",
            "{\"zarr_consolidated_format\": 1, \"metadata\": {\".zgroup\": {\"zarr_format\": 2}, \".zattrs\": {\"title\": \"t\"}, "
            "\"v/.zarray\": {\"zarr_format\": 2, \"shape\": [3, 4], \"chunks\": [2, 2], \"dtype\": \"<f8\", \"compressor\": null, "
            "\"filters\": "
            "null, \"order\": \"C\", \"fill_value\": null}, \"v/.zattrs\": {\"_ARRAY_DIMENSIONS\": [\"y\", \"x\"], \"title\": \"from "
            "there\"}}}");
    maker_end(&m);
    return path;
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

/* ---- What is wrong ---- */

static void refuse_array(const char *meta, ash_status status, const char *words) {
    const char *path = fresh(".zarr");
    maker m = maker_begin(FOLDER, path);
    maker_put_text(&m, ".zgroup", "{\"zarr_format\": 2}");
    maker_put_text(&m, "v/.zarray", meta);
    maker_end(&m);
    ash_error_state error = { 0 };
    ash_file *file = open_store(path);
    if (ash_file_variable(file, "v", "open", &error))
        fail_msg("not refused: %s", meta);
    assert_says(&error, status, "open: ", path, words, NULL);
    ash_file_release(file);
}

#define META(shape, chunks, dtype, rest) \
    "{\"zarr_format\": 2, \"shape\": " shape ", \"chunks\": " chunks ", \"dtype\": " dtype ", \"order\": \"C\", " rest "}"
#define REST "\"fill_value\": null, \"compressor\": null, \"filters\": null"

static void test_hostile_metadata(void **state) {
    (void)state;
    static const struct {
        const char *meta, *words;
        ash_status status;
    } rows[] = {
        { "", "no JSON", ASH_ERR_FORMAT },
        { "{", "no JSON", ASH_ERR_FORMAT },
        { "[1]", "it is a list", ASH_ERR_FORMAT },
        { "{} x", "behind its end", ASH_ERR_FORMAT },
        { "{}", "zarr_format is missing", ASH_ERR_UNSUPPORTED },
        { "{\"zarr_format\": 1}", "zarr_format is 1", ASH_ERR_UNSUPPORTED },
        { "{\"zarr_format\": 2}", "null for 'dtype'", ASH_ERR_FORMAT },
        { META("[3]", "[0]", "\"<f4\"", REST), "extent 0 along axis 0", ASH_ERR_FORMAT },
        { META("[-3]", "[1]", "\"<f4\"", REST), "-3 in 'shape'", ASH_ERR_FORMAT },
        { META("[3]", "[-1]", "\"<f4\"", REST), "-1 in 'chunks'", ASH_ERR_FORMAT },
        { META("[3.5]", "[1]", "\"<f4\"", REST), "a real number in 'shape'", ASH_ERR_FORMAT },
        { META("[1e400]", "[1]", "\"<f4\"", REST), "a real number in 'shape'", ASH_ERR_FORMAT },
        { META("[\"3\"]", "[1]", "\"<f4\"", REST), "text in 'shape'", ASH_ERR_FORMAT },
        { META("3", "[1]", "\"<f4\"", REST), "an integer for 'shape'", ASH_ERR_FORMAT },
        { META("{}", "[1]", "\"<f4\"", REST), "an object for 'shape'", ASH_ERR_FORMAT },
        { META("[3, 4]", "[1]", "\"<f4\"", REST), "2 dimensions, but its chunks have 1", ASH_ERR_FORMAT },
        { META("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[1]", "\"<f4\"", REST), "17 dimensions", ASH_ERR_UNSUPPORTED },
        { META("[4611686018427387904, 4]", "[1, 1]", "\"<f4\"", REST), "larger than any memory", ASH_ERR_FORMAT },
        { META("[99999999999999999999]", "[1]", "\"<f4\"", REST), "larger than any memory", ASH_ERR_FORMAT },
        { META("[3, 3]", "[3037000500, 3037000500]", "\"<f4\"", REST), "larger than any memory", ASH_ERR_FORMAT },
        { META("[3]", "[1]", "\"<f2\"", REST), "float16", ASH_ERR_DTYPE },
        { META("[3]", "[1]", "\"<f16\"", REST), "long double", ASH_ERR_DTYPE },
        { META("[3]", "[1]", "\"<U12\"", REST), "text (fixed length) (type <U12)", ASH_ERR_DTYPE },
        { META("[3]", "[1]", "\"|S3\"", REST), "text", ASH_ERR_DTYPE },
        { META("[3]", "[1]", "\"|O\"", REST), "Python objects", ASH_ERR_DTYPE },
        { META("[3]", "[1]", "\"<M8[ns]\"", REST), "datetime64", ASH_ERR_DTYPE },
        { META("[3]", "[1]", "\"|V8\"", REST), "raw bytes", ASH_ERR_DTYPE },
        { META("[3]", "[1]", "[[\"a\", \"<f4\"]]", REST), "structured", ASH_ERR_DTYPE },
        { META("[3]", "[1]", "\"<i3\"", REST), "unknown type", ASH_ERR_DTYPE },
        { META("[3]", "[1]", "\"\"", REST), "unknown type", ASH_ERR_DTYPE },
        { META("[3]", "[1]", "\"<i99999999999999999999\"", REST), "unknown type", ASH_ERR_DTYPE },
        { META("[3]", "[1]", "\"<f4\"", "\"compressor\": {\"id\": \"bz2\"}"), "codec 'bz2'", ASH_ERR_UNSUPPORTED },
        { META("[3]", "[1]", "\"<f4\"", "\"compressor\": {\"level\": 1}"), "an object with an 'id'", ASH_ERR_FORMAT },
        { META("[3]", "[1]", "\"<f4\"", "\"compressor\": 5"), "an integer for 'compressor'", ASH_ERR_FORMAT },
        { META("[3]", "[1]", "\"<f4\"", "\"filters\": {}"), "an object for 'filters'", ASH_ERR_FORMAT },
        { META("[3]", "[1]", "\"<f4\"", "\"filters\": [{\"id\": \"delta\", \"dtype\": \"<f4\"}]"), "codec 'delta'", ASH_ERR_UNSUPPORTED },
        { META("[3]", "[1]", "\"<f4\"", "\"filters\": [{\"id\": \"shuffle\", \"elementsize\": 0}]"), "element size 0", ASH_ERR_FORMAT },
        { META("[3]", "[1]", "\"<f4\"", "\"filters\": [{\"id\": \"shuffle\", \"elementsize\": 1000}]"), "element size 1000",
            ASH_ERR_FORMAT },
        { META("[3]", "[1]", "\"<f4\"", "\"fill_value\": \"x\""), "fill_value \"x\" is no float32", ASH_ERR_FORMAT },
        { META("[3]", "[1]", "\"|i1\"", "\"fill_value\": 128"), "fill_value 128 is no int8", ASH_ERR_FORMAT },
        { META("[3]", "[1]", "\"<i8\"", "\"fill_value\": 9223372036854775808"), "is no int64", ASH_ERR_FORMAT },
        { META("[3]", "[1]", "\"<u4\"", "\"fill_value\": -1"), "is no uint32", ASH_ERR_FORMAT },
        { META("[3]", "[1]", "\"<i4\"", "\"fill_value\": NaN"), "is no int32", ASH_ERR_FORMAT },
        { META("[3]", "[1]", "\"<i4\"", "\"fill_value\": {}"), "is no int32", ASH_ERR_FORMAT },
        { META("[3]", "[1]", "\"<i4\"", "\"fill_value\": [1, 2]"), "is no int32", ASH_ERR_FORMAT },
        { META("[3]", "[1]", "\"<f4\"", "\"dimension_separator\": \"-\""), "separated by '-'", ASH_ERR_FORMAT },
        { "{\"zarr_format\": 2, \"shape\": [3], \"chunks\": [1], \"dtype\": \"<f4\", \"order\": \"A\"}", "order is 'A'", ASH_ERR_FORMAT },
        { "{\"zarr_format\": 2, \"shape\": [3], \"chunks\": [1], \"dtype\": \"<f4\"}", "order is 'missing'", ASH_ERR_FORMAT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuse_array(rows[i].meta, rows[i].status, rows[i].words);
    char deep[1001] = { 0 };
    memset(deep, '[', 1000);
    refuse_array(deep, ASH_ERR_FORMAT, "no JSON");
}

static void refuse_array_3(const char *from, const char *to, ash_status status, const char *words) {
    char meta[2048] =
        "{\"zarr_format\": 3, \"node_type\": \"array\", \"shape\": [4, 5], \"data_type\": \"float32\", \"chunk_grid\": {\"name\": "
        "\"regular\", \"configuration\": {\"chunk_shape\": [2, 3]}}, \"chunk_key_encoding\": {\"name\": \"default\"}, "
        "\"codecs\": [{\"name\": \"bytes\", \"configuration\": {\"endian\": \"little\"}}], \"fill_value\": 0}";
    char *place = strstr(meta, from), rest[2048];
    assert_non_null(place);
    strcpy(rest, place + strlen(from));
    sprintf(place, "%s%s", to, rest);
    const char *path = fresh(".zarr");
    maker m = maker_begin(FOLDER, path);
    maker_put_text(&m, "zarr.json", "{\"zarr_format\": 3, \"node_type\": \"group\"}");
    maker_put_text(&m, "v/zarr.json", meta);
    maker_end(&m);
    ash_error_state error = { 0 };
    ash_file *file = open_store(path);
    const ash_variable *variable = ash_file_variable(file, "v", "open", &error);
    if (!words)
        must(&error);
    else if (variable)
        fail_msg("not refused: %s", meta);
    else
        assert_says(&error, status, "open: ", path, words, NULL);
    ash_file_release(file);
}

static void test_hostile_metadata_3(void **state) {
    (void)state;
    static const char bytes[] = "{\"name\": \"bytes\", \"configuration\": {\"endian\": \"little\"}}";
    refuse_array_3("regular", "regular", ASH_OK, NULL);
    refuse_array_3("regular", "rectangular", ASH_ERR_UNSUPPORTED, "chunk grid is 'rectangular'");
    refuse_array_3("float32", "float16", ASH_ERR_DTYPE, "float16");
    refuse_array_3("\"float32\"", "{\"name\": \"numpy.datetime64\", \"configuration\": {}}", ASH_ERR_DTYPE, "numpy.datetime64");
    refuse_array_3("\"float32\"", "12", ASH_ERR_FORMAT, "an integer for 'data_type'");
    refuse_array_3("default", "zorder", ASH_ERR_UNSUPPORTED, "'zorder'");
    refuse_array_3("[2, 3]", "[2, 0]", ASH_ERR_FORMAT, "extent 0 along axis 1");
    refuse_array_3("[2, 3]", "null", ASH_ERR_FORMAT, "null for 'chunk_shape'");
    refuse_array_3(bytes, "", ASH_ERR_FORMAT, "no codec 'bytes'");
    refuse_array_3(bytes, "7", ASH_ERR_FORMAT, "objects with a 'name'");
    refuse_array_3(bytes, "{\"name\": \"sharding_indexed\", \"configuration\": {}}", ASH_ERR_UNSUPPORTED, "sharded");
    refuse_array_3(bytes, "{\"name\": \"gzip\"}, {\"name\": \"bytes\"}", ASH_ERR_UNSUPPORTED, "before its values are bytes");
    refuse_array_3(bytes, "{\"name\": \"transpose\", \"configuration\": {\"order\": [0, 0]}}, {\"name\": \"bytes\"}", ASH_ERR_UNSUPPORTED,
        "transpose codec has order [ 0, 0 ]");
    refuse_array_3(bytes, "{\"name\": \"transpose\", \"configuration\": {\"order\": [0, 1]}}, \"bytes\"", ASH_OK, NULL);
    refuse_array_3("\"fill_value\": 0", "\"fill_value\": \"0x12\"", ASH_ERR_FORMAT, "fill_value");
    refuse_array_3("\"fill_value\": 0", "\"fill_value\": 0, \"storage_transformers\": [{}]", ASH_ERR_UNSUPPORTED, "storage transformers");
}

static void refuse_chunk(const array_case *a, const char *key, const void *bytes, int64_t n, const char *words) {
    static const int64_t zero[1] = { 0 }, one[1] = { 1 };
    const char *path = fresh(".zarr");
    float whole[64] = { 0 };
    maker m = maker_begin(FOLDER, path);
    maker_put_text(&m, ".zgroup", "{\"zarr_format\": 2}");
    maker_put_array(&m, "v/", a, whole);
    maker_put(&m, key, bytes, n);
    maker_end(&m);
    ash_file *file = open_store(path);
    ash_error_state error = { 0 };
    read_box(file, find(file, "v"), zero, a->shape, one, whole, &error);
    assert_says(&error, ASH_ERR_FORMAT, "read: ", path, "variable 'v'", "chunk (1) is damaged", words, NULL);
    ash_file_release(file);
}

static void test_damaged_chunks(void **state) {
    (void)state;
    static const char *const words[COMPRESSORS] = { [PLAIN] = "not as many bytes",
        [ZLIB] = "deflate",
        [GZIP] = "deflate",
        [ZSTD] = "zstd",
        [LZ4] = "lz4",
        [IN_BLOSC_LZ4] = "blosc",
        [IN_BLOSC_BITSHUFFLED] = "blosc",
        [IN_BLOSC_PLAIN] = "blosc" };
    unsigned char garbage[100];
    char *large = calloc(1, 1 << 20);
    for (int i = 0; i < 100; i++)
        garbage[i] = (unsigned char)(i * 37 + 11);
    for (packing c = 0; c < COMPRESSORS; c++) {
        array_case a = { .type = "<f4",
            .dtype = ASH_FLOAT32,
            .version = 2,
            .ndim = 1,
            .shape = { 64 },
            .chunk = { 16 },
            .order = 'C',
            .separator = '.',
            .compressor = c };
        if (!has_compressor(c))
            continue;
        for (int n = 0; n <= 40; n++)
            refuse_chunk(&a, "v/1", garbage, n, n > 0 ? words[c] : "is damaged");
        refuse_chunk(&a, "v/1", large, 1 << 20, "larger than its filters");
    }
    free(large);
}

/* Chunks that are no files, and metadata that change under an open store. */
static void test_odd_files(void **state) {
    (void)state;
    static const int64_t zero[2] = { 0 }, one[2] = { 1, 1 }, all[2] = { 3, 4 };
    char path[512], key[600];
    double got[12];
    strcpy(path, make_groups(FOLDER, 2, 0));
    ash_file *file = open_store(path);
    const ash_variable *v = find(file, "v");
    ash_error_state error = { 0 };
    snprintf(key, sizeof key, "%s/v/0.1", path);
    assert_int_equal(unlink(key), 0);
    assert_int_equal(mkdir(key, 0777), 0);
    read_box(file, v, zero, all, one, got, &error);
    assert_says(&error, ASH_ERR_FORMAT, "v/0.1 is not a regular file", NULL);
    assert_int_equal(rmdir(key), 0);
    assert_int_equal(mkfifo(key, 0666), 0);
    error = (ash_error_state){ 0 };
    read_box(file, v, zero, all, one, got, &error);
    assert_says(&error, ASH_ERR_FORMAT, "v/0.1 is not a regular file", NULL);
    assert_int_equal(unlink(key), 0);
    error = (ash_error_state){ 0 };
    read_box(file, v, zero, all, one, got, &error); /* absent now */
    must(&error);
    assert_true(got[2] == 0 && got[0] == 1);
    snprintf(key, sizeof key, "%s/v/.zarray", path);
    write_bytes(key, "{}", 2);
    read_box(file, v, zero, all, one, got, &error);
    assert_says(&error, ASH_ERR_IO, "v/.zarray was changed after it was opened", NULL);
    ash_file_release(file);
}

/* ---- Zip archives ---- */

static void try_archive(const char *path) {
    static const int64_t zero[2] = { 0 }, one[2] = { 1, 1 };
    double got[12];
    ash_error_state error = { 0 };
    ash_file *file = ash_file_open(path, "open", &error);
    const ash_variable *v = file ? ash_file_variable(file, "v", "open", &error) : NULL;
    if (v && v->ndim == 2 && v->shape[0] <= 3 && v->shape[1] <= 4 && ash_dtype_size(v->dtype) <= 8)
        read_box(file, v, zero, v->shape, one, got, &error);
    ash_error_state missing = { 0 };
    if (file)
        assert_null(ash_file_variable(file, "no such", "open", &missing));
    if (error.status != ASH_OK)
        assert_true(strncmp(error.text, "open: ", 6) == 0 || strncmp(error.text, "read: ", 6) == 0);
    ash_file_release(file);
}

static void refuse_archive(const void *bytes, int64_t n, const char *words) {
    const char *path = fresh(".zip");
    write_bytes(path, bytes, n);
    ash_error_state error = { 0 };
    assert_null(ash_file_open(path, "open", &error));
    assert_says(&error, ASH_ERR_FORMAT, "open: ", path, words, NULL);
}

static void test_lying_archives(void **state) {
    (void)state;
    char path[512], other[512];
    int64_t n;
    uint64_t random = 99;
    for (container kind = ZIP_STORED; kind <= ZIP_64; kind++) {
        strcpy(path, make_groups(kind, 2, 0));
        unsigned char *bytes = read_bytes(path, &n), *lie = malloc((size_t)n);
        strcpy(other, fresh(".zarr.zip"));
        for (int64_t k = 0; k < 300; k++) { /* a few bytes of the directory or of anything, or the end cut off */
            int64_t cut = k % 10 == 0 ? random_below(&random, n) : n;
            memcpy(lie, bytes, (size_t)n);
            for (int64_t i = 0; i < 1 + k % 3; i++) {
                int64_t at = k % 2 ? random_below(&random, n) : n - 1 - random_below(&random, n / 2);
                lie[at] = k % 5 ? (unsigned char)next_random(&random) : (unsigned char)(k % 2 ? 0xff : 0);
            }
            write_bytes(other, lie, cut);
            ash_zip_checks = k % 4 == 3;
            try_archive(other);
            ash_zip_checks = 1;
        }
        if (kind == ZIP_STORED) {
            refuse_archive(bytes, n - 100, "no directory");
            memcpy(lie, bytes, (size_t)n);
            memset(lie + n - 17, 0xff, 4); /* bytes of the directory */
            refuse_archive(lie, n, "larger than the archive");
        }
        free(bytes);
        free(lie);
    }
    refuse_archive("PK\3\4", 4, "no directory");
    refuse_archive("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22, "without a Zarr store");
}

/* A byte of a chunk is another one. What is read as a whole, however, is found to be damaged; a part of a large plain chunk is taken as it is. */
static void test_checksums(void **state) {
    (void)state;
    static const int64_t one[2] = { 1, 1 };
    static const struct {
        int64_t chunk[2], begin[2], extent[2];
        packing compressor;
        char order;
        int found;
    } rows[] = {
        { { 8, 8 }, { 0, 0 }, { 8, 8 }, PLAIN, 'C', 1 },
        { { 8, 8 }, { 3, 3 }, { 1, 1 }, PLAIN, 'C', 1 },
        { { 8, 8 }, { 8, 0 }, { 192, 256 }, PLAIN, 'C', 0 }, /* other chunks */
        { { 8, 8 }, { 3, 3 }, { 1, 1 }, ZSTD, 'F', 1 },
        { { 200, 256 }, { 0, 0 }, { 200, 256 }, PLAIN, 'C', 1 },
        { { 200, 128 }, { 0, 0 }, { 200, 256 }, PLAIN, 'C', 1 }, /* its rows are not dense in the box */
        { { 200, 256 }, { 0, 0 }, { 100, 256 }, PLAIN, 'C', 0 },
    };
    float *whole = malloc(200 * 256 * sizeof *whole), *got = malloc(200 * 256 * sizeof *got);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        array_case a = { .type = "<f4",
            .dtype = ASH_FLOAT32,
            .version = 2,
            .ndim = 2,
            .shape = { 200, 256 },
            .chunk = { rows[r].chunk[0], rows[r].chunk[1] },
            .order = rows[r].order,
            .separator = '.',
            .compressor = has_compressor(rows[r].compressor) ? rows[r].compressor : PLAIN };
        const char *path = fresh(".zarr.zip");
        int64_t n;
        random_values(whole, 200 * 256 * sizeof *whole, r);
        maker m = maker_begin(ZIP_STORED, path);
        maker_put_text(&m, ".zgroup", "{\"zarr_format\": 2}");
        maker_put_array(&m, "v/", &a, whole);
        maker_end(&m);
        for (int damaged = 0; damaged < 2; damaged++) {
            ash_error_state error = { 0 };
            if (damaged) {
                unsigned char *bytes = read_bytes(path, &n), *chunk = memmem(bytes, (size_t)n, "v/0.0", 5);
                chunk[5 + 5 + 30] ^= 4;
                write_bytes(path, bytes, n);
                free(bytes);
            }
            ash_file *file = open_store(path);
            read_box(file, find(file, "v"), rows[r].begin, rows[r].extent, one, got, &error);
            if (damaged && rows[r].found)
                assert_says(&error, ASH_ERR_FORMAT, "read: ", path, "variable 'v'",
                    "member 'v/0.0' of the archive is damaged: its CRC-32 is ", NULL);
            else
                must(&error);
            ash_file_release(file);
        }
    }
    const char *path = make_groups(ZIP_STORED, 2, 0);
    int64_t n;
    unsigned char *bytes = read_bytes(path, &n);
    for (unsigned char *meta; (meta = memmem(bytes, (size_t)n, "\"shape\"", 7));)
        meta[1] = 'S';
    write_bytes(path, bytes, n);
    ash_error_state error = { 0 };
    ash_file *file = ash_file_open(path, "open", &error);
    if (file) {
        assert_null(ash_file_variable(file, "v", "open", &error));
        ash_file_release(file);
    }
    assert_says(&error, ASH_ERR_FORMAT, "open: ", path, "of the archive is damaged: its CRC-32 is ", NULL);
    free(bytes);
    free(whole);
    free(got);
}

/* ---- Failing memory ---- */

static int read_all(const char *path, const char *name, ash_error_state *error) {
    static const int64_t zero[2] = { 0 }, all[2] = { 3, 4 }, one[2] = { 1, 1 };
    static const double values[12] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
    double got[12];
    ash_file *file = ash_file_open(path, "open", error);
    const ash_variable *variable = file ? ash_file_variable(file, name, "open", error) : NULL;
    if (variable && read_box(file, variable, zero, all, one, got, error) == ASH_OK) {
        assert_memory_equal(got, values, sizeof got);
        assert_true(ash_file_coordinate(file, variable, 1, error) || error->status == ASH_ERR_MEMORY);
        ash_error_state missing = { 0 };
        assert_null(ash_file_variable(file, "w", "open", &missing));
        if (error->status == ASH_OK && missing.status != ASH_ERR_NOT_FOUND)
            *error = missing;
    }
    ash_file_release(file);
    return error->status == ASH_OK;
}

static void test_failing_memory(void **state) {
    (void)state;
    enum { ROUNDS_MAX = 1000 };
    char path[512];
    for (int k = 0; k < 8; k++) {
        strcpy(path, make_groups(k & 1 ? ZIP_MIXED : FOLDER, 2 + (k >> 1 & 1), 0));
        int64_t n = 1;
        for (; n < ROUNDS_MAX; n++) {
            ash_error_state error = { 0 };
            ash_fail_allocations(n, k >> 2);
            int done = read_all(path, "g/h/v", &error);
            ash_fail_allocations(0, 0);
            if (done)
                break;
            if (error.status != ASH_ERR_MEMORY)
                fail_msg("allocation %d: %s", (int)n, error.text);
        }
        assert_in_range(n, 10, ROUNDS_MAX - 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_arrays), cmocka_unit_test(test_large_chunks), cmocka_unit_test(test_counts),
        cmocka_unit_test(test_fill_values), cmocka_unit_test(test_groups), cmocka_unit_test(test_consolidated),
        cmocka_unit_test(test_paths), cmocka_unit_test(test_nczarr), cmocka_unit_test(test_data_folder),
        cmocka_unit_test(test_hostile_metadata), cmocka_unit_test(test_hostile_metadata_3), cmocka_unit_test(test_damaged_chunks),
        cmocka_unit_test(test_odd_files), cmocka_unit_test(test_lying_archives), cmocka_unit_test(test_checksums),
        cmocka_unit_test(test_failing_memory) };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
