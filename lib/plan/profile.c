/* The memory of a plan: what running its tasks one after another needs at each step, and from each step on. */
#include "plan/plan.h"

#include <string.h>

static uint32_t consumers_of(const ash_plan *plan, uint32_t buffer) {
    return plan->consumer_begin[buffer + 1] - plan->consumer_begin[buffer];
}

/* Bytes that end with a task in sequence: inputs it is the last to use, and results nobody uses. A buffer taken over lives on. */
static int64_t freed_bytes(const ash_plan *plan, uint32_t task, uint32_t *left) {
    int64_t units = 0;
    uint32_t first = plan->task[task].input_begin;
    for (uint32_t k = first; k < plan->task[task + 1].input_begin; k++) {
        uint32_t buffer = plan->input[k];
        if (--left[buffer] == 0 && !(k == first && ash_task_takes_over(plan, task))) {
            units += plan->buffer_units[buffer];
        }
    }
    for (uint32_t b = plan->task[task].buffer_begin; b < plan->task[task + 1].buffer_begin; b++) {
        units += left[b] == 0 ? plan->buffer_units[b] : 0;
    }
    return units * ASH_UNIT;
}

int ash_plan_profile(ash_plan *plan) {
    uint32_t *left = ash_malloc(((int64_t)plan->nbuffers + 1) * (int64_t)sizeof *left);
    if (!plan->suffix_peak) {
        plan->suffix_peak = ash_malloc(((int64_t)plan->ntasks + 1) * (int64_t)sizeof *plan->suffix_peak);
    }
    if (!left || !plan->suffix_peak) {
        ash_free(left);
        return 0;
    }
    for (uint32_t b = 0; b < plan->nbuffers; b++) {
        left[b] = consumers_of(plan, b);
    }
    int64_t live = 0;
    for (uint32_t t = 0; t < plan->ntasks; t++) {
        live += ash_task_out_bytes(plan, t);
        plan->suffix_peak[t] = live + ash_task_scratch_bytes(plan, t);
        live -= freed_bytes(plan, t, left);
    }
    plan->suffix_peak[plan->ntasks] = 0;
    for (uint32_t t = plan->ntasks; t-- > 0;) {
        if (plan->suffix_peak[t + 1] > plan->suffix_peak[t]) {
            plan->suffix_peak[t] = plan->suffix_peak[t + 1];
        }
    }
    ash_free(left);
    return 1;
}

int ash_plan_trajectory(const ash_plan *plan, int n, int64_t most[]) {
    uint32_t *left = ash_malloc(((int64_t)plan->nbuffers + 1) * (int64_t)sizeof *left);
    int64_t live = 0;
    memset(most, 0, (size_t)n * sizeof *most);
    for (uint32_t b = 0; left && b < plan->nbuffers; b++) {
        left[b] = consumers_of(plan, b);
    }
    for (uint32_t t = 0; left && t < plan->ntasks; t++) {
        int64_t *stretch = &most[(int64_t)t * n / plan->ntasks];
        live += ash_task_out_bytes(plan, t);
        int64_t now = live + ash_task_scratch_bytes(plan, t);
        *stretch = now > *stretch ? now : *stretch;
        live -= freed_bytes(plan, t, left);
    }
    int fine = left != NULL;
    ash_free(left);
    return fine;
}
