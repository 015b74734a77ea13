/* Folding blocks into partial results.
 *
 * What a cell's sequence of elements is, and how it is cut, follows from the chunk alone, so its bits do not depend on pieces, threads or
 * memory:
 *  - innermost axis kept ("rows"): elements come one at a time in C order of the reduced axes, each block folds into as many cells;
 *  - innermost axis reduced ("runs"): a run is cut into leaves of ASH_BLOCK elements (one of fewer than ASH_LANES goes in one by one), leaves merge as a binary counter does, and runs merge
 * into the cell in C order.
 */
#include "run/run.h"

#include <string.h>

enum { CACHE_LINE = 64, FETCH = 3072, SCOUT = 12288, SCOUT_LINES = 4 };

int64_t ash_state_parts(const ash_fold *fold, const ash_box *out, char *state, int64_t **counts, void *field[]) {
    int64_t cells = 1, groups = fold->reduce->group_axis < 0 ? 1 : out->extent[fold->out_axis[fold->reduce->group_axis]];
    for (int a = 0; a < fold->cell_axes; a++) {
        cells *= out->extent[a];
    }
    *counts = (int64_t *)(void *)state;
    state += (groups * (int64_t)sizeof(int64_t) + 15) / 16 * 16;
    for (int f = 0; f < fold->kernel->fields; f++) {
        field[f] = state;
        state += (cells * fold->kernel->field_size[f] + 15) / 16 * 16;
    }
    return cells;
}

/* ---- Beginning and ending a chunk ---- */

/* The box of the result that a chunk contributes to, if there are no groups. */
static void kept_box(const ash_fold *fold, const ash_box *chunk, ash_box *out) {
    for (int a = 0; a < fold->stage->ndim; a++) {
        int to = fold->out_axis[a];
        if (to >= 0) {
            out->start[to] = fold->reduce->reduced[a] ? 0 : chunk->start[a]; /* only extents count */
            out->extent[to] = fold->reduce->reduced[a] ? 1 : chunk->extent[a];
        }
    }
}

static void set_strides(const ash_fold *fold, const ash_box *out, const ash_box *chunk, ash_folding *folding) {
    int64_t out_stride[ASH_MAX_NDIM + 1], cells = 1, count = 1;
    for (int a = fold->cell_axes - 1; a >= 0; a--) {
        out_stride[a] = cells;
        cells *= out->extent[a];
    }
    for (int a = fold->stage->ndim - 1; a >= 0; a--) {
        int reduced = fold->reduce->reduced[a];
        folding->cell_stride[a] = (!reduced || fold->reduce->group_axis == a) ? out_stride[fold->out_axis[a]] : 0;
        folding->count_stride[a] = reduced ? count : 0;
        count *= reduced ? chunk->extent[a] : 1;
    }
}

/* How many elements each label has in the chunk. */
static void count_labels(const ash_fold *fold, const ash_box *out, const ash_box *chunk, int64_t counts[]) {
    const ash_reduce_node *reduce = fold->reduce;
    int axis = reduce->group_axis, g = fold->out_axis[axis];
    memset(counts, 0, (size_t)out->extent[g] * sizeof *counts);
    for (int64_t i = chunk->start[axis]; i < chunk->start[axis] + chunk->extent[axis]; i++) {
        int64_t label = reduce->labels[i] - out->start[g];
        if (reduce->labels[i] >= 0 && label >= 0 && label < out->extent[g]) {
            counts[label]++;
        }
    }
}

