/* What was done to the bytes of a stored chunk, and how it is undone. One row a filter in the table of io/codec.c; filters are known by their
 * numbers in HDF5's registry, where they have one. */
#ifndef ASH_IO_CODEC_H
#define ASH_IO_CODEC_H

#include "base/error.h"

#include <stdint.h>

enum { ASH_MAX_FILTERS = 8, ASH_FILTER_VALUES = 8 };
enum {
    ASH_FILTER_DEFLATE = 1,
    ASH_FILTER_SHUFFLE = 2,
    ASH_FILTER_FLETCHER32 = 3,
    ASH_FILTER_SZIP = 4,
    ASH_FILTER_BLOSC = 32001,
    ASH_FILTER_LZ4 = 32004,
    ASH_FILTER_ZSTD = 32015,
    /* what other formats have, and HDF5's registry has not */
    ASH_FILTER_GZIP = -1,
    ASH_FILTER_RAW_DEFLATE = -2, /* without a frame, as in zip archives */
    ASH_FILTER_LZ4_BLOCK = -3,   /* as numcodecs has it */
    ASH_FILTER_CRC32C = -4
};

typedef struct ash_filter {
    int id;
    int count;
    uint32_t value[ASH_FILTER_VALUES]; /* parameters, as stored with the dataset */
} ash_filter;

/* In the order in which they were applied when the chunk was written. */
typedef struct ash_pipeline {
    int count;
    ash_filter filter[ASH_MAX_FILTERS];
} ash_pipeline;

/* Undoes a filter on `bytes` bytes at `in`; writes at most `capacity` bytes to `out` and how many to *written. Returns what is wrong with the
 * data, NULL if nothing is. `in` may be hostile. Thread-safe. */
typedef const char *ash_decoder_function(
    const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity, int64_t *written);

/* Applies a filter to `bytes` bytes at `in`; writes at most `capacity` bytes to `out` and returns how many, -1 if that fails. Thread-safe. */
typedef int64_t ash_encoder_function(
    const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity);

typedef struct ash_codec {
    int id;
    const char *name;
    ash_decoder_function *decode; /* NULL: built without the library that does it */
    ash_encoder_function *encode; /* NULL: not done here */
    double decode_ns;             /* about what a byte that comes of decoding takes, see docs/performance.md */
} ash_codec;

/* For filters that put a checksum of 4 bytes, least first, behind the data: copies the data to `out` and takes the checksum. Otherwise as a decoder. */
const char *ash_split_checksum(
    const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity, int64_t *written, uint32_t *checksum);
/* The row of a filter, NULL if there is none. */
const ash_codec *ash_codec_find(int filter);
/* Whether all filters of a pipeline can be undone here, or applied. */
int ash_pipeline_supported(const ash_pipeline *pipeline);
int ash_pipeline_encodable(const ash_pipeline *pipeline);

/* Whether bit i of the mask of a stored chunk says that filter i was left out. */
static inline int ash_filter_skipped(uint32_t mask, int filter) {
    return filter < 32 && mask >> filter & 1;
}

/* About how many nanoseconds a thread takes to undo all filters, for each byte that comes of it. */
double ash_pipeline_decode_ns(const ash_pipeline *pipeline);

/* Undoes filters count - 1 to `first` of a chunk of `expected` bytes. The bytes lie at `in`; scratch[0] and scratch[1] have room for `capacity`
 * bytes each, neither is `in`, and the result is in one of them, or `in` itself if all were left out. Returns what is wrong, NULL if nothing is. */
const char *ash_pipeline_decode(const ash_pipeline *pipeline, uint32_t mask, int first, const unsigned char *in, int64_t bytes,
    int64_t expected, unsigned char *const scratch[2], int64_t capacity, const unsigned char **out);

/* Applies all filters to the `bytes` bytes at `in`; scratch[0] and scratch[1] have room for ash_pipeline_bound(bytes) bytes each, and `in` may be
 * scratch[0]. The result is in one of them, or `in` itself if there are no filters. 0 if it fails. */
int ash_pipeline_encode(const ash_pipeline *pipeline, const unsigned char *in, int64_t bytes, unsigned char *const scratch[2],
    const unsigned char **out, int64_t *written);
int64_t ash_pipeline_bound(int64_t bytes);

#endif
