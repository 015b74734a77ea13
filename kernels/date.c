/* Fields of dates from time values. Calendar arithmetic is the base layer's; it is the same code for all levels. */
#include "kernels/kernels.h"

#include <stddef.h>

static int32_t date_field(const ash_date_parameter *parameter, double time) {
    ash_date date;
    return ash_time_decode(&parameter->units, time, &date) ? ash_date_field_get(&date, parameter->field) : INT32_MIN;
}

static void date_float64(int64_t n, void *const out[], const void *const in[], const void *parameter) {
    const double *time = in[0];
    int32_t *field = out[0];
    for (int64_t i = 0; i < n; i++)
        field[i] = date_field(parameter, time[i]);
}

static void date_int64(int64_t n, void *const out[], const void *const in[], const void *parameter) {
    const int64_t *time = in[0];
    int32_t *field = out[0];
    for (int64_t i = 0; i < n; i++)
        field[i] = date_field(parameter, (double)time[i]);
}

ash_block_kernel *ash_kernel_date(ash_dtype from) {
    return from == ASH_FLOAT64 ? date_float64 : from == ASH_INT64 ? date_int64 : NULL;
}
