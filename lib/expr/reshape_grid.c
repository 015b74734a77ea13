#include "expr/reshape_grid.h"

#include "base/memory.h"

/* ---- Groups ---- */

static int has_elements(int n, const int64_t shape[]) {
    for (int k = 0; k < n; k++) {
        if (shape[k] == 0) {
            return 0;
        }
    }
    return 1;
}

/* Of shapes without elements: what is equal at both ends stays, the rest is one group. */
static int groups_of_nothing(int from, const int64_t old_shape[], int to, const int64_t new_shape[], ash_axis_group group[]) {
    int n = 0, before = 0, after = 0, least = from < to ? from : to;
    while (before < least && old_shape[before] == new_shape[before]) {
        group[n++] = (ash_axis_group){ before, 1, before, 1, 1 };
        before++;
    }
    while (after < least - before && old_shape[from - 1 - after] == new_shape[to - 1 - after]) {
        after++;
    }
    if (before + after < from || before + after < to) {
        group[n++] = (ash_axis_group){ before, from - before - after, before, to - before - after, 0 };
    }
    for (; after > 0; after--) {
        group[n++] = (ash_axis_group){ from - after, 1, to - after, 1, 1 };
    }
    return n;
}

int ash_axis_groups(int from, const int64_t old_shape[], int to, const int64_t new_shape[], ash_axis_group group[ASH_AXIS_GROUPS]) {
    if (!has_elements(from, old_shape)) {
        return groups_of_nothing(from, old_shape, to, new_shape, group);
    }
    int n = 0;
    for (int i = 0, j = 0; i < from || j < to; n++) {
        int same = i < from && j < to && old_shape[i] == new_shape[j];
        group[n] = (ash_axis_group){ i, 0, j, 0, same };
        if (!same && i < from && old_shape[i] == 1) { /* goes away */
            group[n].nfrom = 1;
        } else if (!same && j < to && new_shape[j] == 1) { /* is new */
            group[n].nto = 1;
        } else {
            int64_t old_elements = old_shape[i], new_elements = new_shape[j];
            group[n].nfrom = group[n].nto = 1;
            while (old_elements != new_elements) {
                if (old_elements < new_elements) {
                    old_elements *= old_shape[i + group[n].nfrom++];
                } else {
                    new_elements *= new_shape[j + group[n].nto++];
                }
            }
        }
        i += (int)group[n].nfrom;
        j += (int)group[n].nto;
    }
    return n;
}

/* ---- Grids ---- */

/* The elements of a group in C order fall into bands, each of whole chunks of the input. Before axis `cut` every index is a chunk of its own, there bands end with its
 * chunks, and what follows is whole. */
typedef struct bands {
    const ash_grid_axis *cut;
    int64_t outer, inner; /* elements of the axes before and after it */
    int64_t count;
    int64_t length;   /* of each but the last, if they are alike; else 0 */
    int64_t elements; /* of the largest chunk */
    int several;      /* a band consists of several chunks */
} bands;

enum { LISTED_MOST = 1 << 24 }; /* bands that are looked at one by one */

static int64_t product(const int64_t extent[], int64_t begin, int64_t end) {
    int64_t elements = 1;
    for (int64_t k = begin; k < end; k++) {
        elements *= extent[k];
    }
    return elements;
}

static bands find_bands(const ash_axis_group *group, const ash_output *input) {
    bands b = { .elements = 1 };
    int64_t extent[ASH_MAX_NDIM], cut = 0;
    for (int64_t k = 0; k < group->nfrom; k++) {
        const ash_grid_axis *axis = &input->dim[group->from + k].axis;
        extent[k] = axis->extent;
        b.elements *= ash_axis_largest(axis);
        cut = k == cut && k + 1 < group->nfrom && ash_axis_largest(axis) == 1 ? k + 1 : cut;
        b.several |= k > cut && axis->count > 1;
    }
    b.cut = &input->dim[group->from + cut].axis;
    b.outer = product(extent, 0, cut);
    b.inner = product(extent, cut + 1, group->nfrom);
    b.count = b.outer * b.cut->count;
    int alike = !b.cut->bounds && b.cut->offset == 0 && (b.outer == 1 || b.cut->extent % b.cut->step == 0);
    b.length = alike ? b.cut->step * b.inner : 0;
    return b;
}

static int64_t longest_band(const bands *b) {
    return ash_axis_largest(b->cut) * b->inner;
}

/* Where band k begins; the one past the last at the end. */
static int64_t band_begin(const bands *b, int64_t k) {
    return (k / b->cut->count * b->cut->extent + ash_axis_start(b->cut, k % b->cut->count)) * b->inner;
}

/* Whether all bands begin at multiples of `unit`. */
static int divides(const bands *b, int64_t unit) {
    if (b->length > 0 || b->inner % unit == 0) {
        return b->count == 1 || b->inner % unit == 0 || b->length % unit == 0;
    }
    for (int64_t k = 0; k < b->count && b->count <= LISTED_MOST; k++) {
        if (band_begin(b, k) % unit != 0) {
            return 0;
        }
    }
    return b->count <= LISTED_MOST;
}

