/* Long runs of a box are read where they belong. Short ones that are near each other in the file, such as rows of a record between those of other
 * variables, are read together with what lies between them, into a window, and copied from there. */
#include "io/flat_read.h"

#include "io/byte_order.h"
#include "io/element.h"
#include "io/read_scratch.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Another call costs as much as the bytes of a gap; a run is long when a call for it costs less than copying it. */
enum { GAP_BYTES = 4096, LONG_RUN_BYTES = 1 << 15, FIRST_PAUSE_MS = 10 };

/* What disks and network file systems say of a trouble that may be over a moment later. */
static int may_pass(int reason) {
    return reason == EIO || reason == ESTALE || reason == EAGAIN || reason == ETIMEDOUT || reason == ENETDOWN || reason == ENETUNREACH ||
        reason == EHOSTDOWN || reason == ECONNRESET;
}

/* Each time four times as long, from 10 ms on. */
static void back_off(int tries) {
    int64_t ms = FIRST_PAUSE_MS << (2 * (tries < 5 ? tries : 5));
    struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    nanosleep(&pause, NULL);
}

/* pread() until there is something to say; with a scratch, by its policy. */
static ssize_t read_some(int fd, void *buffer, int64_t bytes, int64_t offset, ash_read_scratch *scratch) {
    for (int tries = 0;;) {
        ssize_t got = pread(fd, buffer, (size_t)(bytes < 1 << 30 ? bytes : 1 << 30), offset);
        if (got >= 0 || (errno != EINTR && !(scratch && tries < scratch->retries && may_pass(errno))))
            return got;
        if (errno != EINTR) {
            scratch->reads_repeated++;
            back_off(tries++);
        }
    }
}

ash_status ash_read_bytes(int fd, void *buffer, int64_t bytes, int64_t offset, ash_read_scratch *scratch, ash_error_state *error) {
    while (bytes > 0) {
        ssize_t got = read_some(fd, buffer, bytes, offset, scratch);
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

static void swap_elements(const ash_flat_box *box, void *elements, int64_t n) {
    int64_t numbers = box->pairs ? 2 : 1;
    if (box->swap)
        ash_swap_bytes(elements, n * numbers, box->element / numbers);
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
    ash_copy_elements(out, stride, in, distance, n, bytes); /* elements, or runs of them */
    if (stride == bytes)
        swap_elements(box, out, n * l->run);
    else
        for (int64_t i = 0; box->swap && i < n; i++)
            swap_elements(box, out + i * stride, l->run);
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
            status = ash_read_bytes(fd, scratch->window, bytes, offset + done * distance, scratch, error);
        if (status != ASH_OK)
            return status;
        scratch->bytes_fetched += bytes;
        place(l, a, n, scratch->window, out + done * l->box->stride[a]);
    }
    return ASH_OK;
}

static ash_status read_run(int fd, const layout *l, int64_t offset, unsigned char *out, ash_read_scratch *scratch, ash_error_state *error) {
    int64_t bytes = l->run * l->box->element;
    ash_status status = ash_read_bytes(fd, out, bytes, offset, scratch, error);
    if (status != ASH_OK)
        return status;
    scratch->bytes_fetched += bytes;
    swap_elements(l->box, out, l->run);
    return ASH_OK;
}

/* The same box with its axes in the order of the file. */
static void sort_axes(const ash_flat_box *box, ash_flat_box *sorted) {
    *sorted = *box;
    sorted->ndim = 0;
    for (int a = 0; a < box->ndim; a++) {
        if (box->extent[a] == 1)
            continue;
        int at = sorted->ndim++;
        for (; at > 0 && sorted->distance[at - 1] < box->distance[a]; at--) {
            sorted->extent[at] = sorted->extent[at - 1];
            sorted->distance[at] = sorted->distance[at - 1];
            sorted->stride[at] = sorted->stride[at - 1];
        }
        sorted->extent[at] = box->extent[a];
        sorted->distance[at] = box->distance[a];
        sorted->stride[at] = box->stride[a];
    }
}

ash_status ash_flat_read(int fd, const ash_flat_box *given, void *buffer, ash_read_scratch *scratch, ash_error_state *error) {
    ash_flat_box sorted, *box = &sorted;
    layout l;
    int64_t index[ASH_MAX_NDIM] = { 0 }, offset = given->offset;
    unsigned char *out = buffer;
    sort_axes(given, box);
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
