/* CRC-32C (Castagnoli): a checksum behind the data, least byte first. */
#include "io/codec.h"

#include "base/crc32c.h"

#include <stddef.h>

ash_decoder_function ash_decode_crc32c;

const char *ash_decode_crc32c(
    const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity, int64_t *written) {
    (void)filter;
    uint32_t stored;
    const char *wrong = ash_split_checksum(in, bytes, out, capacity, written, &stored);
    if (wrong)
        return wrong;
    return stored == ash_crc32c(0, in, *written) ? NULL : "its checksum (crc32c) does not match";
}
