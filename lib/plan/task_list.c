/* The lists of a plan while they grow: tasks, the buffers that they make, and those that they read. */
#include "plan/task_list.h"

#include <string.h>

/* Lists up to here are finished whatever the limit, so that a refusal can tell the least one. */
enum { SMALL_PLAN = 8 << 20 };

int ash_list_grow(ash_plan *plan, void **list, int64_t needed, int64_t *capacity, int64_t size) {
    if (needed <= *capacity) {
        return 1;
    }
    int64_t grown = *capacity > 0 ? *capacity + *capacity / 2 : 256;
    grown = grown < needed ? needed : grown;
    if (!ash_list_count(plan, (grown - *capacity) * size)) {
        return 0;
    }
    void *memory = grown > UINT32_MAX / 2 ? NULL : ash_list_resize(*list, *capacity * size, grown * size);
    if (!memory) {
        plan->incomplete = 1;
        return 0;
    }
    *list = memory;
    *capacity = grown;
    return 1;
}

int ash_list_count(ash_plan *plan, int64_t bytes) {
    plan->list_bytes += bytes;
    if (plan->list_bytes > plan->limit && plan->list_bytes > SMALL_PLAN) { /* a plan that alone does not fit need not be finished */
        plan->incomplete = plan->too_many = 1;
    }
    return !plan->too_many;
}

int ash_list_has_room(ash_plan *plan, int64_t tasks) {
    int64_t most = (plan->limit > SMALL_PLAN ? plan->limit : SMALL_PLAN) / (int64_t)sizeof *plan->task;
    if (tasks > most) {
        plan->incomplete = plan->too_many = 1;
    }
    return !plan->too_many;
}

ash_status ash_list_refuse(int64_t limit, const char *function, ash_error_state *error) {
    char text[32];
    return ash_fail(error, ASH_ERR_LIMIT,
        "%s: the plan alone would need more than the memory limit of %s: there are too many chunks; raise the limit or use larger chunks",
        function, ash_format_bytes(limit, text));
}

/* Bytes of the lists that grow. */
static int64_t list_bytes(const ash_plan *plan) {
    return plan->task_capacity * (int64_t)sizeof *plan->task + plan->input_capacity * (int64_t)sizeof *plan->input +
        plan->buffer_capacity * (int64_t)sizeof *plan->buffer_units + plan->copy_capacity * (int64_t)sizeof *plan->copy +
        plan->by_box_capacity * (int64_t)sizeof *plan->by_box;
}

void ash_list_detach(ash_plan *plan) {
    plan->list_bytes -= list_bytes(plan);
    plan->task = NULL;
    plan->by_box = NULL;
    plan->input = plan->buffer_units = plan->consumer_begin = plan->consumer = NULL;
    plan->copy = NULL;
    plan->task_capacity = plan->input_capacity = plan->buffer_capacity = plan->copy_capacity = plan->by_box_capacity = 0;
    plan->ntasks = plan->ninputs = plan->nbuffers = 0;
}

void ash_list_free(ash_plan *plan) {
    ash_list_release(plan->task, plan->task_capacity * (int64_t)sizeof *plan->task);
    ash_list_release(plan->input, plan->input_capacity * (int64_t)sizeof *plan->input);
    ash_list_release(plan->by_box, plan->by_box_capacity * (int64_t)sizeof *plan->by_box);
    ash_list_release(plan->buffer_units, plan->buffer_capacity * (int64_t)sizeof *plan->buffer_units);
    ash_list_release(plan->copy, plan->copy_capacity * (int64_t)sizeof *plan->copy);
    ash_list_release(plan->consumer_begin, plan->consumer_begin_bytes);
    ash_list_release(plan->consumer, plan->consumer_bytes);
}

int ash_list_begin(ash_plan *plan) {
    int fine = ash_list_grow(plan, (void **)&plan->task, 2, &plan->task_capacity, sizeof *plan->task) &&
        ash_list_grow(plan, (void **)&plan->buffer_units, 1, &plan->buffer_capacity, sizeof *plan->buffer_units) &&
        ash_list_grow(plan, (void **)&plan->input, 1, &plan->input_capacity, sizeof *plan->input) &&
        ash_list_grow(plan, (void **)&plan->by_box, 1, &plan->by_box_capacity, sizeof *plan->by_box);
    if (fine) {
        plan->task[0] = (ash_task){ 0 };
    }
    return fine;
}

