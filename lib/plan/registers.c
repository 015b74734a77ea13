/* What a stage's blocks are kept in, and how long they are. */
#include "plan/plan.h"

enum { FEW = 2 }; /* instructions: with more, longer blocks would leave the first cache */

/* Blocks of narrow elements are longer, as many bytes as those of the widest usual ones. Where little is done with them (unpacking before a reduction, say), so
 * that all of it stays in the first cache, those of 8 bytes are too: rows of latitudes then are a block. Not where a block is the unit of something else: of
 * scans, of runs of labels, of the steps of a user's reduction. */
static int64_t block_elements(const ash_stage *stage) {
    int64_t widest = 1;
    for (int s = 0; s < stage->nslots; s++) {
        int64_t size = ash_dtype_size(stage->slot[s].dtype);
        widest = size > widest ? size : widest;
    }
    int plain = stage->scans == 0;
    for (int s = 0; s < stage->nsinks; s++) {
        const ash_fold *fold = stage->sink[s].fold;
        plain &= !fold || (fold->reduce->group_axis < 0 && !fold->reduce->general);
    }
    if (!plain || widest > 8) {
        return ASH_BLOCK;
    }
    return widest < 8 ? ASH_BLOCK * 8 / widest : stage->ninstructions > 0 && stage->ninstructions <= FEW ? 2 * ASH_BLOCK : ASH_BLOCK;
}

int ash_stage_finish(ash_plan *plan, ash_stage *stage) {
    if (!ash_stage_find_stencils(plan, stage)) {
        return 0;
    }
    for (int s = 0; s < stage->nslots; s++) {
        stage->slot[s].last_use = -1;
    }
    for (int k = 0; k < stage->ninstructions; k++) {
        for (int i = 0; i < stage->instruction[k].nin; i++) {
            stage->slot[stage->instruction[k].in[i]].last_use = k;
        }
    }
    for (int k = 0; k < stage->nsinks; k++) {
        stage->slot[stage->sink[k].slot].last_use = INT32_MAX;
    }
    /* Operands keep a register each: constants stay in it, others use it only when they cannot be read in place. Results share. */
    int *release = ash_arena_alloc(&plan->arena, (stage->nslots + 1) * (int64_t)sizeof *release);
    int nfree = 0;
    if (!release) {
        return 0;
    }
    for (int k = 0; k < stage->noperands; k++) {
        stage->slot[stage->operand[k].slot].reg = stage->nregisters++;
    }
    for (int k = 0; k < stage->ninstructions; k++) {
        const ash_instruction *instruction = &stage->instruction[k];
        for (int o = 0; o < instruction->nout; o++) {
            ash_slot *slot = &stage->slot[instruction->out[o]];
            slot->reg = nfree > 0 ? release[--nfree] : stage->nregisters++;
        }
        for (int i = 0; i < instruction->nin; i++) {
            ash_slot *slot = &stage->slot[instruction->in[i]];
            if (slot->operand < 0 && slot->last_use == k) {
                slot->last_use = -2; /* released once, even if read twice */
                release[nfree++] = slot->reg;
            }
        }
        for (int o = 0; o < instruction->nout; o++) {
            ash_slot *slot = &stage->slot[instruction->out[o]];
            if (slot->last_use == -1) { /* an output nobody asked for */
                slot->last_use = -2;
                release[nfree++] = slot->reg;
            }
        }
    }
    stage->block = block_elements(stage);
    return 1;
}
