/* Nodes that work by blocks: what they need for each step, and how much memory that takes. */
#include "plan/plan.h"

/* The space of an input: its own axes, and the one operand that a box of them is bound by. */
static ash_stage *new_space(ash_plan *plan, ash_value value) {
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
        blocks->space[i] = new_space(plan, node->input[i]);
        if (!blocks->space[i]) {
            return NULL;
        }
    }
    return blocks;
}

void ash_blocks_boxes(const ash_blocks *blocks, int64_t chunk, ash_box box[]) {
    for (int k = 0; k < blocks->node->noutputs; k++) {
        ash_grid_box(blocks->held[k]->ndim, blocks->held[k]->axis, chunk, &box[k]);
    }
}

int ash_blocks_part(const ash_blocks *blocks, int64_t item, int k, ash_part *part) {
    const ash_blocks_node *b = &blocks->node->u.blocks;
    return b->kind->part(blocks->node, item / b->steps, item % b->steps, k, part);
}

int ash_blocks_in_place(const ash_blocks *blocks, const ash_part *part) {
    const ash_operand *operand = &blocks->space[part->input]->operand[0];
    int64_t low[ASH_MAX_NDIM], span[ASH_MAX_NDIM];
    return operand->kind == ASH_OPERAND_HELD && !operand->pack && ash_operand_box(operand, &part->box, low, span) &&
        ash_operand_in_chunk(operand, low, span);
}

int64_t ash_blocks_scratch(const ash_blocks *blocks, int64_t item) {
    const ash_blocks_node *b = &blocks->node->u.blocks;
    int64_t bytes = b->kind->scratch_bytes ? ash_round_bytes(b->kind->scratch_bytes(blocks->node)) : 0;
    ash_part part;
    for (int k = 0; ash_blocks_part(blocks, item, k, &part); k++) {
        const ash_stage *space = blocks->space[part.input];
        bytes += ash_blocks_in_place(blocks, &part) ? 0 : ash_operand_piece_bytes(&space->operand[0], space, part.box.extent);
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
