/* Which task next, within the memory.
 *
 * Tasks have a fixed order. `frontier` is the first that has not started. A ready task j may start if what it allocates fits beside what is
 * live, and j is the frontier, or  suffix_peak(frontier) + early + out(j) <= limit, where `early` are the bytes of buffers made by tasks
 * that started before their turn. The second condition keeps enough memory for the frontier and everything after it to run in sequence: so
 * a run that fits in sequence never waits for memory that does not come, and never exceeds the limit.
 */
#include "run/run.h"

#include <string.h>

enum { BATCH_ELEMENTS = 8192 };

/* ---- The set of ready tasks: a bit each, and above every 64 bits one that says whether any is set ---- */

static int64_t words(int64_t bits) {
    return (bits + 63) / 64;
}

static int begin_ready(ash_run *run) {
    int64_t bits = run->plan->ntasks;
    do {
        bits = words(bits > 0 ? bits : 1);
        run->ready[run->ready_levels] = ash_calloc(bits, sizeof(uint64_t));
        if (!run->ready[run->ready_levels++]) {
            return 0;
        }
    } while (bits > 1);
    return 1;
}

static void set_ready(ash_run *run, uint32_t task) {
    for (int level = 0; level < run->ready_levels; level++) {
        uint64_t *word = &run->ready[level][task / 64];
        uint64_t before = *word;
        *word |= 1ull << (task % 64);
        if (before) {
            return;
        }
        task /= 64;
    }
}

static void clear_ready(ash_run *run, uint32_t task) {
    for (int level = 0; level < run->ready_levels; level++) {
        uint64_t *word = &run->ready[level][task / 64];
        *word &= ~(1ull << (task % 64));
        if (*word) {
            return;
        }
        task /= 64;
    }
}

static int first_ready(const ash_run *run, uint32_t *task) {
    uint64_t at = 0;
    for (int level = run->ready_levels - 1; level >= 0; level--) {
        uint64_t word = run->ready[level][at];
        if (!word) {
            return 0;
        }
        at = at * 64 + (uint64_t)__builtin_ctzll(word);
    }
    *task = (uint32_t)at;
    return 1;
}

/* ---- Beginning and ending ---- */

int ash_schedule_begin(ash_run *run) {
    const ash_plan *plan = run->plan;
    run->buffer = ash_calloc((int64_t)plan->nbuffers + 1, sizeof *run->buffer);
    run->consumers_left = ash_malloc(((int64_t)plan->nbuffers + 1) * (int64_t)sizeof *run->consumers_left);
    run->early_bit = ash_calloc(words(plan->nbuffers) + 1, sizeof *run->early_bit);
    run->inputs_left = ash_malloc(((int64_t)plan->ntasks + 1) * (int64_t)sizeof *run->inputs_left);
    if (!run->buffer || !run->consumers_left || !run->early_bit || !run->inputs_left || !begin_ready(run)) {
        return 0;
    }
    for (uint32_t b = 0; b < plan->nbuffers; b++) {
        run->consumers_left[b] = plan->consumer_begin[b + 1] - plan->consumer_begin[b];
    }
    for (uint32_t t = 0; t < plan->ntasks; t++) {
        run->inputs_left[t] = plan->task[t + 1].input_begin - plan->task[t].input_begin;
        if (run->inputs_left[t] == 0) {
            set_ready(run, t);
        }
    }
    run->limit = plan->peak_bytes - ash_plan_base_bytes(plan);
    ash_pool_begin(&run->pool, run->limit + ASH_SLAB_BYTES);
    return 1;
}

void ash_schedule_end(ash_run *run) {
    ash_plan const *plan = run->plan;
    for (uint32_t b = 0; run->buffer && b < plan->nbuffers; b++) { /* after an error some are still there */
        if (run->buffer[b]) {
            ash_pool_give(&run->pool, run->buffer[b], plan->buffer_units[b] * (int64_t)ASH_UNIT);
        }
    }
    ash_pool_end(&run->pool);
    ash_free(run->buffer);
    ash_free(run->consumers_left);
    ash_free(run->early_bit);
    ash_free(run->inputs_left);
    for (int level = 0; level < run->ready_levels; level++) {
        ash_free(run->ready[level]);
    }
}

