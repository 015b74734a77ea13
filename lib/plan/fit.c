/* Making a plan fit: how small the pieces of chunks are, how many threads run, how much memory is left for a cache, and what goes to scratch. */
#include "plan/fit.h"

/* Tasks larger than this gain nothing; pieces smaller than that cost more than they save: they are made only where the user wants them. */
enum { PIECE_LARGEST = ASH_TASK_TARGET, PIECE_SMALLEST = 64 << 10, CACHE_LARGEST = 64 << 20 };

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

static int64_t largest_piece(const ash_plan *plan) {
    return plan->piece_most > 0 && plan->piece_most < PIECE_LARGEST ? plan->piece_most : PIECE_LARGEST;
}

static int64_t smallest_piece(const ash_plan *plan) {
    return plan->piece_most > 0 && plan->piece_most < PIECE_SMALLEST ? plan->piece_most : PIECE_SMALLEST;
}

/* What is tried after pieces of `target`: the smallest is always the last, whatever size the first had; 0 after that. */
static int64_t smaller_piece(const ash_plan *plan, int64_t target, int times) {
    int64_t smallest = smallest_piece(plan);
    return target <= smallest ? 0 : target / times < smallest ? smallest : target / times;
}

static int profile_with_pieces(ash_plan *plan, int64_t target, ash_whole whole) {
    int known = plan->suffix_peak != NULL;
    plan->piece_target = target;
    plan->piece_whole = whole;
    for (int s = 0; s < plan->nstages; s++) {
        int64_t before = plan->stage[s]->work_bytes;
        ash_stage_choose_piece(plan->stage[s], target, whole);
        known &= plan->stage[s]->work_bytes == before;
    }
    return known || ash_plan_profile(plan);
}

