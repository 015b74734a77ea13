#include "expr/select.h"

#include "base/dtype.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A hundred turns either way: more is no longitude, and turning it back would leave nothing of its digits. */
static const double LARGEST_LONGITUDE = 36000;

/* ---- Coordinates ---- */

static int is_one_of(const char *text, const char *const words[]) {
    for (int k = 0; text && words[k]; k++) {
        if (strcmp(text, words[k]) == 0) {
            return 1;
        }
    }
    return 0;
}

void ash_labelled_begin(ash_labelled *labelled, const ash_coordinate *coord, const char *dim) {
    static const char *const east[] = { "degrees_east", "degree_east", "degree_E", "degrees_E", "degreeE", "degreesE", NULL };
    static const char *const longitude[] = { "longitude", NULL };
    const char *units = ash_attrs_text(coord->attrs, "units");
    ash_error_state ignored = { 0 };
    *labelled = (ash_labelled){ .coord = coord, .dim = dim };
    labelled->is_longitude = is_one_of(units, east) || is_one_of(ash_attrs_text(coord->attrs, "standard_name"), longitude);
    labelled->is_time = !labelled->is_longitude && units &&
        ash_time_units_parse(units, ash_attrs_text(coord->attrs, "calendar"), "sel", &labelled->units, &ignored) == ASH_OK;
}

static double value_at(const ash_labelled *l, int64_t k) {
    const char *element = (const char *)l->coord->values + k * ash_dtype_size(l->coord->dtype);
    double value;
    ash_number_store(ASH_FLOAT64, &value, l->coord->dtype, ash_number_load(l->coord->dtype, element));
    return value;
}

/* A number as the coordinate would hold it: 0.1 in float32 finds 0.1f. */
static double as_stored(const ash_labelled *l, double number) {
    return l->coord->dtype == ASH_FLOAT32 ? (double)(float)number : number;
}

/* -1 before the label's period, 0 in it, 1 after it, 2 for a value that has no place. */
static int side_of(const ash_labelled *l, int64_t k, const ash_label *label) {
    double value = value_at(l, k), number = as_stored(l, label->number);
    int64_t time;
    if (l->is_time) {
        return !ash_time_microseconds(&l->units, value, &time) ? 2 : time < label->begin ? -1 : time >= label->end;
    }
    return isnan(value) ? 2 : value < number ? -1 : value > number;
}

/* 1 rising, -1 falling, 0 neither. */
static int direction(const ash_labelled *l) {
    int rises = 1, falls = 1;
    for (int64_t k = 0; k < l->coord->extent; k++) {
        double now = value_at(l, k), last = k > 0 ? value_at(l, k - 1) : now;
        rises = rises && now >= last;
        falls = falls && now <= last;
    }
    return rises ? 1 : falls ? -1 : 0;
}

/* ---- Errors ---- */

static const char *value_words(const ash_labelled *l, double value, char *buffer, int64_t size) {
    if (l->is_time) {
        return ash_time_words(&l->units, value, buffer, size);
    }
    snprintf(buffer, (size_t)size, "%.*g", l->coord->dtype == ASH_FLOAT32 ? 7 : 15, value);
    return buffer;
}

/* An end of a range; of a high one that names a period, its last day. */
static const char *label_words(const ash_labelled *l, const ash_label *label, int has, int is_high, char *buffer, int64_t size) {
    enum { SECONDS_A_DAY = 86400, MICROSECONDS = 1000000 };
    ash_time_units microseconds = { .calendar = l->units.calendar, .unit_microseconds = 1 };
    if (!has) {
        snprintf(buffer, (size_t)size, "%s", is_high ? "the end" : "the beginning");
    } else if (l->is_time) {
        int64_t time = is_high && label->precision <= ASH_PRECISION_DAY ? label->end - (int64_t)SECONDS_A_DAY * MICROSECONDS : label->begin;
        return ash_time_words(&microseconds, (double)time, buffer, size);
    } else {
        snprintf(buffer, (size_t)size, "%.15g", label->number);
    }
    return buffer;
}

/* "it has 180 values from -89.5 to 89.5" */
static const char *extent_words(const ash_labelled *l, char *buffer, int64_t size) {
    char first[64], last[64];
    int64_t n = l->coord->extent;
    if (n == 0) {
        snprintf(buffer, (size_t)size, "it has no values at all");
    } else {
        snprintf(buffer, (size_t)size, "it has %" PRId64 " value%s from %s to %s", n, n == 1 ? "" : "s",
            value_words(l, value_at(l, 0), first, sizeof first), value_words(l, value_at(l, n - 1), last, sizeof last));
    }
    return buffer;
}

static int fail_empty(const ash_labelled *l, const ash_labels_asked *asked, ash_error_state *error) {
    char low[64], high[64], all[200];
    ash_fail(error, ASH_ERR_INDEX, "sel: '%s' has no value from %s to %s; %s", l->dim,
        label_words(l, &asked->low, asked->has_low, 0, low, sizeof low),
        label_words(l, &asked->high, asked->has_high, 1, high, sizeof high), extent_words(l, all, sizeof all));
    return 0;
}

