/* The filters of stored chunks. */
#include "io/codec.h"

#include <stddef.h>
#include <string.h>

ash_decoder_function ash_decode_shuffle, ash_decode_fletcher32, ash_decode_crc32c;
ash_encoder_function ash_encode_shuffle, ash_encode_fletcher32;
#ifdef ASH_HAVE_LIBDEFLATE
ash_decoder_function ash_decode_deflate, ash_decode_gzip, ash_decode_raw_deflate;
ash_encoder_function ash_encode_deflate;
#else
#define ash_decode_deflate NULL
#define ash_decode_gzip NULL
#define ash_decode_raw_deflate NULL
#define ash_encode_deflate NULL
#endif
#ifdef ASH_HAVE_LIBAEC
ash_decoder_function ash_decode_szip;
#else
#define ash_decode_szip NULL
#endif
#ifdef ASH_HAVE_BLOSC
ash_decoder_function ash_decode_blosc;
ash_encoder_function ash_encode_blosc;
#else
#define ash_decode_blosc NULL
#define ash_encode_blosc NULL
#endif
#ifdef ASH_HAVE_LZ4
ash_decoder_function ash_decode_lz4, ash_decode_lz4_block;
#else
#define ash_decode_lz4 NULL
#define ash_decode_lz4_block NULL
#endif
#ifdef ASH_HAVE_ZSTD
ash_decoder_function ash_decode_zstd;
ash_encoder_function ash_encode_zstd;
#else
#define ash_decode_zstd NULL
#define ash_encode_zstd NULL
#endif

static const ash_codec codecs[] = {
    { ASH_FILTER_DEFLATE, "deflate", ash_decode_deflate, ash_encode_deflate, 0.9 },
    { ASH_FILTER_SHUFFLE, "shuffle", ash_decode_shuffle, ash_encode_shuffle, 0.1 },
    { ASH_FILTER_FLETCHER32, "fletcher32", ash_decode_fletcher32, ash_encode_fletcher32, 0.3 },
    { ASH_FILTER_SZIP, "szip", ash_decode_szip, NULL, 3 },
    { 307, "bzip2", NULL, NULL, 20 },
    { 32000, "lzf", NULL, NULL, 1 },
    { ASH_FILTER_BLOSC, "blosc", ash_decode_blosc, ash_encode_blosc, 0.3 },
    { ASH_FILTER_LZ4, "lz4", ash_decode_lz4, NULL, 0.3 },
    { 32008, "bitshuffle", NULL, NULL, 0.2 },
    { 32013, "zfp", NULL, NULL, 3 },
    { ASH_FILTER_ZSTD, "zstd", ash_decode_zstd, ash_encode_zstd, 0.8 },
    { 32026, "blosc2", NULL, NULL, 0.3 },
    { ASH_FILTER_GZIP, "gzip", ash_decode_gzip, NULL, 0.9 },
    { ASH_FILTER_RAW_DEFLATE, "deflate", ash_decode_raw_deflate, NULL, 0.9 },
    { ASH_FILTER_LZ4_BLOCK, "lz4", ash_decode_lz4_block, NULL, 0.3 },
    { ASH_FILTER_CRC32C, "crc32c", ash_decode_crc32c, NULL, 0.1 },
};

const ash_codec *ash_codec_find(int filter) {
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++)
        if (codecs[i].id == filter)
            return &codecs[i];
    return NULL;
}

const char *ash_split_checksum(
    const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity, int64_t *written, uint32_t *checksum) {
    if (bytes < 4 || bytes - 4 > capacity)
        return "it is too short for its checksum";
    *written = bytes - 4;
    memcpy(out, in, (size_t)*written);
    in += *written;
    *checksum = (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
    return NULL;
}

int ash_pipeline_supported(const ash_pipeline *pipeline) {
    for (int i = 0; i < pipeline->count; i++) {
        const ash_codec *codec = ash_codec_find(pipeline->filter[i].id);
        if (!codec || !codec->decode)
            return 0;
    }
    return 1;
}

double ash_pipeline_decode_ns(const ash_pipeline *pipeline) {
    double ns = 0;
    for (int i = 0; i < pipeline->count; i++) {
        const ash_codec *codec = ash_codec_find(pipeline->filter[i].id);
        ns += codec ? codec->decode_ns : 0;
    }
    return ns;
}

int ash_pipeline_encodable(const ash_pipeline *pipeline) {
    for (int i = 0; i < pipeline->count; i++) {
        const ash_codec *codec = ash_codec_find(pipeline->filter[i].id);
        if (!codec || !codec->encode)
            return 0;
    }
    return 1;
}

const char *ash_pipeline_decode(const ash_pipeline *pipeline, uint32_t mask, int first, const unsigned char *in, int64_t bytes,
    int64_t expected, unsigned char *const scratch[2], int64_t capacity, const unsigned char **out) {
    int next = 0;
    *out = in;
    for (int i = pipeline->count - 1; i >= first; i--) {
        if (ash_filter_skipped(mask, i))
            continue;
        int64_t written = 0;
        const char *wrong =
            ash_codec_find(pipeline->filter[i].id)->decode(&pipeline->filter[i], *out, bytes, scratch[next], capacity, &written);
        if (wrong)
            return wrong;
        *out = scratch[next];
        next = !next;
        bytes = written;
    }
    return bytes == expected ? NULL : "it has not as many bytes as its shape asks for";
}

/* More than each of the filters adds to bytes that it cannot make fewer. */
int64_t ash_pipeline_bound(int64_t bytes) {
    return bytes + bytes / 64 + 1024;
}

int ash_pipeline_encode(const ash_pipeline *pipeline, const unsigned char *in, int64_t bytes, unsigned char *const scratch[2],
    const unsigned char **out, int64_t *written) {
    int64_t capacity = ash_pipeline_bound(bytes);
    int next = in == scratch[0];
    *out = in;
    for (int i = 0; i < pipeline->count && bytes >= 0; i++) {
        const ash_filter *filter = &pipeline->filter[i];
        bytes = ash_codec_find(filter->id)->encode(filter, *out, bytes, scratch[next], capacity);
        *out = scratch[next];
        next = !next;
    }
    *written = bytes;
    return bytes >= 0;
}
