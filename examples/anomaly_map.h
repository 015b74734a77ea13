/* The map of the last month's anomaly, read from the file that climatology has written. */
#ifndef EXAMPLE_ANOMALY_MAP_H
#define EXAMPLE_ANOMALY_MAP_H

#include "cf_axes.h"

/* Draws the mean anomaly of the last month in variable `name` of NetCDF file `path` into `png`. Where that is zero by its making, because
 * the data have this month once only, it is the mean of the last day. Of levels and other dimensions the first is taken. On failure returns
 * false, with the reason in `error`. */
bool anomaly_map_draw(const char *path, const char *name, const cf_axes *axes, const char *png, char *error, int error_bytes);

#endif