/* ---- Starting ---- */

static int is_early(const ash_run *run, uint32_t buffer) {
    return run->early_bit[buffer / 64] >> (buffer % 64) & 1;
}
static void set_early(ash_run *run, uint32_t buffer) {
    run->early_bit[buffer / 64] |= 1ull << (buffer % 64);
}
static void clear_early(ash_run *run, uint32_t buffer) {
    run->early_bit[buffer / 64] &= ~(1ull << (buffer % 64));
}

/* Moves the frontier past started tasks; what they made is no longer early. */
static void advance_frontier(ash_run *run) {
    const ash_plan *plan = run->plan;
    while (run->frontier < plan->ntasks && run->inputs_left[run->frontier] == ASH_STARTED) {
        for (uint32_t b = plan->task[run->frontier].buffer_begin; b < plan->task[run->frontier + 1].buffer_begin; b++) {
            if (is_early(run, b)) {
                clear_early(run, b);
                run->early -= plan->buffer_units[b] * (int64_t)ASH_UNIT;
            }
        }
        run->frontier++;
    }
}

static int may_start(const ash_run *run, uint32_t task, int64_t out, int64_t work) {
    if (run->live + out + work > run->limit) {
        return 0;
    }
    return task == run->frontier || run->plan->suffix_peak[run->frontier] + run->early + out <= run->limit;
}

/* Gives the task its buffers. 0 when the system gave no memory. */
static int allocate(ash_run *run, uint32_t task) {
    const ash_plan *plan = run->plan;
    const ash_task *t = &plan->task[task];
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
        run->buffer[b] = ash_pool_take(&run->pool, bytes);
        if (!run->buffer[b]) {
            ash_fail(&run->error, ASH_ERR_MEMORY,
                "%s: the system gave no memory for a chunk of %lld bytes, although the memory limit allows it", run->function,
                (long long)bytes);
            return 0;
        }
        if (task != run->frontier) {
            set_early(run, b);
            run->early += bytes;
        }
    }
    return 1;
}

int ash_schedule_take(ash_run *run, uint32_t batch[ASH_BATCH]) {
    const ash_plan *plan = run->plan;
    int n = 0;
    int64_t elements = 0;
    uint32_t task;
    while (
        n < ASH_BATCH && elements < BATCH_ELEMENTS && !atomic_load_explicit(&run->stop, memory_order_relaxed) && first_ready(run, &task)) {
        int64_t out = ash_task_out_bytes(plan, task), work = ash_task_scratch_bytes(plan, task);
        if (!may_start(run, task, out, work)) {
            break;
        }
        if (!allocate(run, task)) {
            atomic_store(&run->stop, 1);
            return 0;
        }
        clear_ready(run, task);
        run->inputs_left[task] = ASH_STARTED;
        run->live += out + work;
        batch[n++] = task;
        elements += ash_task_elements(plan, task);
        advance_frontier(run);
    }
    return n;
}

/* ---- Finishing ---- */

static void release_buffer(ash_run *run, uint32_t buffer) {
    int64_t bytes = run->plan->buffer_units[buffer] * (int64_t)ASH_UNIT;
    if (!run->buffer[buffer]) {
        return; /* taken over by a merge, or a token */
    }
    if (is_early(run, buffer)) {
        clear_early(run, buffer);
        run->early -= bytes;
    }
    run->live -= bytes;
    ash_pool_give(&run->pool, run->buffer[buffer], bytes);
    run->buffer[buffer] = NULL;
}

void ash_schedule_finish(ash_run *run, uint32_t task) {
    const ash_plan *plan = run->plan;
    run->live -= ash_task_scratch_bytes(plan, task);
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
                set_ready(run, plan->consumer[c]);
            }
        }
    }
    run->finished++;
}

int ash_schedule_more(const ash_run *run) {
    uint32_t task;
    return !atomic_load_explicit(&run->stop, memory_order_relaxed) && first_ready(run, &task) &&
        may_start(run, task, ash_task_out_bytes(run->plan, task), ash_task_scratch_bytes(run->plan, task));
}