/* Halves the pieces until all threads fit beside the sequential peak. 0 when out of memory. */
static int shrink_pieces(ash_plan *plan, ash_whole whole) {
    for (int64_t target = largest_piece(plan); target > 0; target = smaller_piece(plan, target, 2)) {
        if (!profile_with_pieces(plan, target, whole)) {
            return 0;
        }
        int64_t largest = plan->largest_task = largest_task(plan);
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
    static const ash_whole tried[] = { ASH_WHOLE_CHUNKS, ASH_WHOLE_NOTHING };
    for (int k = 0; k < 2; k++) {
        if (!shrink_pieces(plan, tried[k])) {
            return 0;
        }
        if (drop_threads(plan)) {
            return shrink_pieces(plan, tried[k]);
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

/* Room for the small buffers of the sequential run beside all else, if there is memory left: small blocks taken one by one cost more. */
static void choose_room(ash_plan *plan) {
    int64_t spare = plan->limit - plan->peak_bytes;
    plan->room_bytes = spare <= 0 ? 0 : spare < plan->small_peak ? spare / ASH_UNIT * ASH_UNIT : plan->small_peak;
    plan->peak_bytes += plan->room_bytes;
}

/* Whether stored chunks will be decoded several times. */
int ash_plan_decodes_again(const ash_plan *plan) {
    return plan->needed_times > 2 && (double)plan->cache_bytes < plan->shared_bytes;
}

int ash_plan_has_room(const ash_plan *plan, const ash_plan_request *request) {
    int64_t others = (plan->num_threads - 1) * plan->largest_task;
    return plan->num_threads == request->num_threads && plan->piece_whole && plan->piece_target == largest_piece(plan) &&
        ash_plan_sequential_peak(plan) + others <= plan->limit && !ash_plan_decodes_again(plan);
}

int ash_plan_fit(ash_plan *plan, const ash_plan_request *request) {
    if (!ash_plan_list_reads(plan)) {
        return 0;
    }
    ash_plan_count_base(plan, request);
    if (!profile_with_pieces(plan, smallest_piece(plan), ASH_WHOLE_NOTHING)) {
        return 0;
    }
    plan->least_bytes = ash_plan_sequential_peak(plan) - (plan->num_threads - 1) * plan->workspace_bytes;
    if (!choose_pieces(plan)) {
        return 0;
    }
    choose_cache(plan);
    choose_room(plan);
    return ash_plan_count_bytes(plan); /* pieces are known now, and what each of them reads again */
}

/* ---- Scratch ---- */

/* Bytes that a plan grows by. */
static int64_t growth(const ash_plan *plan, int threads, const ash_spill_count *count) {
    return plan->arena.bytes - plan->arena_counted +
        ash_plan_entry_bytes(count->tasks - plan->ntasks, count->buffers - plan->nbuffers, count->inputs - plan->ninputs) +
        ash_plan_scratch_bytes(plan, threads, count->buffers, count->spills, count->checks);
}

/* Whether scratch would save much of what the tasks need in sequence. */
static int is_worth_it(const ash_plan *plan, int64_t budget) {
    return budget < plan->buffers_peak - plan->buffers_peak / 16;
}

int ash_plan_find_least(ash_plan *plan) {
    int64_t target = plan->piece_target;
    ash_whole whole = plan->piece_whole;
    uint32_t task = 0;
    ash_spill_count count;
    if (!plan->may_spill || plan->ntasks == 0 || plan->least_known) {
        return 1;
    }
    plan->least_known = 1;
    if (!profile_with_pieces(plan, smallest_piece(plan), ASH_WHOLE_NOTHING) || !ash_plan_choose_tiles(plan) ||
        !ash_plan_add_scratch(plan)) {
        return 0;
    }
    int64_t budget = ash_plan_least_budget(plan, &task);
    if (is_worth_it(plan, budget)) {
        if (ash_plan_count_spill(plan, budget, &count) != ASH_SPILL_FITS) {
            return 0;
        }
        int64_t least = plan->least_bytes - plan->buffers_peak + budget + growth(plan, 1, &count);
        if (least < plan->least_bytes) {
            plan->least_bytes = least;
            plan->neediest = task;
        }
    }
    return profile_with_pieces(plan, target, whole);
}

static void set_threads(ash_plan *plan, int num_threads) {
    plan->reserve_bytes -= (plan->num_threads - num_threads) * plan->workspace_bytes;
    plan->num_threads = num_threads;
}

/* Spills if that makes the plan fit, with `slack` times the least budget at least. */
static ash_spill_result try_scratch(ash_plan *plan, const ash_plan_request *request, int64_t target, ash_whole whole, int slack) {
    uint32_t task;
    ash_spill_count count;
    if (!profile_with_pieces(plan, target, whole)) {
        return ASH_SPILL_NO_MEMORY;
    }
    int64_t least = ash_plan_least_budget(plan, &task), others = (plan->num_threads - 1) * largest_task(plan);
    int64_t room = plan->limit - ash_plan_base_bytes(plan) - others, budget = room;
    for (int tries = 0; budget >= slack * least && tries < 4; tries++) {
        ash_spill_result result = ash_plan_count_spill(plan, budget, &count);
        if (result != ASH_SPILL_FITS) {
            return result;
        }
        int64_t over = budget + growth(plan, plan->num_threads, &count) - room;
        if (over <= 0) {
            result = ash_plan_spill(plan, budget);
            int counted = ash_plan_count_bytes(plan);
            ash_plan_count_base(plan, request);
            ash_free(plan->suffix_peak);
            plan->suffix_peak = NULL;
            return counted && result == ASH_SPILL_FITS && ash_plan_profile(plan) ? ASH_SPILL_FITS : ASH_SPILL_NO_MEMORY;
        }
        /* With less memory more is spilled, and the lists are longer. The least, which is known to do, is tried last. */
        int last = slack == 1 && budget > least && (tries == 2 || budget - over < least);
        budget = last ? least : budget - over;
    }
    return ASH_SPILL_TOO_SMALL;
}

int ash_plan_fit_scratch(ash_plan *plan, const ash_plan_request *request) {
    ash_spill_result result = ash_plan_add_scratch(plan) ? ASH_SPILL_TOO_SMALL : ASH_SPILL_NO_MEMORY;
    for (int64_t target = largest_piece(plan); target > 0 && result == ASH_SPILL_TOO_SMALL; target = smaller_piece(plan, target, 4)) {
        result = try_scratch(plan, request, target, ASH_WHOLE_TILES, 2);
    }
    int most = plan->num_threads;
    static const ash_whole tried[] = { ASH_WHOLE_TILES, ASH_WHOLE_NOTHING };
    for (int k = 0; k < 2; k++) { /* fewer threads cost less than pieces that are no whole stored chunks or tiles */
        for (int threads = most; threads > 0 && result == ASH_SPILL_TOO_SMALL; threads--) {
            set_threads(plan, threads);
            result = try_scratch(plan, request, smallest_piece(plan), tried[k], 1);
        }
    }
    if (result == ASH_SPILL_FITS) {
        plan->peak_bytes = peak_with(plan, largest_task(plan));
    }
    return result == ASH_SPILL_FITS;
}

const char *ash_plan_neediest(const ash_plan *plan) {
    uint32_t worst = plan->neediest;
    for (uint32_t t = 0; t < plan->ntasks && plan->neediest == ASH_NO_ID; t++) {
        worst = plan->suffix_peak[t] == plan->buffers_peak ? t : worst; /* the last task that still has the peak ahead of it */
    }
    return worst != ASH_NO_ID ? ash_task_name(plan, worst) : "nothing";
}
