/* One piece: for every run of elements, block by block: load operands, call kernels, hand results to sinks. */
#include "run/run.h"

#include <string.h>

enum { STOP_INTERVAL = 1024, AHEAD = 8, CACHE_LINE = 64, SCOUT_BLOCKS = 4, SCOUT_LINES = 4, TILE = 8 * ASH_BLOCK, ROWS = 4 };

typedef struct ahead {
    const char *at, *end;
} ahead;

typedef struct piece_loop {
    ash_run *run;
    ash_worker *worker;
    const ash_stage *stage;
    const ash_box *chunk, *piece;
    int run_axes;                /* trailing axes walked as one run */
    int64_t length;              /* elements of a run */
    int64_t tile;                /* of which so many are worked on before the next run's */
    int64_t rows;                /* runs handed to folds at once, at most; `row_stride` bytes apart */
    int64_t row_stride;          /* 0: elements are not folded as they lie */
    int64_t block;               /* elements of a run that are worked on at once */
    int64_t index[ASH_MAX_NDIM]; /* in the piece */
    ahead ahead[AHEAD];          /* what follows the block in memory, to be fetched while it is worked on */
    int streams, fetching;       /* entries of ahead; the first that is not fetched yet */
    int64_t share;               /* cache lines to fetch before each kernel */
} piece_loop;

static char *reg(const ash_worker *worker, const ash_stage *stage, int slot) {
    return worker->registers + (int64_t)stage->slot[slot].reg * ASH_BLOCK * 16;
}

/* ---- How far runs may reach ---- */

/* Axes of one element have strides that say nothing. */
static int stride_continues(const piece_loop *lp, const int64_t stride[], int axis, int first) {
    const int64_t *extent = lp->piece->extent;
    while (first < lp->stage->ndim - 1 && extent[first] == 1) {
        first++;
    }
    return extent[axis] == 1 || extent[first] == 1 || stride[axis] == stride[first] * extent[first];
}

/* Whether axis `axis` can join the run that begins at axis first = axis + 1, for operand k. Axes from `first` on are one run already. */
static int operand_joins(const piece_loop *lp, int k, int axis, int first) {
    const ash_operand *operand = &lp->stage->operand[k];
    const ash_binding *binding = &lp->worker->binding[k];
    if (operand->kind == ASH_OPERAND_CONSTANT) {
        return 1;
    }
    if (operand->kind == ASH_OPERAND_RAMP) {
        return operand->map[0].axis < axis;
    }
    return !(binding->row && operand->table_axis >= axis) && stride_continues(lp, binding->stride, axis, first);
}

static int sink_joins(const piece_loop *lp, int s, int axis, int first) {
    const ash_sink *sink = &lp->stage->sink[s];
    if (sink->kind == ASH_SINK_FOLD) {
        return !sink->fold->inner && !sink->fold->reduce->reduced[axis] && lp->piece->extent[first] == lp->chunk->extent[first];
    }
    return stride_continues(lp, lp->worker->destination[s].stride, axis, first);
}

static void choose_run(piece_loop *lp) {
    const ash_stage *stage = lp->stage;
    lp->run_axes = stage->run_axes;
    for (int axis = stage->ndim - stage->run_axes - 1; axis >= 0; axis--) {
        int joins = stage->run_axes == 1 && lp->run_axes == stage->ndim - axis - 1 && stage->scans >> axis == 0;
        for (int k = 0; k < stage->noperands && joins; k++) {
            joins = operand_joins(lp, k, axis, axis + 1);
        }
        for (int s = 0; s < stage->nsinks && joins; s++) {
            joins = sink_joins(lp, s, axis, axis + 1);
        }
        if (!joins) {
            break;
        }
        lp->run_axes++;
    }
    lp->length = 1;
    for (int a = stage->ndim - lp->run_axes; a < stage->ndim; a++) {
        lp->length *= lp->piece->extent[a];
    }
}

