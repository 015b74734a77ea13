/* A graph of calls: inc and double fan out from each number, add brings the two together, sum all of them. Steps run in parallel as far as they can, and what
 * several results need is made once. Prints: sum 50, largest 16, 16 calls. */
#include <ashlar/ashlar.h>
#include <stdatomic.h>
#include <stdio.h>

enum { NUMBERS = 5 };

static atomic_int calls;

static int64_t input(const ash_function_call *call, int k) {
    return *(const int64_t *)call->input[k]->data;
}

static ash_status give(const ash_function_call *call, int64_t result) {
    atomic_fetch_add(&calls, 1);
    *(int64_t *)call->output[0]->data = result;
    return ASH_OK;
}

static ash_status inc(const ash_function_call *call, void *user) {
    (void)user;
    return give(call, input(call, 0) + 1);
}

static ash_status twice(const ash_function_call *call, void *user) {
    (void)user;
    return give(call, 2 * input(call, 0));
}

static ash_status add(const ash_function_call *call, void *user) {
    (void)user;
    return give(call, input(call, 0) + input(call, 1));
}

/* Of any number of inputs. One that goes wrong says why: the sentence is part of the error. */
static ash_status sum(const ash_function_call *call, void *user) {
    int64_t total = 0;
    (void)user;
    for (int k = 0; k < call->ninputs; k++) {
        if (__builtin_add_overflow(total, input(call, k), &total)) {
            snprintf(call->message, (size_t)call->message_bytes, "input %d makes the sum larger than 64 bits", k);
            return ASH_ERR_ARGUMENT;
        }
    }
    return give(call, total);
}

/* A step whose result is one integer. */
static ash_array step(ash_context *ctx, const char *function, int n, const ash_array inputs[]) {
    return ash_delayed(ctx, function, n, inputs, ASH_INT64, 0, NULL, NULL);
}

int main(void) {
    ash_context *ctx = ash_context_new(NULL);
    if (!ctx) {
        fprintf(stderr, "delayed_graph: error: %s\n", ash_error(NULL));
        return 1;
    }
    ash_register(ctx, &(ash_function_definition){ .name = "inc", .function = inc });
    ash_register(ctx, &(ash_function_definition){ .name = "double", .function = twice });
    ash_register(ctx, &(ash_function_definition){ .name = "add", .function = add });
    ash_register(ctx, &(ash_function_definition){ .name = "sum", .function = sum });

    ash_array added[NUMBERS];
    for (int k = 0; k < NUMBERS; k++) {
        ash_array x = ash_int(ctx, k + 1), both[2] = { step(ctx, "inc", 1, &x), step(ctx, "double", 1, &x) };
        added[k] = step(ctx, "add", 2, both);
    }
    ash_array total = step(ctx, "sum", NUMBERS, added);

    /* Nothing has run yet. Steps are arrays: here two results, one of them a step, the other an ordinary operation over steps, in one run. */
    ash_array results[2] = { total, ash_max(ash_stack(NUMBERS, added, 0, NULL), NULL) };
    int64_t value[2];
    void *buffers[2] = { &value[0], &value[1] };
    ash_status status = ash_compute_many(ctx, 2, results, buffers, (int64_t[]){ sizeof value[0], sizeof value[1] }, NULL);
    if (status == ASH_OK) {
        printf("sum %lld, largest %lld, %d calls\n", (long long)value[0], (long long)value[1], atomic_load(&calls));
    } else {
        fprintf(stderr, "delayed_graph: error: %s\n", ash_error(ctx));
    }
    ash_context_free(ctx);
    return status != ASH_OK;
}
