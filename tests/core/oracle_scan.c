/* Scans by their definition: element k is the reduction of the elements up to k. */
#include "oracle.h"

#include <string.h>

const oracle_scan oracle_scans[] = {
    { "cumsum", "sum", ash_cumsum },
    { "cumprod", "prod", ash_cumprod },
    { "cummax", "max", ash_cummax },
    { "cummin", "min", ash_cummin },
    { "nancumsum", "nansum", ash_nancumsum },
    { "nancumprod", "nanprod", ash_nancumprod },
    { "nancummax", "nanmax", ash_nancummax },
    { "nancummin", "nanmin", ash_nancummin },
};
const int oracle_scan_count = sizeof oracle_scans / sizeof oracle_scans[0];

static const oracle_reduction *reduction_named(const char *name) {
    int k = 0;
    while (strcmp(oracle_reductions[k].name, name) != 0) {
        k++;
    }
    return &oracle_reductions[k];
}

/* The elements up to position `count` - 1 along an axis. */
static dense *head(const dense *a, int axis, int64_t count) {
    int to[ASH_MAX_NDIM];
    int64_t start[ASH_MAX_NDIM] = { 0 }, step[ASH_MAX_NDIM], shape[ASH_MAX_NDIM];
    for (int k = 0; k < a->ndim; k++) {
        to[k] = k;
        step[k] = 1;
        shape[k] = k == axis ? count : a->shape[k];
    }
    return oracle_view(a, a->ndim, shape, a->name, to, start, step);
}

dense *oracle_scan_along(const oracle_scan *scan, const dense *a, int axis) {
    const oracle_reduction *reduction = reduction_named(scan->reduction);
    char reduced[ASH_MAX_NDIM] = { 0 };
    reduced[axis] = 1;
    dense *out = NULL;
    for (int64_t k = 0; k <= a->shape[axis]; k++) { /* once more, for the dtype of nothing */
        dense *elements = head(a, axis, k < a->shape[axis] ? k + 1 : k > 0 ? k : 0);
        dense *result = elements->shape[axis] > 0 || !strchr("lh", reduction->method)
            ? oracle_reduce(reduction, elements, reduced, 1, 0, NULL, 0)
            : NULL;
        if (!out) {
            out = dense_new(result ? result->dtype : a->dtype, a->ndim, a->shape, a->name);
        }
        int64_t index[ASH_MAX_NDIM];
        for (int64_t i = 0; k < a->shape[axis] && i < result->size; i++) {
            dense_index(result, i, index);
            index[axis] = k;
            out->cell[dense_position(out, index)] = result->cell[i];
        }
        dense_free(elements);
        if (result) {
            dense_free(result);
        }
    }
    return out;
}
