#include "run/pool.h"

#include "base/memory.h"

#include <stddef.h>

enum { ALIGNMENT = 64, SLAB_BYTES = 64 << 10, SMALL = 4 << 10 };

/* Idle blocks are chained through their first bytes. Blocks above SMALL are allocations of their own; the address the system gave stands in front of them. */
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

static void *aligned_new(int64_t bytes) {
    char *raw = ash_malloc(bytes + ALIGNMENT + (int64_t)sizeof(void *));
    if (!raw) {
        return NULL;
    }
    char *memory = (char *)(((uintptr_t)raw + sizeof(void *) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    ((void **)(void *)memory)[-1] = raw;
    return memory;
}

static void aligned_free(void *memory) { ash_free(((void **)memory)[-1]); }

/* Returns idle large blocks to the system, largest first, until `bytes` more fit. Small ones stay in their slabs. */
static void trim(ash_pool *pool, int64_t bytes) {
    for (int class = ASH_POOL_CLASSES - 1; class > class_of(SMALL) && pool->live + pool->idle + bytes > pool->limit; class--) {
        int64_t size = pool->free_list[class] ? pool->class_size[class] : 0;
        while (pool->free_list[class] && pool->live + pool->idle + bytes > pool->limit) {
            ash_pool_block *block = pool->free_list[class];
            pool->free_list[class] = block->next;
            pool->idle -= size;
            aligned_free(block);
        }
    }
}

void ash_pool_begin(ash_pool *pool, int64_t limit) { *pool = (ash_pool){.limit = limit}; }

static void *take_small(ash_pool *pool, int64_t bytes) {
    if (pool->slab_left < bytes) {
        char *slab = aligned_new(SLAB_BYTES);
        if (!slab) {
            return NULL;
        }
        ((slab_head *)(void *)slab)->next = pool->slabs;
        pool->slabs = slab;
        pool->slab = slab + ALIGNMENT;
        pool->slab_left = SLAB_BYTES - ALIGNMENT;
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
        pool->idle -= bytes;
    } else if (bytes <= SMALL) {
        block = take_small(pool, bytes);
    } else {
        trim(pool, bytes);
        block = aligned_new(bytes);
    }
    if (block) {
        pool->class_size[class] = bytes;
        pool->live += bytes;
        pool->peak = pool->live + pool->idle > pool->peak ? pool->live + pool->idle : pool->peak;
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
    pool->idle += bytes;
}

void ash_pool_end(ash_pool *pool) {
    for (int class = class_of(SMALL) + 1; class < ASH_POOL_CLASSES; class++) {
        while (pool->free_list[class]) {
            ash_pool_block *block = pool->free_list[class];
            pool->free_list[class] = block->next;
            aligned_free(block);
        }
    }
    while (pool->slabs) {
        slab_head *slab = pool->slabs;
        pool->slabs = slab->next;
        aligned_free(slab);
    }
    *pool = (ash_pool){0};
}
