/* Making a plan that fits: lower, enumerate, and choose how small the pieces must be. */
#include "plan/plan.h"

#include <string.h>

/* Tasks larger than this gain nothing; pieces smaller than that cost more than they save. */
enum { PIECE_LARGEST = 64 << 20, PIECE_SMALLEST = 64 << 10, CACHE_LARGEST = 64 << 20 };

void ash_plan_free(ash_plan *plan) {
    if (!plan) {
        return;
    }
    for (int w = 0; w < plan->nwork; w++) {
        ash_sparse_free(&plan->work[w].task);
    }
    for (ash_held *held = plan->helds; held; held = held->next) {
        ash_sparse_free(&held->buffer);
    }
    ash_free(plan->task);
    ash_free(plan->input);
    ash_free(plan->buffer_units);
    ash_free(plan->consumer_begin);
    ash_free(plan->consumer);
    ash_free(plan->suffix_peak);
    ash_arena arena = plan->arena; /* the plan itself lives in it */
    ash_arena_free(&arena);
}

static ash_plan *new_plan(const ash_context *context, const ash_plan_request *request, int absorb) {
    ash_arena arena = { 0 };
    ash_plan *plan = ash_arena_alloc(&arena, sizeof *plan);
    if (plan) {
        plan->arena = arena;
        plan->isa = context->isa;
        plan->limit = request->limit;
        plan->num_threads = request->num_threads;
        plan->absorb = absorb;
        plan->ntargets = request->ntargets;
        plan->target = ash_arena_memdup(&plan->arena, request->target, request->ntargets * (int64_t)sizeof *request->target);
    }
    if (plan && !plan->target) {
        ash_plan_free(plan);
        plan = NULL;
    }
    return plan;
}

/* Whether no earlier operand of the plan reads the same variable. */
static int is_first_use(const ash_plan *plan, int space, int operand) {
    const ash_node *node = ash_plan_space(plan, space)->operand[operand].value.node;
    for (int s = 0; s <= space; s++) {
        const ash_stage *before = ash_plan_space(plan, s);
        for (int k = 0; k < (s < space ? before->noperands : operand); k++) {
            const ash_operand *other = &before->operand[k];
            if (other->kind == ASH_OPERAND_FILE && other->value.node->u.file.variable == node->u.file.variable) {
                return 0;
            }
        }
    }
    return 1;
}

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
    for (int s = 0; s < plan->nstages + plan->nspaces; s++) {
        const ash_stage *space = ash_plan_space(plan, s);
        for (int k = 0; k < space->noperands; k++) {
            const ash_operand *operand = &space->operand[k];
            ash_read_need need = { 0 };
            if (operand->kind == ASH_OPERAND_FILE && is_first_use(plan, s, k)) {
                need = ash_file_read_need(operand->value.node->u.file.file, operand->value.node->u.file.variable);
            }
            int64_t most = bounded(need.library), own = bounded(need.scratch);
            reading = most > reading ? most : reading; /* one read at a time */
            cached = bounded(cached + most / 3);       /* a decompressed chunk of each variable may stay cached */
            *scratch = own > *scratch ? own : *scratch;
            tables = bounded(tables + bounded(need.table));
        }
    }
    *library = reading + cached + tables;
}

/* What stays allocated through the run: the plan's own lists, threads' workspaces, and what the storage libraries may take. */
static void count_base(ash_plan *plan, const ash_plan_request *request) {
    int64_t per_task = sizeof(ash_task) + sizeof(int64_t) + 2 * sizeof(uint32_t); /* and the executor's counter and ready bit */
    int64_t per_buffer = 2 * sizeof(uint32_t) + 16;
    int64_t bytes = plan->node_bytes + plan->arena.bytes + plan->ntasks * per_task + plan->nbuffers * per_buffer +
        plan->ninputs * 2 * (int64_t)sizeof(uint32_t);
    for (const ash_held *held = plan->helds; held; held = held->next) {
        bytes += held->buffer.bytes;
    }
    int64_t library, scratch, blas;
    find_most(plan);
    ash_plan_blas(plan, &blas);
    count_reading(plan, &library, &scratch);
    const ash_plan_most *most = &plan->most;
    plan->plan_bytes = bytes;
    plan->workspace_bytes = (int64_t)most->registers * ASH_BLOCK * 16 + (most->operands + most->parts) * (int64_t)ASH_BINDING_BYTES +
        most->parts * (int64_t)sizeof(ash_block) + most->slots * 64 + most->sinks * 4096 + 16384 + scratch + blas +
        bounded(request->scratch_bytes);
    plan->io_bytes = library + bounded(request->io_bytes);
    plan->reserve_bytes = plan->workspace_bytes * plan->num_threads + plan->io_bytes + ASH_SLAB_BYTES;
}

