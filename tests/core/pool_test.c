/* The buffer pool: what is idle makes room for what is needed, and nothing that is in use does. */
#include "plan/plan.h"
#include "run/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCKS = 400, LIMIT = BLOCKS * 14336 * 5 / 4 };

static void take_all(ash_pool *pool, char *block[], int64_t bytes) {
    for (int i = 0; i < BLOCKS; i++) {
        block[i] = ash_pool_take(pool, bytes);
        assert_non_null(block[i]);
        assert_int_equal((uintptr_t)block[i] % 64, 0);
        memset(block[i], i & 255, (size_t)bytes);
    }
}

static void give_all(ash_pool *pool, char *block[], int64_t bytes) {
    for (int i = 0; i < BLOCKS; i++) {
        for (int64_t k = 0; k < bytes; k++) {
            assert_int_equal((unsigned char)block[i][k], i & 255);
        }
        ash_pool_give(pool, block[i], bytes);
    }
}

static void idle_blocks_of_another_size_make_room(void **state) {
    (void)state;
    const int64_t size[] = { 64, 14336, 12288, 10240, 16384, 8192, 14336, 64 };
    ash_pool pool;
    ash_pool_begin(&pool, LIMIT);
    for (size_t k = 0; k < sizeof size / sizeof size[0]; k++) {
        char *block[BLOCKS];
        take_all(&pool, block, size[k]);
        give_all(&pool, block, size[k]);
    }
    assert_in_range(pool.peak, 1, LIMIT);
    assert_int_equal(pool.live, 0);
    ash_pool_end(&pool);
}

static void slabs_in_use_stay(void **state) {
    (void)state;
    ash_pool pool;
    ash_pool_begin(&pool, ASH_SLAB_BYTES);
    char *kept[BLOCKS], *other[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) { /* one of each size in every slab, far beyond the limit */
        kept[i] = ash_pool_take(&pool, 1024);
        other[i] = ash_pool_take(&pool, 10240);
        assert_true(kept[i] && other[i]);
        memset(kept[i], i & 255, 1024);
    }
    for (int i = 0; i < BLOCKS; i++) {
        ash_pool_give(&pool, other[i], 10240);
    }
    take_all(&pool, other, 5120);
    give_all(&pool, other, 5120);
    give_all(&pool, kept, 1024);
    ash_pool_end(&pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_blocks_of_another_size_make_room),
        cmocka_unit_test(slabs_in_use_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
