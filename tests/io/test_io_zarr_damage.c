/* Zarr stores that are damaged or hostile are told in one sentence. */
#include "zarr_support.h"

#include "base/memory.h"
#include "io/zip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- What is wrong ---- */

/* A store of one group and one array is opened: the array is refused in these words, or, without any, it is not. */
static void open_array(
    const char *group_key, const char *group, const char *array_key, const char *array, ash_status status, const char *words) {
    const char *path = fresh(".zarr");
    maker m = maker_begin(FOLDER, path);
    maker_put_text(&m, group_key, group);
    maker_put_text(&m, array_key, array);
    maker_end(&m);
    ash_error_state error = { 0 };
    ash_file *file = open_store(path);
    const ash_variable *variable = ash_file_variable(file, "v", "open", &error);
    if (!words)
        must(&error);
    else if (variable)
        fail_msg("not refused: %s", array);
    else
        assert_says(&error, status, "open: ", path, words, NULL);
    ash_file_release(file);
}

static void refuse_array(const char *meta, ash_status status, const char *words) {
    open_array(".zgroup", "{\"zarr_format\": 2}", "v/.zarray", meta, status, words);
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
    open_array("zarr.json", "{\"zarr_format\": 3, \"node_type\": \"group\"}", "v/zarr.json", meta, status, words);
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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_metadata),
        cmocka_unit_test(test_hostile_metadata_3),
        cmocka_unit_test(test_damaged_chunks),
        cmocka_unit_test(test_odd_files),
        cmocka_unit_test(test_lying_archives),
        cmocka_unit_test(test_checksums),
        cmocka_unit_test(test_failing_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
