/* From stages to tasks in order.
 *
 * Depth first from the chunks asked for, all results side by side: a task is placed after what it needs, and merges of partial results
 * right after the last of their children, so that few buffers live at a time. Only chunks that are needed are placed.
 */
#include "plan/plan.h"

#include <string.h>

/* An item of work that waits for its turn, with what it needs above it on the stack. */
typedef struct wanted_item {
    int work;
    int64_t item;
} wanted_item;

typedef struct lists {
    ash_plan *plan;
    int64_t task_capacity, buffer_capacity, input_capacity;
    wanted_item *stack;
    int64_t depth, stack_capacity;
    int failed, over_limit;
} lists;

static int grow(lists *ls, void **list, int64_t needed, int64_t *capacity, int64_t size) {
    if (needed <= *capacity) {
        return 1;
    }
    int64_t grown = *capacity > 0 ? *capacity + *capacity / 2 : 256;
    grown = grown < needed ? needed : grown;
    ls->plan->list_bytes += (grown - *capacity) * size;
    if (ls->plan->list_bytes > ls->plan->limit) { /* a plan that alone does not fit need not be finished */
        ls->failed = ls->over_limit = 1;
        return 0;
    }
    void *memory = ash_realloc(*list, grown * size);
    if (!memory || grown > UINT32_MAX / 2) {
        *list = memory ? memory : *list;
        ls->failed = 1;
        return 0;
    }
    *list = memory;
    *capacity = grown;
    return 1;
}

static int begin_task(lists *ls, int work, uint32_t item) {
    ash_plan *plan = ls->plan;
    if (!grow(ls, (void **)&plan->task, (int64_t)plan->ntasks + 2, &ls->task_capacity, sizeof *plan->task)) {
        return 0;
    }
    plan->task[plan->ntasks] =
        (ash_task){ .work = (uint32_t)work, .item = item, .input_begin = plan->ninputs, .buffer_begin = plan->nbuffers };
    return 1;
}

static void end_task(lists *ls) {
    ash_plan *plan = ls->plan;
    plan->ntasks++;
    plan->task[plan->ntasks] = (ash_task){ .input_begin = plan->ninputs, .buffer_begin = plan->nbuffers };
}

/* Adds an input buffer unless the task has it already (operands often share a buffer). */
static void add_input(lists *ls, uint32_t buffer, int check) {
    ash_plan *plan = ls->plan;
    for (uint32_t k = plan->task[plan->ntasks].input_begin; check && k < plan->ninputs; k++) {
        if (plan->input[k] == buffer) {
            return;
        }
    }
    if (grow(ls, (void **)&plan->input, (int64_t)plan->ninputs + 1, &ls->input_capacity, sizeof *plan->input)) {
        plan->input[plan->ninputs++] = buffer;
    }
}

static uint32_t add_buffer(lists *ls, int64_t bytes) {
    ash_plan *plan = ls->plan;
    if (!grow(ls, (void **)&plan->buffer_units, (int64_t)plan->nbuffers + 1, &ls->buffer_capacity, sizeof *plan->buffer_units)) {
        return ASH_NO_ID;
    }
    int64_t units = ash_round_bytes(bytes) / ASH_UNIT;
    if (units > UINT32_MAX) {
        ls->failed = 1;
        return ASH_NO_ID;
    }
    plan->buffer_units[plan->nbuffers] = (uint32_t)units;
    return plan->nbuffers++;
}

/* ---- Merges ---- */

/* Number of nodes of a tree over n leaves, the leaves included; there is always a last merge. */
static int64_t tree_entries(int64_t n, int arity) {
    int64_t entries = n;
    do {
        n = n > 0 ? (n + arity - 1) / arity : 1;
        entries += n;
    } while (n > 1);
    return entries;
}

/* Records that entry `k` of a level of `n` entries (starting at `level`) is buffer `id`; places the merges that are complete now, up to the
 * last one. */
static void arrive(lists *ls, ash_fold *fold, int64_t out_chunk, int64_t level, int64_t n, int64_t k, uint32_t id) {
    ash_plan *plan = ls->plan;
    for (;;) {
        fold->tree[level + k] = id;
        int64_t above = n > 0 ? (n + fold->arity - 1) / fold->arity : 1;
        int64_t parent = n > 0 ? k / fold->arity : 0;
        int64_t first = parent * fold->arity, children = n - first < fold->arity ? n - first : fold->arity;
        if (++fold->arrived[level + n + parent] < (uint32_t)children) {
            return;
        }
        int last = above == 1;
        if (!begin_task(ls, fold->work, (uint32_t)(2 * out_chunk + last))) {
            return;
        }
        for (int64_t c = 0; c < children; c++) {
            add_input(ls, fold->tree[level + first + c], 0);
        }
        /* The last merge makes a chunk of the result; others continue in the buffer of their first child. */
        uint32_t first_child = fold->tree[level + first];
        id = add_buffer(ls, last ? ash_held_chunk_bytes(fold->held, out_chunk) : plan->buffer_units[first_child] * (int64_t)ASH_UNIT);
        end_task(ls);
        if (last || ls->failed) {
            fold->held->buffer[out_chunk] = id;
            return;
        }
        level += n;
        n = above;
        k = parent;
    }
}

