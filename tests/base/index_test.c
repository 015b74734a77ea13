/* Index text, against a second implementation of Python's slices. */
#include "base_test.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Python's rules, step by step as the language reference tells them ---- */

typedef struct bound {
    int given;
    int64_t value;
} bound;

/* The elements a slice selects, one after another; at most `most`. */
static int python_slice(bound start, bound stop, bound step_bound, int64_t n, int64_t selected[], int most) {
    int64_t step = step_bound.given ? step_bound.value : 1;
    int count = 0;
    /* "If i or j is negative, the index is relative to the end: len(s) + i is substituted" */
    if (start.given && start.value < 0)
        start.value += n;
    if (stop.given && stop.value < 0)
        stop.value += n;
    if (step > 0) {
        int64_t i = start.given ? (start.value < 0 ? 0 : start.value) : 0;
        int64_t j = stop.given && stop.value < n ? stop.value : n;
        for (; i < j && count < most; count++) {
            selected[count] = i;
            if (__builtin_add_overflow(i, step, &i))
                i = j;
        }
    } else {
        int64_t i = start.given && start.value < n - 1 ? start.value : n - 1;
        int64_t j = stop.given && stop.value > -1 ? stop.value : -1;
        for (; i > j && count < most; count++) {
            selected[count] = i;
            if (__builtin_add_overflow(i, step, &i))
                i = j;
        }
    }
    return count;
}

static void print_bound(char *text, size_t size, bound b) {
    size_t used = strlen(text);
    if (b.given)
        snprintf(text + used, size - used, "%" PRId64, b.value);
}

enum { MOST = 64 };

static void check_slice(bound start, bound stop, bound step, int64_t n) {
    static const ash_dim_names dims = { 1, { "x" } };
    char text[128] = "";
    int64_t expected[MOST];
    int count = -1, want = python_slice(start, stop, step, n, expected, MOST);
    ash_index_part parts[2 * ASH_MAX_NDIM];
    ash_error_state error = { 0 };
    print_bound(text, sizeof text, start);
    strcat(text, ":");
    print_bound(text, sizeof text, stop);
    if (step.given)
        strcat(text, ":");
    print_bound(text, sizeof text, step);
    if (ash_parse_index(text, &dims, &n, &count, parts, &error) != ASH_OK)
        fail_msg("'%s' of %d: %s", text, (int)n, error.text);
    if (count != 1 || parts[0].kind != ASH_INDEX_RANGE || parts[0].axis != 0 || parts[0].extent != want)
        fail_msg("'%s' of %d: extent %d, expected %d", text, (int)n, (int)parts[0].extent, want);
    for (int k = 0; k < want; k++)
        if (parts[0].start + k * parts[0].step != expected[k])
            fail_msg("'%s' of %d: element %d", text, (int)n, k);
    if (want == 0)
        assert_true(parts[0].start == 0 && parts[0].step == 1);
}

static void every_slice_of_short_axes(void **state) {
    (void)state;
    for (int n = 0; n <= 7; n++)
        for (int a = -10; a <= 10; a++)
            for (int b = -10; b <= 10; b++)
                for (int c = -9; c <= 9; c++) {
                    bound start = { a > -10, a }, stop = { b > -10, b }, step = { c > -9 && c != 0, c };
                    check_slice(start, stop, step, n);
                }
}

static void extreme_slices(void **state) {
    (void)state;
    static const int64_t values[] = { INT64_MIN, INT64_MIN + 1, INT64_MIN / 2, -8, -1, 0, 1, 5, INT64_MAX / 2, INT64_MAX - 1, INT64_MAX };
    enum { N = sizeof values / sizeof *values };
    for (int n = 0; n <= 6; n += 3)
        for (int a = 0; a <= N; a++)
            for (int b = 0; b <= N; b++)
                for (int c = 0; c <= N; c++) {
                    bound start = { a < N, a < N ? values[a] : 0 }, stop = { b < N, b < N ? values[b] : 0 },
                          step = { c < N && values[c] != 0, c < N ? values[c] : 1 };
                    check_slice(start, stop, step, n);
                }
}

