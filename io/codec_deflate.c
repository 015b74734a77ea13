/* Deflate by libdeflate: in zlib's frame (1), in gzip's, or bare. The length is known. */
#include "io/codec.h"

#include <libdeflate.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

ash_decoder_function ash_decode_deflate, ash_decode_gzip, ash_decode_raw_deflate;
ash_encoder_function ash_encode_deflate;

/* What a thread keeps from chunk to chunk; freed as the thread ends. */
typedef struct deflater {
    struct libdeflate_decompressor *decompressor;
    struct libdeflate_compressor *compressor;
    int level; /* of the compressor */
} deflater;

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int has_key;

static void free_deflater(void *memory) {
    deflater *own = memory;
    libdeflate_free_decompressor(own->decompressor);
    libdeflate_free_compressor(own->compressor);
    free(own);
}

static void make_key(void) {
    has_key = pthread_key_create(&key, free_deflater) == 0;
}

static deflater *own_deflater(void) {
    pthread_once(&once, make_key);
    if (!has_key)
        return NULL;
    deflater *own = pthread_getspecific(key);
    if (!own && (own = calloc(1, sizeof *own)) && pthread_setspecific(key, own) != 0) {
        free(own);
        own = NULL;
    }
    return own;
}

typedef enum libdeflate_result inflate_function(struct libdeflate_decompressor *, const void *, size_t, void *, size_t, size_t *);

static const char *inflate(
    inflate_function *function, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity, int64_t *written) {
    deflater *own = own_deflater();
    if (own && !own->decompressor)
        own->decompressor = libdeflate_alloc_decompressor();
    if (!own || !own->decompressor)
        return "there is no memory for inflating it";
    size_t length = 0;
    switch (function(own->decompressor, in, (size_t)bytes, out, (size_t)capacity, &length)) {
    case LIBDEFLATE_SUCCESS: *written = (int64_t)length; return NULL;
    case LIBDEFLATE_INSUFFICIENT_SPACE: return "its deflate stream is longer than its shape asks for";
    default: return "its deflate stream is damaged";
    }
}

const char *ash_decode_deflate(
    const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity, int64_t *written) {
    (void)filter;
    return inflate(libdeflate_zlib_decompress, in, bytes, out, capacity, written);
}

const char *ash_decode_gzip(
    const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity, int64_t *written) {
    (void)filter;
    return inflate(libdeflate_gzip_decompress, in, bytes, out, capacity, written);
}

const char *ash_decode_raw_deflate(
    const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity, int64_t *written) {
    (void)filter;
    return inflate(libdeflate_deflate_decompress, in, bytes, out, capacity, written);
}

int64_t ash_encode_deflate(const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity) {
    deflater *own = own_deflater();
    int level = filter->count > 0 && filter->value[0] <= 9 ? (int)filter->value[0] : 6;
    if (own && (!own->compressor || own->level != level)) {
        libdeflate_free_compressor(own->compressor);
        own->compressor = libdeflate_alloc_compressor(level);
        own->level = level;
    }
    if (!own || !own->compressor)
        return -1;
    size_t length = libdeflate_zlib_compress(own->compressor, in, (size_t)bytes, out, (size_t)capacity);
    return length > 0 ? (int64_t)length : -1;
}
