/* Small metadata memory: checked allocation and arenas. Chunk memory comes from the buffer pool (lib/run), never from here. */
#ifndef ASH_BASE_MEMORY_H
#define ASH_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Every allocation of the library outside external libraries goes through these functions, so that tests can make the n-th one fail.
 * NULL when out of memory, and for a size that is negative or above 1 TiB; size 0 gives memory that must be freed, too. ash_realloc()
 * leaves the old memory when it fails. */
void *ash_malloc(int64_t bytes);
void *ash_malloc_aligned(int64_t bytes); /* at a multiple of 64, bytes > 0 */
void *ash_calloc(int64_t count, int64_t size);
void *ash_realloc(void *memory, int64_t bytes);
void ash_free(void *memory);
/* Whole pages, for large blocks: given back to the system at once when freed, which malloc does not promise. */
void *ash_page_alloc(int64_t bytes);
void ash_page_free(void *memory, int64_t bytes);
/* Lists whose size the caller remembers: from malloc while they are small, in pages of their own when they are large. `old`: the bytes they had (0: none yet); on
 * failure these are left as they are. */
void *ash_list_resize(void *memory, int64_t old, int64_t bytes);
void ash_list_release(void *memory, int64_t bytes);
/* Tests only: the n-th allocation from now fails (1 = the next), and every one after it if `onward`; 0 switches it off. */
void ash_fail_allocations(int64_t n, int onward);
int64_t ash_fail_allocations_left(void); /* allocations that went well and one that will fail; 0: it has failed */

/* An arena: many small allocations freed together. */
typedef struct ash_arena_block ash_arena_block;
typedef struct ash_arena {
    ash_arena_block *blocks;
    int64_t bytes; /* taken from the system so far */
} ash_arena;

void *ash_arena_alloc(ash_arena *arena, int64_t bytes);     /* zeroed, 16-byte aligned; NULL when out of memory */
char *ash_arena_strdup(ash_arena *arena, const char *text); /* NULL stays NULL */
void *ash_arena_memdup(ash_arena *arena, const void *data, int64_t bytes);
void ash_arena_free(ash_arena *arena);

#endif
