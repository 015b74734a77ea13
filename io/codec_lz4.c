/* LZ4 (32004), in the blocks of HDF5's filter: the whole length in 8 bytes and the length of a block in 4, both big-endian; then each block with
 * its compressed length before it, in 4 bytes. A block that did not shrink is stored as it is. Numcodecs has the length in 4 bytes, little-endian,
 * and one block. */
#include "io/codec.h"

#include <lz4.h>
#include <stddef.h>
#include <string.h>

ash_decoder_function ash_decode_lz4, ash_decode_lz4_block;

static uint64_t big_endian(const unsigned char *at, int bytes) {
    uint64_t number = 0;
    for (int i = 0; i < bytes; i++)
        number = number << 8 | at[i];
    return number;
}

const char *ash_decode_lz4(
    const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity, int64_t *written) {
    static const char damaged[] = "its lz4 blocks are damaged";
    (void)filter;
    if (bytes < 12)
        return damaged;
    uint64_t length = big_endian(in, 8), block = big_endian(in + 8, 4);
    if (length > (uint64_t)capacity || (block == 0 && length > 0))
        return damaged;
    int64_t at = 12, done = 0;
    while (done < (int64_t)length) {
        int64_t here = (int64_t)length - done < (int64_t)block ? (int64_t)length - done : (int64_t)block;
        int64_t stored = bytes - at >= 4 ? (int64_t)big_endian(in + at, 4) : -1;
        at += 4;
        if (stored < 0 || stored > bytes - at || here > LZ4_MAX_INPUT_SIZE)
            return damaged;
        if (stored == here)
            memcpy(out + done, in + at, (size_t)here);
        else if (stored > LZ4_MAX_INPUT_SIZE ||
            LZ4_decompress_safe((const char *)in + at, (char *)out + done, (int)stored, (int)here) != here)
            return damaged;
        at += stored;
        done += here;
    }
    *written = done;
    return NULL;
}

const char *ash_decode_lz4_block(
    const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity, int64_t *written) {
    (void)filter;
    uint32_t length = bytes < 4 ? 0 : (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
    if (bytes < 4 || bytes - 4 > LZ4_MAX_INPUT_SIZE || length > LZ4_MAX_INPUT_SIZE || (int64_t)length > capacity ||
        LZ4_decompress_safe((const char *)in + 4, (char *)out, (int)(bytes - 4), (int)length) != (int)length)
        return "its lz4 block is damaged";
    *written = length;
    return NULL;
}
