/* Watched runs: traces and reports. */
#include "seeing_support.h"

#include <fcntl.h>

/* ---- Traces ---- */

#ifdef ASH_TEST_JSON

static void traces_add_up(void **state) {
    (void)state;
    static const char *const executors[] = { "serial", "openmp" };
    for (int e = 0; e < 2; e++) {
        ash_context *ctx = context_with(2, executors[e]);
        ash_array a = anomaly(ctx);
        double *values = malloc(DAYS * CELLS * 8), *plain = values_of(a);
        const ash_compute_options options = { .trace = test_path("trace.json") };
        assert_done(ctx, ash_compute(a, values, DAYS * CELLS * 8, &options));
        assert_memory_equal(values, plain, DAYS * CELLS * 8);
        ash_plan_info run = ash_last_run(ctx);
        traced t = sum_trace(test_path("trace.json"));
        assert_int_equal(t.tasks, run.tasks);
        assert_int_equal(t.read, run.bytes_read);
        assert_int_equal(t.reads, run.bytes_read);
        assert_int_equal(t.moved, run.bytes_moved);
        assert_true(t.memory > 0);
        ash_plan_info plan = { 0 };
        assert_done(ctx, ash_plan_query(ctx, 1, &a, &options, &plan));
        assert_int_equal(plan.bytes_moved, run.bytes_moved);
        json_object *last = parse(ash_explain_last_json(ctx)), *measured = get(last, "measured");
        assert_int_equal(number(measured, "bytes_read"), run.bytes_read);
        assert_int_equal(number(measured, "bytes_decoded"), run.bytes_decoded);
        assert_int_equal(number(measured, "peak_bytes"), run.peak_bytes);
        assert_int_equal(number(json_object_array_get_idx(get(last, "reads"), 0), "measured"), run.bytes_read);
        json_object_put(last);
        assert_done(ctx, ash_write(a, test_path("anomaly.nc"), "a", &(ash_write_options){ .compute = &options }));
        t = sum_trace(test_path("trace.json"));
        assert_int_equal(t.tasks, ash_last_run(ctx).tasks);
        assert_int_equal(t.written, DAYS * CELLS * 8);
        free(values);
        free(plain);
        ash_context_free(ctx);
    }
}

static void traces_tell_of_scratch(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, "serial");
    int64_t shape[] = { 400, 500 };
    ash_array sums = ash_cumsum(ash_ones(ctx, ASH_FLOAT64, 2, shape, &(ash_make_options){ .chunks = "20, -1" }), "1");
    ash_array a = ash_rechunk(ash_transpose(sums, NULL), "50, 50");
    double *values = malloc(sizeof *values * 400 * 500);
    ash_plan_info plan = { .size = sizeof plan };
    assert_done(ctx, ash_plan_query(ctx, 1, &a, NULL, &plan));
    const ash_compute_options options = { .trace = test_path("spill.json"), .memory_limit = plan.least_limit + (2 << 20) - (1 << 19) };
    assert_done(ctx, ash_compute(a, values, sizeof *values * 400 * 500, &options));
    ash_plan_info run = ash_last_run(ctx);
    traced t = sum_trace(test_path("spill.json"));
    assert_true(run.bytes_spilled > 0 && run.bytes_loaded > 0);
    assert_int_equal(t.tasks, run.tasks);
    assert_int_equal(t.spilled, run.bytes_spilled);
    assert_int_equal(t.loaded, run.bytes_loaded);
    assert_int_equal(t.moved, run.bytes_moved);
    free(values);
    ash_context_free(ctx);
}

/* Many more events than a thread has room for. */
static void long_traces_are_whole(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    ash_array sum = ash_sum(ash_add(ash_rechunk(ash_arange(ctx, 0, 20000, 1, NULL), "5"), ash_int(ctx, 1)), NULL);
    double value = 0;
    assert_done(ctx, ash_compute(ash_cast(sum, ASH_FLOAT64), &value, 8, &(ash_compute_options){ .trace = test_path("long.json") }));
    traced t = sum_trace(test_path("long.json"));
    assert_int_equal(t.tasks, ash_last_run(ctx).tasks);
    assert_true(t.tasks > 4000);
    ash_context_free(ctx);
}

static void cancel(const ash_progress *progress, void *user) {
    ash_cancel(*(ash_context **)user);
    (void)progress;
}

static void stopped_runs_leave_whole_files(void **state) {
    (void)state;
    ash_context *ctx = NULL;
    ctx = ash_context_new(&(ash_context_options){ .num_threads = 2, .memory_limit = 1 << 28, .progress = cancel, .progress_user = &ctx });
    ash_array row = ash_sin(ash_arange(ctx, 0, 1000000, 1, &(ash_make_options){ .dims = "x" }));
    ash_array endless =
        ash_sum(ash_mul(row, ash_rechunk(ash_arange(ctx, 0, 1000000, 1, &(ash_make_options){ .dims = "y" }), "1000")), NULL);
    double value;
    const ash_compute_options options = { .trace = test_path("stopped.json"), .report = test_path("stopped.html") };
    assert_int_equal(ash_compute(endless, &value, 8, &options), ASH_ERR_CANCELLED);
    traced t = sum_trace(test_path("stopped.json"));
    assert_true(t.tasks < ash_last_run(ctx).tasks);
    char *report = contents(test_path("stopped.html"));
    assert_non_null(strstr(report, "cancelled"));
    assert_non_null(strstr(report, "</html>"));
    free(report);
    assert_non_null(strstr(ash_explain_last(ctx), "measured"));
    ash_context_free(ctx);
}

