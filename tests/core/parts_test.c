/* Results that do not fit the limit together: computed one after another, told as one. */
#include "seeing_support.h"

enum { PARTS = 4, LONG = 1 << 17, ROWS = 8 };

static void make_long_file(ash_context *ctx) {
    ash_array x = ash_add(ash_arange(ctx, 0, ROWS, 1, &(ash_make_options){ .dims = "y", .chunks = "1" }),
        ash_linspace(ctx, 0, 1, LONG, &(ash_make_options){ .dims = "x" }));
    assert_done(ctx, ash_write(x, test_path("long.nc"), "x", &(ash_write_options){ .chunks = "1,-1" }));
}

/* Each needs a row of states, and all of them the file. */
static void long_results(ash_context *ctx, ash_array out[PARTS]) {
    ash_array x = ash_open(ctx, test_path("long.nc"), "x", NULL);
    ash_array all[PARTS] = { ash_sum(x, "y"), ash_mean(ash_index(x, "2:"), "y"), ash_std(x, "y"), ash_max(x, "y") };
    memcpy(out, all, sizeof all);
}

typedef struct whole_job {
    int calls, ended, wrong;
    ash_progress last;
} whole_job;

static void watch_job(const ash_progress *p, void *user) {
    whole_job *w = user;
    w->calls++;
    w->wrong += p->tasks_done < w->last.tasks_done || p->bytes_read < w->last.bytes_read || p->seconds < w->last.seconds ||
        p->memory_peak < w->last.memory_peak || p->done < w->last.done || w->ended > 0;
    w->wrong += w->calls > 1 && (p->tasks_total != w->last.tasks_total || p->bytes_read_total != w->last.bytes_read_total);
    w->ended += p->finished;
    w->last = *p;
}

/* A context and the options of a run that has room for one result at a time. */
static ash_context *context_for_one(int threads, whole_job *seen, ash_array out[PARTS], ash_compute_options *options) {
    ash_context *ctx = ash_context_new(&(ash_context_options){
        .num_threads = threads, .memory_limit = 1 << 28, .scratch = "none", .progress = watch_job, .progress_user = seen });
    assert_non_null(ctx);
    long_results(ctx, out);
    ash_plan_info info = { 0 };
    assert_done(ctx, ash_plan_query(ctx, PARTS, out, options, &info));
    options->memory_limit = info.least_limit + (1 << 19);
    return ctx;
}

static void runs_one_after_another_are_one(void **state) {
    (void)state;
    ash_context *maker = context_with(1, NULL);
    make_long_file(maker);
    ash_context_free(maker);
    for (int threads = 1; threads <= 2; threads++) {
        whole_job seen = { 0 };
        ash_array out[PARTS];
        void *buffer[PARTS];
        int64_t bytes[PARTS];
        ash_compute_options options = { .trace = test_path("parts.json"), .report = test_path("parts.html") };
        ash_context *ctx = context_for_one(threads, &seen, out, &options);
        ash_plan_info plan = { 0 };
        for (int k = 0; k < PARTS; k++) {
            bytes[k] = ash_size(out[k]) * 8;
            buffer[k] = malloc((size_t)bytes[k]);
        }
        assert_done(ctx, ash_plan_query(ctx, PARTS, out, &options, &plan));
        assert_non_null(strstr(ash_explain(ctx, PARTS, out, &options), "there are 4 runs, one after another"));
        assert_done(ctx, ash_compute_many(ctx, PARTS, out, buffer, bytes, &options));
        ash_plan_info run = ash_last_run(ctx);
        const int64_t row = LONG * 8;
        assert_int_equal(run.bytes_read, (3 * ROWS + ROWS - 2) * row); /* three pass over all of it */
        assert_int_equal(run.bytes_read, plan.bytes_read);
        assert_int_equal(run.bytes_needed, ROWS * row);
        assert_int_equal(run.tasks, plan.tasks);
        assert_int_equal(run.groups, plan.groups);
        assert_true(run.groups >= PARTS && run.peak_bytes <= plan.peak_bytes && plan.peak_bytes <= options.memory_limit);
        assert_int_equal(run.bytes_moved, plan.bytes_moved);

        assert_true(seen.wrong == 0 && seen.ended == 1);
        assert_int_equal(seen.last.tasks_done, run.tasks);
        assert_int_equal(seen.last.tasks_total, run.tasks);
        assert_int_equal(seen.last.bytes_read, run.bytes_read);
        assert_int_equal(seen.last.bytes_read_total, run.bytes_read);
        assert_int_equal(seen.last.memory_peak, run.peak_bytes);
        assert_true(seen.last.seconds >= run.seconds);

        const char *text = ash_explain_last(ctx);
        assert_non_null(strstr(text, "4 passes"));
        assert_non_null(strstr(text, "group 3"));
        char *page = contents(test_path("parts.html"));
        must_be_whole_page(page);
        assert_non_null(strstr(page, "fold     max into result 3"));
        free(page);
#ifdef ASH_TEST_JSON
        json_object *last = parse(ash_explain_last_json(ctx)), *groups = get(last, "groups");
        assert_int_equal(number(last, "runs"), PARTS);
        assert_int_equal(json_object_array_length(groups), run.groups);
        assert_int_equal(number(json_object_array_get_idx(groups, (size_t)run.groups - 1), "group"), run.groups - 1);
        assert_int_equal(number(get(last, "measured"), "bytes_read"), run.bytes_read);
        assert_int_equal(number(json_object_array_get_idx(get(last, "reads"), 0), "measured"), run.bytes_read);
        assert_int_equal(number(json_object_array_get_idx(get(last, "reads"), 0), "needed"), ROWS * row);
        json_object_put(last);
        traced t = sum_trace(test_path("parts.json"));
        assert_int_equal(t.tasks, run.tasks);
        assert_int_equal(t.read, run.bytes_read);
        assert_int_equal(t.moved, run.bytes_moved);
#endif
        for (int k = 0; k < PARTS; k++) {
            double *alone = values_of(out[k]);
            assert_memory_equal(alone, buffer[k], (size_t)bytes[k]);
            free(alone);
            free(buffer[k]);
        }
        ash_context_free(ctx);
    }
}

