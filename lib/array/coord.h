/* Coordinates: the values along a dimension, kept in memory, shared and immutable. */
#ifndef ASH_ARRAY_COORD_H
#define ASH_ARRAY_COORD_H

#include "base/attrs.h"
#include "base/error.h"

typedef struct ash_coordinate {
    int references;
    ash_dtype dtype;
    int64_t extent;
    void *values;
    ash_attrs *attrs;
    /* Cell bounds (CF), extent x vertices, or none (vertices 0). */
    int64_t vertices;
    ash_dtype bounds_dtype;
    void *bounds;
    char *bounds_name;
} ash_coordinate;

/* Values not yet set. NULL when out of memory. */
ash_coordinate *ash_coord_new(ash_dtype dtype, int64_t extent);
ash_coordinate *ash_coord_retain(ash_coordinate *coord);
void ash_coord_release(ash_coordinate *coord);
/* start + k * step, k < extent, of the coordinate. NULL when out of memory. */
ash_coordinate *ash_coord_slice(const ash_coordinate *coord, int64_t start, int64_t step, int64_t extent);
/* Those at the positions given. NULL when out of memory. */
ash_coordinate *ash_coord_take(const ash_coordinate *coord, int64_t n, const int64_t positions[]);
/* The values of `a`, then those of `b`, which is a slice of the same coordinate. NULL when out of memory. */
ash_coordinate *ash_coord_join(const ash_coordinate *a, const ash_coordinate *b);
/* Same extent and equal values (NaN equals NaN), whatever the dtypes and attributes. */
int ash_coord_equal(const ash_coordinate *a, const ash_coordinate *b);

#endif