int ash_list_begin_task(ash_plan *plan, int work, int64_t item) {
    if (!ash_list_grow(plan, (void **)&plan->task, (int64_t)plan->ntasks + 2, &plan->task_capacity, sizeof *plan->task)) {
        return 0;
    }
    plan->task[plan->ntasks] =
        (ash_task){ .work = (uint32_t)work, .item = item, .input_begin = plan->ninputs, .buffer_begin = plan->nbuffers };
    return 1;
}

void ash_list_end_task(ash_plan *plan) {
    plan->ntasks++;
    plan->task[plan->ntasks] = (ash_task){ .input_begin = plan->ninputs, .buffer_begin = plan->nbuffers };
}

void ash_list_add_input(ash_plan *plan, uint32_t buffer, int by_box) {
    uint32_t k = plan->ninputs;
    int fine = ash_list_grow(plan, (void **)&plan->input, (int64_t)k + 1, &plan->input_capacity, sizeof *plan->input) &&
        ash_list_grow(plan, (void **)&plan->by_box, k / 64 + 1, &plan->by_box_capacity, sizeof *plan->by_box);
    if (fine) {
        uint64_t others = k % 64 == 0 ? 0 : plan->by_box[k / 64];
        plan->by_box[k / 64] = others | (uint64_t)(by_box != 0) << (k % 64);
        plan->input[plan->ninputs++] = buffer;
    }
}

uint32_t ash_list_add_units(ash_plan *plan, int64_t units) {
    if (!ash_list_grow(
            plan, (void **)&plan->buffer_units, (int64_t)plan->nbuffers + 1, &plan->buffer_capacity, sizeof *plan->buffer_units)) {
        return ASH_NO_ID;
    }
    if (units > UINT32_MAX) {
        plan->incomplete = 1;
        plan->too_large = units * ASH_UNIT;
        return ASH_NO_ID;
    }
    plan->buffer_units[plan->nbuffers] = (uint32_t)units;
    return plan->nbuffers++;
}

uint32_t ash_list_add_buffer(ash_plan *plan, int64_t bytes) {
    return ash_list_add_units(plan, ash_round_bytes(bytes) / ASH_UNIT);
}

int ash_list_note_copy(ash_plan *plan, uint32_t id, ash_copy copy) {
    if (!ash_list_grow(plan, (void **)&plan->copy, (int64_t)id + 1, &plan->copy_capacity, sizeof *plan->copy)) {
        return 0;
    }
    plan->copy[id] = copy;
    return 1;
}

int ash_list_consumers(ash_plan *plan) {
    plan->consumer_begin_bytes = ((int64_t)plan->nbuffers + 2) * (int64_t)sizeof *plan->consumer_begin;
    plan->consumer_bytes = ((int64_t)plan->ninputs + 1) * (int64_t)sizeof *plan->consumer;
    plan->consumer_begin = ash_list_resize(NULL, 0, plan->consumer_begin_bytes);
    plan->consumer = ash_list_resize(NULL, 0, plan->consumer_bytes);
    if (!plan->consumer_begin || !plan->consumer) {
        return 0;
    }
    memset(plan->consumer_begin, 0, (size_t)plan->consumer_begin_bytes);
    for (uint32_t k = 0; k < plan->ninputs; k++) {
        plan->consumer_begin[plan->input[k] + 1]++;
    }
    for (uint32_t b = 0; b < plan->nbuffers; b++) {
        plan->consumer_begin[b + 1] += plan->consumer_begin[b];
    }
    for (uint32_t t = plan->ntasks; t-- > 0;) { /* backwards: afterwards begin points at the first */
        for (uint32_t k = plan->task[t].input_begin; k < plan->task[t + 1].input_begin; k++) {
            plan->consumer[--plan->consumer_begin[plan->input[k] + 1]] = t;
        }
    }
    /* Entry b + 1 now holds the beginning of b's list: move all down by one. */
    memmove(plan->consumer_begin, plan->consumer_begin + 1, (size_t)plan->nbuffers * sizeof *plan->consumer_begin);
    plan->consumer_begin[plan->nbuffers] = plan->ninputs;
    return 1;
}
