/* Opening files through the public functions: Zarr stores, .npy files and raw binary as lazy arrays. */
#include "core_test.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

static ash_context *ctx;
static char test_folder[64];

/* Four paths at a time. */
static const char *test_path(const char *name) {
    static char path[4][256];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", test_folder, name);
    return path[next];
}

static void put(const char *path, const void *head, int64_t head_bytes, const void *bytes, int64_t n) {
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(head, 1, (size_t)head_bytes, stream), head_bytes);
    assert_int_equal(fwrite(bytes, 1, (size_t)n, stream), n);
    fclose(stream);
}

static void same_values(ash_array a, ash_dtype dtype, const void *expected, int64_t bytes) {
    if (!ash_ok(a)) {
        fail_msg("%s", ash_error(ctx));
    }
    assert_int_equal(ash_array_dtype(a), dtype);
    assert_int_equal(ash_size(a) * ash_dtype_size(dtype), bytes);
    void *got = values_of(a);
    assert_memory_equal(got, expected, (size_t)bytes);
    free(got);
}

/* ---- Raw ---- */

static void test_raw(void **state) {
    (void)state;
    static const int16_t whole[6] = { 1, 2, 3, 4, 5, 256 }, swapped[6] = { 256, 512, 768, 1024, 1280, 1 },
                         turned[6] = { 1, 3, 5, 2, 4, 256 };
    static const int64_t shape[2] = { 2, 3 };
    char path[512];
    strcpy(path, test_path("raw.bin"));
    put(path, "header", 6, whole, sizeof whole);
    ash_array a = ash_open_raw(ctx, path, ASH_INT16, 2, shape, &(ash_raw_options){ .offset = 6, .dims = "y,x", .chunks = "1,3" });
    same_values(a, ASH_INT16, whole, sizeof whole);
    assert_string_equal(ash_dim_name(a, 1), "x");
    same_values(ash_open_raw(ctx, path, ASH_INT16, 2, shape, &(ash_raw_options){ .offset = 6, .byte_order = "big" }), ASH_INT16, swapped,
        sizeof whole);
    same_values(
        ash_open_raw(ctx, path, ASH_INT16, 2, shape, &(ash_raw_options){ .offset = 6, .order = "F" }), ASH_INT16, turned, sizeof whole);
    same_values(ash_index(ash_open_raw(ctx, path, ASH_INT16, 1, (int64_t[]){ 4 }, &(ash_raw_options){ .offset = 6 }), "3:0:-1"), ASH_INT16,
        (int16_t[]){ 4, 3, 2 }, 6);
    char params[700];
    snprintf(params, sizeof params, "path='%s'; dtype=int16; shape=[2,3]; offset=6; order=F; dims='y,x'", path);
    same_values(ash_apply(ctx, "open_raw", 0, NULL, params), ASH_INT16, turned, sizeof whole);
    same_values(ash_open_raw(ctx, path, ASH_INT16, 2, (int64_t[]){ 0, 9 }, NULL), ASH_INT16, whole, 0);
}

