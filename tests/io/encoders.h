/* The filters of stored chunks the other way round, each by the library that it comes from, for making files that the installed HDF5 cannot write. */
#ifndef ASH_TEST_IO_ENCODERS_H
#define ASH_TEST_IO_ENCODERS_H

#include "io/codec.h"

/* Whether this build can make, and read, chunks of a filter. */
int can_encode(int filter);
/* Applies one filter. Returns the bytes written to `out`, which has room for `capacity`, and -1 if it cannot. */
int64_t encode(const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity);
/* Applies those filters of a pipeline that the mask does not leave out, to memory that the caller frees. NULL if it cannot. */
unsigned char *encode_chunk(const ash_pipeline *pipeline, uint32_t mask, const void *in, int64_t bytes, int64_t *encoded);

#endif
