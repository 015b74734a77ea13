/* CRC-32C (Castagnoli): a checksum behind the data, least byte first. */
#include "io/codec.h"

#include "base/crc32c.h"

#include <string.h>

ash_decoder_function ash_decode_crc32c;

const char *ash_decode_crc32c(
    const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity, int64_t *written) {
    (void)filter;
    if (bytes < 4 || bytes - 4 > capacity)
        return "it is too short for its checksum";
    bytes -= 4;
    const unsigned char *end = in + bytes;
    if (((uint32_t)end[0] | (uint32_t)end[1] << 8 | (uint32_t)end[2] << 16 | (uint32_t)end[3] << 24) != ash_crc32c(0, in, bytes))
        return "its checksum (crc32c) does not match";
    memcpy(out, in, (size_t)bytes);
    *written = bytes;
    return NULL;
}
