/* Bytes of elements put apart by their place in the element: all first bytes, then all second ones. */
#ifndef ASH_IO_SHUFFLE_H
#define ASH_IO_SHUFFLE_H

#include <stdint.h>

/* Puts elements first to first + n - 1 of `count` shuffled ones of `size` bytes together, dense at `out`; with `swap` each byte by byte in the
 * other order. */
void ash_unshuffle(const unsigned char *in, int64_t count, int64_t size, int64_t first, int64_t n, int swap, unsigned char *out);
/* The way back, of all elements: byte b of element i goes to place b * count + i. */
void ash_shuffle(const unsigned char *in, int64_t count, int64_t size, unsigned char *out);

#endif
