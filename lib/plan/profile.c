/* The memory of a plan: what running its tasks one after another needs at each step, and from each step on. */
#include "plan/plan.h"

#include <string.h>

static uint32_t consumers_of(const ash_plan *plan, uint32_t buffer) {
    return plan->consumer_begin[buffer + 1] - plan->consumer_begin[buffer];
}

/* What ends with a task in sequence: inputs it is the last to use, and results nobody uses. A buffer taken over lives on. */
static void free_buffers(const ash_plan *plan, uint32_t task, uint32_t *left, int64_t live[]) {
    uint32_t first = plan->task[task].input_begin;
    for (uint32_t k = first; k < plan->task[task + 1].input_begin; k++) {
        uint32_t buffer = plan->input[k];
        if (--left[buffer] == 0 && !(k == first && ash_task_takes_over(plan, task))) {
            live[plan->copy ? plan->copy[buffer].rank : 0] -= plan->buffer_units[buffer] * (int64_t)ASH_UNIT;
        }
    }
    for (uint32_t b = plan->task[task].buffer_begin; b < plan->task[task + 1].buffer_begin; b++) {
        live[plan->task[task].rank] -= left[b] == 0 ? plan->buffer_units[b] * (int64_t)ASH_UNIT : 0;
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
    int64_t *live = ash_calloc(2 * plan->nranks, sizeof *live), *most = live + plan->nranks;
    if (!plan->suffix_peak) {
        plan->suffix_peak = ash_malloc(((int64_t)plan->ntasks + 1) * (int64_t)sizeof *plan->suffix_peak);
    }
    if (!left || !live || !plan->suffix_peak) {
        ash_free(left);
        ash_free(live);
        return 0;
    }
    for (uint32_t b = 0; b < plan->nbuffers; b++) {
        left[b] = consumers_of(plan, b);
    }
    for (uint32_t t = 0; t < plan->ntasks; t++) {
        uint32_t rank = plan->task[t].rank;
        live[rank] += ash_task_out_bytes(plan, t);
        plan->suffix_peak[t] = live[rank] + ash_task_scratch_bytes(plan, t);
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
    return 1;
}

int ash_plan_trajectory(const ash_plan *plan, int n, int64_t most[]) {
    uint32_t *left = ash_malloc(((int64_t)plan->nbuffers + 1) * (int64_t)sizeof *left);
    int64_t *live = ash_calloc(plan->nranks, sizeof *live);
    memset(most, 0, (size_t)n * sizeof *most);
    int fine = left && live;
    for (uint32_t b = 0; fine && b < plan->nbuffers; b++) {
        left[b] = consumers_of(plan, b);
    }
    for (uint32_t t = 0; fine && t < plan->ntasks; t++) {
        int64_t *stretch = &most[(int64_t)t * n / plan->ntasks], *of_rank = &live[plan->task[t].rank];
        *of_rank += ash_task_out_bytes(plan, t);
        int64_t now = *of_rank + ash_task_scratch_bytes(plan, t);
        *stretch = now > *stretch ? now : *stretch;
        free_buffers(plan, t, left, live);
    }
    ash_free(left);
    ash_free(live);
    return fine;
}
