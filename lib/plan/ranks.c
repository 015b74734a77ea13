/* Ranks: chunks have owners, and what a task needs of another rank's buffers is moved by tasks of the plan.
 *
 * The owner of a chunk is a pure function of its place in its grid; partial results merge where the first of them is. The tasks are gone through in their order: before one
 * that needs a buffer of another rank stands a *transfer*, which belongs to the rank that needs it, and makes a copy there: of the chunk, once a rank, or of the box that a
 * task reads of it. So each rank has its own sequence of tasks within the one order, its own peak, and its own frontier; transfers wait, as any task does, for its input, and
 * for room where it makes its copy. The first task of all that is not done is some rank's frontier with all its inputs there and room for it: ranks cannot wait for one another
 * in a circle.
 */
#include "plan/ranks.h"

#include "plan/task_list.h"

typedef struct ranking {
    ash_plan *plan;
    ash_plan old;      /* the lists as enumerated */
    uint32_t *id;      /* per buffer as enumerated: its number now */
    ash_sparse copied; /* per buffer and rank: its whole copy there */
    int failed;
} ranking;

int ash_rank_of_chunk(int nranks, int64_t chunk, int64_t chunks) {
    int64_t share = chunks / nranks + (chunks % nranks > 0);
    return (int)(chunk / share);
}

static int owner(const ranking *rk, uint32_t task) {
    const ash_task *t = &rk->old.task[task];
    const ash_work *work = ash_task_work(&rk->old, task);
    int nranks = rk->plan->nranks;
    switch (work->kind) {
    case ASH_WORK_STAGE: return ash_rank_of_chunk(nranks, t->item, work->of.stage->chunks);
    case ASH_WORK_BLOCKS: {
        const ash_blocks *blocks = work->of.blocks;
        return ash_rank_of_chunk(nranks, t->item / blocks->node->u.blocks.steps, blocks->held[0]->chunks);
    }
    default: break;
    }
    int64_t chunk = t->item / 2; /* a merge */
    return t->input_begin < t[1].input_begin ? (int)rk->plan->copy[rk->id[rk->old.input[t->input_begin]]].rank
                                             : ash_rank_of_chunk(nranks, chunk, work->of.fold->held->chunks);
}

static void begin_task(ranking *rk, int work, int64_t item, int rank) {
    rk->failed |= !ash_list_begin_task(rk->plan, work, item);
    if (!rk->failed) {
        rk->plan->task[rk->plan->ntasks].rank = (uint32_t)rank;
    }
}

static uint32_t add_buffer(ranking *rk, int64_t units, int rank, uint32_t origin, uint32_t part) {
    uint32_t id = rk->failed ? ASH_NO_ID : ash_list_add_units(rk->plan, units);
    if (id == ASH_NO_ID || !ash_list_note_copy(rk->plan, id, (ash_copy){ origin, part, (uint32_t)rank })) {
        rk->failed = 1;
        return 0;
    }
    return id;
}

static void end_task(ranking *rk) {
    if (!rk->failed) {
        ash_list_end_task(rk->plan);
        rk->failed = rk->plan->incomplete;
    }
}

/* Whether the box that the task reads of a chunk is a part of it only. */
static int box_of(const ranking *rk, uint32_t task, uint32_t input, ash_transfer *transfer) {
    uint32_t buffer = rk->old.input[input], maker = ash_plan_maker(&rk->old, buffer);
    transfer->held = ash_task_held(&rk->old, maker, buffer - rk->old.task[maker].buffer_begin, &transfer->chunk);
    return transfer->held && ash_input_by_box(&rk->old, input) &&
        ash_task_box(&rk->old, task, transfer->held, transfer->chunk, &transfer->box);
}

static int64_t box_units(const ash_transfer *transfer) {
    int64_t bytes = ash_dtype_size(transfer->held->dtype);
    for (int a = 0; a < transfer->held->ndim; a++) {
        bytes *= transfer->box.extent[a];
    }
    return ash_round_bytes(bytes) / ASH_UNIT;
}

