/* A sweep over a parameter: how long a decaying signal stays above half its first value, for many rates of decay. The signal's noise and its smoothing are common
 * steps: they are submitted once, and every rate uses their result. Results are taken in the order in which they are ready, and the
 * sweep is cut short once the answer is clear: what is left is cancelled. Prints: rate 0.010: half after 70 steps. */
#include <ashlar/ashlar.h>

#include <stdio.h>

enum { STEPS = 100000, RATES = 20, WANTED = 70 };

/* Noise that is the same on every machine. */
static ash_status noise(const ash_function_call *call, void *user) {
    double *out = call->output[0]->data;
    uint64_t x = 1;
    (void)user;
    for (int64_t k = 0; k < call->output[0]->extent[0]; k++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        out[k] = (double)(x >> 40) / (1 << 24) - 0.5;
    }
    return ASH_OK;
}

/* The first step at which the signal is below a half. One that goes wrong says why: the sentence is the future's error. */
static ash_status half(const ash_function_call *call, void *user) {
    const double *signal = call->input[0]->data;
    (void)user;
    for (int64_t k = 0; k < call->input[0]->extent[0]; k++) {
        if (signal[k] < 0.5) {
            *(int64_t *)call->output[0]->data = k;
            return ASH_OK;
        }
    }
    snprintf(call->message, (size_t)call->message_bytes, "the signal stays above a half");
    return ASH_ERR_ARGUMENT;
}

static double rate_of(int k) {
    return 0.001 * (k + 1);
}

/* Takes results as they come until one is as wanted; returns its place, -1 if there is none. */
static int find(ash_future *left[]) {
    int k;
    while ((k = ash_future_wait_any(RATES, left, -1)) >= 0) {
        int64_t after = -1;
        if (ash_future_result(left[k], &after, sizeof after) != ASH_OK) {
            fprintf(stderr, "sweep: rate %.3f: %s\n", rate_of(k), ash_future_error(left[k]));
        } else if (after == WANTED) {
            printf("rate %.3f: half after %lld steps\n", rate_of(k), (long long)after);
            return k;
        }
        ash_future_release(left[k]); /* and its memory */
        left[k] = NULL;
    }
    return -1;
}

int main(void) {
    ash_context *ctx = ash_context_new(NULL);
    if (!ctx) {
        fprintf(stderr, "sweep: error: %s\n", ash_error(NULL));
        return 1;
    }
    ash_register(ctx, &(ash_function_definition){ .name = "noise", .function = noise, .pure = true });
    ash_register(ctx, &(ash_function_definition){ .name = "half", .function = half, .pure = true });

    /* Common steps. ash_submit() returns at once; its result may be used before it is there. */
    int64_t shape = STEPS;
    ash_future *made = ash_submit(ash_delayed(ctx, "noise", 0, NULL, ASH_FLOAT64, 1, &shape, NULL), NULL);
    ash_array smooth = ash_mul(ash_cumsum(ash_future_array(made), NULL), ash_real(ctx, 1e-6));
    ash_future *smoothed = ash_submit(smooth, NULL);
    ash_array base = ash_future_array(smoothed), time = ash_arange(ctx, 0, STEPS, 1, NULL);

    ash_future *left[RATES];
    for (int k = 0; k < RATES; k++) {
        ash_array signal = ash_add(ash_exp(ash_mul(time, ash_real(ctx, -rate_of(k)))), base);
        left[k] = ash_submit(ash_delayed(ctx, "half", 1, &signal, ASH_INT64, 0, NULL, NULL), NULL);
    }
    int found = find(left);
    for (int k = 0; k < RATES; k++) {
        ash_future_cancel(left[k]);
        ash_future_release(left[k]);
    }
    if (found < 0) {
        fprintf(stderr, "sweep: error: no rate fits: %s\n", ash_error(ctx));
    }
    ash_context_free(ctx);
    return found < 0;
}