/* A chunk of the result that nothing contributes to: one task that makes it from nothing. */
static void place_empty(lists *ls, ash_fold *fold, int64_t out_chunk) {
    if (begin_task(ls, fold->work, (uint32_t)(2 * out_chunk + 1))) {
        fold->held->buffer[out_chunk] = add_buffer(ls, ash_held_chunk_bytes(fold->held, out_chunk));
        end_task(ls);
    }
}

/* ---- Chunks ---- */

static void push(lists *ls, int work, int64_t item) {
    if (ls->plan->work[work].task[item] == ASH_NO_ID &&
        grow(ls, (void **)&ls->stack, ls->depth + 1, &ls->stack_capacity, sizeof *ls->stack)) {
        ls->stack[ls->depth++] = (wanted_item){ work, item };
    }
}

/* Puts what a chunk of a held value is made from on the stack. */
static void need_held(lists *ls, ash_held *held, int64_t chunk) {
    if (held->buffer[chunk] != ASH_NO_ID || ls->failed) {
        return;
    }
    if (held->blocks) { /* the last step has those before it made */
        push(ls, held->blocks->work, (chunk + 1) * held->blocks->node->u.blocks.steps - 1);
        return;
    }
    ash_fold *fold = held->stage->sink[held->sink].fold;
    if (!fold) {
        push(ls, held->stage->work, chunk);
        return;
    }
    int64_t leaves = ash_fold_leaves(fold, chunk);
    for (int64_t k = 0; k < leaves && !ls->failed; k++) {
        push(ls, fold->stage->work, ash_fold_leaf_chunk(fold, chunk, k));
    }
    if (leaves == 0 && !ls->failed) {
        place_empty(ls, fold, chunk);
    }
}

/* Calls need_held or add_input for every chunk of a held operand that the box needs. */
static void visit_operand(lists *ls, const ash_operand *operand, const ash_box *box, int placing) {
    ash_held *held = operand->held;
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
            need_held(ls, held, chunk);
        } else if (wanted) {
            add_input(ls, held->buffer[chunk], 1);
        }
        int k = operand->ndim - 1;
        while (k >= 0 && ++coordinate[k] > high[k]) {
            coordinate[k] = low[k];
            k--;
        }
        if (k < 0 || ls->failed) {
            return;
        }
    }
}

static void place_sinks(lists *ls, ash_stage *stage, int64_t chunk) {
    uint32_t first = ls->plan->nbuffers;
    for (int s = 0; s < stage->nsinks; s++) {
        ash_sink *sink = &stage->sink[s];
        if (sink->kind == ASH_SINK_HELD) {
            sink->held->buffer[chunk] = add_buffer(ls, ash_held_chunk_bytes(sink->held, chunk));
        } else if (sink->kind == ASH_SINK_FOLD) {
            int64_t n = ash_fold_out_chunks(sink->fold, chunk), leaf;
            for (int64_t k = 0; k < n; k++) {
                add_buffer(ls, ash_fold_state_bytes(sink->fold, ash_fold_out_chunk(sink->fold, chunk, k, &leaf)));
            }
        }
    }
    end_task(ls);
    for (int s = 0; s < stage->nsinks && !ls->failed; s++) {
        ash_sink *sink = &stage->sink[s];
        first += sink->kind == ASH_SINK_HELD;
        int64_t n = sink->kind == ASH_SINK_FOLD ? ash_fold_out_chunks(sink->fold, chunk) : 0;
        for (int64_t k = 0; k < n && !ls->failed; k++) {
            int64_t leaf, out_chunk = ash_fold_out_chunk(sink->fold, chunk, k, &leaf);
            arrive(ls, sink->fold, out_chunk, sink->fold->tree_begin[out_chunk], ash_fold_leaves(sink->fold, out_chunk), leaf, first++);
        }
    }
}

static void place_step(lists *ls, ash_blocks *blocks, int64_t item) {
    int64_t steps = blocks->node->u.blocks.steps, chunk = item / steps;
    for (int k = 0; k < blocks->node->noutputs && !ls->failed; k++) {
        uint32_t id = add_buffer(ls, ash_held_chunk_bytes(blocks->held[k], chunk));
        if (item % steps == steps - 1) {
            blocks->held[k]->buffer[chunk] = id;
        }
    }
    end_task(ls);
}

