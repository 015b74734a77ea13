/* Inside a host program: its own threads and OpenMP regions, its use of the lock, cancelling, progress, and the figures it is told. */
#include "netcdf_support.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

enum { DAYS = 60, CELLS = 5000, HOSTS = 4 };

static double expected_sum; /* of the expression, computed alone */

static ash_array temperature(ash_context *ctx) {
    return ash_open(ctx, test_path("t.nc"), "t", NULL);
}

/* sum(sqrt(|t - mean|)) of the file, NaN on failure: CMocka's assertions may only be used in the main thread. */
static double compute_sum(int threads, const char *executor) {
    double sum = NAN;
    ash_context *ctx =
        ash_context_new(&(ash_context_options){ .num_threads = threads, .executor = executor, .memory_limit = (int64_t)1 << 30 });
    if (!ctx) {
        return sum;
    }
    ash_array t = temperature(ctx);
    if (ash_compute(ash_sum(ash_sqrt(ash_absolute(ash_sub(t, ash_mean(t, "time")))), NULL), &sum, sizeof sum, NULL) != ASH_OK) {
        fprintf(stderr, "%s\n", ash_error(ctx));
        sum = NAN;
    }
    ash_context_free(ctx);
    return sum;
}

static int make_file(void **state) {
    if (make_test_folder(state) != 0) {
        return -1;
    }
    ash_context *ctx = context_with(1, NULL);
    ash_array t = ash_sin(ash_add(ash_arange(ctx, 0, DAYS, 1, &(ash_make_options){ .dims = "time" }),
        ash_linspace(ctx, 0, 1, CELLS, &(ash_make_options){ .dims = "cell" })));
    assert_done(ctx, ash_write(ash_rechunk(t, "7,900"), test_path("t.nc"), "t", &(ash_write_options){ .deflate = 1, .shuffle = true }));
    ash_context_free(ctx);
    expected_sum = compute_sum(1, "serial");
    return expected_sum > 0 ? 0 : -1;
}

/* ---- The host's threads ---- */

static void inside_a_single(void **state) {
    (void)state;
    double sum[2] = { 0, 0 };
#pragma omp parallel num_threads(3)
    {
#pragma omp single
        sum[0] = compute_sum(3, "openmp");
#pragma omp single
        sum[1] = compute_sum(1, "serial");
    }
    assert_true(sum[0] == expected_sum && sum[1] == expected_sum);
}

static void inside_every_thread_of_a_region(void **state) {
    (void)state;
    double sum[HOSTS] = { 0 };
#pragma omp parallel for num_threads(HOSTS) schedule(static, 1)
    for (int k = 0; k < HOSTS; k++) {
        sum[k] = compute_sum(1 + k % 3, k % 2 ? "openmp" : "serial");
    }
    for (int k = 0; k < HOSTS; k++) {
        assert_true(sum[k] == expected_sum);
    }
}

static void inside_tasks(void **state) {
    (void)state;
    double sum[HOSTS] = { 0 };
#pragma omp parallel num_threads(3)
#pragma omp single
    for (int k = 0; k < HOSTS; k++) {
#pragma omp task firstprivate(k) shared(sum)
        sum[k] = compute_sum(2, "openmp");
    }
    for (int k = 0; k < HOSTS; k++) {
        assert_true(sum[k] == expected_sum);
    }
}

static void *compute_in_thread(void *out) {
    *(double *)out = compute_sum(2, "openmp");
    return NULL;
}

static void several_contexts_at_once(void **state) {
    (void)state;
    pthread_t thread[HOSTS];
    double sum[HOSTS] = { 0 };
    for (int k = 0; k < HOSTS; k++) {
        assert_int_equal(pthread_create(&thread[k], NULL, compute_in_thread, &sum[k]), 0);
    }
    for (int round = 0; round < 20; round++) { /* the host reads the same file meanwhile, under the lock */
        int file;
        ash_io_lock();
        ash_io_lock(); /* recursive */
        nc_done(nc_open(test_path("t.nc"), NC_NOWRITE, &file));
        nc_done(nc_close(file));
        ash_io_unlock();
        ash_io_unlock();
    }
    for (int k = 0; k < HOSTS; k++) {
        assert_int_equal(pthread_join(thread[k], NULL), 0);
        assert_true(sum[k] == expected_sum);
    }
}