/* The stride with which a run is walked: that of its innermost axis of more than one element. */
static int64_t run_stride(const piece_loop *lp, const int64_t stride[]) {
    for (int a = lp->stage->ndim - 1; a >= lp->stage->ndim - lp->run_axes; a--) {
        if (lp->piece->extent[a] != 1) {
            return stride[a];
        }
    }
    return 0;
}

/* Kernels read elements where they lie only if each lies at a multiple of its size; the caller's memory need not. */
static int is_aligned(const ash_binding *binding, const ash_operand *operand) {
    if (operand->kind != ASH_OPERAND_MEMORY) {
        return 1;
    }
    uintptr_t bits = (uintptr_t)binding->base;
    for (int k = 0; k < operand->ndim; k++) {
        bits |= (uintptr_t)operand->value.node->u.memory.stride[k];
    }
    return bits % (uintptr_t)(operand->size < 8 ? operand->size : 8) == 0;
}

static void choose_access(piece_loop *lp) {
    const ash_stage *stage = lp->stage;
    int first = stage->ndim - lp->run_axes;
    for (int k = 0; k < stage->noperands; k++) {
        const ash_operand *operand = &stage->operand[k];
        ash_binding *binding = &lp->worker->binding[k];
        binding->filled = NULL;
        if (operand->kind == ASH_OPERAND_CONSTANT) {
            binding->access = ASH_ACCESS_CONSTANT;
            if (lp->worker->constants_of != stage) {
                ash_fill(operand->dtype, reg(lp->worker, stage, operand->slot), stage->block, operand->element);
            }
            continue;
        }
        if (operand->kind == ASH_OPERAND_RAMP) {
            binding->access = ASH_ACCESS_RAMP;
            continue;
        }
        binding->run_stride = run_stride(lp, binding->stride);
        if (binding->row && operand->table_axis >= first) {
            binding->access = ASH_ACCESS_ROWS;
        } else if ((binding->run_stride == operand->size || lp->length == 1) && is_aligned(binding, operand)) {
            binding->access = ASH_ACCESS_DIRECT;
        } else {
            binding->access = binding->run_stride == 0 && lp->length > 1 ? ASH_ACCESS_UNIFORM : ASH_ACCESS_STRIDED;
        }
    }
    lp->worker->constants_of = stage;
}

/* ---- Rows of folds ---- */

static int folds_rows(const ash_sink *sink) {
    return sink->kind == ASH_SINK_FOLD && !sink->fold->inner;
}

/* Cells that rows are folded into stay in the first cache if long rows are walked in tiles: the order of elements is that of every cell alone. */
static void choose_tile(piece_loop *lp) {
    const ash_stage *stage = lp->stage;
    int folding = 0, inner = stage->scans != 0;
    for (int s = 0; s < stage->nsinks; s++) {
        folding |= folds_rows(&stage->sink[s]);
        inner |= stage->sink[s].kind == ASH_SINK_FOLD && stage->sink[s].fold->inner;
    }
    lp->tile = folding && !inner ? TILE : lp->length;
}

/* Whether all that is done with the elements is to fold them as they lie in memory. */
static int only_folds(const piece_loop *lp) {
    const ash_stage *stage = lp->stage;
    const ash_binding *binding = &lp->worker->binding[0];
    int only = stage->ninstructions == 0 && stage->noperands == 1 && binding->access == ASH_ACCESS_DIRECT &&
        !binding->row; /* rows by a list are apart in other ways, and a missing one is made in a register, a block long */
    for (int s = 0; s < stage->nsinks && only; s++) {
        const ash_sink *sink = &stage->sink[s];
        only = sink->kind == ASH_SINK_FOLD && sink->fold->reduce->group_axis < 0 && !sink->fold->reduce->general;
    }
    return only;
}

