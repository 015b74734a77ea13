#include "base_test.h"

#include "base/text.h"

static void sizes_that_are_understood(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t bytes;
    } cases[] = {
        { "1000000", 1000000 }, { "512M", INT64_C(512) << 20 }, { "2GiB", INT64_C(2) << 30 }, { "1.5 GB", 1500000000 },
        { " 1.5 GiB ", INT64_C(3) << 29 },
        { "3k", 3072 }, { "3kB", 3000 }, { "3kib", 3072 }, { "7B", 7 }, { "1T", INT64_C(1) << 40 }, { "1TB", INT64_C(1000000000000) },
        { ".5M", 524288 }, { "2.", 2 },
        { "0.3KB", 300 }, { "1.1MB", 1100000 }, { "9223372036854775807", INT64_MAX }, { "8388607T", INT64_C(8388607) << 40 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t bytes = -1;
        if (!ash_parse_bytes(cases[i].text, &bytes) || bytes != cases[i].bytes)
            fail_msg("'%s' gave %lld", cases[i].text, (long long)bytes);
    }
}

static void sizes_that_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = { NULL, "", " ", "M", ".", ".M", "0", "0M", "-5", "+5", "5X", "5 M B", "1e9", "1,5G", "5MM",
        "8388608T", "9223372036854775808", "99999999999999999999", "0.0001" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t bytes = 77;
        if (ash_parse_bytes(texts[i], &bytes) || bytes != 77)
            fail_msg("'%s' was accepted", texts[i] ? texts[i] : "NULL");
    }
}

static void sizes_as_people_read_them(void **state) {
    (void)state;
    static const struct {
        int64_t bytes;
        const char *text;
    } cases[] = {
        { 0, "0 B" }, { 1023, "1023 B" }, { 1024, "1 KiB" }, { 1536, "1.5 KiB" }, { (INT64_C(1) << 20) - 1, "1 MiB" },
        { INT64_C(512) << 20, "512 MiB" },
        { INT64_C(3) << 29, "1.5 GiB" }, { INT64_C(5) << 40, "5 TiB" }, { INT64_MAX, "8 EiB" }, { INT64_MIN, "-8 EiB" },
        { -2048, "-2 KiB" }, { INT64_C(1288490188), "1.2 GiB" },
        { (INT64_C(1) << 60) + (INT64_C(1) << 59), "1.5 EiB" },
    };
    char buffer[32];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(ash_format_bytes(cases[i].bytes, buffer), cases[i].text);
}

static void shapes(void **state) {
    (void)state;
    static const int64_t shape[3] = { 3, 40, INT64_MAX };
    char buffer[64], tiny[6];
    assert_string_equal(ash_format_shape(0, NULL, buffer, sizeof buffer), "()");
    assert_string_equal(ash_format_shape(1, shape, buffer, sizeof buffer), "(3)");
    assert_string_equal(ash_format_shape(2, shape, buffer, sizeof buffer), "(3, 40)");
    assert_string_equal(ash_format_shape(3, shape, buffer, sizeof buffer), "(3, 40, 9223372036854775807)");
    assert_string_equal(ash_format_shape(3, shape, tiny, sizeof tiny), "(3, 4");
    assert_string_equal(ash_format_shape(3, shape, tiny, 0), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_that_are_understood),
        cmocka_unit_test(sizes_that_are_refused),
        cmocka_unit_test(sizes_as_people_read_them),
        cmocka_unit_test(shapes),
    };
    return cmocka_run_group_tests_name("base: sizes", tests, NULL, NULL);
}