void ash_folding_begin(ash_run *run, const ash_stage *stage, const ash_sink *sink, ash_folding *folding, const ash_box *box, int64_t chunk,
    uint32_t first_buffer) {
    const ash_fold *fold = sink->fold;
    int grouped = fold->reduce->group_axis >= 0;
    folding->first_buffer = first_buffer;
    folding->nstates = ash_fold_out_chunks(fold, chunk);
    folding->current = 0;
    folding->depth = 0;
    for (int64_t k = 0; k < folding->nstates; k++) {
        int64_t leaf, *counts;
        void *field[ASH_MAX_FIELDS];
        ash_box out;
        if (grouped) {
            ash_grid_box(fold->held->ndim, fold->held->axis, ash_fold_out_chunk(fold, chunk, k, &leaf), &out);
        } else {
            kept_box(fold, box, &out);
        }
        int64_t cells = ash_state_parts(fold, &out, run->buffer[first_buffer + k], &counts, field);
        if (fold->reduce->general) {
            ash_general_init(fold, cells, field[0]);
        } else {
            fold->kernel->init(cells, field);
        }
        if (k == 0) { /* chunks of groups differ in extent along the group axis only, which is handled where labels are */
            set_strides(fold, &out, box, folding);
        }
        if (grouped) {
            count_labels(fold, &out, box, counts);
            continue;
        }
        memcpy(folding->field, field, sizeof folding->field);
        counts[0] = 1;
        for (int a = 0; a < stage->ndim; a++) {
            counts[0] *= fold->reduce->reduced[a] ? box->extent[a] : 1;
        }
    }
}

/* ---- Cells ---- */

/* Where a block's elements go: fields at the first cell, and how many elements that cell holds already. */
typedef struct target {
    void *field[ASH_MAX_FIELDS];
    int64_t count, index;
} target;

static void advance(const ash_reduce_kernel *kernel, target *t, int64_t cells) {
    for (int f = 0; f < kernel->fields; f++) {
        t->field[f] = (char *)t->field[f] + cells * kernel->field_size[f];
    }
}

/* The partial result that holds group chunk `g`. Labels tend to repeat or to rise, so the last one used and the next are tried first. */
static int64_t state_of_group(const ash_fold *fold, ash_folding *folding, int64_t begin, int64_t g) {
    for (int64_t tried = 0; tried < folding->nstates; tried++) {
        int64_t k = (folding->current + tried) % folding->nstates;
        if (fold->group[begin + k] == g) {
            folding->current = k;
            return k;
        }
    }
    return 0;
}

/* The cell of element `local` (index in the chunk), whose label along the group axis is not negative. */
static void find_target(ash_run *run, const ash_fold *fold, ash_folding *folding, const ash_box *chunk, const int64_t local[], target *t) {
    const ash_reduce_node *reduce = fold->reduce;
    const ash_stage *stage = fold->stage;
    int64_t cell = 0, *counts;
    t->count = t->index = 0;
    for (int a = 0; a < stage->ndim; a++) {
        t->count += local[a] * folding->count_stride[a];
        t->index += (chunk->start[a] + local[a]) * fold->index_stride[a];
        cell += a == reduce->group_axis ? 0 : local[a] * folding->cell_stride[a];
    }
    if (reduce->group_axis < 0) {
        memcpy(t->field, folding->field, sizeof t->field);
        advance(fold->kernel, t, cell);
        return;
    }
    int axis = reduce->group_axis;
    int64_t i = chunk->start[axis] + local[axis], label = reduce->labels[i], g = label / reduce->group_chunk;
    int64_t begin = fold->group_begin[ash_axis_find(&stage->axis[axis], i)];
    int64_t k = state_of_group(fold, folding, begin, g);
    /* Ordinal of the result's chunk: kept axes as the stage's, the group axis g. */
    int64_t coordinate[ASH_MAX_NDIM];
    ash_box out;
    for (int a = 0; a < stage->ndim; a++) {
        coordinate[fold->out_axis[a]] = a == axis ? g : ash_axis_find(&stage->axis[a], chunk->start[a]);
    }
    int64_t out_chunk = ash_grid_ordinal(fold->held->ndim, fold->held->axis, coordinate);
    ash_grid_box(fold->held->ndim, fold->held->axis, out_chunk, &out);
    /* Axes before the group axis step over as many groups as this chunk of groups has. */
    int64_t stride = 1;
    cell = 0;
    for (int a = stage->ndim - 1; a >= 0; a--) {
        int64_t position = a == axis ? label - out.start[fold->out_axis[a]] : local[a];
        cell += position * stride;
        stride *= out.extent[fold->out_axis[a]];
    }
    ash_state_parts(fold, &out, run->buffer[folding->first_buffer + k], &counts, t->field);
    advance(fold->kernel, t, cell);
    t->count = fold->rank[i];
}

