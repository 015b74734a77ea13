/* Lifetimes: scopes, kept arrays, stale handles, release callbacks, cancelling, and expressions of any size. */
#include "core_test.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

static int released[64];

static void count_release(void *data, void *user) {
    (void)data;
    released[(intptr_t)user]++;
}

static const double data[4] = { 1, 2, 3, 4 };

static ash_array counted(ash_context *ctx, intptr_t which) {
    released[which] = 0;
    return ash_from_buffer(
        ctx, ASH_FLOAT64, 1, (int64_t[]){ 4 }, data, &(ash_make_options){ .release = count_release, .release_user = (void *)which });
}

static void stale_handles_are_refused(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    double x;
    ash_array outside = counted(ctx, 0);
    assert_done(ctx, ash_scope_begin(ctx));
    ash_array inside = ash_sum(outside, NULL), memory = counted(ctx, 1);
    assert_true(real_of(inside) == 10);
    assert_good(memory);
    assert_done(ctx, ash_scope_end(ctx, NULL, 0));
    assert_int_equal(released[1], 1);
    assert_int_equal(released[0], 0);
    assert_int_equal(ash_array_status(inside), ASH_ERR_HANDLE);
    assert_int_equal(ash_compute(inside, &x, sizeof x, NULL), ASH_ERR_HANDLE);
    assert_sentence(ctx, ASH_ERR_HANDLE, "used after the end of its scope");
    assert_false(ash_ok(ash_add(outside, inside)));
    assert_sentence(ctx, ASH_ERR_HANDLE, "add: b is used after the end of its scope");
    assert_true(real_of(ash_sum(outside, NULL)) == 10);
    /* Serials are never given twice. */
    assert_done(ctx, ash_scope_begin(ctx));
    ash_array next = ash_sum(outside, NULL);
    assert_true(next.serial > inside.serial);
    assert_int_equal(ash_array_status(inside), ASH_ERR_HANDLE);
    assert_done(ctx, ash_scope_end(ctx, NULL, 0));
    assert_int_equal(ash_scope_end(ctx, NULL, 0), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "scope_end: no scope is open");
    ash_context_free(ctx);
    assert_int_equal(released[0], 1);
    assert_int_equal(released[1], 1);
}

static void kept_arrays_live_on(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    assert_done(ctx, ash_scope_begin(ctx));
    assert_done(ctx, ash_scope_begin(ctx));
    ash_array a = counted(ctx, 0), b = counted(ctx, 1), kept = ash_sum(ash_mul(a, ash_real(ctx, 2)), NULL), gone = ash_sum(b, NULL),
              failed = ash_index(a, "77");
    const ash_array keep[] = { kept, failed };
    assert_good(gone);
    assert_done(ctx, ash_scope_end(ctx, keep, 2));
    assert_int_equal(released[0], 0); /* what the kept one is made from */
    assert_int_equal(released[1], 1);
    assert_true(real_of(kept) == 20);
    assert_int_equal(ash_array_status(gone), ASH_ERR_HANDLE);
    assert_int_equal(ash_array_status(failed), ASH_ERR_INDEX); /* the sentence survives */
    assert_done(ctx, ash_scope_end(ctx, &kept, 1));            /* up one more */
    assert_true(real_of(kept) == 20);
    assert_done(ctx, ash_scope_begin(ctx));
    assert_done(ctx, ash_scope_end(ctx, NULL, 0));
    assert_true(real_of(kept) == 20);
    /* Keeping what is no array is an error, and the scope ends nevertheless. */
    assert_done(ctx, ash_scope_begin(ctx));
    ash_array lost = counted(ctx, 2);
    assert_int_equal(ash_scope_end(ctx, &gone, 1), ASH_ERR_HANDLE);
    assert_sentence(ctx, ASH_ERR_HANDLE, "keep[0]");
    assert_int_equal(released[2], 1);
    assert_int_equal(ash_array_status(lost), ASH_ERR_HANDLE);
    assert_done(ctx, ash_scope_begin(ctx));
    assert_int_equal(ash_scope_end(ctx, NULL, 3), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "scope_end");
    ash_context_free(ctx);
    assert_int_equal(released[0], 1);
}