static void test_raw_mistakes(void **state) {
    (void)state;
    static const int64_t two[2] = { 2, 3 }, huge[2] = { INT64_MAX / 2, 3 }, negative[1] = { -1 };
    const char *path = test_path("raw.bin");
    static const struct {
        int dtype, ndim;
        const int64_t *shape;
        ash_raw_options options;
        ash_status status;
        const char *words;
    } rows[] = {
        { ASH_INT16, 2, two, { .offset = 7 }, ASH_ERR_FORMAT,
            "int16 of shape (2, 3) has 12 bytes behind the first 7, but the file has 18 in all" },
        { ASH_INT16, 2, two, { .offset = 19 }, ASH_ERR_FORMAT, "18 in all" },
        { ASH_INT16, 2, huge, { 0 }, ASH_ERR_FORMAT, "larger than any file" },
        { ASH_INT16, 1, negative, { 0 }, ASH_ERR_SHAPE, "extent of axis 0 must be >= 0, found -1" },
        { ASH_INT16, 17, two, { 0 }, ASH_ERR_SHAPE, "ndim must be from 0 to 16" },
        { ASH_INT16, 1, NULL, { 0 }, ASH_ERR_SHAPE, "no shape" },
        { 99, 1, two, { 0 }, ASH_ERR_DTYPE, "99 is not a dtype" },
        { ASH_INT16, 1, two, { .offset = -1 }, ASH_ERR_ARGUMENT, "offset must be >= 0" },
        { ASH_INT16, 1, two, { .order = "A" }, ASH_ERR_ARGUMENT, "order is 'A'" },
        { ASH_INT16, 1, two, { .byte_order = "middle" }, ASH_ERR_ARGUMENT, "byte_order is 'middle'" },
        { ASH_INT16, 1, two, { .dims = "a,b" }, ASH_ERR_ARGUMENT, "set_dims" },
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        ash_array a = ash_open_raw(ctx, path, (ash_dtype)rows[k].dtype, rows[k].ndim, rows[k].shape, &rows[k].options);
        assert_false(ash_ok(a));
        if (!strstr(ash_error(ctx), rows[k].words)) {
            fail_msg("%s", ash_error(ctx));
        }
    }
    assert_false(ash_ok(ash_open_raw(ctx, ".", ASH_INT8, 1, two, NULL)));
    assert_sentence(ctx, ASH_ERR_FORMAT, "open_raw: .: is a folder");
    assert_false(ash_ok(ash_open_raw(ctx, NULL, ASH_INT8, 1, two, NULL)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "open_raw: path is NULL");
}

/* ---- .npy ---- */

/* A file of this version with a header that is padded as NumPy does it. */
static const char *npy(int version, const char *header, const void *bytes, int64_t n) {
    static char path[512];
    unsigned char head[400] = "\x93NUMPY";
    int at = version == 1 ? 10 : 12, length = (int)strlen(header), padded = length + 63 - (at + length) % 64 + 1;
    head[6] = (unsigned char)version;
    head[8] = (unsigned char)padded;
    head[9] = (unsigned char)(padded >> 8);
    memset(head + at, ' ', (size_t)padded);
    memcpy(head + at, header, (size_t)length);
    strcpy(path, test_path("some values.npy"));
    put(path, head, at + padded, bytes, n);
    return path;
}

static void test_npy(void **state) {
    (void)state;
    static const double whole[6] = { 1, 2, 3, 4, 5, NAN }, turned[6] = { 1, 3, 5, 2, 4, NAN };
    static const float pair[2] = { 1.5f, -2 };
    unsigned char swapped[8];
    for (int b = 0; b < 8; b++) {
        swapped[b] = ((const unsigned char *)pair)[b / 4 * 4 + 3 - b % 4];
    }
    for (int version = 1; version <= 3; version++) {
        const char *path = npy(version, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", whole, sizeof whole);
        ash_array a = ash_open(ctx, path, NULL, NULL);
        same_values(a, ASH_FLOAT64, whole, sizeof whole);
        assert_int_equal(ash_ndim(a), 2);
        same_values(ash_open(ctx, path, "some values", NULL), ASH_FLOAT64, whole, sizeof whole);
        assert_false(ash_ok(ash_open(ctx, path, "other", NULL)));
        assert_sentence(ctx, ASH_ERR_NOT_FOUND, "has no variable 'other'; it has some values");
    }
    same_values(ash_open(ctx, npy(1, "{\"shape\": (2L,3L), 'fortran_order':True,'descr':'<f8'}", whole, sizeof whole), "", NULL),
        ASH_FLOAT64, turned, sizeof whole);
    same_values(
        ash_open(ctx, npy(1, "{'descr': '>c8', 'fortran_order': False, 'shape': ()}", swapped, 8), "", NULL), ASH_COMPLEX64, pair, 8);
    same_values(
        ash_open(ctx, npy(1, "{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}", "\1\0\1", 3), "", NULL), ASH_BOOL, "\1\0\1", 3);
    same_values(ash_open(ctx, npy(1, "{'descr': '<u2', 'fortran_order': False, 'shape': (0, 7)}", "", 0), "", NULL), ASH_UINT16, "", 0);
}

static void test_npy_mistakes(void **state) {
    (void)state;
    static const struct {
        const char *header, *words;
        ash_status status;
    } rows[] = {
        { "{'descr': '<f2', 'fortran_order': False, 'shape': (3,)}", "float16", ASH_ERR_DTYPE },
        { "{'descr': '<U3', 'fortran_order': False, 'shape': (3,)}", "text", ASH_ERR_DTYPE },
        { "{'descr': '|O', 'fortran_order': False, 'shape': (3,)}", "Python objects", ASH_ERR_DTYPE },
        { "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}", "structured", ASH_ERR_DTYPE },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}", "24 bytes", ASH_ERR_FORMAT },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999, 9999999999999)}", "larger than any file", ASH_ERR_FORMAT },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}", "header is damaged", ASH_ERR_FORMAT },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", "header is damaged", ASH_ERR_FORMAT },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)}", "16 dimensions", ASH_ERR_FORMAT },
        { "{'descr': '<f8', 'fortran_order': Maybe, 'shape': (1,)}", "header is damaged", ASH_ERR_FORMAT },
        { "{'descr': '<f8', 'fortran_order': False}", "header is damaged", ASH_ERR_FORMAT },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}", "header is damaged", ASH_ERR_FORMAT },
        { "{'descr", "header is damaged", ASH_ERR_FORMAT },
        { "{", "header is damaged", ASH_ERR_FORMAT },
        { "", "header is damaged", ASH_ERR_FORMAT },
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        assert_false(ash_ok(ash_open(ctx, npy(1, rows[k].header, "12345678", 8), "", NULL)));
        if (!strstr(ash_error(ctx), rows[k].words)) {
            fail_msg("%s: %s", rows[k].header, ash_error(ctx));
        }
    }
    assert_false(ash_ok(ash_open(ctx, npy(4, "{}", "", 0), "", NULL)));
    assert_sentence(ctx, ASH_ERR_UNSUPPORTED, "version 4");
    put(test_path("cut.npy"), "\x93NUMPY\1\0\377\377{", 11, "", 0);
    assert_false(ash_ok(ash_open(ctx, test_path("cut.npy"), "", NULL)));
    assert_sentence(ctx, ASH_ERR_FORMAT, "65535 bytes, the file 11");
    put(test_path("cut.npy"), "\x93NUMPY", 6, "", 0);
    assert_false(ash_ok(ash_open(ctx, test_path("cut.npy"), "", NULL)));
}

