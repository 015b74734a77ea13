/* CRC-32, the checksum of zip archives. */
#ifndef ASH_IO_CRC32_H
#define ASH_IO_CRC32_H

#include <stdint.h>

/* Of `bytes` more bytes behind those that `crc` is of; 0 is of none. */
uint32_t ash_crc32(uint32_t crc, const void *data, int64_t bytes);

#endif
