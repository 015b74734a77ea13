/* The climatology job as a careful C program would do it with NetCDF-C alone. */
#ifndef BENCH_CLIMATOLOGY_PLAIN_H
#define BENCH_CLIMATOLOGY_PLAIN_H

#include <stdbool.h>
#include <stdint.h>

/* Reads t2m of `in` chunk by chunk in one thread, twice, and writes t2m_climatology, t2m_anomaly, t2m_std and t2m_global_mean to `out`,
 * synced.
 * *read_seconds becomes the time in nc_get_vara of both passes. False after a sentence. */
bool climatology_plain(const char *in, const char *out, int64_t steps, double *read_seconds);

#endif
