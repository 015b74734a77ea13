/* A text that grows as it is written. */
#ifndef ASH_BASE_GROWING_H
#define ASH_BASE_GROWING_H

#include <stdint.h>

/* Zero-filled at first. After `failed`, for want of memory, nothing is added; the owner frees `data` with ash_free(). */
typedef struct ash_growing {
    char *data;
    int64_t length, capacity;
    int failed;
} ash_growing;

void ash_say(ash_growing *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
