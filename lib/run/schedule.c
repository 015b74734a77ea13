/* Which task next, within the memory.
 *
 * Tasks have a fixed order. `frontier` is the first that has not started. A ready task j may start if what it allocates fits beside what is
 * live, and j is the frontier, or  suffix_peak(frontier) + early + out(j) <= limit, where `early` are the bytes of buffers made by tasks
 * that started before their turn. The second condition keeps enough memory for the frontier and everything after it to run in sequence: so
 * a run that fits in sequence never waits for memory that does not come, and never exceeds the limit. Ranks have each a frontier, a limit and a memory of their own; the task
 * that is first of all that are not done is a frontier, and what it waits for has been done.
 */
#include "run/run.h"

enum { BATCH_ELEMENTS = 8192 }; /* work enough for a turn at the lock; so large tasks are taken one at a time */

/* ---- The set of ready tasks: a bit each, and above every 64 bits one that says whether any is set ---- */

static int64_t words(int64_t bits) {
    return (bits + 63) / 64;
}

static int begin_ready(ash_rank_run *rank, int64_t bits) {
    do {
        bits = words(bits > 0 ? bits : 1);
        rank->ready[rank->ready_levels] = ash_calloc(bits, sizeof(uint64_t));
        if (!rank->ready[rank->ready_levels++]) {
            return 0;
        }
    } while (bits > 1);
    return 1;
}

static void set_ready(ash_rank_run *rank, uint32_t task) {
    for (int level = 0; level < rank->ready_levels; level++) {
        uint64_t *word = &rank->ready[level][task / 64];
        uint64_t before = *word;
        *word |= 1ull << (task % 64);
        if (before) {
            return;
        }
        task /= 64;
    }
}

static void clear_ready(ash_rank_run *rank, uint32_t task) {
    for (int level = 0; level < rank->ready_levels; level++) {
        uint64_t *word = &rank->ready[level][task / 64];
        *word &= ~(1ull << (task % 64));
        if (*word) {
            return;
        }
        task /= 64;
    }
}

static int first_ready(const ash_rank_run *rank, uint32_t *task) {
    uint64_t at = 0;
    for (int level = rank->ready_levels - 1; level >= 0; level--) {
        uint64_t word = rank->ready[level][at];
        if (!word) {
            return 0;
        }
        at = at * 64 + (uint64_t)__builtin_ctzll(word);
    }
    *task = (uint32_t)at;
    return 1;
}

/* ---- What was made before its turn ---- */

static int is_early(const ash_run *run, uint32_t buffer) {
    return run->early_bit[buffer / 64] >> (buffer % 64) & 1;
}
static void set_early(ash_run *run, uint32_t buffer) {
    run->early_bit[buffer / 64] |= 1ull << (buffer % 64);
}
static void clear_early(ash_run *run, uint32_t buffer) {
    run->early_bit[buffer / 64] &= ~(1ull << (buffer % 64));
}

/* Moves the frontier of a rank past started tasks, and those of others; what they made is no longer early. */
static void advance_frontier(ash_run *run, int r) {
    const ash_plan *plan = run->plan;
    ash_rank_run *rank = &run->rank[r];
    while (rank->frontier < plan->ntasks &&
        (plan->task[rank->frontier].rank != (uint32_t)r || run->inputs_left[rank->frontier] == ASH_STARTED)) {
        int own = plan->task[rank->frontier].rank == (uint32_t)r;
        for (uint32_t b = plan->task[rank->frontier].buffer_begin; own && b < plan->task[rank->frontier + 1].buffer_begin; b++) {
            if (is_early(run, b)) {
                clear_early(run, b);
                rank->early -= plan->buffer_units[b] * (int64_t)ASH_UNIT;
            }
        }
        rank->frontier++;
    }
}

/* ---- Beginning and ending ---- */

static ash_rank_run *rank_of_task(const ash_run *run, uint32_t task) {
    return &run->rank[run->plan->task[task].rank];
}

