/* Making a plan: lower, enumerate, make it fit. */
#include "plan/cost.h"
#include "plan/fit.h"
#include "plan/ranks.h"
#include "plan/task_list.h"

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
    ash_list_release(plan->spill, plan->spill_capacity * (int64_t)sizeof *plan->spill);
    ash_list_release(plan->transfer, plan->transfer_capacity * (int64_t)sizeof *plan->transfer);
    ash_arena_free(&plan->tile_arena);
    ash_arena arena = plan->arena; /* the plan itself lives in it */
    ash_arena_free(&arena);
}

/* A way to plan: whether what several stages need is kept where that is cheaper, whether stored chunks are read again for each chunk of a new grid, whether what is
 * linked by a third one stays apart, and the order of results. */
typedef struct planning {
    int keep, absorb, apart, one_by_one;
} planning;

static ash_plan *new_plan(const ash_context *context, const ash_plan_request *request, planning how) {
    ash_arena arena = { 0 };
    ash_plan *plan = ash_arena_alloc(&arena, sizeof *plan);
    if (plan) {
        plan->arena = arena;
        plan->isa = context->isa;
        plan->limit = request->limit;
        plan->num_threads = request->num_threads;
        plan->absorb = how.absorb || (request->passes_off >> ASH_PASS_REGRID & 1);
        plan->passes_off = request->passes_off | (uint32_t)how.apart << ASH_PASS_LINK;
        plan->keep = how.keep;
        plan->one_by_one = how.one_by_one;
        plan->nranks = request->nranks > 1 ? request->nranks : 1;
        plan->may_spill = request->may_spill;
        plan->piece_most = request->piece_bytes;
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

static ash_status lower(
    ash_context *context, const ash_plan_request *request, planning how, const char *function, ash_plan **out, ash_error_state *error) {
    *out = new_plan(context, request, how);
    if (!*out) {
        return ash_fail(error, ASH_ERR_MEMORY, "%s: the system gave no memory for the plan", function);
    }
    if (ash_plan_lower(*out, context, function, error) != ASH_OK) {
        ash_plan_free(*out);
        *out = NULL;
    }
    return error->status;
}

/* What is lowered without keeping anything tells what had better be kept; it is lowered again with that, if it is cheaper then in all. */
static ash_status lower_keeping(
    ash_context *context, const ash_plan_request *request, const char *function, ash_plan **out, ash_error_state *error) {
    const planning keeping = { .keep = 1 }, not_keeping = { 0 };
    double before, after = 0;
    if (lower(context, request, not_keeping, function, out, error) != ASH_OK || ash_plan_choose_kept(*out, context) == 0) {
        return error->status;
    }
    int64_t left = (*out)->changed[ASH_PASS_WORTH];
    int known = ash_plan_cost(*out, &before), pays = ash_plan_pass(*out, ASH_PASS_WORTH);
    ash_plan_free(*out);
    if (lower(context, request, keeping, function, out, error) != ASH_OK) {
        return error->status;
    }
    (*out)->changed[ASH_PASS_WORTH] = left;
    if (!pays || (known && ash_plan_cost(*out, &after) && after < before)) {
        return ASH_OK;
    }
    ash_plan_free(*out);
    return lower(context, request, not_keeping, function, out, error);
}

/* From stages to tasks that fit, or do not. Frees the plan on failure. */
static ash_status finish(const ash_plan_request *request, const char *function, ash_plan **plan, ash_error_state *error) {
    ash_plan *p = *plan;
    if (ash_plan_enumerate(p) && (p->nranks == 1 || ash_plan_rank(p)) && ash_plan_fit(p, request)) {
        return ASH_OK;
    }
    int too_many = p->too_many;
    int64_t too_large = p->too_large;
    ash_plan_free(p);
    *plan = NULL;
    if (too_large > 0) {
        char bytes[32], most[32];
        return ash_fail(error, ASH_ERR_LIMIT,
            "%s: a chunk of %s would have to be held, and more than %s cannot be, whatever the memory limit: use smaller chunks", function,
            ash_format_bytes(too_large, bytes), ash_format_bytes((int64_t)UINT32_MAX * ASH_UNIT, most));
    }
    if (too_many) {
        return ash_list_refuse(request->limit, function, error);
    }
    return fail_memory(function, error);
}

static ash_status make(
    ash_context *context, const ash_plan_request *request, planning how, const char *function, ash_plan **out, ash_error_state *error) {
    ash_status status = lower(context, request, how, function, out, error);
    return status == ASH_OK ? finish(request, function, out, error) : status;
}

/* The ways there are, from the one that costs least time: what is put on another grid is held, or stored chunks are read again for each chunk of it; results that
 * a third one links are one pass, or several. */
enum { HOLDING, READING_AGAIN, UNLINKED, FRUGAL, WAYS };
static const planning ways[WAYS] = {
    [READING_AGAIN] = { .absorb = 1 }, [UNLINKED] = { .apart = 1 }, [FRUGAL] = { .absorb = 1, .apart = 1 }
};

/* Reading more often than that takes longer than writing to scratch, once, and reading it back. */
enum { READ_OFTEN = 3 };

/* Whether a plan comes to stored chunks, or to pages of values that are not decoded, so often. Boxes of a page or more are read from files as well as from scratch. */
static int reads_often(const ash_plan *plan, const ash_plan *holding) {
    return plan->needed_times > READ_OFTEN || plan->page_times > READ_OFTEN * holding->page_times;
}

/* Whether a way that is not the first will do. Passes are undone only if even scratch does not help: that gets a few partial results, where another pass reads
 * files as a whole. */
static int will_do(ash_plan *const plan[WAYS], int way, int64_t limit) {
    int last_resort = ways[way].apart || (plan[way] && reads_often(plan[way], plan[HOLDING]));
    return plan[way] && ash_plan_fits(plan[way]) && (!last_resort || plan[HOLDING]->least_bytes > limit);
}

/* Which one it shall be, of those that were planned. That more were planned where the least limit is asked for makes no difference. */
static int choose(ash_plan *const plan[WAYS], int64_t limit) {
    int chosen = HOLDING;
    if (ash_plan_fits(plan[HOLDING])) {
        const ash_plan *again = ash_plan_decodes_again(plan[HOLDING]) ? plan[READING_AGAIN] : NULL;
        return again && ash_plan_fits(again) && again->needed_times < plan[HOLDING]->needed_times ? READING_AGAIN : HOLDING;
    }
    for (int way = 1; way < WAYS; way++) {
        if (will_do(plan, way, limit)) {
            return way;
        }
    }
    for (int way = 1; way < WAYS && plan[HOLDING]->least_bytes > limit; way++) {
        chosen = plan[way] && plan[way]->least_bytes < plan[chosen]->least_bytes ? way : chosen;
    }
    return chosen;
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

/* Results side by side, which *out may be already; if that does not fit, or the least is asked for, also one after another, and of the two orders the one with the lower peak. */
static ash_status make_ordered(
    ash_context *context, const ash_plan_request *request, planning how, const char *function, ash_plan **out, ash_error_state *error) {
    ash_plan *other = NULL;
    if ((!*out && make(context, request, how, function, out, error) != ASH_OK) || request->ntargets == 1 ||
        (ash_plan_fits(*out) && !request->exact)) {
        return error->status;
    }
    how.one_by_one = 1;
    if (make(context, request, how, function, &other, error) != ASH_OK) {
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

/* Whether a way is another one than those before it, as far as the first tells, and worth a look: because none of them will do, or the least is asked for. */
static int is_worth_it(ash_plan *const plan[WAYS], int way, const ash_plan_request *request) {
    const ash_plan *first = plan[HOLDING];
    int absorbs = first->regrids && !first->absorb && ash_plan_pass(first, ASH_PASS_REREAD), links = first->changed[ASH_PASS_LINK] > 0;
    int done = ash_plan_fits(first);
    for (int w = 1; w < way; w++) {
        done |= will_do(plan, w, request->limit);
    }
    int wanted = !done || request->exact ||
        (way == READING_AGAIN && ash_plan_decodes_again(first)); /* memory has room for small parts of stored chunks only */
    return wanted && (!ways[way].absorb || absorbs) &&
        (!ways[way].apart || (links && (request->exact || first->least_bytes > request->limit)));
}

/* Makes the plans among which to choose, the first of which may be there already. */
static ash_status make_ways(
    ash_context *context, const ash_plan_request *request, const char *function, ash_plan *plan[WAYS], ash_error_state *error) {
    int settled = 0;
    for (int way = HOLDING; way < WAYS; way++) {
        if (way > HOLDING && !ash_plan_fits(plan[HOLDING]) && !ash_plan_find_least(plan[HOLDING])) { /* will scratch do? */
            return fail_memory(function, error);
        }
        if ((way == HOLDING || is_worth_it(plan, way, request)) &&
            make_ordered(context, request, ways[way], function, &plan[way], error) != ASH_OK) {
            return error->status;
        }
        settled |= way == HOLDING ? ash_plan_fits(plan[HOLDING]) : will_do(plan, way, request->limit);
    }
    return (settled && !request->exact) || find_least(plan) ? ASH_OK : fail_memory(function, error);
}

/* The best of the ways in which nothing is kept for other stages; *out is the first of them, or NULL. The plan that needs the least memory is among them. */
static ash_status make_best(
    ash_context *context, const ash_plan_request *request, const char *function, ash_plan **out, ash_error_state *error) {
    ash_plan *plan[WAYS] = { [HOLDING] = *out };
    int chosen = WAYS;
    int64_t least = INT64_MAX;
    *out = NULL;
    if (make_ways(context, request, function, plan, error) == ASH_OK) {
        chosen = choose(plan, request->limit);
        *out = plan[chosen];
        (*out)->changed[ASH_PASS_REREAD] = ways[chosen].absorb;
    }
    for (int way = 0; way < WAYS; way++) {
        least = plan[way] && plan[way]->least_bytes < least ? plan[way]->least_bytes : least;
        ash_plan_free(way == chosen ? NULL : plan[way]);
    }
    if (chosen < WAYS) {
        (*out)->least_bytes = least;
    }
    return error->status;
}

/* Lets a plan in which nothing is kept fit, by way of scratch if it must. */
static ash_status make_fit(const ash_plan_request *request, const char *function, ash_plan **out, ash_error_state *error) {
    if (ash_plan_fits(*out)) {
        return ASH_OK;
    }
    if ((*out)->least_bytes > request->limit) {
        return refuse(*out, function, error);
    }
    if (!ash_plan_fit_scratch(*out, request)) {
        ash_plan_free(*out);
        *out = NULL;
        return fail_memory(function, error);
    }
    return ASH_OK;
}

/* What is cheaper to keep is kept only if there is room for it beside all else: then that is the plan, and the others tell what the least limit is, if that is asked
 * for. */
ash_status ash_plan_make(
    ash_context *context, const ash_plan_request *request, const char *function, ash_plan **out, ash_error_state *error) {
    ash_plan *kept = NULL;
    ash_error_state ignored = { 0 };
    if (lower_keeping(context, request, function, out, error) != ASH_OK) {
        return error->status;
    }
    if ((*out)->keep) {
        kept = *out;
        *out = NULL;
        finish(request, function, &kept, &ignored);
    } else if (finish(request, function, out, error) != ASH_OK) {
        return error->status;
    }
    if (kept && !ash_plan_has_room(kept, request)) {
        ash_plan_free(kept);
        kept = NULL;
    }
    if ((!kept || request->exact) && make_best(context, request, function, out, error) != ASH_OK) {
        ash_plan_free(kept);
        return error->status;
    }
    if (!kept) {
        return make_fit(request, function, out, error);
    }
    if (*out) {
        kept->least_bytes = (*out)->least_bytes; /* with less memory it is one of those */
        ash_plan_free(*out);
    }
    *out = kept;
    return ASH_OK;
}

int ash_plan_can_part(ash_context *context, const ash_plan_request *request) {
    int64_t before = context->marks;
    for (int t = 0; t < request->ntargets; t++) {
        int64_t mark = ash_reach(context, 1, &request->target[t].value);
        for (int64_t k = 0; k < context->nreached; k++) {
            ash_node *node = context->reached[k];
            if (node->kind == ASH_NODE_BLOCKS && node->u.blocks.once) {
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
