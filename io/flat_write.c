#include "io/flat_write.h"

#include "io/byte_order.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int ash_write_bytes(int fd, const void *data, int64_t bytes, int64_t offset) {
    while (bytes > 0) {
        ssize_t put = pwrite(fd, data, (size_t)(bytes < 1 << 30 ? bytes : 1 << 30), offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put < 0 ? errno : ENOSPC;
        data = (const char *)data + put;
        bytes -= put;
        offset += put;
    }
    return 0;
}

/* A run of elements that are dense in memory and in the file. */
static int write_run(int fd, const char *data, int64_t count, int64_t element, int swap, int64_t offset, char *window) {
    if (!swap)
        return ash_write_bytes(fd, data, count * element, offset);
    int64_t most = ASH_FLAT_WINDOW / element;
    int reason = 0;
    for (int64_t done = 0; done < count && reason == 0; done += most) {
        int64_t n = count - done < most ? count - done : most;
        memcpy(window, data + done * element, (size_t)(n * element));
        ash_swap_bytes(window, n, element);
        reason = ash_write_bytes(fd, window, n * element, offset + done * element);
    }
    return reason;
}

int ash_flat_write(int fd, const ash_flat_box *box, const void *data, void *window) {
    /* The innermost axes that are dense in the file and in memory make one run; the others are counted through. */
    int outer = box->ndim;
    int64_t run = 1;
    while (outer > 0 &&
        (box->extent[outer - 1] == 1 || (box->distance[outer - 1] == run * box->element && box->stride[outer - 1] == run * box->element)))
        run *= box->extent[--outer];

    int64_t index[ASH_MAX_NDIM] = { 0 }, offset = box->offset;
    const char *in = data;
    for (;;) {
        int reason = write_run(fd, in, run, box->element, box->swap && box->element > 1, offset, window);
        if (reason != 0)
            return reason;
        int a = outer - 1;
        while (a >= 0 && index[a] == box->extent[a] - 1) {
            offset -= index[a] * box->distance[a];
            in -= index[a] * box->stride[a];
            index[a--] = 0;
        }
        if (a < 0)
            return 0;
        index[a]++;
        offset += box->distance[a];
        in += box->stride[a];
    }
}

int64_t ash_flat_dense(ash_flat_box *all) {
    int64_t bytes = all->element;
    for (int a = all->ndim - 1; a >= 0; a--) {
        all->distance[a] = bytes;
        bytes *= all->extent[a];
    }
    return bytes;
}

int ash_flat_put(int fd, const ash_flat_box *all, const int64_t start[], const int64_t extent[], const void *data, void *window) {
    ash_flat_box box = *all;
    int64_t stride = box.element;
    for (int a = box.ndim - 1; a >= 0; a--) {
        box.extent[a] = extent[a];
        box.stride[a] = stride;
        box.offset += start[a] * box.distance[a];
        stride *= extent[a];
    }
    return ash_flat_write(fd, &box, data, window);
}
