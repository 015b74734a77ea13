#include "read_plain.h"

#include "bench.h"

#include <fcntl.h>
#include <hdf5.h>
#ifdef ASH_HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool plain_addresses(const char *path, const char *variable, int64_t chunks, int64_t steps_of_chunk, stored_chunk **chunk) {
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), dataset = file >= 0 ? H5Dopen2(file, variable, H5P_DEFAULT) : -1;
    *chunk = calloc((size_t)chunks, sizeof **chunk);
    bool found = dataset >= 0 && *chunk;
    for (int64_t k = 0; k < chunks && found; k++) {
        const hsize_t offset[3] = { (hsize_t)(k * steps_of_chunk), 0, 0 };
        unsigned mask;
        haddr_t address;
        hsize_t bytes;
        found = H5Dget_chunk_info_by_coord(dataset, offset, &mask, &address, &bytes) >= 0 && address != HADDR_UNDEF;
        (*chunk)[k] = (stored_chunk){ (int64_t)address, (int64_t)bytes };
    }
    if (dataset >= 0)
        H5Dclose(dataset);
    if (file >= 0)
        H5Fclose(file);
    return found || bench_fail("the chunks of %s in %s cannot be found", variable, path);
}

/* What a thread has. */
typedef struct reader {
    int file;
    unsigned char *stored, *shuffled, *values;
    void *inflater;
} reader;

static bool read_bytes(int file, unsigned char *out, int64_t bytes, int64_t address) {
    for (ssize_t got; bytes > 0; bytes -= got, out += got, address += got)
        if ((got = pread(file, out, (size_t)bytes, (off_t)address)) <= 0)
            return false;
    return true;
}

static bool inflate(const reader *r, int64_t bytes, int64_t expected) {
#ifdef ASH_HAVE_LIBDEFLATE
    return libdeflate_zlib_decompress(r->inflater, r->stored, (size_t)bytes, r->shuffled, (size_t)expected, NULL) == LIBDEFLATE_SUCCESS;
#else
    (void)r, (void)bytes, (void)expected;
    return false;
#endif
}

static void unshuffle(const unsigned char *in, int64_t n, int size, unsigned char *restrict out) {
    if (size == 2)
        for (int64_t i = 0; i < n; i++) {
            out[2 * i] = in[i];
            out[2 * i + 1] = in[n + i];
        }
    else
        for (int64_t i = 0; i < n; i++) {
            out[4 * i] = in[i];
            out[4 * i + 1] = in[n + i];
            out[4 * i + 2] = in[2 * n + i];
            out[4 * i + 3] = in[3 * n + i];
        }
}

static double sum_floats(const unsigned char *values, int64_t n) {
    const float *x = (const float *)(const void *)values;
    double lane[16] = { 0 }, sum = 0;
    for (int64_t i = 0; i + 16 <= n; i += 16)
        for (int l = 0; l < 16; l++)
            lane[l] += (double)x[i + l];
    for (int64_t i = n - n % 16; i < n; i++)
        sum += (double)x[i];
    for (int l = 0; l < 16; l++)
        sum += lane[l];
    return sum;
}

static void swap_floats(unsigned char *values, int64_t n) {
    uint32_t *x = (uint32_t *)(void *)values;
    for (int64_t i = 0; i < n; i++)
        x[i] = __builtin_bswap32(x[i]);
}

/* Unpacked one by one, as the values are meant. */
static double sum_shorts(const unsigned char *values, int64_t n, double scale, double offset) {
    const int16_t *x = (const int16_t *)(const void *)values;
    double lane[16] = { 0 }, sum = 0;
    for (int64_t i = 0; i + 16 <= n; i += 16)
        for (int l = 0; l < 16; l++)
            lane[l] += (double)x[i + l] * scale + offset;
    for (int64_t i = n - n % 16; i < n; i++)
        sum += (double)x[i] * scale + offset;
    for (int l = 0; l < 16; l++)
        sum += lane[l];
    return sum;
}

