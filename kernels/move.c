/* Filling, gathering and ramps: simple moves of elements. */
#include "kernels/kernels.h"

#include <string.h>

/* Writes one element, then doubles what is written. */
void ash_fill(ash_dtype dtype, void *out, int64_t n, const void *value) {
    const int64_t size = ash_dtype_size(dtype), bytes = n * size;
    if (n <= 0)
        return;
    if (size == 1) {
        memset(out, *(const unsigned char *)value, (size_t)n);
        return;
    }
    memcpy(out, value, (size_t)size);
    for (int64_t done = size; done < bytes;) {
        int64_t step = done < bytes - done ? done : bytes - done;
        step = step < 4096 ? step : 4096 / size * size; /* the source stays in cache */
        memcpy((char *)out + done, out, (size_t)step);
        done += step;
    }
}

void ash_gather(int64_t size, void *out, const void *in, int64_t n, int64_t stride) {
    ash_copy_box(1, &n, size, out, &size, in, &stride);
}

void ash_ramp(ash_dtype dtype, void *out, int64_t n, int64_t first, int64_t step, ash_number start, ash_number increment) {
    if (dtype == ASH_INT64) {
        int64_t *y = out;
        for (int64_t k = 0; k < n; k++)
            y[k] = (int64_t)((uint64_t)start.i + ((uint64_t)first + (uint64_t)k * (uint64_t)step) * (uint64_t)increment.i);
    } else if (dtype == ASH_FLOAT64) {
        double *y = out;
        for (int64_t k = 0; k < n; k++)
            y[k] = start.f + (double)(first + k * step) * increment.f;
    }
}
