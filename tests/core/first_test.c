/* f = sum(A * B + C) = 66: the first test, for several chunkings, executors and numbers of threads. */
#include "core_test.h"

static const double a[5] = { 3, 4, 2, 1, 2 }, b[5] = { 2, 3, 3, 9, 4 }, c[5] = { 5, 8, 6, 0, 6 };
static const char *const chunkings[] = { "3", "3+2", "1", "2+1+2", "-1", "1+4", NULL };
enum { CHUNKINGS = sizeof chunkings / sizeof chunkings[0] };

static void check(int threads, const char *executor) {
    ash_context *ctx = context_with(threads, executor);
    for (int k = 0; k < CHUNKINGS; k++) {
        for (int j = 0; j < CHUNKINGS; j++) {
            ash_array A = vector_of(ctx, ASH_FLOAT64, 5, a, chunkings[k]);
            ash_array B = vector_of(ctx, ASH_FLOAT64, 5, b, chunkings[j]);
            ash_array C = vector_of(ctx, ASH_FLOAT64, 5, c, chunkings[(k + j) % CHUNKINGS]);
            assert_true(real_of(ash_sum(ash_add(ash_mul(A, B), C), NULL)) == 66);
        }
    }
    ash_context_free(ctx);
}

static void serial(void **state) {
    (void)state;
    check(1, "serial");
}

static void openmp(void **state) {
    (void)state;
    check(1, "openmp");
    check(2, "openmp");
    check(5, "openmp");
}

/* Chunks of 3 and 2 are what the text asks for, and what the array says it has. */
static void chunks_are_as_asked(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array A = vector_of(ctx, ASH_FLOAT64, 5, a, "3");
    assert_int_equal(ash_chunk_count(A, 0), 2);
    assert_int_equal(ash_chunk_extent(A, 0, 0), 3);
    assert_int_equal(ash_chunk_extent(A, 0, 1), 2);
    assert_int_equal(ash_chunk_extent(A, 0, 2), -1);
    ash_context_free(ctx);
}

static void integers_and_mixed(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, "openmp");
    const int32_t ai[5] = { 3, 4, 2, 1, 2 };
    const uint8_t bi[5] = { 2, 3, 3, 9, 4 };
    ash_array A = vector_of(ctx, ASH_INT32, 5, ai, "3"), B = vector_of(ctx, ASH_UINT8, 5, bi, "2"),
              C = vector_of(ctx, ASH_FLOAT64, 5, c, "4");
    assert_true(real_of(ash_sum(ash_add(ash_mul(A, B), C), NULL)) == 66);
    assert_int_equal(integer_of(ash_sum(ash_mul(A, B), NULL)), 41);
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serial),
        cmocka_unit_test(openmp),
        cmocka_unit_test(chunks_are_as_asked),
        cmocka_unit_test(integers_and_mixed),
    };
    return cmocka_run_group_tests_name("first", tests, NULL, NULL);
}
