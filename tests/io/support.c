#include "support.h"

#include "io/hdf5_reader.h"

#include <dirent.h>
#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

int make_folder(void **state) {
    (void)state;
    if (getenv("ASH_TEST_DIRECT")) /* small variables too are read without the library */
        ash_hdf5_small_bytes = 0;
    strcpy(folder, "/tmp/ashlar-io-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

const char *in_folder(const char *name) {
    static _Thread_local char path[4][512];
    static _Thread_local int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

int entries_in_folder(void) {
    int n = 0;
    DIR *stream = opendir(folder);
    assert_non_null(stream);
    while (readdir(stream))
        n++;
    closedir(stream);
    return n - 2;
}

const char *data_folder(void) {
    struct stat about;
    const char *path = getenv("ASH_TEST_DATA");
    if (!path)
        path = ASH_TEST_DATA_DEFAULT;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode) ? path : NULL;
}

void write_bytes(const char *path, const void *bytes, int64_t n) {
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, (size_t)n, stream), n);
    fclose(stream);
}

void *read_bytes(const char *path, int64_t *n) {
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    fseek(stream, 0, SEEK_END);
    *n = ftell(stream);
    rewind(stream);
    void *bytes = malloc((size_t)*n + 1);
    assert_int_equal(fread(bytes, 1, (size_t)*n, stream), *n);
    fclose(stream);
    return bytes;
}

void copy_cut(const char *from, const char *to, int64_t n) {
    int64_t size;
    void *bytes = read_bytes(from, &size);
    write_bytes(to, bytes, n < size ? n : size);
    free(bytes);
}

void nc_must(int result) {
    if (result != NC_NOERR)
        fail_msg("%s", nc_strerror(result));
}

void must(const ash_error_state *error) {
    if (error->status != ASH_OK)
        fail_msg("%s", error->text);
}

void assert_says(const ash_error_state *error, ash_status status, ...) {
    va_list words;
    va_start(words, status);
    for (const char *word; (word = va_arg(words, const char *));)
        if (!strstr(error->text, word))
            fail_msg("'%s' is not in: %s", word, error->text);
    va_end(words);
    if (error->status != status)
        fail_msg("status %d: %s", (int)error->status, error->text);
}

ash_file *open_file(const char *path) {
    ash_error_state error = { 0 };
    ash_file *file = ash_file_open(path, "open", &error);
    must(&error);
    assert_non_null(file);
    return file;
}

const ash_variable *find_variable(ash_file *file, const char *name) {
    ash_error_state error = { 0 };
    const ash_variable *variable = ash_file_variable(file, name, "open", &error);
    must(&error);
    assert_non_null(variable);
    return variable;
}

void refuse_open(const char *path, ash_status status, const char *a, const char *b) {
    ash_error_state error = { 0 };
    assert_null(ash_file_open(path, "open", &error));
    assert_says(&error, status, "open: ", a, b, NULL);
}

void refuse_variable(ash_file *file, const char *name, ash_status status, const char *a, const char *b) {
    ash_error_state error = { 0 };
    assert_null(ash_file_variable(file, name, "open", &error));
    assert_says(&error, status, "open: ", a, b, NULL);
}

uint64_t next_random(uint64_t *state) {
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

int64_t random_below(uint64_t *state, int64_t n) {
    return (int64_t)(next_random(state) % (uint64_t)n);
}

int64_t element_count(int ndim, const int64_t shape[]) {
    int64_t n = 1;
    for (int i = 0; i < ndim; i++)
        n *= shape[i];
    return n;
}

void random_box(uint64_t *random, int ndim, const int64_t shape[], int64_t max_step, int64_t start[], int64_t extent[], int64_t step[]) {
    for (int i = 0; i < ndim; i++) {
        step[i] = 1 + random_below(random, max_step);
        start[i] = random_below(random, shape[i]);
        extent[i] = 1 + random_below(random, (shape[i] - start[i] - 1) / step[i] + 1);
        if (random_below(random, 4) == 0 && step[i] == 1) {
            start[i] = 0;
            extent[i] = shape[i];
        }
    }
}

void slice(const void *whole, int ndim, const int64_t shape[], int64_t size, const int64_t start[], const int64_t extent[],
    const int64_t step[], void *out) {
    int64_t n = element_count(ndim, extent);
    for (int64_t k = 0; k < n; k++) {
        int64_t rest = k, offset = 0, stride = 1;
        for (int i = ndim - 1; i >= 0; i--) {
            offset += (start[i] + rest % extent[i] * step[i]) * stride;
            rest /= extent[i];
            stride *= shape[i];
        }
        memcpy((char *)out + k * size, (const char *)whole + offset * size, (size_t)size);
    }
}

ash_status read_box(ash_file *file, const ash_variable *variable, const int64_t start[], const int64_t extent[], const int64_t step[],
    void *buffer, ash_error_state *error) {
    ash_read_scratch scratch = { 0 };
    ash_status status = ash_file_read(file, variable, start, extent, step, buffer, &scratch, error);
    ash_read_scratch_free(&scratch);
    return status;
}

void check_boxes(ash_file *file, const ash_variable *variable, const void *whole, int rounds, uint64_t seed) {
    int64_t size = ash_dtype_size(variable->dtype), n = element_count(variable->ndim, variable->shape);
    int64_t start[ASH_MAX_NDIM], extent[ASH_MAX_NDIM], step[ASH_MAX_NDIM];
    char *got = malloc((size_t)(n * size) + 1), *expected = malloc((size_t)(n * size) + 1);
    ash_read_scratch scratch = { 0 }; /* kept from box to box */
    for (int round = 0; round < rounds && n > 0; round++) {
        ash_error_state error = { 0 };
        random_box(&seed, variable->ndim, variable->shape, round % 2 ? 5 : 1, start, extent, step);
        int64_t bytes = element_count(variable->ndim, extent) * size;
        slice(whole, variable->ndim, variable->shape, size, start, extent, step, expected);
        memset(got, 0x5a, (size_t)bytes + 1);
        ash_file_read(file, variable, start, extent, step, got, &scratch, &error);
        must(&error);
        assert_memory_equal(got, expected, (size_t)bytes);
        assert_int_equal(got[bytes], 0x5a);
    }
    ash_read_scratch_free(&scratch);
    free(got);
    free(expected);
}