static ash_rank_run *rank_of_buffer(const ash_run *run, uint32_t buffer) {
    return &run->rank[run->plan->copy ? run->plan->copy[buffer].rank : 0];
}

static int begin_ranks(ash_run *run) {
    const ash_plan *plan = run->plan;
    run->rank = ash_calloc(plan->nranks, sizeof *run->rank);
    for (int r = 0; run->rank && r < plan->nranks; r++) {
        ash_rank_run *rank = &run->rank[r];
        if (!begin_ready(rank, plan->ntasks)) {
            return 0;
        }
        rank->limit = plan->peak_bytes - ash_plan_base_bytes(plan) - plan->room_bytes;
        ash_pool_begin(&rank->pool, rank->limit, ASH_ROOM_BYTES + plan->room_bytes);
    }
    return run->rank != NULL;
}

int ash_schedule_begin(ash_run *run) {
    const ash_plan *plan = run->plan;
    run->buffer = ash_calloc((int64_t)plan->nbuffers + 1, sizeof *run->buffer);
    run->consumers_left = ash_malloc(((int64_t)plan->nbuffers + 1) * (int64_t)sizeof *run->consumers_left);
    run->early_bit = ash_calloc(words(plan->nbuffers) + 1, sizeof *run->early_bit);
    run->inputs_left = ash_malloc(((int64_t)plan->ntasks + 1) * (int64_t)sizeof *run->inputs_left);
    if (!run->buffer || !run->consumers_left || !run->early_bit || !run->inputs_left || !begin_ranks(run)) {
        return 0;
    }
    for (uint32_t b = 0; b < plan->nbuffers; b++) {
        run->consumers_left[b] = plan->consumer_begin[b + 1] - plan->consumer_begin[b];
    }
    for (uint32_t t = 0; t < plan->ntasks; t++) {
        run->inputs_left[t] = plan->task[t + 1].input_begin - plan->task[t].input_begin;
        if (run->inputs_left[t] == 0) {
            set_ready(rank_of_task(run, t), t);
        }
    }
    for (int r = 0; r < plan->nranks; r++) {
        advance_frontier(run, r);
    }
    return 1;
}

void ash_schedule_end(ash_run *run) {
    ash_plan const *plan = run->plan;
    for (uint32_t b = 0; run->rank && run->buffer && b < plan->nbuffers; b++) { /* after an error some are still there */
        if (run->buffer[b]) {
            ash_pool_give(&rank_of_buffer(run, b)->pool, run->buffer[b], plan->buffer_units[b] * (int64_t)ASH_UNIT);
        }
    }
    for (int r = 0; run->rank && r < plan->nranks; r++) {
        ash_pool_end(&run->rank[r].pool);
        for (int level = 0; level < run->rank[r].ready_levels; level++) {
            ash_free(run->rank[r].ready[level]);
        }
    }
    ash_free(run->rank);
    ash_free(run->buffer);
    ash_free(run->consumers_left);
    ash_free(run->early_bit);
    ash_free(run->inputs_left);
}

/* ---- Starting ---- */

static int may_start(const ash_run *run, uint32_t task, int64_t out, int64_t work) {
    const ash_rank_run *rank = rank_of_task(run, task);
    if (rank->live + out + work > rank->limit) {
        return 0;
    }
    return task == rank->frontier || run->plan->suffix_peak[rank->frontier] + rank->early + out <= rank->limit;
}

