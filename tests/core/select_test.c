/* Selection by value: what Xarray selects, longitudes that wrap, dates as labels, and what is said of labels that are not there. */
#include "core_test.h"

#include <math.h>

#include "select_expected.h"

static ash_context *ctx;

static int begin(void **state) {
    (void)state;
    ctx = context_with(2, "openmp");
    return 0;
}

static int end(void **state) {
    (void)state;
    ash_context_free(ctx);
    return 0;
}

/* 0, 1, 2, ... along x, with a coordinate of these values. */
static ash_array line_of(ash_dtype dtype, int64_t n, const void *values, const char *units, const char *calendar, const char *chunks) {
    ash_array coord = vector_of(ctx, dtype, n, values, NULL);
    coord = units ? ash_set_attr(coord, "units", units) : coord;
    coord = calendar ? ash_set_attr(coord, "calendar", calendar) : coord;
    return ash_set_coord(ash_arange(ctx, 0, n, 1, &(ash_make_options){ .dims = "x", .chunks = chunks }), "x", coord);
}

static ash_array steps(double start, double step, int64_t n, const char *units, const char *calendar) {
    double *values = malloc((size_t)n * sizeof *values);
    for (int64_t k = 0; k < n; k++) {
        values[k] = start + step * (double)k;
    }
    ash_array a = line_of(ASH_FLOAT64, n, values, units, calendar, "7");
    free(values); /* a coordinate is a copy */
    return a;
}

static void as_xarray(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof selections / sizeof *selections; i++) {
        int c = selections[i].coordinate;
        ash_array a = steps(coordinates[c].start, coordinates[c].step, coordinates[c].n, coordinates[c].units, coordinates[c].calendar);
        ash_array found = ash_sel(a, selections[i].labels);
        if (!ash_ok(found)) {
            fail_msg("%s: %s", selections[i].labels, ash_error(ctx));
        }
        int64_t *values = values_of(found);
        if (ash_size(found) != selections[i].count || values[0] != selections[i].first ||
            values[selections[i].count - 1] != selections[i].first + selections[i].count - 1) {
            fail_msg("%s of coordinate %d: expected %lld from %lld, found %lld from %lld", selections[i].labels, c,
                (long long)selections[i].count, (long long)selections[i].first, (long long)ash_size(found), (long long)values[0]);
        }
        assert_int_equal(ash_ndim(found), strstr(selections[i].labels, "nearest") == NULL);
        free(values);
    }
}

/* Positions and the coordinate after a selection of longitudes. */
static void check_longitudes(ash_array a, const char *labels, int64_t n, const int64_t positions[], const double longitudes[]) {
    ash_array found = ash_sel(a, labels);
    if (!ash_ok(found)) {
        fail_msg("%s: %s", labels, ash_error(ctx));
    }
    int64_t *values = values_of(found);
    double *coord = values_of(ash_cast(ash_coord(found, "x"), ASH_FLOAT64));
    assert_int_equal(ash_size(found), n);
    for (int64_t k = 0; k < n; k++) {
        if (values[k] != positions[k] || coord[k] != longitudes[k]) {
            fail_msg("%s: element %lld: expected position %lld at %g, found %lld at %g", labels, (long long)k, (long long)positions[k],
                longitudes[k], (long long)values[k], coord[k]);
        }
    }
    free(values);
    free(coord);
}

