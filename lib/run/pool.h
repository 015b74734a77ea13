/* The buffer pool: chunk memory by size class, reused. Small blocks are cut from the *room*, which is theirs for the whole run and which the plan counts as such; where it
 * is full, and for large blocks, memory is taken one by one, and what is idle of that goes back to the system where it would pass the limit. So what is held is at most the
 * limit and the room, whatever sizes come in whatever order. */
#ifndef ASH_RUN_POOL_H
#define ASH_RUN_POOL_H

#include <stdint.h>

enum { ASH_POOL_CLASSES = 160 };

typedef struct ash_pool_block ash_pool_block;
typedef struct ash_pool {
    int64_t limit;   /* of what is held outside the room */
    int64_t live;    /* bytes handed out */
    int64_t outside; /* bytes taken one by one: live and idle */
    int64_t peak;    /* most that was held at once, the part of the room that has been used included */
    ash_pool_block *idle[ASH_POOL_CLASSES], *idle_in_room[ASH_POOL_CLASSES];
    char *room; /* NULL until it is needed */
    int64_t room_bytes, room_used;
} ash_pool;

/* Not thread-safe: the executor's lock guards it. `bytes` must be a value of ash_round_bytes(). Memory is aligned to 64 bytes and not
 * zeroed. NULL when the system gives none; admission has made sure that what is handed out keeps to the limit. */
void ash_pool_begin(ash_pool *pool, int64_t limit, int64_t room_bytes);
void *ash_pool_take(ash_pool *pool, int64_t bytes);
void ash_pool_give(ash_pool *pool, void *memory, int64_t bytes);
void ash_pool_end(ash_pool *pool);
static inline int64_t ash_pool_held(const ash_pool *pool) {
    return pool->outside + pool->room_used;
}

#endif
