/* Looking up in sorted tables. */
#include "kernels/types.h"

#define TEMPLATE "kernels/lookup_dtype.h"
#include "kernels/each_real.h"
#define DTYPE BOOL
#include TEMPLATE
#undef DTYPE

ash_block_kernel *ash_kernel_search(ash_dtype loop) {
    static ash_block_kernel *const kernels[ASH_DTYPE_COUNT] = { search_BOOL, search_INT8, search_INT16, search_INT32, search_INT64,
        search_UINT8, search_UINT16, search_UINT32, search_UINT64, search_FLOAT32, search_FLOAT64 };
    return kernels[loop];
}

ash_block_kernel *ash_kernel_isin(ash_dtype loop) {
    static ash_block_kernel *const kernels[ASH_DTYPE_COUNT] = { isin_BOOL, isin_INT8, isin_INT16, isin_INT32, isin_INT64, isin_UINT8,
        isin_UINT16, isin_UINT32, isin_UINT64, isin_FLOAT32, isin_FLOAT64 };
    return kernels[loop];
}

/* The value at x between two places. Infinite values have no slope from one side; they are seen from the other then, and equal ones need none. */
static double between(const double place[2], const double value[2], double x) {
    const double slope = (value[1] - value[0]) / (place[1] - place[0]);
    const double from_left = slope * (x - place[0]) + value[0];
    if (from_left == from_left)
        return from_left;
    const double from_right = slope * (x - place[1]) + value[1];
    return from_right != from_right && value[0] == value[1] ? value[0] : from_right;
}

/* The value at x of the function that is linear between its n places. */
static double interpolate(const ash_lookup *t, const double *place, const double *value, double x) {
    if (x != x || (t->period > 0 && fabs(x) == (double)INFINITY))
        return NAN;
    if (t->period > 0) {
        x = fmod(x, t->period);
        x = x < 0 ? x + t->period : x;
    }
    if (x < place[0])
        return t->below;
    if (x > place[t->n - 1])
        return t->above;
    const int64_t k = places_before_FLOAT64(place, t->n, x, 1) - 1;
    if (k == t->n - 1 || x == place[k])
        return value[k];
    return between(place + k, value + k, x);
}

static void interp(int64_t n, void *const out[], const void *const in[], const void *parameter) {
    const ash_lookup *t = parameter;
    const double *place = (const double *)(t + 1), *value = place + t->n, *x = in[0];
    double *to = out[0];
    for (int64_t i = 0; i < n; i++)
        to[i] = interpolate(t, place, value, x[i]);
}

ash_block_kernel *ash_kernel_interp(void) {
    return interp;
}