/* Then several rows go at once, or several leaves of a run, or several short runs. */
static void choose_rows(piece_loop *lp) {
    const ash_stage *stage = lp->stage;
    int axis = stage->ndim - lp->run_axes - 1, rows = axis >= 0, runs = 1, only = only_folds(lp);
    for (int s = 0; s < stage->nsinks && only; s++) {
        const ash_fold *fold = stage->sink[s].fold;
        rows &= !fold->inner && axis >= 0 && fold->reduce->reduced[axis];
        runs &= fold->inner;
    }
    int fit = only && (rows || runs), at_least = rows ? ROWS : 1;
    lp->rows = fit && axis >= 0 ? (lp->length < ASH_BLOCK ? at_least * (ASH_BLOCK / lp->length) : at_least) : 1;
    lp->row_stride = !fit ? 0 : axis >= 0 ? lp->worker->binding[0].stride[axis] : lp->length * stage->operand[0].size;
    lp->block = fit ? TILE : stage->block;
}

/* ---- Fetching ahead ----
 * A kernel is over after a block, and with it the reach of the processor's own look-ahead. So the next block of every stream is asked for
 * while this one is worked on, in equal shares before each kernel: asked for at once they would wait for one another, and the kernels for
 * them. */

static void fetch_later(piece_loop *lp, const char *at, int64_t bytes) {
    if (lp->streams < AHEAD) {
        lp->ahead[lp->streams++] = (ahead){ at, at + bytes };
        lp->share += bytes / CACHE_LINE;
    }
}

/* Notes that a full block at `at` is used in place. */
static void follow(piece_loop *lp, const char *at, int64_t bytes) {
    fetch_later(lp, at + bytes, bytes);
}

/* After the loads of a full block. */
static void share_out(piece_loop *lp) {
    if (lp->streams ==
        1) { /* one stream alone does not keep the memory busy: some lines of pages to come wake the processor's prefetchers */
        const ahead *next = &lp->ahead[0];
        fetch_later(lp, next->at + (SCOUT_BLOCKS - 1) * (next->end - next->at), SCOUT_LINES * CACHE_LINE);
    }
    int kernels = lp->stage->ninstructions + lp->stage->nsinks;
    lp->share = (lp->share + kernels - 1) / kernels;
}

static void fetch_share(piece_loop *lp) {
    for (int64_t lines = lp->share; lines > 0 && lp->fetching < lp->streams;) {
        ahead *next = &lp->ahead[lp->fetching];
        for (; next->at < next->end && lines > 0; next->at += CACHE_LINE, lines--) {
            __builtin_prefetch(next->at);
        }
        lp->fetching += next->at >= next->end;
    }
}

/* ---- Loading ---- */

static void fill_missing(const ash_operand *operand, void *out, int64_t n) {
    ash_fill(operand->dtype, out, n, operand->missing);
}

/* Elements of a ramp at the iteration indices of a block. */
static void load_ramp(const piece_loop *lp, const ash_operand *operand, int64_t position, int64_t n, void *out) {
    const ash_node *node = operand->value.node;
    const ash_map *map = &operand->map[0];
    int64_t extent = node->output[0].dim[0].axis.extent, size = operand->size;
    int first = lp->stage->ndim - lp->run_axes;
    int64_t inner = 1; /* elements of the run per step of the ramp's axis */
    for (int a = lp->stage->ndim - 1; a > map->axis && a >= first; a--) {
        inner *= lp->piece->extent[a];
    }
    int simple = map->axis >= first && inner == 1 && lp->run_axes == 1 && !map->table;
    for (int64_t k = 0; k < (simple ? 1 : n); k++) {
        int64_t i = 0;
        if (map->axis >= first) {
            i = lp->piece->start[map->axis] + (position + k) / inner % lp->piece->extent[map->axis];
        } else if (map->axis >= 0) {
            i = lp->piece->start[map->axis] + lp->index[map->axis];
        }
        int64_t index = ash_map_index(map, i);
        int64_t count = simple ? n : 1;
        char *at = (char *)out + k * size;
        if (index < 0) {
            fill_missing(operand, at, 1);
            continue;
        }
        ash_ramp(operand->dtype, at, count, index, map->step, node->u.ramp.start, node->u.ramp.step);
        int64_t last = extent - 1 - index; /* linspace ends exactly where it was told to */
        if (node->u.ramp.has_last &&
            (count == 1 ? last == 0 : map->step != 0 && last % map->step == 0 && last / map->step >= 0 && last / map->step < count)) {
            int64_t where = count == 1 ? 0 : last / map->step;
            ash_number_store(operand->dtype, at + where * size, ASH_FLOAT64, node->u.ramp.last);
        }
    }
}

