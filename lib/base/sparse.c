#include "base/sparse.h"

#include "base/memory.h"

#include <string.h>

/* A range up to FLAT has its entries side by side: looking them up is one load, and clearing them takes no time. */
enum { FLAT = 1 << 16, PAGE_BITS = 10, PAGE = 1 << PAGE_BITS };

struct ash_sparse_page {
    int64_t number;
    uint32_t *entry; /* NULL: the place is free */
};

ash_sparse ash_sparse_new(int64_t range) {
    return (ash_sparse){ .range = range };
}

static uint32_t *new_entries(ash_sparse *table, int64_t n) {
    uint32_t *entry = ash_malloc(n * (int64_t)sizeof *entry);
    if (entry) {
        memset(entry, 0xff, (size_t)n * sizeof *entry);
        table->bytes += n * (int64_t)sizeof *entry;
    }
    return entry;
}

/* Where a page is, or would be. Neighbouring pages lie apart, so that full rows of them do not make chains. */
static ash_sparse_page *find_page(const ash_sparse *table, int64_t number) {
    uint64_t mask = (uint64_t)table->capacity - 1, at = (uint64_t)number * 0x9E3779B97F4A7C15u >> 20;
    while (table->page[at & mask].entry && table->page[at & mask].number != number) {
        at++;
    }
    return &table->page[at & mask];
}

uint32_t ash_sparse_get(const ash_sparse *table, int64_t index) {
    if (table->range <= FLAT) {
        return table->flat ? table->flat[index] : ASH_NO_ID;
    }
    const uint32_t *entry = table->capacity > 0 ? find_page(table, index >> PAGE_BITS)->entry : NULL;
    return entry ? entry[index & (PAGE - 1)] : ASH_NO_ID;
}

/* At most half of the places are taken. */
static int grow(ash_sparse *table) {
    ash_sparse old = *table;
    if (2 * (old.pages + 1) <= old.capacity) {
        return 1;
    }
    int64_t capacity = old.capacity > 0 ? 2 * old.capacity : 16;
    ash_sparse_page *page = ash_calloc(capacity, sizeof *page);
    if (!page) {
        return 0;
    }
    table->page = page;
    table->capacity = capacity;
    table->bytes += (capacity - old.capacity) * (int64_t)sizeof *page;
    for (int64_t k = 0; k < old.capacity; k++) {
        if (old.page[k].entry) {
            *find_page(table, old.page[k].number) = old.page[k];
        }
    }
    ash_free(old.page);
    return 1;
}

static uint32_t *entry_of(ash_sparse *table, int64_t index) {
    if (table->range <= FLAT) {
        table->flat = table->flat ? table->flat : new_entries(table, table->range);
        return table->flat ? &table->flat[index] : NULL;
    }
    int64_t number = index >> PAGE_BITS;
    ash_sparse_page *page = table->capacity > 0 ? find_page(table, number) : NULL;
    if (page && page->entry) {
        return &page->entry[index & (PAGE - 1)];
    }
    uint32_t *entry = grow(table) ? new_entries(table, PAGE) : NULL;
    if (!entry) {
        return NULL;
    }
    *find_page(table, number) = (ash_sparse_page){ .number = number, .entry = entry };
    table->pages++;
    return &entry[index & (PAGE - 1)];
}

int ash_sparse_set(ash_sparse *table, int64_t index, uint32_t value) {
    uint32_t *entry = entry_of(table, index);
    if (entry) {
        *entry = value;
    }
    return entry != NULL;
}

void ash_sparse_free(ash_sparse *table) {
    for (int64_t k = 0; k < table->capacity; k++) {
        ash_free(table->page[k].entry);
    }
    ash_free(table->page);
    ash_free(table->flat);
    *table = ash_sparse_new(table->range);
}
