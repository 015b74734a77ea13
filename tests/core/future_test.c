/* Futures: chains and fans, waiting, errors, cancelling, memory. */
#include "future_support.h"

#include <pthread.h>

/* ---- Values ---- */

static void test_chain(void **state) {
    ash_context *ctx = context_of(2);
    (void)state;
    enum { N = 20000 };
    static ash_future *f[N];
    f[0] = call(ctx, "inc", 0, NULL);
    for (int k = 1; k < N; k++) {
        f[k] = call_on(ctx, "inc", f[k - 1]);
        ash_future_release(k % 2 ? f[k - 1] : NULL); /* those that depend on it keep it */
    }
    assert_true(result_of(f[N - 1]) == N);
    assert_int_equal(atomic_load(&calls), N);
    ash_context_free(ctx);
}

static void test_fan(void **state) {
    ash_context *ctx = context_of(2);
    (void)state;
    enum { N = 100 };
    ash_array part[N];
    ash_future *seed = call(ctx, "gate", 0, NULL);
    for (int k = 0; k < N; k++) {
        part[k] = ash_future_array(call_on(ctx, k % 2 ? "inc" : "add", seed));
    }
    ash_future *total = call(ctx, "add", N, part);
    assert_true(ash_future_status(total) == ASH_FUTURE_PENDING);
    assert_string_equal(ash_future_error(total), "");
    atomic_store(&gate_open, 1);
    assert_true(result_of(total) == N / 2);
    assert_int_equal(ash_future_status(seed), ASH_FUTURE_FINISHED);
    assert_int_equal(atomic_load(&calls), N + 2); /* each once */
    ash_context_free(ctx);
}

/* Every future is a run of its own, and calls what it is made of; what is submitted by itself, or persisted, is called once. */
static void test_calls_per_run(void **state) {
    ash_context *ctx = context_of(2);
    (void)state;
    ash_array call_inc = ash_delayed(ctx, "inc", 0, NULL, ASH_FLOAT64, 0, NULL, NULL), more[2];
    more[0] = ash_add(call_inc, ash_real(ctx, 1));
    more[1] = ash_mul(call_inc, ash_real(ctx, 3));
    assert_true(result_of(ash_submit(more[0], NULL)) == 2 && result_of(ash_submit(more[1], NULL)) == 3);
    assert_int_equal(atomic_load(&calls), 2);
    double value[2];
    assert_done(ctx, ash_compute_many(ctx, 2, more, (void *[]){ &value[0], &value[1] }, (int64_t[]){ 8, 8 }, NULL));
    assert_true(value[0] == 2 && value[1] == 3);
    assert_int_equal(atomic_load(&calls), 3);
    ash_array once[] = { ash_future_array(ash_submit(call_inc, NULL)), ash_persist(call_inc, NULL) };
    for (int k = 0; k < 2; k++) {
        assert_true(result_of(ash_submit(ash_add(once[k], ash_real(ctx, 1)), NULL)) == 2);
        assert_true(result_of(ash_submit(ash_mul(once[k], ash_real(ctx, 3)), NULL)) == 3);
    }
    assert_int_equal(atomic_load(&calls), 5);
    ash_context_free(ctx);
}

/* Bit by bit what a direct computation gives, with the names, chunks and dtype of the array; built upon, too. */
static void test_values(void **state) {
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        ash_context *ctx = context_of(threads);
        ash_array x = ash_arange(ctx, 0, 70000, 1, &(ash_make_options){ .dims = "time", .chunks = "time=1000" });
        ash_array wave = ash_sin(ash_mul(x, ash_real(ctx, 0.001)));
        ash_future *future = ash_submit(wave, NULL);
        ash_array later = ash_future_array(future);
        assert_int_equal(ash_array_dtype(later), ash_array_dtype(wave));
        assert_string_equal(ash_dim_name(later, 0), "time");
        double *direct = values_of(wave), *held = values_of(later), *copy = malloc(70000 * sizeof(double));
        assert_memory_equal(direct, held, 70000 * sizeof(double));
        assert_done(ctx, ash_future_result(future, copy, 70000 * sizeof(double)));
        assert_memory_equal(direct, copy, 70000 * sizeof(double));
        assert_true(real_of(ash_mean(wave, NULL)) == real_of(ash_mean(later, NULL)));
        assert_true(ash_future_run(future).tasks >= 70);
        assert_int_equal(ash_future_result(future, copy, 8), ASH_ERR_ARGUMENT);
        assert_sentence(ctx, ASH_ERR_ARGUMENT, "the buffer must have 560000 bytes, found 8");
        free(direct);
        free(held);
        free(copy);
        ash_context_free(ctx);
    }
}

