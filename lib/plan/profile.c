/* The memory of a plan: what running its tasks one after another needs at each step, and from each step on. */
#include "plan/plan.h"

#include <string.h>

static uint32_t consumers_of(const ash_plan *plan, uint32_t buffer) {
    return plan->consumer_begin[buffer + 1] - plan->consumer_begin[buffer];
}

/* What is live on a rank, and of that in small buffers. */
typedef struct live_bytes {
    int64_t all, small;
} live_bytes;

static void add_buffer(const ash_plan *plan, uint32_t buffer, int sign, live_bytes *live) {
    int64_t bytes = plan->buffer_units[buffer] * (int64_t)ASH_UNIT;
    live->all += sign * bytes;
    live->small += bytes <= ASH_SMALL_BYTES ? sign * bytes : 0;
}

static void add_own(const ash_plan *plan, uint32_t task, live_bytes *live) {
    int own = !ash_task_takes_over(plan, task);
    for (uint32_t b = plan->task[task].buffer_begin; own && b < plan->task[task + 1].buffer_begin; b++) {
        add_buffer(plan, b, 1, live);
    }
}

/* What ends with a task in sequence: inputs it is the last to use, and results nobody uses. A buffer taken over lives on. */
static void free_buffers(const ash_plan *plan, uint32_t task, uint32_t *left, live_bytes live[]) {
    uint32_t first = plan->task[task].input_begin;
    for (uint32_t k = first; k < plan->task[task + 1].input_begin; k++) {
        uint32_t buffer = plan->input[k];
        if (--left[buffer] == 0 && !(k == first && ash_task_takes_over(plan, task))) {
            add_buffer(plan, buffer, -1, &live[plan->copy ? plan->copy[buffer].rank : 0]);
        }
    }
    for (uint32_t b = plan->task[task].buffer_begin; b < plan->task[task + 1].buffer_begin; b++) {
        if (left[b] == 0) {
            add_buffer(plan, b, -1, &live[plan->task[task].rank]);
        }
    }
}

/* Of each rank that has tasks from `task` on: the most that it needs. Goes back one task. */
static void raise_peak(ash_plan *plan, uint32_t task, int64_t most[]) {
    uint32_t rank = plan->task[task].rank;
    most[rank] = plan->suffix_peak[task] > most[rank] ? plan->suffix_peak[task] : most[rank];
    plan->suffix_peak[task] = most[rank];
}

int ash_plan_profile(ash_plan *plan) {
    uint32_t *left = ash_malloc(((int64_t)plan->nbuffers + 1) * (int64_t)sizeof *left);
    live_bytes *live = ash_calloc(plan->nranks, sizeof *live);
    int64_t *most = ash_calloc(plan->nranks, sizeof *most);
    if (!plan->suffix_peak) {
        plan->suffix_peak = ash_malloc(((int64_t)plan->ntasks + 1) * (int64_t)sizeof *plan->suffix_peak);
    }
    if (!left || !live || !most || !plan->suffix_peak) {
        ash_free(left);
        ash_free(live);
        ash_free(most);
        return 0;
    }
    for (uint32_t b = 0; b < plan->nbuffers; b++) {
        left[b] = consumers_of(plan, b);
    }
    plan->small_peak = 0;
    for (uint32_t t = 0; t < plan->ntasks; t++) {
        live_bytes *of_rank = &live[plan->task[t].rank];
        add_own(plan, t, of_rank);
        plan->suffix_peak[t] = of_rank->all + ash_task_scratch_bytes(plan, t);
        plan->small_peak = of_rank->small > plan->small_peak ? of_rank->small : plan->small_peak;
        free_buffers(plan, t, left, live);
    }
    plan->suffix_peak[plan->ntasks] = 0;
    for (uint32_t t = plan->ntasks; t-- > 0;) {
        raise_peak(plan, t, most);
    }
    plan->buffers_peak = 0;
    for (int r = 0; r < plan->nranks; r++) {
        plan->buffers_peak = most[r] > plan->buffers_peak ? most[r] : plan->buffers_peak;
    }
    ash_free(left);
    ash_free(live);
    ash_free(most);
    return 1;
}

int ash_plan_trajectory(const ash_plan *plan, int n, int64_t most[]) {
    uint32_t *left = ash_malloc(((int64_t)plan->nbuffers + 1) * (int64_t)sizeof *left);
    live_bytes *live = ash_calloc(plan->nranks, sizeof *live);
    memset(most, 0, (size_t)n * sizeof *most);
    int fine = left && live;
    for (uint32_t b = 0; fine && b < plan->nbuffers; b++) {
        left[b] = consumers_of(plan, b);
    }
    for (uint32_t t = 0; fine && t < plan->ntasks; t++) {
        int64_t *stretch = &most[(int64_t)t * n / plan->ntasks];
        live_bytes *of_rank = &live[plan->task[t].rank];
        add_own(plan, t, of_rank);
        int64_t now = of_rank->all + ash_task_scratch_bytes(plan, t);
        *stretch = now > *stretch ? now : *stretch;
        free_buffers(plan, t, left, live);
    }
    ash_free(left);
    ash_free(live);
    return fine;
}
