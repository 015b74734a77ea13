#include "io/crc32.h"

#ifdef ASH_HAVE_LIBDEFLATE

#include <libdeflate.h>

uint32_t ash_crc32(uint32_t crc, const void *data, int64_t bytes) {
    return bytes > 0 ? libdeflate_crc32(crc, data, (size_t)bytes) : crc; /* which takes no data for a new beginning */
}

#else

#include <pthread.h>

static uint32_t table[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_table(void) {
    for (uint32_t b = 0; b < 256; b++) {
        table[b] = b;
        for (int k = 0; k < 8; k++)
            table[b] = table[b] & 1 ? table[b] >> 1 ^ UINT32_C(0xedb88320) : table[b] >> 1;
    }
}

uint32_t ash_crc32(uint32_t crc, const void *data, int64_t bytes) {
    const unsigned char *in = data;
    pthread_once(&once, make_table);
    crc = ~crc;
    for (; bytes > 0; bytes--, in++)
        crc = crc >> 8 ^ table[(crc ^ *in) & 0xff];
    return ~crc;
}

#endif
