#include "anomaly_map.h"

#include "map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 512 };

/* What the map shows: steps first ... last of time, and how to say so. */
typedef struct period {
    int64_t first;
    char words[64];
} period;

/* An array in new memory, as double or int32; NULL on failure, see ash_error(). */
static void *fetch(ash_array a, ash_dtype dtype) {
    int64_t bytes = ash_size(a) * ash_dtype_size(dtype);
    void *memory = ash_ok(a) ? malloc((size_t)bytes + 1) : NULL;
    if (memory && ash_compute(ash_cast(a, dtype), memory, bytes, NULL) == ASH_OK)
        return memory;
    free(memory);
    return NULL;
}

/* First step of the run of equal values that ends with the last step. */
static int64_t start_of_last(const int32_t *value, int64_t n) {
    int64_t first = n - 1;
    while (first > 0 && value[first - 1] == value[n - 1])
        first--;
    return first;
}

static bool month_is_elsewhere(const int32_t *yearmonth, int64_t first) {
    for (int64_t k = 0; k < first; k++)
        if (yearmonth[k] % 12 == yearmonth[first] % 12)
            return true;
    return false;
}

static bool choose_period(ash_array time, period *p) {
    int64_t n = ash_size(time);
    int32_t *yearmonth = fetch(ash_time_field(time, "yearmonth"), ASH_INT32), *day = fetch(ash_time_field(time, "day"), ASH_INT32);
    bool known = yearmonth && day && n > 0;
    if (known) {
        int year = yearmonth[n - 1] / 12, month = yearmonth[n - 1] % 12 + 1;
        p->first = start_of_last(yearmonth, n);
        if (month_is_elsewhere(yearmonth, p->first)) {
            snprintf(p->words, sizeof p->words, "mean of %04d-%02d", year, month);
        } else {
            int64_t first_of_day = start_of_last(day, n);
            p->first = first_of_day > p->first ? first_of_day : p->first;
            snprintf(p->words, sizeof p->words, "mean of %04d-%02d-%02d", year, month, day[n - 1]);
        }
    }
    free(yearmonth);
    free(day);
    return known;
}

/* The field of the map, (latitude, longitude). */
static ash_array select_field(ash_array a, const cf_axes *axes, const period *p) {
    char index[TEXT_BYTES] = "", order[TEXT_BYTES];
    for (int k = 0; k < ash_ndim(a); k++) {
        const char *name = ash_dim_name(a, k);
        size_t used = strlen(index);
        if (name && strcmp(name, axes->time) == 0)
            snprintf(index + used, sizeof index - used, "%s%lld:", k ? ", " : "", (long long)p->first);
        else
            snprintf(index + used, sizeof index - used, "%s%s", k ? ", " : "",
                name && (strcmp(name, axes->latitude) == 0 || strcmp(name, axes->longitude) == 0) ? ":" : "0");
    }
    snprintf(order, sizeof order, "%s,%s", axes->latitude, axes->longitude);
    return ash_transpose(ash_nanmean(ash_index(a, index), axes->time), order);
}

static bool draw(ash_array a, const cf_axes *axes, const char *png, char *error, int error_bytes) {
    period p;
    if (!ash_ok(a) || !choose_period(ash_coord(a, axes->time), &p))
        return false;
    ash_array field = select_field(a, axes, &p);
    const char *about = ash_attr(a, "long_name"), *units = ash_attr(a, "units");
    char title[TEXT_BYTES];
    snprintf(title, sizeof title, "%s: %s", about ? about : ash_array_name(a), p.words);

    double *value = fetch(field, ASH_FLOAT64), *latitude = fetch(ash_coord(a, axes->latitude), ASH_FLOAT64),
           *longitude = fetch(ash_coord(a, axes->longitude), ASH_FLOAT64);
    bool drawn = value && latitude && longitude;
    if (drawn) {
        map m = { (int)ash_extent(field, 0), (int)ash_extent(field, 1), value, latitude, longitude, title, units ? units : "" };
        drawn = map_write(&m, png, error, error_bytes);
    }
    free(value);
    free(latitude);
    free(longitude);
    return drawn;
}

bool anomaly_map_draw(const char *path, const char *name, const cf_axes *axes, const char *png, char *error, int error_bytes) {
    char reason[TEXT_BYTES] = "";
    ash_context *ctx = ash_context_new(NULL);
    bool drawn = ctx && draw(ash_open(ctx, path, name, NULL), axes, png, reason, sizeof reason);
    if (!drawn)
        snprintf(error, (size_t)error_bytes, "%s: %s", png, reason[0] ? reason : *ash_error(ctx) ? ash_error(ctx) : "no memory");
    ash_context_free(ctx);
    return drawn;
}
