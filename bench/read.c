/* Reading: the mean of a variable on disk (in the page cache, that is), beside a bare loop of pread, inflate, unshuffle and adding up on as many
 * threads. `open_seconds` is what opening the variable and finding its chunks takes. */
#include "cases.h"
#include "files.h"
#include "read_plain.h"

#include <math.h>
#include <netcdf.h>
#include <stdlib.h>

enum { LAT = 180, LON = 360, CELLS = LAT * LON, STEPS_OF_CHUNK = 4 };

typedef struct layout {
    int format; /* of nc_create */
    nc_type type;
    int deflate, chunked;
} layout;

typedef struct read_job {
    int64_t steps;
    stored_variable plain;
    ash_array mean;
    double found, expected, open_seconds;
} read_job;

/* Weather: a smooth field and noise, in steps of 1/64 or packed in shorts, as model output and reanalyses come. */
static void make_step(int64_t k, uint32_t *noise, float *out) {
    for (int64_t i = 0; i < CELLS; i++) {
        *noise = *noise * 1664525u + 1013904223u;
        double smooth = 280 + 20 * cos((double)(i / LON) * 0.0174) + 5 * sin((double)(i % LON) * 0.0349 + (double)k * 0.1);
        out[i] = (float)(lrint((smooth + (double)(*noise >> 28) * 0.05) * 64) / 64.0);
    }
}

static int define(int file, const layout *as, int64_t steps, const double packing[2], int *variable) {
    const size_t chunk[3] = { STEPS_OF_CHUNK, LAT, LON };
    int dimension[3];
    int status = nc_def_dim(file, "time", (size_t)steps, &dimension[0]);
    status = status ? status : nc_def_dim(file, "lat", LAT, &dimension[1]);
    status = status ? status : nc_def_dim(file, "lon", LON, &dimension[2]);
    status = status ? status : nc_def_var(file, "t", as->type, 3, dimension, variable);
    if (!status && as->chunked)
        status = nc_def_var_chunking(file, *variable, NC_CHUNKED, chunk);
    if (!status && as->deflate)
        status = nc_def_var_deflate(file, *variable, 1, 1, as->deflate);
    if (!status && as->type == NC_SHORT) {
        status = nc_put_att_double(file, *variable, "scale_factor", NC_DOUBLE, 1, &packing[0]);
        status = status ? status : nc_put_att_double(file, *variable, "add_offset", NC_DOUBLE, 1, &packing[1]);
    }
    return status ? status : nc_enddef(file);
}

static int put_steps(int file, int variable, const layout *as, int64_t steps, const double packing[2]) {
    float *values = malloc(CELLS * sizeof *values);
    short *packed = malloc(CELLS * sizeof *packed);
    uint32_t noise = 1;
    int status = values && packed ? NC_NOERR : NC_ENOMEM;
    for (int64_t k = 0; k < steps && !status; k++) {
        const size_t start[3] = { (size_t)k, 0, 0 }, count[3] = { 1, LAT, LON };
        make_step(k, &noise, values);
        for (int64_t i = 0; i < CELLS; i++)
            packed[i] = (short)lrint(((double)values[i] - packing[1]) / packing[0]);
        status = as->type == NC_SHORT ? nc_put_vara_short(file, variable, start, count, packed)
                                      : nc_put_vara_float(file, variable, start, count, values);
    }
    free(values);
    free(packed);
    return status;
}

static bool write_file(const char *path, const layout *as, int64_t steps, const double packing[2]) {
    int file, variable, status = nc_create(path, NC_CLOBBER | as->format, &file);
    if (!status) {
        status = define(file, as, steps, packing, &variable);
        status = status ? status : put_steps(file, variable, as, steps, packing);
        int closed = nc_close(file);
        status = status ? status : closed;
    }
    return !status || bench_fail("%s: %s", path, nc_strerror(status));
}

/* Contiguous variables are cut into pieces like those of the chunked ones, behind whatever precedes them in the file. */
static bool find_pieces(read_job *r, const layout *as, const char *path) {
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
    const layout *as = job->which->detail;
    const double packing[2] = { 0.01, 273.15 };
    read_job *r = job->state = calloc(1, sizeof *r);
    int64_t size = as->type == NC_SHORT ? 2 : 4;
    if (!r)
        return bench_fail("%s: no memory", job->which->name);
    r->steps = job->size / (CELLS * size) / STEPS_OF_CHUNK * STEPS_OF_CHUNK;
    r->steps = r->steps < 8 * STEPS_OF_CHUNK ? 8 * STEPS_OF_CHUNK : r->steps;
    if (!bench_files_begin(job->which->name, 1, name) || !write_file(bench_file(0), as, r->steps, packing))
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

static const layout deflated = { NC_NETCDF4, NC_FLOAT, 4, 1 }, packed = { NC_NETCDF4, NC_SHORT, 4, 1 },
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
