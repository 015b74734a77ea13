/* Filters of stored chunks: every one and mixtures of them, filters left out of some chunks, chunks that only Ashlar can decode; and chunks that are
 * damaged, cut short, of the wrong size or in the wrong place. */
#include "encoders.h"
#include "stored_support.h"

#include "base/dtype.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const sample grid = { "grid", 2, { 37, 50 }, { 10, 16 }, 0, 0, H5D_CHUNK_IDX_BTREE, H5D_ALLOC_TIME_DEFAULT, 0 };
enum { CHUNKS = 4 * 4, CHUNK_ELEMENTS = 160, ELEMENTS = 37 * 50 };

/* The filters of a dataset, with E for the element size and B for the bytes of a chunk as they are known only then. */
enum { E = 1 << 20, B = 1 << 21 };
typedef struct filters {
    const char *name;
    ash_pipeline pipeline;
} filters;

#define SHUFFLE \
    { \
        ASH_FILTER_SHUFFLE, 1, { \
            E \
        } \
    }
#define DEFLATE \
    { \
        ASH_FILTER_DEFLATE, 1, { \
            4 \
        } \
    }
#define FLETCHER \
    { \
        ASH_FILTER_FLETCHER32, 0, { \
            0 \
        } \
    }
#define ZSTD \
    { \
        ASH_FILTER_ZSTD, 1, { \
            3 \
        } \
    }
#define LZ4(block) \
    { \
        ASH_FILTER_LZ4, 1, { \
            block \
        } \
    }
#define BLOSC(shuffle, compressor) \
    { \
        ASH_FILTER_BLOSC, 7, { \
            2, 2, E, B, 5, shuffle, compressor \
        } \
    }
