/* Stored layouts that are rare in the wild, made by HDF5 and NetCDF-C and compared with what these read: types, chunk indexes, edges, storage that
 * was never written, user blocks, links; and what is refused. Filters and damaged files are in test_io_filters.c. */
#include "stored_support.h"

#include "base/dtype.h"

#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const ash_dtype dtypes[] = { ASH_INT8, ASH_UINT8, ASH_INT16, ASH_UINT16, ASH_INT32, ASH_UINT32, ASH_INT64, ASH_UINT64, ASH_FLOAT32,
    ASH_FLOAT64 };
enum { DTYPES = sizeof dtypes / sizeof dtypes[0] };

static void write_whole(hid_t dataset, ash_dtype dtype, const void *values) {
    assert_true(H5Dwrite(dataset, ash_hdf5_native_type(dtype), H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
}

static hid_t new_dataset(hid_t file, const char *name, hid_t type, const sample *as) {
    hid_t creation = creation_of(as), dataset = create_dataset(file, name, type, as, creation);
    H5Pclose(creation);
    return dataset;
}

/* ---- Types ---- */

static const sample chunked = { "chunked", 2, { 11, 7 }, { 4, 3 }, 0, 0, H5D_CHUNK_IDX_BTREE, H5D_ALLOC_TIME_DEFAULT, 0 };
static const sample contiguous = { "contiguous", 2, { 11, 7 }, { 0 }, 0, 0, H5D_CHUNK_IDX_BTREE, H5D_ALLOC_TIME_DEFAULT, 0 };

static void test_types(void **state) {
    (void)state;
    for (int swap = 0; swap < 2; swap++) {
        for (int layout = 0; layout < 2; layout++) {
            hid_t file = create_file("types.h5", 0);
            for (int i = 0; i < DTYPES; i++) {
                hid_t type = stored_type(dtypes[i], swap),
                      dataset = new_dataset(file, ash_dtype_name(dtypes[i]), type, layout ? &chunked : &contiguous);
                void *values = random_values(dtypes[i], 77, 1, (uint64_t)i);
                write_whole(dataset, dtypes[i], values);
                free(values);
                H5Dclose(dataset);
                H5Tclose(type);
            }
            H5Fclose(file);
            for (int i = 0; i < DTYPES; i++)
                check_against_hdf5(in_folder("types.h5"), ash_dtype_name(dtypes[i]), dtypes[i], BY_ASHLAR);
        }
    }
}

/* Enums as their integers, in both byte orders; what h5py makes of bool. */
static void test_enums(void **state) {
    (void)state;
    static const int8_t flags[77] = { 0, 1, 1, 0, 1 };
    static const int16_t kinds[77] = { 0, 300, -5, 300 };
    hid_t file = create_file("enums.h5", 0), boolean = H5Tenum_create(H5T_NATIVE_INT8), base = stored_type(ASH_INT16, 1),
          kind = H5Tenum_create(base), native_kind = H5Tenum_create(H5T_NATIVE_INT16);
    H5Tenum_insert(boolean, "FALSE", &(int8_t){ 0 });
    H5Tenum_insert(boolean, "TRUE", &(int8_t){ 1 });
    for (int i = 0; i < 3; i++) {
        static const char *const name[] = { "none", "many", "less" };
        int16_t swapped = (int16_t)__builtin_bswap16((uint16_t)kinds[i]);
        H5Tenum_insert(native_kind, name[i], &kinds[i]);
        H5Tenum_insert(kind, name[i], &swapped); /* members are given in the order of the type */
    }
    hid_t a = new_dataset(file, "bool", boolean, &chunked), b = new_dataset(file, "kind", kind, &chunked);
    assert_true(H5Dwrite(a, boolean, H5S_ALL, H5S_ALL, H5P_DEFAULT, flags) >= 0);
    assert_true(H5Dwrite(b, native_kind, H5S_ALL, H5S_ALL, H5P_DEFAULT, kinds) >= 0);
    H5Dclose(a);
    H5Dclose(b);
    H5Tclose(boolean);
    H5Tclose(base);
    H5Tclose(kind);
    H5Tclose(native_kind);
    H5Fclose(file);
    check_dataset(in_folder("enums.h5"), "bool", ASH_INT8, flags, BY_ASHLAR);
    check_dataset(in_folder("enums.h5"), "kind", ASH_INT16, kinds, BY_ASHLAR);
}

/* Integers of 3 bytes, or with unused bits, are converted by the library. */
static void test_odd_integers(void **state) {
    (void)state;
    int32_t *values = random_values(ASH_INT32, 77, 0, 3);
    hid_t file = create_file("odd.h5", 0), three = H5Tcopy(H5T_STD_I32BE), narrow = H5Tcopy(H5T_STD_U16LE);
    H5Tset_precision(three, 24);
    H5Tset_size(three, 3);
    H5Tset_precision(narrow, 11);
    H5Tset_offset(narrow, 2);
    hid_t a = new_dataset(file, "three", three, &chunked), b = new_dataset(file, "narrow", narrow, &contiguous);
    write_whole(a, ASH_INT32, values);
    write_whole(b, ASH_INT32, values);
    H5Dclose(a);
    H5Dclose(b);
    H5Tclose(three);
    H5Tclose(narrow);
    H5Fclose(file);
    check_dataset(in_folder("odd.h5"), "three", ASH_INT32, values, BY_LIBRARY);
    check_against_hdf5(in_folder("odd.h5"), "narrow", ASH_UINT16, BY_LIBRARY);
    free(values);
}

/* ---- Layouts ---- */

#define LATE H5D_ALLOC_TIME_DEFAULT, 0
#define EARLY H5D_ALLOC_TIME_EARLY, 0
#define WHOLE_EDGES H5D_ALLOC_TIME_DEFAULT, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS
static const sample layouts[] = {
    { "contiguous, one dimension", 1, { 1000 }, { 0 }, 0, 0, 0, LATE },
    { "contiguous, large", 2, { 300, 301 }, { 0 }, 0, 0, 0, LATE },
    { "v1 B-tree", 3, { 7, 9, 11 }, { 2, 4, 5 }, 0, 0, H5D_CHUNK_IDX_BTREE, LATE },
    { "v1 B-tree, unlimited", 3, { 7, 9, 11 }, { 1, 9, 11 }, 1, 0, H5D_CHUNK_IDX_BTREE, LATE },
    { "v1 B-tree, early", 2, { 20, 30 }, { 6, 7 }, 0, 0, H5D_CHUNK_IDX_BTREE, EARLY },
    { "v1 B-tree, many", 2, { 64, 66 }, { 3, 3 }, 2, 0, H5D_CHUNK_IDX_BTREE, LATE },
    { "single chunk", 2, { 9, 11 }, { 9, 11 }, 0, 1, H5D_CHUNK_IDX_SINGLE, LATE },
    { "one chunk larger than the shape", 2, { 9, 11 }, { 16, 16 }, 2, 0, H5D_CHUNK_IDX_BTREE, LATE },
    { "implicit", 3, { 7, 9, 11 }, { 2, 4, 5 }, 0, 1, H5D_CHUNK_IDX_NONE, EARLY },
    { "fixed array", 3, { 7, 9, 11 }, { 2, 4, 5 }, 0, 1, H5D_CHUNK_IDX_FARRAY, LATE },
    { "fixed array, paged", 1, { 5000 }, { 2 }, 0, 1, H5D_CHUNK_IDX_FARRAY, LATE },
    { "extensible array", 3, { 7, 9, 11 }, { 2, 4, 5 }, 1, 1, H5D_CHUNK_IDX_EARRAY, LATE },
    { "extensible array, many", 1, { 6000 }, { 2 }, 1, 1, H5D_CHUNK_IDX_EARRAY, LATE },
    { "v2 B-tree", 3, { 7, 9, 11 }, { 2, 4, 5 }, 2, 1, H5D_CHUNK_IDX_BT2, LATE },
    { "v2 B-tree, many", 2, { 64, 66 }, { 3, 3 }, 2, 1, H5D_CHUNK_IDX_BT2, LATE },
    { "four dimensions", 4, { 3, 4, 5, 6 }, { 2, 3, 2, 4 }, 0, 1, H5D_CHUNK_IDX_FARRAY, LATE },
    { "large chunks", 2, { 300, 301 }, { 130, 170 }, 0, 0, H5D_CHUNK_IDX_BTREE, LATE },
    { "edges not filtered", 2, { 20, 30 }, { 6, 7 }, 0, 1, H5D_CHUNK_IDX_FARRAY, WHOLE_EDGES },
    { "edges not filtered, unlimited", 2, { 20, 28 }, { 6, 7 }, 2, 1, H5D_CHUNK_IDX_BT2, WHOLE_EDGES },
};
enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

static void check_layout(const sample *as, int filters, ash_dtype dtype, int swap) {
    hid_t file = create_file("layout.h5", as->latest), creation = creation_of(as), type = stored_type(dtype, swap);
    void *values = random_values(dtype, sample_elements(as), 0, 9);
    if (filters > 0)
        H5Pset_shuffle(creation);
    if (filters > 1) {
        H5Pset_deflate(creation, 3);
        H5Pset_fletcher32(creation);
    }
    hid_t dataset = create_dataset(file, "v", type, as, creation);
    H5D_chunk_index_t index = as->index;
    if (as->chunk[0])
        assert_true(H5Dget_chunk_index_type(dataset, &index) >= 0);
    if (index != as->index && !(filters && as->index == H5D_CHUNK_IDX_NONE))
        fail_msg("%s: HDF5 chose chunk index %d", as->name, (int)index);
    write_whole(dataset, dtype, values);
    H5Dclose(dataset);
    H5Tclose(type);
    H5Pclose(creation);
    H5Fclose(file);
    reader who = filters > 1 ? reader_of(ASH_FILTER_DEFLATE) : BY_ASHLAR;
    check_dataset(in_folder("layout.h5"), "v", dtype, values, who);
    check_against_hdf5(in_folder("layout.h5"), "v", dtype, who);
    free(values);
}

static void test_layouts(void **state) {
    (void)state;
    for (int i = 0; i < LAYOUTS; i++) {
        for (int filters = 0; filters < (layouts[i].chunk[0] ? 3 : 1); filters++) {
            check_layout(&layouts[i], filters, ASH_INT16, 1);
            check_layout(&layouts[i], filters, ASH_FLOAT64, 0);
        }
    }
}

/* Compact datasets are in the header; those without a size, or without dimensions, have one element or none. */
static void test_small_layouts(void **state) {
    (void)state;
    static const sample scalar = { "scalar", 0, { 0 }, { 0 }, 0, 0, 0, LATE }, empty = { "empty", 2, { 0, 5 }, { 2, 5 }, 1, 0, 0, LATE };
    float *values = random_values(ASH_FLOAT32, 77, 1, 5);
    hid_t file = create_file("small.h5", 0), compact = H5Pcreate(H5P_DATASET_CREATE), big = stored_type(ASH_FLOAT32, 1);
    H5Pset_layout(compact, H5D_COMPACT);
    hid_t a = create_dataset(file, "compact", big, &contiguous, compact), b = new_dataset(file, "scalar", big, &scalar),
          c = new_dataset(file, "empty", big, &empty);
    write_whole(a, ASH_FLOAT32, values);
    write_whole(b, ASH_FLOAT32, values);
    H5Dclose(a);
    H5Dclose(b);
    H5Dclose(c);
    H5Tclose(big);
    H5Pclose(compact);
    H5Fclose(file);
    check_dataset(in_folder("small.h5"), "compact", ASH_FLOAT32, values, BY_LIBRARY);
    check_dataset(in_folder("small.h5"), "scalar", ASH_FLOAT32, values, BY_ASHLAR);
    check_dataset(in_folder("small.h5"), "empty", ASH_FLOAT32, values, BY_LIBRARY);
    free(values);
}

static void test_user_block(void **state) {
    (void)state;
    double *values = random_values(ASH_FLOAT64, 77, 1, 6);
    hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_userblock(creation, 2048);
    hid_t file = H5Fcreate(in_folder("block.h5"), H5F_ACC_TRUNC, creation, H5P_DEFAULT);
    hid_t a = new_dataset(file, "chunked", H5T_IEEE_F64LE, &chunked), b = new_dataset(file, "contiguous", H5T_IEEE_F64BE, &contiguous);
    write_whole(a, ASH_FLOAT64, values);
    write_whole(b, ASH_FLOAT64, values);
    H5Dclose(a);
    H5Dclose(b);
    H5Pclose(creation);
    H5Fclose(file);
    check_dataset(in_folder("block.h5"), "chunked", ASH_FLOAT64, values, BY_ASHLAR);
    check_dataset(in_folder("block.h5"), "contiguous", ASH_FLOAT64, values, BY_ASHLAR);
    free(values);
}

/* ---- Storage that was never written ---- */

typedef enum fill_kind { FILL_DEFAULT, FILL_SET, FILL_NEVER, FILL_SET_NEVER, FILL_UNDEFINED, FILL_KINDS } fill_kind;

static void set_fill(hid_t creation, fill_kind kind) {
    if (kind == FILL_SET || kind == FILL_SET_NEVER)
        H5Pset_fill_value(creation, H5T_NATIVE_DOUBLE, &(double){ -7 });
    if (kind == FILL_NEVER || kind == FILL_SET_NEVER)
        H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER);
    if (kind == FILL_UNDEFINED)
        H5Pset_fill_value(creation, H5T_NATIVE_DOUBLE, NULL);
}

/* Writes rows 4 to 7 only, the second row of chunks. */
static void write_some(hid_t dataset, const int16_t *values) {
    const hsize_t start[2] = { 4, 0 }, count[2] = { 4, 7 };
    hid_t space = H5Dget_space(dataset), memory = H5Screate_simple(2, count, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_INT16, memory, space, H5P_DEFAULT, values) >= 0);
    H5Sclose(memory);
    H5Sclose(space);
}

