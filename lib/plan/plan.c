/* Making a plan: lower, enumerate, make it fit. */
#include "plan/fit.h"
#include "plan/ranks.h"
#include "plan/task_list.h"

#include <string.h>

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
    ash_list_free(plan);
    ash_free(plan->suffix_peak);
    ash_free(plan->spill);
    ash_free(plan->transfer);
    ash_arena_free(&plan->tile_arena);
    ash_arena arena = plan->arena; /* the plan itself lives in it */
    ash_arena_free(&arena);
}

/* A way to plan: whether stored chunks are read again for each chunk of a new grid, and the order of results. */
typedef struct planning {
    int absorb, one_by_one;
} planning;

static ash_plan *new_plan(const ash_context *context, const ash_plan_request *request, planning how) {
    ash_arena arena = { 0 };
    ash_plan *plan = ash_arena_alloc(&arena, sizeof *plan);
    if (plan) {
        plan->arena = arena;
        plan->isa = context->isa;
        plan->limit = request->limit;
        plan->num_threads = request->num_threads;
        plan->absorb = how.absorb;
        plan->one_by_one = how.one_by_one;
        plan->nranks = request->nranks > 1 ? request->nranks : 1;
        plan->may_spill = request->may_spill;
        plan->neediest = ASH_NO_ID;
        plan->ntargets = request->ntargets;
        plan->target = ash_arena_memdup(&plan->arena, request->target, request->ntargets * (int64_t)sizeof *request->target);
    }
    if (plan && !plan->target) {
        ash_plan_free(plan);
        plan = NULL;
    }
    return plan;
}

static ash_status fail_memory(const char *function, ash_error_state *error) {
    return ash_fail(
        error, ASH_ERR_MEMORY, "%s: the system gave no memory for the plan, or it would have more than %d tasks", function, INT32_MAX / 2);
}

static ash_status make(
    ash_context *context, const ash_plan_request *request, planning how, const char *function, ash_plan **out, ash_error_state *error) {
    ash_plan *plan = new_plan(context, request, how);
    *out = NULL;
    if (!plan) {
        return ash_fail(error, ASH_ERR_MEMORY, "%s: the system gave no memory for the plan", function);
    }
    if (ash_plan_lower(plan, context, function, error) != ASH_OK) {
        ash_plan_free(plan);
        return error->status;
    }
    int fine = ash_plan_enumerate(plan) && (plan->nranks == 1 || ash_plan_rank(plan)) && ash_plan_fit(plan, request);
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
        return fail_memory(function, error);
    }
    *out = plan;
    return ASH_OK;
}

/* The two ways there are: what is put on another grid is held, or stored chunks are read again for each chunk of it, which costs time instead of memory. */
enum { HOLDING, READING_AGAIN, WAYS };

/* Reading more often than that takes longer than writing to scratch, once, and reading it back. */
enum { READ_OFTEN = 3 };

/* Which one it shall be, of those that were planned. Files that are not in chunks are read by boxes as scratch would be: then needed_times is 1. */
static int choose(ash_plan *const plan[WAYS], int64_t limit) {
    ash_plan *holding = plan[HOLDING], *frugal = plan[READING_AGAIN];
    if (!frugal) {
        return HOLDING;
    }
    if (ash_plan_fits(holding)) {
        return ash_plan_fits(frugal) && frugal->needed_times < holding->needed_times ? READING_AGAIN : HOLDING;
    }
    if (ash_plan_fits(frugal) && (frugal->needed_times <= READ_OFTEN || holding->least_bytes > limit)) {
        return READING_AGAIN;
    }
    return holding->least_bytes <= limit || holding->least_bytes <= frugal->least_bytes ? HOLDING : READING_AGAIN;
}

static ash_status refuse(const ash_plan *plan, const char *function, ash_error_state *error) {
    char limit[32], least[32];
    return ash_fail(error, ASH_ERR_LIMIT,
        "%s: the memory limit is %s (%lld bytes), but the plan needs at least %s (%lld bytes), of which '%s' needs the most; raise the "
        "limit or use smaller chunks",
        function, ash_format_bytes(plan->limit, limit), (long long)plan->limit, ash_format_bytes(plan->least_bytes, least),
        (long long)plan->least_bytes, ash_plan_neediest(plan));
}

/* The least that any of the ways needs, scratch included: asked where it is to be told, or something does not fit. 0 when out of memory. */
static int find_least(ash_plan *const plan[WAYS]) {
    for (int way = 0; way < WAYS; way++) {
        if (plan[way] && !ash_plan_find_least(plan[way])) {
            return 0;
        }
    }
    return 1;
}

