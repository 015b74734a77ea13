/* Reductions made of functions over states, one cell at a time: those of the user, and those that must see all elements of a cell. */
#include "run/run.h"

static int checked(const ash_fold *fold, ash_status status, ash_error_state *error) {
    if (status != ASH_OK) {
        ash_fail(error, status, "the reduction '%s' failed: %s", fold->reduce->general->name, ash_status_text(status));
    }
    return status == ASH_OK;
}

void ash_general_init(const ash_fold *fold, int64_t cells, char *state) {
    const ash_reduction_definition *d = fold->reduce->general;
    for (int64_t k = 0; k < cells; k++) {
        d->init(state + k * fold->kernel->field_size[0], d->user);
    }
}

void ash_general_run(const ash_fold *fold, char *state, const void *x, int64_t n, ash_error_state *error) {
    const ash_reduction_definition *d = fold->reduce->general;
    if (error->status == ASH_OK) {
        checked(fold, d->step(state, x, n, d->user), error);
    }
}

void ash_general_rows(const ash_fold *fold, char *state, const char *x, int64_t n, ash_error_state *error) {
    const ash_reduction_definition *d = fold->reduce->general;
    int64_t element = ash_dtype_size(d->input);
    for (int64_t k = 0; k < n && error->status == ASH_OK; k++) {
        checked(fold, d->step(state + k * fold->kernel->field_size[0], x + k * element, 1, d->user), error);
    }
}

void ash_general_merge(const ash_fold *fold, int64_t cells, char *into, const char *from, ash_error_state *error) {
    const ash_reduction_definition *d = fold->reduce->general;
    int64_t size = fold->kernel->field_size[0];
    for (int64_t k = 0; k < cells && error->status == ASH_OK; k++) {
        checked(fold, d->merge(into + k * size, from + k * size, d->user), error);
    }
}

void ash_general_finish(const ash_fold *fold, int64_t cells, char *state, int64_t count, char *out, ash_error_state *error) {
    const ash_reduction_definition *d = fold->reduce->general;
    int64_t element = ash_dtype_size(d->result) * (fold->reduce->results > 0 ? fold->reduce->results : 1);
    for (int64_t k = 0; k < cells && error->status == ASH_OK; k++) {
        checked(fold, d->finish(state + k * fold->kernel->field_size[0], count, out + k * element, d->user), error);
    }
}
