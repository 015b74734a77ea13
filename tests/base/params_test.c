/* Parameters as text: what is read, what is printed back, what is refused. */
#include "base_test.h"

#include "base/params.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>

static int parse(const char *text, ash_arena *arena, ash_param **params, ash_error_state *error) {
    int count;
    *error = (ash_error_state){ 0 };
    return ash_params_parse(text, arena, "f", &count, params, error) == ASH_OK ? count : -1;
}

static void values_are_read_and_printed(void **state) {
    (void)state;
    static const struct {
        const char *given, *printed;
    } rows[] = { { "3", "3" }, { "-9223372036854775808", "-9223372036854775808" }, { "+7", "7" }, { "2.5", "2.5" }, { "1e3", "1000.0" },
        { "1e300", "1e+300" }, { ".5", "0.5" }, { "5.", "5.0" }, { "0x1.8p1", "3.0" }, { "0.1", "0.1" },
        { "5e-324", "4.94065645841247e-324" }, { "-0.0", "-0.0" }, { "inf", "inf" }, { "-inf", "-inf" }, { "nan", "nan" },
        { "1+2j", "1.0+2.0j" }, { "-2.5j", "0.0-2.5j" }, { "inf-nanj", "inf+nanj" }, { "1e-3-1e3j", "0.001-1000.0j" }, { "true", "true" },
        { "false", "false" }, { "float64", "'float64'" }, { "information", "'information'" }, { "'a,b'", "'a,b'" },
        { "\"it's\"", "'it\\'s'" }, { "'\\n\\\\\\\"'", "'\\n\\\\\"'" }, { "''", "''" }, { "[]", "[]" },
        { "[ 1 ,2.0, 'x']", "[1, 2.0, 'x']" }, { "[[1,2],[3,4]]", "[[1, 2], [3, 4]]" } };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        ash_arena arena = { 0 };
        ash_error_state error;
        ash_param *params;
        char text[100], printed[100];
        snprintf(text, sizeof text, " a = %s ; ", rows[k].given);
        if (parse(text, &arena, &params, &error) != 1) {
            fail_msg("%s: %s", text, error.text);
        }
        assert_string_equal(params[0].name, "a");
        assert_int_equal(ash_param_print(&params[0].value, printed, sizeof printed), strlen(rows[k].printed));
        assert_string_equal(printed, rows[k].printed);
        char small[3];
        assert_int_equal(ash_param_print(&params[0].value, small, sizeof small), strlen(rows[k].printed));
        assert_true(strlen(small) <= 2);
        ash_arena_free(&arena);
    }
}

static uint64_t bits = 88172645463325252u;

/* Any double survives, whatever the locale. */
static void numbers_survive_bit_by_bit(void **state) {
    (void)state;
    const char *before = setlocale(LC_NUMERIC, NULL);
    char kept[64];
    snprintf(kept, sizeof kept, "%s", before);
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8")) {
        print_message("no locale with a decimal comma is installed: only C is tried\n");
    }
    for (int k = 0; k < 100000; k++) {
        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
        ash_param_value value = { .kind = ASH_PARAM_REAL };
        ash_arena arena = { 0 };
        ash_error_state error;
        ash_param *params;
        char text[64] = "x=";
        memcpy(&value.real, &bits, 8);
        ash_param_print(&value, text + 2, sizeof text - 2);
        if (parse(text, &arena, &params, &error) != 1) {
            fail_msg("%s: %s", text, error.text);
        }
        assert_int_equal(params[0].value.kind, ASH_PARAM_REAL);
        assert_true(isnan(value.real) ? isnan(params[0].value.real) : memcmp(&value.real, &params[0].value.real, 8) == 0);
        ash_arena_free(&arena);
    }
    setlocale(LC_NUMERIC, kept);
}

static void several_and_none(void **state) {
    (void)state;
    ash_arena arena = { 0 };
    ash_error_state error;
    ash_param *params;
    assert_int_equal(parse("a=1;b=x; c=[1]", &arena, &params, &error), 3);
    assert_string_equal(params[2].name, "c");
    assert_int_equal(parse("", &arena, &params, &error), 0);
    assert_int_equal(parse(" \n", &arena, &params, &error), 0);
    assert_int_equal(parse(NULL, &arena, &params, &error), 0);
    ash_arena_free(&arena);
}

static void mistakes_are_sentences(void **state) {
    (void)state;
    static const struct {
        const char *text, *sentence;
    } rows[] = { { "=1", "f: parameters: expected the name of a parameter at character 1, found '=1'" },
        { "a", "expected '=' at character 2, found the end" }, { "a=", "expected a number" }, { "a=1 b=2", "expected ';' at character 5" },
        { "a=1;a=2", "expected every parameter once" }, { "a='x", "expected a closing '" }, { "a='\\q'", "expected one of" },
        { "a=[1", "expected ',' or ']'" }, { "a=[1 2]", "expected ',' or ']'" }, { "a=1+2", "imaginary part" },
        { "a=1.5.5", "expected the end of a number" }, { "a=9223372036854775808", "integers within 64 bits" },
        { "a=1x", "the end of a number" }, { "a=--1", "expected a number" }, { "a=1;;b=2", "the name of a parameter" },
        { "a=]", "expected a number" }, { "a=[1,]", "expected a number" }, { "5a=1", "the name of a parameter" } };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        ash_arena arena = { 0 };
        ash_error_state error;
        ash_param *params;
        if (parse(rows[k].text, &arena, &params, &error) != -1 || !strstr(error.text, rows[k].sentence)) {
            fail_msg("'%s': expected '%s', found '%s'", rows[k].text, rows[k].sentence, error.text);
        }
        ash_arena_free(&arena);
    }
    char deep[201] = "a=";
    memset(deep + 2, '[', 198);
    ash_arena arena = { 0 };
    ash_error_state error;
    ash_param *params;
    assert_int_equal(parse(deep, &arena, &params, &error), -1);
    assert_non_null(strstr(error.text, "nested less deeply"));
    ash_arena_free(&arena);
}

/* Any bytes: refused or read, never more. */
static void any_text_is_survived(void **state) {
    (void)state;
    static const char letters[] = "ab=;[],.'\"\\-+ej0123inx tru \n";
    for (int k = 0; k < 200000; k++) {
        char text[24] = "";
        ash_arena arena = { 0 };
        ash_error_state error;
        ash_param *params;
        for (int i = 0; i < 22; i++) {
            bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
            text[i] = bits >> 60 == 0 ? (char)(bits >> 20) : letters[(bits >> 33) % (sizeof letters - 1)];
        }
        if (k % 2) {
            memcpy(text, "a=[", 3);
        }
        parse(text, &arena, &params, &error);
        ash_arena_free(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_and_printed),
        cmocka_unit_test(numbers_survive_bit_by_bit),
        cmocka_unit_test(several_and_none),
        cmocka_unit_test(mistakes_are_sentences),
        cmocka_unit_test(any_text_is_survived),
    };
    return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