static const filters rows[] = {
    { "none", { 0 } },
    { "deflate", { 1, { DEFLATE } } },
    { "shuffle", { 1, { SHUFFLE } } },
    { "fletcher32", { 1, { FLETCHER } } },
    { "shuffle, deflate", { 2, { SHUFFLE, DEFLATE } } },
    { "shuffle, deflate, fletcher32", { 3, { SHUFFLE, DEFLATE, FLETCHER } } },
    { "fletcher32, shuffle, deflate", { 3, { FLETCHER, SHUFFLE, DEFLATE } } },
    { "shuffle, fletcher32", { 2, { SHUFFLE, FLETCHER } } },
    { "deflate, shuffle", { 2, { DEFLATE, SHUFFLE } } },
    { "deflate, deflate", { 2, { DEFLATE, DEFLATE } } },
    { "zstd", { 1, { ZSTD } } },
    { "shuffle, zstd", { 2, { SHUFFLE, ZSTD } } },
    { "lz4", { 1, { LZ4(0) } } },
    { "lz4 in blocks", { 1, { LZ4(100) } } },
    { "shuffle, lz4, fletcher32", { 3, { SHUFFLE, LZ4(256), FLETCHER } } },
    { "blosclz", { 1, { BLOSC(0, 0) } } },
    { "blosclz, bytes", { 1, { BLOSC(1, 0) } } },
    { "blosclz, bits", { 1, { BLOSC(2, 0) } } },
    { "blosc lz4, bits", { 1, { BLOSC(2, 1) } } },
    { "blosc lz4hc, bytes", { 1, { BLOSC(1, 2) } } },
    { "blosc snappy, bytes", { 1, { BLOSC(1, 3) } } },
    { "blosc zlib, bytes", { 1, { BLOSC(1, 4) } } },
    { "blosc zstd, bits", { 1, { BLOSC(2, 5) } } },
    { "shuffle, zstd, lz4, deflate", { 4, { SHUFFLE, ZSTD, LZ4(0), DEFLATE } } },
    { "lz4 in small blocks, zstd", { 2, { LZ4(4), ZSTD } } },
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static ash_pipeline pipeline_of(const filters *row, ash_dtype dtype) {
    ash_pipeline pipeline = row->pipeline;
    for (int i = 0; i < pipeline.count; i++) {
        for (int k = 0; k < pipeline.filter[i].count; k++) {
            uint32_t *value = &pipeline.filter[i].value[k];
            *value = *value == E ? (uint32_t)ash_dtype_size(dtype)
                : *value == B    ? (uint32_t)(CHUNK_ELEMENTS * ash_dtype_size(dtype))
                                 : *value;
        }
    }
    return pipeline;
}

/* Not demanded, so that HDF5 takes those that it does not have. */
static void set_filters(hid_t creation, const ash_pipeline *pipeline) {
    for (int i = 0; i < pipeline->count; i++)
        assert_true(H5Pset_filter(creation, pipeline->filter[i].id, H5Z_FLAG_OPTIONAL, (size_t)pipeline->filter[i].count,
                        pipeline->filter[i].value) >= 0);
}

static int library_has(const ash_pipeline *pipeline) {
    for (int i = 0; i < pipeline->count; i++)
        if (H5Zfilter_avail(pipeline->filter[i].id) <= 0)
            return 0;
    return 1;
}

static int can_make(const ash_pipeline *pipeline) {
    for (int i = 0; i < pipeline->count; i++)
        if (!can_encode(pipeline->filter[i].id))
            return 0;
    return 1;
}

/* Chunk k of the values in the stored byte order; what it has beyond the edge is noise. */
static void cut_chunk(const unsigned char *values, int k, int64_t size, int swap, unsigned char *chunk) {
    memset(chunk, 0xA5, (size_t)(CHUNK_ELEMENTS * size));
    for (int i = 0; i < 10 && k / 4 * 10 + i < 37; i++)
        for (int j = 0; j < 16 && k % 4 * 16 + j < 50; j++)
            for (int64_t b = 0; b < size; b++)
                chunk[(i * 16 + j) * size + b] = values[((k / 4 * 10 + i) * 50 + k % 4 * 16 + j) * size + (swap ? size - 1 - b : b)];
}

static void write_chunk(hid_t dataset, int k, uint32_t mask, const void *bytes, int64_t n) {
    const hsize_t offset[2] = { (hsize_t)(k / 4 * 10), (hsize_t)(k % 4 * 16) };
    assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, mask, offset, (size_t)n, bytes) >= 0);
}

/* A dataset of chunks encoded here, written in any order. Every chunk has some filters left out if `masked`. 0 if the encoders cannot. */
static int make_encoded(const char *name, const ash_pipeline *pipeline, ash_dtype dtype, int swap, int masked, const void *values) {
    int64_t size = ash_dtype_size(dtype), n;
    unsigned char *chunk = malloc((size_t)(CHUNK_ELEMENTS * size));
    hid_t file = create_file(name, 0), creation = creation_of(&grid), type = stored_type(dtype, swap);
    int made = 1;
    set_filters(creation, pipeline);
    hid_t dataset = create_dataset(file, "v", type, &grid, creation);
    for (int i = 0; i < CHUNKS && made; i++) {
        int k = i * 7 % CHUNKS;
        uint32_t mask = masked ? (uint32_t)k % (1u << pipeline->count) : 0;
        cut_chunk(values, k, size, swap, chunk);
        unsigned char *encoded = encode_chunk(pipeline, mask, chunk, CHUNK_ELEMENTS * size, &n);
        made = encoded != NULL;
        if (made)
            write_chunk(dataset, k, mask, encoded, n);
        free(encoded);
    }
    H5Dclose(dataset);
    H5Tclose(type);
    H5Pclose(creation);
    H5Fclose(file);
    free(chunk);
    return made;
}

/* ---- Filters ---- */