static void test_absent(void **state) {
    (void)state;
    int16_t *values = random_values(ASH_INT16, 28, 1, 8);
    for (int latest = 0; latest < 2; latest++) {
        for (fill_kind kind = 0; kind < FILL_KINDS; kind++) {
            int16_t fill = kind == FILL_SET || kind == FILL_SET_NEVER ? -7 : 0, none[77], some[77];
            for (int i = 0; i < 77; i++) {
                none[i] = fill;
                some[i] = i >= 28 && i < 56 ? values[i - 28] : fill;
            }
            hid_t file = create_file("absent.h5", latest), creation = creation_of(&chunked), plain = creation_of(&contiguous);
            set_fill(creation, kind);
            set_fill(plain, kind);
            hid_t a = create_dataset(file, "chunked", H5T_STD_I16BE, &chunked, creation),
                  b = create_dataset(file, "no_chunks", H5T_STD_I16LE, &chunked, creation),
                  c = create_dataset(file, "contiguous", H5T_STD_I16BE, &contiguous, plain);
            write_some(a, values);
            H5Dclose(a);
            H5Dclose(b);
            H5Dclose(c);
            H5Pclose(plain);
            H5Pclose(creation);
            H5Fclose(file);
            check_dataset(in_folder("absent.h5"), "chunked", ASH_INT16, some, BY_ASHLAR);
            check_dataset(in_folder("absent.h5"), "no_chunks", ASH_INT16, none, BY_ASHLAR);
            check_dataset(in_folder("absent.h5"), "contiguous", ASH_INT16, none, BY_ASHLAR);
            int16_t *by_hdf5 = values_by_hdf5(in_folder("absent.h5"), "chunked", ASH_INT16, &fill);
            assert_memory_equal(by_hdf5, some, sizeof some);
            free(by_hdf5);
        }
    }
    free(values);
}