static void test_empty(void **state) {
    ash_context *ctx = context_of(2);
    (void)state;
    ash_future *future = ash_submit(ash_arange(ctx, 0, 0, 1, NULL), NULL);
    assert_done(ctx, ash_future_result(future, NULL, 0));
    assert_int_equal(ash_size(ash_future_array(future)), 0);
    ash_context_free(ctx);
}

/* A computation that begins later sees what was submitted before. */
static void test_blocking_waits(void **state) {
    ash_context *ctx = context_of(2);
    (void)state;
    ash_future *f = call(ctx, "gate", 0, NULL), *g = call_on(ctx, "inc", f);
    ash_array twice = ash_mul(ash_future_array(g), ash_real(ctx, 2));
    assert_true(ash_future_status(g) == ASH_FUTURE_PENDING);
    atomic_store(&gate_open, 1);
    assert_true(real_of(twice) == 2);
    assert_int_equal(ash_future_status(g), ASH_FUTURE_FINISHED);
    ash_context_free(ctx);
}

/* What a scope made may end with it while it is still to be computed. */
static void test_scopes(void **state) {
    ash_context *ctx = context_of(2);
    (void)state;
    enum { N = 50 };
    ash_future *f[N], *seed = call(ctx, "gate", 0, NULL);
    for (int k = 0; k < N; k++) {
        assert_done(ctx, ash_scope_begin(ctx));
        ash_array x = ash_arange(ctx, 0, 1000, 1, &(ash_make_options){ .chunks = "100" });
        f[k] = ash_submit(ash_add(ash_sum(ash_mul(x, ash_real(ctx, k)), NULL), ash_future_array(seed)), NULL);
        assert_done(ctx, ash_scope_end(ctx, NULL, 0));
    }
    atomic_store(&gate_open, 1);
    for (int k = 0; k < N; k++) {
        assert_true(result_of(f[k]) == k * 499500.0);
    }
    ash_context_free(ctx);
}

/* ---- Waiting ---- */

static void test_waiting(void **state) {
    ash_context *ctx = context_of(1);
    (void)state;
    ash_future *f = call(ctx, "gate", 0, NULL), *g = call(ctx, "inc", 0, NULL), *h = call(ctx, "add", 0, NULL);
    assert_int_equal(ash_future_wait(g, 0), ASH_FUTURE_PENDING);
    assert_int_equal(ash_future_wait(g, 0.02), ASH_FUTURE_PENDING);
    wait_for_gate();
    assert_int_equal(ash_future_status(f), ASH_FUTURE_RUNNING);
    assert_int_equal(ash_future_wait_any(3, (ash_future *[]){ h, g, f }, 0.01), -1);
    ash_future_cancel(h);
    assert_int_equal(ash_future_status(h), ASH_FUTURE_CANCELLED);
    assert_int_equal(ash_future_wait_any(3, (ash_future *[]){ f, g, h }, -1), 2);
    atomic_store(&gate_open, 1);
    ash_future_wait(g, -1);
    /* In the order in which they ended: h, f, g. */
    ash_future *left[] = { g, h, f };
    const int order[] = { 1, 2, 0, -1 };
    for (int k = 0; k < 4; k++) {
        int at = ash_future_wait_any(3, left, -1);
        assert_int_equal(at, order[k]);
        left[at >= 0 ? at : 0] = NULL;
    }
    assert_int_equal(ash_future_wait_any(0, NULL, 1), -1);
    assert_int_equal(ash_future_status(NULL), ASH_FUTURE_ERROR);
    assert_true(strlen(ash_future_error(NULL)) > 0);
    ash_future_cancel(NULL);
    ash_future_release(NULL);
    ash_context_free(ctx);
}