static void check_filters(const filters *row, ash_dtype dtype, int swap, int masked, int rough) {
    ash_pipeline pipeline = pipeline_of(row, dtype);
    void *values = random_values(dtype, ELEMENTS, rough, 3);
    if (can_make(&pipeline) && make_encoded("encoded.h5", &pipeline, dtype, swap, masked, values)) {
        check_dataset(in_folder("encoded.h5"), "v", dtype, values, BY_ASHLAR);
        if (library_has(&pipeline))
            check_against_hdf5(in_folder("encoded.h5"), "v", dtype, BY_ASHLAR);
    }
    free(values);
}

static void test_encoded(void **state) {
    (void)state;
    for (int i = 0; i < ROWS; i++) {
        for (int masked = 0; masked < 2; masked++) {
            check_filters(&rows[i], ASH_UINT8, 0, masked, 0);
            check_filters(&rows[i], ASH_INT16, 1, masked, 0);
            check_filters(&rows[i], ASH_FLOAT32, 0, masked, 1);
            check_filters(&rows[i], ASH_FLOAT64, 1, masked, 1);
        }
    }
}

/* What the library writes itself, with its own filters; those without a decoder here are left to it. */
static void test_library_filters(void **state) {
    (void)state;
    static const H5Z_filter_t own[] = { H5Z_FILTER_SZIP, H5Z_FILTER_NBIT, H5Z_FILTER_SCALEOFFSET };
    static const ash_dtype dtypes[] = { ASH_UINT8, ASH_INT16, ASH_FLOAT32, ASH_INT64, ASH_FLOAT64 };
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        for (size_t d = 0; d < 2 * sizeof dtypes / sizeof dtypes[0]; d++) {
            unsigned about = 0;
            ash_dtype dtype = dtypes[d / 2];
            if (H5Zfilter_avail(own[i]) <= 0 || H5Zget_filter_info(own[i], &about) < 0 || !(about & H5Z_FILTER_CONFIG_ENCODE_ENABLED))
                continue;
            void *values = random_values(dtype, ELEMENTS, 0, 4);
            hid_t file = create_file("own.h5", 0), creation = creation_of(&grid), type = stored_type(dtype, d % 2);
            if (own[i] == H5Z_FILTER_SZIP)
                H5Pset_szip(creation, d % 2 ? H5_SZIP_NN_OPTION_MASK : H5_SZIP_EC_OPTION_MASK, d % 2 ? 8 : 16);
            else if (own[i] == H5Z_FILTER_NBIT)
                H5Pset_nbit(creation);
            else
                H5Pset_scaleoffset(creation, dtype >= ASH_FLOAT32 ? H5Z_SO_FLOAT_DSCALE : H5Z_SO_INT, dtype >= ASH_FLOAT32 ? 2 : 0);
            hid_t dataset = create_dataset(file, "v", type, &grid, creation);
            assert_true(H5Dwrite(dataset, ash_hdf5_native_type(dtype), H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
            H5Dclose(dataset);
            H5Tclose(type);
            H5Pclose(creation);
            H5Fclose(file);
            check_against_hdf5(in_folder("own.h5"), "v", dtype, reader_of(own[i]));
            free(values);
        }
    }
}

/* Filters that neither has are refused by number and name; which ones the library has depends on its plugins. */
static void test_unknown_filters(void **state) {
    (void)state;
    static const struct {
        int id;
        const char *words;
    } unknown[] = {
        { 333, "HDF5 filter 333 (unknown)" },
        { 307, "HDF5 filter 307 (bzip2)" },
        { 32000, "HDF5 filter 32000 (lzf)" },
        { 32008, "HDF5 filter 32008 (bitshuffle)" },
        { 32013, "HDF5 filter 32013 (zfp)" },
        { 32026, "HDF5 filter 32026 (blosc2)" },
    };
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        if (H5Zfilter_avail(unknown[i].id) > 0)
            continue;
        hid_t file = create_file("unknown.h5", 0), creation = creation_of(&grid);
        H5Pset_filter(creation, unknown[i].id, H5Z_FLAG_OPTIONAL, 0, NULL);
        H5Dclose(create_dataset(file, "v", H5T_NATIVE_INT, &grid, creation));
        H5Pclose(creation);
        H5Fclose(file);
        ash_file *opened = open_file(in_folder("unknown.h5"));
        refuse_variable(opened, "v", ASH_ERR_UNSUPPORTED, unknown[i].words, "not available");
        ash_file_release(opened);
    }
}