/* Gives the task its buffers. 0 when the system gave no memory. */
static int allocate(ash_run *run, uint32_t task) {
    const ash_plan *plan = run->plan;
    const ash_task *t = &plan->task[task];
    ash_rank_run *rank = rank_of_task(run, task);
    if (ash_task_takes_over(plan, task)) {
        uint32_t child = plan->input[t->input_begin];
        run->buffer[t->buffer_begin] = run->buffer[child];
        run->buffer[child] = NULL;
        if (is_early(run, child)) { /* the bytes stay early until the frontier passes their new owner */
            clear_early(run, child);
            set_early(run, t->buffer_begin);
        }
        return 1;
    }
    for (uint32_t b = t->buffer_begin; b < plan->task[task + 1].buffer_begin; b++) {
        int64_t bytes = plan->buffer_units[b] * (int64_t)ASH_UNIT;
        if (bytes == 0) { /* a token */
            continue;
        }
        run->buffer[b] = ash_pool_take(&rank->pool, bytes);
        if (!run->buffer[b]) {
            ash_fail(&run->error, ASH_ERR_MEMORY,
                "%s: the system gave no memory for a chunk of %lld bytes, although the memory limit allows it", run->function,
                (long long)bytes);
            return 0;
        }
        if (task != rank->frontier) {
            set_early(run, b);
            rank->early += bytes;
        }
    }
    return 1;
}

int ash_schedule_take(ash_run *run, int r, uint32_t batch[ASH_BATCH]) {
    const ash_plan *plan = run->plan;
    ash_rank_run *rank = &run->rank[r];
    int n = 0;
    int64_t elements = 0;
    uint32_t task;
    while (
        n < ASH_BATCH && elements < BATCH_ELEMENTS && !atomic_load_explicit(&run->stop, memory_order_relaxed) && first_ready(rank, &task)) {
        int64_t out = ash_task_out_bytes(plan, task), work = ash_task_scratch_bytes(plan, task);
        if (!may_start(run, task, out, work)) {
            break;
        }
        if (!allocate(run, task)) {
            atomic_store(&run->stop, ASH_STOP_NOW);
            return 0;
        }
        clear_ready(rank, task);
        run->inputs_left[task] = ASH_STARTED;
        rank->live += out + work;
        batch[n++] = task;
        elements += ash_task_elements(plan, task);
        advance_frontier(run, r);
    }
    return n;
}

/* ---- Finishing ---- */

static void release_buffer(ash_run *run, uint32_t buffer) {
    int64_t bytes = run->plan->buffer_units[buffer] * (int64_t)ASH_UNIT;
    if (!run->buffer[buffer]) {
        return; /* taken over by a merge, or a token */
    }
    ash_rank_run *rank = rank_of_buffer(run, buffer);
    if (is_early(run, buffer)) {
        clear_early(run, buffer);
        rank->early -= bytes;
    }
    rank->live -= bytes;
    ash_pool_give(&rank->pool, run->buffer[buffer], bytes);
    run->buffer[buffer] = NULL;
}

void ash_schedule_finish(ash_run *run, uint32_t task) {
    const ash_plan *plan = run->plan;
    rank_of_task(run, task)->live -= ash_task_scratch_bytes(plan, task);
    for (uint32_t k = plan->task[task].input_begin; k < plan->task[task + 1].input_begin; k++) {
        if (--run->consumers_left[plan->input[k]] == 0) {
            release_buffer(run, plan->input[k]);
        }
    }
    for (uint32_t b = plan->task[task].buffer_begin; b < plan->task[task + 1].buffer_begin; b++) {
        if (run->consumers_left[b] == 0) {
            release_buffer(run, b);
        }
        for (uint32_t c = plan->consumer_begin[b]; c < plan->consumer_begin[b + 1]; c++) {
            if (--run->inputs_left[plan->consumer[c]] == 0) {
                set_ready(rank_of_task(run, plan->consumer[c]), plan->consumer[c]);
            }
        }
    }
    run->finished++;
}

int ash_schedule_more(const ash_run *run, int r) {
    uint32_t task;
    return !atomic_load_explicit(&run->stop, memory_order_relaxed) && first_ready(&run->rank[r], &task) &&
        may_start(run, task, ash_task_out_bytes(run->plan, task), ash_task_scratch_bytes(run->plan, task));
}