/* ---- Errors ---- */

static void test_errors(void **state) {
    ash_context *ctx = context_of(2);
    (void)state;
    ash_future *f = call(ctx, "refuse", 0, NULL);
    ash_future *g = call_on(ctx, "inc", f), *h = call_on(ctx, "add", g), *other = call(ctx, "inc", 0, NULL);
    ash_array early = ash_future_array(h);
    assert_int_equal(ash_future_wait(h, -1), ASH_FUTURE_ERROR);
    assert_non_null(strstr(ash_future_error(f), "refuse"));
    assert_non_null(strstr(ash_future_error(f), "the well is dry"));
    assert_non_null(strstr(ash_future_error(h), "an input is the result of a future that failed"));
    assert_non_null(strstr(ash_future_error(h), "the well is dry"));
    assert_true(result_of(other) == 1);
    assert_int_equal(atomic_load(&calls), 1);
    double value;
    assert_int_equal(ash_compute(early, &value, sizeof value, NULL), ASH_ERR_IO);
    assert_sentence(ctx, ASH_ERR_IO, "the well is dry");
    assert_int_equal(ash_future_result(h, &value, sizeof value), ASH_ERR_IO);
    assert_false(ash_ok(ash_future_array(f)));
    /* What cannot be planned has failed already. */
    ash_future *bad = ash_submit(ash_delayed(ctx, "nothing", 0, NULL, ASH_FLOAT64, 0, NULL, NULL), NULL);
    assert_int_equal(ash_future_status(bad), ASH_FUTURE_ERROR);
    assert_non_null(strstr(ash_future_error(bad), "no function 'nothing'"));
    ash_future *small = ash_submit(ash_arange(ctx, 0, 100000, 1, NULL), &(ash_compute_options){ .memory_limit = 1000 });
    assert_non_null(strstr(ash_future_error(small), "memory limit"));
    assert_null(ash_submit((ash_array){ 0 }, NULL));
    /* They ended when they were submitted. */
    ash_future *ended[] = { small, bad, other };
    assert_int_equal(ash_future_wait_any(3, ended, 0), 2);
    assert_int_equal(ash_future_wait_any(2, ended, 0), 1);
    ash_context_free(ctx);
}

/* ---- Cancelling ---- */

static void test_cancel(void **state) {
    ash_context *ctx = context_of(2);
    (void)state;
    ash_future *f = call(ctx, "gate", 0, NULL), *g = call_on(ctx, "inc", f), *h = call(ctx, "inc", 0, NULL);
    wait_for_gate();
    ash_future_cancel(f); /* running: the call is waited for */
    assert_int_equal(ash_future_status(f), ASH_FUTURE_RUNNING);
    atomic_store(&gate_open, 1);
    assert_int_equal(ash_future_wait(f, -1), ASH_FUTURE_CANCELLED);
    assert_int_equal(ash_future_wait(g, -1), ASH_FUTURE_CANCELLED);
    assert_non_null(strstr(ash_future_error(g), "an input is the result of a future that was cancelled"));
    assert_true(result_of(h) == 1);
    ash_future_cancel(h);
    assert_int_equal(ash_future_status(h), ASH_FUTURE_FINISHED);
    /* What is submitted when the input is known to be cancelled ends like what was submitted before. */
    ash_future *late = call_on(ctx, "inc", g);
    assert_int_equal(ash_future_status(late), ASH_FUTURE_CANCELLED);
    assert_int_equal(ash_future_result(late, NULL, 0), ASH_ERR_CANCELLED);
    assert_int_equal(ash_future_status(call_on(ctx, "inc", late)), ASH_FUTURE_CANCELLED);
    ash_context_free(ctx);
}

