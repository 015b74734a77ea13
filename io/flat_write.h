/* Boxes of elements that go to regular places in a file. */
#ifndef ASH_IO_FLAT_WRITE_H
#define ASH_IO_FLAT_WRITE_H

#include "io/flat_read.h"

/* Bytes of scratch that writing in the other byte order takes, and reading back. */
enum { ASH_FLAT_WINDOW = 128 << 10 };

/* Writes exactly `bytes` bytes. Returns 0 or an errno. */
int ash_write_bytes(int fd, const void *data, int64_t bytes, int64_t offset);
/* Writes a box that is not empty; `window` has ASH_FLAT_WINDOW bytes if box->swap is set. Returns 0 or an errno. */
int ash_flat_write(int fd, const ash_flat_box *box, const void *data, void *window);

/* Sets the distances of a whole variable, given its extents and element, that is dense in the file. Returns its bytes. */
int64_t ash_flat_dense(ash_flat_box *all);
/* Writes a dense box that begins at `start` of the whole variable `all`, whose strides do not count. As ash_flat_write(). */
int ash_flat_put(int fd, const ash_flat_box *all, const int64_t start[], const int64_t extent[], const void *data, void *window);
/* CRC-32C of the bytes of such a box as they are in the file; `window` has ASH_FLAT_WINDOW bytes. Returns 0 or an errno. */
int ash_flat_checksum(int fd, const ash_flat_box *all, const int64_t start[], const int64_t extent[], void *window, uint32_t *crc);

#endif