/* A dataset that shrank and grew again has fill values where it was cut off, in the middle of chunks too. */
static void test_shrunk(void **state) {
    (void)state;
    const hsize_t less[2] = { 5, 4 }, more[2] = { 13, 9 };
    for (int latest = 0; latest < 2; latest++) {
        sample as = chunked;
        as.unlimited = 2;
        int32_t *values = random_values(ASH_INT32, 77, 1, 2);
        hid_t file = create_file("shrunk.h5", latest), creation = creation_of(&as);
        H5Pset_fill_value(creation, H5T_NATIVE_INT, &(int){ 99 });
        H5Pset_deflate(creation, 1);
        hid_t dataset = create_dataset(file, "v", H5T_STD_I32LE, &as, creation);
        write_whole(dataset, ASH_INT32, values);
        assert_true(H5Dset_extent(dataset, less) >= 0 && H5Dset_extent(dataset, more) >= 0);
        H5Dclose(dataset);
        H5Pclose(creation);
        H5Fclose(file);
        check_against_hdf5(in_folder("shrunk.h5"), "v", ASH_INT32, reader_of(ASH_FILTER_DEFLATE));
        free(values);
    }
}

/* ---- Storage elsewhere ---- */

static void test_external(void **state) {
    (void)state;
    int16_t *values = random_values(ASH_INT16, 77, 1, 4);
    write_bytes(in_folder("raw.bin"), values, 154);
    hid_t file = create_file("external.h5", 0), creation = creation_of(&contiguous);
    H5Pset_external(creation, in_folder("raw.bin"), 0, 154);
    H5Dclose(create_dataset(file, "v", H5T_NATIVE_INT16, &contiguous, creation));
    H5Pclose(creation);
    H5Fclose(file);
    check_dataset(in_folder("external.h5"), "v", ASH_INT16, values, BY_LIBRARY);
    free(values);
}

