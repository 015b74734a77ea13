/* Ranks in one process: the same bits for any number of them, each within its limit, and transfers only where chunks of other ranks are needed. */
#include "held_expressions.h"

static ash_plan_info query_with(ash_array a, const ash_compute_options *options) {
    ash_plan_info info = { .size = sizeof info };
    assert_done(a.context, ash_plan_query(a.context, 1, &a, options, &info));
    return info;
}

static void any_number_of_ranks_gives_the_same_bits(void **state) {
    (void)state;
    for (int e = 0; e < EXPRESSIONS; e++) {
        ash_context *ctx = context_with(2, "openmp");
        ash_array a = expressions[e].build(ctx);
        assert_good(a);
        void *expected = values_of(a), *found = malloc((size_t)bytes_of(a));
        for (int n = 1; n <= 13; n += 1 + n / 4) {
            char executor[16];
            snprintf(executor, sizeof executor, "ranks:%d", n);
            ash_compute_options options = { .executor = executor };
            ash_plan_info info = query_with(a, &options);
            assert_true(n > 1 ? info.bytes_transferred > 0 : info.bytes_transferred == 0);
            for (int64_t limit = info.least_limit; limit < 2 * info.sequential_peak; limit += limit / 2) {
                options.memory_limit = limit;
                memset(found, 0xee, (size_t)bytes_of(a));
                if (ash_compute(a, found, bytes_of(a), &options) != ASH_OK) {
                    fail_msg("%s on %s with a limit of %lld: %s", expressions[e].name, executor, (long long)limit, ash_error(ctx));
                }
                assert_memory_equal(expected, found, (size_t)bytes_of(a));
                assert_true(ash_last_run(ctx).peak_bytes <= limit);
            }
            options.memory_limit = info.least_limit - 1;
            assert_int_equal(ash_compute(a, found, bytes_of(a), &options), ASH_ERR_LIMIT);
        }
        free(expected);
        free(found);
        ash_context_free(ctx);
    }
}

/* What each rank can do with its own chunks moves nothing; a sum moves partial results, not chunks; a new grid moves the boxes that are needed, not the chunks around them. */
static void little_is_moved(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, "serial");
    ash_array a = rows_of(ctx), sums = ash_cumsum(a, "x");
    ash_compute_options options = { .executor = "ranks:4" };
    assert_int_equal(query_with(ash_add(ash_sqrt(a), sums), &options).bytes_transferred, 0);
    assert_true(query_with(ash_sum(sums, NULL), &options).bytes_transferred < 100000);
    int64_t moved = query_with(ash_rechunk(sums, "-1, 10"), &options).bytes_transferred;
    assert_true(moved > (int64_t)sizeof field / 2 && moved < (int64_t)sizeof field);
    ash_context_free(ctx);
}

/* Each with less than the whole takes. */
static void many_ranks_need_less_each(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, "serial");
    ash_array a = ash_rechunk(ash_cumsum(rows_of(ctx), "x"), "-1, 10");
    int64_t one = query_with(a, &(ash_compute_options){ .executor = "ranks:1" }).sequential_peak;
    int64_t four = query_with(a, &(ash_compute_options){ .executor = "ranks:4" }).sequential_peak;
    assert_true(four < one * 2 / 3);
    ash_context_free(ctx);
}

static void executors_that_are_none(void **state) {
    (void)state;
    static const char *const names[] = { "ranks:0", "ranks:", "ranks:-2", "ranks:65", "ranks:2x", "rank:2", "" };
    ash_context *ctx = context_with(1, "serial");
    double sum;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        ash_compute_options options = { .executor = names[k] };
        assert_int_equal(ash_compute(ash_sum(rows_of(ctx), NULL), &sum, sizeof sum, &options), ASH_ERR_ARGUMENT);
        assert_sentence(ctx, ASH_ERR_ARGUMENT, "executor must be serial, openmp, or ranks:N with N from 1 to 64, found '");
    }
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_ranks_gives_the_same_bits),
        cmocka_unit_test(little_is_moved),
        cmocka_unit_test(many_ranks_need_less_each),
        cmocka_unit_test(executors_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
