/* What stays allocated through a run: the plan's own lists, threads' workspaces, what the storage libraries may take, and what is kept from earlier runs. */
#include "plan/fit.h"

/* Stored chunks and users ask for what they like, damaged files for more than there is: kept to what makes no sum overflow, and is refused. */
static int64_t bounded(int64_t bytes) {
    const int64_t most = INT64_MAX / 8 / ASH_MOST_THREADS;
    return bytes < most ? bytes : most;
}

static int max_int(int a, int b) {
    return a > b ? a : b;
}

static void find_most(ash_plan *plan) {
    ash_plan_most *most = &plan->most;
    *most = (ash_plan_most){ .registers = ASH_MAX_FIELDS, .slots = 1, .operands = 1, .sinks = 1 };
    for (int s = 0; s < plan->nstages; s++) {
        const ash_stage *stage = plan->stage[s];
        most->registers = max_int(most->registers, stage->nregisters);
        most->slots = max_int(most->slots, stage->nslots);
        most->operands = max_int(most->operands, stage->noperands);
        most->sinks = max_int(most->sinks, stage->nsinks);
    }
    for (int w = 0; w < plan->nwork; w++) {
        most->parts = max_int(most->parts, plan->work[w].kind == ASH_WORK_BLOCKS ? plan->work[w].of.blocks->most_parts : 0);
    }
}

/* What reading takes: of all the library's memory, and of each thread's. */
static void count_reading(const ash_plan *plan, int64_t *library, int64_t *scratch) {
    int64_t reading = 0, cached = 0, tables = 0;
    *scratch = 0;
    for (int r = 0; r < plan->nreads; r++) {
        const ash_node *node = plan->read[r].node;
        ash_read_need need = ash_file_read_need(node->u.file.file, node->u.file.variable);
        int64_t most = bounded(need.library), own = bounded(need.scratch);
        reading = most > reading ? most : reading; /* one read at a time */
        cached = bounded(cached + most / 3);       /* a decompressed chunk of each variable may stay cached */
        *scratch = own > *scratch ? own : *scratch;
        tables = bounded(tables + bounded(need.table));
    }
    *library = reading + cached + tables;
}

int64_t ash_plan_entry_bytes(int64_t tasks, int64_t buffers, int64_t inputs) {
    int64_t per_task = sizeof(ash_task) + sizeof(int64_t) + 2 * sizeof(uint32_t); /* and the executor's counter and ready bit */
    int64_t per_buffer = 2 * sizeof(uint32_t) + 16;
    return tasks * per_task + buffers * per_buffer + inputs * 2 * (int64_t)sizeof(uint32_t);
}

int64_t ash_plan_scratch_bytes(const ash_plan *plan, int threads, int64_t buffers, int64_t spills, int64_t checks) {
    return buffers * (int64_t)sizeof(ash_copy) + checks * (int64_t)sizeof(uint32_t) + spills * (int64_t)sizeof(ash_spill_place) +
        threads * (int64_t)ASH_TILE_BYTES + plan->tile_arena.bytes;
}

void ash_plan_count_base(ash_plan *plan, const ash_plan_request *request) {
    int64_t bytes = plan->node_bytes + plan->arena.bytes + ash_plan_entry_bytes(plan->ntasks, plan->nbuffers, plan->ninputs) +
        (plan->nspills > 0 ? ash_plan_scratch_bytes(plan, plan->num_threads, plan->nbuffers, plan->nspills, plan->nchecks) : 0);
    if (plan->copy && plan->nspills == 0) { /* ranks */
        bytes += plan->nbuffers * (int64_t)sizeof *plan->copy;
    }
    bytes += plan->ntransfers * (int64_t)sizeof *plan->transfer;
    for (const ash_held *held = plan->helds; held; held = held->next) {
        bytes += held->buffer.bytes;
    }
    int64_t library, scratch, blas;
    find_most(plan);
    ash_plan_blas(plan, &blas);
    count_reading(plan, &library, &scratch);
    const ash_plan_most *most = &plan->most;
    plan->plan_bytes = bytes;
    plan->arena_counted = plan->arena.bytes;
    plan->workspace_bytes = (int64_t)most->registers * ASH_BLOCK * 16 + (most->operands + most->parts) * (int64_t)ASH_BINDING_BYTES +
        most->parts * (int64_t)sizeof(ash_block) + most->slots * 64 + most->sinks * 4096 + 16384 + scratch + blas +
        bounded(request->scratch_bytes);
    plan->io_bytes = library + bounded(request->io_bytes);
    plan->reserve_bytes = plan->workspace_bytes * plan->num_threads + plan->io_bytes + ASH_ROOM_BYTES + request->kept_bytes;
}

int64_t ash_plan_base_bytes(const ash_plan *plan) {
    return plan->plan_bytes + plan->reserve_bytes;
}

int64_t ash_plan_sequential_peak(const ash_plan *plan) {
    return ash_plan_base_bytes(plan) + plan->buffers_peak;
}