static void longitudes_wrap(void **state) {
    (void)state;
    const char *east = "degrees_east";
    ash_array a = steps(0, 45, 8, east, NULL);          /* 0, 45, ..., 315 */
    ash_array b = steps(-180, 45, 8, "degreesE", NULL); /* -180, ..., 135 */
    ash_array c = steps(0, 45, 9, east, NULL);          /* 0, ..., 360: one meridian twice */
    ash_array d = steps(315, -45, 8, east, NULL);       /* falling */
    ash_array region = steps(5, 1, 10, east, NULL);     /* 5, ..., 14 */
    check_longitudes(a, "x=45:135", 3, (int64_t[]){ 1, 2, 3 }, (double[]){ 45, 90, 135 });
    check_longitudes(a, "x=300:50", 3, (int64_t[]){ 7, 0, 1 }, (double[]){ 315, 360, 405 });
    check_longitudes(a, "x=-60:50", 3, (int64_t[]){ 7, 0, 1 }, (double[]){ -45, 0, 45 });
    check_longitudes(a, "x=-100:-40", 2, (int64_t[]){ 6, 7 }, (double[]){ -90, -45 });
    check_longitudes(a, "x=-180:180", 8, (int64_t[]){ 4, 5, 6, 7, 0, 1, 2, 3 }, (double[]){ -180, -135, -90, -45, 0, 45, 90, 135 });
    check_longitudes(a, "x=0:360", 8, (int64_t[]){ 0, 1, 2, 3, 4, 5, 6, 7 }, (double[]){ 0, 45, 90, 135, 180, 225, 270, 315 });
    check_longitudes(b, "x=100:-100", 3, (int64_t[]){ 7, 0, 1 }, (double[]){ 135, 180, 225 });
    check_longitudes(b, "x=0:359", 8, (int64_t[]){ 4, 5, 6, 7, 0, 1, 2, 3 }, (double[]){ 0, 45, 90, 135, 180, 225, 270, 315 });
    check_longitudes(b, "x=170:190", 1, (int64_t[]){ 0 }, (double[]){ 180 });
    check_longitudes(c, "x=0:360", 9, (int64_t[]){ 0, 1, 2, 3, 4, 5, 6, 7, 8 }, (double[]){ 0, 45, 90, 135, 180, 225, 270, 315, 360 });
    check_longitudes(c, "x=300:50", 3, (int64_t[]){ 7, 8, 1 }, (double[]){ 315, 360, 405 });
    check_longitudes(d, "x=300:50", 3, (int64_t[]){ 6, 7, 0 }, (double[]){ 405, 360, 315 });
    check_longitudes(region, "x=-10:7", 3, (int64_t[]){ 0, 1, 2 }, (double[]){ 5, 6, 7 });
    check_longitudes(region, "x=370:372", 3, (int64_t[]){ 5, 6, 7 }, (double[]){ 370, 371, 372 });
    check_longitudes(a, "x=:50", 2, (int64_t[]){ 0, 1 }, (double[]){ 0, 45 });
    assert_int_equal(integer_of(ash_sel(a, "x=-45")), 7);
    assert_int_equal(integer_of(ash_sel(a, "x=350 nearest")), 0);
    assert_int_equal(integer_of(ash_sel(b, "x=181 nearest")), 0);
    ash_sel(region, "x=100:200");
    assert_sentence(ctx, ASH_ERR_INDEX, "'x' has no value from 100 to 200; it has 10 values from 5 to 14");
    ash_sel(steps(0, 100, 12, east, NULL), "x=300:200");
    assert_sentence(ctx, ASH_ERR_UNSUPPORTED, "more than once");
}

/* Several dimensions at once, with values of a field, chunks on both sides of the seam, and integer and float32 coordinates. */
static void fields(void **state) {
    (void)state;
    enum { T = 3, Y = 4, X = 12 };
    static float data[T][Y][X];
    static const int16_t lon[X] = { 0, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 330 };
    static const float lat[Y] = { 30.1f, 10.1f, -10.1f, -30.1f };
    const int64_t shape[] = { T, Y, X };
    for (int k = 0; k < T * Y * X; k++) {
        (&data[0][0][0])[k] = (float)k;
    }
    ash_array a = ash_from_buffer(ctx, ASH_FLOAT32, 3, shape, data, &(ash_make_options){ .dims = "time,lat,lon", .chunks = "2,3,5" });
    a = ash_set_coord(a, "lon", ash_set_attr(vector_of(ctx, ASH_INT16, X, lon, NULL), "units", "degrees_east"));
    a = ash_set_coord(a, "lat", vector_of(ctx, ASH_FLOAT32, Y, lat, NULL));
    a = ash_set_coord(a, "time", ash_set_attr(ash_linspace(ctx, 0, 60, T, NULL), "units", "days since 2000-01-01"));
    a = ash_set_attr(ash_mul(a, ash_real(ctx, 2)), "units", "K");
    ash_array part = ash_sel(a, "lon=-60:60, time=2000-01:2000-02, lat=10.1:-10.1");
    assert_good(part);
    assert_int_equal(ash_extent(part, 0), 2);
    assert_int_equal(ash_extent(part, 1), 2);
    assert_int_equal(ash_extent(part, 2), 5);
    assert_string_equal(ash_attr(part, "units"), "K");
    static const int columns[] = { 10, 11, 0, 1, 2 };
    float *values = values_of(part);
    for (int t = 0; t < 2; t++) {
        for (int y = 0; y < 2; y++) {
            for (int x = 0; x < 5; x++) {
                assert_true(values[(t * 2 + y) * 5 + x] == 2 * data[t][y + 1][columns[x]]);
            }
        }
    }
    free(values);
    double *shifted = values_of(ash_coord(part, "lon"));
    for (int x = 0; x < 5; x++) {
        assert_true(shifted[x] == -60 + 30 * x);
    }
    free(shifted);
    assert_true(real_of(ash_cast(ash_sum(ash_sel(a, "lon=330:0, lat=-30.1, time=2000-01-31T00:00"), NULL), ASH_FLOAT64)) ==
        2 * (double)(data[1][3][11] + data[1][3][0]));
    ash_array row = ash_sel_with(a, "lat=12, time=2000-02-10, lon=31", &(ash_sel_options){ .method = "nearest", .tolerance = 21 });
    assert_int_equal(ash_ndim(row), 0);
    assert_true(real_of(ash_cast(row, ASH_FLOAT64)) == 2 * (double)data[1][1][1]);
    assert_int_equal(ash_ndim(ash_sel(a, "")), 3);
    assert_int_equal(ash_ndim(ash_sel(a, "1=10.1")), 2);
}

