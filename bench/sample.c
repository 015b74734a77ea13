#include "sample.h"

#include "bench.h"

#include <math.h>
#include <netcdf.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTES_OF_YEAR = 365 * 24 * 60 };

double sample_latitude(int row) {
    return 90.0 - 2.0 * row;
}

int sample_minute(int64_t steps, int64_t k) {
    return (int)(k * MINUTES_OF_YEAR / steps);
}

int sample_month(int64_t steps, int64_t k) {
    static const int days_before[SAMPLE_MONTHS] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    int day = sample_minute(steps, k) / (24 * 60), month = SAMPLE_MONTHS - 1;
    while (day < days_before[month])
        month--;
    return month;
}

/* One step: a smooth field that follows sun and season, weather as noise, one cell in 64 missing. */
static void make_step(int64_t steps, int64_t k, uint32_t *noise, int16_t *out) {
    double year = 6.283185307 * sample_minute(steps, k) / MINUTES_OF_YEAR, day = 6.283185307 * (sample_minute(steps, k) % 1440) / 1440;
    for (int j = 0; j < SAMPLE_LAT; j++) {
        double sine = sin(sample_latitude(j) * 0.017453293), mean = 300 - 45 * sine * sine - 15 * sine * cos(year);
        for (int i = 0; i < SAMPLE_LON; i++) {
            *noise = *noise * 1664525u + 1013904223u;
            double kelvin = mean + 3 * cos(day + i * 0.034906585) + (double)(*noise >> 28) * 0.1;
            long packed = lrint((kelvin - SAMPLE_OFFSET) / SAMPLE_SCALE);
            out[j * SAMPLE_LON + i] = (*noise >> 10) % 64 == 0 ? SAMPLE_MISSING : (int16_t)packed;
        }
    }
}

static int put_text(int file, int variable, const char *name, const char *text) {
    return nc_put_att_text(file, variable, name, strlen(text), text);
}

static int define_axis(int file, const char *name, size_t extent, nc_type type, const char *units, int *dimension, int *variable) {
    int status = nc_def_dim(file, name, extent, dimension);
    status = status ? status : nc_def_var(file, name, type, 1, dimension, variable);
    return status ? status : put_text(file, *variable, "units", units);
}

static int define(int file, int64_t steps, int axis[3], int *t2m) {
    const size_t chunk[3] = { SAMPLE_CHUNK, SAMPLE_LAT, SAMPLE_LON };
    const int16_t missing = SAMPLE_MISSING;
    int dimension[3];
    int status = define_axis(file, "time", (size_t)steps, NC_INT, "minutes since 2001-01-01 00:00:00", &dimension[0], &axis[0]);
    status = status ? status : put_text(file, axis[0], "calendar", "noleap");
    status = status ? status : define_axis(file, "latitude", SAMPLE_LAT, NC_DOUBLE, "degrees_north", &dimension[1], &axis[1]);
    status = status ? status : define_axis(file, "longitude", SAMPLE_LON, NC_DOUBLE, "degrees_east", &dimension[2], &axis[2]);
    status = status ? status : nc_def_var(file, "t2m", NC_SHORT, 3, dimension, t2m);
    status = status ? status : nc_def_var_chunking(file, *t2m, NC_CHUNKED, chunk);
    status = status ? status : nc_def_var_deflate(file, *t2m, 1, 1, 4);
    status = status ? status : nc_def_var_fill(file, *t2m, NC_FILL, &missing);
    status = status ? status : nc_put_att_double(file, *t2m, "scale_factor", NC_DOUBLE, 1, &SAMPLE_SCALE);
    status = status ? status : nc_put_att_double(file, *t2m, "add_offset", NC_DOUBLE, 1, &SAMPLE_OFFSET);
    status = status ? status : put_text(file, *t2m, "units", "K");
    return status ? status : nc_enddef(file);
}

static int put_axes(int file, int64_t steps, const int axis[3]) {
    int status = NC_NOERR;
    for (int64_t k = 0; k < steps && !status; k++) {
        size_t at = (size_t)k;
        int minute = sample_minute(steps, k);
        status = nc_put_var1_int(file, axis[0], &at, &minute);
    }
    for (int k = 0; k < SAMPLE_LON && !status; k++) {
        size_t at = (size_t)k;
        double latitude = sample_latitude(k), longitude = 2.0 * k;
        status = k < SAMPLE_LAT ? nc_put_var1_double(file, axis[1], &at, &latitude) : NC_NOERR;
        status = status ? status : nc_put_var1_double(file, axis[2], &at, &longitude);
    }
    return status;
}

static int put_values(int file, int64_t steps, int t2m, int16_t *values) {
    uint32_t noise = 1;
    int status = NC_NOERR;
    for (int64_t k = 0; k < steps && !status; k += SAMPLE_CHUNK) {
        int64_t n = steps - k < SAMPLE_CHUNK ? steps - k : SAMPLE_CHUNK;
        for (int64_t s = 0; s < n; s++)
            make_step(steps, k + s, &noise, values + s * SAMPLE_CELLS);
        const size_t start[3] = { (size_t)k, 0, 0 }, count[3] = { (size_t)n, SAMPLE_LAT, SAMPLE_LON };
        status = nc_put_vara_short(file, t2m, start, count, values);
    }
    return status;
}

bool sample_write(const char *path, int64_t steps) {
    int file, axis[3], t2m;
    int16_t *values = malloc(sizeof *values * SAMPLE_CHUNK * SAMPLE_CELLS);
    int status = values ? nc_create(path, NC_NETCDF4 | NC_CLOBBER, &file) : NC_ENOMEM;
    if (!status) {
        status = define(file, steps, axis, &t2m);
        status = status ? status : put_axes(file, steps, axis);
        status = status ? status : put_values(file, steps, t2m, values);
        int closed = nc_close(file);
        status = status ? status : closed;
    }
    free(values);
    return status ? bench_fail("making %s: %s", path, nc_strerror(status)) : true;
}
