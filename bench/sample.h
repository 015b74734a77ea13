/* The sample file of the climatology case: packed 2 m temperature over a year, and what the plain program needs to know about it. */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SAMPLE_LAT = 91,
    SAMPLE_LON = 180,
    SAMPLE_CELLS = SAMPLE_LAT * SAMPLE_LON,
    SAMPLE_CHUNK = 24,
    SAMPLE_MISSING = -32767,
    SAMPLE_MONTHS = 12
};

static const double SAMPLE_SCALE = 70.0 / 32766.0, SAMPLE_OFFSET = 260.0;

double sample_latitude(int row);             /* degrees north */
int sample_minute(int64_t steps, int64_t k); /* of time step k, from the beginning of 2001; the steps share out the year */
int sample_month(int64_t steps, int64_t k);  /* 0 to 11 */

/* Writes the file by NetCDF-C: variable t2m (time, latitude, longitude), int16 with scale, offset and missing values, in chunks of
 * SAMPLE_CHUNK steps, shuffled and deflated.
 * False after a sentence. */
bool sample_write(const char *path, int64_t steps);

#endif
