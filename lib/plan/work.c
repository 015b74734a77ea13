/* What tasks are: a row for each kind of work. */
#include "plan/plan.h"

/* What the plan asks of a kind. */
typedef struct work_functions {
    const char *(*name)(const ash_work *work);
    int64_t (*scratch_bytes)(const ash_work *work);
    void (*boxes)(const ash_work *work, int64_t item, ash_box_visitor *visit, void *user); /* NULL: it reads none */
    int64_t (*elements)(const ash_plan *plan, uint32_t task);
    int (*takes_over)(const ash_work *work, int64_t item); /* NULL: never */
    int (*group)(const ash_plan *plan, const ash_work *work);
    int (*chunk)(const ash_work *work, int64_t item, int64_t coordinate[]);
} work_functions;

static const char *fold_name(const ash_fold *fold) {
    return fold->reduce->general ? fold->reduce->general->name : ash_reduction_table[fold->reduce->reduction].name;
}

/* Its last operation; what only folds is named after that. */
static const char *stage_name(const ash_work *work) {
    const ash_stage *stage = work->of.stage;
    const ash_fold *fold = stage->nsinks > 0 ? stage->sink[stage->nsinks - 1].fold : NULL;
    return stage->ninstructions > 0 ? stage->instruction[stage->ninstructions - 1].name : fold ? fold_name(fold) : "copy";
}

static int64_t stage_scratch(const ash_work *work) {
    return work->of.stage->work_bytes;
}

static int reads_files(const ash_stage *space) {
    for (int k = 0; k < space->noperands; k++) {
        if (space->operand[k].kind == ASH_OPERAND_FILE) {
            return 1;
        }
    }
    return 0;
}

static void stage_boxes(const ash_work *work, int64_t chunk, ash_box_visitor *visit, void *user) {
    const ash_stage *stage = work->of.stage;
    ash_box box;
    if (reads_files(stage)) {
        ash_grid_box(stage->ndim, stage->axis, chunk, &box);
        visit(user, stage, &box);
    }
}

/* Reading, and functions of the user's, may wait for anything, however few elements there are. */
enum { ELEMENTS_OF_A_WAIT = 1 << 20 };

static int64_t stage_elements(const ash_plan *plan, uint32_t task) {
    const ash_stage *stage = ash_task_work(plan, task)->of.stage;
    return reads_files(stage) && stage->elements < ELEMENTS_OF_A_WAIT ? ELEMENTS_OF_A_WAIT : stage->elements;
}

static const char *blocks_name(const ash_work *work) {
    return ash_blocks_name(work->of.blocks->node);
}

static int64_t blocks_scratch(const ash_work *work) {
    return work->of.blocks->work_bytes;
}

static void blocks_boxes(const ash_work *work, int64_t item, ash_box_visitor *visit, void *user) {
    ash_part part;
    for (int k = 0; ash_blocks_part(work->of.blocks, item, k, &part); k++) {
        const ash_stage *space = work->of.blocks->space[part.input];
        if (reads_files(space)) {
            visit(user, space, &part.box);
        }
    }
}

/* A step begins what the steps after it go on with. */
static int blocks_take_over(const ash_work *work, int64_t item) {
    return item % work->of.blocks->node->u.blocks.steps > 0;
}

static const char *merge_name(const ash_work *work) {
    return fold_name(work->of.fold);
}

static const char *moving_name(const ash_work *work) {
    return work->kind == ASH_WORK_SPILL ? "spill" : work->kind == ASH_WORK_LOAD ? "load" : "transfer";
}

static int64_t no_scratch(const ash_work *work) {
    (void)work;
    return 0;
}

static int64_t input_elements(const ash_plan *plan, uint32_t task) {
    int64_t units = 0;
    for (uint32_t k = plan->task[task].input_begin; k < plan->task[task + 1].input_begin; k++) {
        units += plan->buffer_units[plan->input[k]];
    }
    return units * ASH_UNIT / 16;
}

