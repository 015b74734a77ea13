/* Blosc (32001), with whatever compressor is inside; in the calling thread, without Blosc's own ones. */
#include "io/codec.h"

#include <blosc.h>
#include <stddef.h>

ash_decoder_function ash_decode_blosc;
ash_encoder_function ash_encode_blosc;

const char *ash_decode_blosc(
    const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity, int64_t *written) {
    size_t length = 0;
    (void)filter;
    if (bytes < BLOSC_MIN_HEADER_LENGTH || blosc_cbuffer_validate(in, (size_t)bytes, &length) != 0 || length > (size_t)capacity)
        return "its blosc frame is damaged";
    if (length > 0 && blosc_decompress_ctx(in, out, (size_t)capacity, 1) != (int)length)
        return "its blosc frame is damaged, or made by a compressor that is not there";
    *written = (int64_t)length;
    return NULL;
}

/* The parameters are those of the filter in HDF5: size of elements, level, shuffle, and which compressor are the third and fifth to seventh. */
int64_t ash_encode_blosc(const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity) {
    static const char *const inside[] = { "blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd" };
    uint32_t code = filter->count > 6 ? filter->value[6] : 0;
    int level = filter->count > 4 && filter->value[4] <= 9 ? (int)filter->value[4] : 5;
    int shuffle = filter->count > 5 && filter->value[5] <= 2 ? (int)filter->value[5] : 1;
    if (bytes > BLOSC_MAX_BUFFERSIZE || code >= sizeof inside / sizeof inside[0])
        return -1;
    int length = blosc_compress_ctx(
        level, shuffle, filter->count > 2 ? filter->value[2] : 1, (size_t)bytes, in, out, (size_t)capacity, inside[code], 0, 1);
    return length > 0 ? length : -1;
}
