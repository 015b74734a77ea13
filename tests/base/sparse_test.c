/* Sparse tables against a plain array, over small and huge ranges, and when memory runs out. */
#include "base_test.h"

#include "base/memory.h"
#include "base/sparse.h"

#include <stdlib.h>

enum { ENTRIES = 20000, SEEDS = 20 };

/* Indices near one another, far apart, and at both ends. */
static int64_t some_index(int64_t range) {
    int64_t near = rand() % 3000, far = (int64_t)((double)rand() / RAND_MAX * (double)(range - 1));
    switch (rand() % 4) {
    case 0: return near % range;
    case 1: return range - 1 - near % range;
    default: return far;
    }
}

static void holds_what_was_set(void **state) {
    (void)state;
    const int64_t ranges[] = { 1, 2, 65536, 65537, 1000000, (int64_t)1 << 40, INT64_MAX / 4 };
    static int64_t index[ENTRIES];
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
        ash_sparse table = ash_sparse_new(ranges[r]);
        assert_int_equal(ash_sparse_get(&table, 0), ASH_NO_ID);
        assert_int_equal(table.bytes, 0);
        for (uint32_t k = 0; k < ENTRIES; k++) {
            index[k] = some_index(ranges[r]);
            assert_true(ash_sparse_set(&table, index[k], k));
        }
        /* The value of an index is the last one it was given, so what an earlier round gave is at most that. */
        for (uint32_t k = 0; k < ENTRIES; k++) {
            uint32_t found = ash_sparse_get(&table, index[k]);
            assert_true(found != ASH_NO_ID && found >= k && index[found] == index[k]);
        }
        int64_t unused = 0;
        for (int k = 0; k < ENTRIES; k++) {
            uint32_t found = ash_sparse_get(&table, some_index(ranges[r]));
            unused += found == ASH_NO_ID;
            assert_true(found == ASH_NO_ID || found < ENTRIES);
        }
        assert_true(ranges[r] < 100000 || unused > 0);
        assert_true(table.bytes < (int64_t)ENTRIES * 5000);
        ash_sparse_free(&table);
        assert_int_equal(table.bytes, 0);
        assert_int_equal(ash_sparse_get(&table, 0), ASH_NO_ID);
    }
}

static void survives_without_memory(void **state) {
    (void)state;
    for (int64_t n = 1, done = 0; !done; n++) {
        ash_sparse table = ash_sparse_new((int64_t)1 << 50);
        done = 1;
        ash_fail_allocations(n, 0);
        for (uint32_t k = 0; k < 100; k++) {
            int set = ash_sparse_set(&table, (int64_t)k << 40, k);
            done &= set;
            assert_int_equal(ash_sparse_get(&table, (int64_t)k << 40), set ? k : ASH_NO_ID);
        }
        ash_fail_allocations(0, 0);
        ash_sparse_free(&table);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(holds_what_was_set), cmocka_unit_test(survives_without_memory) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
