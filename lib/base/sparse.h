/* Tables of 32-bit numbers over ranges of which little may be used: pages are made where an entry is set first. Small ranges are one page.
 */
#ifndef ASH_BASE_SPARSE_H
#define ASH_BASE_SPARSE_H

#include <stdint.h>

#define ASH_NO_ID UINT32_MAX

typedef struct ash_sparse_page ash_sparse_page;
typedef struct ash_sparse {
    int64_t range;         /* indices are below */
    uint32_t *flat;        /* small ranges: all entries, or NULL while none is set */
    ash_sparse_page *page; /* large ones: open addressing by the number of the page */
    int64_t pages, capacity;
    int64_t bytes; /* taken from the system */
} ash_sparse;

/* A table of nothing but ASH_NO_ID; takes no memory yet. */
ash_sparse ash_sparse_new(int64_t range);
uint32_t ash_sparse_get(const ash_sparse *table, int64_t index);
/* 0 when out of memory. */
int ash_sparse_set(ash_sparse *table, int64_t index, uint32_t value);
void ash_sparse_free(ash_sparse *table);

#endif
