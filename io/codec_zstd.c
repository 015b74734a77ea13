/* Zstandard (32015): one frame. */
#include "io/codec.h"

#include <stddef.h>
#include <zstd.h>

ash_decoder_function ash_decode_zstd;
ash_encoder_function ash_encode_zstd;

const char *ash_decode_zstd(
    const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity, int64_t *written) {
    (void)filter;
    size_t length = ZSTD_decompress(out, (size_t)capacity, in, (size_t)bytes);
    if (ZSTD_isError(length))
        return "its zstd frame is damaged";
    *written = (int64_t)length;
    return NULL;
}

int64_t ash_encode_zstd(const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity) {
    int level = filter->count > 0 ? (int)filter->value[0] : ZSTD_CLEVEL_DEFAULT; /* negative levels are stored as such */
    size_t length = ZSTD_compress(out, (size_t)capacity, in, (size_t)bytes, level);
    return ZSTD_isError(length) ? -1 : (int64_t)length;
}