/* ---- Damage ---- */

/* Reads everything; 1 if that succeeded. An error must be a sentence with file and variable. */
static int read_all(const char *path, ash_dtype dtype, void *got) {
    static const int64_t zero[2] = { 0 }, whole[2] = { 37, 50 }, one[2] = { 1, 1 };
    ash_error_state error = { 0 };
    (void)dtype;
    ash_file *file = ash_file_open(path, "open", &error);
    const ash_variable *variable = file ? ash_file_variable(file, "v", "open", &error) : NULL;
    int read = variable && read_box(file, variable, zero, whole, one, got, &error) == ASH_OK;
    ash_file_release(file);
    if (!read && (!strstr(error.text, path) || !strstr(error.text, variable ? "'v'" : "")))
        fail_msg("a bad sentence: %s", error.text);
    return read;
}

/* Puts other bytes in place of chunk 5 and reads; 1 if that succeeded. */
static int read_with(uint32_t mask, const void *bytes, int64_t n, void *got) {
    hid_t file = H5Fopen(in_folder("damaged.h5"), H5F_ACC_RDWR, H5P_DEFAULT), dataset = H5Dopen2(file, "v", H5P_DEFAULT);
    write_chunk(dataset, 5, mask, bytes, n);
    H5Dclose(dataset);
    H5Fclose(file);
    return read_all(in_folder("damaged.h5"), ASH_INT32, got);
}

/* Filters whose data hold a checksum of what they decode to. */
static int is_checked(const ash_pipeline *pipeline) {
    for (int i = 0; i < pipeline->count; i++)
        if (pipeline->filter[i].id == ASH_FILTER_DEFLATE || pipeline->filter[i].id == ASH_FILTER_FLETCHER32)
            return 1;
    return 0;
}

static void damage_filter(const filters *row, const int32_t *values, int32_t *got) {
    ash_pipeline pipeline = pipeline_of(row, ASH_INT32);
    unsigned char chunk[2 * CHUNK_ELEMENTS * 4];
    int64_t n, bytes = CHUNK_ELEMENTS * 4;
    uint64_t random = 11;
    cut_chunk((const unsigned char *)values, 5, 4, 0, chunk);
    cut_chunk((const unsigned char *)values, 5, 4, 0, chunk + bytes);
    unsigned char *good = can_make(&pipeline) ? encode_chunk(&pipeline, 0, chunk, bytes, &n) : NULL;
    if (!good)
        return;
    assert_true(make_encoded("damaged.h5", &pipeline, ASH_INT32, 0, 0, values));
    if (!read_with(0, good, n, got) || memcmp(got, values, ELEMENTS * 4) != 0)
        fail_msg("%s: the chunk as it should be", row->name);
    for (int64_t length = n - 1; length > 0; length -= 1 + n / 16) { /* cut short */
        int read = read_with(0, good, length, got);
        if (read && (pipeline.count > 0 && memcmp(got, values, ELEMENTS * 4) != 0))
            fail_msg("%s: %lld of %lld bytes give wrong numbers", row->name, (long long)length, (long long)n);
    }
    for (int round = 0; round < 40; round++) { /* a byte that is another */
        int64_t at = random_below(&random, n);
        unsigned char was = good[at];
        good[at] ^= (unsigned char)(1 + random_below(&random, 255));
        int read = read_with(0, good, n, got);
        if (read && is_checked(&pipeline) && memcmp(got, values, ELEMENTS * 4) != 0)
            fail_msg("%s: byte %lld was changed and gives wrong numbers", row->name, (long long)at);
        good[at] = was;
    }
    free(good);
    for (int times = 0; times < 2 && pipeline.count > 0; times++) { /* of half a chunk, of two */
        good = encode_chunk(&pipeline, 0, chunk, times ? 2 * bytes : bytes / 2, &n);
        if (good && read_with(0, good, n, got))
            fail_msg("%s: a chunk of the wrong size is read", row->name);
        free(good);
    }
    if (pipeline.count > 0 && read_with(UINT32_MAX, chunk, bytes / 2, got))
        fail_msg("%s: a chunk of the wrong size without filters is read", row->name);
}

