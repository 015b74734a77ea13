/* Dimensions align by name, or from the right; coordinates and attributes travel. */
#include "core_test.h"

static const double data[24] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23 };

static ash_array named(ash_context *ctx, const char *dims, int ndim, int64_t a, int64_t b, int64_t c) {
    return ash_from_buffer(
        ctx, ASH_FLOAT64, ndim, (int64_t[]){ a, b, c }, data, &(ash_make_options){ .dims = dims, .chunks = ndim == 2 ? "2,2" : NULL });
}

/* "time,lat,?" */
static void expect_dims(ash_array a, const char *dims) {
    char text[200] = "";
    assert_good(a);
    for (int k = 0; k < ash_ndim(a); k++) {
        strcat(text, k ? "," : "");
        strcat(text, ash_dim_name(a, k) ? ash_dim_name(a, k) : "?");
    }
    assert_string_equal(text, dims);
}

static void names_align(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array t = named(ctx, "time,lat,lon", 3, 2, 3, 4), weights = named(ctx, "lat", 1, 3, 0, 0),
              turned = named(ctx, "lon,lat", 2, 4, 3, 0), level = named(ctx, "level", 1, 5, 0, 0);
    expect_dims(ash_mul(t, weights), "time,lat,lon");
    expect_dims(ash_mul(weights, t), "time,lat,lon");
    expect_dims(ash_add(turned, t), "time,lat,lon");
    expect_dims(ash_add(weights, turned), "lon,lat");
    expect_dims(ash_mul(weights, level), "lat,level");
    expect_dims(ash_mul(t, level), "time,lat,lon,level");
    expect_dims(ash_add(named(ctx, "a,b", 2, 2, 3, 0), named(ctx, "b,a", 2, 3, 2, 0)), "a,b");
    expect_dims(ash_add(t, ash_real(ctx, 1)), "time,lat,lon");
    double *x = values_of(ash_mul(t, weights));
    for (int k = 0; k < 24; k++) {
        assert_true(x[k] == data[k] * data[k / 4 % 3]);
    }
    free(x);
    x = values_of(ash_sub(t, turned));
    for (int k = 0; k < 24; k++) {
        assert_true(x[k] == data[k] - data[k % 4 * 3 + k / 4 % 3]);
    }
    free(x);
    x = values_of(ash_add(weights, level));
    assert_true(x[0] == 0 && x[4] == 4 && x[5] == 1 && x[14] == 6);
    free(x);
    ash_context_free(ctx);
}

static void positions_align_from_the_right(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = named(ctx, "", 3, 2, 3, 4), row = named(ctx, "", 1, 4, 0, 0), column = named(ctx, "", 2, 3, 1, 0);
    expect_dims(ash_add(a, row), "?,?,?");
    double *x = values_of(ash_add(ash_add(row, column), a));
    for (int k = 0; k < 24; k++) {
        assert_true(x[k] == data[k] + data[k % 4] + data[k / 4 % 3]);
    }
    free(x);
    /* A name meets an anonymous axis at its place, and names it. */
    expect_dims(ash_add(a, named(ctx, "lon", 1, 4, 0, 0)), "?,?,lon");
    expect_dims(ash_add(named(ctx, "t,y,x", 3, 2, 3, 4), row), "t,y,x");
    ash_context_free(ctx);
}

static void axes_by_name_and_position(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array t = named(ctx, "time,lat,lon", 3, 2, 3, 4);
    assert_int_equal(ash_axis(t, "lat"), 1);
    assert_int_equal(ash_axis(t, "-1"), 2);
    assert_int_equal(ash_axis(t, "time,lat"), -1);
    assert_int_equal(ash_axis(t, "level"), -1);
    assert_int_equal(ash_extent(t, -1), 4);
    assert_int_equal(ash_extent(t, 3), -1);
    expect_dims(ash_mean(t, "lat"), "time,lon");
    expect_dims(ash_mean(t, "lon,time"), "lat");
    expect_dims(ash_mean(t, NULL), "");
    expect_dims(ash_mean_with(t, "lat", &(ash_reduce_options){ .keepdims = true }), "time,lat,lon");
    expect_dims(ash_transpose(t, "lon,time,lat"), "lon,time,lat");
    expect_dims(ash_index(t, "time=0, lon=::2"), "lat,lon");
    expect_dims(ash_index(t, "newaxis, 0"), "?,lat,lon");
    expect_dims(ash_broadcast_to(t, 4, (int64_t[]){ 5, 2, 3, 4 }), "?,time,lat,lon");
    expect_dims(ash_set_dims(t, "a,,c"), "a,?,c");
    expect_dims(ash_set_dims(t, ""), "?,?,?");
    expect_dims(ash_group_sum(t, "lat", ash_arange(ctx, 0, 3, 1, &(ash_make_options){ .dims = "zone" })), "time,zone,lon");
    expect_dims(ash_group_take(t, "lat", ash_arange(ctx, 0, 3, 1, &(ash_make_options){ .dims = "zone" })), "time,zone,lon");
    expect_dims(ash_group_sum(t, "lat", ash_arange(ctx, 0, 3, 1, NULL)), "time,lat,lon");
    ash_context_free(ctx);
}