static int reads_held(const ash_stage *stage) {
    for (int k = 0; k < stage->noperands; k++) {
        if (stage->operand[k].kind == ASH_OPERAND_HELD) {
            return 1;
        }
    }
    return 0;
}

static void visit_stage(lists *ls, const ash_stage *stage, int64_t chunk, int placing) {
    ash_box box;
    if (!reads_held(stage)) { /* most tasks by number: they need nothing, so where they lie need not be known */
        return;
    }
    ash_grid_box(stage->ndim, stage->axis, chunk, &box);
    for (int k = 0; k < stage->noperands && !ls->failed; k++) {
        if (stage->operand[k].kind == ASH_OPERAND_HELD) {
            visit_operand(ls, &stage->operand[k], &box, placing);
        }
    }
}

/* A step needs the one before it, in whose buffer it goes on, and its parts. */
static void visit_step(lists *ls, ash_blocks *blocks, int64_t item, int placing) {
    const ash_plan *plan = ls->plan;
    ash_part part;
    int parts = 0;
    if (item % blocks->node->u.blocks.steps > 0 && placing) {
        push(ls, blocks->work, item - 1);
    } else if (item % blocks->node->u.blocks.steps > 0) {
        add_input(ls, plan->task[plan->work[blocks->work].task[item - 1]].buffer_begin, 0);
    }
    for (; !ls->failed && ash_blocks_part(blocks, item, parts, &part); parts++) {
        const ash_operand *operand = &blocks->space[part.input]->operand[0];
        if (operand->kind == ASH_OPERAND_HELD) {
            visit_operand(ls, operand, &part.box, placing);
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
static void visit(lists *ls, const ash_work *work, int64_t item, int placing) {
    if (work->kind == ASH_WORK_BLOCKS) {
        visit_step(ls, work->of.blocks, item, placing);
    } else {
        visit_stage(ls, work->of.stage, item, placing);
    }
}

static void place(lists *ls, const ash_work *work, int64_t item) {
    if (work->kind == ASH_WORK_BLOCKS) {
        place_step(ls, work->of.blocks, item);
    } else {
        place_sinks(ls, work->of.stage, item);
    }
}

/* Reverses the upper part of the stack, so that what was pushed first is placed first. */
static void reverse(lists *ls, int64_t from) {
    for (int64_t a = from, b = ls->depth - 1; a < b; a++, b--) {
        wanted_item swap = ls->stack[a];
        ls->stack[a] = ls->stack[b];
        ls->stack[b] = swap;
    }
}

/* Places an item and, before it, all it needs: what is on top of the stack waits until nothing is above it. */
static void place_item(lists *ls, int work, int64_t item) {
    push(ls, work, item);
    while (ls->depth > 0 && !ls->failed) {
        wanted_item top = ls->stack[ls->depth - 1];
        const ash_work *of = &ls->plan->work[top.work];
        int64_t depth = ls->depth;
        if (of->task[top.item] == ASH_NO_ID) {
            visit(ls, of, top.item, 1);
            reverse(ls, depth);
        }
        if (ls->depth > depth) {
            continue;
        }
        ls->depth--;
        if (of->task[top.item] != ASH_NO_ID || ls->failed || !begin_task(ls, top.work, (uint32_t)top.item)) {
            continue;
        }
        visit(ls, of, top.item, 0);
        of->task[top.item] = ls->plan->ntasks;
        place(ls, of, top.item);
    }
}

/* Whether a chunk of targets is in all of their files already. */
static int is_done(const ash_stage *stage, int64_t chunk) {
    for (int s = 0; s < stage->nsinks; s++) {
        const ash_target *target = stage->sink[s].target;
        if (target && !(target->kind == ASH_TARGET_FILE && ash_writer_has(target->writer, target->variable, chunk))) {
            return 0;
        }
    }
    return 1;
}

/* All targets advance together, in proportion to their chunks, so that what they share is used while it is there. */
static void place_targets(lists *ls) {
    ash_plan *plan = ls->plan;
    for (;;) {
        ash_stage *behind = NULL;
        double least = 1;
        for (int k = 0; k < plan->nstages; k++) {
            ash_stage *stage = plan->stage[k];
            int is_target = 0;
            for (int s = 0; s < stage->nsinks; s++) {
                is_target |= stage->sink[s].target != NULL;
            }
            double progress = is_target ? (double)stage->placed / (double)stage->chunks : 1;
            if (progress < least) {
                least = progress;
                behind = stage;
            }
        }
        if (!behind || ls->failed) {
            return;
        }
        int64_t chunk = behind->placed++;
        if (!is_done(behind, chunk)) {
            place_item(ls, behind->work, chunk);
        }
    }
}

/* ---- Tables ---- */

static int fill_with_none(uint32_t **list, int64_t n) {
    *list = ash_malloc((n + 1) * (int64_t)sizeof **list);
    if (*list) {
        memset(*list, 0xff, (size_t)(n + 1) * sizeof **list);
    }
    return *list != NULL;
}

static int begin_trees(ash_fold *fold) {
    int64_t entries = 0, n = fold->held->chunks;
    fold->tree_begin = ash_malloc((n + 1) * (int64_t)sizeof *fold->tree_begin);
    if (!fold->tree_begin) {
        return 0;
    }
    for (int64_t o = 0; o < n; o++) {
        fold->tree_begin[o] = entries;
        entries += tree_entries(ash_fold_leaves(fold, o), fold->arity);
    }
    fold->arrived = ash_calloc(entries + 1, sizeof *fold->arrived);
    return fold->arrived && fill_with_none(&fold->tree, entries);
}

/* Bytes of the tables that begin_tables() makes. */
static int64_t table_bytes(const ash_plan *plan) {
    double bytes = 0;
    for (int w = 0; w < plan->nwork; w++) {
        bytes += (double)plan->work[w].items * sizeof(uint32_t);
    }
    for (const ash_held *held = plan->helds; held; held = held->next) {
        bytes += (double)held->chunks * sizeof(uint32_t);
    }
    return bytes < 0x1p62 ? (int64_t)bytes : INT64_MAX / 2;
}

static int begin_tables(ash_plan *plan) {
    for (int w = 0; w < plan->nwork; w++) {
        ash_work *work = &plan->work[w];
        if (work->items > INT32_MAX / 2 || !fill_with_none(&work->task, work->items)) {
            return 0;
        }
    }
    for (ash_held *held = plan->helds; held; held = held->next) {
        if (held->chunks > INT32_MAX / 2 || !fill_with_none(&held->buffer, held->chunks)) {
            return 0;
        }
    }
    for (int k = 0; k < plan->nfolds; k++) {
        if (!begin_trees(plan->fold[k])) {
            return 0;
        }
    }
    return 1;
}

/* Inverts the inputs of tasks: who consumes each buffer. */
static int list_consumers(ash_plan *plan) {
    plan->consumer_begin = ash_calloc((int64_t)plan->nbuffers + 2, sizeof *plan->consumer_begin);
    plan->consumer = ash_malloc(((int64_t)plan->ninputs + 1) * (int64_t)sizeof *plan->consumer);
    if (!plan->consumer_begin || !plan->consumer) {
        return 0;
    }
    for (uint32_t k = 0; k < plan->ninputs; k++) {
        plan->consumer_begin[plan->input[k] + 1]++;
    }
    for (uint32_t b = 0; b < plan->nbuffers; b++) {
        plan->consumer_begin[b + 1] += plan->consumer_begin[b];
    }
    for (uint32_t t = plan->ntasks; t-- > 0;) { /* backwards: afterwards begin points at the first */
        for (uint32_t k = plan->task[t].input_begin; k < plan->task[t + 1].input_begin; k++) {
            plan->consumer[--plan->consumer_begin[plan->input[k] + 1]] = t;
        }
    }
    /* Entry b + 1 now holds the beginning of b's list: move all down by one. */
    memmove(plan->consumer_begin, plan->consumer_begin + 1, (size_t)plan->nbuffers * sizeof *plan->consumer_begin);
    plan->consumer_begin[plan->nbuffers] = plan->ninputs;
    return 1;
}

int ash_plan_enumerate(ash_plan *plan) {
    lists ls = { .plan = plan };
    plan->list_bytes = table_bytes(plan);
    plan->too_many = plan->list_bytes > plan->limit;
    int fine = !plan->too_many && begin_tables(plan) && grow(&ls, (void **)&plan->task, 2, &ls.task_capacity, sizeof *plan->task) &&
        grow(&ls, (void **)&plan->buffer_units, 1, &ls.buffer_capacity, sizeof *plan->buffer_units) &&
        grow(&ls, (void **)&plan->input, 1, &ls.input_capacity, sizeof *plan->input);
    if (fine) {
        plan->task[0] = (ash_task){ 0 };
        place_targets(&ls);
    }
    for (int k = 0; k < plan->nfolds; k++) { /* trees are needed no more */
        ash_free(plan->fold[k]->tree_begin);
        ash_free(plan->fold[k]->tree);
        ash_free(plan->fold[k]->arrived);
        plan->fold[k]->tree_begin = NULL;
        plan->fold[k]->tree = plan->fold[k]->arrived = NULL;
    }
    ash_free(ls.stack);
    plan->too_many |= ls.over_limit;
    return fine && !ls.failed && list_consumers(plan);
}
