/* From stages to tasks in order.
 *
 * Depth first from the chunks asked for, all results side by side: a task is placed after what it needs, and merges of partial results
 * right after the last of their children, so that few buffers live at a time. Only chunks that are needed are placed.
 */
#include "plan/merge_tree.h"
#include "plan/task_list.h"

#include <string.h>

/* An item of work that waits for its turn, with what it needs above it on the stack. */
typedef struct wanted_item {
    int64_t item;
    int work;
} wanted_item;

typedef struct enumeration {
    ash_plan *plan;
    ash_merge_trees *trees; /* per fold */
    wanted_item *stack;
    int64_t depth, stack_capacity;
    uint32_t *taken; /* per buffer, of tasks with many inputs: its place among the plan's inputs, if that still is one of the task's */
    int64_t taken_capacity;
    uint32_t recorded; /* the inputs before it are in `taken`, if they are the task's */
} enumeration;

enum { FEW_INPUTS = 32 }; /* are searched one by one; of more a table is made */

/* The place of a buffer among inputs [begin, end); `end` if it is not there. */
static uint32_t find_input(enumeration *en, uint32_t begin, uint32_t end, uint32_t buffer) {
    ash_plan *plan = en->plan;
    uint32_t k = begin;
    if (end - begin <= FEW_INPUTS) {
        while (k < end && plan->input[k] != buffer) {
            k++;
        }
        return k;
    }
    int64_t before = en->taken_capacity;
    if (!ash_list_grow(plan, (void **)&en->taken, plan->nbuffers, &en->taken_capacity, sizeof *en->taken)) {
        return end;
    }
    memset(en->taken + before, 0, (size_t)(en->taken_capacity - before) * sizeof *en->taken);
    for (k = en->recorded > begin ? en->recorded : begin; k < end; k++) {
        en->taken[plan->input[k]] = k;
    }
    en->recorded = end;
    k = en->taken[buffer];
    return k >= begin && k < end && plan->input[k] == buffer ? k : end;
}

/* Adds an input buffer unless it is among those before `end`, which other operands of the task have added: then one that needs it whole decides. */
static void add_input_once(enumeration *en, uint32_t end, uint32_t buffer, int by_box) {
    ash_plan *plan = en->plan;
    uint32_t k = find_input(en, plan->task[plan->ntasks].input_begin, end, buffer);
    if (k < end) {
        plan->by_box[k / 64] &= ~((uint64_t)!by_box << (k % 64));
    } else {
        ash_list_add_input(plan, buffer, by_box);
    }
}

static void set(ash_plan *plan, ash_sparse *table, int64_t index, uint32_t id) {
    int64_t before = table->bytes;
    if (id == ASH_NO_ID || !ash_sparse_set(table, index, id)) {
        plan->incomplete = 1;
    }
    ash_list_count(plan, table->bytes - before);
}

static int is_placed(const ash_plan *plan, int work, int64_t item) {
    return ash_sparse_get(&plan->work[work].task, item) != ASH_NO_ID;
}

/* ---- Chunks ---- */

static void push(enumeration *en, int work, int64_t item) {
    if (!is_placed(en->plan, work, item) &&
        ash_list_grow(en->plan, (void **)&en->stack, en->depth + 1, &en->stack_capacity, sizeof *en->stack)) {
        en->stack[en->depth++] = (wanted_item){ item, work };
    }
}

/* Puts what a chunk of a held value is made from on the stack. */
static void need_held(enumeration *en, ash_held *held, int64_t chunk) {
    if (ash_sparse_get(&held->buffer, chunk) != ASH_NO_ID || en->plan->incomplete) {
        return;
    }
    if (held->blocks) { /* the last step has those before it made */
        push(en, held->blocks->work, (chunk + 1) * held->blocks->node->u.blocks.steps - 1);
        return;
    }
    ash_fold *fold = held->stage->sink[held->sink].fold;
    if (!fold) {
        push(en, held->stage->work, chunk);
        return;
    }
    int64_t leaves = ash_fold_leaves(fold, chunk);
    ash_list_has_room(en->plan, leaves);
    for (int64_t k = 0; k < leaves && !en->plan->incomplete; k++) {
        push(en, fold->stage->work, ash_fold_leaf_chunk(fold, chunk, k));
    }
    if (leaves == 0 && !en->plan->incomplete) {
        ash_merge_place_empty(en->plan, fold, chunk);
    }
}