static void expect_coord(ash_array a, const char *dim, int n, const int64_t values[]) {
    ash_array coord = ash_coord(a, dim);
    assert_good(coord);
    assert_true(ash_has_coord(a, dim));
    assert_int_equal(ash_size(coord), n);
    assert_string_equal(ash_dim_name(coord, 0), dim);
    int64_t *found = values_of(coord);
    for (int k = 0; k < n; k++) {
        assert_int_equal(found[k], values[k]);
    }
    free(found);
}

static void coordinates_travel(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array lat = ash_set_attr(ash_arange(ctx, 10, 40, 10, NULL), "units", "degrees_north"),
              t = ash_set_coord(named(ctx, "time,lat,lon", 3, 2, 3, 4), "lat", lat);
    expect_coord(t, "lat", 3, (int64_t[]){ 10, 20, 30 });
    assert_string_equal(ash_attr(ash_coord(t, "lat"), "units"), "degrees_north");
    expect_coord(ash_index(t, "lat=::-2"), "lat", 2, (int64_t[]){ 30, 10 });
    expect_coord(ash_index(ash_index(t, "lat=1:"), "lat=1:"), "lat", 1, (int64_t[]){ 30 });
    assert_false(ash_has_coord(ash_index(t, "lat=1"), "lat"));
    expect_coord(ash_mean(t, "time"), "lat", 3, (int64_t[]){ 10, 20, 30 });
    assert_false(ash_has_coord(ash_mean(t, "lat"), "lat"));
    assert_false(ash_has_coord(ash_mean_with(t, "lat", &(ash_reduce_options){ .keepdims = true }), "lat"));
    expect_coord(ash_transpose(t, NULL), "lat", 3, (int64_t[]){ 10, 20, 30 });
    expect_coord(ash_rechunk(t, "1,1,1"), "lat", 3, (int64_t[]){ 10, 20, 30 });
    expect_coord(ash_cast(t, ASH_INT8), "lat", 3, (int64_t[]){ 10, 20, 30 });
    expect_coord(ash_add(ash_drop_coords(t, NULL), t), "lat", 3, (int64_t[]){ 10, 20, 30 });
    expect_coord(ash_sqrt(ash_mul(t, named(ctx, "lat", 1, 3, 0, 0))), "lat", 3, (int64_t[]){ 10, 20, 30 });
    expect_coord(ash_set_dims(t, "t,latitude,x"), "latitude", 3, (int64_t[]){ 10, 20, 30 });
    assert_false(ash_has_coord(ash_set_dims(t, ""), "1"));
    assert_false(ash_has_coord(ash_drop_coords(t, "lat"), "lat"));
    assert_false(ash_has_coord(t, "time"));
    /* A part of the same coordinate of extent 1 is repeated; a whole one must be equal. */
    assert_false(ash_ok(ash_add(t, ash_set_coord(t, "lat", ash_arange(ctx, 0, 3, 1, NULL)))));
    /* What the coordinate was made from may be gone. */
    assert_done(ctx, ash_scope_begin(ctx));
    ash_array kept = ash_set_coord(named(ctx, "x", 1, 3, 0, 0), "x", ash_add(ash_arange(ctx, 0, 3, 1, NULL), ash_int(ctx, 5)));
    assert_done(ctx, ash_scope_end(ctx, &kept, 1));
    expect_coord(kept, "x", 3, (int64_t[]){ 5, 6, 7 });
    ash_context_free(ctx);
}

