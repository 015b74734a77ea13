/* How a piece is walked: how far runs reach, how operands are got at, where results go, and what goes at once. */
#include "run/loop.h"

enum { TILE = 8 * ASH_BLOCK, ROWS = 4 };

/* ---- How far runs may reach ---- */

/* Axes of one element have strides that say nothing. */
static int stride_continues(const ash_loop *lp, const int64_t stride[], int axis, int first) {
    const int64_t *extent = lp->piece->extent;
    while (first < lp->stage->ndim - 1 && extent[first] == 1) {
        first++;
    }
    return extent[axis] == 1 || extent[first] == 1 || stride[axis] == stride[first] * extent[first];
}

/* Whether axis `axis` can join the run that begins at axis first = axis + 1, for operand k. Axes from `first` on are one run already. */
static int operand_joins(const ash_loop *lp, int k, int axis, int first) {
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

static int sink_joins(const ash_loop *lp, int s, int axis, int first) {
    const ash_sink *sink = &lp->stage->sink[s];
    if (sink->kind == ASH_SINK_FOLD) {
        return !sink->fold->inner && !sink->fold->reduce->reduced[axis] && lp->piece->extent[first] == lp->chunk->extent[first];
    }
    return stride_continues(lp, lp->worker->destination[s].stride, axis, first);
}

static void choose_run(ash_loop *lp) {
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
static int64_t run_stride(const ash_loop *lp, const int64_t stride[]) {
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

/* Elements that a register of the stage holds. */
static int64_t capacity(const ash_stage *stage) {
    int64_t widest = 1;
    for (int s = 0; s < stage->nslots; s++) {
        int64_t size = ash_dtype_size(stage->slot[s].dtype);
        widest = size > widest ? size : widest;
    }
    return ASH_BLOCK * 16 / widest;
}

static void choose_access(ash_loop *lp) {
    const ash_stage *stage = lp->stage;
    int first = stage->ndim - lp->run_axes;
    for (int k = 0; k < stage->noperands; k++) {
        const ash_operand *operand = &stage->operand[k];
        ash_binding *binding = &lp->worker->binding[k];
        binding->filled = NULL;
        if (operand->kind == ASH_OPERAND_CONSTANT) {
            binding->access = ASH_ACCESS_CONSTANT;
            if (lp->worker->constants_of != stage) {
                ash_fill(operand->dtype, ash_loop_register(lp->worker, stage, operand->slot), capacity(stage), operand->element);
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

static void choose_destinations(ash_loop *lp) {
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

/* ---- Rows of folds ---- */

static int folds_rows(const ash_sink *sink) {
    return sink->kind == ASH_SINK_FOLD && !sink->fold->inner;
}

/* Cells that rows are folded into stay in the first cache if long rows are walked in tiles: the order of elements is that of every cell alone. */
static void choose_tile(ash_loop *lp) {
    const ash_stage *stage = lp->stage;
    int folding = 0, inner = stage->scans != 0;
    for (int s = 0; s < stage->nsinks; s++) {
        folding |= folds_rows(&stage->sink[s]);
        inner |= stage->sink[s].kind == ASH_SINK_FOLD && stage->sink[s].fold->inner;
    }
    lp->tile = folding && !inner ? TILE : lp->length;
}

/* Whether the folds are such that several runs may go at once: along `axis`, which all of them reduce where they fold rows. */
static int folds_several(const ash_loop *lp, int axis, int inner) {
    for (int s = 0; s < lp->stage->nsinks; s++) {
        const ash_sink *sink = &lp->stage->sink[s];
        const ash_reduce_node *reduce = sink->kind == ASH_SINK_FOLD ? sink->fold->reduce : NULL;
        if (reduce &&
            (reduce->group_axis >= 0 || reduce->general || sink->fold->inner != inner ||
                !(inner || (axis >= 0 && reduce->reduced[axis])))) {
            return 0;
        }
    }
    return 1;
}

/* Whether all that is done with the elements is to fold them as they lie in memory. Rows by a list are apart in other ways, and a missing one is made in a
 * register, a block long. */
static int only_folds(const ash_loop *lp) {
    const ash_stage *stage = lp->stage;
    const ash_binding *binding = &lp->worker->binding[0];
    int only = stage->ninstructions == 0 && stage->noperands == 1 && binding->access == ASH_ACCESS_DIRECT && !binding->row;
    for (int s = 0; s < stage->nsinks; s++) {
        only &= stage->sink[s].kind == ASH_SINK_FOLD;
    }
    return only;
}

/* Whether the runs along `axis` follow one another at once wherever elements come from and go to, so that several are one block. */
static int runs_follow(const ash_loop *lp, int axis) {
    const ash_stage *stage = lp->stage;
    for (int k = 0; k < stage->noperands; k++) {
        const ash_operand *operand = &stage->operand[k];
        const ash_binding *binding = &lp->worker->binding[k];
        if (operand->kind == ASH_OPERAND_CONSTANT || (operand->kind == ASH_OPERAND_RAMP && operand->map[0].axis < axis)) {
            continue;
        }
        int64_t step = binding->access == ASH_ACCESS_DIRECT ? operand->size : binding->run_stride; /* a run of one element has none */
        if (operand->kind == ASH_OPERAND_RAMP || binding->row || binding->stride[axis] != lp->length * step) {
            return 0;
        }
    }
    for (int s = 0; s < stage->nsinks; s++) {
        const ash_destination *to = &lp->worker->destination[s];
        if (stage->sink[s].kind != ASH_SINK_FOLD &&
            !(to->contiguous && to->stride[axis] == lp->length * ash_dtype_size(stage->sink[s].dtype))) {
            return 0;
        }
    }
    return stage->scans == 0;
}

/* Where elements are folded as they lie, several rows go at once, or several leaves of a run, or several short runs; else as many short runs as a register
 * holds, where they follow one another. */
static void choose_rows(ash_loop *lp) {
    const ash_stage *stage = lp->stage;
    int axis = stage->ndim - lp->run_axes - 1, rows = folds_several(lp, axis, 0), runs = folds_several(lp, axis, 1);
    lp->rows = 1;
    lp->row_stride = 0;
    lp->block = lp->full = stage->block;
    if (only_folds(lp) && (rows || runs)) {
        int at_least = rows ? ROWS : 1;
        lp->rows = axis < 0 ? 1 : lp->length < ASH_BLOCK ? at_least * (ASH_BLOCK / lp->length) : at_least;
        lp->row_stride = axis >= 0 ? lp->worker->binding[0].stride[axis] : lp->length * stage->operand[0].size;
        lp->block = TILE;
    } else if (axis >= 0 && (rows || runs) && runs_follow(lp, axis) && capacity(stage) >= 2 * lp->length) {
        lp->dense = 1;
        lp->rows = capacity(stage) / lp->length;
        lp->block = lp->length;
        lp->full = lp->rows * lp->length;
    }
}

void ash_loop_shape(ash_loop *lp) {
    choose_run(lp);
    choose_access(lp);
    choose_destinations(lp);
    choose_tile(lp);
    choose_rows(lp);
}