/* ---- Runs ---- */

static void stack_cell(ash_folding *folding, const ash_reduce_kernel *kernel, int depth, void *field[]) {
    for (int f = 0; f < kernel->fields; f++) {
        field[f] = folding->stack[f][depth];
    }
}

static void merge_top(ash_folding *folding, const ash_reduce_kernel *kernel) {
    void *a[ASH_MAX_FIELDS], *b[ASH_MAX_FIELDS];
    int top = --folding->depth;
    stack_cell(folding, kernel, top - 1, a);
    stack_cell(folding, kernel, top, b);
    kernel->merge(1, a, (const void *const *)b, folding->stack_count[top - 1], folding->stack_count[top]);
    folding->stack_count[top - 1] += folding->stack_count[top];
}

/* One cell from n elements; too few for lanes go in one by one, as rows do. */
static void fold_leaf(const ash_reduce_kernel *kernel, void *const field[], const void *x, int64_t n, int64_t index, int64_t size) {
    if (n >= ASH_LANES) {
        kernel->leaf(field, x, n, index);
        return;
    }
    kernel->init(1, field);
    kernel->rows(1, field, x, n, size, 0, index);
}

/* Adds n elements that follow those before to the leaves of the run. */
static void push_leaf(ash_folding *folding, const ash_reduce_kernel *kernel, const void *x, int64_t n, int64_t index, int64_t size) {
    void *field[ASH_MAX_FIELDS];
    stack_cell(folding, kernel, folding->depth, field);
    fold_leaf(kernel, field, x, n, index, size);
    folding->stack_count[folding->depth++] = n;
    for (int64_t k = folding->leaves++; k & 1; k >>= 1) {
        merge_top(folding, kernel);
    }
}

/* Ends a run: the tree of its leaves becomes one cell, which joins the target. */
static void end_run(ash_folding *folding, const ash_reduce_kernel *kernel, const target *t) {
    while (folding->depth > 1) {
        merge_top(folding, kernel);
    }
    void *field[ASH_MAX_FIELDS];
    stack_cell(folding, kernel, 0, field);
    if (t->count > 0) {
        kernel->merge(1, (void *const *)t->field, (const void *const *)field, t->count, folding->stack_count[0]);
    } else {
        for (int f = 0; f < kernel->fields; f++) {
            memcpy(t->field[f], field[f], (size_t)kernel->field_size[f]);
        }
    }
    folding->depth = 0;
    folding->leaves = 0;
}

/* The leaves of n elements. Where these are `stored`, as they lie in memory, those to come are asked for meanwhile. */
static void push_leaves(
    ash_folding *folding, const ash_reduce_kernel *kernel, const char *x, int64_t n, int64_t index, int64_t size, int stored) {
    for (int64_t done = 0; done < n; done += ASH_BLOCK) {
        const char *at = x + done * size;
        int64_t leaf = n - done < ASH_BLOCK ? n - done : ASH_BLOCK;
        for (int64_t line = 0; stored && line < leaf * size; line += CACHE_LINE) {
            __builtin_prefetch(at + FETCH + line);
        }
        for (int64_t line = 0; stored && line < SCOUT_LINES * CACHE_LINE; line += CACHE_LINE) {
            __builtin_prefetch(at + SCOUT + line);
        }
        push_leaf(folding, kernel, at, leaf, index + done, size);
    }
}

/* Whole runs, of neighbours along axis `axis`. Where they are the first of their cells and too short for lanes, all first elements go into the cells, then
 * all second ones. */
