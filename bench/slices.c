/* Many small slices of a large compressed variable and of a large contiguous one, an expression and a run each, beside a bare loop that knows where all
 * bytes are. One thread on both sides: there is one chunk at a time. */
#include "cases.h"
#include "files.h"
#include "read_files.h"
#include "read_plain.h"

#include <math.h>
#include <netcdf.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { ROWS = 20, STEP = 3, COLUMNS = READ_LON / STEP, PIECE = READ_LAT * READ_LON * READ_STEPS_OF_CHUNK };

typedef struct half {
    stored_variable plain;
    ash_array t;
    int64_t n;
    plain_slice *slice;
    double *found, *expected, seconds;
} half;

typedef struct slices_job {
    half half[2];
} slices_job;

static const read_layout layouts[2] = { { NC_NETCDF4, NC_FLOAT, 4, 1 }, { NC_NETCDF4, NC_FLOAT, 0, 0 } };

/* The values of a contiguous variable are the last bytes of its file. */
static bool find_bytes(half *h) {
    struct stat about;
    if (h->plain.deflated)
        return plain_addresses(h->plain.path, "t", h->plain.chunks, READ_STEPS_OF_CHUNK, &h->plain.chunk);
    h->plain.chunk = calloc((size_t)h->plain.chunks, sizeof *h->plain.chunk);
    if (!h->plain.chunk || stat(h->plain.path, &about) != 0)
        return bench_fail("%s cannot be looked at", h->plain.path);
    for (int64_t k = 0; k < h->plain.chunks; k++)
        h->plain.chunk[k] = (stored_chunk){ about.st_size - (h->plain.chunks - k) * PIECE * 4, PIECE * 4 };
    return true;
}

static bool begin_half(bench_job *job, half *h, int k, int64_t steps) {
    const double packing[2] = { 1, 0 };
    uint32_t noise = 7;
    h->n = k == 0 ? 200 : 4000;
    h->slice = calloc((size_t)h->n, sizeof *h->slice);
    h->found = calloc((size_t)h->n, sizeof *h->found);
    h->expected = calloc((size_t)h->n, sizeof *h->expected);
    h->plain = (stored_variable){ .path = bench_file(k),
        .chunks = steps / READ_STEPS_OF_CHUNK,
        .elements = PIECE,
        .kind = ELEMENT_FLOAT,
        .deflated = layouts[k].deflate > 0 };
    if (!h->slice || !h->found || !h->expected || !read_file_write(bench_file(k), &layouts[k], steps, packing) || !find_bytes(h))
        return false;
    for (int64_t i = 0; i < h->n; i++) {
        noise = noise * 1664525u + 1013904223u;
        h->slice[i] = (plain_slice){ (noise >> 8) % steps, (noise >> 4) % (READ_LAT - ROWS), ROWS, STEP };
    }
    h->t = ash_open(job->ctx, bench_file(k), "t", NULL);
    return ash_ok(h->t) || bench_fail("%s: %s", job->which->name, ash_error(job->ctx));
}

static bool begin(bench_job *job) {
    static const char *const name[] = { "deflate.nc", "contiguous.nc" };
    slices_job *s = job->state = calloc(1, sizeof *s);
    int64_t steps = job->size / (2 * PIECE * 4) * READ_STEPS_OF_CHUNK;
    if (!s || !bench_files_begin(job->which->name, 2, name))
        return false;
    steps = steps < 4 * READ_STEPS_OF_CHUNK ? 4 * READ_STEPS_OF_CHUNK : steps;
    for (int k = 0; k < 2; k++) {
        if (!begin_half(job, &s->half[k], k, steps))
            return false;
        job->bytes += s->half[k].n * ROWS * COLUMNS * 4;
    }
    return true;
}

static bool measured(bench_job *job) {
    slices_job *s = job->state;
    static float values[ROWS * COLUMNS];
    char index[100];
    for (int k = 0; k < 2; k++) {
        half *h = &s->half[k];
        double began = bench_now();
        for (int64_t i = 0; i < h->n; i++) {
            const plain_slice *at = &h->slice[i];
            snprintf(index, sizeof index, "time=%lld, lat=%lld:%lld, lon=::%lld", (long long)at->time, (long long)at->lat,
                (long long)(at->lat + at->rows), (long long)at->step);
            ash_scope_begin(job->ctx);
            ash_status status = ash_compute(ash_index(h->t, index), values, sizeof values, NULL);
            ash_scope_end(job->ctx, NULL, 0);
            if (status != ASH_OK)
                return bench_fail("%s: %s", job->which->name, ash_error(job->ctx));
            h->found[i] = 0;
            for (int j = 0; j < ROWS * COLUMNS; j++)
                h->found[i] += (double)values[j];
        }
        h->seconds = bench_now() - began;
    }
    return true;
}

static bool limit(bench_job *job) {
    slices_job *s = job->state;
    for (int k = 0; k < 2; k++) {
        half *h = &s->half[k];
        if (!plain_slices(&h->plain, READ_LAT, READ_LON, h->n, h->slice, h->expected))
            return false;
    }
    return true;
}

static bool check(bench_job *job) {
    const slices_job *s = job->state;
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; i < s->half[k].n; i++)
            if (fabs(s->half[k].found[i] - s->half[k].expected[i]) > 1e-6)
                return bench_fail("%s: slice %lld: found %.9g, expected %.9g", job->which->name, (long long)i, s->half[k].found[i],
                    s->half[k].expected[i]);
    return true;
}

static void end(bench_job *job) {
    slices_job *s = job->state;
    for (int k = 0; k < 2 && s; k++) {
        free(s->half[k].plain.chunk);
        free(s->half[k].slice);
        free(s->half[k].found);
        free(s->half[k].expected);
    }
    free(s);
    bench_files_end();
}

static void report(const bench_job *job, double seconds) {
    const slices_job *s = job->state;
    (void)seconds;
    printf(",\"us_per_compressed_slice\":%.4g,\"us_per_contiguous_slice\":%.4g", s->half[0].seconds / (double)s->half[0].n * 1e6,
        s->half[1].seconds / (double)s->half[1].n * 1e6);
}

const bench_case bench_small_slices = { .name = "small_slices",
    .about = "200 slices of 20 rows, every third element, of a compressed float32 variable and 4000 of a contiguous one",
    .size = 256 << 20,
    .begin = begin,
    .measured = measured,
    .limit = limit,
    .check = check,
    .end = end,
    .report = report };
