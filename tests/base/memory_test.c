#include "base_test.h"

#include "base/memory.h"

static void odd_sizes(void **state) {
    (void)state;
    assert_null(ash_malloc(-1));
    assert_null(ash_calloc(-1, 8));
    assert_null(ash_calloc(8, -1));
    assert_null(ash_calloc(INT64_MAX, 16));
    void *memory = ash_malloc(0);
    assert_non_null(memory);
    assert_null(ash_realloc(memory, -5));
    memory = ash_realloc(memory, 0);
    assert_non_null(memory);
    ash_free(memory);
    memory = ash_calloc(0, 8);
    assert_non_null(memory);
    ash_free(memory);
    ash_free(NULL);
}

/* Which of eight allocations fail, as bits. */
static int failing(int64_t n, int onward) {
    int bits = 0;
    ash_fail_allocations(n, onward);
    for (int i = 0; i < 8; i++) {
        void *memory = ash_malloc(1);
        bits |= (memory == NULL) << i;
        ash_free(memory);
    }
    ash_fail_allocations(0, 0);
    return bits;
}

static void failures_on_demand(void **state) {
    (void)state;
    assert_int_equal(failing(0, 0), 0x00);
    assert_int_equal(failing(1, 0), 0x01);
    assert_int_equal(failing(3, 0), 0x04);
    assert_int_equal(failing(3, 1), 0xfc);
    assert_int_equal(failing(9, 1), 0x00);
    void *memory = ash_malloc(1);
    assert_non_null(memory);
    ash_free(memory);
}

static void arena_memory_is_zeroed_aligned_and_separate(void **state) {
    (void)state;
    ash_arena arena = { 0 };
    unsigned char *memory[400];
    int64_t sizes[400];
    for (int i = 0; i < 400; i++) {
        sizes[i] = i % 50 == 49 ? 3000 * i : i % 97;
        memory[i] = ash_arena_alloc(&arena, sizes[i]);
        assert_non_null(memory[i]);
        assert_int_equal((uintptr_t)memory[i] % 16, 0);
        for (int64_t k = 0; k < sizes[i]; k++)
            assert_int_equal(memory[i][k], 0);
        memset(memory[i], i & 255, (size_t)sizes[i]);
    }
    for (int i = 0; i < 400; i++)
        for (int64_t k = 0; k < sizes[i]; k++)
            assert_int_equal(memory[i][k], i & 255);
    assert_true(arena.bytes > 0);
    ash_arena_free(&arena);
    assert_int_equal(arena.bytes, 0);
    ash_arena_free(&arena);
}

static void arena_copies(void **state) {
    (void)state;
    ash_arena arena = { 0 };
    assert_null(ash_arena_strdup(&arena, NULL));
    assert_string_equal(ash_arena_strdup(&arena, ""), "");
    assert_string_equal(ash_arena_strdup(&arena, "time,lat"), "time,lat");
    assert_memory_equal(ash_arena_memdup(&arena, "ab\0cd", 5), "ab\0cd", 5);
    assert_non_null(ash_arena_memdup(&arena, NULL, 0));
    ash_arena_free(&arena);
}

static void arena_out_of_memory(void **state) {
    (void)state;
    ash_arena arena = { 0 };
    assert_null(ash_arena_alloc(&arena, -1));
    assert_null(ash_arena_alloc(&arena, INT64_MAX));
    ash_fail_allocations(1, 1);
    assert_null(ash_arena_alloc(&arena, 8));
    assert_null(ash_arena_alloc(&arena, 1 << 22));
    assert_null(ash_arena_strdup(&arena, "x"));
    ash_fail_allocations(0, 0);
    assert_int_equal(arena.bytes, 0);
    assert_non_null(ash_arena_alloc(&arena, 8));
    ash_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_sizes),
        cmocka_unit_test(failures_on_demand),
        cmocka_unit_test(arena_memory_is_zeroed_aligned_and_separate),
        cmocka_unit_test(arena_copies),
        cmocka_unit_test(arena_out_of_memory),
    };
    return cmocka_run_group_tests_name("base: memory", tests, NULL, NULL);
}