/* Whether every cut of the result, at multiples of `unit`, is one of bands that are alike. */
static int cuts_at_bands(const bands *b, int64_t unit) {
    return b->length > 0 && unit % b->length == 0;
}

/* The bands, cut further where they have more than `most` indices, of `unit` elements each. 0 when out of memory. */
static int list_cuts(const bands *b, int64_t unit, int64_t most, ash_arena *arena, ash_grid_axis *axis) {
    int64_t pieces = 0, n = 0;
    for (int64_t k = 0; k < b->count; k++) {
        pieces += ((band_begin(b, k + 1) - band_begin(b, k)) / unit - 1) / most + 1;
    }
    int64_t *bounds = ash_malloc((pieces + 1) * (int64_t)sizeof *bounds);
    if (!bounds) {
        return 0;
    }
    for (int64_t k = 0; k < b->count; k++) {
        int64_t start = band_begin(b, k) / unit, extent = band_begin(b, k + 1) / unit - start, parts = (extent - 1) / most + 1;
        for (int64_t p = 0; p < parts; p++) {
            bounds[n++] = start + extent / parts * p + (p < extent % parts ? p : extent % parts);
        }
    }
    bounds[n] = band_begin(b, b->count) / unit;
    *axis = ash_axis_listed(n, bounds);
    if (axis->bounds) {
        axis->bounds = ash_arena_memdup(arena, bounds, (n + 1) * (int64_t)sizeof *bounds);
    }
    int fine = axis->bounds || axis->step > 0;
    ash_free(bounds);
    return fine;
}

/* The least number of pieces, each of at most `most`, that an extent is a multiple of; 0 if there is none that is not much too large. */
static int64_t equal_parts(int64_t extent, int64_t most) {
    int64_t least = (extent - 1) / most + 1;
    for (int64_t parts = least; parts <= 2 * least && parts < least + LISTED_MOST; parts++) {
        if (extent % parts == 0) {
            return parts;
        }
    }
    return 0;
}

/* An axis with the cuts of the bands, and within them as many as keep chunks below `most`; `unit` elements of the group belong to one index. 0 when out of
 * memory. */
static int cut_bands(const bands *b, int64_t unit, int64_t most, ash_arena *arena, ash_grid_axis *axis) {
    int64_t extent = band_begin(b, b->count) / unit, length = b->length / unit, parts = length > 0 ? equal_parts(length, most) : 0;
    if (parts > 0) {
        *axis = ash_axis_regular(extent, length / parts, 0);
        return 1;
    }
    if (b->count > LISTED_MOST) {
        *axis = ash_axis_regular(extent, most < extent ? most : extent, 0);
        return 1;
    }
    return list_cuts(b, unit, most, arena, axis);
}

static void grid_of_nothing(const ash_axis_group *group, ash_output *output) {
    int64_t extent[ASH_MAX_NDIM] = { 0 };
    ash_grid_axis axis[ASH_MAX_NDIM];
    for (int64_t k = 0; k < group->nto; k++) {
        extent[k] = output->dim[group->to + k].axis.extent;
    }
    ash_grid_default((int)group->nto, extent, ash_dtype_size(output->dtype), axis);
    for (int64_t k = 0; k < group->nto; k++) {
        output->dim[group->to + k].axis = axis[k];
    }
}

int ash_group_grid(const ash_axis_group *group, const ash_output *input, ash_output *output, ash_arena *arena, int *shared) {
    ash_dim *dim = &output->dim[group->to];
    int64_t extent[ASH_MAX_NDIM] = { 0 }, whole = 1, last = group->nto - 1;
    for (int64_t k = 0; k < group->nto; k++) {
        extent[k] = dim[k].axis.extent;
    }
    if (ash_output_size(input) == 0 || group->nfrom == 0) {
        grid_of_nothing(group, output);
        return 1;
    }
    bands b = find_bands(group, input);
    /* Whole axes from the last on while they fit a chunk; one that is cut; single indices before it. */
    for (; last > 0 && extent[last] <= b.elements / whole; last--) {
        dim[last].axis = ash_axis_regular(extent[last], extent[last], 0);
        whole *= extent[last];
    }
    for (int64_t k = 0; k < last; k++) {
        dim[k].axis = ash_axis_regular(extent[k], 1, 0);
    }
    if (group->nto == 0) {
        return 1;
    }
    int64_t most = b.elements / whole, outer = product(extent, 0, last);
    if (outer == 1 && divides(&b, whole)) {
        *shared |= b.several || most < longest_band(&b) / whole || (b.length == 0 && b.count > LISTED_MOST);
        return cut_bands(&b, whole, most, arena, &dim[last].axis);
    }
    int64_t parts = (extent[last] - 1) / most + 1, step = (extent[last] - 1) / parts + 1;
    dim[last].axis = ash_axis_regular(extent[last], step, 0);
    *shared |= b.several || !cuts_at_bands(&b, step * whole) || (outer > 1 && !cuts_at_bands(&b, extent[last] * whole));
    return 1;
}