/* ---- Cancelling ---- */

/* Some 10^12 elements: nobody waits for that. */
static ash_array endless(ash_context *ctx) {
    ash_array row = ash_sin(ash_arange(ctx, 0, 1000000, 1, &(ash_make_options){ .dims = "x" }));
    return ash_sum(ash_mul(row, ash_rechunk(ash_arange(ctx, 0, 1000000, 1, &(ash_make_options){ .dims = "y" }), "1000")), NULL);
}

typedef struct canceller {
    ash_context *ctx;
    pthread_t thread;
    atomic_int enough;
} canceller;

static void *cancel_again_and_again(void *user) {
    canceller *c = user;
    while (!atomic_load(&c->enough)) { /* one before the run begins does nothing */
        usleep(100000);
        ash_cancel(c->ctx);
    }
    return NULL;
}

static void begin_cancelling(canceller *c, ash_context *ctx) {
    c->ctx = ctx;
    atomic_store(&c->enough, 0);
    assert_int_equal(pthread_create(&c->thread, NULL, cancel_again_and_again, c), 0);
}

static void end_cancelling(canceller *c) {
    atomic_store(&c->enough, 1);
    assert_int_equal(pthread_join(c->thread, NULL), 0);
}

static void cancelling_from_a_thread(void **state) {
    (void)state;
    for (int threads = 1; threads <= 3; threads += 2) {
        ash_context *ctx = context_with(threads, NULL);
        canceller c;
        double value;
        begin_cancelling(&c, ctx);
        assert_int_equal(ash_compute(endless(ctx), &value, sizeof value, NULL), ASH_ERR_CANCELLED);
        assert_sentence(ctx, ASH_ERR_CANCELLED, "compute");
        end_cancelling(&c);
        assert_true(real_of(ash_sum(ash_ones(ctx, ASH_FLOAT64, 1, (int64_t[]){ 10 }, NULL), NULL)) == 10);
        /* A cancelled write leaves nothing. */
        int before = test_entries(0);
        begin_cancelling(&c, ctx);
        assert_int_equal(ash_write(endless(ctx), test_path("never.nc"), "v", NULL), ASH_ERR_CANCELLED);
        end_cancelling(&c);
        assert_int_equal(test_entries(0), before);
        ash_context_free(ctx);
    }
}

/* ---- Progress ---- */

typedef struct seen {
    ash_context *ctx; /* cancelled at the first call, if there is one */
    int calls, finished, falling;
    ash_progress last;
} seen;

static void watch(const ash_progress *now, void *user) {
    seen *s = user;
    s->falling += s->calls > 0 &&
        (now->tasks_done < s->last.tasks_done || now->bytes_read < s->last.bytes_read || now->seconds < s->last.seconds ||
            now->tasks_total != s->last.tasks_total || s->last.finished);
    s->calls++;
    s->finished += now->finished;
    s->last = *now;
    if (s->ctx) {
        ash_cancel(s->ctx);
    }
}

static ash_context *watched(int threads, seen *s) {
    *s = (seen){ 0 };
    ash_context *ctx = ash_context_new(
        &(ash_context_options){ .num_threads = threads, .memory_limit = (int64_t)1 << 30, .progress = watch, .progress_user = s });
    assert_non_null(ctx);
    return ctx;
}

