#include "run/pool.h"

#include "base/memory.h"
#include "plan/plan.h"

#include <stddef.h>

/* Idle blocks are chained through their first bytes. */
struct ash_pool_block {
    ash_pool_block *next;
};

/* Classes as ash_round_bytes() makes them: four to a doubling, from 64 bytes. */
static int class_of(int64_t bytes) {
    int64_t step = 64;
    int class = 0;
    while (step * 8 < bytes) {
        step *= 2;
        class += 4;
    }
    return class + (int)(bytes / step);
}

/* The bytes of a class. */
static int64_t size_of(int class) {
    return class <= 8 ? class * (int64_t)64 : (5 + (class - 5) % 4) * ((int64_t)64 << (class - 5) / 4);
}

static void *pop(ash_pool_block **list) {
    ash_pool_block *block = *list;
    if (block) {
        *list = block->next;
    }
    return block;
}

static void push(ash_pool_block **list, void *memory) {
    ash_pool_block *block = memory;
    block->next = *list;
    *list = block;
}

static void note_peak(ash_pool *pool) {
    int64_t held = ash_pool_held(pool);
    pool->peak = held > pool->peak ? held : pool->peak;
}

/* ---- The room ---- */

static int is_in_room(const ash_pool *pool, const void *memory) {
    uintptr_t place = (uintptr_t)memory, room = (uintptr_t)pool->room;
    return place >= room && place - room < (uintptr_t)pool->room_used;
}

/* What is left of a block becomes smaller ones, as large as can be. */
static void keep_rest(ash_pool *pool, char *memory, int64_t bytes) {
    for (int class = class_of(bytes); bytes > 0; class --) {
        for (; size_of(class) <= bytes; bytes -= size_of(class)) {
            push(&pool->idle_in_room[class], memory);
            memory += size_of(class);
        }
    }
}

/* From what was not used yet, or the front of the smallest idle block that is larger. NULL: there is none. */
static void *take_in_room(ash_pool *pool, int64_t bytes) {
    if (bytes <= pool->room_bytes - pool->room_used) {
        void *memory = pool->room + pool->room_used;
        pool->room_used += bytes;
        note_peak(pool);
        return memory;
    }
    for (int class = class_of(bytes) + 1; class <= class_of(ASH_SMALL_BYTES); class ++) {
        char *block = pop(&pool->idle_in_room[class]);
        if (block) {
            keep_rest(pool, block + bytes, size_of(class) - bytes);
            return block;
        }
    }
    return NULL;
}

/* ---- Outside ---- */

static void free_one(ash_pool *pool, int class) {
    void *block = pop(&pool->idle[class]);
    int64_t bytes = size_of(class);
    pool->outside -= bytes;
    if (bytes <= ASH_SMALL_BYTES) {
        ash_free(block);
    } else {
        ash_page_free(block, bytes);
    }
}

/* Returns idle blocks to the system until `bytes` more fit, the largest first. */
static void trim(ash_pool *pool, int64_t bytes) {
    for (int class = ASH_POOL_CLASSES - 1; class > 0 && pool->outside + bytes > pool->limit; class --) {
        while (pool->idle[class] && pool->outside + bytes > pool->limit) {
            free_one(pool, class);
        }
    }
}

static void *take_outside(ash_pool *pool, int64_t bytes) {
    trim(pool, bytes);
    void *memory = bytes <= ASH_SMALL_BYTES ? ash_malloc_aligned(bytes) : ash_page_alloc(bytes);
    if (memory) {
        pool->outside += bytes;
        note_peak(pool);
    }
    return memory;
}

/* ---- The pool ---- */

void ash_pool_begin(ash_pool *pool, int64_t limit, int64_t room_bytes) {
    *pool = (ash_pool){ .limit = limit, .room_bytes = room_bytes };
}

static void *take(ash_pool *pool, int64_t bytes) {
    int class = class_of(bytes);
    void *memory = pop(&pool->idle_in_room[class]);
    memory = memory ? memory : pop(&pool->idle[class]);
    if (memory) {
        return memory;
    }
    if (bytes <= ASH_SMALL_BYTES) {
        pool->room = pool->room ? pool->room : ash_page_alloc(pool->room_bytes);
        if (!pool->room) {
            return NULL;
        }
        memory = take_in_room(pool, bytes);
    }
    return memory ? memory : take_outside(pool, bytes);
}

void *ash_pool_take(ash_pool *pool, int64_t bytes) {
    void *memory = take(pool, bytes);
    pool->live += memory ? bytes : 0;
    return memory;
}

void ash_pool_give(ash_pool *pool, void *memory, int64_t bytes) {
    if (memory) {
        push(is_in_room(pool, memory) ? &pool->idle_in_room[class_of(bytes)] : &pool->idle[class_of(bytes)], memory);
        pool->live -= bytes;
    }
}

void ash_pool_end(ash_pool *pool) {
    for (int class = 1; class < ASH_POOL_CLASSES; class ++) {
        while (pool->idle[class]) {
            free_one(pool, class);
        }
    }
    ash_page_free(pool->room, pool->room_bytes);
    *pool = (ash_pool){ 0 };
}
