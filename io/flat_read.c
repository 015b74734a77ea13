/* Long runs of a box are read where they belong. Short ones that are near each other in the file, such as rows of a record between those of other
 * variables, are read together with what lies between them, into a window, and copied from there. */
#include "io/flat_read.h"

#include "io/byte_order.h"
#include "io/read_scratch.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Another call costs as much as the bytes of a gap; a run is long when a call for it costs less than copying it. */
enum { GAP_BYTES = 4096, LONG_RUN_BYTES = 1 << 15 };

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

/* How a box is read: axes before `together` are counted through; those from it on are read at once, up to `outer`; the others are runs. */
typedef struct layout {
    const ash_flat_box *box;
    int together, outer;
    int64_t run;                    /* elements */
    int64_t span[ASH_MAX_NDIM + 1]; /* bytes in the file from the first element of axes a and higher to the end of the last one */
} layout;

static void lay_out(const ash_flat_box *box, layout *l) {
    *l = (layout){ .box = box, .outer = box->ndim, .run = 1 };
    l->span[box->ndim] = box->element;
    for (int a = box->ndim - 1; a >= 0; a--)
        l->span[a] = (box->extent[a] - 1) * box->distance[a] + l->span[a + 1];
    while (l->outer > 0) { /* axes that are dense in the file and in memory */
        int a = l->outer - 1;
        int64_t bytes = l->run * box->element;
        if (box->extent[a] != 1 && (box->distance[a] != bytes || box->stride[a] != bytes))
            break;
        l->run *= box->extent[a];
        l->outer = a;
    }
    l->together = l->outer;
    while (l->together > 0 && l->run * box->element < LONG_RUN_BYTES) {
        int a = l->together - 1;
        if (l->span[a + 1] > ASH_FLAT_WINDOW_BYTES || (box->extent[a] > 1 && box->distance[a] - l->span[a + 1] > GAP_BYTES))
            break;
        l->together = a;
    }
}

/* `n` pieces of `bytes` bytes, which are but one element where elements are scattered. */
static void copy_pieces(const unsigned char *in, int64_t distance, unsigned char *out, int64_t stride, int64_t n, int64_t bytes) {
    if (bytes == 2)
        for (int64_t i = 0; i < n; i++)
            memcpy(out + i * stride, in + i * distance, 2);
    else if (bytes == 4)
        for (int64_t i = 0; i < n; i++)
            memcpy(out + i * stride, in + i * distance, 4);
    else if (bytes == 8)
        for (int64_t i = 0; i < n; i++)
            memcpy(out + i * stride, in + i * distance, 8);
    else
        for (int64_t i = 0; i < n; i++)
            memcpy(out + i * stride, in + i * distance, (size_t)bytes);
}

/* Copies `n` elements of axis `a`, with all of the axes behind it, from a window to where they belong. */
static void place(const layout *l, int a, int64_t n, const unsigned char *in, unsigned char *out) {
    const ash_flat_box *box = l->box;
    int64_t distance = box->distance[a], stride = box->stride[a], bytes = l->run * box->element;
    if (a + 1 < l->outer) {
        for (int64_t i = 0; i < n; i++)
            place(l, a + 1, box->extent[a + 1], in + i * distance, out + i * stride);
        return;
    }
    copy_pieces(in, distance, out, stride, n, bytes);
    if (box->swap && stride == bytes)
        ash_swap_bytes(out, n * l->run, box->element);
    else
        for (int64_t i = 0; box->swap && i < n; i++)
            ash_swap_bytes(out + i * stride, l->run, box->element);
}

/* All of the axes from `together` on, as many elements of that one at a time as the window holds. */
static ash_status read_together(
    int fd, const layout *l, int64_t offset, unsigned char *out, ash_read_scratch *scratch, ash_error_state *error) {
    int a = l->together;
    int64_t distance = l->box->distance[a], extent = l->box->extent[a];
    int64_t most = extent > 1 ? (ASH_FLAT_WINDOW_BYTES - l->span[a + 1]) / distance + 1 : 1;
    for (int64_t done = 0; done < extent; done += most) {
        int64_t n = extent - done < most ? extent - done : most, bytes = (n - 1) * distance + l->span[a + 1];
        ash_status status = ash_scratch_window(scratch, ASH_FLAT_WINDOW_BYTES, error);
        if (status == ASH_OK)
            status = ash_read_bytes(fd, scratch->window, bytes, offset + done * distance, error);
        if (status != ASH_OK)
            return status;
        scratch->bytes_fetched += bytes;
        place(l, a, n, scratch->window, out + done * l->box->stride[a]);
    }
    return ASH_OK;
}

static ash_status read_run(int fd, const layout *l, int64_t offset, unsigned char *out, ash_read_scratch *scratch, ash_error_state *error) {
    int64_t bytes = l->run * l->box->element;
    ash_status status = ash_read_bytes(fd, out, bytes, offset, error);
    if (status != ASH_OK)
        return status;
    scratch->bytes_fetched += bytes;
    if (l->box->swap)
        ash_swap_bytes(out, l->run, l->box->element);
    return ASH_OK;
}

ash_status ash_flat_read(int fd, const ash_flat_box *box, void *buffer, ash_read_scratch *scratch, ash_error_state *error) {
    layout l;
    int64_t index[ASH_MAX_NDIM] = { 0 }, offset = box->offset;
    unsigned char *out = buffer;
    lay_out(box, &l);
    for (;;) {
        ash_status status =
            l.together < l.outer ? read_together(fd, &l, offset, out, scratch, error) : read_run(fd, &l, offset, out, scratch, error);
        if (status != ASH_OK)
            return status;
        int a = l.together - 1;
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