/* A failed maker leaves the memory with its caller. */
static void release_is_not_called_on_failure(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    released[5] = 0;
    const ash_make_options options = { .release = count_release, .release_user = (void *)5, .dims = "too,many" };
    assert_false(ash_ok(ash_from_buffer(ctx, ASH_FLOAT64, 1, (int64_t[]){ 4 }, data, &options)));
    ash_context_free(ctx);
    assert_int_equal(released[5], 0);
}

static int64_t resident_kib(void) {
    long pages = 0, ignored = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file) {
        if (fscanf(file, "%ld %ld", &ignored, &pages) != 2) {
            pages = 0;
        }
        fclose(file);
    }
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void scopes_bound_long_loops(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array x = counted(ctx, 0), state_of_loop = ash_zeros(ctx, ASH_FLOAT64, 1, (int64_t[]){ 4 }, NULL);
    int64_t before = 0;
    for (int step = 0; step < 6000; step++) {
        if (step == 1000) {
            before = resident_kib();
        }
        assert_done(ctx, ash_scope_begin(ctx));
        ash_array total = ash_sum(ash_add(ash_mul(x, ash_real(ctx, step)), state_of_loop), NULL);
        assert_true(real_of(total) == 10.0 * step);
        assert_false(ash_ok(ash_index(x, "99")));
        assert_done(ctx, ash_scope_end(ctx, NULL, 0));
    }
#ifndef __SANITIZE_ADDRESS__ /* a sanitizer keeps freed memory for a while */
    assert_true(resident_kib() - before < 2048);
#endif
    ash_context_free(ctx);
}

/* ---- Size of expressions ---- */

static void long_chains(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    ash_array a = vector_of(ctx, ASH_FLOAT64, 4, data, "3"), chain = a, one = ash_real(ctx, 1);
    for (int k = 0; k < 100000; k++) {
        chain = k % 2 ? ash_add(chain, one) : ash_sub(chain, ash_real(ctx, 0.5));
    }
    double *x = values_of(chain);
    for (int k = 0; k < 4; k++) {
        assert_true(x[k] == data[k] + 25000);
    }
    free(x);
    ash_context_free(ctx);
}

/* A long chain is cut, and what its parts leave behind is let go: no task holds more than one of a short chain. */
static void long_chains_take_no_more_memory(void **state) {
    (void)state;
    static double values[10000];
    int64_t largest[2];
    for (int k = 0; k < 2; k++) {
        ash_context *ctx = context_with(1, "serial");
        ash_array chain = vector_of(ctx, ASH_FLOAT64, 10000, values, "-1"), one = ash_real(ctx, 1);
        for (int n = 0; n < (k ? 10000 : 300); n++) {
            chain = ash_add(chain, one);
        }
        ash_plan_info info = { .size = sizeof info };
        assert_done(ctx, ash_plan_query(ctx, 1, &chain, NULL, &info));
        largest[k] = info.largest_task;
        ash_context_free(ctx);
    }
    assert_int_equal(largest[0], largest[1]);
}

static void wide_sums(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    static double terms[1000][16];
    ash_array sum = ash_zeros(ctx, ASH_FLOAT64, 1, (int64_t[]){ 16 }, NULL);
    double expected[16] = { 0 };
    for (int k = 0; k < 1000; k++) {
        for (int i = 0; i < 16; i++) {
            terms[k][i] = k * 16 + i;
            expected[i] += terms[k][i];
        }
        sum = ash_add(sum, vector_of(ctx, ASH_FLOAT64, 16, terms[k], k % 3 ? "7" : "-1"));
    }
    double *x = values_of(sum);
    assert_memory_equal(x, expected, sizeof expected);
    free(x);
    /* As a balanced tree, where everything lives at once. */
    ash_array level[1024];
    for (int k = 0; k < 1024; k++) {
        level[k] = vector_of(ctx, ASH_FLOAT64, 16, terms[k % 1000], "5");
    }
    for (int n = 1024; n > 1; n /= 2) {
        for (int k = 0; k < n / 2; k++) {
            level[k] = ash_add(level[2 * k], level[2 * k + 1]);
        }
    }
    for (int i = 0; i < 16; i++) {
        for (int k = 0; k < 24; k++) {
            expected[i] += terms[k][i];
        }
    }
    x = values_of(level[0]);
    assert_memory_equal(x, expected, sizeof expected);
    free(x);
    ash_context_free(ctx);
}