/* Results side by side; if that does not fit, or the least is asked for, also one after another, and of the two orders the one with the lower peak. */
static ash_status make_ordered(
    ash_context *context, const ash_plan_request *request, int absorb, const char *function, ash_plan **out, ash_error_state *error) {
    ash_plan *other = NULL;
    if (make(context, request, (planning){ absorb, 0 }, function, out, error) != ASH_OK || request->ntargets == 1 ||
        (ash_plan_fits(*out) && !request->exact)) {
        return error->status;
    }
    if (make(context, request, (planning){ absorb, 1 }, function, &other, error) != ASH_OK) {
        return error->status;
    }
    /* What there is at the very least is a matter of the order with the lower peak, whichever is taken. */
    ash_plan *lower = other->least_bytes < (*out)->least_bytes ? other : *out;
    ash_plan *taken = ash_plan_fits(*out) ? *out : ash_plan_fits(other) ? other : lower;
    int fine = (ash_plan_fits(taken) && !request->exact) || ash_plan_find_least(lower);
    taken->least_bytes = lower->least_bytes;
    taken->neediest = lower == taken ? taken->neediest : ASH_NO_ID;
    taken->least_known = 1;
    ash_plan_free(taken == other ? *out : other);
    *out = taken;
    return fine ? ASH_OK : fail_memory(function, error);
}

static ash_status make_ways(
    ash_context *context, const ash_plan_request *request, const char *function, ash_plan *plan[WAYS], ash_error_state *error) {
    if (make_ordered(context, request, 0, function, &plan[HOLDING], error) != ASH_OK) {
        return error->status;
    }
    int fits = ash_plan_fits(plan[HOLDING]);
    int look =
        !fits || request->exact || ash_plan_decodes_again(plan[HOLDING]); /* or memory has room for small parts of stored chunks only */
    if (look && plan[HOLDING]->regrids && make_ordered(context, request, 1, function, &plan[READING_AGAIN], error) != ASH_OK) {
        return error->status;
    }
    const ash_plan *frugal = plan[READING_AGAIN];
    int settled = fits || (frugal && ash_plan_fits(frugal) && frugal->needed_times <= READ_OFTEN);
    return (settled && !request->exact) || find_least(plan) ? ASH_OK : fail_memory(function, error);
}

ash_status ash_plan_make(
    ash_context *context, const ash_plan_request *request, const char *function, ash_plan **out, ash_error_state *error) {
    ash_plan *plan[WAYS] = { NULL };
    *out = NULL;
    if (make_ways(context, request, function, plan, error) != ASH_OK) {
        ash_plan_free(plan[HOLDING]);
        ash_plan_free(plan[READING_AGAIN]);
        return error->status;
    }
    int way = choose(plan, request->limit);
    ash_plan *chosen = plan[way], *other = plan[WAYS - 1 - way];
    if (other && other->least_bytes < chosen->least_bytes) {
        chosen->least_bytes = other->least_bytes;
    }
    ash_plan_free(other);
    *out = chosen;
    if (ash_plan_fits(chosen)) {
        return ASH_OK;
    }
    if (chosen->least_bytes > request->limit) {
        return refuse(chosen, function, error);
    }
    if (!ash_plan_fit_scratch(chosen, request)) {
        ash_plan_free(chosen);
        *out = NULL;
        return fail_memory(function, error);
    }
    return ASH_OK;
}

int ash_plan_can_part(ash_context *context, const ash_plan_request *request) {
    int64_t before = context->marks;
    for (int t = 0; t < request->ntargets; t++) {
        int64_t mark = ash_context_mark(context);
        ash_context_reach(context, 1, &request->target[t].value, mark);
        for (int64_t k = 0; k < context->nnodes; k++) {
            ash_node *node = context->node[k];
            if (node->mark == mark && node->kind == ASH_NODE_BLOCKS && node->u.blocks.once) {
                if (node->visit > before) {
                    return 0;
                }
                node->visit = mark;
            }
        }
    }
    return 1;
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
    info->bytes_transferred = plan->transfer_bytes;
    info->bytes_spilled = plan->spilled_bytes;
    info->bytes_loaded = plan->loaded_bytes;
    info->plan_bytes = plan->plan_bytes;
    info->reserve_bytes = plan->reserve_bytes;
    info->sequential_peak = ash_plan_sequential_peak(plan);
    info->least_limit = plan->least_bytes;
    info->memory_limit = plan->limit;
    info->num_threads = plan->num_threads;
    info->peak_bytes = plan->peak_bytes;
    info->largest_task = plan->largest_task;
    info->bytes_moved = ash_plan_moved(plan);
    for (int r = 0; r < plan->nreads; r++) {
        int64_t once;
        info->bytes_decoded += ash_plan_decoded(plan, r, &once);
        info->decoded_needed += once;
        info->bytes_needed += plan->read[r].needed;
    }
}
