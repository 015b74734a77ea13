#include "array/grid.h"

static int64_t min64(int64_t a, int64_t b) {
    return a < b ? a : b;
}

ash_grid_axis ash_axis_regular(int64_t extent, int64_t step, int64_t offset) {
    if (extent == 0) {
        return (ash_grid_axis){ .extent = 0, .count = 1, .step = 1 };
    }
    /* A step longer than the axis, or one that the offset alone exceeds, would waste chunk numbers. */
    if (step - offset >= extent) {
        step = extent;
        offset = 0;
    }
    return (ash_grid_axis){ .extent = extent, .count = (extent + offset - 1) / step + 1, .step = step, .offset = offset };
}

ash_grid_axis ash_axis_listed(int64_t count, const int64_t *bounds) {
    int64_t extent = bounds[count];
    if (extent == 0 || count == 1) {
        return ash_axis_regular(extent, extent > 0 ? extent : 1, 0);
    }
    int64_t step = bounds[2] - bounds[1];
    int64_t first = bounds[1];
    int regular = first <= step;
    for (int64_t i = 2; regular && i < count; i++) {
        int64_t size = bounds[i + 1] - bounds[i];
        regular = i + 1 < count ? size == step : size <= step;
    }
    if (count == 2 && first < step) { /* two chunks, the second longer: read it as a grid with an offset, or as one of the first's size */
        regular = 1;
    } else if (count == 2) {
        step = first;
        regular = 1;
    }
    if (regular) {
        ash_grid_axis axis = ash_axis_regular(extent, step, step - first);
        if (axis.count == count) {
            return axis;
        }
    }
    return (ash_grid_axis){ .extent = extent, .count = count, .bounds = bounds };
}

int ash_axis_copy(const ash_grid_axis *axis, ash_arena *arena, ash_grid_axis *out) {
    *out = *axis;
    if (axis->bounds) {
        out->bounds = ash_arena_memdup(arena, axis->bounds, (axis->count + 1) * (int64_t)sizeof *axis->bounds);
    }
    return out->bounds != NULL || !axis->bounds;
}

/* Where a chunk begins if all is needed. */
static int64_t whole_start(const ash_grid_axis *axis, int64_t chunk) {
    if (axis->bounds) {
        return axis->bounds[chunk];
    }
    if (chunk <= 0) {
        return 0;
    }
    return min64(axis->extent, chunk * axis->step - axis->offset);
}

int64_t ash_axis_start(const ash_grid_axis *axis, int64_t chunk) {
    int64_t start = whole_start(axis, chunk);
    if (axis->high == 0) {
        return start;
    }
    return start < axis->low ? axis->low : min64(start, axis->high);
}

void ash_axis_clip(ash_grid_axis *axis, int64_t low, int64_t high) {
    int whole = low == 0 && high == axis->extent;
    axis->low = whole ? 0 : low;
    axis->high = whole ? 0 : high;
}