static void labels_that_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *labels;
        ash_status status;
        const char *words;
    } cases[] = {
        { "x=95", ASH_ERR_INDEX, "sel: 'x' has no value 95, the nearest is 90; it has 10 values from 0 to 90" },
        { "x=95:99", ASH_ERR_INDEX, "sel: 'x' has no value from 95 to 99; it has 10 values from 0 to 90" },
        { "x=:-1", ASH_ERR_INDEX, "from the beginning to -1" },
        { "x", ASH_ERR_ARGUMENT, "expected dimension=value" },
        { "x=", ASH_ERR_ARGUMENT, "expected a value or a range, found nothing" },
        { "x=1e", ASH_ERR_ARGUMENT, "expected a number, found '1e'" },
        { "x=nan", ASH_ERR_ARGUMENT, "expected a number" },
        { "x=1:2:3", ASH_ERR_ARGUMENT, "expected the end" },
        { "x=1 near", ASH_ERR_ARGUMENT, "expected the end, or : and a second value, or nearest, found 'near'" },
        { "y=1", ASH_ERR_DIMENSION, "y" },
        { "x=10:20, x=30", ASH_ERR_ARGUMENT, "'x' is selected from twice" },
        { ",", ASH_ERR_ARGUMENT, "expected dimension=value" },
    };
    static const struct {
        const char *labels;
        ash_status status;
        const char *words;
    } dates[] = {
        { "x=1999", ASH_ERR_INDEX, "sel: 'x' has no value from 1999-01-01 to 1999-12-31; it has 10 values from 2000-01-01 to 2000-01-10" },
        { "x=2000-01-05T06:00", ASH_ERR_INDEX, "no value 2000-01-05T06:00:00, the nearest is 2000-01-05" },
        { "x=2000-02-30", ASH_ERR_ARGUMENT, "expected a date that the calendar has, found '2000-02-30'" },
        { "x=2000-13", ASH_ERR_ARGUMENT, "expected a date that the calendar has" },
        { "x=2000-01-01T25", ASH_ERR_ARGUMENT, "expected a date that the calendar has" },
        { "x=2000-01-01T", ASH_ERR_ARGUMENT, "expected a time of day such as 06:00" },
        { "x=January", ASH_ERR_ARGUMENT, "expected a date such as 1990" },
        { "x=2000-001", ASH_ERR_ARGUMENT, "expected the end" },
        { "x=99999999999", ASH_ERR_ARGUMENT, "expected a date such as" },
        { "x=999999", ASH_ERR_ARGUMENT, "expected a year between -290000 and 290000, found '999999'" },
        { "x=-999999999", ASH_ERR_ARGUMENT, "expected a year between -290000 and 290000" },
        { "x=290000", ASH_ERR_ARGUMENT, "expected a year between -290000 and 290000" },
        { "x=289999-12-31", ASH_ERR_INDEX, "has no value from 289999-12-31 to 289999-12-31" },
        { "x=-289999:-280000", ASH_ERR_INDEX, "has no value from -289999-01-01 to -280000-12-31" },
        { "x=2000-99-99", ASH_ERR_ARGUMENT, "expected a date that the calendar has" },
    };
    ash_array numbers = steps(0, 10, 10, "m", NULL), times = steps(0, 1, 10, "days since 2000-01-01", NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ash_sel(numbers, cases[i].labels);
        assert_sentence(ctx, cases[i].status, cases[i].words);
    }
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        ash_sel(times, dates[i].labels);
        assert_sentence(ctx, dates[i].status, dates[i].words);
    }
    static const double mixed[] = { 1, 3, 2 }, gap[] = { 1, NAN, 3 };
    ash_sel(line_of(ASH_FLOAT64, 3, mixed, NULL, NULL, NULL), "x=1:2");
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "neither rises nor falls");
    assert_int_equal(integer_of(ash_sel(line_of(ASH_FLOAT64, 3, mixed, NULL, NULL, NULL), "x=3")), 1);
    ash_sel(line_of(ASH_FLOAT64, 3, gap, NULL, NULL, NULL), "x=1:3");
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "neither rises nor falls");
    ash_sel(ash_drop_coords(numbers, NULL), "x=1");
    assert_sentence(ctx, ASH_ERR_NOT_FOUND, "has no coordinate");
    ash_sel(numbers, NULL);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "is NULL");
    ash_sel_with(numbers, "x=14", &(ash_sel_options){ .method = "nearest", .tolerance = 3 });
    assert_sentence(ctx, ASH_ERR_INDEX, "no value within 3 of 14, the nearest is 10");
    ash_sel_with(times, "x=2000-01-12", &(ash_sel_options){ .method = "nearest", .tolerance = 1.5 });
    assert_sentence(ctx, ASH_ERR_INDEX, "no value within 1.5 of 2000-01-12, the nearest is 2000-01-10");
    assert_int_equal(integer_of(ash_sel_with(times, "x=2000-01-12", &(ash_sel_options){ .method = "nearest", .tolerance = 2 })), 9);
    ash_sel_with(numbers, "x=14", &(ash_sel_options){ .method = "pad" });
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "method must be exact or nearest, found 'pad'");
    ash_sel_with(numbers, "x=14", &(ash_sel_options){ .tolerance = NAN });
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "tolerance must be > 0");
    ash_sel(steps(0, 1, 0, "m", NULL), "x=0:1");
    assert_sentence(ctx, ASH_ERR_INDEX, "it has no values at all");
}