int64_t ash_plan_base_bytes(const ash_plan *plan) {
    return plan->plan_bytes + plan->reserve_bytes;
}

int64_t ash_plan_sequential_peak(const ash_plan *plan) {
    return ash_plan_base_bytes(plan) + plan->suffix_peak[0];
}

static int64_t largest_task(const ash_plan *plan) {
    int64_t largest = 0;
    for (int s = 0; s < plan->nstages; s++) {
        largest = plan->stage[s]->work_bytes > largest ? plan->stage[s]->work_bytes : largest;
    }
    for (uint32_t t = 0; t < plan->ntasks; t++) {
        int64_t bytes = ash_task_out_bytes(plan, t) + ash_task_scratch_bytes(plan, t);
        largest = bytes > largest ? bytes : largest;
    }
    return largest;
}

/* Room for every thread's task beside the sequential run, and once more for results that wait for their turn: more would not make the run
 * faster. */
static int64_t peak_with(const ash_plan *plan, int64_t largest) {
    int64_t sequential = ash_plan_sequential_peak(plan), peak = sequential + 2 * plan->num_threads * largest;
    return peak < plan->limit ? peak : sequential > plan->limit ? sequential : plan->limit;
}

static int profile_with_pieces(ash_plan *plan, int64_t target, int whole) {
    int known = plan->suffix_peak != NULL;
    for (int s = 0; s < plan->nstages; s++) {
        int64_t before = plan->stage[s]->work_bytes;
        ash_stage_choose_piece(plan->stage[s], target, whole);
        known &= plan->stage[s]->work_bytes == before;
    }
    return known || ash_plan_profile(plan);
}

/* Halves the pieces until all threads fit beside the sequential peak. 0 when out of memory. */
static int shrink_pieces(ash_plan *plan, int whole) {
    for (int64_t target = PIECE_LARGEST; target >= PIECE_SMALLEST; target /= 2) {
        if (!profile_with_pieces(plan, target, whole)) {
            return 0;
        }
        int64_t largest = largest_task(plan);
        plan->peak_bytes = peak_with(plan, largest);
        if (ash_plan_sequential_peak(plan) + (plan->num_threads - 1) * largest <= plan->limit) {
            break;
        }
    }
    return 1;
}

/* Where all threads have no room to work, as many fewer as make the sequential run fit. Whether there are any left. */
static int drop_threads(ash_plan *plan) {
    int64_t over = ash_plan_sequential_peak(plan) - plan->limit, dropped = (over - 1) / plan->workspace_bytes + 1;
    if (over <= 0 || dropped >= plan->num_threads) {
        return over <= 0;
    }
    plan->num_threads -= (int)dropped;
    plan->reserve_bytes -= dropped * plan->workspace_bytes;
    return 1;
}

/* Pieces of whole stored chunks if the plan runs with them at all: threads that wait for memory, or are left out, cost less than chunks decoded several
 * times. */
static int choose_pieces(ash_plan *plan) {
    for (int whole = 1; whole >= 0; whole--) {
        if (!shrink_pieces(plan, whole)) {
            return 0;
        }
        if (drop_threads(plan)) {
            return shrink_pieces(plan, whole);
        }
    }
    return 1;
}

/* A cache for decoded chunks where pieces share some: room for those of neighbouring chunks on every thread, of memory that nothing else needs. */
static void choose_cache(ash_plan *plan) {
    int64_t spare = plan->limit - plan->peak_bytes;
    ash_plan_count_needs(plan);
    double wanted = plan->shared_bytes * 2 * (plan->num_threads + 1);
    if (plan->needed_times > 1 && spare > 0) {
        int64_t most = wanted < CACHE_LARGEST ? (int64_t)wanted : CACHE_LARGEST;
        plan->cache_bytes = spare < most ? spare : most;
        plan->reserve_bytes += plan->cache_bytes;
        plan->peak_bytes += plan->cache_bytes;
    }
}

/* Whether stored chunks will be decoded several times. */
static int decodes_again(const ash_plan *plan) {
    return plan->needed_times > 2 && (double)plan->cache_bytes < plan->shared_bytes;
}

/* The least that any choice of pieces needs, on one thread. */
static int find_least(ash_plan *plan) {
    if (!profile_with_pieces(plan, PIECE_SMALLEST, 0)) {
        return 0;
    }
    plan->least_bytes = ash_plan_sequential_peak(plan) - (plan->num_threads - 1) * plan->workspace_bytes;
    return 1;
}