/* Also what of its inputs is no buffer. */
static int64_t blocks_elements(const ash_plan *plan, uint32_t task) {
    int64_t waits = ash_task_work(plan, task)->of.blocks->node->u.blocks.function ? ELEMENTS_OF_A_WAIT : 0;
    return waits + input_elements(plan, task) + (ash_task_out_bytes(plan, task) + ash_task_scratch_bytes(plan, task)) / 16;
}

static int64_t spill_elements(const ash_plan *plan, uint32_t task) {
    return plan->spill[plan->task[task].item].bytes / 16;
}

/* All merges but the last one of a tree. */
static int merge_takes_over(const ash_work *work, int64_t item) {
    (void)work;
    return !(item & 1);
}

static int stage_group(const ash_plan *plan, const ash_work *work) {
    (void)plan;
    return work->of.stage->id;
}

static int blocks_group(const ash_plan *plan, const ash_work *work) {
    return plan->nstages + work->of.blocks->number;
}

static int merge_group(const ash_plan *plan, const ash_work *work) {
    (void)plan;
    return work->of.fold->stage->id;
}

static int stage_chunk(const ash_work *work, int64_t item, int64_t coordinate[]) {
    ash_grid_coordinates(work->of.stage->ndim, work->of.stage->axis, item, coordinate);
    return work->of.stage->ndim;
}

static int held_chunk(const ash_held *held, int64_t chunk, int64_t coordinate[]) {
    ash_grid_coordinates(held->ndim, held->axis, chunk, coordinate);
    return held->ndim;
}

static int blocks_chunk(const ash_work *work, int64_t item, int64_t coordinate[]) {
    const ash_blocks *blocks = work->of.blocks;
    return held_chunk(blocks->held[0], item / blocks->node->u.blocks.steps, coordinate);
}

static int merge_chunk(const ash_work *work, int64_t item, int64_t coordinate[]) {
    return held_chunk(work->of.fold->held, item / 2, coordinate);
}

/* What goes to scratch and back belongs to no group. */
static int no_group(const ash_plan *plan, const ash_work *work) {
    (void)plan, (void)work;
    return -1;
}

static int no_chunk(const ash_work *work, int64_t item, int64_t coordinate[]) {
    (void)work, (void)item, (void)coordinate;
    return 0;
}

static const work_functions functions[ASH_WORK_KINDS] = {
    [ASH_WORK_STAGE] = { stage_name, stage_scratch, stage_boxes, stage_elements, NULL, stage_group, stage_chunk },
    [ASH_WORK_BLOCKS] = { blocks_name, blocks_scratch, blocks_boxes, blocks_elements, blocks_take_over, blocks_group, blocks_chunk },
    [ASH_WORK_SPILL] = { moving_name, no_scratch, NULL, spill_elements, NULL, no_group, no_chunk },
    [ASH_WORK_LOAD] = { moving_name, no_scratch, NULL, spill_elements, NULL, no_group, no_chunk },
    [ASH_WORK_TRANSFER] = { moving_name, no_scratch, NULL, input_elements, NULL, no_group, no_chunk },
    [ASH_WORK_MERGE] = { merge_name, no_scratch, NULL, input_elements, merge_takes_over, merge_group, merge_chunk },
};

/* ---- Which held value a buffer is of: the order of buffers is that of enumeration ---- */

static const ash_held *stage_held(const ash_stage *stage, int64_t item, uint32_t k, int64_t *chunk) {
    *chunk = item;
    for (int s = 0; s < stage->nsinks; s++) {
        const ash_sink *sink = &stage->sink[s];
        int64_t buffers = sink->kind == ASH_SINK_HELD ? 1 : sink->kind == ASH_SINK_FOLD ? ash_fold_out_chunks(sink->fold, item) : 0;
        if (k < buffers) {
            return sink->kind == ASH_SINK_HELD ? sink->held : NULL;
        }
        k -= (uint32_t)buffers;
    }
    return NULL;
}

