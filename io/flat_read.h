/* Boxes of elements that lie in a file at regular distances. */
#ifndef ASH_IO_FLAT_READ_H
#define ASH_IO_FLAT_READ_H

#include "io/io.h"

/* Bytes of the window that reading may take of a thread's scratch. */
enum { ASH_FLAT_WINDOW_BYTES = 1 << 17 };

/* Element k of axis a lies k * distance[a] bytes behind that before it in the file, and belongs k * stride[a] bytes behind it in memory. Axes may be
 * in any order in both; by falling distance, no axis reaches into the next element of the one before it. */
typedef struct ash_flat_box {
    int ndim;
    int swap;        /* to the other byte order */
    int pairs;       /* an element is two numbers (complex), each in the byte order of its own */
    int64_t element; /* bytes: 1, 2, 4, 8 or 16 */
    int64_t offset;  /* of the first element in the file */
    int64_t extent[ASH_MAX_NDIM], distance[ASH_MAX_NDIM], stride[ASH_MAX_NDIM];
} ash_flat_box;

/* Reads exactly `bytes` bytes; the reason alone is in `error` when it cannot. Tries again as the scratch says; without one (NULL) not at all. */
ash_status ash_read_bytes(int fd, void *buffer, int64_t bytes, int64_t offset, ash_read_scratch *scratch, ash_error_state *error);
/* Reads a box that is not empty. The reason alone is in `error`. */
ash_status ash_flat_read(int fd, const ash_flat_box *box, void *buffer, ash_read_scratch *scratch, ash_error_state *error);

#endif
