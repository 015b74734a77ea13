#include "run/pool.h"

#include "base/memory.h"
#include "plan/plan.h"

#include <stddef.h>

/* Small blocks are cut from slabs, four or more from each, and return to their class; large ones are pages of their own. Both go back to the system when the limit is
 * near: large ones one by one, slabs when nothing of them is in use. */
enum { ALIGNMENT = 64, SMALL = 14 << 10 };

/* Idle blocks are chained through their first bytes. */
struct ash_pool_block {
    ash_pool_block *next;
};

/* At the beginning of a slab. */
struct ash_pool_slab {
    ash_pool_slab *next;
    int64_t used; /* blocks of it that are handed out; one more while blocks are cut from it */
};

/* The slab of a small block: slabs lie at multiples of their size. */
static ash_pool_slab *slab_of(void *block) {
    return (ash_pool_slab *)(void *)((char *)block - (uintptr_t)block % ASH_SLAB_BYTES);
}

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

static void forget_blocks_of_idle_slabs(ash_pool *pool) {
    for (int class = 0; class <= class_of(SMALL); class ++) {
        for (ash_pool_block **link = &pool->free_list[class]; *link;) {
            if (slab_of(*link)->used == 0) {
                *link = (*link)->next;
            } else {
                link = &(*link)->next;
            }
        }
    }
}

static void free_idle_slabs(ash_pool *pool) {
    forget_blocks_of_idle_slabs(pool);
    for (ash_pool_slab **link = &pool->slabs; *link;) {
        ash_pool_slab *slab = *link;
        if (slab->used == 0) {
            *link = slab->next;
            pool->held -= ASH_SLAB_BYTES;
            ash_page_free(slab, ASH_SLAB_BYTES);
        } else {
            link = &slab->next;
        }
    }
    pool->idle_slabs = 0;
}

/* Returns idle memory to the system until `bytes` more fit: large blocks, largest first, then slabs. */
static void trim(ash_pool *pool, int64_t bytes) {
    for (int class = ASH_POOL_CLASSES - 1; class > class_of(SMALL) && pool->held + bytes > pool->limit; class --) {
        while (pool->free_list[class] && pool->held + bytes > pool->limit) {
            ash_pool_block *block = pool->free_list[class];
            pool->free_list[class] = block->next;
            pool->held -= pool->class_size[class];
            ash_page_free(block, pool->class_size[class]);
        }
    }
    if (pool->idle_slabs > 0 && pool->held + bytes > pool->limit) {
        free_idle_slabs(pool);
    }
}

static void count_held(ash_pool *pool, int64_t bytes) {
    pool->held += bytes;
    pool->peak = pool->held > pool->peak ? pool->held : pool->peak;
}

static void *take_large(ash_pool *pool, int64_t bytes) {
    trim(pool, bytes);
    void *memory = ash_page_alloc(bytes);
    if (memory) {
        count_held(pool, bytes);
    }
    return memory;
}

void ash_pool_begin(ash_pool *pool, int64_t limit) {
    *pool = (ash_pool){ .limit = limit };
}

static void use_slab(ash_pool *pool, ash_pool_slab *slab) {
    pool->idle_slabs -= slab->used++ == 0;
}

static void leave_slab(ash_pool *pool, ash_pool_slab *slab) {
    pool->idle_slabs += --slab->used == 0;
}

/* Begins a new slab to cut from. 0 when out of memory. */
static int take_slab(ash_pool *pool) {
    trim(pool, ASH_SLAB_BYTES);
    ash_pool_slab *slab = ash_page_alloc_aligned(ASH_SLAB_BYTES);
    if (!slab) {
        return 0;
    }
    count_held(pool, ASH_SLAB_BYTES);
    if (pool->slabs) {
        leave_slab(pool, pool->slabs);
    }
    *slab = (ash_pool_slab){ .next = pool->slabs, .used = 1 };
    pool->slabs = slab;
    pool->slab = (char *)slab + ALIGNMENT;
    pool->slab_left = ASH_SLAB_BYTES - ALIGNMENT;
    return 1;
}

static void *take_small(ash_pool *pool, int64_t bytes) {
    if (pool->slab_left < bytes && !take_slab(pool)) {
        return NULL;
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
        block = bytes <= SMALL ? take_small(pool, bytes) : take_large(pool, bytes);
    }
    if (block && bytes <= SMALL) {
        use_slab(pool, slab_of(block));
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
    if (bytes <= SMALL) {
        leave_slab(pool, slab_of(block));
    }
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
        ash_pool_slab *slab = pool->slabs;
        pool->slabs = slab->next;
        ash_page_free(slab, ASH_SLAB_BYTES);
    }
    *pool = (ash_pool){ 0 };
}
