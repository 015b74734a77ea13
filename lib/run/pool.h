/* The buffer pool: chunk memory by size class, reused, and given back where it would pass its share of the limit. What is idle in slabs of which a part is in use
 * stays: it belongs to the slack of the limit. */
#ifndef ASH_RUN_POOL_H
#define ASH_RUN_POOL_H

#include <stdint.h>

enum { ASH_POOL_CLASSES = 160 };

typedef struct ash_pool_block ash_pool_block;
typedef struct ash_pool_slab ash_pool_slab;
typedef struct ash_pool {
    int64_t limit; /* of everything held */
    int64_t live;  /* bytes handed out */
    int64_t held;  /* bytes taken from the system: live, idle, and slabs for small blocks */
    int64_t peak;  /* most that was held at once */
    ash_pool_block *free_list[ASH_POOL_CLASSES];
    int64_t class_size[ASH_POOL_CLASSES];
    ash_pool_slab *slabs; /* small blocks are cut from the first of them */
    char *slab;           /* from here */
    int64_t slab_left;
    int64_t idle_slabs; /* of which nothing is in use */
} ash_pool;

/* Not thread-safe: the executor's lock guards it. `bytes` must be a value of ash_round_bytes(). Memory is aligned to 64 bytes and not
 * zeroed. NULL when the system gives none; admission has made sure that the limit is kept. */
void ash_pool_begin(ash_pool *pool, int64_t limit);
void *ash_pool_take(ash_pool *pool, int64_t bytes);
void ash_pool_give(ash_pool *pool, void *memory, int64_t bytes);
void ash_pool_end(ash_pool *pool);

#endif
