/* The buffer pool: what is idle makes room for what is needed, and what is held never passes the limit and the room. */
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
    const int64_t room[] = { ASH_ROOM_BYTES, BLOCKS * 8192, LIMIT };
    for (size_t r = 0; r < sizeof room / sizeof room[0]; r++) {
        ash_pool pool;
        ash_pool_begin(&pool, LIMIT, room[r]);
        for (size_t k = 0; k < sizeof size / sizeof size[0]; k++) {
            char *block[BLOCKS];
            take_all(&pool, block, size[k]);
            give_all(&pool, block, size[k]);
        }
        assert_in_range(pool.peak, 1, LIMIT + room[r]);
        assert_int_equal(pool.live, 0);
        ash_pool_end(&pool);
    }
}

/* Small blocks of which some stay leave holes in the room: what comes then is taken outside, and all are as they were. */
static void the_room_is_full(void **state) {
    (void)state;
    ash_pool pool;
    ash_pool_begin(&pool, LIMIT, ASH_ROOM_BYTES);
    char *kept[BLOCKS], *other[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        kept[i] = ash_pool_take(&pool, 1024);
        other[i] = ash_pool_take(&pool, 10240);
        assert_true(kept[i] && other[i]);
        memset(kept[i], i & 255, 1024);
    }
    for (int i = 0; i < BLOCKS; i++) {
        ash_pool_give(&pool, other[i], 10240);
    }
    take_all(&pool, other, 12288);
    assert_in_range(pool.peak, BLOCKS * (1024 + 12288), LIMIT + ASH_ROOM_BYTES);
    give_all(&pool, other, 12288);
    give_all(&pool, kept, 1024);
    ash_pool_end(&pool);
}

enum { MANY = 2000, STEPS = 20000 };

static void check_and_give(ash_pool *pool, unsigned char *block, int64_t bytes, int mark) {
    for (int64_t i = 0; i < bytes; i++) {
        assert_int_equal(block[i], mark & 255);
    }
    ash_pool_give(pool, block, bytes);
}

/* Blocks of all sizes come and go in any order while what is handed out keeps to the limit: what is held never passes the limit and the room. */
static void the_limit_is_kept(void **state) {
    (void)state;
    static const int64_t sizes[] = { 64, 128, 192, 320, 640, 1024, 2560, 5120, 10240, 14336, 16384, 81920 };
    static unsigned char *block[MANY];
    static int64_t bytes[MANY];
    for (uint32_t seed = 1; seed <= 50; seed++) {
        uint32_t random = seed * 2654435761u;
        int64_t limit = (256 << 10) * (int64_t)(seed % 7 + 1), room = ASH_ROOM_BYTES * (int64_t)(seed % 3 + 1);
        ash_pool pool;
        ash_pool_begin(&pool, limit, room);
        memset(block, 0, sizeof block);
        for (int step = 0; step < STEPS; step++) {
            random = random * 1664525u + 1013904223u;
            int k = (int)(random >> 8) % MANY, fewer = step / 4000 % 2;
            int64_t size = sizes[(random >> 20) % (fewer ? 6 : 12)];
            if (block[k]) {
                check_and_give(&pool, block[k], bytes[k], k);
                block[k] = NULL;
            } else if (pool.live + size <= limit) {
                block[k] = ash_pool_take(&pool, size);
                bytes[k] = size;
                assert_non_null(block[k]);
                assert_int_equal((uintptr_t)block[k] % 64, 0);
                memset(block[k], k & 255, (size_t)size);
            }
            assert_true(ash_pool_held(&pool) <= limit + room && pool.peak <= limit + room);
        }
        for (int k = 0; k < MANY; k++) {
            if (block[k]) {
                check_and_give(&pool, block[k], bytes[k], k);
            }
        }
        assert_int_equal(pool.live, 0);
        ash_pool_end(&pool);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_blocks_of_another_size_make_room),
        cmocka_unit_test(the_room_is_full),
        cmocka_unit_test(the_limit_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