/* Several variables of one file, too. */
static void writes_one_after_another_are_one(void **state) {
    (void)state;
    static const char *const names[] = { "sum", "mean", "std", "max" };
    whole_job seen = { 0 };
    ash_array out[PARTS];
    ash_compute_options options = { 0 };
    ash_context *ctx = context_for_one(1, &seen, out, &options);
    assert_done(
        ctx, ash_write_many(ctx, PARTS, out, test_path("four.cdf"), names, &(ash_write_options){ .format = "cdf5", .compute = &options }));
    ash_plan_info run = ash_last_run(ctx);
    assert_non_null(strstr(ash_explain_last(ctx), "there are 4 runs"));
    assert_int_equal(run.bytes_written, (int64_t)PARTS * LONG * 8);
    assert_int_equal(run.bytes_read, (4 * ROWS - 2) * (int64_t)LONG * 8);
    assert_true(seen.wrong == 0 && seen.ended == 1);
    assert_int_equal(seen.last.bytes_written, run.bytes_written);
    assert_int_equal(seen.last.tasks_done, seen.last.tasks_total);
    ash_context_free(ctx);
}

/* What the first runs did is told, also when a later one fails. */
static ash_status fail_late(const ash_function_call *call, void *user) {
    (void)user;
    snprintf(call->message, (size_t)call->message_bytes, "too late");
    return ASH_ERR_ARGUMENT;
}

static void parts_that_fail_are_told(void **state) {
    (void)state;
    whole_job seen = { 0 };
    ash_array out[PARTS];
    ash_compute_options options = { 0 };
    ash_context *ctx = context_for_one(1, &seen, out, &options);
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "late", .function = fail_late }));
    out[3] = ash_map_blocks(ctx, "late", 1, &out[3], ASH_FLOAT64);
    void *buffer[PARTS];
    int64_t bytes[PARTS];
    for (int k = 0; k < PARTS; k++) {
        bytes[k] = LONG * 8;
        buffer[k] = malloc(LONG * 8);
    }
    ash_plan_info plan = { 0 };
    options.memory_limit = 0;
    assert_done(ctx, ash_plan_query(ctx, PARTS, out, &options, &plan));
    options.memory_limit = plan.least_limit + (1 << 19);
    assert_done(ctx, ash_plan_query(ctx, PARTS, out, &options, &plan));
    assert_int_equal(ash_compute_many(ctx, PARTS, out, buffer, bytes, &options), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "compute: late in group ");
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "too late");
    assert_int_equal(ash_last_run(ctx).bytes_read, plan.bytes_read);
    assert_true(seen.wrong == 0 && seen.ended == 1 && seen.last.finished);
    assert_non_null(strstr(ash_explain_last(ctx), "there are 4 runs"));
    for (int k = 0; k < PARTS; k++) {
        free(buffer[k]);
    }
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_one_after_another_are_one),
        cmocka_unit_test(writes_one_after_another_are_one),
        cmocka_unit_test(parts_that_fail_are_told),
    };
    return cmocka_run_group_tests_name("parts", tests, make_file, remove_test_folder);
}
