/* Deflate (1) by libdeflate: a zlib stream of known length. */
#include "io/codec.h"

#include <libdeflate.h>
#include <pthread.h>
#include <stddef.h>

ash_decoder_function ash_decode_deflate;

/* A decompressor a thread, freed as the thread ends. */
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int has_key;

static void free_decompressor(void *decompressor) {
    libdeflate_free_decompressor(decompressor);
}

static void make_key(void) {
    has_key = pthread_key_create(&key, free_decompressor) == 0;
}

static struct libdeflate_decompressor *own_decompressor(void) {
    pthread_once(&once, make_key);
    if (!has_key)
        return NULL;
    struct libdeflate_decompressor *own = pthread_getspecific(key);
    if (!own && (own = libdeflate_alloc_decompressor()) && pthread_setspecific(key, own) != 0) {
        libdeflate_free_decompressor(own);
        own = NULL;
    }
    return own;
}

const char *ash_decode_deflate(
    const ash_filter *filter, const unsigned char *in, int64_t bytes, unsigned char *out, int64_t capacity, int64_t *written) {
    (void)filter;
    struct libdeflate_decompressor *decompressor = own_decompressor();
    if (!decompressor)
        return "there is no memory for inflating it";
    size_t length = 0;
    switch (libdeflate_zlib_decompress(decompressor, in, (size_t)bytes, out, (size_t)capacity, &length)) {
    case LIBDEFLATE_SUCCESS: *written = (int64_t)length; return NULL;
    case LIBDEFLATE_INSUFFICIENT_SPACE: return "its deflate stream is longer than its shape asks for";
    default: return "its deflate stream is damaged";
    }
}