static bool chunk_sum(const stored_variable *v, const reader *r, int64_t k, double *sum) {
    int size = v->kind == ELEMENT_SHORT ? 2 : 4;
    unsigned char *values = v->deflated ? r->values : r->stored;
    bool done = read_bytes(r->file, r->stored, v->chunk[k].bytes, v->chunk[k].address) &&
        (!v->deflated || inflate(r, v->chunk[k].bytes, v->elements * size));
    if (!done)
        return false;
    if (v->deflated)
        unshuffle(r->shuffled, v->elements, size, r->values);
    if (v->kind == ELEMENT_FLOAT_BIG_ENDIAN)
        swap_floats(values, v->elements);
    *sum = v->kind == ELEMENT_SHORT ? sum_shorts(values, v->elements, v->scale, v->offset) : sum_floats(values, v->elements);
    return true;
}

static bool begin_reader(const stored_variable *v, reader *r) {
    int64_t largest = v->elements * 4;
    for (int64_t k = 0; k < v->chunks; k++)
        largest = v->chunk[k].bytes > largest ? v->chunk[k].bytes : largest;
    *r = (reader){ .file = open(v->path, O_RDONLY) };
    r->stored = malloc((size_t)largest);
    r->shuffled = malloc((size_t)largest);
    r->values = malloc((size_t)largest);
#ifdef ASH_HAVE_LIBDEFLATE
    r->inflater = libdeflate_alloc_decompressor();
#endif
    return r->file >= 0 && r->stored && r->shuffled && r->values;
}

static void end_reader(reader *r) {
#ifdef ASH_HAVE_LIBDEFLATE
    libdeflate_free_decompressor(r->inflater);
#endif
    free(r->stored);
    free(r->shuffled);
    free(r->values);
    if (r->file >= 0)
        close(r->file);
}

bool plain_slices(const stored_variable *v, int64_t lat, int64_t lon, int64_t n, const plain_slice slice[], double sum[]) {
    int64_t steps = v->elements / (lat * lon);
    reader r;
    bool fine = begin_reader(v, &r);
    for (int64_t k = 0; k < n && fine; k++) {
        const plain_slice *s = &slice[k];
        const stored_chunk *chunk = &v->chunk[s->time / steps];
        int64_t first = (s->time % steps * lat + s->lat) * lon, count = s->rows * lon;
        if (v->deflated) {
            fine = read_bytes(r.file, r.stored, chunk->bytes, chunk->address) && inflate(&r, chunk->bytes, v->elements * 4);
            for (int64_t i = 0; i < count && fine; i++) /* what is not needed stays shuffled */
                for (int64_t b = 0; b < 4; b++)
                    r.values[4 * i + b] = r.shuffled[b * v->elements + first + i];
        } else {
            fine = read_bytes(r.file, r.values, count * 4, chunk->address + first * 4);
        }
        const float *x = (const float *)(const void *)r.values;
        sum[k] = 0;
        for (int64_t i = 0; i < s->rows && fine; i++)
            for (int64_t j = 0; j < lon; j += s->step)
                sum[k] += (double)x[i * lon + j];
    }
    end_reader(&r);
    return fine || bench_fail("the bare loop cannot read %s", v->path);
}

bool plain_mean(const stored_variable *v, int threads, double *mean) {
    double total = 0;
    int failed = 0;
#pragma omp parallel num_threads(threads) reduction(+ : total, failed)
    {
        reader r;
        bool fine = begin_reader(v, &r);
#pragma omp for schedule(dynamic)
        for (int64_t k = 0; k < v->chunks; k++) {
            double sum = 0;
            failed += !fine || !chunk_sum(v, &r, k, &sum);
            total += sum;
        }
        end_reader(&r);
    }
    *mean = total / ((double)v->chunks * (double)v->elements);
    return failed == 0 || bench_fail("the bare loop cannot read %s", v->path);
}
