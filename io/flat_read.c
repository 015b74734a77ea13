#include "io/flat_read.h"

#include "io/byte_order.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { GATHER_BYTES = 16384 };

ash_status ash_read_bytes(int fd, void *buffer, int64_t bytes, int64_t offset, ash_error_state *error) {
    while (bytes > 0) {
        ssize_t got = pread(fd, buffer, (size_t)(bytes < 1 << 30 ? bytes : 1 << 30), offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ash_fail(error, ASH_ERR_IO, "%s", strerror(errno));
        if (got == 0)
            return ash_fail(error, ASH_ERR_IO, "the file ends at byte %lld", (long long)offset);
        buffer = (char *)buffer + got;
        bytes -= got;
        offset += got;
    }
    return ASH_OK;
}

/* Every so many bytes an element, made dense. Copies of a size that is known are loads and stores. */
static void pick(char *out, const char *in, int64_t n, int64_t size, int64_t distance) {
    if (size == 4)
        for (int64_t i = 0; i < n; i++)
            memcpy(out + i * 4, in + i * distance, 4);
    else if (size == 8)
        for (int64_t i = 0; i < n; i++)
            memcpy(out + i * 8, in + i * distance, 8);
    else if (size == 2)
        for (int64_t i = 0; i < n; i++)
            memcpy(out + i * 2, in + i * distance, 2);
    else
        for (int64_t i = 0; i < n; i++)
            memcpy(out + i * size, in + i * distance, (size_t)size);
}

/* `count` elements of `size` bytes that lie `distance` bytes apart: several to a read when they are near each other. */
static ash_status gather(
    int fd, char *out, int64_t count, int64_t size, int64_t distance, int64_t offset, int64_t *fetched, ash_error_state *error) {
    char scratch[GATHER_BYTES];
    int64_t together = distance < GATHER_BYTES / 4 ? (GATHER_BYTES - size) / distance + 1 : 1;
    for (int64_t done = 0; done < count; done += together) {
        int64_t n = count - done < together ? count - done : together, bytes = (n - 1) * distance + size;
        ash_status status = ash_read_bytes(fd, scratch, bytes, offset + done * distance, error);
        if (status != ASH_OK)
            return status;
        *fetched += bytes;
        pick(out + done * size, scratch, n, size, distance);
    }
    return ASH_OK;
}

ash_status ash_flat_read(int fd, const ash_flat_box *box, void *buffer, int64_t *fetched, ash_error_state *error) {
    /* The innermost axes that are dense in the file and in memory make one run; the others are counted through. */
    int outer = box->ndim;
    int64_t run = 1;
    while (outer > 0 &&
        (box->extent[outer - 1] == 1 || (box->distance[outer - 1] == run * box->element && box->stride[outer - 1] == run * box->element)))
        run *= box->extent[--outer];
    int scattered = outer > 0 && run == 1;
    int64_t count = scattered ? box->extent[--outer] : run, bytes = count * box->element;

    int64_t index[ASH_MAX_NDIM] = { 0 }, offset = box->offset;
    char *out = buffer;
    for (;;) {
        ash_status status = scattered ? gather(fd, out, count, box->element, box->distance[outer], offset, fetched, error)
                                      : ash_read_bytes(fd, out, bytes, offset, error);
        if (status != ASH_OK)
            return status;
        *fetched += scattered ? 0 : bytes;
        if (box->swap)
            ash_swap_bytes(out, count, box->element);
        int a = outer - 1;
        while (a >= 0 && index[a] == box->extent[a] - 1) {
            offset -= index[a] * box->distance[a];
            out -= index[a] * box->stride[a];
            index[a--] = 0;
        }
        if (a < 0)
            return ASH_OK;
        index[a]++;
        offset += box->distance[a];
        out += box->stride[a];
    }
}
