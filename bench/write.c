/* Writing: an array of the caller's to a file, compressed or plain, beside a bare loop of shuffling, deflating and pwrite on as many threads. Both sides sync the
 * file and rename it. */
#include "cases.h"
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#ifdef ASH_HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LAT = 180, LON = 360, CELLS = LAT * LON, STEPS_OF_CHUNK = 4, LEVEL = 4 };

typedef struct write_job {
    int64_t steps;
    float *values;
    ash_array array;
    int64_t stored; /* bytes of the limit's file */
} write_job;

enum { OUTPUT, LIMIT_TEMPORARY, LIMIT_OUTPUT };

/* Weather: a smooth field and noise, in steps of 1/64. */
static void make_step(int64_t k, float *out) {
    uint32_t noise = (uint32_t)k * 2654435761u + 1;
    for (int64_t i = 0; i < CELLS; i++) {
        noise = noise * 1664525u + 1013904223u;
        double smooth = 280 + 20 * cos((double)(i / LON) * 0.0174) + 5 * sin((double)(i % LON) * 0.0349 + (double)k * 0.1);
        out[i] = (float)(lrint((smooth + (double)(noise >> 28) * 0.05) * 64) / 64.0);
    }
}

static bool begin(bench_job *job) {
    static const char *const names[] = { "out.nc", "limit.tmp", "limit" };
    write_job *w = job->state = calloc(1, sizeof *w);
    if (!w)
        return bench_fail("%s: no memory", job->which->name);
    w->steps = job->size / (CELLS * 4) / STEPS_OF_CHUNK * STEPS_OF_CHUNK;
    w->steps = w->steps < 8 * STEPS_OF_CHUNK ? 8 * STEPS_OF_CHUNK : w->steps;
    w->values = malloc((size_t)w->steps * CELLS * sizeof *w->values);
    if (!w->values || !bench_files_begin(job->which->name, 3, names))
        return bench_fail("%s: no memory or no folder", job->which->name);
#pragma omp parallel for num_threads(job->threads) schedule(static)
    for (int64_t k = 0; k < w->steps; k++)
        make_step(k, w->values + k * CELLS);
    char chunks[64];
    snprintf(chunks, sizeof chunks, "%d, %d, %d", STEPS_OF_CHUNK, LAT, LON);
    w->array = ash_from_buffer(job->ctx, ASH_FLOAT32, 3, (int64_t[]){ w->steps, LAT, LON }, w->values,
        &(ash_make_options){ .dims = "time,lat,lon", .chunks = chunks });
    job->bytes = w->steps * CELLS * 4;
    return ash_ok(w->array) || bench_fail("%s: %s", job->which->name, ash_error(job->ctx));
}

static bool measured(bench_job *job) {
    write_job *w = job->state;
    int deflate = *(const int *)job->which->detail;
    ash_write_options options = { .size = sizeof options, .deflate = deflate, .shuffle = deflate > 0, .history = "" };
    return ash_write(w->array, bench_file(OUTPUT), "t", &options) == ASH_OK || bench_fail("%s: %s", job->which->name, ash_error(job->ctx));
}

static bool put(int file, const void *data, int64_t bytes, int64_t offset) {
    const char *from = data;
    for (ssize_t n; bytes > 0; bytes -= n, from += n, offset += n)
        if ((n = pwrite(file, from, (size_t)bytes, (off_t)offset)) <= 0)
            return false;
    return true;
}

static void shuffle(const float *in, int64_t n, unsigned char *restrict out) {
    const unsigned char *bytes = (const unsigned char *)in;
    for (int64_t i = 0; i < n; i++) {
        out[i] = bytes[4 * i];
        out[n + i] = bytes[4 * i + 1];
        out[2 * n + i] = bytes[4 * i + 2];
        out[3 * n + i] = bytes[4 * i + 3];
    }
}