/* Elements whose row changes from one to the next. */
static void load_rows(
    const piece_loop *lp, const ash_operand *operand, const ash_binding *binding, int64_t position, int64_t n, char *out) {
    int64_t offset = binding->pointer - binding->base;
    for (int64_t k = 0; k < n; k++) {
        const char *row = binding->row[position + k];
        if (row) {
            memcpy(out + k * operand->size, row + offset, (size_t)operand->size);
        } else {
            fill_missing(operand, out + k * operand->size, 1);
        }
    }
    (void)lp;
}

static void load(piece_loop *lp, int k, int64_t position, int64_t n) {
    const ash_operand *operand = &lp->stage->operand[k];
    ash_binding *binding = &lp->worker->binding[k];
    char *home = reg(lp->worker, lp->stage, operand->slot);
    void **slot = &lp->worker->slot[operand->slot];
    *slot = home;
    switch (binding->access) {
    case ASH_ACCESS_CONSTANT: return;
    case ASH_ACCESS_RAMP: load_ramp(lp, operand, position, n, home); return;
    case ASH_ACCESS_ROWS: load_rows(lp, operand, binding, position, n, home); return;
    default: break;
    }
    if (!binding->pointer) { /* a missing row */
        fill_missing(operand, home, n);
        binding->filled = NULL;
        return;
    }
    const char *at = binding->pointer + position * binding->run_stride;
    if (binding->access == ASH_ACCESS_DIRECT) {
        *slot = (void *)(uintptr_t)at;
        if (n == lp->stage->block) {
            follow(lp, at, n * operand->size);
        }
    } else if (binding->access == ASH_ACCESS_STRIDED) {
        ash_gather(operand->size, home, at, n, binding->run_stride);
    } else if (binding->filled != at || binding->filled_count < n) {
        ash_fill(operand->dtype, home, n, at);
        binding->filled = at;
        binding->filled_count = n;
    }
}

/* ---- Storing ---- */

/* Copies a block to a destination whose run is not contiguous, innermost stretch by stretch. */
static void scatter(const piece_loop *lp, const ash_destination *to, int64_t size, int64_t position, int64_t n, const char *from) {
    int ndim = lp->stage->ndim, first = ndim - lp->run_axes;
    while (n > 0) {
        int64_t rest = position;
        char *out = to->pointer;
        int64_t inner = ndim > 0 ? lp->piece->extent[ndim - 1] : 1, at = ndim > 0 ? rest % inner : 0;
        int64_t stretch = inner - at < n ? inner - at : n;
        for (int a = ndim - 1; a >= first; a--) {
            out += rest % lp->piece->extent[a] * to->stride[a];
            rest /= lp->piece->extent[a];
        }
        memcpy(out, from, (size_t)(stretch * size));
        from += stretch * size;
        position += stretch;
        n -= stretch;
    }
}

/* Running values along an axis: kept in one cell where the block runs along the axis, else in a row of cells. */
static void run_scan(const piece_loop *lp, const ash_instruction *instruction, int64_t position, int64_t n, void *out, const void *in) {
    const ash_stage *stage = lp->stage;
    int outer = stage->ndim - lp->run_axes, axis = instruction->axis;
    int64_t cell = position, cells = 1, size = ash_dtype_size(stage->slot[instruction->out[0]].dtype);
    char *state = lp->worker->scan_state + instruction->state;
    if (stage->axis[axis].extent == 1) { /* nothing before, nothing after */
        instruction->scan->rows(n, out, in, state, 1);
        return;
    }
    if (axis >= outer) {
        instruction->scan->run(n, out, in, state, position == 0);
        return;
    }
    for (int a = stage->ndim - 1; a > axis; a--) {
        cell += (lp->piece->start[a] - lp->chunk->start[a] + (a < outer ? lp->index[a] : 0)) * cells;
        cells *= lp->chunk->extent[a];
    }
    int first = lp->piece->start[axis] + lp->index[axis] == lp->chunk->start[axis];
    instruction->scan->rows(n, out, in, state + cell * size, first);
}

