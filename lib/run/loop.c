/* One piece: for every run of elements, block by block: load operands, call kernels, hand results to sinks. */
#include "run/loop.h"

#include <string.h>

enum { STOP_INTERVAL = 1024, CACHE_LINE = 64, SCOUT_BLOCKS = 4, SCOUT_LINES = 4 };

/* ---- Fetching ahead ----
 * A kernel is over after a block, and with it the reach of the processor's own look-ahead. So the next block of every stream is asked for
 * while this one is worked on, in equal shares before each kernel: asked for at once they would wait for one another, and the kernels for
 * them. */

static void fetch_later(ash_loop *lp, const char *at, int64_t bytes) {
    if (lp->streams < ASH_AHEAD) {
        lp->ahead[lp->streams++] = (ash_ahead){ at, at + bytes };
        lp->share += bytes / CACHE_LINE;
    }
}

/* Notes that a full block at `at` is used in place. */
static void follow(ash_loop *lp, const char *at, int64_t bytes) {
    fetch_later(lp, at + bytes, bytes);
}

/* After the loads of a full block. */
static void share_out(ash_loop *lp) {
    if (lp->streams ==
        1) { /* one stream alone does not keep the memory busy: some lines of pages to come wake the processor's prefetchers */
        const ash_ahead *next = &lp->ahead[0];
        fetch_later(lp, next->at + (SCOUT_BLOCKS - 1) * (next->end - next->at), SCOUT_LINES * CACHE_LINE);
    }
    int kernels = lp->stage->ninstructions + lp->stage->nsinks;
    lp->share = (lp->share + kernels - 1) / kernels;
}

static void fetch_share(ash_loop *lp) {
    for (int64_t lines = lp->share; lines > 0 && lp->fetching < lp->streams;) {
        ash_ahead *next = &lp->ahead[lp->fetching];
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
static void load_ramp(const ash_loop *lp, const ash_operand *operand, int64_t position, int64_t n, void *out) {
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
static void load_rows(const ash_loop *lp, const ash_operand *operand, const ash_binding *binding, int64_t position, int64_t n, char *out) {
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

static void load(ash_loop *lp, int k, int64_t position, int64_t n) {
    const ash_operand *operand = &lp->stage->operand[k];
    ash_binding *binding = &lp->worker->binding[k];
    char *home = ash_loop_register(lp->worker, lp->stage, operand->slot);
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
        if (n == lp->full && operand->kind != ASH_OPERAND_FILE) { /* what was just read is near */
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
static void scatter(const ash_loop *lp, const ash_destination *to, int64_t size, int64_t position, int64_t n, const char *from) {
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
static void run_scan(const ash_loop *lp, const ash_instruction *instruction, int64_t position, int64_t n, void *out, const void *in) {
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

static void run_instructions(ash_loop *lp, int64_t position, int64_t n) {
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
            slot[s] = sink < 0 ? ash_loop_register(lp->worker, stage, s)
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

static void give_to_sinks(ash_loop *lp, int64_t position, int64_t n, int64_t rows) {
    const ash_stage *stage = lp->stage;
    int64_t all = lp->dense ? rows * n : n;
    for (int s = 0; s < stage->nsinks; s++) {
        const ash_sink *sink = &stage->sink[s];
        const char *block = lp->worker->slot[sink->slot];
        int64_t size = ash_dtype_size(sink->dtype);
        if (all == lp->full && lp->worker->slot_sink[sink->slot] == s) { /* written in place: so will the next block be */
            follow(lp, block, all * size);
        }
        fetch_share(lp);
        if (sink->kind == ASH_SINK_FOLD) {
            int64_t local[ASH_MAX_NDIM];
            for (int a = 0; a < stage->ndim; a++) {
                local[a] = lp->piece->start[a] - lp->chunk->start[a] + lp->index[a];
            }
            int64_t stride = lp->dense ? n * size : lp->row_stride;
            ash_folding_block(lp->run, sink, &lp->worker->folding[s], lp->chunk, local, position, n, lp->length, block, rows, stride);
        } else if (lp->worker->slot_sink[sink->slot] != s) {
            const ash_destination *to = &lp->worker->destination[s];
            if (to->contiguous) {
                memcpy(to->pointer + position * size, block, (size_t)(all * size));
            } else {
                scatter(lp, to, size, position, all, block);
            }
        }
    }
}

/* ---- Walking ---- */

static void set_pointers(ash_loop *lp) {
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

static void run_block(ash_loop *lp, int64_t position, int64_t n, int64_t rows) {
    int64_t all = lp->dense ? rows * n : n;
    lp->streams = lp->fetching = 0;
    lp->share = 0;
    for (int k = 0; k < lp->stage->noperands; k++) {
        load(lp, k, position, all);
    }
    if (all == lp->full) {
        share_out(lp);
    }
    run_instructions(lp, position, all);
    give_to_sinks(lp, position, n, rows);
}

/* How many runs from the present one on go at once. */
static int64_t rows_here(const ash_loop *lp) {
    int axis = lp->stage->ndim - lp->run_axes - 1;
    int64_t left = axis >= 0 ? lp->piece->extent[axis] - lp->index[axis] : 1;
    return left < lp->rows ? left : lp->rows;
}

/* Goes `rows` runs further in C order; returns how many go at once there, 0 after the last, from where the next is the first again. */
static int64_t next_rows(ash_loop *lp, int64_t rows) {
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
    ash_loop lp = { .run = run, .worker = worker, .stage = stage, .chunk = chunk, .piece = piece };
    for (int a = 0; a < stage->ndim; a++) {
        if (piece->extent[a] == 0) {
            return;
        }
        lp.index[a] = 0;
    }
    ash_loop_shape(&lp);
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
