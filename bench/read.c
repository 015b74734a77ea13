/* Reading: the mean of a variable on disk (in the page cache, that is), beside a bare loop of pread, inflate, unshuffle and adding up on as many
 * threads. `open_seconds` is what opening the variable and finding its chunks takes. */
#include "cases.h"
#include "files.h"
#include "read_files.h"
#include "read_plain.h"

#include <math.h>
#include <netcdf.h>
#include <stdlib.h>

enum { CELLS = READ_LAT * READ_LON, STEPS_OF_CHUNK = READ_STEPS_OF_CHUNK };

typedef struct read_job {
    int64_t steps;
    stored_variable plain;
    ash_array mean;
    double found, expected, open_seconds;
} read_job;

/* Contiguous variables are cut into pieces like those of the chunked ones, behind whatever precedes them in the file. */
static bool find_pieces(read_job *r, const read_layout *as, const char *path) {
    int64_t chunks = r->steps / STEPS_OF_CHUNK, piece = (int64_t)CELLS * STEPS_OF_CHUNK * 4, bytes = 0;
    FILE *file = fopen(path, "rb");
    if (as->chunked) {
        if (file)
            fclose(file);
        return plain_addresses(path, "t", chunks, STEPS_OF_CHUNK, &r->plain.chunk);
    }
    if (file && fseek(file, 0, SEEK_END) == 0)
        bytes = ftell(file);
    if (file)
        fclose(file);
    r->plain.chunk = calloc((size_t)chunks, sizeof *r->plain.chunk);
    if (!r->plain.chunk || bytes < chunks * piece)
        return bench_fail("%s is too short", path);
    for (int64_t k = 0; k < chunks; k++) /* both formats have nothing behind the values */
        r->plain.chunk[k] = (stored_chunk){ bytes - (chunks - k) * piece, piece };
    return true;
}

static bool begin(bench_job *job) {
    static const char *const name[] = { "t.nc" };
    const read_layout *as = job->which->detail;
    const double packing[2] = { 0.01, 273.15 };
    read_job *r = job->state = calloc(1, sizeof *r);
    int64_t size = as->type == NC_SHORT ? 2 : 4;
    if (!r)
        return bench_fail("%s: no memory", job->which->name);
    r->steps = job->size / (CELLS * size) / STEPS_OF_CHUNK * STEPS_OF_CHUNK;
    r->steps = r->steps < 8 * STEPS_OF_CHUNK ? 8 * STEPS_OF_CHUNK : r->steps;
    if (!bench_files_begin(job->which->name, 1, name) || !read_file_write(bench_file(0), as, r->steps, packing))
        return false;
    r->plain = (stored_variable){
        .path = bench_file(0),
        .chunks = r->steps / STEPS_OF_CHUNK,
        .elements = (int64_t)CELLS * STEPS_OF_CHUNK,
        .kind = as->type == NC_SHORT  ? ELEMENT_SHORT
            : as->format & NC_NETCDF4 ? ELEMENT_FLOAT
                                      : ELEMENT_FLOAT_BIG_ENDIAN,
        .deflated = as->deflate > 0,
        .scale = packing[0],
        .offset = packing[1],
    };
    if (!find_pieces(r, as, bench_file(0)))
        return false;
    double before = bench_now();
    ash_array t = ash_open(job->ctx, bench_file(0), "t", NULL);
    r->mean = ash_mean(t, NULL);
    r->open_seconds = bench_now() - before;
    job->bytes = r->steps * CELLS * size;
    return ash_ok(r->mean) || bench_fail("%s: %s", job->which->name, ash_error(job->ctx));
}

static bool measured(bench_job *job) {
    read_job *r = job->state;
    float single;
    bool is_float = ash_array_dtype(r->mean) == ASH_FLOAT32;
    if (ash_compute(r->mean, is_float ? (void *)&single : (void *)&r->found, is_float ? 4 : 8, NULL) != ASH_OK)
        return bench_fail("%s: %s", job->which->name, ash_error(job->ctx));
    r->found = is_float ? (double)single : r->found;
    return true;
}

static bool limit(bench_job *job) {
    read_job *r = job->state;
    return plain_mean(&r->plain, job->threads, &r->expected);
}

static bool check(bench_job *job) {
    const read_job *r = job->state;
    return fabs(r->found - r->expected) <= 1e-4 || bench_fail("%s: found %.9g, expected %.9g", job->which->name, r->found, r->expected);
}

static void end(bench_job *job) {
    read_job *r = job->state;
    if (r)
        free(r->plain.chunk);
    free(r);
    bench_files_end();
}

static void report(const bench_job *job, double seconds) {
    const read_job *r = job->state;
    int64_t stored = 0;
    for (int64_t k = 0; k < r->plain.chunks; k++)
        stored += r->plain.chunk[k].bytes;
    printf(",\"gb_per_second\":%.4g,\"stored_bytes\":%lld,\"open_seconds\":%.4g", (double)job->bytes / seconds / 1e9, (long long)stored,
        r->open_seconds);
}

static const read_layout deflated = { NC_NETCDF4, NC_FLOAT, 4, 1 }, packed = { NC_NETCDF4, NC_SHORT, 4, 1 },
                         contiguous = { NC_NETCDF4, NC_FLOAT, 0, 0 }, classic = { NC_64BIT_OFFSET, NC_FLOAT, 0, 0 };

#define READ_CASE(word, words, as) \
    const bench_case bench_read_##word = { .name = "read_" #word, \
        .about = words, \
        .size = 256 << 20, \
        .begin = begin, \
        .measured = measured, \
        .limit = limit, \
        .check = check, \
        .end = end, \
        .report = report, \
        .detail = &(as) }

READ_CASE(deflate, "mean of a float32 NetCDF-4 variable, deflate 4 and shuffle", deflated);
READ_CASE(packed, "mean of a packed int16 NetCDF-4 variable, deflate 4 and shuffle", packed);
READ_CASE(contiguous, "mean of a contiguous float32 NetCDF-4 variable", contiguous);
READ_CASE(classic, "mean of a float32 variable in a 64-bit offset file", classic);