const ash_held *ash_task_held(const ash_plan *plan, uint32_t task, uint32_t k, int64_t *chunk) {
    const ash_work *work = ash_task_work(plan, task);
    int64_t item = plan->task[task].item, steps = work->kind == ASH_WORK_BLOCKS ? work->of.blocks->node->u.blocks.steps : 1;
    switch (work->kind) {
    case ASH_WORK_STAGE: return stage_held(work->of.stage, item, k, chunk);
    case ASH_WORK_BLOCKS: *chunk = item / steps; return item % steps == steps - 1 ? work->of.blocks->held[k] : NULL;
    case ASH_WORK_TRANSFER: *chunk = plan->transfer[item].chunk; return plan->transfer[item].part ? NULL : plan->transfer[item].held;
    case ASH_WORK_MERGE: *chunk = item / 2; return item & 1 ? work->of.fold->held : NULL;
    default: return NULL;
    }
}

/* Calls `visit` for every box that operands of a space take of a chunk of a held value for a box of the space. */
typedef void part_visitor(const ash_box *part, int ndim, void *user);
static void visit_parts(
    const ash_stage *space, const ash_box *box, const ash_held *held, const ash_box *chunk, part_visitor *visit, void *user) {
    for (int k = 0; k < space->noperands; k++) {
        const ash_operand *operand = &space->operand[k];
        int64_t low[ASH_MAX_NDIM], span[ASH_MAX_NDIM];
        ash_box part;
        int any = operand->kind == ASH_OPERAND_HELD && operand->held == held && ash_operand_box(operand, box, low, span);
        for (int a = 0; a < held->ndim && any; a++) {
            int64_t end = low[a] + span[a], chunk_end = chunk->start[a] + chunk->extent[a];
            part.start[a] = low[a] > chunk->start[a] ? low[a] : chunk->start[a];
            part.extent[a] = (end < chunk_end ? end : chunk_end) - part.start[a];
            any = part.extent[a] > 0;
        }
        if (any) {
            visit(&part, held->ndim, user);
        }
    }
}

static void visit_task_parts(const ash_plan *plan, uint32_t task, const ash_held *held, int64_t chunk, part_visitor *visit, void *user) {
    const ash_work *work = ash_task_work(plan, task);
    ash_box of, box;
    ash_part part;
    ash_grid_box(held->ndim, held->axis, chunk, &of);
    if (work->kind == ASH_WORK_STAGE) {
        ash_grid_box(work->of.stage->ndim, work->of.stage->axis, plan->task[task].item, &box);
        visit_parts(work->of.stage, &box, held, &of, visit, user);
    }
    for (int k = 0; work->kind == ASH_WORK_BLOCKS && ash_blocks_part(work->of.blocks, plan->task[task].item, k, &part); k++) {
        visit_parts(work->of.blocks->space[part.input], &part.box, held, &of, visit, user);
    }
}

static int64_t space_tiles(const ash_stage *space, const ash_box *box, const ash_held *held, const ash_box *chunk, int is_stage) {
    int64_t elements = 0;
    for (int k = 0; k < space->noperands; k++) {
        const ash_operand *operand = &space->operand[k];
        if (operand->kind == ASH_OPERAND_HELD && operand->held == held) {
            elements += ash_operand_tile_elements(space, operand, box, chunk, is_stage && ash_operand_varies(space, operand));
        }
    }
    return elements;
}

int64_t ash_task_tile_bytes(const ash_plan *plan, uint32_t task, const ash_held *held, int64_t chunk) {
    const ash_work *work = ash_task_work(plan, task);
    int64_t elements = 0;
    ash_box of, box;
    ash_part part;
    ash_grid_box(held->ndim, held->axis, chunk, &of);
    if (work->kind == ASH_WORK_STAGE) {
        ash_grid_box(work->of.stage->ndim, work->of.stage->axis, plan->task[task].item, &box);
        elements = space_tiles(work->of.stage, &box, held, &of, 1);
    }
    for (int k = 0; work->kind == ASH_WORK_BLOCKS && ash_blocks_part(work->of.blocks, plan->task[task].item, k, &part); k++) {
        elements += space_tiles(work->of.blocks->space[part.input], &part.box, held, &of, 0);
    }
    return elements * ash_dtype_size(held->dtype);
}

