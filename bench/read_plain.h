/* The bare loops that reading is measured against: the mean of a stored variable, of bytes whose places are known, on all threads. */
#ifndef BENCH_READ_PLAIN_H
#define BENCH_READ_PLAIN_H

#include <stdbool.h>
#include <stdint.h>

typedef struct stored_chunk {
    int64_t address, bytes;
} stored_chunk;

typedef enum element_kind { ELEMENT_FLOAT, ELEMENT_FLOAT_BIG_ENDIAN, ELEMENT_SHORT } element_kind;

typedef struct stored_variable {
    const char *path;
    int64_t chunks, elements; /* of each chunk, whole ones all */
    element_kind kind;
    bool deflated; /* and shuffled before */
    double scale, offset;
    stored_chunk *chunk;
} stored_variable;

/* Where the chunks of a NetCDF-4 variable are; *chunk is to be freed. */
bool plain_addresses(const char *path, const char *variable, int64_t chunks, int64_t steps_of_chunk, stored_chunk **chunk);
/* The latitudes lat .. lat + rows - 1 of one step, and every step-th longitude. */
typedef struct plain_slice {
    int64_t time, lat, rows, step;
} plain_slice;

/* The sum of each slice, one after the other: chunks are decoded, of others the rows are read that are needed. */
bool plain_slices(const stored_variable *variable, int64_t lat, int64_t lon, int64_t n, const plain_slice slice[], double sum[]);
bool plain_mean(const stored_variable *variable, int threads, double *mean);

#endif
