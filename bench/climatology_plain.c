#include "climatology_plain.h"

#include "bench.h"
#include "sample.h"

#include <fcntl.h>
#include <math.h>
#include <netcdf.h>
#include <stdlib.h>
#include <unistd.h>

enum { CLIMATOLOGY, ANOMALY, DEVIATION, GLOBAL_MEAN, RESULTS };

typedef struct plain_job {
    int64_t steps;
    int in, t2m, out, result[RESULTS];
    double read_seconds;
    int16_t *packed;
    double *values;        /* of a chunk */
    double *sum, *squares; /* month by month, of distances from the offset */
    double *mean, *deviation;
    int32_t *count;
    double *area_mean;
} plain_job;

static int open_files(plain_job *p, const char *in, const char *out) {
    static const char *const name[RESULTS] = { "t2m_climatology", "t2m_anomaly", "t2m_std", "t2m_global_mean" };
    const size_t chunk[3] = { SAMPLE_CHUNK, SAMPLE_LAT, SAMPLE_LON };
    int time, month, lat, lon, status;
    if ((status = nc_open(in, NC_NOWRITE, &p->in)))
        return status;
    if ((status = nc_create(out, NC_NETCDF4 | NC_CLOBBER, &p->out)))
        return status;
    status = nc_inq_varid(p->in, "t2m", &p->t2m);
    status = status ? status : nc_def_dim(p->out, "time", (size_t)p->steps, &time);
    status = status ? status : nc_def_dim(p->out, "month", SAMPLE_MONTHS, &month);
    status = status ? status : nc_def_dim(p->out, "latitude", SAMPLE_LAT, &lat);
    status = status ? status : nc_def_dim(p->out, "longitude", SAMPLE_LON, &lon);
    for (int k = 0; k < RESULTS && !status; k++) {
        const int dimensions[3] = { k == CLIMATOLOGY || k == DEVIATION ? month : time, lat, lon };
        status = nc_def_var(p->out, name[k], NC_DOUBLE, k == GLOBAL_MEAN ? 1 : 3, dimensions, &p->result[k]);
        status = status ? status : nc_def_var_fill(p->out, p->result[k], NC_NOFILL, NULL);
    }
    return status ? status : nc_def_var_chunking(p->out, p->result[ANOMALY], NC_CHUNKED, chunk);
}

static bool allocate(plain_job *p) {
    const size_t cells = SAMPLE_CELLS, chunk = SAMPLE_CHUNK * cells, months = SAMPLE_MONTHS * cells;
    p->packed = malloc(chunk * sizeof *p->packed);
    p->values = malloc(chunk * sizeof *p->values);
    p->sum = calloc(months, sizeof *p->sum);
    p->squares = calloc(months, sizeof *p->squares);
    p->mean = malloc(months * sizeof *p->mean);
    p->deviation = malloc(months * sizeof *p->deviation);
    p->count = calloc(months, sizeof *p->count);
    p->area_mean = malloc((size_t)p->steps * sizeof *p->area_mean);
    return p->packed && p->values && p->sum && p->squares && p->mean && p->deviation && p->count && p->area_mean;
}

static void release(plain_job *p) {
    void *const memory[] = { p->packed, p->values, p->sum, p->squares, p->mean, p->deviation, p->count, p->area_mean };
    for (size_t k = 0; k < sizeof memory / sizeof *memory; k++)
        free(memory[k]);
}

/* Reads and unpacks n steps from step k on. */
static int read_steps(plain_job *p, int64_t k, int64_t n) {
    const size_t start[3] = { (size_t)k, 0, 0 }, count[3] = { (size_t)n, SAMPLE_LAT, SAMPLE_LON };
    double began = bench_now();
    int status = nc_get_vara_short(p->in, p->t2m, start, count, p->packed);
    p->read_seconds += bench_now() - began;
    for (int64_t i = 0; i < n * SAMPLE_CELLS && !status; i++)
        p->values[i] = p->packed[i] == SAMPLE_MISSING ? NAN : p->packed[i] * SAMPLE_SCALE + SAMPLE_OFFSET;
    return status;
}

