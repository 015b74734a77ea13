#include "stored_support.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

hid_t creation_of(const sample *as) {
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    if (as->chunk[0])
        assert_true(H5Pset_chunk(creation, as->ndim, as->chunk) >= 0);
    if (as->options)
        assert_true(H5Pset_chunk_opts(creation, as->options) >= 0);
    assert_true(H5Pset_alloc_time(creation, as->allocation) >= 0);
    return creation;
}

hid_t create_file(const char *name, int latest) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, latest ? H5F_LIBVER_LATEST : H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
    hid_t file = H5Fcreate(in_folder(name), H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    assert_true(file >= 0);
    return file;
}

hid_t create_dataset(hid_t file, const char *name, hid_t type, const sample *as, hid_t creation) {
    hsize_t most[SAMPLE_NDIM];
    for (int a = 0; a < as->ndim; a++)
        most[a] = a < as->unlimited ? H5S_UNLIMITED : as->shape[a];
    hid_t space = as->ndim ? H5Screate_simple(as->ndim, as->shape, most) : H5Screate(H5S_SCALAR);
    hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Sclose(space);
    if (dataset < 0)
        fail_msg("dataset %s of %s cannot be created", name, as->name);
    return dataset;
}

int64_t sample_elements(const sample *as) {
    int64_t n = 1;
    for (int a = 0; a < as->ndim; a++)
        n *= (int64_t)as->shape[a];
    return n;
}

hid_t stored_type(ash_dtype dtype, int swap) {
    hid_t type = H5Tcopy(ash_hdf5_native_type(dtype));
    if (swap)
        H5Tset_order(type, H5Tget_order(type) == H5T_ORDER_LE ? H5T_ORDER_BE : H5T_ORDER_LE);
    return type;
}

void *random_values(ash_dtype dtype, int64_t n, int rough, uint64_t seed) {
    int64_t size = ash_dtype_size(dtype);
    unsigned char *values = malloc((size_t)(n * size) + 1);
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits = rough ? next_random(&seed) : (uint64_t)(i / 3 % 50 + random_below(&seed, 2));
        if (dtype == ASH_FLOAT32)
            bits &= UINT64_C(0xBFFFFFFF); /* not the exponents of infinity and NaN */
        else if (dtype == ASH_FLOAT64)
            bits &= UINT64_C(0xBFFFFFFFFFFFFFFF);
        memcpy(values + i * size, (unsigned char *)&bits + (H5Tget_order(H5T_NATIVE_INT) == H5T_ORDER_LE ? 0 : 8 - size), (size_t)size);
    }
    return values;
}

void *values_by_hdf5(const char *path, const char *name, ash_dtype dtype, const void *absent) {
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), dataset = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(dataset);
    int64_t n = H5Sget_simple_extent_npoints(space), size = ash_dtype_size(dtype);
    unsigned char *values = calloc((size_t)n + 1, (size_t)size);
    for (int64_t i = 0; absent && i < n; i++)
        memcpy(values + i * size, absent, (size_t)size);
    if (H5Dread(dataset, ash_hdf5_native_type(dtype), H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        fail_msg("HDF5 cannot read %s of %s", name, path);
    H5Sclose(space);
    H5Dclose(dataset);
    H5Fclose(file);
    return values;
}

reader reader_of(int filter) {
    const ash_codec *codec = ash_codec_find(filter);
    return codec && codec->decode ? BY_ASHLAR : BY_LIBRARY;
}

int is_direct_run(void) {
    return ash_hdf5_small_bytes == 0;
}

/* ---- Several threads ---- */

enum { THREADS = 3, LARGE = 20000 };

/* Boxes to be read of so many elements; fewer of what the library reads. */
static int boxes_of(int64_t elements) {
    int boxes = elements < LARGE ? 24 : 6;
    return is_direct_run() ? boxes : boxes / 3;
}

typedef struct worker {
    pthread_t thread;
    ash_file *file;
    const ash_variable *variable;
    const void *expected;
    uint64_t random;
    int wrong;
} worker;

static void *read_boxes(void *user) {
    worker *self = user;
    const ash_variable *variable = self->variable;
    int64_t size = ash_dtype_size(variable->dtype), n = element_count(variable->ndim, variable->shape);
    int64_t start[ASH_MAX_NDIM], extent[ASH_MAX_NDIM], step[ASH_MAX_NDIM];
    char *got = malloc((size_t)(n * size)), *expected = malloc((size_t)(n * size));
    ash_read_scratch scratch = { 0 };
    for (int i = 0; i < boxes_of(n) / 2; i++) {
        ash_error_state error = { 0 };
        random_box(&self->random, variable->ndim, variable->shape, i % 2 ? 4 : 1, start, extent, step);
        slice(self->expected, variable->ndim, variable->shape, size, start, extent, step, expected);
        self->wrong += ash_file_read(self->file, variable, start, extent, step, got, &scratch, &error) != ASH_OK ||
            memcmp(got, expected, (size_t)(size * element_count(variable->ndim, extent))) != 0;
    }
    ash_read_scratch_free(&scratch);
    free(got);
    free(expected);
    return NULL;
}

static void check_threads(ash_file *file, const ash_variable *variable, const void *expected) {
    worker workers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){ .file = file, .variable = variable, .expected = expected, .random = (uint64_t)i };
        assert_int_equal(pthread_create(&workers[i].thread, NULL, read_boxes, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].wrong, 0);
    }
}

/* ---- */

void check_dataset(const char *path, const char *name, ash_dtype dtype, const void *expected, reader who) {
    ash_file *file = open_file(path);
    const ash_variable *variable = find_variable(file, name);
    assert_int_equal(variable->dtype, dtype);
    int64_t n = element_count(variable->ndim, variable->shape), bytes = n * ash_dtype_size(dtype);
    int64_t zero[ASH_MAX_NDIM] = { 0 }, one[ASH_MAX_NDIM];
    for (int a = 0; a < variable->ndim; a++)
        one[a] = 1;
    char *got = malloc((size_t)bytes + 1);
    ash_error_state error = { 0 };
    memset(got, 0x5a, (size_t)bytes + 1);
    read_box(file, variable, zero, variable->shape, one, got, &error);
    must(&error);
    for (int64_t i = 0; i < bytes; i++)
        if (got[i] != ((const char *)expected)[i])
            fail_msg("%s of %s: element %lld differs", name, path, (long long)(i / ash_dtype_size(dtype)));
    assert_int_equal(got[bytes], 0x5a);
    if (n > 0) {
        check_boxes(file, variable, expected, boxes_of(n), (uint64_t)n);
        check_threads(file, variable, expected);
    }
    const ash_stored *stored = ((const ash_hdf5_variable *)variable->driver_data)->stored;
    if (is_direct_run() && n > 0 && (stored != NULL) != (who == BY_ASHLAR))
        fail_msg("%s of %s is read by %s", name, path, stored ? "Ashlar" : "the library");
    free(got);
    ash_file_release(file);
}

void check_against_hdf5(const char *path, const char *name, ash_dtype dtype, reader who) {
    void *expected = values_by_hdf5(path, name, dtype, NULL);
    check_dataset(path, name, dtype, expected, who);
    free(expected);
}
