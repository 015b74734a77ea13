/* Dimension lists and suggestions. */
#include "base_test.h"

#include "base/text.h"

#include <stdio.h>

static const ash_dim_names named = { 3, { "time", "lat", "lon" } };
static const ash_dim_names anonymous = { 3, { NULL } };
static const ash_dim_names mixed = { 3, { "time", NULL, "odd name:+x" } };

/* The axes of `text` as digits, "error" if it is refused. */
static const char *axes_of(const char *text, const ash_dim_names *dims, ash_error_state *error) {
    static char digits[ASH_MAX_NDIM + 8];
    int count = -1, axes[ASH_MAX_NDIM];
    memset(error, 0, sizeof *error);
    if (ash_parse_axes(text, dims, "mean", &count, axes, error) != ASH_OK)
        return "error";
    for (int i = 0; i < count; i++)
        digits[i] = (char)('0' + axes[i]);
    digits[count] = 0;
    return digits;
}

static void lists_that_are_understood(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const ash_dim_names *dims;
        const char *axes;
    } cases[] = {
        { "time", &named, "0" }, { "lon,lat", &named, "21" }, { " lon , time ", &named, "20" }, { NULL, &named, "012" },
        { "", &named, "012" }, { "  ", &named, "012" },
        { "0", &named, "0" }, { "-1,-2", &named, "21" }, { "lat,2", &named, "12" }, { "0,1,2", &anonymous, "012" },
        { "odd name:+x,1", &mixed, "21" },
    };
    ash_error_state error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(axes_of(cases[i].text, cases[i].dims, &error), cases[i].axes);
    ash_dim_names scalar = { 0, { NULL } };
    assert_string_equal(axes_of(NULL, &scalar, &error), "");
    assert_string_equal(axes_of("0", &scalar, &error), "error");
}

static void lists_that_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const ash_dim_names *dims;
        ash_status status;
        const char *words;
    } cases[] = {
        { "tiem", &named, ASH_ERR_DIMENSION, "mean: no dimension 'tiem' in (time, lat, lon), did you mean 'time'?" },
        { "Lat", &named, ASH_ERR_DIMENSION, "did you mean 'lat'?" },
        { "depth", &named, ASH_ERR_DIMENSION, "mean: no dimension 'depth' in (time, lat, lon)" },
        { "time", &anonymous, ASH_ERR_DIMENSION, "mean: no dimension 'time' in (?, ?, ?)" },
        { "3", &named, ASH_ERR_DIMENSION, "mean: no axis 3, the array has 3 dimensions" },
        { "-4", &named, ASH_ERR_DIMENSION, "mean: no axis -4, the array has 3 dimensions" },
        { "99999999999999999999", &named, ASH_ERR_DIMENSION, "mean: no axis 99999999999999999999" },
        { "lat,lat", &named, ASH_ERR_ARGUMENT, "mean: axis 1 ('lat') is named twice in 'lat,lat'" },
        { "1,-2", &anonymous, ASH_ERR_ARGUMENT, "mean: axis 1 is named twice" },
        { "time,,lon", &named, ASH_ERR_ARGUMENT, "between the commas" },
        { ",", &named, ASH_ERR_ARGUMENT, "between the commas" },
        { "time,", &named, ASH_ERR_ARGUMENT, "between the commas" },
        { "time lat", &named, ASH_ERR_DIMENSION, "mean: no dimension 'time lat'" },
    };
    ash_error_state error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(axes_of(cases[i].text, cases[i].dims, &error), "error");
        assert_error(&error, cases[i].status, cases[i].words);
    }
}

static void names_that_are_understood(void **state) {
    (void)state;
    char storage[32];
    ash_dim_names dims;
    ash_error_state error = { 0 };
    assert_int_equal(ash_parse_dim_names(" time ,, lon x", 3, "zeros", storage, sizeof storage, &dims, &error), ASH_OK);
    assert_int_equal(dims.ndim, 3);
    assert_string_equal(dims.name[0], "time");
    assert_null(dims.name[1]);
    assert_string_equal(dims.name[2], "lon x");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ash_parse_dim_names(i ? "" : NULL, 2, "zeros", NULL, 0, &dims, &error), ASH_OK);
        assert_int_equal(dims.ndim, 2);
        assert_null(dims.name[0]);
    }
    assert_int_equal(ash_parse_dim_names("a,b", 2, "zeros", storage, 4, &dims, &error), ASH_OK);
    assert_int_equal(ash_parse_dim_names(",", 2, "zeros", storage, 4, &dims, &error), ASH_OK);
    assert_int_equal(ash_parse_dim_names(NULL, 0, "zeros", storage, 4, &dims, &error), ASH_OK);
}

static void names_that_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        { "time,lat", "zeros: the array has 3 dimensions, found 2 names in 'time,lat'" },
        { "a,b,c,d", "zeros: the array has 3 dimensions, found 4 names" },
        { "a,b,a", "zeros: dimension name 'a' stands twice" },
        { "a,10,b", "zeros: dimension name '10' would read as a position" },
        { "a,-1,b", "would read as a position" },
        { "a=b,c,d", "holds '='" },
        { "a:b,c,d", "holds ':'" },
        { "a+b,c,d", "holds '+'" },
        { "a much longer text than there is storage for,c,d", "at most 31 are possible" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char storage[32];
        ash_dim_names dims;
        ash_error_state error = { 0 };
        assert_int_equal(ash_parse_dim_names(cases[i].text, 3, "zeros", storage, sizeof storage, &dims, &error), ASH_ERR_ARGUMENT);
        assert_error(&error, ASH_ERR_ARGUMENT, cases[i].words);
    }
}

static void suggestions(void **state) {
    (void)state;
    static const char *const names[] = { "time", NULL, "latitude", "longitude", "t2m", "Temperature", "x", "" };
    static const struct {
        const char *wanted, *nearest;
    } cases[] = {
        { "tmie", "time" }, { "TIME", "time" }, { "lattitude", "latitude" }, { "lat", "latitude" }, { "long", "longitude" },
        { "temperature", "Temperature" },
        { "2m", "t2m" }, { "itude", "latitude" }, { "time", "time" }, { "pressure", NULL }, { "y", NULL }, { "", NULL }, { NULL, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *nearest = ash_nearest(cases[i].wanted, 8, names);
        if (cases[i].nearest && nearest)
            assert_string_equal(nearest, cases[i].nearest);
        else
            assert_ptr_equal(nearest, cases[i].nearest);
    }
    char longest[600];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = 0;
    assert_null(ash_nearest(longest, 8, names));
    const char *const long_names[] = { longest, longest + 344 };
    assert_ptr_equal(ash_nearest(longest + 345, 2, long_names), longest + 344);
    assert_null(ash_nearest("time", 0, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_that_are_understood),
        cmocka_unit_test(lists_that_are_refused),
        cmocka_unit_test(names_that_are_understood),
        cmocka_unit_test(names_that_are_refused),
        cmocka_unit_test(suggestions),
    };
    return cmocka_run_group_tests_name("base: axes", tests, NULL, NULL);
}
