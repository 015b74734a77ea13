#include "expr/window.h"

#include <string.h>

/* Ranges of an axis that elements come from, cut where chunks begin: at most two ranges, since a window that goes around takes all. */
typedef struct sources {
    const ash_grid_axis *axis;
    int n;
    int64_t begin[2], end[2];
    int64_t pieces[2];
} sources;

/* Positions from `count` on that show neighbouring elements: source, source + step, ... */
typedef struct stretch {
    int64_t source, step, count;
    int missing; /* a constant instead */
} stretch;

static int64_t modulo(int64_t a, int64_t n) {
    return a % n < 0 ? a % n + n : a % n;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* What is at position p and after it, before `end`. */
static stretch stretch_at(int64_t boundary, int64_t n, int64_t p, int64_t end) {
    if (p >= 0 && p < n) {
        return (stretch){ .source = p, .step = 1, .count = least(n, end) - p };
    }
    int64_t outside = p < 0 && n > 0 ? least(0, end) - p : end - p;
    switch (boundary) {
    case ASH_BOUNDARY_NEAREST: return (stretch){ .source = p < 0 ? 0 : n - 1, .count = outside };
    case ASH_BOUNDARY_PERIODIC: return (stretch){ .source = modulo(p, n), .step = 1, .count = least(n - modulo(p, n), end - p) };
    case ASH_BOUNDARY_SYMMETRIC: {
        int64_t q = modulo(p, 2 * n);
        return q < n ? (stretch){ .source = q, .step = 1, .count = least(n - q, end - p) }
                     : (stretch){ .source = 2 * n - 1 - q, .step = -1, .count = least(2 * n - q, end - p) };
    }
    case ASH_BOUNDARY_REFLECT: {
        if (n == 1) {
            return (stretch){ .source = 0, .count = outside };
        }
        int64_t q = modulo(p, 2 * n - 2);
        return q < n - 1 ? (stretch){ .source = q, .step = 1, .count = least(n - 1 - q, end - p) }
                         : (stretch){ .source = 2 * n - 2 - q, .step = -1, .count = least(2 * n - 2 - q, end - p) };
    }
    default: return (stretch){ .missing = 1, .count = outside };
    }
}

/* ---- Where elements come from ---- */

static void add_range(sources *s, int64_t begin, int64_t end) {
    for (int k = 0; k < s->n; k++) {
        if (begin <= s->end[k] && end >= s->begin[k]) {
            s->begin[k] = least(begin, s->begin[k]);
            s->end[k] = end > s->end[k] ? end : s->end[k];
            return;
        }
    }
    if (s->n == 2) { /* cannot be, but all is never wrong */
        *s = (sources){ .axis = s->axis, .n = 1, .end = { s->axis->extent } };
        return;
    }
    s->begin[s->n] = begin;
    s->end[s->n++] = end;
}

enum { STRETCHES = 4 }; /* that need be looked at: with more, the window goes around */

static sources find_sources(const ash_window *window, int a) {
    const ash_grid_axis *axis = &window->dim[a].axis;
    sources s = { .axis = axis };
    int64_t p = window->begin[a], end = window->end[a], n = axis->extent;
    for (int k = 0; p < end && k < STRETCHES; k++) {
        stretch at = stretch_at(window->axis[a].boundary, n, p, end);
        if (!at.missing) {
            int64_t last = at.source + at.step * (at.count - 1);
            add_range(&s, least(at.source, last), (at.source > last ? at.source : last) + 1);
        }
        p += at.count;
    }
    if (p < end) {
        s = (sources){ .axis = axis, .n = 1, .end = { n } };
    }
    if (s.n == 2 && s.begin[0] <= s.end[1] && s.begin[1] <= s.end[0]) { /* they have met */
        s = (sources){
            .axis = axis, .n = 1, .begin = { least(s.begin[0], s.begin[1]) }, .end = { s.end[0] > s.end[1] ? s.end[0] : s.end[1] }
        };
    }
    for (int k = 0; k < s.n; k++) {
        s.pieces[k] = ash_axis_find(axis, s.end[k] - 1) - ash_axis_find(axis, s.begin[k]) + 1;
    }
    return s;
}

static int64_t pieces_of(const sources *s) {
    return s->pieces[0] + s->pieces[1];
}

/* The k-th piece. */
static void piece(const sources *s, int64_t k, int64_t *begin, int64_t *end) {
    int range = k >= s->pieces[0];
    int64_t chunk = ash_axis_find(s->axis, s->begin[range]) + k - (range ? s->pieces[0] : 0);
    int64_t from = ash_axis_start(s->axis, chunk), to = ash_axis_start(s->axis, chunk + 1);
    *begin = from > s->begin[range] ? from : s->begin[range];
    *end = least(to, s->end[range]);
}

/* The piece that holds an element. */
static int64_t piece_with(const sources *s, int64_t index) {
    int range = !(index >= s->begin[0] && index < s->end[0]);
    return (range ? s->pieces[0] : 0) + ash_axis_find(s->axis, index) - ash_axis_find(s->axis, s->begin[range]);
}

int64_t ash_window_parts(const ash_window *window) {
    int64_t parts = 1;
    for (int a = 0; a < window->ndim; a++) {
        sources s = find_sources(window, a);
        parts *= pieces_of(&s);
    }
    return parts;
}

int ash_window_part(const ash_window *window, int64_t k, ash_box *box) {
    for (int a = window->ndim - 1; a >= 0; a--) {
        sources s = find_sources(window, a);
        int64_t pieces = pieces_of(&s), end;
        if (pieces == 0) {
            return 0;
        }
        piece(&s, k % pieces, &box->start[a], &end);
        box->extent[a] = end - box->start[a];
        k /= pieces;
    }
    return k == 0;
}

int ash_window_reach(const ash_window *window, ash_need need[]) {
    for (int a = 0; a < window->ndim; a++) {
        sources s = find_sources(window, a);
        if (s.n == 0) {
            return 0;
        }
        need[a] = (ash_need){ s.begin[0], s.end[0] };
        if (s.n == 2) {
            need[a] = (ash_need){ least(s.begin[0], s.begin[1]), s.end[0] > s.end[1] ? s.end[0] : s.end[1] };
        }
    }
    return 1;
}

/* ---- Putting a window together ---- */

/* A box of the window that comes from one part, by strides of one sign an axis. */
typedef struct filling {
    const ash_window *window;
    sources from[ASH_MAX_NDIM];
    int64_t at[ASH_MAX_NDIM]; /* position along each axis */
    stretch run[ASH_MAX_NDIM];
} filling;

/* The stretch at the position along an axis, cut where its piece ends. */
static void look(filling *f, int a) {
    stretch *run = &f->run[a];
    *run = stretch_at(f->window->axis[a].boundary, f->from[a].axis->extent, f->at[a], f->window->end[a]);
    if (!run->missing && run->step != 0) {
        int64_t begin, end;
        piece(&f->from[a], piece_with(&f->from[a], run->source), &begin, &end);
        run->count = least(run->count, run->step > 0 ? end - run->source : run->source - begin + 1);
    }
}

static void copy_run(const filling *f, int64_t size, const ash_block block[], char *out, const int64_t dense[]) {
    int64_t extent[ASH_MAX_NDIM], stride[ASH_MAX_NDIM], ordinal = 0;
    const unsigned char *fill = NULL; /* the last axis decides, as if the axes were padded one after another */
    int ndim = f->window->ndim;
    for (int a = 0; a < ndim; a++) {
        extent[a] = f->run[a].count;
        stride[a] = 0;
        out += (f->at[a] - f->window->begin[a]) * dense[a];
        fill = f->run[a].missing ? f->window->axis[a].fill : fill;
        ordinal = f->run[a].missing ? 0 : ordinal * pieces_of(&f->from[a]) + piece_with(&f->from[a], f->run[a].source);
    }
    const char *in = (const char *)fill;
    if (!fill) {
        in = block[ordinal].base;
        for (int a = 0; a < ndim; a++) {
            in += (f->run[a].source - block[ordinal].part.box.start[a]) * block[ordinal].stride[a];
            stride[a] = f->run[a].step * block[ordinal].stride[a];
        }
    }
    ash_copy_box(ndim, extent, size, out, dense, in, stride);
}

void ash_window_fill(const ash_window *window, int64_t size, const ash_block block[], char *out) {
    filling f = { .window = window };
    int64_t dense[ASH_MAX_NDIM], stride = size;
    for (int a = window->ndim - 1; a >= 0; a--) {
        dense[a] = stride;
        stride *= window->end[a] - window->begin[a];
    }
    if (stride == 0) {
        return;
    }
    for (int a = 0; a < window->ndim; a++) {
        f.from[a] = find_sources(window, a);
        f.at[a] = window->begin[a];
        look(&f, a);
    }
    for (int a = 0; a >= 0;) {
        copy_run(&f, size, block, out, dense);
        for (a = window->ndim - 1; a >= 0; a--) {
            f.at[a] += f.run[a].count;
            int more = f.at[a] < window->end[a];
            f.at[a] = more ? f.at[a] : window->begin[a];
            look(&f, a);
            if (more) {
                break;
            }
        }
    }
}