/* ---- Single values ---- */

/* How far apart two times are: exactly where that is a number of microseconds. */
static double time_between(int64_t a, int64_t b) {
    int64_t apart;
    return fabs(__builtin_sub_overflow(a, b, &apart) ? (double)a - (double)b : (double)apart);
}

static double distance(const ash_labelled *l, int64_t k, const ash_label *label) {
    double value = value_at(l, k), number = label->number;
    int64_t time;
    if (l->is_time) {
        return ash_time_microseconds(&l->units, value, &time) ? time_between(time, label->begin) : NAN;
    }
    double apart = fabs(value - number);
    if (l->is_longitude && !(apart <= 2 * LARGEST_LONGITUDE)) {
        return NAN;
    }
    return l->is_longitude ? fabs(apart - 360 * rint(apart / 360)) : apart;
}

static int64_t nearest_to(const ash_labelled *l, const ash_label *label) {
    int64_t found = -1;
    double least = 0;
    for (int64_t k = 0; k < l->coord->extent; k++) {
        double apart = distance(l, k, label);
        if (!isnan(apart) && (found < 0 || apart < least || (apart == least && value_at(l, k) > value_at(l, found)))) {
            found = k;
            least = apart;
        }
    }
    return found;
}

static int find_nearest(const ash_labelled *l, const ash_label *label, double tolerance, ash_run_of_indices *run, ash_error_state *error) {
    char asked[64], near[64], all[200];
    int64_t k = nearest_to(l, label);
    if (tolerance > 0 && l->is_time && l->units.months > 0) {
        ash_fail(error, ASH_ERR_UNSUPPORTED, "sel: '%s' counts months, in which no tolerance can be given", l->dim);
        return 0;
    }
    double unit = l->is_time ? (double)l->units.unit_microseconds : 1;
    if (k < 0 || (tolerance > 0 && distance(l, k, label) > tolerance * unit)) {
        ash_fail(error, ASH_ERR_INDEX, "sel: '%s' has no value within %g of %s, the nearest is %s; %s", l->dim, tolerance,
            label_words(l, label, 1, 0, asked, sizeof asked), k < 0 ? "none" : value_words(l, value_at(l, k), near, sizeof near),
            extent_words(l, all, sizeof all));
        return 0;
    }
    *run = (ash_run_of_indices){ .first = k, .count = 1 };
    return 1;
}

/* Whether value k is the label, of longitudes up to whole turns. */
static int is_at(const ash_labelled *l, int64_t k, const ash_label *label) {
    ash_label instant = *label;
    instant.end = label->begin + 1;
    if (l->is_longitude && fabs(value_at(l, k)) <= LARGEST_LONGITUDE) {
        instant.number += 360 * rint((value_at(l, k) - label->number) / 360);
    }
    return side_of(l, k, &instant) == 0;
}

static int find_exact(const ash_labelled *l, const ash_label *label, ash_run_of_indices *run, ash_error_state *error) {
    char asked[64], near[64], all[200];
    for (int64_t k = 0; k < l->coord->extent; k++) {
        if (is_at(l, k, label)) {
            *run = (ash_run_of_indices){ .first = k, .count = 1 };
            return 1;
        }
    }
    int64_t k = nearest_to(l, label);
    ash_fail(error, ASH_ERR_INDEX, "sel: '%s' has no value %s, the nearest is %s; %s", l->dim,
        label_words(l, label, 1, 0, asked, sizeof asked), k < 0 ? "none" : value_words(l, value_at(l, k), near, sizeof near),
        extent_words(l, all, sizeof all));
    return 0;
}

/* ---- Ranges ---- */

static int in_range(const ash_labelled *l, int64_t k, const ash_labels_asked *asked) {
    int above = !asked->has_low ? 1 : side_of(l, k, &asked->low), below = !asked->has_high ? -1 : side_of(l, k, &asked->high);
    return above != 2 && below != 2 && above >= 0 && below <= 0;
}

/* The values between the labels, whichever of them is larger; a missing one is that end of the axis. */
static int64_t find_between(const ash_labelled *l, const ash_labels_asked *given, int rises, ash_run_of_indices *run) {
    ash_labels_asked asked = *given;
    int both = given->has_low && given->has_high;
    int turned = l->is_time ? given->low.begin > given->high.begin : given->low.number > given->high.number;
    if (both ? turned : !rises) {
        asked = (ash_labels_asked){ .has_low = given->has_high, .low = given->high, .has_high = given->has_low, .high = given->low };
    }
    *run = (ash_run_of_indices){ 0 };
    for (int64_t k = 0; k < l->coord->extent; k++) {
        if (in_range(l, k, &asked)) {
            run->first = run->count++ == 0 ? k : run->first;
        }
    }
    return run->count;
}

