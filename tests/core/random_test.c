/* Random expressions against the oracle: every one with a random instruction set, executor, number of threads and memory limit, alone and
 * together with parts of itself.
 *
 *   ASH_TEST_SEED=n      another seed, or the one a failure printed: then that expression alone is made
 *   ASH_TEST_COUNT=n     how many expressions
 *   ASH_TEST_FULL=1      200,000 of them
 */
#include "core_test.h"
#include "plan/passes.h"
#include "random_expression.h"

typedef struct tally {
    int64_t elements, checked, together, limited;
} tally;

static char sentence[4096];

/* Any instruction set this machine has. */
static ash_context *random_context(uint64_t seed) {
    static const char *const isas[] = { "baseline", "avx2", "avx512" };
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 2, .isa = isas[seed % 3], .memory_limit = 1 << 30 });
    return ctx ? ctx : context_with(2, NULL);
}

/* Passes of the optimiser: all of them, all without some, or some alone. */
static const char *random_passes(generator *g) {
#define PASS_WORD(name, word, what, counts) word,
    static const char *const words[ASH_PASSES] = { ASH_PASS_LIST(PASS_WORD) };
    static char list[256];
    if (one_in(g, 2)) {
        return NULL;
    }
    int alone = one_in(g, 2);
    size_t used = (size_t)snprintf(list, sizeof list, "%s", alone ? "none" : "all");
    for (int p = 0; p < ASH_PASSES; p++) {
        if (one_in(g, 4)) {
            used += (size_t)snprintf(list + used, sizeof list - used, ",%s%s", alone ? "" : "-", words[p]);
        }
    }
    assert_true(used < sizeof list);
    return list;
}

static ash_compute_options random_options(generator *g) {
    static const char *const executors[] = { "serial", "openmp", "ranks:2", "openmp", "ranks:5" };
    ash_compute_options options = {
        .executor = executors[random_below(g, 5)], .num_threads = 1 + (int32_t)random_below(g, 4), .passes = random_passes(g)
    };
    if (one_in(g, 2)) {
        options.piece_bytes = (int64_t)16 << random_below(g, 8); /* the arrays are too small for pieces of the usual size to be cut */
    }
    return options;
}

/* Shape, dtype and names are known without computing. 0 if one is not as it must be. */
static int check_shape(const expression *e) {
    int same = ash_array_dtype(e->handle) == e->value->dtype && ash_ndim(e->handle) == e->value->ndim;
    for (int a = 0; a < e->value->ndim && same; a++) {
        const char *name = ash_dim_name(e->handle, a);
        same = ash_extent(e->handle, a) == e->value->shape[a] && (name ? name[0] : 0) == e->value->name[a];
    }
    if (!same) {
        snprintf(sentence, sizeof sentence,
            "expected %s in %d dimensions (%lld elements), found %s in %d (%lld elements), or other names; %s",
            ash_dtype_name(e->value->dtype), e->value->ndim, (long long)e->value->size, ash_dtype_name(ash_array_dtype(e->handle)),
            ash_ndim(e->handle), (long long)ash_size(e->handle), ash_ok(e->handle) ? "no error" : ash_error(e->handle.context));
    }
    return same;
}

/* Computes and compares, values with the oracle and figures with what the plan said; 0 and a sentence if something is wrong. */
static int check(generator *g, int n, const int which[], const ash_compute_options *options, tally *t) {
    ash_array handles[8];
    void *buffers[8];
    int64_t bytes[8];
    int good = 1;
    for (int k = 0; k < n; k++) {
        const expression *e = &g->all[which[k]];
        if (!check_shape(e)) {
            return 0;
        }
        handles[k] = e->handle;
        bytes[k] = e->value->size * ash_dtype_size(e->value->dtype);
    }
    for (int k = 0; k < n; k++) {
        buffers[k] = malloc((size_t)bytes[k] + 8);
        memset(buffers[k], 0xA5, (size_t)bytes[k] + 8);
    }
    ash_plan_info plan = { 0 };
    ash_plan_query(g->context, n, handles, options, &plan);
    if (ash_compute_many(g->context, n, handles, buffers, bytes, options) != ASH_OK) {
        snprintf(sentence, sizeof sentence, "%s", ash_error(g->context));
        good = 0;
    } else {
        ash_plan_info run = ash_last_run(g->context);
        good = run.bytes_read == plan.bytes_read && run.bytes_spilled == plan.bytes_spilled && run.bytes_loaded == plan.bytes_loaded &&
            run.peak_bytes <= plan.peak_bytes;
        snprintf(sentence, sizeof sentence,
            "read %lld, spilled %lld, loaded %lld, peak %lld; the plan says %lld, %lld, %lld and at most %lld", (long long)run.bytes_read,
            (long long)run.bytes_spilled, (long long)run.bytes_loaded, (long long)run.peak_bytes, (long long)plan.bytes_read,
            (long long)plan.bytes_spilled, (long long)plan.bytes_loaded, (long long)plan.peak_bytes);
    }
    for (int k = 0; k < n && good; k++) {
        char text[400];
        const expression *e = &g->all[which[k]];
        int64_t at = oracle_compare(e->value, buffers[k], text, sizeof text, &t->checked);
        t->elements += e->value->size;
        if (at >= 0 || memcmp((char *)buffers[k] + bytes[k], "\xA5\xA5\xA5\xA5\xA5\xA5\xA5\xA5", 8) != 0) {
            snprintf(sentence, sizeof sentence,
                at >= 0 ? "array %d of %d, %s, element %lld: %s" : "array %d of %d, %s: written beyond its end", k + 1, n,
                ash_dtype_name(e->value->dtype), (long long)at, text);
            good = 0;
        }
    }
    for (int k = 0; k < n; k++) {
        free(buffers[k]);
    }
    return good;
}

