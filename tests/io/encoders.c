#include "encoders.h"

#include <stdlib.h>
#include <string.h>
#ifdef ASH_HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif
#ifdef ASH_HAVE_LIBAEC
#include <szlib.h>
#endif
#ifdef ASH_HAVE_ZSTD
#include <zstd.h>
#endif
#ifdef ASH_HAVE_LZ4
#include <lz4.h>
#endif
#ifdef ASH_HAVE_BLOSC
#include <blosc.h>
#endif

int can_encode(int filter) {
    const ash_codec *codec = ash_codec_find(filter);
    return codec && codec->decode;
}

static int64_t deflate_bytes(const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity) {
#ifdef ASH_HAVE_LIBDEFLATE
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(4);
    size_t n = libdeflate_zlib_compress(compressor, in, (size_t)bytes, out, (size_t)capacity);
    libdeflate_free_compressor(compressor);
    return n ? (int64_t)n : -1;
#else
    (void)in, (void)bytes, (void)out, (void)capacity;
    return -1;
#endif
}

static int64_t shuffle(int64_t size, const unsigned char *in, int64_t bytes, unsigned char *out) {
    int64_t n = bytes / size;
    for (int64_t i = 0; i < n * size; i++)
        out[i % size * n + i / size] = in[i];
    memcpy(out + n * size, in + n * size, (size_t)(bytes - n * size));
    return bytes;
}

/* By the definition: sums of big-endian words modulo 65535, a result of 0 written as it comes out of folding. */
static int64_t fletcher32(const unsigned char *in, int64_t bytes, unsigned char *out) {
    uint64_t a = 0, b = 0;
    for (int64_t i = 0; i < bytes; i += 2) {
        a += (uint64_t)in[i] << 8 | (i + 1 < bytes ? in[i + 1] : 0);
        a = a > 65535 ? a - 65535 : a;
        b = b + a > 65535 ? b + a - 65535 : b + a;
    }
    uint32_t sum = (uint32_t)(b << 16 | a);
    memcpy(out, in, (size_t)bytes);
    for (int i = 0; i < 4; i++)
        out[bytes + i] = (unsigned char)(sum >> 8 * i);
    return bytes + 4;
}

static int64_t szip(const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity) {
#ifdef ASH_HAVE_LIBAEC
    SZ_com_t parameters = { (int)filter->value[0], (int)filter->value[2], (int)filter->value[1], (int)filter->value[3] };
    size_t n = (size_t)capacity - 4;
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)((uint64_t)bytes >> 8 * i);
    return SZ_BufftoBuffCompress(out + 4, &n, in, (size_t)bytes, &parameters) == SZ_OK ? (int64_t)n + 4 : -1;
#else
    (void)filter, (void)in, (void)bytes, (void)out, (void)capacity;
    return -1;
#endif
}

static int64_t zstd(const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity) {
#ifdef ASH_HAVE_ZSTD
    size_t n = ZSTD_compress(out, (size_t)capacity, in, (size_t)bytes, 3);
    return ZSTD_isError(n) ? -1 : (int64_t)n;
#else
    (void)in, (void)bytes, (void)out, (void)capacity;
    return -1;
#endif
}

#ifdef ASH_HAVE_LZ4
static void put_big_endian(unsigned char *at, int bytes, uint64_t number) {
    for (int i = 0; i < bytes; i++)
        at[i] = (unsigned char)(number >> 8 * (bytes - 1 - i));
}
#endif

/* Blocks of as many bytes as the first parameter says, 0 for one block; a block that does not shrink is stored as it is. */
static int64_t lz4(const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity) {
#ifdef ASH_HAVE_LZ4
    int64_t block = filter->count > 0 && filter->value[0] > 0 ? filter->value[0] : bytes, at = 12;
    put_big_endian(out, 8, (uint64_t)bytes);
    put_big_endian(out + 8, 4, (uint64_t)block);
    for (int64_t done = 0; done < bytes; done += block) {
        int here = (int)(bytes - done < block ? bytes - done : block);
        int n = LZ4_compress_default((const char *)in + done, (char *)out + at + 4, here, (int)(capacity - at - 4));
        if (n <= 0 || n >= here) {
            memcpy(out + at + 4, in + done, (size_t)here);
            n = here;
        }
        put_big_endian(out + at, 4, (uint64_t)n);
        at += 4 + n;
    }
    return at;
#else
    (void)filter, (void)in, (void)bytes, (void)out, (void)capacity;
    return -1;
#endif
}

/* Parameters as HDF5's filter has them: 2 and 3 are the element size and the chunk's bytes, then level, shuffle, compressor. */
static int64_t blosc(const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity) {
#ifdef ASH_HAVE_BLOSC
    static const char *const compressor[] = { BLOSC_BLOSCLZ_COMPNAME, BLOSC_LZ4_COMPNAME, BLOSC_LZ4HC_COMPNAME, BLOSC_SNAPPY_COMPNAME,
        BLOSC_ZLIB_COMPNAME, BLOSC_ZSTD_COMPNAME };
    uint32_t kind = filter->count > 6 ? filter->value[6] : 0;
    int n = blosc_compress_ctx(filter->count > 4 ? (int)filter->value[4] : 5, filter->count > 5 ? (int)filter->value[5] : 1,
        filter->value[2], (size_t)bytes, in, out, (size_t)capacity, compressor[kind < 6 ? kind : 0], 0, 1);
    return n > 0 ? n : -1;
#else
    (void)filter, (void)in, (void)bytes, (void)out, (void)capacity;
    return -1;
#endif
}

int64_t encode(const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity) {
    switch (filter->id) {
    case ASH_FILTER_DEFLATE: return deflate_bytes(in, bytes, out, capacity);
    case ASH_FILTER_SHUFFLE: return shuffle(filter->value[0], in, bytes, out);
    case ASH_FILTER_FLETCHER32: return fletcher32(in, bytes, out);
    case ASH_FILTER_SZIP: return szip(filter, in, bytes, out, capacity);
    case ASH_FILTER_ZSTD: return zstd(in, bytes, out, capacity);
    case ASH_FILTER_LZ4: return lz4(filter, in, bytes, out, capacity);
    case ASH_FILTER_BLOSC: return blosc(filter, in, bytes, out, capacity);
    default: return -1;
    }
}

unsigned char *encode_chunk(const ash_pipeline *pipeline, uint32_t mask, const void *in, int64_t bytes, int64_t *encoded) {
    int64_t capacity = 2 * bytes + 65536;
    unsigned char *from = malloc((size_t)capacity), *to = malloc((size_t)capacity);
    memcpy(from, in, (size_t)bytes);
    for (int i = 0; i < pipeline->count && bytes >= 0; i++) {
        if (ash_filter_skipped(mask, i))
            continue;
        bytes = encode(&pipeline->filter[i], from, bytes, to, capacity);
        unsigned char *swapped = from;
        from = to;
        to = swapped;
    }
    free(to);
    *encoded = bytes;
    if (bytes >= 0)
        return from;
    free(from);
    return NULL;
}