static void run_instructions(piece_loop *lp, int64_t position, int64_t n) {
    const ash_stage *stage = lp->stage;
    void **slot = lp->worker->slot;
    for (int k = 0; k < stage->ninstructions; k++) {
        const ash_instruction *instruction = &stage->instruction[k];
        const void *in[3];
        void *out[2];
        for (int i = 0; i < instruction->nin; i++) {
            in[i] = slot[instruction->in[i]];
        }
        for (int o = 0; o < instruction->nout; o++) {
            int s = instruction->out[o], sink = lp->worker->slot_sink[s];
            slot[s] = sink < 0 ? reg(lp->worker, stage, s)
                               : lp->worker->destination[sink].pointer + position * ash_dtype_size(stage->slot[s].dtype);
            out[o] = slot[s];
        }
        fetch_share(lp);
        if (instruction->scan) {
            run_scan(lp, instruction, position, n, out[0], in[0]);
        } else {
            instruction->kernel(n, out, in, instruction->parameter);
        }
    }
}

static void give_to_sinks(piece_loop *lp, int64_t position, int64_t n, int64_t rows) {
    const ash_stage *stage = lp->stage;
    for (int s = 0; s < stage->nsinks; s++) {
        const ash_sink *sink = &stage->sink[s];
        const char *block = lp->worker->slot[sink->slot];
        if (n == stage->block && lp->worker->slot_sink[sink->slot] == s) { /* written in place: so will the next block be */
            int64_t bytes = n * ash_dtype_size(sink->dtype);
            follow(lp, block, bytes);
        }
        fetch_share(lp);
        if (sink->kind == ASH_SINK_FOLD) {
            int64_t local[ASH_MAX_NDIM];
            for (int a = 0; a < stage->ndim; a++) {
                local[a] = lp->piece->start[a] - lp->chunk->start[a] + lp->index[a];
            }
            ash_folding_block(
                lp->run, sink, &lp->worker->folding[s], lp->chunk, local, position, n, lp->length, block, rows, lp->row_stride);
        } else if (lp->worker->slot_sink[sink->slot] != s) {
            const ash_destination *to = &lp->worker->destination[s];
            int64_t size = ash_dtype_size(sink->dtype);
            if (to->contiguous) {
                memcpy(to->pointer + position * size, block, (size_t)(n * size));
            } else {
                scatter(lp, to, size, position, n, block);
            }
        }
    }
}

/* ---- Walking ---- */

static void choose_destinations(piece_loop *lp) {
    const ash_stage *stage = lp->stage;
    for (int s = 0; s < stage->nslots; s++) {
        lp->worker->slot_sink[s] = -1;
    }
    for (int s = 0; s < stage->nsinks; s++) {
        const ash_sink *sink = &stage->sink[s];
        ash_destination *to = &lp->worker->destination[s];
        if (sink->kind == ASH_SINK_FOLD) {
            continue;
        }
        int64_t size = ash_dtype_size(sink->dtype), elements = 1;
        to->contiguous = 1;
        for (int a = stage->ndim - 1; a >= stage->ndim - lp->run_axes; a--) {
            to->contiguous &= lp->piece->extent[a] == 1 || to->stride[a] == size * elements;
            elements *= lp->piece->extent[a];
        }
        int aligned = (uintptr_t)to->base % (uintptr_t)(size < 8 ? size : 8) == 0;
        if (to->contiguous && aligned && stage->slot[sink->slot].operand < 0 && lp->worker->slot_sink[sink->slot] < 0) {
            lp->worker->slot_sink[sink->slot] = s; /* the last instruction writes in place */
        }
    }
}