/* Every first bytes of a file, and every single byte of its header made something else: an error or an array. */
static void test_npy_damage(void **state) {
    (void)state;
    unsigned char bytes[140];
    FILE *stream = fopen(npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }", "12345678", 8), "rb");
    int64_t n = (int64_t)fread(bytes, 1, sizeof bytes, stream);
    fclose(stream);
    for (int64_t k = 0; k < n + 80 * 5; k++) {
        unsigned char lie[140];
        memcpy(lie, bytes, sizeof lie);
        if (k >= n) {
            lie[(k - n) / 5] = (unsigned char)"\0)'\3779"[(k - n) % 5];
        }
        put(test_path("lie.npy"), lie, k < n ? k : n, "", 0);
        ash_array a = ash_open(ctx, test_path("lie.npy"), "", NULL);
        assert_true(ash_ok(a) || *ash_error(ctx));
        if (ash_ok(a)) {
            free(values_of(a));
        }
    }
}

/* ---- Zarr ---- */

static void test_zarr(void **state) {
    (void)state;
    static const int16_t stored[4] = { 2, -99, 6, 8 };
    char folder[512];
    strcpy(folder, test_path("t.zarr"));
    mkdir(folder, 0777);
    mkdir(test_path("t.zarr/grp"), 0777);
    mkdir(test_path("t.zarr/grp/v"), 0777);
    mkdir(test_path("t.zarr/x"), 0777);
    static const char group[] = "{\"zarr_format\": 2}",
                      dims[] = "{\"_ARRAY_DIMENSIONS\": [\"x\"], \"scale_factor\": 0.5, \"units\": \"K\"}",
                      v[] = "{\"zarr_format\": 2, \"shape\": [4], \"chunks\": [2], \"dtype\": \"<i2\", \"order\": \"C\", \"fill_value\": "
                            "-99, \"compressor\": null, \"filters\": null}",
                      x[] = "{\"zarr_format\": 2, \"shape\": [4], \"chunks\": [4], \"dtype\": \"|i1\", \"order\": \"C\", \"fill_value\": "
                            "null, \"compressor\": null, \"filters\": null}";
    put(test_path("t.zarr/.zgroup"), group, sizeof group - 1, "", 0);
    put(test_path("t.zarr/grp/.zgroup"), group, sizeof group - 1, "", 0);
    put(test_path("t.zarr/grp/v/.zarray"), v, sizeof v - 1, "", 0);
    put(test_path("t.zarr/grp/v/.zattrs"), dims, sizeof dims - 1, "", 0);
    put(test_path("t.zarr/grp/v/0"), stored, 4, "", 0);
    put(test_path("t.zarr/x/.zarray"), x, sizeof x - 1, "", 0);
    put(test_path("t.zarr/x/.zattrs"), "{\"_ARRAY_DIMENSIONS\": [\"x\"]}", 28, "", 0);
    put(test_path("t.zarr/x/0"), "\1\2\3\4", 4, "", 0);
    ash_array a = ash_open(ctx, folder, "grp/v", NULL);
    if (!ash_ok(a) && strstr(ash_error(ctx), "json-c")) {
        skip(); /* built without Zarr */
    }
    same_values(a, ASH_FLOAT64, (double[]){ 1, NAN, NAN, NAN }, 32);
    same_values(ash_coord(a, "x"), ASH_INT8, "\1\2\3\4", 4);
    same_values(ash_open(ctx, folder, "grp/v", &(ash_open_options){ .raw = true }), ASH_INT16, (int16_t[]){ 2, -99, -99, -99 }, 8);
    same_values(ash_open(ctx, test_path("t.zarr/x"), NULL, NULL), ASH_INT8, "\1\2\3\4", 4);
    assert_false(ash_ok(ash_open(ctx, folder, NULL, NULL)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "variable is not named, and the file has 2: grp/v, x");
}

static int begin(void **state) {
    (void)state;
    ctx = ash_context_new(NULL);
    strcpy(test_folder, "/tmp/ashlar-open-XXXXXX");
    return ctx && mkdtemp(test_folder) ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    char command[128];
    ash_context_free(ctx);
    snprintf(command, sizeof command, "rm -rf '%s'", test_folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_raw), cmocka_unit_test(test_raw_mistakes), cmocka_unit_test(test_npy),
        cmocka_unit_test(test_npy_mistakes), cmocka_unit_test(test_npy_damage), cmocka_unit_test(test_zarr) };
    return cmocka_run_group_tests(tests, begin, end);
}