/* Passes of the optimiser, the size of pieces, and more or less memory, change no bits: all that was asked for once more, as by default. */
static int check_bits(generator *g, int n, const int which[], const ash_compute_options *options) {
    ash_array handles[8];
    void *buffers[2][8];
    int64_t bytes[8];
    ash_compute_options plain = { .executor = options->executor, .num_threads = options->num_threads, .passes = "all" };
    int good = 1;
    for (int k = 0; k < n; k++) {
        handles[k] = g->all[which[k]].handle;
        bytes[k] = ash_size(handles[k]) * ash_dtype_size(ash_array_dtype(handles[k]));
        buffers[0][k] = malloc((size_t)bytes[k] + 1);
        buffers[1][k] = malloc((size_t)bytes[k] + 1);
    }
    for (int way = 0; way < 2 && good; way++) {
        good = ash_compute_many(g->context, n, handles, buffers[way], bytes, way ? &plain : options) == ASH_OK;
        snprintf(sentence, sizeof sentence, "%s", ash_error(g->context));
    }
    for (int k = 0; k < n; k++) {
        if (good && memcmp(buffers[0][k], buffers[1][k], (size_t)bytes[k]) != 0) {
            snprintf(sentence, sizeof sentence, "array %d of %d has other bits with all passes and large pieces", k + 1, n);
            good = 0;
        }
        free(buffers[0][k]);
        free(buffers[1][k]);
    }
    return good;
}

/* The smallest part of the expression that is wrong on its own, for the message. */
static void explain_failure(generator *g, uint64_t seed, int root, const ash_compute_options *options) {
    char first[4096];
    tally ignored = { 0 };
    snprintf(first, sizeof first, "%s", sentence);
    int culprit = -1;
    for (int k = 0; k < g->count && culprit < 0; k++) {
        culprit = check(g, 1, &k, options, &ignored) ? -1 : k;
    }
    print_error("ASH_TEST_SEED=%llu\n  expression: %s\n  with %s, %s, %d threads, passes %s, pieces of %lld bytes, limit %lld\n  %s\n",
        (unsigned long long)seed, g->all[root].text, ash_context_get_options(g->context).isa, options->executor, options->num_threads,
        options->passes ? options->passes : "all", (long long)options->piece_bytes, (long long)options->memory_limit, first);
    if (culprit >= 0) {
        print_error("  smallest part that fails alone: %s\n  %s\n", g->all[culprit].text, sentence);
    } else {
        print_error("  every part is right when computed alone\n");
    }
}

static int run_one(uint64_t seed, tally *t) {
    ash_context *ctx = random_context(seed);
    generator g;
    generator_begin(&g, ctx, seed);
    int root = random_expression(&g, 1 + (int)random_below(&g, 5)), which[8] = { root }, n = 1;
    ash_compute_options options = random_options(&g);
    while (n < 6 && g.count > 1 && one_in(&g, 3)) {
        which[n++] = (int)random_below(&g, g.count);
    }
    int good = 1;
    for (int k = 0; k < n && good; k++) {
        good = check_shape(&g.all[which[k]]);
    }
    if (good && one_in(&g, 3)) {
        ash_array handles[8];
        ash_plan_info info = { 0 };
        for (int k = 0; k < n; k++) {
            handles[k] = g.all[which[k]].handle;
        }
        good = ash_plan_query(ctx, n, handles, &options, &info) == ASH_OK && ash_explain(ctx, n, handles, &options) != NULL;
        snprintf(sentence, sizeof sentence, "%s", ash_error(ctx));
        options.memory_limit = info.least_limit;
        t->limited++;
    }
    t->together += n > 1;
    good = good && check(&g, n, which, &options, t) && ((!options.passes && !options.piece_bytes) || check_bits(&g, n, which, &options));
    if (!good) {
        explain_failure(&g, seed, root, &options);
    }
    generator_end(&g);
    ash_context_free(ctx);
    return good;
}

static int64_t number_from(const char *name, int64_t otherwise) {
    const char *text = getenv(name);
    return text && *text ? strtoll(text, NULL, 10) : otherwise;
}

static void expressions_agree_with_the_oracle(void **state) {
    (void)state;
    tally t = { 0 };
    int64_t chosen = number_from("ASH_TEST_SEED", -1), failed = 0;
    int64_t count = number_from("ASH_TEST_COUNT", getenv("ASH_TEST_FULL") ? 200000 : chosen >= 0 ? 1 : 15000);
    uint64_t seed = chosen >= 0 ? (uint64_t)chosen : 20240600000;
    print_message("seed %llu, %lld expressions\n", (unsigned long long)seed, (long long)count);
    for (int64_t k = 0; k < count && failed < 5; k++) {
        failed += !run_one(seed + (uint64_t)k, &t);
    }
    print_message("%lld elements compared, %lld of them with something known; %lld in company, %lld at the least limit\n",
        (long long)t.elements, (long long)t.checked, (long long)t.together, (long long)t.limited);
    assert_int_equal(failed, 0);
    assert_true(chosen >= 0 || t.checked > t.elements / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(expressions_agree_with_the_oracle) };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
