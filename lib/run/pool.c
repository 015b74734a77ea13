#include "run/pool.h"

#include "base/memory.h"
#include "plan/plan.h"

#include <stddef.h>

/* Small blocks are cut from slabs and return to their class; large ones are pages of their own and can go back to the system. */
enum { ALIGNMENT = 64, SMALL = 16 << 10 };

/* Idle blocks are chained through their first bytes. */
struct ash_pool_block {
    ash_pool_block *next;
};

typedef struct slab_head {
    void *next;
} slab_head;

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

/* Returns idle large blocks to the system, largest first, until `bytes` more fit. */
static void trim(ash_pool *pool, int64_t bytes) {
    for (int class = ASH_POOL_CLASSES - 1; class > class_of(SMALL) && pool->held + bytes > pool->limit; class --) {
        while (pool->free_list[class] && pool->held + bytes > pool->limit) {
            ash_pool_block *block = pool->free_list[class];
            pool->free_list[class] = block->next;
            pool->held -= pool->class_size[class];
            ash_page_free(block, pool->class_size[class]);
        }
    }
}

static void *take_pages(ash_pool *pool, int64_t bytes) {
    trim(pool, bytes);
    void *memory = ash_page_alloc(bytes);
    if (memory) {
        pool->held += bytes;
        pool->peak = pool->held > pool->peak ? pool->held : pool->peak;
    }
    return memory;
}

void ash_pool_begin(ash_pool *pool, int64_t limit) {
    *pool = (ash_pool){ .limit = limit };
}

static void *take_small(ash_pool *pool, int64_t bytes) {
    if (pool->slab_left < bytes) {
        char *slab = take_pages(pool, ASH_SLAB_BYTES);
        if (!slab) {
            return NULL;
        }
        ((slab_head *)(void *)slab)->next = pool->slabs;
        pool->slabs = slab;
        pool->slab = slab + ALIGNMENT;
        pool->slab_left = ASH_SLAB_BYTES - ALIGNMENT;
    }
    void *memory = pool->slab;
    pool->slab += bytes;
    pool->slab_left -= bytes;
    return memory;
}

void *ash_pool_take(ash_pool *pool, int64_t bytes) {
    int class = class_of(bytes);
    ash_pool_block *block = pool->free_list[class];
    if (block) {
        pool->free_list[class] = block->next;
    } else {
        block = bytes <= SMALL ? take_small(pool, bytes) : take_pages(pool, bytes);
    }
    if (block) {
        pool->class_size[class] = bytes;
        pool->live += bytes;
    }
    return block;
}

void ash_pool_give(ash_pool *pool, void *memory, int64_t bytes) {
    int class = class_of(bytes);
    ash_pool_block *block = memory;
    if (!block) {
        return;
    }
    block->next = pool->free_list[class];
    pool->free_list[class] = block;
    pool->live -= bytes;
}

void ash_pool_end(ash_pool *pool) {
    for (int class = class_of(SMALL) + 1; class < ASH_POOL_CLASSES; class ++) {
        while (pool->free_list[class]) {
            ash_pool_block *block = pool->free_list[class];
            pool->free_list[class] = block->next;
            ash_page_free(block, pool->class_size[class]);
        }
    }
    while (pool->slabs) {
        slab_head *slab = pool->slabs;
        pool->slabs = slab->next;
        ash_page_free(slab, ASH_SLAB_BYTES);
    }
    *pool = (ash_pool){ 0 };
}
