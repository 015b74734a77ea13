#include "io/chunk_cache.h"

#include "base/memory.h"

#include <pthread.h>

enum { BUCKET_BITS = 12 };

struct ash_cached_chunk {
    const void *of;
    int64_t chunk, bytes;
    unsigned char *memory; /* NULL: being decoded, or given up */
    int pins;
    int given_up;                    /* it could not be decoded: nobody finds it any more, it goes with its last pin */
    ash_cached_chunk *next;          /* in its bucket */
    ash_cached_chunk *older, *newer; /* by last use */
};

struct ash_chunk_cache {
    pthread_mutex_t lock;
    pthread_cond_t decoded;
    int64_t capacity, used;
    ash_cached_chunk *bucket[1 << BUCKET_BITS];
    ash_cached_chunk *oldest, *newest;
};

ash_chunk_cache *ash_chunk_cache_new(int64_t capacity) {
    ash_chunk_cache *cache = ash_calloc(1, sizeof *cache);
    if (cache) {
        cache->capacity = capacity;
        pthread_mutex_init(&cache->lock, NULL);
        pthread_cond_init(&cache->decoded, NULL);
    }
    return cache;
}

/* ---- The lists, under the lock ---- */

static ash_cached_chunk **bucket_of(ash_chunk_cache *cache, const void *of, int64_t chunk) {
    uint64_t key = (uint64_t)(uintptr_t)of / 16 + (uint64_t)chunk;
    return &cache->bucket[key * 0x9e3779b97f4a7c15u >> (64 - BUCKET_BITS)];
}

static ash_cached_chunk *find(ash_chunk_cache *cache, const void *of, int64_t chunk) {
    ash_cached_chunk *entry = *bucket_of(cache, of, chunk);
    while (entry && (entry->of != of || entry->chunk != chunk || entry->given_up))
        entry = entry->next;
    return entry;
}

static void take_out(ash_chunk_cache *cache, ash_cached_chunk *entry) {
    *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
    *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
}

static void make_newest(ash_chunk_cache *cache, ash_cached_chunk *entry) {
    entry->older = cache->newest;
    entry->newer = NULL;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static void drop(ash_chunk_cache *cache, ash_cached_chunk *entry) {
    ash_cached_chunk **place = bucket_of(cache, entry->of, entry->chunk);
    while (*place != entry)
        place = &(*place)->next;
    *place = entry->next;
    take_out(cache, entry);
    cache->used -= entry->bytes;
    ash_free(entry->memory);
    ash_free(entry);
}

/* Drops what was not used for the longest time until `bytes` fit. 0 if they do not. */
static int make_room(ash_chunk_cache *cache, int64_t bytes) {
    for (ash_cached_chunk *entry = cache->oldest; entry && cache->used + bytes > cache->capacity;) {
        ash_cached_chunk *newer = entry->newer;
        if (entry->pins == 0)
            drop(cache, entry);
        entry = newer;
    }
    return cache->used + bytes <= cache->capacity;
}

static void unpin(ash_chunk_cache *cache, ash_cached_chunk *entry) {
    if (--entry->pins == 0 && entry->given_up)
        drop(cache, entry);
}

static ash_cached_chunk *begin_entry(ash_chunk_cache *cache, const void *of, int64_t chunk, int64_t bytes) {
    bytes += (int64_t)sizeof(ash_cached_chunk);
    ash_cached_chunk *entry = make_room(cache, bytes) ? ash_calloc(1, sizeof *entry) : NULL;
    if (!entry)
        return NULL;
    ash_cached_chunk **bucket = bucket_of(cache, of, chunk);
    *entry = (ash_cached_chunk){ .of = of, .chunk = chunk, .bytes = bytes, .pins = 1, .next = *bucket };
    *bucket = entry;
    cache->used += bytes;
    make_newest(cache, entry);
    return entry;
}

void ash_chunk_cache_free(ash_chunk_cache *cache) {
    if (!cache)
        return;
    while (cache->oldest)
        drop(cache, cache->oldest);
    pthread_cond_destroy(&cache->decoded);
    pthread_mutex_destroy(&cache->lock);
    ash_free(cache);
}

/* ---- The calls ---- */

ash_cached_chunk *ash_chunk_cache_take(ash_chunk_cache *cache, const void *of, int64_t chunk, int64_t bytes, const unsigned char **data) {
    *data = NULL;
    if (!cache)
        return NULL;
    pthread_mutex_lock(&cache->lock);
    ash_cached_chunk *entry = find(cache, of, chunk);
    while (entry && !entry->memory) {
        entry->pins++;
        while (!entry->memory && !entry->given_up)
            pthread_cond_wait(&cache->decoded, &cache->lock);
        int given_up = entry->given_up;
        unpin(cache, entry);
        entry = given_up ? find(cache, of, chunk) : entry; /* or another one that somebody began meanwhile */
    }
    if (entry) {
        entry->pins++;
        *data = entry->memory;
        take_out(cache, entry);
        make_newest(cache, entry);
    } else {
        entry = begin_entry(cache, of, chunk, bytes);
    }
    pthread_mutex_unlock(&cache->lock);
    return entry;
}

void ash_chunk_cache_put(ash_chunk_cache *cache, ash_cached_chunk *entry, unsigned char *memory) {
    pthread_mutex_lock(&cache->lock);
    entry->memory = memory;
    entry->given_up = !memory;
    if (!memory)
        unpin(cache, entry);
    pthread_cond_broadcast(&cache->decoded);
    pthread_mutex_unlock(&cache->lock);
}

void ash_chunk_cache_release(ash_chunk_cache *cache, ash_cached_chunk *entry) {
    if (!entry)
        return;
    pthread_mutex_lock(&cache->lock);
    unpin(cache, entry);
    pthread_mutex_unlock(&cache->lock);
}

int ash_chunk_cache_has(ash_chunk_cache *cache, const void *of, int64_t chunk) {
    if (!cache)
        return 0;
    pthread_mutex_lock(&cache->lock);
    int has = find(cache, of, chunk) != NULL;
    pthread_mutex_unlock(&cache->lock);
    return has;
}
