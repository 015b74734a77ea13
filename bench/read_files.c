#include "read_files.h"

#include "bench.h"

#include <math.h>
#include <netcdf.h>
#include <stdlib.h>

enum { CELLS = READ_LAT * READ_LON };

/* Weather: a smooth field and noise, in steps of 1/64 or packed in shorts, as model output and reanalyses come. */
static void make_step(int64_t k, uint32_t *noise, float *out) {
    for (int64_t i = 0; i < CELLS; i++) {
        *noise = *noise * 1664525u + 1013904223u;
        double smooth = 280 + 20 * cos((double)(i / READ_LON) * 0.0174) + 5 * sin((double)(i % READ_LON) * 0.0349 + (double)k * 0.1);
        out[i] = (float)(lrint((smooth + (double)(*noise >> 28) * 0.05) * 64) / 64.0);
    }
}

static int define(int file, const read_layout *as, int64_t steps, const double packing[2], int *variable) {
    const size_t chunk[3] = { READ_STEPS_OF_CHUNK, READ_LAT, READ_LON };
    int dimension[3];
    int status = nc_def_dim(file, "time", (size_t)steps, &dimension[0]);
    status = status ? status : nc_def_dim(file, "lat", READ_LAT, &dimension[1]);
    status = status ? status : nc_def_dim(file, "lon", READ_LON, &dimension[2]);
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

static int put_steps(int file, int variable, const read_layout *as, int64_t steps, const double packing[2]) {
    float *values = malloc(CELLS * sizeof *values);
    short *packed = malloc(CELLS * sizeof *packed);
    uint32_t noise = 1;
    int status = values && packed ? NC_NOERR : NC_ENOMEM;
    for (int64_t k = 0; k < steps && !status; k++) {
        const size_t start[3] = { (size_t)k, 0, 0 }, count[3] = { 1, READ_LAT, READ_LON };
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

bool read_file_write(const char *path, const read_layout *as, int64_t steps, const double packing[2]) {
    int file, variable, status = nc_create(path, NC_CLOBBER | as->format, &file);
    if (!status) {
        status = define(file, as, steps, packing, &variable);
        status = status ? status : put_steps(file, variable, as, steps, packing);
        int closed = nc_close(file);
        status = status ? status : closed;
    }
    return !status || bench_fail("%s: %s", path, nc_strerror(status));
}
