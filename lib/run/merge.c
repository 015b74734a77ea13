/* Merging partial results, and finishing them. */
#include "run/run.h"

#include <string.h>

/* A state seen as (outer, group, inner) cells: groups have counts of their own. */
typedef struct state {
    int64_t cells, groups, inner, outer;
    int64_t *counts;
    char *field[ASH_MAX_FIELDS];
} state;

static state open_state(const ash_fold *fold, const ash_box *out, void *memory) {
    int group_axis = fold->reduce->group_axis;
    state s = { .groups = group_axis < 0 ? 1 : out->extent[fold->out_axis[group_axis]], .inner = 1 };
    void *field[ASH_MAX_FIELDS];
    s.cells = ash_state_parts(fold, out, memory, &s.counts, field);
    for (int f = 0; f < fold->kernel->fields; f++) {
        s.field[f] = field[f];
    }
    for (int a = group_axis < 0 ? 0 : fold->out_axis[group_axis] + 1; a < fold->cell_axes; a++) {
        s.inner *= out->extent[a];
    }
    int64_t row = s.inner * s.groups;
    s.outer = row > 0 ? s.cells / row : 0;
    return s;
}

static void at(const ash_reduce_kernel *kernel, const state *s, int64_t cell, void *field[]) {
    for (int f = 0; f < kernel->fields; f++) {
        field[f] = s->field[f] + cell * kernel->field_size[f];
    }
}

static void merge_states(const ash_fold *fold, const state *a, const state *b, ash_error_state *error) {
    const ash_reduce_kernel *kernel = fold->kernel;
    for (int64_t o = 0; o < a->outer; o++) {
        for (int64_t g = 0; g < a->groups; g++) {
            void *into[ASH_MAX_FIELDS], *from[ASH_MAX_FIELDS];
            at(kernel, a, (o * a->groups + g) * a->inner, into);
            at(kernel, b, (o * a->groups + g) * a->inner, from);
            if (b->counts[g] == 0) {
                continue;
            }
            if (a->counts[g] > 0 && fold->reduce->general) {
                ash_general_merge(fold, a->inner, into[0], from[0], error);
                continue;
            }
            if (a->counts[g] > 0) {
                kernel->merge(a->inner, into, (const void *const *)from, a->counts[g], b->counts[g]);
                continue;
            }
            for (int f = 0; f < kernel->fields; f++) {
                memcpy(into[f], from[f], (size_t)(a->inner * kernel->field_size[f]));
            }
        }
    }
    for (int64_t g = 0; g < a->groups; g++) {
        a->counts[g] += b->counts[g];
    }
}

static void finish_state(const ash_fold *fold, const state *s, char *out, ash_error_state *error) {
    int64_t size = ash_dtype_size(fold->held->dtype) * (fold->reduce->results > 0 ? fold->reduce->results : 1);
    for (int64_t o = 0; o < s->outer; o++) {
        for (int64_t g = 0; g < s->groups; g++) {
            int64_t cell = (o * s->groups + g) * s->inner;
            void *field[ASH_MAX_FIELDS];
            at(fold->kernel, s, cell, field);
            if (fold->reduce->general) {
                ash_general_finish(fold, s->inner, field[0], s->counts[g], out + cell * size, error);
                continue;
            }
            fold->kernel->finish(s->inner, out + cell * size, (const void *const *)field, s->counts[g], &fold->reduce->parameter);
        }
    }
}

/* The same by functions over states. */
static ash_status finish_nothing_general(ash_run *run, const ash_fold *fold, ash_worker *worker, int64_t cells, char *out) {
    int64_t size = ash_dtype_size(fold->held->dtype) * (fold->reduce->results > 0 ? fold->reduce->results : 1);
    int64_t bytes = ash_round_bytes(fold->kernel->field_size[0]);
    char *cell = ash_run_scratch(run, bytes, worker);
    for (int64_t k = 0; cell && k < cells; k++) {
        ash_general_init(fold, 1, cell);
        ash_general_finish(fold, 1, cell, 0, out + k * size, &worker->error);
    }
    if (cell) {
        ash_run_scratch_give(run, cell, bytes, worker);
    }
    return worker->error.status;
}

/* A result of nothing: every cell as init leaves it, a block at a time in the worker's registers. */
static void finish_nothing(const ash_fold *fold, ash_worker *worker, int64_t cells, char *out) {
    int64_t size = ash_dtype_size(fold->held->dtype);
    void *field[ASH_MAX_FIELDS];
    worker->constants_of = NULL;
    for (int f = 0; f < fold->kernel->fields; f++) {
        field[f] = worker->registers + (int64_t)f * ASH_BLOCK * 16;
    }
    for (int64_t done = 0; done < cells; done += ASH_BLOCK) {
        int64_t n = cells - done < ASH_BLOCK ? cells - done : ASH_BLOCK;
        fold->kernel->init(n, field);
        fold->kernel->finish(n, out + done * size, (const void *const *)field, 0, &fold->reduce->parameter);
    }
}

ash_status ash_run_merge(ash_run *run, ash_worker *worker, uint32_t task) {
    const ash_plan *plan = run->plan;
    const ash_fold *fold = ash_task_work(plan, task)->of.fold;
    const ash_task *t = &plan->task[task];
    int64_t out_chunk = t->item / 2;
    uint32_t first = t->input_begin, end = plan->task[task + 1].input_begin;
    char *own = run->buffer[t->buffer_begin];
    if (first == end && fold->reduce->general) {
        return finish_nothing_general(run, fold, worker, ash_fold_cells(fold, out_chunk), own);
    }
    if (first == end) {
        finish_nothing(fold, worker, ash_fold_cells(fold, out_chunk), own);
        return ASH_OK;
    }
    ash_box out;
    ash_grid_box(fold->held->ndim, fold->held->axis, out_chunk, &out);
    state into = open_state(fold, &out, ash_task_takes_over(plan, task) ? own : run->buffer[plan->input[first]]);
    for (uint32_t k = first + 1; k < end; k++) {
        state from = open_state(fold, &out, run->buffer[plan->input[k]]);
        merge_states(fold, &into, &from, &worker->error);
    }
    if (!ash_task_takes_over(plan, task)) {
        finish_state(fold, &into, own, &worker->error);
    }
    return worker->error.status;
}
