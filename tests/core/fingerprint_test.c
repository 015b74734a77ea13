/* What tells expressions with functions of the user's apart: their names and arguments, never where the functions are. */
#include "core_test.h"

#include "expr/fingerprint.h"

static ash_status one(const ash_function_call *call, void *user) {
    (void)call, (void)user;
    return ASH_OK;
}

static ash_status other(const ash_function_call *call, void *user) {
    (void)call, (void)user;
    return ASH_ERR_IO;
}

typedef struct recipe {
    const char *name, *depth, *boundary, *dims, *core;
    int64_t argument;
    ash_status (*function)(const ash_function_call *call, void *user);
} recipe;

static ash_fingerprint print_of(const recipe *r, int delayed) {
    ash_context *ctx = context_with(1, NULL);
    int user;
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = r->name, .function = r->function, .user = &user }));
    ash_array a = ash_zeros(ctx, ASH_FLOAT64, 2, (int64_t[]){ 6, 8 }, &(ash_make_options){ .chunks = "2,4" }), result;
    ash_map_output output = { .dtype = ASH_FLOAT64, .dims = r->dims };
    ash_map_options options = { .core_dims = r->core, .argument = &r->argument, .argument_bytes = 8 };
    ash_map_overlap_with(ctx, r->name, 1, &a, r->depth, r->boundary, 1, &output, &options, &result);
    if (delayed) {
        result =
            ash_delayed(ctx, r->name, 1, &a, ASH_FLOAT64, 0, NULL, &(ash_delayed_options){ .argument = &r->argument, .argument_bytes = 8 });
    }
    assert_good(result);
    ash_value value = { ash_context_find(ctx, result.serial), 0 };
    ash_fingerprint print = { { 0 } };
    ash_fingerprint_values(&print, ctx, 1, &value);
    ash_context_free(ctx);
    return print;
}

static void names_and_arguments(void **state) {
    (void)state;
    static const recipe first = { "f", "1", "reflect", NULL, NULL, 5, one }, same = { "f", "1:1", "reflect", NULL, NULL, 5, other };
    static const recipe others[] = { { "g", "1", "reflect", NULL, NULL, 5, one }, { "f", "1:2", "reflect", NULL, NULL, 5, one },
        { "f", "1", "mirror", NULL, NULL, 5, one }, { "f", "1", "reflect", "0,1=7", NULL, 5, one },
        { "f", "1", "reflect", NULL, "0", 5, one }, { "f", "1", "reflect", NULL, NULL, 6, one } };
    for (int delayed = 0; delayed < 2; delayed++) {
        ash_fingerprint print = print_of(&first, delayed), equal = print_of(&same, delayed);
        assert_memory_equal(&print, &equal, sizeof print);
        for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
            ash_fingerprint different = print_of(&others[k], delayed);
            int is_delayed_same = delayed && k > 0 && k < 5; /* what only halos have */
            assert_int_equal(memcmp(&print, &different, sizeof print) == 0, is_delayed_same);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(names_and_arguments) };
    return cmocka_run_group_tests_name("fingerprint", tests, NULL, NULL);
}