static void test_virtual(void **state) {
    (void)state;
    const hsize_t shape[2] = { 11, 7 };
    int16_t *values = random_values(ASH_INT16, 77, 1, 4);
    hid_t file = create_file("source.h5", 1), source = new_dataset(file, "v", H5T_NATIVE_INT16, &chunked);
    write_whole(source, ASH_INT16, values);
    H5Dclose(source);
    H5Fclose(file);
    file = create_file("virtual.h5", 1);
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(2, shape, NULL);
    H5Pset_virtual(creation, space, in_folder("source.h5"), "v", space);
    H5Dclose(create_dataset(file, "w", H5T_NATIVE_INT16, &contiguous, creation));
    H5Sclose(space);
    H5Pclose(creation);
    H5Fclose(file);
    check_dataset(in_folder("virtual.h5"), "w", ASH_INT16, values, BY_LIBRARY);
    free(values);
}

/* Hard, soft and external links. What lies in another file is read by the library. */
static void test_links(void **state) {
    (void)state;
    int16_t *values = random_values(ASH_INT16, 77, 1, 4);
    hid_t other = create_file("other.h5", 0), dataset = new_dataset(other, "v", H5T_NATIVE_INT16, &chunked);
    write_whole(dataset, ASH_INT16, values);
    H5Dclose(dataset);
    H5Fclose(other);
    hid_t file = create_file("links.h5", 0);
    dataset = new_dataset(file, "v", H5T_NATIVE_INT16, &chunked);
    write_whole(dataset, ASH_INT16, values);
    H5Dclose(dataset);
    H5Lcreate_hard(file, "v", file, "hard", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/v", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/nowhere", file, "dangling", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external(in_folder("other.h5"), "v", file, "elsewhere", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external(in_folder("absent.h5"), "v", file, "lost", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    unlink(in_folder("absent.h5"));
    check_dataset(in_folder("links.h5"), "v", ASH_INT16, values, BY_ASHLAR);
    check_dataset(in_folder("links.h5"), "hard", ASH_INT16, values, BY_ASHLAR);
    check_dataset(in_folder("links.h5"), "soft", ASH_INT16, values, BY_ASHLAR);
    check_dataset(in_folder("links.h5"), "elsewhere", ASH_INT16, values, BY_LIBRARY);
    ash_file *opened = open_file(in_folder("links.h5"));
    refuse_variable(opened, "dangling", ASH_ERR_NOT_FOUND, "'dangling'", "links.h5");
    refuse_variable(opened, "lost", ASH_ERR_NOT_FOUND, "'lost'", "links.h5");
    ash_file_release(opened);
    free(values);
}

/* Groups that hold each other, by hard and soft links, in which NetCDF-C would go round for ever. */
static void test_tangled_groups(void **state) {
    (void)state;
    int16_t *values = random_values(ASH_INT16, 77, 1, 4);
    hid_t file = create_file("tangled.h5", 0), group = H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
          dataset = new_dataset(group, "v", H5T_NATIVE_INT16, &chunked);
    write_whole(dataset, ASH_INT16, values);
    H5Lcreate_hard(file, "/", group, "root", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(file, "/g", group, "itself", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/g", group, "softly", H5P_DEFAULT, H5P_DEFAULT);
    H5Dclose(dataset);
    H5Gclose(group);
    H5Fclose(file);
    check_dataset(in_folder("tangled.h5"), "g/v", ASH_INT16, values, BY_ASHLAR);
    check_dataset(in_folder("tangled.h5"), "g/root/g/itself/v", ASH_INT16, values, BY_ASHLAR);
    ash_file *opened = open_file(in_folder("tangled.h5"));
    refuse_variable(opened, "w", ASH_ERR_NOT_FOUND, "'w'", "it has g/v");
    ash_file_release(opened);
    free(values);
}

/* A group of the older kind whose heap has a ring of free blocks, which HDF5 would follow until there is no memory. */
static void test_endless_heap(void **state) {
    (void)state;
    for (hsize_t block = 0; block <= 512; block += 512) {
        int64_t bytes, at, free_block = 0;
        hid_t plain = H5Pcreate(H5P_FILE_CREATE);
        H5Pset_userblock(plain, block);
        hid_t file = H5Fcreate(in_folder("endless.h5"), H5F_ACC_TRUNC, plain, H5P_DEFAULT);
        hid_t group = H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        H5Gclose(group);
        H5Fclose(file);
        H5Pclose(plain);
        ash_file_release(open_file(in_folder("endless.h5"))); /* whole it can be opened */
        unsigned char *contents = read_bytes(in_folder("endless.h5"), &bytes);
        for (at = 0; at < bytes - 32 && memcmp(contents + at, "HEAP", 4) != 0; at++)
            continue;
        assert_true(at < bytes - 32);
        memcpy(&free_block, contents + at + 16, 1);
        at = (int64_t)block + (contents[at + 24] | contents[at + 25] << 8) + free_block; /* of the heap's data, both are small */
        contents[at] = (unsigned char)free_block;
        memset(contents + at + 1, 0, 7);
        write_bytes(in_folder("endless.h5"), contents, bytes);
        free(contents);
        refuse_open(in_folder("endless.h5"), ASH_ERR_FORMAT, "endless.h5", "a heap of names is a ring or lies beyond its end");
    }
}

/* ---- What is refused ---- */

static void make_refused(const char *name) {
    const hsize_t two[1] = { 2 }, deep[17] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    hid_t file = create_file(name, 0);
    hid_t half = H5Tcopy(H5T_IEEE_F32LE), compound = H5Tcreate(H5T_COMPOUND, 8), opaque = H5Tcreate(H5T_OPAQUE, 5),
          text = H5Tcopy(H5T_C_S1), words = H5Tcopy(H5T_C_S1);
    H5Tset_fields(half, 15, 10, 5, 0, 10);
    H5Tset_size(half, 2);
    H5Tset_ebias(half, 15);
    H5Tinsert(compound, "a", 0, H5T_NATIVE_INT);
    H5Tset_size(text, 7);
    H5Tset_size(words, H5T_VARIABLE);
    struct {
        const char *name;
        hid_t type;
    } rows[] = {
        { "half", half },
        { "compound", compound },
        { "opaque", opaque },
        { "text", text },
        { "words", words },
        { "ragged", H5Tvlen_create(H5T_NATIVE_INT) },
        { "object", H5Tcopy(H5T_STD_REF_OBJ) },
        { "region", H5Tcopy(H5T_STD_REF_DSETREG) },
        { "bits", H5Tcopy(H5T_STD_B16LE) },
        { "array", H5Tarray_create2(H5T_NATIVE_INT, 1, two) },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        H5Dclose(new_dataset(file, rows[i].name, rows[i].type, &contiguous));
        H5Tclose(rows[i].type);
    }
    hid_t nothing = H5Screate(H5S_NULL), many = H5Screate_simple(17, deep, NULL);
    H5Dclose(H5Dcreate2(file, "nothing", H5T_NATIVE_INT, nothing, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Dclose(H5Dcreate2(file, "deep", H5T_NATIVE_INT, many, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(nothing);
    H5Sclose(many);
    H5Fclose(file);
}

static void test_refused(void **state) {
    (void)state;
    static const struct {
        const char *name, *words;
        ash_status status;
    } rows[] = {
        { "half", "float16", ASH_ERR_DTYPE },
        { "compound", "a compound type", ASH_ERR_DTYPE },
        { "opaque", "an opaque type", ASH_ERR_DTYPE },
        { "text", "text (string)", ASH_ERR_DTYPE },
        { "words", "text (string)", ASH_ERR_DTYPE },
        { "ragged", "a variable-length (vlen) type", ASH_ERR_DTYPE },
        { "object", "a reference type", ASH_ERR_DTYPE },
        { "region", "a reference type", ASH_ERR_DTYPE },
        { "bits", "a bit field type", ASH_ERR_DTYPE },
        { "array", "an array type", ASH_ERR_DTYPE },
        { "nothing", "null dataspace", ASH_ERR_UNSUPPORTED },
        { "deep", "17 dimensions", ASH_ERR_UNSUPPORTED },
    };
    make_refused("refused.h5");
    ash_file *file = open_file(in_folder("refused.h5"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuse_variable(file, rows[i].name, rows[i].status, rows[i].name, rows[i].words);
    ash_file_release(file);
}

/* ---- Files that change ---- */

static ash_status read_first(ash_file *file, int16_t *value, ash_error_state *error) {
    static const int64_t zero[2] = { 0 }, one[2] = { 1, 1 };
    return read_box(file, find_variable(file, "v"), zero, one, one, value, error);
}

static void make_one(const char *name, int16_t first) {
    int16_t values[77] = { first };
    hid_t file = create_file(name, 0), dataset = new_dataset(file, "v", H5T_NATIVE_INT16, &chunked);
    write_whole(dataset, ASH_INT16, values);
    H5Dclose(dataset);
    H5Fclose(file);
}

static void test_changed_files(void **state) {
    (void)state;
    int16_t value = 0;
    int64_t n;
    make_one("changes.h5", 5);
    ash_file *file = open_file(in_folder("changes.h5"));
    ash_error_state fine = { 0 }, changed = { 0 }, longer = { 0 }, replaced = { 0 };
    read_first(file, &value, &fine);
    must(&fine);
    assert_int_equal(value, 5);
    usleep(20000); /* longer than a tick of the file system's clock */
    void *bytes = read_bytes(in_folder("changes.h5"), &n);
    FILE *stream = fopen(in_folder("changes.h5"), "r+b");
    fwrite(bytes, 1, (size_t)n, stream); /* the same bytes: nobody can know */
    fclose(stream);
    read_first(file, &value, &changed);
    assert_says(&changed, ASH_ERR_IO, "read: ", "changes.h5", "'v'", "the file was changed after it was opened", NULL);
    stream = fopen(in_folder("changes.h5"), "ab");
    fwrite(bytes, 1, 10, stream);
    fclose(stream);
    read_first(file, &value, &longer);
    assert_says(&longer, ASH_ERR_IO, "'v'", "bytes when it was opened and now has", NULL);
    ash_file_release(file);
    free(bytes);

    /* Another file under the same name: what is open is the old one. */
    make_one("replaced.h5", 6);
    make_one("new.h5", 7);
    file = open_file(in_folder("replaced.h5"));
    assert_int_equal(rename(in_folder("new.h5"), in_folder("replaced.h5")), 0);
    read_first(file, &value, &replaced);
    must(&replaced);
    assert_int_equal(value, 6);
    ash_file_release(file);
}

/* ---- NetCDF-4 on top ---- */

/* Every type with records that are partly missing, compared with NetCDF-C. */
static void test_netcdf(void **state) {
    (void)state;
    static const nc_type types[DTYPES] = { NC_BYTE, NC_UBYTE, NC_SHORT, NC_USHORT, NC_INT, NC_UINT, NC_INT64, NC_UINT64, NC_FLOAT,
        NC_DOUBLE };
    static const size_t start[2] = { 5, 1 }, count[2] = { 3, 6 }, chunk[2] = { 2, 5 };
    int file, dims[2], id;
    for (int endian = NC_ENDIAN_LITTLE; endian <= NC_ENDIAN_BIG; endian++) {
        nc_must(nc_create(in_folder("four.nc"), NC_CLOBBER | NC_NETCDF4, &file));
        nc_must(nc_def_dim(file, "t", NC_UNLIMITED, &dims[0]));
        nc_must(nc_def_dim(file, "x", 7, &dims[1]));
        for (int i = 0; i < DTYPES; i++) {
            void *values = random_values(dtypes[i], 18, 1, (uint64_t)i);
            nc_must(nc_def_var(file, ash_dtype_name(dtypes[i]), types[i], 2, dims, &id));
            nc_must(nc_def_var_chunking(file, id, NC_CHUNKED, chunk));
            nc_must(nc_def_var_endian(file, id, endian));
            if (i % 3)
                nc_must(nc_def_var_deflate(file, id, i % 3 == 1, 1, 2));
            if (i % 2)
                nc_must(nc_def_var_fletcher32(file, id, NC_FLETCHER32));
            if (i < 4)
                nc_must(nc_def_var_fill(file, id, NC_NOFILL, NULL));
            nc_must(nc_put_vara(file, id, i == DTYPES - 1 ? start : (size_t[]){ 2, 1 }, count, values));
            free(values);
        }
        nc_must(nc_close(file));
        nc_must(nc_open(in_folder("four.nc"), NC_NOWRITE, &file));
        for (int i = 0; i < DTYPES; i++) {
            unsigned char expected[8 * 7 * 8] = { 0 }; /* where NetCDF-C leaves memory as it is, there are zeros */
            nc_must(nc_inq_varid(file, ash_dtype_name(dtypes[i]), &id));
            nc_must(nc_get_var(file, id, expected));
            check_dataset(
                in_folder("four.nc"), ash_dtype_name(dtypes[i]), dtypes[i], expected, i % 3 ? reader_of(ASH_FILTER_DEFLATE) : BY_ASHLAR);
        }
        nc_must(nc_close(file));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_enums),
        cmocka_unit_test(test_odd_integers),
        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_small_layouts),
        cmocka_unit_test(test_user_block),
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_shrunk),
        cmocka_unit_test(test_external),
        cmocka_unit_test(test_virtual),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_tangled_groups),
        cmocka_unit_test(test_endless_heap),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_changed_files),
        cmocka_unit_test(test_netcdf),
    };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
