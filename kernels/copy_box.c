/* Copies of N-d boxes with any strides. Axes are put in the order of the output and joined where they can be; what is left is rows of bytes (memcpy),
 * planes that are transposed (tiles), or lines of elements. */
#include "kernels/kernels.h"

#include <string.h>

/* Elements a side of a transposed tile (measured). */
#define TILE_SIDE(size) ((size) == 2 || (size) == 4 ? 16 : 8)
/* Columns after which a plane is cut: as many pages of the source stay in the TLB while rows pass. */
enum { PLANE_COLUMNS = 128 };

#define WORD uint8_t
#define NAME(part) part##_1
#include "kernels/copy_row.h"
#undef WORD
#undef NAME
#define WORD uint16_t
#define NAME(part) part##_2
#include "kernels/copy_row.h"
#undef WORD
#undef NAME
#define WORD uint32_t
#define NAME(part) part##_4
#include "kernels/copy_row.h"
#undef WORD
#undef NAME
#define WORD uint64_t
#define NAME(part) part##_8
#include "kernels/copy_row.h"
#undef WORD
#undef NAME
typedef struct word_16 {
    uint64_t half[2];
} word_16;
#define WORD word_16
#define NAME(part) part##_16
#include "kernels/copy_row.h"
#undef WORD
#undef NAME

typedef struct copier {
    int64_t size;
    void (*line)(char *out, int64_t out_step, const char *in, int64_t in_step, int64_t n);
    void (*tile)(char *out, int64_t out_row, const char *in, int64_t in_column);
} copier;

static const copier copiers[] = {
    { 1, line_1, tile_1 },
    { 2, line_2, tile_2 },
    { 4, line_4, tile_4 },
    { 8, line_8, tile_8 },
    { 16, line_16, tile_16 },
};
enum { COPIER_COUNT = sizeof(copiers) / sizeof(copiers[0]) };

typedef struct axis {
    int64_t extent, out, in;
} axis;

static int64_t magnitude(int64_t stride) {
    return stride < 0 ? -stride : stride;
}

/* Axes of more than one element, output strides falling, neighbours joined where both sides run through. Returns how many; -1 if the box is empty. */
static int simplify(int ndim, const int64_t extent[], const int64_t out_stride[], const int64_t in_stride[], axis axes[ASH_MAX_NDIM]) {
    int count = 0;
    for (int d = 0; d < ndim; d++) {
        if (extent[d] <= 0)
            return -1;
        if (extent[d] == 1)
            continue;
        int at = count++;
        for (; at > 0 && magnitude(axes[at - 1].out) < magnitude(out_stride[d]); at--)
            axes[at] = axes[at - 1];
        axes[at] = (axis){ extent[d], out_stride[d], in_stride[d] };
    }
    int kept = 0;
    for (int d = 1; d < count; d++) {
        axis *outer = &axes[kept];
        if (outer->out == axes[d].out * axes[d].extent && outer->in == axes[d].in * axes[d].extent)
            *outer = (axis){ outer->extent * axes[d].extent, axes[d].out, axes[d].in };
        else
            axes[++kept] = axes[d];
    }
    return count == 0 ? 0 : kept + 1;
}

/* A plane whose output is dense along `columns` and whose source is dense along `rows`. */
static void transpose_plane(const copier *copy, axis rows, axis columns, char *out, const char *in) {
    const int64_t side = TILE_SIDE(copy->size);
    for (int64_t first = 0; first < columns.extent; first += PLANE_COLUMNS) {
        const int64_t last = columns.extent - first < PLANE_COLUMNS ? columns.extent : first + PLANE_COLUMNS;
        const int64_t whole = first + (last - first) / side * side;
        int64_t r = 0;
        for (; r + side <= rows.extent; r += side) {
            for (int64_t c = first; c < whole; c += side)
                copy->tile(out + r * rows.out + c * columns.out, rows.out, in + r * rows.in + c * columns.in, columns.in);
            for (int64_t c = whole; c < last; c++)
                copy->line(out + r * rows.out + c * columns.out, rows.out, in + r * rows.in + c * columns.in, rows.in, side);
        }
        for (; r < rows.extent; r++)
            copy->line(
                out + r * rows.out + first * columns.out, columns.out, in + r * rows.in + first * columns.in, columns.in, last - first);
    }
}

/* Moves to the next combination of the axes; 0 after the last one. */
static int advance(int count, const axis axes[], int64_t position[], char **out, const char **in) {
    for (int d = count - 1; d >= 0; d--) {
        *out += axes[d].out;
        *in += axes[d].in;
        if (++position[d] < axes[d].extent)
            return 1;
        *out -= axes[d].extent * axes[d].out;
        *in -= axes[d].extent * axes[d].in;
        position[d] = 0;
    }
    return 0;
}

static void copy_rows(int count, const axis axes[], int64_t bytes, char *out, const char *in) {
    int64_t position[ASH_MAX_NDIM] = { 0 };
    do
        memcpy(out, in, (size_t)bytes);
    while (advance(count, axes, position, &out, &in));
}

static void copy_lines(int count, const axis axes[], const copier *copy, axis inner, char *out, const char *in) {
    int64_t position[ASH_MAX_NDIM] = { 0 };
    do
        copy->line(out, inner.out, in, inner.in, inner.extent);
    while (advance(count, axes, position, &out, &in));
}

static void copy_planes(int count, const axis axes[], const copier *copy, axis rows, axis columns, char *out, const char *in) {
    int64_t position[ASH_MAX_NDIM] = { 0 };
    do
        transpose_plane(copy, rows, columns, out, in);
    while (advance(count, axes, position, &out, &in));
}

void ash_copy_box(
    int ndim, const int64_t extent[], int64_t size, void *out, const int64_t out_stride[], const void *in, const int64_t in_stride[]) {
    axis axes[ASH_MAX_NDIM];
    int count = simplify(ndim, extent, out_stride, in_stride, axes);
    if (count < 0)
        return;
    if (count == 0) {
        memcpy(out, in, (size_t)size);
        return;
    }
    const axis inner = axes[--count];
    if (inner.out == size && inner.in == size) {
        copy_rows(count, axes, inner.extent * size, out, in);
        return;
    }
    const copier *copy = NULL;
    for (int i = 0; i < COPIER_COUNT; i++)
        if (copiers[i].size == size)
            copy = &copiers[i];
    if (copy == NULL) {
        axes[count++] = inner; /* no dtype has this size: element by element */
        copy_rows(count, axes, size, out, in);
        return;
    }
    for (int d = 0; d < count && inner.out == size; d++) {
        if (axes[d].in == size) {
            const axis rows = axes[d];
            memmove(&axes[d], &axes[d + 1], (size_t)(count - d - 1) * sizeof(axis));
            copy_planes(count - 1, axes, copy, rows, inner, out, in);
            return;
        }
    }
    copy_lines(count, axes, copy, inner, out, in);
}
