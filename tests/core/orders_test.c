/* Several results: side by side where memory allows, one after another where that takes less, and the same bits. */
#include "core_test.h"

enum { RESULTS = 12, ROWS = 60, COLUMNS = 5000 };

/* Each result is a running sum, whose first pass keeps all of its chunks: side by side all of all results live at once. Each has a source of its
 * own: of one source the passes would be one. */
static void make_results(ash_context *ctx, int n, ash_array results[]) {
    static double field[RESULTS][ROWS * COLUMNS];
    for (int r = 0; r < n; r++) {
        for (int64_t k = 0; k < ROWS * COLUMNS; k++) {
            field[r][k] = (double)(k % 97);
        }
        ash_array a =
            ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ ROWS, COLUMNS }, field[r], &(ash_make_options){ .chunks = "5, -1" });
        ash_array shifted = ash_cumsum(ash_add(a, ash_int(ctx, r)), "1");
        results[r] = ash_sum(ash_rechunk(ash_transpose(shifted, NULL), "500, -1"), "1");
        assert_good(results[r]);
    }
}

static void one_after_another_takes_less(void **state) {
    (void)state;
    ash_context *ctx = ash_context_new(&(ash_context_options){
        .size = sizeof(ash_context_options), .num_threads = 2, .executor = "openmp", .memory_limit = (int64_t)1 << 30, .scratch = "none" });
    static double expected[RESULTS][COLUMNS], found[RESULTS][COLUMNS];
    ash_array results[RESULTS];
    void *to[RESULTS];
    int64_t bytes[RESULTS];
    make_results(ctx, RESULTS, results);
    for (int r = 0; r < RESULTS; r++) {
        to[r] = expected[r];
        bytes[r] = sizeof expected[r];
    }
    assert_done(ctx, ash_compute_many(ctx, RESULTS, results, to, bytes, NULL));
    ash_plan_info wide = ash_last_run(ctx), narrow = { .size = sizeof narrow };
    for (int r = 0; r < RESULTS; r++) {
        to[r] = found[r];
    }
    ash_compute_options options = { .memory_limit = wide.sequential_peak / 2 };
    assert_done(ctx, ash_plan_query(ctx, RESULTS, results, &options, &narrow));
    assert_true(narrow.sequential_peak <= options.memory_limit);
    assert_int_equal(narrow.tasks, wide.tasks); /* one plan for all of them still */
    assert_done(ctx, ash_compute_many(ctx, RESULTS, results, to, bytes, &options));
    assert_memory_equal(expected, found, sizeof expected);
    assert_true(ash_last_run(ctx).peak_bytes <= options.memory_limit + (128 << 10));
    ash_context_free(ctx);
}

/* The time of planning grows with the number of results, not with its square: told by counting tasks, and by ending at all. */
static void very_many_results(void **state) {
    (void)state;
    enum { MANY = 3000 };
    ash_context *ctx = context_with(1, "serial");
    static double values[MANY][10];
    static ash_array results[MANY];
    static void *to[MANY];
    static int64_t bytes[MANY];
    for (int r = 0; r < MANY; r++) {
        results[r] = ash_add(ash_arange(ctx, 0, 10, 1, &(ash_make_options){ .chunks = "1" }), ash_int(ctx, r));
        results[r] = ash_cast(results[r], ASH_FLOAT64);
        to[r] = values[r];
        bytes[r] = sizeof values[r];
    }
    assert_done(ctx, ash_compute_many(ctx, MANY, results, to, bytes, NULL));
    for (int r = 0; r < MANY; r++) {
        assert_true(values[r][0] == r && values[r][9] == r + 9);
    }
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(one_after_another_takes_less), cmocka_unit_test(very_many_results) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
