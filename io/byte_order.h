/* Byte order of stored numbers. */
#ifndef ASH_IO_BYTE_ORDER_H
#define ASH_IO_BYTE_ORDER_H

#include <stdint.h>

/* Turns `count` numbers of `size` bytes (1, 2, 4 or 8) into the other byte order, in place; `data` is aligned for them. */
void ash_swap_bytes(void *data, int64_t count, int64_t size);

enum { ASH_IS_LITTLE_ENDIAN = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ };

#endif