/* What a thread of the limit does. */
static bool put_compressed(const write_job *w, int file, int64_t *end) {
#ifdef ASH_HAVE_LIBDEFLATE
    const int64_t n = (int64_t)CELLS * STEPS_OF_CHUNK, chunks = w->steps / STEPS_OF_CHUNK;
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(LEVEL);
    size_t capacity = libdeflate_zlib_compress_bound(compressor, (size_t)n * 4);
    unsigned char *shuffled = malloc((size_t)n * 4), *deflated = malloc(capacity);
    bool fine = compressor && shuffled && deflated;
#pragma omp for schedule(dynamic)
    for (int64_t k = 0; k < chunks; k++) {
        if (!fine)
            continue;
        shuffle(w->values + k * n, n, shuffled);
        int64_t bytes = (int64_t)libdeflate_zlib_compress(compressor, shuffled, (size_t)n * 4, deflated, capacity), at;
#pragma omp atomic capture
        {
            at = *end;
            *end += bytes;
        }
        fine = bytes > 0 && put(file, deflated, bytes, at);
    }
    free(shuffled);
    free(deflated);
    libdeflate_free_compressor(compressor);
    return fine;
#else
    (void)w, (void)file, (void)end;
    return false;
#endif
}

static bool put_plain(const write_job *w, int file) {
    const int64_t n = (int64_t)CELLS * STEPS_OF_CHUNK, chunks = w->steps / STEPS_OF_CHUNK;
    bool fine = true;
#pragma omp for schedule(static)
    for (int64_t k = 0; k < chunks; k++)
        fine = fine && put(file, w->values + k * n, n * 4, k * n * 4);
    return fine;
}

static bool limit(bench_job *job) {
    write_job *w = job->state;
    int compress = *(const int *)job->which->detail;
    int file = open(bench_file(LIMIT_TEMPORARY), O_RDWR | O_CREAT | O_TRUNC, 0666);
    int64_t end = 0;
    bool fine = file >= 0;
    if (fine && !compress)
        fine = posix_fallocate(file, 0, job->bytes) == 0;
#pragma omp parallel num_threads(job->threads) reduction(&& : fine)
    fine = fine && (compress ? put_compressed(w, file, &end) : put_plain(w, file));
    fine = fine && fsync(file) == 0;
    if (file >= 0)
        close(file);
    w->stored = compress ? end : job->bytes;
    fine = fine && rename(bench_file(LIMIT_TEMPORARY), bench_file(LIMIT_OUTPUT)) == 0;
    return fine || bench_fail("%s: the limit: %s", job->which->name, strerror(errno));
}

static bool check(bench_job *job) {
    const write_job *w = job->state;
    double difference = -1;
    ash_array read = ash_open(job->ctx, bench_file(OUTPUT), "t", NULL);
    ash_array worst = ash_max(ash_absolute(ash_sub(read, w->array)), NULL);
    float found;
    if (ash_compute(worst, &found, sizeof found, NULL) != ASH_OK)
        return bench_fail("%s: %s", job->which->name, ash_error(job->ctx));
    difference = (double)found;
    return difference == 0 || bench_fail("%s: what was written differs by %g", job->which->name, difference);
}

static void report(const bench_job *job, double seconds) {
    const write_job *w = job->state;
    (void)seconds;
    printf(",\"stored_bytes\":%lld", (long long)w->stored);
}

static void end(bench_job *job) {
    write_job *w = job->state;
    bench_files_end();
    if (w)
        free(w->values);
    free(w);
}

#define WRITE_CASE(word, text, level) \
    const bench_case bench_write_##word = { .name = "write_" #word, \
        .about = text, \
        .size = (int64_t)256 << 20, \
        .begin = begin, \
        .measured = measured, \
        .limit = limit, \
        .check = check, \
        .end = end, \
        .report = report, \
        .detail = &(const int){ level } }

WRITE_CASE(deflate, "an array to NetCDF-4, shuffled and deflated (level 4)", LEVEL);
WRITE_CASE(plain, "an array to NetCDF-4, contiguous", 0);