static void set_pointers(piece_loop *lp) {
    const ash_stage *stage = lp->stage;
    int outer = stage->ndim - lp->run_axes;
    for (int k = 0; k < stage->noperands; k++) {
        ash_binding *binding = &lp->worker->binding[k];
        const ash_operand *operand = &stage->operand[k];
        if (binding->access == ASH_ACCESS_CONSTANT || binding->access == ASH_ACCESS_RAMP) {
            continue;
        }
        int64_t offset = 0;
        for (int a = 0; a < outer; a++) {
            offset += lp->index[a] * binding->stride[a];
        }
        const char *base = binding->base;
        if (binding->row && binding->access != ASH_ACCESS_ROWS) {
            base = binding->row[operand->table_axis < 0 ? 0 : lp->index[operand->table_axis]];
        }
        binding->pointer = base ? base + offset : binding->access == ASH_ACCESS_ROWS ? (const char *)(uintptr_t)offset : NULL;
    }
    for (int s = 0; s < stage->nsinks; s++) {
        ash_destination *to = &lp->worker->destination[s];
        to->pointer = to->base;
        for (int a = 0; a < outer && stage->sink[s].kind != ASH_SINK_FOLD; a++) {
            to->pointer += lp->index[a] * to->stride[a];
        }
    }
}

/* Whether the run is over for all: cancelled, or failed elsewhere. Large chunks ask now and then. */
static int must_stop(const ash_run *run, ash_worker *worker) {
    if (atomic_load_explicit(&run->context->cancel, memory_order_relaxed) == ASH_STOP_NOW) {
        ash_fail(&worker->error, ASH_ERR_CANCELLED, "%s: cancelled", run->function);
    }
    return worker->error.status != ASH_OK || atomic_load_explicit(&run->stop, memory_order_relaxed) == ASH_STOP_NOW;
}

static void run_block(piece_loop *lp, int64_t position, int64_t n, int64_t rows) {
    lp->streams = lp->fetching = 0;
    lp->share = 0;
    for (int k = 0; k < lp->stage->noperands; k++) {
        load(lp, k, position, n);
    }
    if (n == lp->stage->block) {
        share_out(lp);
    }
    run_instructions(lp, position, n);
    give_to_sinks(lp, position, n, rows);
}

/* How many runs from the present one on go at once. */
static int64_t rows_here(const piece_loop *lp) {
    int axis = lp->stage->ndim - lp->run_axes - 1;
    int64_t left = axis >= 0 ? lp->piece->extent[axis] - lp->index[axis] : 1;
    return left < lp->rows ? left : lp->rows;
}

/* Goes `rows` runs further in C order; returns how many go at once there, 0 after the last, from where the next is the first again. */
static int64_t next_rows(piece_loop *lp, int64_t rows) {
    for (int a = lp->stage->ndim - lp->run_axes - 1; a >= 0; a--, rows = 1) {
        lp->index[a] += rows;
        if (lp->index[a] < lp->piece->extent[a]) {
            return rows_here(lp);
        }
        lp->index[a] = 0;
    }
    return 0;
}

void ash_loop_piece(ash_run *run, ash_worker *worker, const ash_stage *stage, const ash_box *chunk, const ash_box *piece) {
    piece_loop lp = { .run = run, .worker = worker, .stage = stage, .chunk = chunk, .piece = piece };
    for (int a = 0; a < stage->ndim; a++) {
        if (piece->extent[a] == 0) {
            return;
        }
        lp.index[a] = 0;
    }
    choose_run(&lp);
    choose_access(&lp);
    choose_destinations(&lp);
    choose_tile(&lp);
    choose_rows(&lp);
    for (int64_t begin = 0, blocks = 0; begin < lp.length; begin += lp.tile) {
        int64_t end = lp.length - begin < lp.tile ? lp.length : begin + lp.tile;
        for (int64_t rows = rows_here(&lp); rows > 0; rows = next_rows(&lp, rows)) {
            set_pointers(&lp);
            for (int64_t position = begin; position < end; position += lp.block) {
                if (++blocks % STOP_INTERVAL == 0 && must_stop(run, worker)) {
                    return;
                }
                run_block(&lp, position, end - position < lp.block ? end - position : lp.block, rows);
            }
        }
    }
}
