#include "io/flat_write.h"

#include "base/crc32c.h"
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

/* Runs of a box, one after the other: written, or read back for a checksum. */
typedef struct box_walk {
    int fd, swap;
    int64_t element;
    char *window;
    uint32_t crc;
} box_walk;

/* `bytes` bytes at `offset` of the file and at `data`. Returns 0 or an errno. */
typedef int visit_run(box_walk *walk, const char *data, int64_t bytes, int64_t offset);

static int write_run(box_walk *walk, const char *data, int64_t bytes, int64_t offset) {
    if (!walk->swap)
        return ash_write_bytes(walk->fd, data, bytes, offset);
    int64_t most = ASH_FLAT_WINDOW / walk->element * walk->element;
    int reason = 0;
    for (int64_t done = 0; done < bytes && reason == 0; done += most) {
        int64_t n = bytes - done < most ? bytes - done : most;
        memcpy(walk->window, data + done, (size_t)n);
        ash_swap_bytes(walk->window, n / walk->element, walk->element);
        reason = ash_write_bytes(walk->fd, walk->window, n, offset + done);
    }
    return reason;
}

static int check_run(box_walk *walk, const char *data, int64_t bytes, int64_t offset) {
    ash_error_state ignored = { 0 };
    (void)data;
    for (int64_t done = 0; done < bytes; done += ASH_FLAT_WINDOW) {
        int64_t n = bytes - done < ASH_FLAT_WINDOW ? bytes - done : ASH_FLAT_WINDOW;
        if (ash_read_bytes(walk->fd, walk->window, n, offset + done, NULL, &ignored) != ASH_OK)
            return EIO;
        walk->crc = ash_crc32c(walk->crc, walk->window, n);
    }
    return 0;
}

static int walk_box(box_walk *walk, const ash_flat_box *box, const char *data, visit_run *visit) {
    /* The innermost axes that are dense in the file and in memory make one run; the others are counted through. */
    int outer = box->ndim;
    int64_t run = box->element;
    while (outer > 0 && (box->extent[outer - 1] == 1 || (box->distance[outer - 1] == run && box->stride[outer - 1] == run)))
        run *= box->extent[--outer];

    int64_t index[ASH_MAX_NDIM] = { 0 }, offset = box->offset, at = 0;
    for (;;) {
        int reason = visit(walk, data ? data + at : NULL, run, offset);
        if (reason != 0)
            return reason;
        int a = outer - 1;
        while (a >= 0 && index[a] == box->extent[a] - 1) {
            offset -= index[a] * box->distance[a];
            at -= index[a] * box->stride[a];
            index[a--] = 0;
        }
        if (a < 0)
            return 0;
        index[a]++;
        offset += box->distance[a];
        at += box->stride[a];
    }
}

int ash_flat_write(int fd, const ash_flat_box *box, const void *data, void *window) {
    box_walk walk = { .fd = fd, .swap = box->swap && box->element > 1, .element = box->element, .window = window };
    return walk_box(&walk, box, data, write_run);
}

int64_t ash_flat_dense(ash_flat_box *all) {
    int64_t bytes = all->element;
    for (int a = all->ndim - 1; a >= 0; a--) {
        all->distance[a] = bytes;
        bytes *= all->extent[a];
    }
    return bytes;
}

/* The box that begins at `start` of a whole variable, dense in memory. */
static ash_flat_box part_of(const ash_flat_box *all, const int64_t start[], const int64_t extent[]) {
    ash_flat_box box = *all;
    int64_t stride = box.element;
    for (int a = box.ndim - 1; a >= 0; a--) {
        box.extent[a] = extent[a];
        box.stride[a] = stride;
        box.offset += start[a] * box.distance[a];
        stride *= extent[a];
    }
    return box;
}

int ash_flat_put(int fd, const ash_flat_box *all, const int64_t start[], const int64_t extent[], const void *data, void *window) {
    ash_flat_box box = part_of(all, start, extent);
    return ash_flat_write(fd, &box, data, window);
}

int ash_flat_checksum(int fd, const ash_flat_box *all, const int64_t start[], const int64_t extent[], void *window, uint32_t *crc) {
    ash_flat_box box = part_of(all, start, extent);
    box_walk walk = { .fd = fd, .window = window };
    int reason = walk_box(&walk, &box, NULL, check_run);
    *crc = walk.crc;
    return reason;
}
