/* What the kernel tests share: levels of instruction set, special values, and comparison of bits. */
#ifndef ASH_KERNELS_TEST_H
#define ASH_KERNELS_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "kernels/kernels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Room for a block of the largest elements, and a guard behind it that no kernel may touch. */
enum { BLOCK_BYTES = ASH_BLOCK * 16, GUARD_BYTES = 128 };
typedef struct block {
    _Alignas(64) unsigned char bytes[BLOCK_BYTES + GUARD_BYTES];
} block;

static inline void block_clear(block *b)
{
    memset(b->bytes, 0xA5, sizeof(b->bytes));
}

/* Nothing from byte `used` on was written. */
static inline int block_is_clean(const block *b, int64_t used)
{
    for (int64_t i = used; i < (int64_t)sizeof(b->bytes); i++)
        if (b->bytes[i] != 0xA5)
            return 0;
    return 1;
}

static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

/* A value that is often special: limits and small numbers of integers, zeros, infinities and NaN, and ordinary numbers of many magnitudes. */
static inline double random_real(uint64_t *state)
{
    static const double special[] = {0.0, -0.0, 1, -1, 0.5, -0.5, 2, 3, -7, 127, 128, -128, 255, 256, 32767, 32768, 65536, 2147483647, 2147483648.0, -2147483648.0,
                                     4294967295.0, 4294967296.0, 9223372036854775807.0, -9223372036854775808.0, 18446744073709551616.0, 1e-40, 1e30, -1e30, 1e-320, 1e300,
                                     INFINITY, -INFINITY, NAN, -NAN, 2.5, -2.5, 1.9999999};
    const uint64_t r = next_random(state);
    if (r % 3 == 0)
        return special[(r >> 8) % (sizeof(special) / sizeof(special[0]))];
    const double unit = (double)(int64_t)(r >> 11) / 4503599627370496.0 - 1.0; /* -1 .. 1 */
    return r % 3 == 1 ? unit * 100 : unit * exp2((double)((r >> 4) % 120) - 60);
}

static inline void random_element(ash_dtype dtype, void *element, uint64_t *state)
{
    const char kind = ash_dtype_kind(dtype);
    ash_number value = {.c = {0, 0}};
    if (kind == 'f' || kind == 'c') {
        value.c[0] = random_real(state);
        value.c[1] = random_real(state);
        ash_number_store(dtype, element, kind == 'f' ? ASH_FLOAT64 : ASH_COMPLEX128, value);
        return;
    }
    const uint64_t r = next_random(state);
    if (kind == 'b')
        value.i = (int64_t)(r >> 63);
    else if (r % 4 == 0)
        value.i = (int64_t)(r >> 32) % 5 - 2;
    else if (r % 4 == 1)
        value.u = (r & 16) ? UINT64_MAX >> (r >> 58) : UINT64_C(1) << (r >> 58);
    else
        value.u = next_random(state);
    ash_number_store(dtype, element, kind == 'b' ? ASH_BOOL : ASH_UINT64, value);
}

static inline void random_block(ash_dtype dtype, void *out, int64_t n, uint64_t seed)
{
    uint64_t state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    for (int64_t i = 0; i < n; i++)
        random_element(dtype, (char *)out + i * ash_dtype_size(dtype), &state);
}

/* Equal bits, or both NaN of whatever sign and payload. */
static inline int same_element(ash_dtype dtype, const void *a, const void *b)
{
    if (memcmp(a, b, (size_t)ash_dtype_size(dtype)) == 0)
        return 1;
    const char kind = ash_dtype_kind(dtype);
    if (kind != 'f' && kind != 'c')
        return 0;
    const ash_dtype part = ash_dtype_real(dtype);
    const int64_t size = ash_dtype_size(part);
    for (int64_t at = 0; at < ash_dtype_size(dtype); at += size) {
        const double x = ash_number_load(part, (const char *)a + at).f, y = ash_number_load(part, (const char *)b + at).f;
        if (memcmp((const char *)a + at, (const char *)b + at, (size_t)size) != 0 && !(isnan(x) && isnan(y)))
            return 0;
    }
    return 1;
}

/* The index of the first element whose bits differ, -1 if there is none. */
static inline int64_t first_difference(ash_dtype dtype, const void *a, const void *b, int64_t n)
{
    const int64_t size = ash_dtype_size(dtype);
    for (int64_t i = 0; i < n; i++)
        if (memcmp((const char *)a + i * size, (const char *)b + i * size, (size_t)size) != 0)
            return i;
    return -1;
}

#endif
