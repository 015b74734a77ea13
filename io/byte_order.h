/* Byte order of stored numbers. */
#ifndef ASH_IO_BYTE_ORDER_H
#define ASH_IO_BYTE_ORDER_H

#include <stdint.h>

/* Turns `count` big-endian numbers of `size` bytes (1, 2, 4 or 8) into the machine's order, in place; `data` is aligned for them. */
void ash_from_big_endian(void *data, int64_t count, int64_t size);

#endif
