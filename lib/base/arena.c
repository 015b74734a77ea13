#include "base/memory.h"

#include <stdalign.h>
#include <string.h>

enum { ALIGNMENT = 16, FIRST_BLOCK = 1024, LARGEST_BLOCK = 1 << 20 };

struct ash_arena_block {
    ash_arena_block *next;
    int64_t used, size;
    alignas(ALIGNMENT) char data[];
};

/* Blocks double, so that an arena of n bytes takes O(log n) allocations. */
static int64_t next_block_size(const ash_arena *arena) {
    int64_t size = arena->blocks ? 2 * arena->blocks->size : FIRST_BLOCK;
    return size < LARGEST_BLOCK ? size : LARGEST_BLOCK;
}

static ash_arena_block *new_block(ash_arena *arena, int64_t size) {
    ash_arena_block *block = ash_calloc(1, (int64_t)sizeof *block + size);
    if (!block)
        return NULL;
    block->size = size;
    arena->bytes += (int64_t)sizeof *block + size;
    return block;
}

/* An allocation larger than a block gets one of its own behind the current one, whose free space stays in use. */
static void *alloc_large(ash_arena *arena, int64_t bytes) {
    ash_arena_block *block = new_block(arena, bytes);
    if (!block)
        return NULL;
    block->used = bytes;
    ash_arena_block **place = arena->blocks ? &arena->blocks->next : &arena->blocks;
    block->next = *place;
    *place = block;
    return block->data;
}

void *ash_arena_alloc(ash_arena *arena, int64_t bytes) {
    if (bytes < 0 || bytes > INT64_MAX - 4096)
        return NULL;
    int64_t rounded = bytes > 0 ? (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : ALIGNMENT;
    ash_arena_block *block = arena->blocks;
    if (!block || block->size - block->used < rounded) {
        int64_t size = next_block_size(arena);
        if (rounded > size / 2)
            return alloc_large(arena, rounded);
        block = new_block(arena, size);
        if (!block)
            return NULL;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *memory = block->data + block->used;
    block->used += rounded;
    return memory;
}

void *ash_arena_memdup(ash_arena *arena, const void *data, int64_t bytes) {
    void *copy = ash_arena_alloc(arena, bytes);
    if (copy && bytes > 0)
        memcpy(copy, data, (size_t)bytes);
    return copy;
}

char *ash_arena_strdup(ash_arena *arena, const char *text) {
    return text ? ash_arena_memdup(arena, text, (int64_t)strlen(text) + 1) : NULL;
}

void ash_arena_free(ash_arena *arena) {
    for (ash_arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        ash_free(block);
    }
    arena->blocks = NULL;
    arena->bytes = 0;
}
