/* Szip (4) by libaec: the length in 4 bytes, least first, then the coded samples. */
#include "io/codec.h"

#include <stddef.h>
#include <szlib.h>

ash_decoder_function ash_decode_szip;

/* Parameters: options, pixels a block, bits a pixel, pixels a scan line. */
const char *ash_decode_szip(
    const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity, int64_t *written) {
    uint32_t pixels = filter->count < 4 ? 0 : filter->value[1], bits = filter->value[2], line = filter->value[3];
    if (bytes < 4 || pixels < 2 || pixels > 64 || pixels % 2 || bits < 1 || (bits > 32 && bits != 64) || line < 1 || line > 1 << 20)
        return "its szip parameters are damaged";
    uint32_t length = (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
    SZ_com_t parameters = {
        .options_mask = (int)filter->value[0],
        .pixels_per_block = (int)pixels,
        .bits_per_pixel = (int)bits,
        .pixels_per_scanline = (int)line,
    };
    size_t decoded = length;
    if ((int64_t)length > capacity || SZ_BufftoBuffDecompress(out, &decoded, in + 4, (size_t)(bytes - 4), &parameters) != SZ_OK)
        return "its szip stream is damaged";
    *written = (int64_t)decoded;
    return NULL;
}