static void test_damaged_chunks(void **state) {
    (void)state;
    if (!is_direct_run()) /* it is Ashlar's decoders that are meant */
        skip();
    int32_t *values = random_values(ASH_INT32, ELEMENTS, 0, 5), *got = malloc(ELEMENTS * 4);
    for (int i = 0; i < ROWS; i++)
        damage_filter(&rows[i], values, got);
    free(values);
    free(got);
}

/* ---- Damaged tables ---- */

/* Finds the place of chunk 5 in the table, which for the earliest format is bytes of the file: address, and size before the mask and offsets. */
static unsigned char *find_bytes(unsigned char *in, int64_t n, const void *pattern, int64_t length) {
    unsigned char *found = memmem(in, (size_t)n, pattern, (size_t)length);
    assert_non_null(found);
    return found;
}

static void test_damaged_table(void **state) {
    (void)state;
    static const struct {
        int64_t address; /* 0: as it is, -1: that of the chunk before */
        uint32_t bytes;
        const char *words;
    } lies[] = {
        { INT64_C(1) << 40, 0, NULL },
        { INT64_MAX - 100, 0, NULL },
        { -3, 0, NULL },
        { -1, 0, "overlap" },
        { 0, 10, NULL },
        { 0, 0x7fffffff, NULL },
        { 0, 0xffffffff, NULL },
    };
    const ash_pipeline pipeline = { 1, { DEFLATE } };
    if (!can_make(&pipeline))
        skip();
    int32_t *values = random_values(ASH_INT32, ELEMENTS, 1, 5), *got = malloc(ELEMENTS * 4);
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        int64_t n;
        haddr_t address[2];
        hsize_t size, offset[2];
        unsigned mask;
        make_encoded("table.h5", &pipeline, ASH_INT32, 0, 0, values);
        hid_t file = H5Fopen(in_folder("table.h5"), H5F_ACC_RDONLY, H5P_DEFAULT), dataset = H5Dopen2(file, "v", H5P_DEFAULT),
              space = H5Dget_space(dataset);
        for (int k = 0; k < 2; k++)
            assert_true(H5Dget_chunk_info(dataset, space, (hsize_t)(4 + k), offset, &mask, &address[k], &size) >= 0);
        H5Sclose(space);
        H5Dclose(dataset);
        H5Fclose(file);
        unsigned char *bytes = read_bytes(in_folder("table.h5"), &n), *place = find_bytes(bytes, n, &address[1], 8);
        uint64_t lie = lies[i].address == -1 ? address[0] + 1 : (uint64_t)lies[i].address;
        if (lies[i].address != 0)
            memcpy(place, &lie, 8);
        else
            memcpy(place - 8 - 24, &lies[i].bytes, 4); /* the key before: size, mask, offsets in three dimensions */
        write_bytes(in_folder("table.h5"), bytes, n);
        free(bytes);
        int read = read_all(in_folder("table.h5"), ASH_INT32, got);
        if (read && is_direct_run())
            fail_msg("a damaged table, row %d, is read", (int)i);
    }
    free(values);
    free(got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encoded),
        cmocka_unit_test(test_library_filters),
        cmocka_unit_test(test_unknown_filters),
        cmocka_unit_test(test_damaged_chunks),
        cmocka_unit_test(test_damaged_table),
    };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