static ash_status make(
    ash_context *context, const ash_plan_request *request, int absorb, const char *function, ash_plan **out, ash_error_state *error) {
    ash_plan *plan = new_plan(context, request, absorb);
    *out = NULL;
    if (!plan) {
        return ash_fail(error, ASH_ERR_MEMORY, "%s: the system gave no memory for the plan", function);
    }
    if (ash_plan_lower(plan, context, function, error) != ASH_OK) {
        ash_plan_free(plan);
        return error->status;
    }
    int fine = ash_plan_enumerate(plan);
    if (fine) {
        count_base(plan, request);
        ash_plan_count_bytes(plan);
        fine = find_least(plan) && choose_pieces(plan);
        if (fine) {
            choose_cache(plan);
        }
    }
    if (!fine && plan->too_many) {
        char limit[32];
        ash_plan_free(plan);
        return ash_fail(error, ASH_ERR_LIMIT,
            "%s: the plan alone would need more than the memory limit of %s: there are too many chunks; raise the limit or use larger "
            "chunks",
            function, ash_format_bytes(request->limit, limit));
    }
    if (!fine) {
        ash_plan_free(plan);
        return ash_fail(error, ASH_ERR_MEMORY, "%s: the system gave no memory for the plan, or it would have more than %d tasks", function,
            INT32_MAX / 2);
    }
    *out = plan;
    return ASH_OK;
}

/* What needs the most, for the sentence of a refusal. */
static const char *neediest(const ash_plan *plan) {
    uint32_t worst = 0;
    for (uint32_t t = 0; t < plan->ntasks; t++) {
        if (plan->suffix_peak[t] == plan->suffix_peak[0]) {
            worst = t; /* the last task that still has the peak ahead of it */
        }
    }
    return plan->ntasks > 0 ? ash_task_name(plan, worst) : "nothing";
}

ash_status ash_plan_make(
    ash_context *context, const ash_plan_request *request, const char *function, ash_plan **plan, ash_error_state *error) {
    if (make(context, request, 0, function, plan, error) != ASH_OK) {
        return error->status;
    }
    int fits = ash_plan_sequential_peak(*plan) <= request->limit;
    if (fits && !decodes_again(*plan)) {
        return ASH_OK;
    }
    /* Reading stored chunks again for each chunk of a new grid costs time, holding them all costs memory: memory ran out, or left room for small parts
     * of stored chunks only. */
    ash_plan *frugal;
    if (make(context, request, 1, function, &frugal, error) != ASH_OK) {
        ash_plan_free(*plan);
        *plan = NULL;
        return error->status;
    }
    int better = fits ? ash_plan_sequential_peak(frugal) <= request->limit && frugal->needed_times < (*plan)->needed_times
                      : frugal->least_bytes < (*plan)->least_bytes;
    if (better) {
        ash_plan_free(*plan);
        *plan = frugal;
    } else {
        ash_plan_free(frugal);
    }
    if (ash_plan_sequential_peak(*plan) <= request->limit) {
        return ASH_OK;
    }
    char limit[32], least[32];
    return ash_fail(error, ASH_ERR_LIMIT,
        "%s: the memory limit is %s (%lld bytes), but the plan needs at least %s (%lld bytes), of which '%s' needs the most; raise the "
        "limit or use smaller chunks",
        function, ash_format_bytes(request->limit, limit), (long long)request->limit, ash_format_bytes((*plan)->least_bytes, least),
        (long long)(*plan)->least_bytes, neediest(*plan));
}

int64_t ash_plan_least_alone(ash_context *context, const ash_plan_request *request, const char *function, ash_error_state *error) {
    int64_t most = 0;
    for (int k = 0; k < request->ntargets; k++) {
        ash_plan_request one = *request;
        ash_error_state reason = { 0 };
        ash_plan *plan = NULL;
        one.ntargets = 1;
        one.target = &request->target[k];
        ash_plan_make(context, &one, function, &plan, &reason);
        int64_t least = plan ? plan->least_bytes : INT64_MAX; /* none: not even the plan could be made */
        if (least > most) {
            most = least;
            if (reason.status != ASH_OK) {
                *error = reason;
            }
        }
        ash_plan_free(plan);
    }
    return most;
}

void ash_plan_figures(const ash_plan *plan, ash_plan_info *info) {
    *info = (ash_plan_info){ .size = sizeof *info };
    info->nodes = plan->nodes;
    info->groups = plan->nstages;
    for (int w = 0; w < plan->nwork; w++) {
        info->groups += plan->work[w].kind == ASH_WORK_BLOCKS;
    }
    info->tasks = plan->ntasks;
    info->bytes_read = plan->bytes_read;
    info->bytes_written = plan->bytes_written;
    info->plan_bytes = plan->plan_bytes;
    info->reserve_bytes = plan->reserve_bytes;
    info->sequential_peak = ash_plan_sequential_peak(plan);
    info->least_limit = plan->least_bytes;
    info->memory_limit = plan->limit;
    info->num_threads = plan->num_threads;
    info->peak_bytes = plan->peak_bytes;
}
