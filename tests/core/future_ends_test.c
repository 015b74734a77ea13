/* How futures end when the program does something else: contexts are freed, signals come, the process forks, threads are to be gone. */
#include "future_support.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

static int threads_now(void) {
    int n = 0;
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file)) {
        sscanf(line, "Threads: %d", &n);
    }
    if (file) {
        fclose(file);
    }
    return n;
}

/* What runs is stopped, what waits never begins, and no thread is left. */
static void test_freed_while_running(void **state) {
    (void)state;
    int before = threads_now();
    for (int round = 0; round < 5; round++) {
        ash_context *ctx = context_of(2);
        pthread_t thread;
        ash_future *f = call(ctx, "gate", 0, NULL);
        for (int k = 0; k < 20; k++) {
            f = call_on(ctx, "inc", f);
        }
        if (round % 2) {
            wait_for_gate();
        }
        pthread_create(&thread, NULL, open_gate, NULL);
        ash_context_free(ctx);
        pthread_join(thread, NULL);
        assert_true(atomic_load(&calls) <= 1);
    }
    for (int tries = 0; threads_now() > before && tries < 10000; tries++) { /* threads of OpenMP leave after the one they worked for */
        usleep(1000);
    }
    assert_true(threads_now() <= before); /* fewer where those of an earlier test were still leaving */
}

static atomic_int trapped;

static void trap(int number) {
    (void)number;
    atomic_store(&trapped, 1);
}

static ash_status raise_trap(const ash_function_call *call, void *user) {
    (void)user;
    raise(SIGTRAP);
    *(double *)call->output[0]->data = atomic_load(&trapped);
    return ASH_OK;
}

/* What a function does that would end the process reaches the handler of the program. */
static void test_own_signals(void **state) {
    (void)state;
    struct sigaction before, handler = { .sa_handler = trap };
    ash_context *ctx = context_of(1);
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "trap", .function = raise_trap }));
    sigaction(SIGTRAP, &handler, &before);
    double value = result_of(call(ctx, "trap", 0, NULL));
    sigaction(SIGTRAP, &before, NULL);
    assert_true(value == 1);
    ash_context_free(ctx);
}

/* In a child nothing hangs: it gets a sentence, and a context of its own computes. */
static int in_child(ash_context *ctx, ash_future *running) {
    double value = 0;
    alarm(60);
    ash_array x = ash_arange(ctx, 0, 10, 1, NULL);
    if (ash_future_wait(running, -1) != ASH_FUTURE_RUNNING || ash_future_result(running, &value, 8) != ASH_ERR_UNSUPPORTED) {
        return 1;
    }
    if (ash_compute(ash_sum(x, NULL), &value, 8, NULL) != ASH_ERR_UNSUPPORTED || !strstr(ash_error(ctx), "fork")) {
        return 2;
    }
    ash_future *refused = ash_submit(x, NULL);
    if (ash_future_status(refused) != ASH_FUTURE_ERROR || !strstr(ash_future_error(refused), "forked")) {
        return 3;
    }
    ash_context_free(ctx);
    ctx = context_with(1, "serial");
    int64_t sum = 0;
    if (ash_compute(ash_sum(ash_arange(ctx, 0, 10, 1, NULL), NULL), &sum, 8, NULL) != ASH_OK || sum != 45) {
        return 4;
    }
    ash_future *future = ash_submit(ash_arange(ctx, 0, 1, 1, NULL), NULL);
    if (ash_future_result(future, &sum, 8) != ASH_OK || sum != 0) {
        return 5;
    }
    ash_context_free(ctx);
    return 0;
}

static void test_fork(void **state) {
    (void)state;
    ash_context *ctx = context_of(2);
    ash_future *f = call(ctx, "gate", 0, NULL);
    call_on(ctx, "inc", f);
    wait_for_gate();
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        _exit(in_child(ctx, f));
    }
    int status = -1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    atomic_store(&gate_open, 1);
    assert_true(result_of(f) == 0);
    ash_context_free(ctx);
}

/* A child may be made at any moment: also while the thread in the background puts away what it has run. Each child frees the context. */
static void test_many_forks(void **state) {
    (void)state;
    ash_context *ctx = context_of(1);
    enum { N = 8, ROUNDS = 100 };
    ash_future *f[N] = { NULL };
    for (int round = 0; round < ROUNDS; round++) {
        for (int k = 0; k < N; k++) {
            if (!f[k] || ash_future_status(f[k]) == ASH_FUTURE_FINISHED) {
                ash_future_release(f[k]);
                assert_done(ctx, ash_scope_begin(ctx));
                f[k] = ash_submit(ash_sum(ash_arange(ctx, 0, 500, 1, &(ash_make_options){ .chunks = "1" }), NULL), NULL);
                assert_done(ctx, ash_scope_end(ctx, NULL, 0));
            }
        }
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            alarm(60);
            ash_context_free(ctx);
            _exit(0);
        }
        int status = -1;
        waitpid(child, &status, 0);
        assert_int_equal(status, 0);
    }
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_freed_while_running),
        cmocka_unit_test(test_own_signals),
        cmocka_unit_test(test_fork),
        cmocka_unit_test(test_many_forks),
    };
    return cmocka_run_group_tests_name("future_ends", tests, NULL, NULL);
}
