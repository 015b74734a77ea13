/* Blosc (32001), with whatever compressor is inside; in the calling thread, without Blosc's own ones. */
#include "io/codec.h"

#include <blosc.h>
#include <stddef.h>

ash_decoder_function ash_decode_blosc;

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