static void random_slices(void **state) {
    (void)state;
    srand(7);
    for (int i = 0; i < 100000; i++) {
        int n = rand() % 50;
        bound start = { rand() % 4 != 0, rand() % 140 - 70 }, stop = { rand() % 4 != 0, rand() % 140 - 70 },
              step = { rand() % 3 != 0, rand() % 40 - 20 };
        step.given = step.given && step.value != 0;
        check_slice(start, stop, step, n);
    }
}

/* ---- Whole texts ---- */

static const ash_dim_names dims = { 3, { "time", NULL, "lon" } };
static const int64_t shape[3] = { 10, 4, 0 };

/* Parts as text: "axis=index", "axis=start+step*extent", "new". */
static const char *parts_of(const char *text, ash_error_state *error) {
    static char words[1024];
    ash_index_part parts[2 * ASH_MAX_NDIM];
    int count = 0;
    size_t used = 0;
    memset(error, 0, sizeof *error);
    if (ash_parse_index(text, &dims, shape, &count, parts, error) != ASH_OK)
        return "error";
    words[0] = 0;
    for (int i = 0; i < count; i++) {
        const ash_index_part *p = &parts[i];
        const char *gap = i > 0 ? " " : "";
        if (p->kind == ASH_INDEX_NEWAXIS)
            used += (size_t)snprintf(words + used, sizeof words - used, "%snew", gap);
        else if (p->kind == ASH_INDEX_INTEGER)
            used += (size_t)snprintf(words + used, sizeof words - used, "%s%d=%d", gap, p->axis, (int)p->start);
        else
            used += (size_t)snprintf(
                words + used, sizeof words - used, "%s%d=%d+%d*%d", gap, p->axis, (int)p->start, (int)p->step, (int)p->extent);
    }
    return words;
}

static void texts_that_are_understood(void **state) {
    (void)state;
    static const struct {
        const char *text, *parts;
    } cases[] = {
        { NULL, "0=0+1*10 1=0+1*4 2=0+1*0" },
        { "", "0=0+1*10 1=0+1*4 2=0+1*0" },
        { " ", "0=0+1*10 1=0+1*4 2=0+1*0" },
        { "2:5", "0=2+1*3 1=0+1*4 2=0+1*0" },
        { " 2 : 5 : 2 , -1 ", "0=2+2*2 1=3 2=0+1*0" },
        { "::-1", "0=9+-1*10 1=0+1*4 2=0+1*0" },
        { "+3, :", "0=3 1=0+1*4 2=0+1*0" },
        { "..., 1, :", "0=0+1*10 1=1 2=0+1*0" },
        { "0, ...", "0=0 1=0+1*4 2=0+1*0" },
        { "0, ..., 1, :", "0=0 1=1 2=0+1*0" },
        { "0, 1, :, ...", "0=0 1=1 2=0+1*0" },
        { "newaxis, :", "new 0=0+1*10 1=0+1*4 2=0+1*0" },
        { "0, newaxis, ..., newaxis", "0=0 new 1=0+1*4 2=0+1*0 new" },
        { "time=-2", "0=8 1=0+1*4 2=0+1*0" },
        { "lon=::2, time = 1:3", "0=1+1*2 1=0+1*4 2=0+1*0" },
        { "1=3", "0=0+1*10 1=3 2=0+1*0" },
    };
    ash_error_state error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(parts_of(cases[i].text, &error), cases[i].parts);
}