/* Calls need_held or add_input_once for every chunk of a held operand that the box needs. */
static void visit_operand(enumeration *en, const ash_operand *operand, const ash_box *box, int by_box, int placing) {
    ash_held *held = operand->held;
    uint32_t before = en->plan->ninputs;
    int64_t low[ASH_MAX_NDIM], high[ASH_MAX_NDIM], coordinate[ASH_MAX_NDIM];
    for (int k = 0; k < operand->ndim; k++) {
        const ash_map *map = &operand->map[k];
        int64_t first, span;
        if (!ash_map_range(map, box, &first, &span)) {
            return; /* an empty box, or only missing rows */
        }
        low[k] = ash_axis_find(&held->axis[k], first);
        high[k] = ash_axis_find(&held->axis[k], first + span - 1);
        coordinate[k] = low[k];
    }
    for (;;) {
        int wanted = ash_operand_wants_rows(operand, box, operand->table_map < 0 ? 0 : coordinate[operand->table_map]);
        int64_t chunk = ash_grid_ordinal(held->ndim, held->axis, coordinate);
        if (wanted && placing) {
            need_held(en, held, chunk);
        } else if (wanted) {
            add_input_once(en, before, ash_sparse_get(&held->buffer, chunk), by_box);
        }
        int k = operand->ndim - 1;
        while (k >= 0 && ++coordinate[k] > high[k]) {
            coordinate[k] = low[k];
            k--;
        }
        if (k < 0 || en->plan->incomplete) {
            return;
        }
    }
}

static void place_sinks(enumeration *en, ash_stage *stage, int64_t chunk) {
    uint32_t first = en->plan->nbuffers;
    for (int s = 0; s < stage->nsinks; s++) {
        ash_sink *sink = &stage->sink[s];
        if (sink->kind == ASH_SINK_HELD) {
            set(en->plan, &sink->held->buffer, chunk, ash_list_add_buffer(en->plan, ash_held_chunk_bytes(sink->held, chunk)));
        } else if (sink->kind == ASH_SINK_FOLD) {
            int64_t n = ash_fold_out_chunks(sink->fold, chunk), leaf;
            for (int64_t k = 0; k < n; k++) {
                ash_list_add_buffer(en->plan, ash_fold_state_bytes(sink->fold, ash_fold_out_chunk(sink->fold, chunk, k, &leaf)));
            }
        }
    }
    ash_list_end_task(en->plan);
    for (int s = 0; s < stage->nsinks && !en->plan->incomplete; s++) {
        ash_sink *sink = &stage->sink[s];
        first += sink->kind == ASH_SINK_HELD;
        int64_t n = sink->kind == ASH_SINK_FOLD ? ash_fold_out_chunks(sink->fold, chunk) : 0;
        for (int64_t k = 0; k < n && !en->plan->incomplete; k++) {
            int64_t leaf, out_chunk = ash_fold_out_chunk(sink->fold, chunk, k, &leaf);
            ash_merge_trees_arrive(en->plan, &en->trees[sink->fold->id], sink->fold, out_chunk, leaf, first++);
        }
    }
}

static void place_step(enumeration *en, ash_blocks *blocks, int64_t item) {
    int64_t steps = blocks->node->u.blocks.steps, chunk = item / steps;
    for (int k = 0; k < blocks->node->noutputs && !en->plan->incomplete; k++) {
        uint32_t id = ash_list_add_buffer(en->plan, ash_held_chunk_bytes(blocks->held[k], chunk));
        if (item % steps == steps - 1) {
            set(en->plan, &blocks->held[k]->buffer, chunk, id);
        }
    }
    ash_list_end_task(en->plan);
}

static int reads_held(const ash_stage *stage) {
    for (int k = 0; k < stage->noperands; k++) {
        if (stage->operand[k].kind == ASH_OPERAND_HELD) {
            return 1;
        }
    }
    return 0;
}