int64_t ash_axis_find(const ash_grid_axis *axis, int64_t index) {
    if (!axis->bounds) {
        return (index + axis->offset) / axis->step;
    }
    int64_t low = 0, high = axis->count - 1; /* the last chunk whose start is <= index */
    while (low < high) {
        int64_t middle = (low + high + 1) / 2;
        if (axis->bounds[middle] <= index) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

/* The largest of the first and the last chunk that are needed, and, if there are more, the step. */
static int64_t largest_regular(const ash_grid_axis *axis) {
    int64_t first = ash_axis_find(axis, axis->low), last = ash_axis_find(axis, axis->high - 1);
    int64_t a = ash_axis_extent(axis, first), b = ash_axis_extent(axis, last);
    return last - first > 1 ? axis->step : a > b ? a : b;
}

int64_t ash_axis_largest(const ash_grid_axis *axis) {
    if (!axis->bounds && axis->high > 0) {
        return largest_regular(axis);
    }
    if (!axis->bounds) {
        return axis->count > 2 ? axis->step
            : axis->count == 2 ? (ash_axis_extent(axis, 0) > ash_axis_extent(axis, 1) ? ash_axis_extent(axis, 0) : ash_axis_extent(axis, 1))
                               : axis->extent;
    }
    int64_t largest = 0;
    for (int64_t i = 0; i < axis->count; i++) {
        int64_t size = ash_axis_extent(axis, i);
        largest = size > largest ? size : largest;
    }
    return largest;
}

int ash_axis_equal(const ash_grid_axis *a, const ash_grid_axis *b) {
    if (a->extent != b->extent || a->count != b->count) {
        return 0;
    }
    if (a->low != b->low || a->high != b->high) {
        return 0;
    }
    if (!a->bounds && !b->bounds) {
        return a->count == 1 || (a->step == b->step && a->offset == b->offset);
    }
    for (int64_t i = 0; i <= a->count; i++) {
        if (ash_axis_start(a, i) != ash_axis_start(b, i)) {
            return 0;
        }
    }
    return 1;
}

int ash_axis_refines(const ash_grid_axis *fine, const ash_grid_axis *coarse) {
    int64_t low = fine->high > 0 ? fine->low : 0, high = fine->high > 0 ? fine->high : fine->extent;
    if (coarse->high > 0 && (low < coarse->low || high > coarse->high)) {
        return 0;
    }
    if (!fine->bounds && !coarse->bounds && fine->offset == 0 && coarse->offset == 0 &&
        (coarse->count == 1 || coarse->step % fine->step == 0)) {
        return 1;
    }
    int64_t last = high > low ? ash_axis_find(coarse, high - 1) : 0;
    for (int64_t i = high > low ? ash_axis_find(coarse, low) + 1 : 1; i <= last; i++) {
        int64_t cut = ash_axis_start(coarse, i);
        if (ash_axis_start(fine, ash_axis_find(fine, cut)) != cut) {
            return 0;
        }
    }
    return 1;
}

/* Cuts of a sliced axis, one by one: element k of the slice lies in the chunk of start + k * step. */
static int slice_listed(const ash_grid_axis *axis, int64_t start, int64_t step, int64_t extent, ash_arena *arena, ash_grid_axis *out) {
    int64_t first = ash_axis_find(axis, start), last = ash_axis_find(axis, start + (extent - 1) * step);
    int64_t most = (first < last ? last - first : first - last) + 1;
    int64_t *bounds = ash_arena_alloc(arena, (min64(most, extent) + 1) * (int64_t)sizeof(int64_t));
    if (!bounds) {
        return 0;
    }
    int64_t count = 0;
    for (int64_t k = 0; k < extent;) {
        bounds[count++] = k;
        int64_t chunk = ash_axis_find(axis, start + k * step);
        int64_t left =
            step > 0 ? ash_axis_start(axis, chunk + 1) - 1 - (start + k * step) : (start + k * step) - ash_axis_start(axis, chunk);
        k += left / (step > 0 ? step : -step) + 1;
    }
    bounds[count] = extent;
    *out = ash_axis_listed(count, bounds);
    return 1;
}

int ash_axis_slice(const ash_grid_axis *axis, int64_t start, int64_t step, int64_t extent, ash_arena *arena, ash_grid_axis *out) {
    if (extent == 0 || axis->count == 1) {
        *out = ash_axis_regular(extent, extent > 0 ? extent : 1, 0);
        return 1;
    }
    if (!axis->bounds && step == 1) {
        *out = ash_axis_regular(extent, axis->step, (start + axis->offset) % axis->step);
        return 1;
    }
    return slice_listed(axis, start, step, extent, arena, out);
}

int ash_axis_parts(const ash_grid_axis *axis, int64_t parts, const int64_t begin[], ash_arena *arena, ash_grid_axis *out) {
    int64_t step = axis->count > 1 ? axis->step : axis->extent, count = 0, most = parts + (step > 0 ? axis->extent / step : 0) + 1;
    int64_t *bounds = ash_arena_alloc(arena, (most + 1) * (int64_t)sizeof *bounds);
    if (!bounds) {
        return 0;
    }
    for (int64_t k = 0; k < parts; k++) {
        if (begin[k + 1] - bounds[count] > step && begin[k] > bounds[count]) { /* does not fit beside those before it */
            bounds[++count] = begin[k];
        }
        while (begin[k + 1] - bounds[count] > step) {
            bounds[count + 1] = bounds[count] + step;
            count++;
        }
    }
    if (axis->extent > bounds[count]) {
        bounds[++count] = axis->extent;
    }
    *out = ash_axis_listed(count > 0 ? count : 1, bounds);
    return 1;
}

int ash_axis_from_spec(const ash_chunk_spec *spec, const ash_grid_axis *keep, ash_arena *arena, ash_grid_axis *out) {
    if (spec->size == 0) {
        *out = *keep;
        return 1;
    }
    if (spec->size > 0) {
        *out = ash_axis_regular(keep->extent, spec->size, 0);
        return 1;
    }
    int64_t *bounds = ash_arena_alloc(arena, (spec->count + 1) * (int64_t)sizeof(int64_t));
    if (!bounds) {
        return 0;
    }
    for (int64_t i = 0; i < spec->count; i++) {
        bounds[i + 1] = bounds[i] + spec->list[i];
    }
    *out = ash_axis_listed(spec->count, bounds);
    return 1;
}

void ash_grid_default(int ndim, const int64_t shape[], int64_t element_bytes, ash_grid_axis axes[]) {
    int64_t chunk[ASH_MAX_NDIM];
    int64_t target = ASH_CHUNK_BYTES / element_bytes; /* elements left to share out */
    for (int a = 0; a < ndim; a++) {
        chunk[a] = 1;
    }
    if (ndim > 0) {
        /* Rows are streams for the memory system: the last axis stays long, all of it if it is the only one. */
        int64_t row = ndim == 1 ? target : ASH_CHUNK_ROW;
        chunk[ndim - 1] = shape[ndim - 1] < row ? (shape[ndim - 1] > 0 ? shape[ndim - 1] : 1) : row;
        target /= chunk[ndim - 1];
    }
    for (int grown = 1; grown;) { /* double the shortest axis that can grow until the target is used up */
        grown = 0;
        int shortest = -1;
        for (int a = ndim - 1; a >= 0; a--) {
            if (chunk[a] < shape[a] && (a < ndim - 1 || ndim == 1) && (shortest < 0 || chunk[a] < chunk[shortest])) {
                shortest = a;
            }
        }
        if (shortest >= 0 && target >= 2) {
            int64_t size = min64(2 * chunk[shortest], shape[shortest]);
            chunk[shortest] = size;
            target /= 2;
            grown = 1;
        }
    }
    for (int a = 0; a < ndim; a++) {
        axes[a] = ash_axis_regular(shape[a], chunk[a], 0);
    }
}

void ash_grid_stored(int ndim, const int64_t shape[], const int64_t stored[], int64_t element_bytes, ash_grid_axis axes[]) {
    int64_t chunk[ASH_MAX_NDIM];
    int64_t elements = 1;
    for (int a = 0; a < ndim; a++) {
        chunk[a] = stored[a] > 0 ? min64(stored[a], shape[a] > 0 ? shape[a] : 1) : 1;
        elements *= chunk[a];
    }
    int64_t target = ASH_CHUNK_BYTES / element_bytes;
    for (int a = ndim - 1; a >= 0; a--) {
        if (elements >= target || shape[a] == 0) {
            continue;
        }
        int64_t times = target / elements;
        int64_t all = (shape[a] + chunk[a] - 1) / chunk[a];
        times = times < 1 ? 1 : min64(times, all);
        elements *= times;
        chunk[a] *= times;
    }
    for (int a = 0; a < ndim; a++) {
        axes[a] = ash_axis_regular(shape[a], chunk[a], 0);
    }
}

/* ---- Chunks of several axes ---- */

int64_t ash_grid_chunks(int ndim, const ash_grid_axis axis[]) {
    int64_t chunks = 1;
    for (int a = 0; a < ndim; a++) {
        chunks = axis[a].count > INT64_MAX / chunks ? INT64_MAX : chunks * axis[a].count;
    }
    return chunks;
}

void ash_grid_coordinates(int ndim, const ash_grid_axis axis[], int64_t chunk, int64_t coordinate[]) {
    for (int a = ndim - 1; a > 0; a--) {
        coordinate[a] = 0;
        if (axis[a].count > 1) {
            coordinate[a] = chunk % axis[a].count;
            chunk /= axis[a].count;
        }
    }
    if (ndim > 0) {
        coordinate[0] = chunk;
    }
}

int64_t ash_grid_ordinal(int ndim, const ash_grid_axis axis[], const int64_t coordinate[]) {
    int64_t ordinal = 0;
    for (int a = 0; a < ndim; a++) {
        ordinal = ordinal * axis[a].count + coordinate[a];
    }
    return ordinal;
}

void ash_grid_box(int ndim, const ash_grid_axis axis[], int64_t chunk, ash_box *box) {
    int64_t coordinate[ASH_MAX_NDIM];
    ash_grid_coordinates(ndim, axis, chunk, coordinate);
    for (int a = 0; a < ndim; a++) {
        box->start[a] = ash_axis_start(&axis[a], coordinate[a]);
        box->extent[a] = ash_axis_start(&axis[a], coordinate[a] + 1) - box->start[a];
    }
}

int64_t ash_dense_strides(int ndim, const int64_t extent[], int64_t size, int64_t stride[]) {
    for (int a = ndim - 1; a >= 0; a--) {
        if (stride) {
            stride[a] = size;
        }
        size *= extent[a];
    }
    return size;
}
