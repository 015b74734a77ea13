/* Shuffle (2) and Fletcher's checksum (3), as HDF5 defines them. */
#include "io/clones.h"
#include "io/codec.h"
#include "io/shuffle.h"

#include <string.h>

ash_decoder_function ash_decode_shuffle, ash_decode_fletcher32;
ash_encoder_function ash_encode_shuffle, ash_encode_fletcher32;

/* One loop a size, which compilers turn into byte interleaving. */
ASH_CLONES static void unshuffle2(const unsigned char *a, const unsigned char *b, int64_t n, unsigned char *restrict out) {
    for (int64_t i = 0; i < n; i++) {
        out[2 * i] = a[i];
        out[2 * i + 1] = b[i];
    }
}

ASH_CLONES static void unshuffle4(const unsigned char *const plane[4], int64_t n, unsigned char *restrict out) {
    const unsigned char *a = plane[0], *b = plane[1], *c = plane[2], *d = plane[3];
    for (int64_t i = 0; i < n; i++) {
        out[4 * i] = a[i];
        out[4 * i + 1] = b[i];
        out[4 * i + 2] = c[i];
        out[4 * i + 3] = d[i];
    }
}

/* Eight streams at once are more than compilers interleave well: four words at a time, by words of two planes. */
static void unshuffle8(const unsigned char *const plane[8], int64_t n, unsigned char *restrict out) {
    enum { STRIP = 256 };
    unsigned char low[4 * STRIP], high[4 * STRIP];
    for (int64_t begin = 0; begin < n; begin += STRIP) {
        int64_t strip = n - begin < STRIP ? n - begin : STRIP;
        const unsigned char *first[4], *second[4];
        for (int p = 0; p < 4; p++) {
            first[p] = plane[p] + begin;
            second[p] = plane[p + 4] + begin;
        }
        unshuffle4(first, strip, low);
        unshuffle4(second, strip, high);
        for (int64_t i = 0; i < strip; i++) {
            memcpy(out + 8 * (begin + i), low + 4 * i, 4);
            memcpy(out + 8 * (begin + i) + 4, high + 4 * i, 4);
        }
    }
}

void ash_unshuffle(const unsigned char *in, int64_t count, int64_t size, int64_t first, int64_t n, int swap, unsigned char *out) {
    const unsigned char *plane[8];
    for (int64_t b = 0; b < size && size <= 8; b++)
        plane[b] = in + (swap ? size - 1 - b : b) * count + first;
    if (size == 1)
        memcpy(out, in + first, (size_t)n);
    else if (size == 2)
        unshuffle2(plane[0], plane[1], n, out);
    else if (size == 4)
        unshuffle4(plane, n, out);
    else if (size == 8)
        unshuffle8(plane, n, out);
    else
        for (int64_t b = 0; b < size; b++) {
            const unsigned char *from = in + (swap ? size - 1 - b : b) * count + first;
            for (int64_t i = 0; i < n; i++)
                out[i * size + b] = from[i];
        }
}

enum { SHUFFLE_STRIP = 512 };

ASH_CLONES static void shuffle2(const unsigned char *in, int64_t n, unsigned char *restrict a, unsigned char *restrict b) {
    for (int64_t i = 0; i < n; i++) {
        a[i] = in[2 * i];
        b[i] = in[2 * i + 1];
    }
}

/* By halves of elements, which are put apart again: four and eight streams at once are more than compilers take apart well. */
ASH_CLONES static void halve4(const unsigned char *in, int64_t n, unsigned char *restrict low, unsigned char *restrict high) {
    for (int64_t i = 0; i < n; i++) {
        memcpy(low + 2 * i, in + 4 * i, 2);
        memcpy(high + 2 * i, in + 4 * i + 2, 2);
    }
}

ASH_CLONES static void halve8(const unsigned char *in, int64_t n, unsigned char *restrict low, unsigned char *restrict high) {
    for (int64_t i = 0; i < n; i++) {
        memcpy(low + 4 * i, in + 8 * i, 4);
        memcpy(high + 4 * i, in + 8 * i + 4, 4);
    }
}