static void visit_stage(enumeration *en, const ash_stage *stage, int64_t chunk, int placing) {
    ash_box box;
    if (!reads_held(stage)) { /* most tasks by number: they need nothing, so where they lie need not be known */
        return;
    }
    ash_grid_box(stage->ndim, stage->axis, chunk, &box);
    for (int k = 0; k < stage->noperands && !en->plan->incomplete; k++) {
        if (stage->operand[k].kind == ASH_OPERAND_HELD) {
            visit_operand(en, &stage->operand[k], &box, !stage->operand[k].aligned, placing);
        }
    }
}

/* A step needs the one before it, in whose buffer it goes on, and its parts. */
static void visit_step(enumeration *en, ash_blocks *blocks, int64_t item, int placing) {
    const ash_plan *plan = en->plan;
    ash_part part;
    int parts = 0;
    if (item % blocks->node->u.blocks.steps > 0 && placing) {
        push(en, blocks->work, item - 1);
    } else if (item % blocks->node->u.blocks.steps > 0) {
        ash_list_add_input(en->plan, plan->task[ash_sparse_get(&plan->work[blocks->work].task, item - 1)].buffer_begin, 0);
    }
    for (; !en->plan->incomplete && ash_blocks_part(blocks, item, parts, &part); parts++) {
        const ash_operand *operand = &blocks->space[part.input]->operand[0];
        if (operand->kind == ASH_OPERAND_HELD) {
            visit_operand(en, operand, &part.box, !ash_blocks_in_place(blocks, &part), placing);
        }
    }
    if (!placing) {
        int64_t bytes = ash_blocks_scratch(blocks, item);
        blocks->work_bytes = bytes > blocks->work_bytes ? bytes : blocks->work_bytes;
        blocks->most_parts = parts > blocks->most_parts ? parts : blocks->most_parts;
    }
}

/* What the plan asks of work that can be asked for, for one item: `visit` what it needs, placing that or making it inputs of the task under way; `place`
 * the buffers it makes. */
static void visit(enumeration *en, const ash_work *work, int64_t item, int placing) {
    if (work->kind == ASH_WORK_BLOCKS) {
        visit_step(en, work->of.blocks, item, placing);
    } else {
        visit_stage(en, work->of.stage, item, placing);
    }
}

static void place(enumeration *en, const ash_work *work, int64_t item) {
    if (work->kind == ASH_WORK_BLOCKS) {
        place_step(en, work->of.blocks, item);
    } else {
        place_sinks(en, work->of.stage, item);
    }
}

/* Reverses the upper part of the stack, so that what was pushed first is placed first. */
static void reverse(enumeration *en, int64_t from) {
    for (int64_t a = from, b = en->depth - 1; a < b; a++, b--) {
        wanted_item swap = en->stack[a];
        en->stack[a] = en->stack[b];
        en->stack[b] = swap;
    }
}

/* Places an item and, before it, all it needs: what is on top of the stack waits until nothing is above it. */
static void place_item(enumeration *en, int work, int64_t item) {
    push(en, work, item);
    while (en->depth > 0 && !en->plan->incomplete) {
        wanted_item top = en->stack[en->depth - 1];
        ash_work *of = &en->plan->work[top.work];
        int64_t depth = en->depth;
        int placed = is_placed(en->plan, top.work, top.item);
        if (!placed) {
            visit(en, of, top.item, 1);
            reverse(en, depth);
        }
        if (en->depth > depth) {
            continue;
        }
        en->depth--;
        if (placed || en->plan->incomplete || !ash_list_begin_task(en->plan, top.work, top.item)) {
            continue;
        }
        visit(en, of, top.item, 0);
        set(en->plan, &of->task, top.item, en->plan->ntasks);
        place(en, of, top.item);
    }
}

/* Whether a chunk of targets is in all of their files already. */
static int is_done(const ash_stage *stage, int64_t chunk) {
    for (int s = 0; s < stage->nsinks; s++) {
        const ash_target *target = stage->sink[s].target;
        if (target && !(target->writer && ash_writer_has(target->writer, target->variable, chunk))) {
            return 0;
        }
    }
    return 1;
}