#endif

/* ---- Files that cannot be written ---- */

static void files_that_cannot_be_written(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    ash_array a = anomaly(ctx);
    double *values = calloc(DAYS * CELLS, 8), *plain = values_of(a);
    for (int report = 0; report < 2; report++) {
        ash_compute_options nowhere = { .trace = report ? NULL : "/nonexistent/x", .report = report ? "/nonexistent/x" : NULL };
        assert_int_equal(ash_compute(a, values, DAYS * CELLS * 8, &nowhere), ASH_ERR_IO);
        assert_sentence(ctx, ASH_ERR_IO, "'/nonexistent/x' cannot be written: No such file");
        assert_true(values[1] == 0);
        if (access("/dev/full", W_OK) == 0) {
            ash_error_clear(ctx);
            ash_compute_options full = { .trace = report ? NULL : "/dev/full", .report = report ? "/dev/full" : NULL };
            assert_done(ctx, ash_compute(a, values, DAYS * CELLS * 8, &full));
            assert_memory_equal(values, plain, DAYS * CELLS * 8);
            assert_sentence(ctx, ASH_ERR_IO, "No space left");
            assert_done(ctx, ash_write(a, test_path("full.nc"), "a", &(ash_write_options){ .compute = &full }));
            assert_sentence(ctx, ASH_ERR_IO, "No space left");
            ash_future *future = ash_submit(a, &full);
            assert_int_equal(ash_future_wait(future, -1), ASH_FUTURE_FINISHED);
            assert_non_null(strstr(ash_future_error(future), "No space left"));
            assert_done(ctx, ash_future_result(future, values, DAYS * CELLS * 8));
            ash_future_release(future);
            assert_int_equal(ash_graph(ctx, 1, &a, "/dev/full", NULL), ASH_ERR_IO);
        }
        memset(values, 0, DAYS * CELLS * 8);
    }
    free(values);
    free(plain);
    ash_context_free(ctx);
}

static void runs_are_numbered(void **state) {
    (void)state;
    setenv("ASH_TRACE", test_path("env.json"), 1);
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 1, .report = test_path("env") });
    unsetenv("ASH_TRACE");
    assert_string_equal(ash_context_get_options(ctx).trace, test_path("env.json"));
    for (int k = 0; k < 2; k++) {
        assert_true(real_of(ash_sum(ash_ones(ctx, ASH_FLOAT64, 1, (int64_t[]){ 10 }, NULL), NULL)) == 10);
    }
    assert_int_equal(access(test_path("env.json"), R_OK), 0);
    assert_int_equal(access(test_path("env-2.json"), R_OK), 0);
    assert_int_equal(access(test_path("env-3.json"), R_OK), -1);
    assert_int_equal(access(test_path("env"), R_OK), 0);
    assert_int_equal(access(test_path("env-2"), R_OK), 0);
    double value; /* an empty path: not this one */
    assert_done(
        ctx, ash_compute(ash_ones(ctx, ASH_FLOAT64, 0, NULL, NULL), &value, 8, &(ash_compute_options){ .trace = "", .report = "" }));
    assert_int_equal(access(test_path("env-3.json"), R_OK), -1);
    ash_context_free(ctx);
}

/* ---- Reports ---- */

static void reports_are_whole_pages(void **state) {
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        ash_context *ctx = context_with(threads, NULL);
        ash_array sources[] = { ash_mean(hostile_source(ctx), NULL), anomaly(ctx) };
        for (int k = 0; k < 2; k++) {
            int64_t bytes = ash_size(sources[k]) * 8;
            void *values = malloc((size_t)bytes);
            assert_done(ctx, ash_compute(sources[k], values, bytes, &(ash_compute_options){ .report = test_path("run.html") }));
            char *page = contents(test_path("run.html"));
            must_be_whole_page(page);
            assert_non_null(strstr(page, k == 0 ? "a&quot;b\\c&lt;/script&gt;" : "sub</td>"));
            assert_non_null(strstr(page, threads == 2 ? "thread 1" : "thread 0"));
            assert_non_null(strstr(page, "peak memory"));
            free(page);
            free(values);
        }
        ash_context_free(ctx);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef ASH_TEST_JSON
        cmocka_unit_test(traces_add_up),
        cmocka_unit_test(traces_tell_of_scratch),
        cmocka_unit_test(long_traces_are_whole),
        cmocka_unit_test(stopped_runs_leave_whole_files),
#endif
        cmocka_unit_test(files_that_cannot_be_written),
        cmocka_unit_test(runs_are_numbered),
        cmocka_unit_test(reports_are_whole_pages),
    };
    return cmocka_run_group_tests_name("watch", tests, make_file, remove_test_folder);
}
