#include "base_test.h"

#include <ashlar/context.h>

static void first_error_is_kept(void **state) {
    (void)state;
    ash_error_state error = { 0 };
    assert_int_equal(ash_fail(&error, ASH_ERR_INDEX, "index: axis %d has extent %d, found index %d", 1, 4, 7), ASH_ERR_INDEX);
    assert_int_equal(ash_fail(&error, ASH_ERR_SHAPE, "a later one"), ASH_ERR_INDEX);
    assert_string_equal(error.text, "index: axis 1 has extent 4, found index 7");
    assert_int_equal(ash_fail(NULL, ASH_ERR_SHAPE, "nobody listens"), ASH_ERR_SHAPE);
}

static void long_sentences_are_cut(void **state) {
    (void)state;
    ash_error_state error = { 0 };
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    ash_fail(&error, ASH_ERR_ARGUMENT, "%s", text);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    assert_string_equal(error.text + strlen(error.text) - 4, "x...");
}

static void memory_errors_name_function_and_bytes(void **state) {
    (void)state;
    ash_error_state error = { 0 };
    assert_int_equal(ash_fail_memory(&error, "mean", 1234), ASH_ERR_MEMORY);
    assert_string_equal(error.text, "mean: the system gave no memory, asked for 1234 bytes");
}

static void every_status_has_words(void **state) {
    (void)state;
    for (int i = 0; i < ASH_STATUS_COUNT; i++)
        assert_true(strlen(ash_status_text((ash_status)i)) > 0);
    assert_string_equal(ash_status_text(ASH_ERR_SHAPE), "shapes do not match");
    assert_string_equal(ash_status_text((ash_status)-1), "unknown status");
    assert_string_equal(ash_status_text(ASH_STATUS_COUNT), "unknown status");
    assert_string_equal(ash_version(), "0.1.0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_error_is_kept),
        cmocka_unit_test(long_sentences_are_cut),
        cmocka_unit_test(memory_errors_name_function_and_bytes),
        cmocka_unit_test(every_status_has_words),
    };
    return cmocka_run_group_tests_name("base: error", tests, NULL, NULL);
}