/* Moves an input of a task to its rank; returns the buffer there. */
static uint32_t move(ranking *rk, uint32_t task, uint32_t input, int rank) {
    ash_plan *plan = rk->plan;
    uint32_t buffer = rk->old.input[input], there;
    int64_t key = (int64_t)buffer * plan->nranks + rank;
    ash_transfer transfer;
    transfer.part = box_of(rk, task, input, &transfer);
    if (!transfer.part && (there = ash_sparse_get(&rk->copied, key)) != ASH_NO_ID) {
        return there;
    }
    if (!ash_list_grow(plan, (void **)&plan->transfer, plan->ntransfers + 1, &plan->transfer_capacity, sizeof *plan->transfer)) {
        rk->failed = 1;
        return 0;
    }
    begin_task(rk, plan->transfer_work, plan->ntransfers, rank);
    if (!rk->failed) {
        ash_list_add_input(plan, rk->id[buffer], 0);
    }
    int64_t units = transfer.part ? box_units(&transfer) : rk->old.buffer_units[buffer];
    there = add_buffer(rk, units, rank, buffer, transfer.part ? (uint32_t)plan->ntransfers : ASH_NO_ID);
    end_task(rk);
    plan->transfer[plan->ntransfers++] = transfer;
    plan->transfer_bytes += units * ASH_UNIT;
    rk->failed |= !transfer.part && !ash_sparse_set(&rk->copied, key, there);
    return there;
}

/* Places a task after what has to be moved for it. `input` has room for the buffers it reads. */
static void place(ranking *rk, uint32_t task, uint32_t input[]) {
    const ash_task *t = &rk->old.task[task];
    int rank = owner(rk, task);
    for (uint32_t k = t->input_begin; k < t[1].input_begin && !rk->failed; k++) {
        uint32_t id = rk->id[rk->old.input[k]];
        input[k - t->input_begin] = (int)rk->plan->copy[id].rank == rank ? id : move(rk, task, k, rank);
    }
    begin_task(rk, (int)t->work, t->item, rank);
    for (uint32_t k = t->input_begin; k < t[1].input_begin && !rk->failed; k++) {
        ash_list_add_input(rk->plan, input[k - t->input_begin], ash_input_by_box(&rk->old, k));
    }
    for (uint32_t b = t->buffer_begin; b < t[1].buffer_begin && !rk->failed; b++) {
        rk->id[b] = add_buffer(rk, rk->old.buffer_units[b], rank, b, ASH_NO_ID);
    }
    end_task(rk);
}

static uint32_t most_inputs(const ash_plan *plan) {
    uint32_t most = 0;
    for (uint32_t t = 0; t < plan->ntasks; t++) {
        uint32_t n = plan->task[t + 1].input_begin - plan->task[t].input_begin;
        most = n > most ? n : most;
    }
    return most;
}

int ash_plan_rank(ash_plan *plan) {
    plan->transfer_work = ash_plan_add_work(plan, (ash_work){ .kind = ASH_WORK_TRANSFER }, 0);
    ranking rk = { .plan = plan, .old = *plan, .copied = ash_sparse_new((int64_t)plan->nbuffers * plan->nranks + 1) };
    rk.id = ash_malloc(((int64_t)plan->nbuffers + 1) * (int64_t)sizeof *rk.id);
    uint32_t *input = ash_malloc(((int64_t)most_inputs(plan) + 1) * (int64_t)sizeof *input);
    ash_list_detach(plan);
    rk.failed = plan->transfer_work < 0 || !rk.id || !input || !ash_list_begin(plan);
    for (uint32_t t = 0; t < rk.old.ntasks && !rk.failed; t++) {
        place(&rk, t, input);
    }
    ash_list_free(&rk.old);
    ash_free(rk.id);
    ash_free(input);
    ash_sparse_free(&rk.copied);
    plan->incomplete |= rk.failed;
    return !rk.failed && ash_list_consumers(plan);
}