/* A strip of n elements; their first bytes go to `out`, the next ones `count` bytes behind. */
static void shuffle4(const unsigned char *in, int64_t n, int64_t count, unsigned char *out) {
    unsigned char low[2 * SHUFFLE_STRIP], high[2 * SHUFFLE_STRIP];
    halve4(in, n, low, high);
    shuffle2(low, n, out, out + count);
    shuffle2(high, n, out + 2 * count, out + 3 * count);
}

static void shuffle8(const unsigned char *in, int64_t n, int64_t count, unsigned char *out) {
    unsigned char low[4 * SHUFFLE_STRIP], high[4 * SHUFFLE_STRIP];
    halve8(in, n, low, high);
    shuffle4(low, n, count, out);
    shuffle4(high, n, count, out + 4 * count);
}

void ash_shuffle(const unsigned char *in, int64_t count, int64_t size, unsigned char *out) {
    if (size == 1)
        memcpy(out, in, (size_t)count);
    else if (size == 2)
        shuffle2(in, count, out, out + count);
    else if (size == 4 || size == 8)
        for (int64_t first = 0; first < count; first += SHUFFLE_STRIP) {
            int64_t n = count - first < SHUFFLE_STRIP ? count - first : SHUFFLE_STRIP;
            if (size == 4)
                shuffle4(in + first * 4, n, count, out + first);
            else
                shuffle8(in + first * 8, n, count, out + first);
        }
    else
        for (int64_t b = 0; b < size; b++)
            for (int64_t i = 0; i < count; i++)
                out[b * count + i] = in[i * size + b];
}

/* What remains of bytes that are no whole element stays where it was. */
const char *ash_decode_shuffle(
    const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity, int64_t *written) {
    int64_t size = filter->count > 0 ? filter->value[0] : 0, count = size > 0 ? bytes / size : 0;
    if (size < 1 || bytes > capacity)
        return "its shuffle filter has a damaged element size";
    if (count > 0)
        ash_unshuffle(in, count, size, 0, count, 0, out);
    memcpy(out + count * size, in + count * size, (size_t)(bytes - count * size));
    *written = bytes;
    return NULL;
}

int64_t ash_encode_shuffle(const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity) {
    int64_t size = filter->count > 0 ? filter->value[0] : 0, count = size > 0 ? bytes / size : 0;
    if (size < 1 || bytes > capacity)
        return -1;
    ash_shuffle(in, count, size, out);
    memcpy(out + count * size, in + count * size, (size_t)(bytes - count * size));
    return bytes;
}

/* Two sums modulo 65535 over words of two bytes, big-endian; a last odd byte is the high half of a word. Sums of 360 words fit 32 bits. */
static uint32_t fletcher32(const unsigned char *data, int64_t bytes) {
    uint32_t first = 0, second = 0;
    int64_t words = bytes / 2;
    while (words > 0) {
        int64_t together = words > 360 ? 360 : words;
        words -= together;
        for (; together > 0; together--, data += 2) {
            first += (uint32_t)data[0] << 8 | data[1];
            second += first;
        }
        first = (first & 0xffff) + (first >> 16);
        second = (second & 0xffff) + (second >> 16);
    }
    if (bytes % 2) {
        first += (uint32_t)data[0] << 8;
        second += first;
        first = (first & 0xffff) + (first >> 16);
        second = (second & 0xffff) + (second >> 16);
    }
    first = (first & 0xffff) + (first >> 16);
    second = (second & 0xffff) + (second >> 16);
    return second << 16 | first;
}

/* The checksum follows the data, least byte first. Old writers on little-endian machines stored it with the bytes of each half exchanged. */
const char *ash_decode_fletcher32(
    const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity, int64_t *written) {
    (void)filter;
    uint32_t stored;
    const char *wrong = ash_split_checksum(in, bytes, out, capacity, written, &stored);
    if (wrong)
        return wrong;
    uint32_t found = fletcher32(in, *written), exchanged = (found & 0x00ff00ff) << 8 | (found >> 8 & 0x00ff00ff);
    return stored == found || stored == exchanged ? NULL : "its checksum (fletcher32) does not match";
}

int64_t ash_encode_fletcher32(const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity) {
    (void)filter;
    if (bytes + 4 > capacity)
        return -1;
    uint32_t sum = fletcher32(in, bytes);
    memcpy(out, in, (size_t)bytes);
    for (int b = 0; b < 4; b++)
        out[bytes + b] = (unsigned char)(sum >> 8 * b);
    return bytes + 4;
}
