/* A map of one field: diverging colours around zero, missing cells grey, a title and a colour bar. */
#ifndef EXAMPLE_MAP_H
#define EXAMPLE_MAP_H

#include <stdbool.h>

typedef struct map {
    int rows, columns;
    const double *value;     /* rows * columns; NaN is missing */
    const double *latitude;  /* of the rows, in either order */
    const double *longitude; /* of the columns */
    const char *title;
    const char *units; /* "" if unknown */
} map;

/* Writes the map as a PNG picture with north at the top. On failure returns false, with the reason in `error`. */
bool map_write(const map *m, const char *path, char *error, int error_bytes);

#endif