/* Numbers that are nowhere near a coordinate, and coordinates that are nowhere: a sentence, and nothing that C leaves open. */
static void labels_far_outside(void **state) {
    (void)state;
    static const struct {
        const char *labels;
        ash_status status;
        const char *words;
    } cases[] = {
        { "x=1e300", ASH_ERR_ARGUMENT, "sel: 'x': expected a longitude from -36000 to 36000, found 1e+300" },
        { "x=1e300 nearest", ASH_ERR_ARGUMENT, "expected a longitude" },
        { "x=-1e300:1e300", ASH_ERR_ARGUMENT, "expected a longitude" },
        { "x=0:1e300", ASH_ERR_ARGUMENT, "expected a longitude" },
        { "x=:inf", ASH_ERR_ARGUMENT, "found inf" },
        { "x=inf", ASH_ERR_ARGUMENT, "found inf" },
        { "x=-inf nearest", ASH_ERR_ARGUMENT, "found -inf" },
        { "x=1e999", ASH_ERR_ARGUMENT, "found inf" },
        { "x=nan", ASH_ERR_ARGUMENT, "expected a number" },
        { "x=0:nan", ASH_ERR_ARGUMENT, "expected a number" },
    };
    static const struct {
        const char *labels;
        ash_status status;
        const char *words;
    } plain[] = {
        { "x=1e300", ASH_ERR_INDEX, "sel: 'x' has no value 1e+300, the nearest is 90" },
        { "x=9223372036854775808", ASH_ERR_INDEX, "sel: 'x' has no value 9.22337203685478e+18, the nearest is 90" },
        { "x=inf", ASH_ERR_ARGUMENT, "sel: 'x': expected a finite value, found inf" },
        { "x=-inf nearest", ASH_ERR_ARGUMENT, "sel: 'x': expected a finite value, found -inf" },
        { "x=1e300:1e301", ASH_ERR_INDEX, "no value from 1e+300 to 1e+301" },
    };
    static const double wild[] = { 0, 90, 180, 1e300, INFINITY };
    static const int64_t large[] = { 0, 90, INT64_MAX };
    static const char *const units[] = { "days since 0001-01-01", "seconds since 290000-01-01", "microseconds since -290000-01-01",
        "years since 1900-01-01", "months since 1900-01-01" };
    ash_array longitudes = steps(0, 10, 36, "degrees_east", NULL), numbers = steps(0, 10, 10, "m", NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ash_sel(longitudes, cases[i].labels);
        assert_sentence(ctx, cases[i].status, cases[i].words);
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        ash_sel(numbers, plain[i].labels);
        assert_sentence(ctx, plain[i].status, plain[i].words);
        ash_sel(line_of(ASH_INT64, 3, large, NULL, NULL, NULL), plain[i].labels);
    }
    assert_int_equal(ash_size(ash_sel(numbers, "x=-inf:inf")), 10);
    ash_array nowhere = line_of(ASH_FLOAT64, 5, wild, "degrees_east", NULL, NULL);
    assert_int_equal(ash_size(ash_sel(nowhere, "x=0:270")), 3);
    assert_int_equal(integer_of(ash_sel(nowhere, "x=450")), 1);
    assert_int_equal(integer_of(ash_sel(nowhere, "x=300 nearest")), 0);
    ash_sel(nowhere, "x=5");
    assert_sentence(ctx, ASH_ERR_INDEX, "the nearest is 0");
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        ash_array times = line_of(ASH_FLOAT64, 5, wild, units[u], NULL, NULL);
        ash_sel(times, "x=-289999:289999");
        ash_sel(times, "x=289999-12-31T23:59:59.999999 nearest");
        ash_sel(times, "x=-289999-01-01T00 nearest");
        ash_sel(times, "x=289999-12-31T12");
        assert_sentence(ctx, ASH_ERR_INDEX, "has no value 289999-12-31T12:00:00");
    }
}