/* A box around boxes; extents of it are ends until all are in. */
typedef struct around {
    ash_box box;
    int any;
} around;

static void take_in(const ash_box *part, int ndim, void *user) {
    around *all = user;
    for (int a = 0; a < ndim; a++) {
        int64_t begin = part->start[a], end = begin + part->extent[a];
        all->box.start[a] = all->any && all->box.start[a] < begin ? all->box.start[a] : begin;
        all->box.extent[a] = all->any && all->box.extent[a] > end ? all->box.extent[a] : end;
    }
    all->any = 1;
}

int ash_task_box(const ash_plan *plan, uint32_t task, const ash_held *held, int64_t chunk, ash_box *box) {
    around all = { .any = 0 };
    ash_box of;
    int part = 0;
    visit_task_parts(plan, task, held, chunk, take_in, &all);
    ash_grid_box(held->ndim, held->axis, chunk, &of);
    *box = all.any ? all.box : of;
    for (int a = 0; a < held->ndim && all.any; a++) {
        box->extent[a] -= box->start[a];
        part |= box->extent[a] < of.extent[a];
    }
    return part;
}

uint32_t ash_plan_maker(const ash_plan *plan, uint32_t buffer) {
    uint32_t low = 0, high = plan->ntasks - 1; /* the last task whose buffers begin at or before it */
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        if (plan->task[middle].buffer_begin <= buffer) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

int ash_plan_add_work(ash_plan *plan, ash_work work, int64_t items) {
    work.task = ash_sparse_new(items);
    if (!ash_plan_reserve(plan, (void **)&plan->work, plan->nwork, &plan->work_capacity, sizeof *plan->work)) {
        return -1;
    }
    plan->work[plan->nwork] = work;
    return plan->nwork++;
}

int ash_task_takes_over(const ash_plan *plan, uint32_t task) {
    const ash_work *work = ash_task_work(plan, task);
    return functions[work->kind].takes_over && functions[work->kind].takes_over(work, plan->task[task].item);
}

int64_t ash_task_out_bytes(const ash_plan *plan, uint32_t task) {
    if (ash_task_takes_over(plan, task)) {
        return 0;
    }
    int64_t units = 0;
    for (uint32_t b = plan->task[task].buffer_begin; b < plan->task[task + 1].buffer_begin; b++) {
        units += plan->buffer_units[b];
    }
    return units * ASH_UNIT;
}

int64_t ash_task_scratch_bytes(const ash_plan *plan, uint32_t task) {
    const ash_work *work = ash_task_work(plan, task);
    return functions[work->kind].scratch_bytes(work);
}

void ash_task_boxes(const ash_plan *plan, uint32_t task, ash_box_visitor *visit, void *user) {
    const ash_work *work = ash_task_work(plan, task);
    if (functions[work->kind].boxes) {
        functions[work->kind].boxes(work, plan->task[task].item, visit, user);
    }
}

int64_t ash_task_elements(const ash_plan *plan, uint32_t task) {
    return functions[ash_task_work(plan, task)->kind].elements(plan, task);
}

const char *ash_task_name(const ash_plan *plan, uint32_t task) {
    return ash_work_name(ash_task_work(plan, task));
}

const char *ash_work_name(const ash_work *work) {
    return functions[work->kind].name(work);
}

int ash_work_group(const ash_plan *plan, const ash_work *work) {
    return functions[work->kind].group(plan, work);
}

int ash_work_chunk(const ash_work *work, int64_t item, int64_t coordinate[]) {
    return functions[work->kind].chunk(work, item, coordinate);
}