static void progress_rises_and_finishes_once(void **state) {
    (void)state;
    for (int threads = 1; threads <= 3; threads += 2) {
        seen s;
        ash_context *ctx = watched(threads, &s);
        ash_array t = temperature(ctx), total = ash_sum(t, NULL);
        assert_good(total);
        assert_int_equal(s.calls, 0); /* building is lazy */
        real_of(total);
        assert_int_equal(s.finished, 1);
        assert_true(s.falling == 0 && s.last.finished && s.last.tasks_done == s.last.tasks_total && s.last.tasks_total > 0);
        assert_true(s.last.bytes_read == (int64_t)DAYS * CELLS * 8 && s.last.bytes_read == s.last.bytes_read_total);
        assert_int_equal(s.last.memory_limit, (int64_t)1 << 30);
        assert_true(s.last.memory_now <= s.last.memory_limit);
        s = (seen){ 0 };
        assert_done(ctx, ash_write(t, test_path("copy.nc"), "t", NULL));
        assert_true(s.finished == 1 && s.falling == 0 && s.last.bytes_written == (int64_t)DAYS * CELLS * 8);
        s = (seen){ .ctx = ctx }; /* cancelled by the callback itself */
        double value;
        assert_int_equal(ash_compute(endless(ctx), &value, sizeof value, NULL), ASH_ERR_CANCELLED);
        assert_true(s.calls >= 2 && s.finished == 1 && s.falling == 0 && s.last.tasks_done < s.last.tasks_total);
        ash_context_free(ctx);
    }
}

/* ---- Figures ---- */

static void expect_words(const char *text, const char *const words[]) {
    assert_non_null(text);
    for (; *words; words++) {
        if (!strstr(text, *words)) {
            fail_msg("no '%s' in:\n%s", *words, text);
        }
    }
}

static void explaining(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    ash_array t = temperature(ctx), root = ash_mean(ash_sqrt(ash_absolute(t)), "time");
    const char *const words[] = { "t.nc", "sqrt", "abs", "mean", "tasks", "2 threads", "float64", "cell 5000", "least limit", NULL };
    expect_words(ash_explain(ctx, 1, &root, NULL), words);
    assert_null(ash_explain(ctx, 0, NULL, NULL));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "explain");
    const ash_array failed = ash_mean(t, "level");
    assert_null(ash_explain(ctx, 1, &failed, NULL));
    assert_int_equal(ash_error_status(ctx), ASH_ERR_DIMENSION);
    ash_context_free(ctx);
}

static void bytes_read_are_as_planned(void **state) {
    (void)state;
    const int64_t once = (int64_t)DAYS * CELLS * 8;
    for (int threads = 1; threads <= 3; threads += 2) {
        ash_context *ctx = context_with(threads, NULL);
        ash_array t = temperature(ctx);
        const ash_array arrays[] = { ash_mean(t, NULL), ash_mean(t, "time"), ash_sub(t, ash_mean(t, "time")),
            ash_sub(t, ash_mean(t, "time")) };
        const int64_t expected[] = { once, once, 2 * once, once }; /* the last with room to keep what both passes need */
        for (int k = 0; k < 4; k++) {
            setenv("ASH_PASSES", k == 2 ? "-keep" : "all", 1);
            ash_plan_info plan = { 0 };
            assert_done(ctx, ash_plan_query(ctx, 1, &arrays[k], NULL, &plan));
            free(values_of(arrays[k]));
            ash_plan_info run = ash_last_run(ctx);
            assert_int_equal(plan.bytes_read, expected[k]);
            assert_int_equal(run.bytes_read, expected[k]);
            assert_int_equal(run.tasks, plan.tasks);
            assert_true(run.peak_bytes <= plan.peak_bytes && plan.peak_bytes <= plan.memory_limit && plan.least_limit <= plan.memory_limit);
        }
        unsetenv("ASH_PASSES");
        ash_context_free(ctx);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inside_a_single),
        cmocka_unit_test(inside_every_thread_of_a_region),
        cmocka_unit_test(inside_tasks),
        cmocka_unit_test(several_contexts_at_once),
        cmocka_unit_test(cancelling_from_a_thread),
        cmocka_unit_test(progress_rises_and_finishes_once),
        cmocka_unit_test(explaining),
        cmocka_unit_test(bytes_read_are_as_planned),
    };
    return cmocka_run_group_tests(tests, make_file, remove_test_folder);
}
