/* Rows of a stored variable that are taken by a list: those of a stored chunk are read at once, from the first that is wanted to the last. */
#include "plan/plan.h"

#include <stdlib.h>

enum { ROWS_TOGETHER = 16 }; /* rows of a file without chunks that are read at once */

int64_t ash_rows_together(const ash_operand *operand) {
    int64_t stored = operand->value.node->u.file.variable->chunk[operand->table_map];
    int64_t most = ash_axis_largest(&ash_value_output(operand->value)->dim[operand->table_map].axis);
    int64_t rows = stored > 0 ? stored : ROWS_TOGETHER;
    return rows < most ? rows : most;
}

static int by_index(const void *a, const void *b) {
    const ash_row *x = a, *y = b;
    return x->index < y->index ? -1 : x->index > y->index;
}

int64_t ash_rows_list(const ash_map *map, int64_t start, int64_t end, ash_row rows[]) {
    int64_t count = 0;
    for (int64_t i = start; i < end; i++) {
        int64_t index = ash_map_index(map, i);
        rows[count] = (ash_row){ index, i - start };
        count += index >= 0;
    }
    if (count > 1) {
        qsort(rows, (size_t)count, sizeof *rows, by_index);
    }
    return count;
}

int64_t ash_rows_at_once(const ash_operand *operand, const ash_row rows[], int64_t count) {
    int64_t unit = ash_rows_together(operand), n = 1;
    while (n < count && rows[n].index / unit == rows[0].index / unit) {
        n++;
    }
    return n;
}