/* A value used again and again: as a tree it would have 2^60 leaves. */
static void shared_parts_are_computed_once(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = vector_of(ctx, ASH_FLOAT64, 4, data, "2");
    for (int k = 0; k < 60; k++) {
        a = ash_mul(ash_add(a, a), ash_real(ctx, 0.5));
    }
    double *x = values_of(a);
    assert_memory_equal(x, data, sizeof data);
    free(x);
    ash_context_free(ctx);
}

static void many_arrays_at_once(void **state) {
    (void)state;
    enum { N = 300 };
    ash_context *ctx = context_with(2, "openmp");
    ash_array a = vector_of(ctx, ASH_FLOAT64, 4, data, "3"), arrays[N];
    static double values[N];
    void *buffers[N];
    int64_t bytes[N];
    for (int k = 0; k < N; k++) {
        arrays[k] = k % 3 == 2 ? arrays[k - 1] : ash_sum(ash_add(a, ash_real(ctx, k)), NULL); /* some twice */
        buffers[k] = &values[k];
        bytes[k] = sizeof(double);
    }
    assert_done(ctx, ash_compute_many(ctx, N, arrays, buffers, bytes, NULL));
    for (int k = 0; k < N; k++) {
        assert_true(values[k] == 10 + 4 * (k % 3 == 2 ? k - 1 : k));
    }
    ash_context_free(ctx);
}

/* ---- Progress and cancelling ---- */

typedef struct watcher {
    ash_context *ctx;
    int calls, finished, cancel;
    int64_t done, total;
} watcher;

static void watch(const ash_progress *progress, void *user) {
    watcher *w = user;
    w->calls++;
    w->finished += progress->finished;
    assert_true(progress->tasks_done >= w->done && progress->tasks_done <= progress->tasks_total);
    assert_true(progress->memory_now <= progress->memory_limit);
    w->done = progress->tasks_done;
    w->total = progress->tasks_total;
    if (w->cancel) {
        ash_cancel(w->ctx);
    }
}

/* Nobody waits for its end: thousands of chunks of slow functions, seconds on any machine. */
static ash_array slow_sum(ash_context *ctx) {
    ash_array x = ash_linspace(ctx, 0, 1, 200000000, &(ash_make_options){ .chunks = "50000" });
    for (int k = 0; k < 6; k++) {
        x = ash_tan(ash_tanh(ash_cbrt(x)));
    }
    return ash_sum(x, NULL);
}

static void progress_is_reported(void **state) {
    (void)state;
    watcher w = { 0 };
    ash_context *ctx =
        ash_context_new(&(ash_context_options){ .num_threads = 2, .memory_limit = 1 << 28, .progress = watch, .progress_user = &w });
    assert_non_null(ctx);
    assert_true(real_of(ash_sum(vector_of(ctx, ASH_FLOAT64, 4, data, "1"), NULL)) == 10);
    assert_int_equal(w.finished, 1);
    assert_true(w.total >= 4 && w.done == w.total);
    ash_context_free(ctx);
}