/* One period keeps the dimension whatever it holds; an instant drops it. */
static void periods(void **state) {
    (void)state;
    ash_array a = steps(0, 0.25, 1600, "days since 1999-01-01", "noleap");
    assert_int_equal(ash_size(ash_sel(a, "x=1999")), 1460);
    assert_int_equal(ash_size(ash_sel(a, "x=1999-02")), 112);
    assert_int_equal(ash_size(ash_sel(a, "x=1999-02-10")), 4);
    assert_int_equal(ash_size(ash_sel(a, "x=19990210")), 4);
    assert_int_equal(ash_ndim(ash_sel(steps(0, 1, 5, "days since 1999-01-01", NULL), "x=1999-01-02")), 1);
    assert_int_equal(ash_ndim(ash_sel(a, "x=1999-02-10 06:00")), 0);
    assert_int_equal(integer_of(ash_sel(a, "x=1999-01-01T18Z")), 3);
    assert_int_equal(ash_size(ash_sel(a, "x = 1999-12-31T06 : 2000-01-01 12:00:00")), 6);
    assert_int_equal(ash_size(ash_sel(a, "x=2000-01:1999-12")), 248); /* either order */
    ash_array years = steps(0, 1, 20, "years since 1990-01-01", NULL);
    assert_int_equal(integer_of(ash_sel(years, "x=1995-01-01 nearest")), 5);
    assert_int_equal(ash_size(ash_sel(years, "x=1995:1997")), 3);
    ash_sel_with(years, "x=1995", &(ash_sel_options){ .method = "nearest", .tolerance = 1 });
    assert_sentence(ctx, ASH_ERR_UNSUPPORTED, "counts months");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(as_xarray), cmocka_unit_test(longitudes_wrap), cmocka_unit_test(fields),
        cmocka_unit_test(labels_that_are_refused), cmocka_unit_test(labels_far_outside), cmocka_unit_test(periods) };
    return cmocka_run_group_tests(tests, begin, end);
}
