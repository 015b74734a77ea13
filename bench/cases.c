/* The table of cases. A new one is a bench_case in the file of its family, and a line here; families of many cases are tables of their own. Names
 * stay: scripts elsewhere read them. */
#include "cases.h"

#include <string.h>

static const bench_case *const cases[] = {
    &bench_fma_sum,
    &bench_chain,
    &bench_transcendental,
    &bench_reduce_axis0,
    &bench_reduce_axis1,
    &bench_reduce_axis2,
    &bench_cumsum,
    &bench_cumsum_axis0,
    &bench_tasks,
    &bench_tasks_traced,
    &bench_tasks_reported,
    &bench_climatology,
    &bench_read_deflate,
    &bench_read_packed,
    &bench_read_contiguous,
    &bench_read_classic,
    &bench_write_deflate,
    &bench_write_plain,
    &bench_small_slices,
    &bench_open_40000_chunks,
};

enum { CASES = sizeof cases / sizeof *cases, LONGEST = 63 };

typedef struct family {
    const bench_case *first;
    const int *count;
} family;

static const family families[] = {
    { bench_reduce_dtypes, &bench_reduce_dtypes_count },
#if defined(ASH_WITH_BLAS)
    { bench_products, &bench_products_count },
#endif
};
enum { FAMILIES = sizeof families / sizeof *families };

int bench_case_count(void) {
    int n = CASES;
    for (int k = 0; k < FAMILIES; k++)
        n += *families[k].count;
    return n;
}

const bench_case *bench_case_at(int k) {
    if (k < CASES)
        return cases[k];
    k -= CASES;
    const family *f = families;
    for (; k >= *f->count; f++)
        k -= *f->count;
    return &f->first[k];
}

const bench_case *bench_find_case(const char *name) {
    for (int k = 0; k < bench_case_count(); k++)
        if (strcmp(bench_case_at(k)->name, name) == 0)
            return bench_case_at(k);
    return NULL;
}

static int least(int a, int b, int c) {
    a = a < b ? a : b;
    return a < c ? a : c;
}

/* Insertions, deletions and substitutions from a to b, both at most LONGEST long. */
static int distance(const char *a, const char *b) {
    int row[LONGEST + 1], n = (int)strlen(b);
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[n];
}

const char *bench_nearest_case(const char *name) {
    const char *nearest = NULL;
    int fewest = (int)strlen(name) / 2 + 1;
    for (int k = 0; k < bench_case_count() && strlen(name) <= LONGEST; k++) {
        int edits = distance(name, bench_case_at(k)->name);
        if (edits < fewest) {
            fewest = edits;
            nearest = bench_case_at(k)->name;
        }
    }
    return nearest;
}
