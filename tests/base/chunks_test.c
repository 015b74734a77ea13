#include "base_test.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

static const ash_dim_names dims = { 3, { "time", "lat", NULL } };
static const int64_t shape[3] = { 10, 5, 0 };

/* Sizes as text, "keep 3 2+3", "error" if refused. */
static const char *chunks_of(const char *text, ash_error_state *error) {
    static char words[512];
    ash_chunk_spec spec[ASH_MAX_NDIM];
    int64_t *storage = NULL;
    size_t used = 0;
    memset(error, 0, sizeof *error);
    if (ash_parse_chunks(text, &dims, shape, "rechunk", spec, &storage, error) != ASH_OK) {
        assert_null(storage);
        return "error";
    }
    for (int i = 0; i < 3; i++) {
        const char *gap = i > 0 ? " " : "";
        if (spec[i].size >= 0)
            used += (size_t)snprintf(words + used, sizeof words - used, "%s%d", gap, (int)spec[i].size);
        for (int64_t k = 0; spec[i].size < 0 && k < spec[i].count; k++)
            used += (size_t)snprintf(words + used, sizeof words - used, "%s%d", k > 0 ? "+" : gap, (int)spec[i].list[k]);
    }
    ash_free(storage);
    return words;
}

static void texts_that_are_understood(void **state) {
    (void)state;
    static const struct {
        const char *text, *chunks;
    } cases[] = {
        { NULL, "0 0 0" }, { " ", "0 0 0" }, { "3, 2, 0", "3 2 0" }, { "-1,-1,-1", "10 5 1" }, { "0,100,7", "0 5 1" },
        { "5+5, 2+ 3, 0", "5+5 2+3 0" },
        { "+4,1,1", "4 1 1" }, { "time=4", "4 0 0" }, { "lat=2+2+1, time=-1", "10 2+2+1 0" }, { "2=9, 0=3", "3 0 1" },
    };
    ash_error_state error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(chunks_of(cases[i].text, &error), cases[i].chunks);
}

static void texts_that_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        ash_status status;
        const char *words;
    } cases[] = {
        { "3", ASH_ERR_SHAPE, "rechunk: chunks: the array has 3 dimensions, found 1 sizes in '3'" },
        { "3,3,3,3", ASH_ERR_SHAPE, "the array has 3 dimensions, found 4 sizes" },
        { "-2,0,0", ASH_ERR_ARGUMENT, "found '-2'" },
        { "x,0,0", ASH_ERR_ARGUMENT,
            "rechunk: chunks: expected a size, -1 for the whole axis, 0 to keep it, or sizes joined by +, found 'x'" },
        { "3,,0", ASH_ERR_ARGUMENT, "found ''" },
        { "5+4,0,0", ASH_ERR_SHAPE, "rechunk: chunks of axis 0 ('time') add up to 9, its extent is 10" },
        { "5+6,0,0", ASH_ERR_SHAPE, "add up to 11" },
        { "0,0,1+1", ASH_ERR_SHAPE, "chunks of axis 2 add up to 2, its extent is 0" },
        { "5+0+5,0,0", ASH_ERR_ARGUMENT, "expected sizes above 0 around each +, found '0'" },
        { "5+,0,0", ASH_ERR_ARGUMENT, "found ''" },
        { "5+-1,0,0", ASH_ERR_ARGUMENT, "found '-1'" },
        { "9223372036854775807+9223372036854775807,0,0", ASH_ERR_SHAPE, "add up to more than" },
        { "99999999999999999999,0,0", ASH_ERR_ARGUMENT, "found '99999999999999999999'" },
        { "time=3, 2, 0", ASH_ERR_ARGUMENT, "rechunk: chunks: positions and names are mixed" },
        { "3, lat=2, 0", ASH_ERR_ARGUMENT, "mixed" },
        { "lta=3", ASH_ERR_DIMENSION, "rechunk: no dimension 'lta' in (time, lat, ?), did you mean 'lat'?" },
        { "lat=3,lat=2", ASH_ERR_ARGUMENT, "rechunk: chunks of axis 1 ('lat') are given twice" },
        { "lat=", ASH_ERR_ARGUMENT, "found ''" },
    };
    ash_error_state error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(chunks_of(cases[i].text, &error), "error") != 0)
            fail_msg("'%s' was accepted", cases[i].text);
        assert_error(&error, cases[i].status, cases[i].words);
    }
}

static void out_of_memory(void **state) {
    (void)state;
    ash_error_state error;
    ash_fail_allocations(1, 0);
    const char *chunks = chunks_of("5+5, 2+3, 0", &error);
    ash_fail_allocations(0, 0);
    assert_string_equal(chunks, "error");
    assert_error(&error, ASH_ERR_MEMORY, "rechunk: the system gave no memory");
}

static void random_texts(void **state) {
    (void)state;
    static const char *const pieces[] = { "0", "1", "5", "10", "-1", "+", ",", " ", "=", "time", "lat", "x" };
    srand(13);
    for (int i = 0; i < 100000; i++) {
        char text[128] = "";
        ash_error_state error;
        for (int k = rand() % 12; k >= 0; k--)
            strcat(text, pieces[rand() % 12]);
        chunks_of(text, &error);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_that_are_understood),
        cmocka_unit_test(texts_that_are_refused),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(random_texts),
    };
    return cmocka_run_group_tests_name("base: chunks", tests, NULL, NULL);
}
