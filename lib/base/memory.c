#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Allocations until one fails; 0: none will. Several threads may count it down, so exactly one of them gets the failure. */
static _Atomic int64_t until_failure;
static _Atomic int fail_onward;
static _Atomic int fail_all;

void ash_fail_allocations(int64_t n, int onward) {
    atomic_store(&until_failure, 0);
    atomic_store(&fail_all, 0);
    atomic_store(&fail_onward, onward);
    atomic_store(&until_failure, n > 0 ? n : 0);
}

int64_t ash_fail_allocations_left(void) {
    return atomic_load(&until_failure);
}

/* More than any list of names and numbers takes: a size beyond it comes from a damaged file, and is not worth asking the system for. */
#define LARGEST (INT64_C(1) << 40)
enum { LARGE_LIST = 256 << 10 };

/* Of the longest vectors, and of cache lines. */
enum { ALIGNMENT = 64 };

static int must_fail(void) {
    if (atomic_load_explicit(&fail_all, memory_order_relaxed))
        return 1;
    int64_t left = atomic_load_explicit(&until_failure, memory_order_relaxed);
    while (left > 0 && !atomic_compare_exchange_weak(&until_failure, &left, left - 1))
        continue;
    if (left != 1)
        return 0;
    atomic_store(&fail_all, atomic_load(&fail_onward));
    return 1;
}

void *ash_malloc(int64_t bytes) {
    if (bytes < 0 || bytes > LARGEST || must_fail())
        return NULL;
    return malloc(bytes > 0 ? (size_t)bytes : 1);
}

void *ash_malloc_aligned(int64_t bytes) {
    if (bytes <= 0 || bytes > LARGEST || must_fail())
        return NULL;
    return aligned_alloc(ALIGNMENT, (size_t)(bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

void *ash_calloc(int64_t count, int64_t size) {
    int64_t bytes;
    if (count < 0 || size < 0 || __builtin_mul_overflow(count, size, &bytes) || bytes > LARGEST || must_fail())
        return NULL;
    return calloc(bytes > 0 ? (size_t)bytes : 1, 1);
}

void *ash_realloc(void *memory, int64_t bytes) {
    if (bytes < 0 || bytes > LARGEST || must_fail())
        return NULL;
    return realloc(memory, bytes > 0 ? (size_t)bytes : 1);
}

void ash_free(void *memory) {
    free(memory);
}

void *ash_page_alloc(int64_t bytes) {
    if (bytes <= 0 || bytes > LARGEST || must_fail())
        return NULL;
    void *memory = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void ash_page_free(void *memory, int64_t bytes) {
    if (memory)
        munmap(memory, (size_t)bytes);
}

static int in_pages(int64_t bytes) {
    return bytes >= LARGE_LIST;
}

void *ash_list_resize(void *memory, int64_t old, int64_t bytes) {
    if (!in_pages(bytes))
        return ash_realloc(memory, bytes); /* they only grow */
    if (in_pages(old)) {
        void *moved = must_fail() || bytes > LARGEST ? MAP_FAILED : mremap(memory, (size_t)old, (size_t)bytes, MREMAP_MAYMOVE);
        return moved == MAP_FAILED ? NULL : moved;
    }
    void *pages = ash_page_alloc(bytes);
    if (pages && old > 0) {
        memcpy(pages, memory, (size_t)old);
        ash_free(memory);
    }
    return pages;
}

void ash_list_release(void *memory, int64_t bytes) {
    if (in_pages(bytes))
        ash_page_free(memory, bytes);
    else
        ash_free(memory);
}
