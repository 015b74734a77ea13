/* The files of the reading cases: a variable t(time, lat, lon) of smooth fields and noise. */
#ifndef BENCH_READ_FILES_H
#define BENCH_READ_FILES_H

#include <stdbool.h>
#include <stdint.h>

enum { READ_LAT = 180, READ_LON = 360, READ_STEPS_OF_CHUNK = 4 };

typedef struct read_layout {
    int format; /* of nc_create */
    int type;   /* NC_FLOAT, or NC_SHORT: packed */
    int deflate, chunked;
} read_layout;

bool read_file_write(const char *path, const read_layout *as, int64_t steps, const double packing[2]);

#endif
