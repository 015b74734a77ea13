/* Single elements of 1, 2, 4, 8 or 16 bytes, copied from one regular sequence to another. */
#ifndef ASH_IO_ELEMENT_H
#define ASH_IO_ELEMENT_H

#include <stdint.h>
#include <string.h>

/* `n` elements of `size` bytes: from `distance` bytes apart to `stride` bytes apart. Nothing need be aligned. */
static inline void ash_copy_elements(void *out, int64_t stride, const void *in, int64_t distance, int64_t n, int64_t size) {
    char *to = (char *)out;
    const char *from = (const char *)in;
    switch (size) { /* sizes the compiler knows are single moves */
    case 1:
        for (int64_t i = 0; i < n; i++)
            to[i * stride] = from[i * distance];
        break;
    case 2:
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * stride, from + i * distance, 2);
        break;
    case 4:
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * stride, from + i * distance, 4);
        break;
    case 8:
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * stride, from + i * distance, 8);
        break;
    case 16:
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * stride, from + i * distance, 16);
        break;
    default:
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * stride, from + i * distance, (size_t)size);
    }
}

#endif