static void cancelling_stops_the_run(void **state) {
    (void)state;
    static const char *const executors[] = { "serial", "openmp" };
    for (int k = 0; k < 2; k++) {
        watcher w = { .cancel = 1 };
        ash_context *ctx = ash_context_new(&(ash_context_options){
            .num_threads = 2, .executor = executors[k], .memory_limit = 1 << 28, .progress = watch, .progress_user = &w });
        assert_non_null(ctx);
        w.ctx = ctx;
        double x;
        ash_array total = slow_sum(ctx);
        assert_int_equal(ash_compute(total, &x, sizeof x, NULL), ASH_ERR_CANCELLED);
        assert_sentence(ctx, ASH_ERR_CANCELLED, "cancelled");
        assert_int_equal(w.finished, 1);
        assert_true(w.done < w.total);
        /* Cancelling without a run does nothing, and the next run is not affected. */
        w = (watcher){ .ctx = ctx };
        ash_cancel(ctx);
        assert_true(real_of(ash_sum(vector_of(ctx, ASH_FLOAT64, 4, data, "1"), NULL)) == 10);
        ash_context_free(ctx);
    }
}

static ash_context *signalled;

static void on_alarm(int signal) {
    (void)signal;
    ash_cancel(signalled);
}

static void a_signal_handler_may_cancel(void **state) {
    (void)state;
    signalled = context_with(2, "openmp");
    struct sigaction action = { .sa_handler = on_alarm }, before;
    sigaction(SIGALRM, &action, &before);
    double x;
    ash_array total = slow_sum(signalled);
    ualarm(50000, 50000); /* again and again: the first may come before the run has begun */
    assert_int_equal(ash_compute(total, &x, sizeof x, NULL), ASH_ERR_CANCELLED);
    ualarm(0, 0);
    sigaction(SIGALRM, &before, NULL);
    ash_context_free(signalled);
}

/* A host that is parallel itself: one context a thread. */
static void contexts_in_parallel(void **state) {
    (void)state;
    int wrong = 0;
#pragma omp parallel for num_threads(4) reduction(+ : wrong)
    for (int k = 0; k < 32; k++) {
        ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 2, .executor = "openmp", .memory_limit = 1 << 28 });
        double x = 0;
        ash_array total = ash_sum(ash_add(vector_of(ctx, ASH_FLOAT64, 4, data, "1"), ash_real(ctx, k)), NULL);
        wrong += ash_compute(total, &x, sizeof x, NULL) != ASH_OK || x != 10 + 4 * k;
        ash_context_free(ctx);
    }
    assert_int_equal(wrong, 0);
}

/* What is planned is what the values asked for are made from: thousands of small results cost the same whatever else a context holds, with scopes and without. Were
 * each to look at all there is, this would take minutes. */
static void other_arrays_cost_nothing(void **state) {
    (void)state;
    enum { OTHERS = 300000, RESULTS = 4000, MOST_SECONDS = 60 };
    ash_context *ctx = context_with(1, NULL);
    for (int k = 0; k < OTHERS; k++) {
        ash_real(ctx, k);
    }
    ash_array first = ash_cast(ash_real(ctx, 1), ASH_FLOAT64);
    time_t began = time(NULL);
    for (int k = 0; k < RESULTS; k++) {
        assert_true(real_of(ash_add(first, ash_real(ctx, k))) == 1 + k);
        assert_done(ctx, ash_scope_begin(ctx));
        assert_true(real_of(ash_add(first, ash_real(ctx, 2 * k))) == 1 + 2 * k);
        assert_done(ctx, ash_scope_end(ctx, NULL, 0));
        assert_true(time(NULL) - began < MOST_SECONDS);
    }
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stale_handles_are_refused),
        cmocka_unit_test(kept_arrays_live_on),
        cmocka_unit_test(release_is_not_called_on_failure),
        cmocka_unit_test(scopes_bound_long_loops),
        cmocka_unit_test(long_chains),
        cmocka_unit_test(long_chains_take_no_more_memory),
        cmocka_unit_test(wide_sums),
        cmocka_unit_test(shared_parts_are_computed_once),
        cmocka_unit_test(many_arrays_at_once),
        cmocka_unit_test(other_arrays_cost_nothing),
        cmocka_unit_test(progress_is_reported),
        cmocka_unit_test(cancelling_stops_the_run),
        cmocka_unit_test(a_signal_handler_may_cancel),
        cmocka_unit_test(contexts_in_parallel),
    };
    return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