typedef struct canceller {
    ash_context *ctx;
    atomic_int enough;
} canceller;

/* Until it is told that it was enough; the first times may come before the call that is to be cancelled has begun. */
static void *cancel_again_and_again(void *user) {
    canceller *c = user;
    while (!atomic_load(&c->enough)) {
        usleep(20000);
        ash_cancel(c->ctx);
    }
    return NULL;
}

/* ash_cancel(): what was submitted, and a call that waits for it. */
static void test_cancel_all(void **state) {
    ash_context *ctx = context_of(2);
    canceller c = { .ctx = ctx };
    pthread_t thread;
    (void)state;
    ash_future *f = call(ctx, "gate", 0, NULL), *g = call(ctx, "inc", 0, NULL);
    wait_for_gate();
    pthread_create(&thread, NULL, cancel_again_and_again, &c);
    double value;
    assert_int_equal(
        ash_compute(ash_full(ctx, ASH_FLOAT64, 0, NULL, ash_real(ctx, 1), NULL), &value, sizeof value, NULL), ASH_ERR_CANCELLED);
    atomic_store(&c.enough, 1);
    pthread_join(thread, NULL);
    assert_int_equal(ash_future_status(f), ASH_FUTURE_RUNNING); /* the call is waited for */
    atomic_store(&gate_open, 1);
    assert_int_equal(ash_future_wait(g, -1), ASH_FUTURE_CANCELLED);
    assert_int_equal(ash_future_wait(f, -1), ASH_FUTURE_CANCELLED);
    assert_true(result_of(call(ctx, "inc", 0, NULL)) == 1);
    assert_int_equal(atomic_load(&calls), 2);
    ash_context_free(ctx);
}

typedef struct watcher {
    ash_future **future;
    int n;
    atomic_int stop;
} watcher;

static void *ask(void *user) {
    watcher *w = user;
    for (unsigned seed = 7; !atomic_load(&w->stop);) {
        int k = rand_r(&seed) % w->n;
        ash_future_status(w->future[k]);
        ash_future_error(w->future[k]);
        ash_future_wait_any(w->n, w->future, 0.0001);
        if (rand_r(&seed) % 4 == 0) {
            ash_future_cancel(w->future[k]);
        }
    }
    return NULL;
}

/* Other threads ask and cancel while the context's thread builds, submits and computes. */
static void test_other_threads(void **state) {
    (void)state;
    ash_context *ctx = context_of(2);
    enum { N = 40 };
    ash_future *f[N];
    atomic_store(&gate_open, 1);
    for (int round = 0; round < 5; round++) {
        watcher w = { .future = f, .n = N };
        pthread_t thread[2];
        f[0] = call(ctx, "inc", 0, NULL);
        for (int k = 1; k < N; k++) {
            f[k] = k % 3 ? call_on(ctx, "inc", f[k - 1])
                         : ash_submit(ash_sum(ash_arange(ctx, 0, 5000, 1, &(ash_make_options){ .chunks = "50" }), NULL), NULL);
        }
        for (int t = 0; t < 2; t++) {
            pthread_create(&thread[t], NULL, ask, &w);
        }
        for (int k = 0; k < N; k++) {
            ash_explain(ctx, 1, (ash_array[]){ ash_ones(ctx, ASH_INT32, 1, (int64_t[]){ 10 }, NULL) }, NULL);
            ash_future_state end = ash_future_wait(f[k], -1);
            assert_true(end == ASH_FUTURE_FINISHED || end == ASH_FUTURE_CANCELLED);
        }
        atomic_store(&w.stop, 1);
        for (int t = 0; t < 2; t++) {
            pthread_join(thread[t], NULL);
        }
        for (int k = 0; k < N; k++) {
            ash_future_release(f[k]);
        }
    }
    ash_context_free(ctx);
}