/* Longitudes from `low` eastwards to `high`. Values are seen within a turn east of `low`; where that order breaks, a run ends. Returns the number of runs, -1
 * for more than two. */
static int find_eastwards(const ash_labelled *l, double low, double high, int rises, ash_run_of_indices run[2]) {
    int runs = 0;
    double last_seen[2] = { 0, 0 }, first_seen[2] = { 0, 0 };
    double east = high - 360 * floor((high - low) / 360);
    east = east == low && high != low ? low + 360 : east;
    low = as_stored(l, low);
    east = as_stored(l, east);
    for (int64_t k = 0; k < l->coord->extent; k++) {
        double value = value_at(l, k), shift = -360 * floor((value - low) / 360), seen = value + shift;
        if (!(fabs(value) <= LARGEST_LONGITUDE) || seen > east) {
            continue;
        }
        int follows = runs > 0 && run[runs - 1].first + run[runs - 1].count == k && run[runs - 1].shift == shift;
        if (!follows && runs == 2) {
            return -1;
        }
        if (!follows) {
            run[runs] = (ash_run_of_indices){ .first = k, .shift = shift };
            first_seen[runs++] = seen;
        }
        run[runs - 1].count++;
        last_seen[runs - 1] = seen;
    }
    if (runs < 2) {
        return runs;
    }
    if (rises ? first_seen[1] < first_seen[0] : first_seen[1] > first_seen[0]) {
        ash_run_of_indices other = run[0];
        run[0] = run[1];
        run[1] = other;
        last_seen[0] = last_seen[1];
        first_seen[1] = first_seen[0];
    }
    if (last_seen[0] == first_seen[1]) { /* 0 and 360 are one meridian */
        run[1].first++;
        run[1].count--;
    }
    return run[1].count > 0 ? 2 : 1;
}

static int find_longitudes(
    const ash_labelled *l, const ash_labels_asked *asked, int rises, ash_run_of_indices run[2], ash_error_state *error) {
    char all[200];
    double low = asked->low.number, high = asked->high.number;
    ash_run_of_indices plain, turned[2] = { { 0 } };
    int64_t between = low <= high ? find_between(l, asked, rises, &plain) : 0, eastwards = 0;
    int runs = find_eastwards(l, low, high, rises, turned);
    for (int r = 0; r < runs; r++) {
        eastwards += turned[r].count;
    }
    if (between > 0 && between >= eastwards) {
        run[0] = plain;
        return 1;
    }
    if (runs < 0) {
        ash_fail(error, ASH_ERR_UNSUPPORTED, "sel: '%s' goes round the globe more than once; %s", l->dim, extent_words(l, all, sizeof all));
        return 0;
    }
    memcpy(run, turned, sizeof turned);
    return runs > 0 ? runs : fail_empty(l, asked, error);
}

/* ---- All of it ---- */

/* Ranges may be open to infinity; a single value and a longitude are somewhere. */
static int check_number(const ash_labelled *l, int is_range, const ash_label *label, ash_error_state *error) {
    if (l->is_longitude && !(fabs(label->number) <= LARGEST_LONGITUDE)) {
        ash_fail(error, ASH_ERR_ARGUMENT, "sel: '%s': expected a longitude from %g to %g, found %.15g", l->dim, -LARGEST_LONGITUDE,
            LARGEST_LONGITUDE, label->number);
    } else if (!l->is_time && !is_range && !isfinite(label->number)) {
        ash_fail(error, ASH_ERR_ARGUMENT, "sel: '%s': expected a finite value, found %.15g", l->dim, label->number);
    }
    return error->status == ASH_OK;
}

int ash_labelled_find(
    const ash_labelled *l, const ash_labels_asked *asked, double tolerance, ash_run_of_indices run[2], ash_error_state *error) {
    ash_labels_asked range = *asked;
    if ((asked->has_low && !check_number(l, asked->is_range, &asked->low, error)) ||
        (asked->has_high && !check_number(l, asked->is_range, &asked->high, error))) {
        return 0;
    }
    if (!asked->is_range && asked->nearest) {
        return find_nearest(l, &asked->low, tolerance, run, error);
    }
    if (!asked->is_range && (!l->is_time || asked->low.precision > ASH_PRECISION_DAY)) {
        return find_exact(l, &asked->low, run, error);
    }
    if (!asked->is_range) { /* a period */
        range.high = asked->low;
        range.has_high = 1;
    }
    int towards = direction(l);
    if (towards == 0) {
        ash_fail(error, ASH_ERR_ARGUMENT, "sel: '%s' neither rises nor falls all along, so it has no ranges; single values can be selected",
            l->dim);
        return 0;
    }
    if (l->is_longitude && range.has_low && range.has_high) {
        return find_longitudes(l, &range, towards > 0, run, error);
    }
    return find_between(l, &range, towards > 0, &run[0]) > 0 ? 1 : fail_empty(l, &range, error);
}