static void add_step(plain_job *p, const double *x, int month) {
    double *sum = p->sum + month * SAMPLE_CELLS, *squares = p->squares + month * SAMPLE_CELLS;
    int32_t *count = p->count + month * SAMPLE_CELLS;
    for (int i = 0; i < SAMPLE_CELLS; i++) {
        double distance = x[i] - SAMPLE_OFFSET;
        int present = distance == distance;
        distance = present ? distance : 0;
        sum[i] += distance;
        squares[i] += distance * distance;
        count[i] += present;
    }
}

static double area_mean(const double *x) {
    double sum = 0, weights = 0;
    for (int j = 0; j < SAMPLE_LAT; j++) {
        double row = 0, weight = cos(sample_latitude(j) * (3.14159265358979323846 / 180));
        int present = 0;
        for (int i = 0; i < SAMPLE_LON; i++) {
            double value = x[j * SAMPLE_LON + i];
            present += value == value;
            row += value == value ? value : 0;
        }
        sum += weight * row;
        weights += weight * present;
    }
    return sum / weights;
}

static void finish_months(plain_job *p) {
    for (int i = 0; i < SAMPLE_MONTHS * SAMPLE_CELLS; i++) {
        double mean = p->sum[i] / p->count[i];
        p->mean[i] = mean + SAMPLE_OFFSET;
        p->deviation[i] = sqrt(fmax(p->squares[i] / p->count[i] - mean * mean, 0));
    }
}

static int first_pass(plain_job *p) {
    int status = NC_NOERR;
    for (int64_t k = 0; k < p->steps && !status; k += SAMPLE_CHUNK) {
        int64_t n = p->steps - k < SAMPLE_CHUNK ? p->steps - k : SAMPLE_CHUNK;
        status = read_steps(p, k, n);
        for (int64_t s = 0; s < n && !status; s++) {
            add_step(p, p->values + s * SAMPLE_CELLS, sample_month(p->steps, k + s));
            p->area_mean[k + s] = area_mean(p->values + s * SAMPLE_CELLS);
        }
    }
    finish_months(p);
    return status;
}

static int second_pass(plain_job *p) {
    int status = NC_NOERR;
    for (int64_t k = 0; k < p->steps && !status; k += SAMPLE_CHUNK) {
        int64_t n = p->steps - k < SAMPLE_CHUNK ? p->steps - k : SAMPLE_CHUNK;
        const size_t start[3] = { (size_t)k, 0, 0 }, count[3] = { (size_t)n, SAMPLE_LAT, SAMPLE_LON };
        status = read_steps(p, k, n);
        for (int64_t s = 0; s < n && !status; s++) {
            const double *mean = p->mean + sample_month(p->steps, k + s) * SAMPLE_CELLS;
            for (int i = 0; i < SAMPLE_CELLS; i++)
                p->values[s * SAMPLE_CELLS + i] -= mean[i];
        }
        status = status ? status : nc_put_vara_double(p->out, p->result[ANOMALY], start, count, p->values);
    }
    return status;
}

static int run(plain_job *p, const char *in, const char *out) {
    int status = open_files(p, in, out);
    status = status ? status : first_pass(p);
    status = status ? status : second_pass(p);
    status = status ? status : nc_put_var_double(p->out, p->result[CLIMATOLOGY], p->mean);
    status = status ? status : nc_put_var_double(p->out, p->result[DEVIATION], p->deviation);
    return status ? status : nc_put_var_double(p->out, p->result[GLOBAL_MEAN], p->area_mean);
}

static bool sync_file(const char *path) {
    int descriptor = open(path, O_RDONLY);
    bool fine = descriptor >= 0 && fsync(descriptor) == 0;
    if (descriptor >= 0)
        close(descriptor);
    return fine;
}

bool climatology_plain(const char *in, const char *out, int64_t steps, double *read_seconds) {
    plain_job p = { .steps = steps, .in = -1, .out = -1 };
    int status = allocate(&p) ? run(&p, in, out) : NC_ENOMEM;
    if (p.in >= 0)
        nc_close(p.in);
    if (p.out >= 0) {
        int closed = nc_close(p.out);
        status = status ? status : closed;
    }
    release(&p);
    *read_seconds = p.read_seconds;
    return status ? bench_fail("climatology in plain C: %s", nc_strerror(status)) : sync_file(out) || bench_fail("syncing %s failed", out);
}