/* ---- Memory ---- */

static void test_memory(void **state) {
    (void)state;
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 1, .memory_limit = 64 << 20, .scratch = "none" });
    int64_t shape = 40 << 20;
    ash_array x = ash_ones(ctx, ASH_INT8, 1, &shape, NULL);
    ash_future *f = ash_submit(x, NULL), *g = ash_submit(x, NULL);
    assert_int_equal(ash_future_wait(f, -1), ASH_FUTURE_FINISHED);
    assert_int_equal(ash_future_status(g), ASH_FUTURE_ERROR);
    assert_non_null(strstr(ash_future_error(g), "results of futures hold"));
    ash_plan_info beside = { .size = sizeof beside }, alone = beside;
    ash_plan_query(ctx, 1, &x, NULL, &beside); /* what was refused holds nothing */
    ash_future_release(g);
    ash_future_release(f);
    ash_plan_query(ctx, 1, &x, NULL, &alone);
    assert_int_equal(beside.memory_limit, 64 << 20);
    assert_int_equal(beside.least_limit - alone.least_limit, shape);
    /* An array of it keeps it until its scope ends. */
    ash_scope_begin(ctx);
    f = ash_submit(x, NULL);
    ash_array kept = ash_future_array(f);
    ash_future_release(f);
    assert_int_equal(integer_of(ash_cast(ash_sum(kept, NULL), ASH_INT64)), shape);
    ash_plan_query(ctx, 1, &x, NULL, &beside);
    assert_true(beside.least_limit >= alone.least_limit + shape);
    ash_scope_end(ctx, NULL, 0);
    ash_plan_query(ctx, 1, &x, NULL, &beside);
    assert_int_equal(beside.least_limit, alone.least_limit);
    ash_context_free(ctx);
}

/* What is given back before it has ended counts no more for those that come after its end. */
static void test_memory_given_back_early(void **state) {
    (void)state;
    for (int persisted = 0; persisted < 2; persisted++) {
        ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 1, .memory_limit = 64 << 20, .scratch = "none" });
        int64_t shape = 40 << 20;
        pthread_t thread;
        atomic_store(&gate_open, 0);
        assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "gate", .function = gate, .user = &none }));
        ash_array x = ash_ones(ctx, ASH_INT8, 1, &shape, NULL), sum = ash_cast(ash_sum(x, NULL), ASH_INT64);
        call(ctx, "gate", 0, NULL);
        ash_future_release(ash_submit(x, NULL));
        pthread_create(&thread, NULL, open_gate, NULL);
        if (persisted) {
            assert_good(ash_persist(x, "memory"));
        } else {
            assert_int_equal(integer_of(sum), shape);
            assert_true(ash_last_run(ctx).reserve_bytes < shape);
        }
        pthread_join(thread, NULL);
        ash_context_free(ctx);
    }
}

/* Plans that wait have a share of the limit; submitting more waits for room. */
static void test_room(void **state) {
    (void)state;
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 1, .memory_limit = 12 << 20 });
    enum { N = 30 };
    ash_future *f[N];
    for (int k = 0; k < N; k++) {
        f[k] = ash_submit(ash_sum(ash_arange(ctx, 0, 3000 + k, 1, &(ash_make_options){ .chunks = "1" }), NULL), NULL);
    }
    for (int k = 0; k < N; k++) {
        int64_t sum = 0, n = 3000 + k;
        assert_done(ctx, ash_future_result(f[k], &sum, sizeof sum));
        assert_int_equal(sum, n * (n - 1) / 2);
    }
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_fan),
        cmocka_unit_test(test_calls_per_run),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_blocking_waits),
        cmocka_unit_test(test_scopes),
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_cancel_all),
        cmocka_unit_test(test_other_threads),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_memory_given_back_early),
        cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests_name("future", tests, NULL, NULL);
}
