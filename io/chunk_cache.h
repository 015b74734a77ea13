/* Decoded chunks that the threads of one run share, so that a stored chunk that several tasks need is decoded once. Its lock is held to look, never to
 * decode: who finds a chunk missing decodes it, and whoever wants it meanwhile waits for him. */
#ifndef ASH_IO_CHUNK_CACHE_H
#define ASH_IO_CHUNK_CACHE_H

#include <stdint.h>

typedef struct ash_chunk_cache ash_chunk_cache;
typedef struct ash_cached_chunk ash_cached_chunk;

/* Keeps at most `capacity` bytes. NULL when out of memory. */
ash_chunk_cache *ash_chunk_cache_new(int64_t capacity);
void ash_chunk_cache_free(ash_chunk_cache *cache);

/* The chunk number `chunk` of the variable `of`, pinned until it is released. *data is NULL if the caller is to decode it and then call
 * ash_chunk_cache_put(). NULL if there is no room to keep it, or the cache is NULL. `bytes` is the size of its memory. */
ash_cached_chunk *ash_chunk_cache_take(ash_chunk_cache *cache, const void *of, int64_t chunk, int64_t bytes, const unsigned char **data);
/* Hands over the memory that the chunk was decoded into, from ash_malloc(); NULL if it was not to be. In that case the chunk is forgotten, and released. */
void ash_chunk_cache_put(ash_chunk_cache *cache, ash_cached_chunk *entry, unsigned char *memory);
void ash_chunk_cache_release(ash_chunk_cache *cache, ash_cached_chunk *entry);
/* Whether a chunk is there, or about to be. */
int ash_chunk_cache_has(ash_chunk_cache *cache, const void *of, int64_t chunk);

#endif
