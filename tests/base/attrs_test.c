#include "base_test.h"

#include "base/attrs.h"
#include "base/memory.h"

static const double two_numbers[2] = { 0.5, 2.0 };
static const int16_t short_number = -7;

static void set_find_replace_remove(void **state) {
    (void)state;
    ash_attrs *attrs = NULL;
    double value = 0.0;
    assert_null(ash_attrs_find(attrs, "units"));
    assert_true(ash_attrs_set_text(&attrs, "units", "K"));
    assert_true(ash_attrs_set(&attrs, "valid_range", 0, ASH_FLOAT64, 2, two_numbers));
    assert_true(ash_attrs_set(&attrs, "short", 0, ASH_INT16, 1, &short_number));
    assert_true(ash_attrs_set(&attrs, "blank", 1, ASH_UINT8, 3, "a\0b"));
    assert_true(ash_attrs_set_text(&attrs, "units", "degrees Celsius"));
    assert_int_equal(attrs->count, 4);
    assert_string_equal(attrs->entry[0].name, "units");
    assert_string_equal(ash_attrs_text(attrs, "units"), "degrees Celsius");
    assert_null(ash_attrs_text(attrs, "short"));
    assert_true(ash_attrs_real(attrs, "valid_range", &value) && value == 0.5);
    assert_true(ash_attrs_real(attrs, "short", &value) && value == -7.0);
    assert_false(ash_attrs_real(attrs, "units", &value) || ash_attrs_real(attrs, "none", &value));
    assert_memory_equal(ash_attrs_find(attrs, "blank")->data, "a\0b", 4);
    assert_true(ash_attrs_set_text(&attrs, "units", NULL));
    assert_true(ash_attrs_set_text(&attrs, "units", NULL));
    assert_int_equal(attrs->count, 3);
    assert_string_equal(attrs->entry[0].name, "valid_range");
    assert_true(ash_attrs_set_text(&attrs, "short", NULL) && ash_attrs_set_text(&attrs, "blank", NULL) &&
        ash_attrs_set_text(&attrs, "valid_range", NULL));
    assert_null(attrs);
}

static void odd_counts(void **state) {
    (void)state;
    ash_attrs *attrs = NULL;
    double value = 0.0;
    assert_false(ash_attrs_set(&attrs, "x", 0, ASH_FLOAT64, -1, two_numbers));
    assert_false(ash_attrs_set(&attrs, "x", 0, ASH_FLOAT64, INT64_MAX, two_numbers));
    assert_false(ash_attrs_set(&attrs, "x", 1, ASH_UINT8, INT64_MAX, "x"));
    assert_false(ash_attrs_set(&attrs, "x", 0, ASH_DTYPE_COUNT, 1, two_numbers));
    assert_null(attrs);
    assert_true(ash_attrs_set(&attrs, "x", 0, ASH_FLOAT64, 0, two_numbers));
    assert_false(ash_attrs_real(attrs, "x", &value));
    assert_true(ash_attrs_set_text(&attrs, "y", ""));
    assert_string_equal(ash_attrs_text(attrs, "y"), "");
    ash_attrs_release(attrs);
    ash_attrs_release(NULL);
    assert_null(ash_attrs_retain(NULL));
}

static void shared_lists_are_copied(void **state) {
    (void)state;
    ash_attrs *first = NULL;
    assert_true(ash_attrs_set_text(&first, "units", "K"));
    assert_true(ash_attrs_set_text(&first, "long_name", "temperature"));
    ash_attrs *second = ash_attrs_retain(first);
    assert_true(ash_attrs_set_text(&second, "units", "C"));
    assert_ptr_not_equal(first, second);
    assert_string_equal(ash_attrs_text(first, "units"), "K");
    assert_string_equal(ash_attrs_text(second, "units"), "C");
    ash_attrs *third = ash_attrs_retain(second);
    assert_true(ash_attrs_set_text(&third, "units", NULL));
    assert_string_equal(ash_attrs_text(second, "units"), "C");
    assert_null(ash_attrs_text(third, "units"));
    assert_string_equal(ash_attrs_text(third, "long_name"), "temperature");
    ash_attrs_release(first);
    ash_attrs_release(second);
    ash_attrs_release(third);
}

/* Sets, replaces and removes on an own and on a shared list. */
static int edit(ash_attrs **attrs) {
    return ash_attrs_set_text(attrs, "new", "text") && ash_attrs_set(attrs, "units", 0, ASH_FLOAT64, 2, two_numbers) &&
        ash_attrs_set_text(attrs, "long_name", NULL);
}

static void failing_allocations_leave_the_list_whole(void **state) {
    (void)state;
    for (int shared = 0; shared <= 1; shared++)
        for (int onward = 0; onward <= 1; onward++) {
            int done = 0;
            for (int n = 1; !done; n++) {
                assert_true(n < 100);
                ash_attrs *attrs = NULL;
                assert_true(ash_attrs_set_text(&attrs, "units", "K") && ash_attrs_set_text(&attrs, "long_name", "temperature"));
                ash_attrs *other = shared ? ash_attrs_retain(attrs) : NULL;
                ash_fail_allocations(n, onward);
                done = edit(&attrs);
                ash_fail_allocations(0, 0);
                assert_non_null(attrs);
                for (int i = 0; i < attrs->count; i++)
                    assert_true(attrs->entry[i].name && attrs->entry[i].data);
                if (other) {
                    assert_string_equal(ash_attrs_text(other, "units"), "K");
                    assert_string_equal(ash_attrs_text(other, "long_name"), "temperature");
                }
                if (done)
                    assert_int_equal(attrs->count, 2);
                ash_attrs_release(attrs);
                ash_attrs_release(other);
            }
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_find_replace_remove),
        cmocka_unit_test(odd_counts),
        cmocka_unit_test(shared_lists_are_copied),
        cmocka_unit_test(failing_allocations_leave_the_list_whole),
    };
    return cmocka_run_group_tests_name("base: attrs", tests, NULL, NULL);
}
