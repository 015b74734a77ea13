#include "base/crc32c.h"

#include <pthread.h>
#include <string.h>

/* table[k][b]: what byte b does k bytes further on; eight bytes are looked up at once. */
static uint32_t table[8][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_table(void) {
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t crc = b;
        for (int k = 0; k < 8; k++) {
            crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
        }
        table[0][b] = crc;
    }
    for (int k = 1; k < 8; k++) {
        for (int b = 0; b < 256; b++) {
            table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 0xff];
        }
    }
}

#if defined(__x86_64__) && defined(__GNUC__)
/* SSE 4.2 has an instruction for it. */
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const unsigned char *in, int64_t bytes) {
    uint64_t wide = crc, word;
    for (; bytes >= 8; bytes -= 8, in += 8) {
        memcpy(&word, in, sizeof word);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; bytes > 0; bytes--, in++) {
        crc = __builtin_ia32_crc32qi(crc, *in);
    }
    return crc;
}

static int has_instruction(void) {
    return __builtin_cpu_supports("sse4.2");
}
#else
static uint32_t by_instruction(uint32_t crc, const unsigned char *in, int64_t bytes) {
    (void)in, (void)bytes;
    return crc;
}

static int has_instruction(void) {
    return 0;
}
#endif

uint32_t ash_crc32c(uint32_t crc, const void *data, int64_t bytes) {
    return has_instruction() ? ~by_instruction(~crc, data, bytes) : ash_crc32c_portable(crc, data, bytes);
}

uint32_t ash_crc32c_portable(uint32_t crc, const void *data, int64_t bytes) {
    const unsigned char *in = data;
    pthread_once(&once, make_table);
    crc = ~crc;
    for (; bytes >= 8; bytes -= 8, in += 8) {
        uint32_t low = crc ^ ((uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24);
        crc = table[7][low & 0xff] ^ table[6][low >> 8 & 0xff] ^ table[5][low >> 16 & 0xff] ^ table[4][low >> 24] ^ table[3][in[4]] ^
            table[2][in[5]] ^ table[1][in[6]] ^ table[0][in[7]];
    }
    for (; bytes > 0; bytes--, in++) {
        crc = crc >> 8 ^ table[0][(crc ^ *in) & 0xff];
    }
    return ~crc;
}