static void attributes_travel(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = ash_set_attr_real(ash_set_attr(named(ctx, "time,lat,lon", 3, 2, 3, 4), "units", "K"), "height", 2);
    double height = 0;
    assert_string_equal(ash_attr(a, "units"), "K");
    assert_true(ash_attr_real(a, "height", &height) && height == 2);
    assert_null(ash_attr(a, "height"));
    assert_false(ash_attr_real(a, "units", &height));
    assert_null(ash_attr(a, "missing"));
    assert_null(ash_attr(ash_set_attr(a, "units", NULL), "units"));
    assert_string_equal(ash_attr(ash_set_attr(a, "units", "degC"), "units"), "degC");
    assert_string_equal(ash_attr(a, "units"), "K"); /* as it was */
    const ash_array keeps[] = { ash_index(a, "0"), ash_transpose(a, NULL), ash_rechunk(a, "1,1,1"), ash_cast(a, ASH_FLOAT32),
        ash_mean(a, "time"), ash_max(a, NULL), ash_absolute(a), ash_negative(a), ash_clip(a, ash_real(ctx, 0), ash_real(ctx, 1)),
        ash_fill_missing(a, ash_real(ctx, 0)), ash_maximum(a, ash_real(ctx, 0)), ash_squeeze(ash_index(a, "0:1"), "0"),
        ash_set_dims(a, "p,q,r") };
    for (size_t k = 0; k < sizeof keeps / sizeof keeps[0]; k++) {
        assert_good(keeps[k]);
        assert_non_null(ash_attr(keeps[k], "units"));
    }
    const ash_array drops[] = { ash_add(a, a), ash_mul(a, ash_real(ctx, 2)), ash_greater(a, ash_real(ctx, 0)), ash_var(a, NULL),
        ash_count(a, NULL), ash_sin(a), ash_argmax(a, NULL) };
    for (size_t k = 0; k < sizeof drops / sizeof drops[0]; k++) {
        assert_good(drops[k]);
        assert_null(ash_attr(drops[k], "units"));
    }
    assert_string_equal(ash_attr(ash_mean(a, "time"), "cell_methods"), "time: mean");
    assert_string_equal(ash_attr(ash_max(ash_mean(a, "time"), "lat,lon"), "cell_methods"), "time: mean lat: lon: maximum");
    ash_context_free(ctx);
}

/* The first use a geoscientist makes: a climatology and what is left of it. */
static void climatology_and_anomalies(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, "openmp");
    enum { DAYS = 730 };
    static double days[DAYS], values[DAYS * 2];
    for (int k = 0; k < DAYS; k++) {
        days[k] = k + 0.5;
        values[2 * k] = k;
        values[2 * k + 1] = -k;
    }
    ash_array time =
        ash_set_attr(ash_set_attr(vector_of(ctx, ASH_FLOAT64, DAYS, days, NULL), "units", "days since 2001-01-01"), "calendar", "noleap");
    ash_array t =
        ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ DAYS, 2 }, values, &(ash_make_options){ .dims = "time,x", .chunks = "100,-1" });
    t = ash_set_coord(t, "time", time);
    ash_array month = ash_sub(ash_time_field(ash_coord(t, "time"), "month"), ash_int(ctx, 1)), labels = ash_set_dims(month, "month");
    ash_array climatology = ash_group_mean(t, "time", labels), anomaly = ash_sub(t, ash_group_take(climatology, "month", month));
    expect_dims(climatology, "month,x");
    expect_dims(anomaly, "time,x");
    assert_true(ash_has_coord(anomaly, "time"));
    double *mean = values_of(climatology), *left = values_of(anomaly);
    assert_true(mean[0] == 15 + 365 / 2.0); /* January: days 0..30 and 365..395 */
    assert_true(mean[1] == -mean[0]);
    assert_true(mean[22] == 334 + 15 + 365 / 2.0);
    for (int k = 0; k < DAYS; k++) {
        assert_true(left[2 * k] == -left[2 * k + 1]);
    }
    assert_true(left[0] == -mean[0] && left[2 * 364] == 364 - mean[22]);
    free(mean);
    free(left);
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_align),
        cmocka_unit_test(positions_align_from_the_right),
        cmocka_unit_test(axes_by_name_and_position),
        cmocka_unit_test(coordinates_travel),
        cmocka_unit_test(attributes_travel),
        cmocka_unit_test(climatology_and_anomalies),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