/* ---- Whose turn it is ---- */

/* A stage with targets and how far it is, in a heap with the one that is behind on top. */
typedef struct turn {
    double progress; /* the part of its chunks that is placed */
    ash_stage *stage;
} turn;

static int is_target(const ash_stage *stage) {
    for (int s = 0; s < stage->nsinks; s++) {
        if (stage->sink[s].target) {
            return 1;
        }
    }
    return 0;
}

static int comes_before(const turn *a, const turn *b) {
    return a->progress < b->progress || (a->progress == b->progress && a->stage->id < b->stage->id);
}

/* Lets the top sink to its place. */
static void sink(turn heap[], int n) {
    turn top = heap[0];
    int at = 0;
    for (int child = 1; child < n; child = 2 * at + 1) {
        child += child + 1 < n && comes_before(&heap[child + 1], &heap[child]);
        if (!comes_before(&heap[child], &top)) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = top;
}

/* Whether there is room for a task a chunk of each result, none of which are done. */
static int have_room(enumeration *en) {
    int64_t chunks = 0;
    for (int k = 0; k < en->plan->nstages; k++) {
        const ash_stage *stage = en->plan->stage[k];
        for (int s = 0; s < stage->nsinks; s++) {
            const ash_target *target = stage->sink[s].target;
            chunks = target && !target->writer && stage->chunks > chunks ? stage->chunks : chunks;
        }
    }
    return ash_list_has_room(en->plan, chunks);
}

/* All targets advance together, in proportion to their chunks, so that what they share is used while it is there; or, where memory asks for that, one after another. */
static void place_targets(enumeration *en) {
    ash_plan *plan = en->plan;
    turn *heap = ash_calloc(plan->nstages + 1, sizeof *heap);
    int n = 0;
    plan->incomplete |= heap == NULL;
    for (int k = 0; heap && k < plan->nstages; k++) { /* by rising id: a heap from the start */
        if (is_target(plan->stage[k])) {
            heap[n++] = (turn){ .stage = plan->stage[k] };
        }
    }
    while (n > 0 && !plan->incomplete) {
        ash_stage *stage = heap[0].stage;
        int64_t chunk = stage->placed++;
        if (!is_done(stage, chunk)) {
            place_item(en, stage->work, chunk);
        }
        heap[0].progress = plan->one_by_one ? 0 : (double)stage->placed / (double)stage->chunks;
        if (stage->placed == stage->chunks) {
            heap[0] = heap[--n];
        }
        sink(heap, n);
    }
    ash_free(heap);
}

/* ---- All of it ---- */

static int begin_trees(enumeration *en) {
    const ash_plan *plan = en->plan;
    en->trees = ash_calloc(plan->nfolds + 1, sizeof *en->trees);
    for (int k = 0; en->trees && k < plan->nfolds; k++) {
        ash_merge_trees_begin(&en->trees[k], plan->fold[k]);
    }
    return en->trees != NULL;
}

static void end(enumeration *en) {
    ash_plan *plan = en->plan;
    for (int k = 0; en->trees && k < plan->nfolds; k++) {
        ash_merge_trees_end(&en->trees[k]);
    }
    for (int w = 0; w < plan->nwork; w++) {
        ash_list_count(plan, -plan->work[w].task.bytes);
        ash_sparse_free(&plan->work[w].task);
    }
    ash_list_count(plan, -en->taken_capacity * (int64_t)sizeof *en->taken);
    ash_list_release(en->taken, en->taken_capacity * (int64_t)sizeof *en->taken);
    ash_free(en->trees);
    ash_list_release(en->stack, en->stack_capacity * (int64_t)sizeof *en->stack);
}

int ash_plan_enumerate(ash_plan *plan) {
    enumeration en = { .plan = plan };
    if (!have_room(&en) || !begin_trees(&en) || !ash_list_begin(plan)) {
        plan->incomplete = 1;
    } else {
        place_targets(&en);
    }
    end(&en);
    return !plan->incomplete && ash_list_consumers(plan);
}