static void texts_that_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        ash_status status;
        const char *words;
    } cases[] = {
        { "0, 7", ASH_ERR_INDEX, "index: axis 1 has extent 4, found index 7" },
        { "-11", ASH_ERR_INDEX, "index: axis 0 ('time') has extent 10, found index -11" },
        { "lon=0", ASH_ERR_INDEX, "index: axis 2 ('lon') has extent 0, found index 0" },
        { ":, :, :, :", ASH_ERR_INDEX, "index: the array has 3 dimensions, found 4 indices" },
        { "0, ..., 0, :, :", ASH_ERR_INDEX, "index: the array has 3 dimensions, found 4 indices" },
        { "::0", ASH_ERR_ARGUMENT, "index: the step of '::0' is 0" },
        { "1:2:3:4", ASH_ERR_ARGUMENT, "found '1:2:3:4'" },
        { "a", ASH_ERR_ARGUMENT, "index: expected an integer, a range start:stop:step, newaxis or ..., found 'a'" },
        { "1 2", ASH_ERR_ARGUMENT, "found '1 2'" },
        { "1:b", ASH_ERR_ARGUMENT, "found '1:b'" },
        { "1.5", ASH_ERR_ARGUMENT, "found '1.5'" },
        { "-", ASH_ERR_ARGUMENT, "found '-'" },
        { "0,,0", ASH_ERR_ARGUMENT, "index: part 2 of '0,,0' is empty" },
        { "0,", ASH_ERR_ARGUMENT, "index: part 2 of '0,' is empty" },
        { ",", ASH_ERR_ARGUMENT, "part 1" },
        { "..., 0, ...", ASH_ERR_ARGUMENT, "index: more than one ..." },
        { "time=0, 1", ASH_ERR_ARGUMENT, "index: positions and names are mixed in 'time=0, 1'" },
        { "time=0, newaxis", ASH_ERR_ARGUMENT, "mixed" },
        { "tim=0", ASH_ERR_DIMENSION, "index: no dimension 'tim' in (time, ?, lon), did you mean 'time'?" },
        { "=0", ASH_ERR_DIMENSION, "index: no dimension ''" },
        { "time=0, time=1", ASH_ERR_ARGUMENT, "index: axis 0 ('time') is indexed twice" },
        { "time=0, 0=1", ASH_ERR_ARGUMENT, "indexed twice" },
        { "time=", ASH_ERR_ARGUMENT, "found ''" },
        { "time=...", ASH_ERR_ARGUMENT, "found '...'" },
        { "time=0=1", ASH_ERR_ARGUMENT, "found '0=1'" },
        { "99999999999999999999:", ASH_ERR_INDEX, "index: '99999999999999999999' does not fit a 64-bit integer" },
        { "-9223372036854775809", ASH_ERR_INDEX, "does not fit" },
    };
    ash_error_state error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(parts_of(cases[i].text, &error), "error") != 0)
            fail_msg("'%s' was accepted", cases[i].text);
        assert_error(&error, cases[i].status, cases[i].words);
    }
}

static void too_many_new_axes(void **state) {
    (void)state;
    char text[600] = "newaxis";
    ash_error_state error;
    for (int i = 1; i < 13; i++)
        strcat(text, ",newaxis");
    assert_string_not_equal(parts_of(text, &error), "error");
    strcat(text, ",newaxis");
    assert_string_equal(parts_of(text, &error), "error");
    assert_error(&error, ASH_ERR_SHAPE, "would have 17 dimensions, at most 16 are possible");
    for (int i = 0; i < 10; i++)
        strcat(text, ",newaxis");
    assert_string_equal(parts_of(text, &error), "error");
    for (int i = 0; i < 20; i++)
        strcat(text, ",newaxis");
    assert_string_equal(parts_of(text, &error), "error");
    assert_error(&error, ASH_ERR_ARGUMENT, "more than 32 parts");
}

/* Nothing that can be typed may crash, and every accepted range stays inside its axis. */
static void random_texts(void **state) {
    (void)state;
    static const char *const pieces[] = { "0", "1", "-", ":", ",", " ", "...", "newaxis", "time", "lon", "=", "9", "+", "x" };
    srand(11);
    for (int i = 0; i < 200000; i++) {
        char text[128] = "";
        ash_index_part parts[2 * ASH_MAX_NDIM];
        ash_error_state error = { 0 };
        int count = 0;
        for (int k = rand() % 10; k >= 0; k--)
            strcat(text, pieces[rand() % 14]);
        ash_status status = ash_parse_index(text, &dims, shape, &count, parts, &error);
        assert_int_equal(status, error.status);
        for (int k = 0; status == ASH_OK && k < count; k++) {
            if (parts[k].kind == ASH_INDEX_NEWAXIS || parts[k].extent == 0)
                continue;
            int64_t last = parts[k].start + (parts[k].extent - 1) * parts[k].step, n = shape[parts[k].axis];
            assert_true(parts[k].start >= 0 && parts[k].start < n && last >= 0 && last < n);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_slice_of_short_axes),
        cmocka_unit_test(extreme_slices),
        cmocka_unit_test(random_slices),
        cmocka_unit_test(texts_that_are_understood),
        cmocka_unit_test(texts_that_are_refused),
        cmocka_unit_test(too_many_new_axes),
        cmocka_unit_test(random_texts),
    };
    return cmocka_run_group_tests_name("base: index", tests, NULL, NULL);
}
