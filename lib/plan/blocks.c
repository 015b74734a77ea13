/* Nodes that work by blocks: what they need for each step, and how much memory that takes. */
#include "plan/plan.h"

/* The space of an input: its own axes, and the one operand that a box of them is bound by. */
static ash_stage *new_space(ash_plan *plan, ash_value value, int dense) {
    const ash_output *output = ash_value_output(value);
    ash_stage *space = ash_arena_alloc(&plan->arena, sizeof *space);
    int slot;
    if (!space || !ash_plan_reserve(plan, (void **)&plan->space, plan->nspaces, &plan->space_capacity, sizeof *plan->space)) {
        return NULL;
    }
    space->ndim = output->ndim;
    for (int a = 0; a < output->ndim; a++) {
        space->axis[a] = output->dim[a].axis;
        space->largest[a] = ash_axis_largest(&output->dim[a].axis);
    }
    space->id = plan->nspaces;
    plan->space[plan->nspaces++] = space;
    if (!ash_emit(plan, space, value, &slot)) {
        return NULL;
    }
    space->operand[0].aligned = 0; /* parts are any boxes */
    space->operand[0].pack = 0;    /* in any order of axes, unless the node asks for dense ones */
    space->dense = dense;
    return space;
}

ash_blocks *ash_blocks_new(ash_plan *plan, const ash_node *node, ash_held *held[]) {
    ash_blocks *blocks = ash_arena_alloc(&plan->arena, sizeof *blocks);
    if (!blocks) {
        return NULL;
    }
    blocks->node = node;
    blocks->number = plan->nblocks++;
    blocks->held = ash_arena_memdup(&plan->arena, held, node->noutputs * (int64_t)sizeof *held);
    blocks->space = ash_arena_alloc(&plan->arena, (node->ninputs + 1) * (int64_t)sizeof *blocks->space);
    blocks->work =
        ash_plan_add_work(plan, (ash_work){ .kind = ASH_WORK_BLOCKS, .of.blocks = blocks }, held[0]->chunks * node->u.blocks.steps);
    if (!blocks->held || !blocks->space || blocks->work < 0) {
        return NULL;
    }
    for (int i = 0; i < node->ninputs; i++) {
        blocks->space[i] = new_space(plan, ash_plan_input(node, i), node->u.blocks.dense && node->u.blocks.dense[i]);
        if (!blocks->space[i]) {
            return NULL;
        }
    }
    return blocks;
}

/* Of all outputs, where a chunk lies, or what is needed of it. */
static void chunk_boxes(const ash_blocks *blocks, int64_t chunk, ash_box box[]) {
    for (int k = 0; k < blocks->node->noutputs; k++) {
        ash_grid_box(blocks->held[k]->ndim, blocks->held[k]->axis, chunk, &box[k]);
    }
}

ash_blocks_step ash_blocks_step_of(const ash_blocks *blocks, int64_t item, ash_box box[]) {
    int64_t steps = blocks->node->u.blocks.steps;
    chunk_boxes(blocks, item / steps, box);
    return (ash_blocks_step){ .chunk = item / steps, .step = item % steps, .box = box };
}

int ash_blocks_part(const ash_blocks *blocks, int64_t item, int k, ash_part *part) {
    ash_box box[ASH_BLOCKS_OUTPUTS];
    ash_blocks_step at = ash_blocks_step_of(blocks, item, box);
    return blocks->node->u.blocks.kind->part(blocks->node, &at, k, part);
}

int ash_blocks_in_place(const ash_blocks *blocks, const ash_part *part) {
    const ash_operand *operand = &blocks->space[part->input]->operand[0];
    int64_t low[ASH_MAX_NDIM], span[ASH_MAX_NDIM];
    return operand->kind == ASH_OPERAND_HELD && !operand->pack && ash_operand_box(operand, &part->box, low, span) &&
        ash_operand_in_chunk(operand, low, span);
}

/* Whether the axes of the operand are those of its space, one by one. */
static int is_plain(const ash_operand *operand, const ash_stage *space) {
    int plain = operand->ndim == space->ndim;
    for (int k = 0; k < operand->ndim && plain; k++) {
        plain = operand->map[k].axis == k && operand->map[k].step > 0 && !operand->map[k].table;
    }
    return plain;
}

/* Whether a box within one chunk of a held operand lies without gaps: whole rows, planes and so on, but along the outermost axis. */
static int fills_chunk(const ash_operand *operand, const int64_t low[], const int64_t span[]) {
    int partly = 0;
    for (int k = operand->ndim - 1; k >= 0; k--) {
        const ash_grid_axis *axis = &operand->held->axis[k];
        if ((partly && span[k] > 1) || operand->map[k].step != 1) {
            return 0;
        }
        partly |= span[k] < ash_axis_extent(axis, ash_axis_find(axis, low[k]));
    }
    return 1;
}

/* Bound on the scratch that binding a part takes: none where it can be pointed at. */
static int64_t part_bytes(const ash_blocks *blocks, const ash_part *part) {
    const ash_stage *space = blocks->space[part->input];
    const ash_operand *operand = &space->operand[0];
    int64_t low[ASH_MAX_NDIM], span[ASH_MAX_NDIM], bytes = ash_operand_piece_bytes(operand, space, part->box.extent), dense = operand->size;
    int is_held = operand->kind == ASH_OPERAND_HELD, plain = is_plain(operand, space);
    int in_chunk = is_held && ash_operand_box(operand, &part->box, low, span) && ash_operand_in_chunk(operand, low, span);
    int in_place = ash_blocks_in_place(blocks, part);
    if (!space->dense) {
        return in_place ? 0 : bytes;
    }
    if (in_place && plain && fills_chunk(operand, low, span)) {
        return 0;
    }
    for (int a = 0; a < space->ndim; a++) {
        dense *= part->box.extent[a];
    }
    /* What was read or put together is dense already, unless it was stepped over or turned. */
    int copied = operand->pack || space->run_axes > 1 || (plain && (operand->kind == ASH_OPERAND_FILE || (is_held && !in_chunk)));
    return (in_place ? 0 : bytes) + (copied ? 0 : ash_round_bytes(dense));
}

int64_t ash_blocks_own_scratch(const ash_blocks *blocks, const ash_blocks_step *at) {
    const ash_blocks_kind *kind = blocks->node->u.blocks.kind;
    return kind->scratch_bytes ? ash_round_bytes(kind->scratch_bytes(blocks->node, at)) : 0;
}

int64_t ash_blocks_scratch(const ash_blocks *blocks, int64_t item) {
    ash_box box[ASH_BLOCKS_OUTPUTS];
    ash_blocks_step at = ash_blocks_step_of(blocks, item, box);
    int64_t bytes = ash_blocks_own_scratch(blocks, &at);
    ash_part part;
    for (int k = 0; ash_blocks_part(blocks, item, k, &part); k++) {
        bytes += part_bytes(blocks, &part);
    }
    return bytes;
}

int ash_plan_blas(const ash_plan *plan, int64_t *thread_bytes) {
    int used = 0;
    *thread_bytes = 0;
    for (int w = 0; w < plan->nwork; w++) {
        const ash_node *node = plan->work[w].kind == ASH_WORK_BLOCKS ? plan->work[w].of.blocks->node : NULL;
        int64_t bytes = node && node->u.blocks.kind->thread_bytes ? node->u.blocks.kind->thread_bytes(node) : 0;
        *thread_bytes = bytes > *thread_bytes ? bytes : *thread_bytes;
        used |= node && node->u.blocks.kind->blas;
    }
    return used;
}
