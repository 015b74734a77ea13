/* CRC-32C, the checksum of journals (Castagnoli's polynomial, reflected). */
#ifndef ASH_BASE_CRC32C_H
#define ASH_BASE_CRC32C_H

#include <stdint.h>

/* Of `bytes` more bytes behind those that `crc` is of; 0 is of none. */
uint32_t ash_crc32c(uint32_t crc, const void *data, int64_t bytes);
/* The same on every processor. */
uint32_t ash_crc32c_portable(uint32_t crc, const void *data, int64_t bytes);

#endif
