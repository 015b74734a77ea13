/* Functions that futures call: some count, one waits at a gate until it is opened, one fails. */
#ifndef FUTURE_SUPPORT_H
#define FUTURE_SUPPORT_H

#include "core_test.h"

#include <stdatomic.h>
#include <unistd.h>

static atomic_int calls, gate_open, gate_reached;

static inline ash_status add(const ash_function_call *call, void *user) {
    double sum = *(double *)user;
    for (int k = 0; k < call->ninputs; k++) {
        sum += *(const double *)call->input[k]->data;
    }
    *(double *)call->output[0]->data = sum;
    atomic_fetch_add(&calls, 1);
    return ASH_OK;
}

/* Runs until the gate is opened. */
static inline ash_status gate(const ash_function_call *call, void *user) {
    atomic_store(&gate_reached, 1);
    while (!atomic_load(&gate_open)) {
        usleep(200);
    }
    return add(call, user);
}

static inline ash_status refuse(const ash_function_call *call, void *user) {
    (void)user;
    snprintf(call->message, (size_t)call->message_bytes, "the well is dry");
    return ASH_ERR_IO;
}

static double none = 0, one = 1;

/* Where ASH_TEST_THREADS is set, at most so many threads a run. */
static inline ash_context *context_of(int num_threads) {
    const char *text = getenv("ASH_TEST_THREADS");
    int most = text && *text ? atoi(text) : num_threads;
    ash_context *ctx = context_with(num_threads < most ? num_threads : most, NULL);
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "add", .function = add, .user = &none }));
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "inc", .function = add, .user = &one }));
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "gate", .function = gate, .user = &none }));
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "refuse", .function = refuse }));
    atomic_store(&gate_open, 0);
    atomic_store(&gate_reached, 0);
    atomic_store(&calls, 0);
    return ctx;
}

static inline ash_future *call(ash_context *ctx, const char *name, int n, const ash_array inputs[]) {
    ash_future *future = ash_submit(ash_delayed(ctx, name, n, inputs, ASH_FLOAT64, 0, NULL, NULL), NULL);
    assert_non_null(future);
    return future;
}

static inline ash_future *call_on(ash_context *ctx, const char *name, ash_future *input) {
    return call(ctx, name, 1, (ash_array[]){ ash_future_array(input) });
}

static inline double result_of(ash_future *future) {
    double value = -1;
    if (ash_future_result(future, &value, sizeof value) != ASH_OK) {
        fail_msg("%s", ash_future_error(future));
    }
    return value;
}

static inline void wait_for_gate(void) {
    while (!atomic_load(&gate_reached)) {
        usleep(100);
    }
}

static inline void *open_gate(void *user) {
    (void)user;
    usleep(30000);
    atomic_store(&gate_open, 1);
    return NULL;
}

#endif