static void fold_runs(
    const ash_fold *fold, ash_folding *folding, int axis, target *t, const char *x, int64_t n, int64_t runs, int64_t stride, int64_t size) {
    const ash_reduce_kernel *kernel = fold->kernel;
    _Alignas(64) char column[ASH_BLOCK * 16];
    if (n < ASH_LANES && t->count == 0 && !fold->reduce->reduced[axis] && runs * size <= (int64_t)sizeof column) {
        for (int64_t k = 0; k < n; k++) {
            ash_gather(size, column, x + k * size, runs, stride);
            kernel->rows(runs, t->field, column, 1, 0, k, t->index + k);
        }
        return;
    }
    for (; runs > 0; runs--, x += stride) {
        if (t->count == 0 && n <= ASH_BLOCK) {
            fold_leaf(kernel, t->field, x, n, t->index, size);
        } else {
            push_leaves(folding, kernel, x, n, t->index, size, 0);
            end_run(folding, kernel, t);
        }
        advance(kernel, t, folding->cell_stride[axis]);
        t->count += folding->count_stride[axis];
        t->index += fold->index_stride[axis];
    }
}

/* A run along the group axis: stretches of one label are runs of their own. */
static void fold_labelled_run(ash_run *run, const ash_fold *fold, ash_folding *folding, const ash_box *chunk, const int64_t first[],
    int64_t position, int64_t n, const char *x, int64_t size) {
    int axis = fold->reduce->group_axis;
    int64_t local[ASH_MAX_NDIM];
    memcpy(local, first, sizeof local);
    for (int64_t k = 0; k < n;) {
        local[axis] = first[axis] + position + k;
        const int64_t *label = &fold->reduce->labels[chunk->start[axis] + local[axis]];
        int64_t stretch = 1;
        while (k + stretch < n && label[stretch] == label[0]) {
            stretch++;
        }
        if (label[0] >= 0) {
            target t;
            find_target(run, fold, folding, chunk, local, &t);
            if (fold->reduce->general) {
                ash_general_run(fold, t.field[0], x + k * size, stretch, folding->error);
            } else {
                push_leaf(folding, fold->kernel, x + k * size, stretch, t.index, size);
                end_run(folding, fold->kernel, &t);
            }
        }
        k += stretch;
    }
}

void ash_folding_block(ash_run *run, const ash_sink *sink, ash_folding *folding, const ash_box *chunk, const int64_t index[],
    int64_t position, int64_t n, int64_t run_length, const void *x, int64_t rows, int64_t stride) {
    const ash_fold *fold = sink->fold;
    const ash_reduce_node *reduce = fold->reduce;
    int last = fold->stage->ndim - 1;
    int64_t size = ash_dtype_size(sink->dtype);
    while (last > 0 && fold->stage->axis[last].extent == 1 && last != reduce->group_axis) {
        last--;
    }
    target t;
    if (reduce->group_axis >= 0 && reduce->group_axis == last) {
        if (fold->inner) {
            fold_labelled_run(run, fold, folding, chunk, index, position, n, x, size);
            return;
        }
    }
    if (reduce->group_axis >= 0 && reduce->labels[chunk->start[reduce->group_axis] + index[reduce->group_axis]] < 0) {
        return; /* a skipped row */
    }
    find_target(run, fold, folding, chunk, index, &t);
    if (!fold->inner) {
        advance(fold->kernel, &t, position);
        if (reduce->general) {
            ash_general_rows(fold, t.field[0], x, n, folding->error);
        } else {
            fold->kernel->rows(n, t.field, x, rows, stride, t.count, t.index);
        }
        return;
    }
    if (reduce->general) {
        ash_general_run(fold, t.field[0], x, n, folding->error);
        return;
    }
    if (rows > 1) {
        fold_runs(fold, folding, fold->stage->ndim - fold->stage->run_axes - 1, &t, x, n, rows, stride, size);
        return;
    }
    push_leaves(folding, fold->kernel, x, n, t.index + position, size, stride != 0);
    if (position + n == run_length) {
        end_run(folding, fold->kernel, &t);
    }
}
