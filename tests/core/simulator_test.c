/* Plans of random graphs with random budgets, from the least to more than enough, on one rank or several, run in simulated time by up to 16 workers that finish in random order: no run
 * stands still, none uses more than its budget, and every task reads what was made for it. The planner's spilling and profile, the scheduler and the pool are
 * the real ones.
 *
 *   ASH_TEST_SEED=n      another seed, or the one that a failure printed: then that run alone is made
 *   ASH_TEST_COUNT=n     how many runs
 */
#include "simulated_run.h"

#include "base/system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SLOW
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SLOW
#endif
#ifdef IS_SLOW
enum { RUNS = 10000 };
#else
enum { RUNS = 100000 };
#endif
static const uint64_t SEED = 1000000;

typedef struct tally {
    int64_t tasks, spilled, loaded, repeated, moved, boxes, early, tight, crowded;
} tally;

/* What is worth a try between the least budget and more than the sequence needs, in units. */
static int64_t some_budget(dice *d, int64_t least, int64_t peak) {
    switch (dice_below(d, 6)) {
    case 0: return least;
    case 1: return peak;
    case 2: return peak + dice_below(d, peak + 1);
    case 3: return least + dice_below(d, 4) * ASH_UNIT;
    default: return least + dice_below(d, (peak - least) / ASH_UNIT + 1) * ASH_UNIT;
    }
}

/* Puts chunks on scratch where the sequence does not fit. */
static int fit(ash_plan *plan, int64_t budget, char wrong[200]) {
    ash_spill_count count = { 0 };
    if (plan->buffers_peak <= budget) {
        return 1;
    }
    if (ash_plan_count_spill(plan, budget, &count) != ASH_SPILL_FITS || ash_plan_spill(plan, budget) != ASH_SPILL_FITS) {
        snprintf(wrong, 200, "spilling does not fit what is the least budget");
        return 0;
    }
    if (count.tasks != plan->ntasks || count.inputs != plan->ninputs || count.buffers != plan->nbuffers || count.spills != plan->nspills ||
        count.checks != plan->nchecks || count.spilled != plan->spilled_bytes || count.loaded != plan->loaded_bytes) {
        snprintf(wrong, 200, "spilling comes to something else than was counted");
        return 0;
    }
    ash_free(plan->suffix_peak);
    plan->suffix_peak = NULL;
    if (!ash_plan_profile(plan) || plan->buffers_peak > budget) {
        snprintf(wrong, 200, "after spilling the sequence needs %lld bytes", (long long)plan->buffers_peak);
        return 0;
    }
    return 1;
}

static void add(tally *t, const simulated_figures *f, int tight) {
    t->tasks += f->tasks;
    t->spilled += f->spilled;
    t->loaded += f->loaded;
    t->repeated += f->repeated;
    t->moved += f->moved;
    t->boxes += f->boxes;
    t->early += f->early;
    t->tight += tight;
    t->crowded += f->most_running > 2;
}

static int run_one(uint64_t seed, tally *t) {
    dice d = { seed };
    simulated_graph graph;
    simulated_figures figures;
    char wrong[200] = "";
    uint32_t neediest;
    int64_t tasks = dice_one_in(&d, 100) ? 1 + dice_below(&d, 600) : 1 + dice_below(&d, 60);
    int nranks = dice_one_in(&d, 2) ? 1 : 2 + (int)dice_below(&d, 5);
    if (!simulated_graph_make(&graph, &d, tasks, nranks)) {
        print_error("ASH_TEST_SEED=%llu: no graph\n", (unsigned long long)seed);
        return 0;
    }
    ash_plan *plan = graph.plan;
    int64_t least = ash_plan_least_budget(plan, &neediest), peak = plan->buffers_peak;
    least = least < peak ? least : peak; /* where what is repeated has much scratch, spilling may need more than the sequence */
    int64_t budget = some_budget(&d, least, peak);
    int workers = nranks + (int)dice_below(&d, SIMULATED_WORKERS - nranks + 1), tight = budget < peak;
    int good = fit(plan, budget, wrong) && simulated_run(&graph, budget, workers, &d, &figures, wrong);
    if (good) {
        add(t, &figures, tight);
    } else {
        print_error("ASH_TEST_SEED=%llu: %u tasks, %d ranks, %d workers, budget %lld (least %lld, in sequence %lld)%s: %s\n",
            (unsigned long long)seed, plan->ntasks, nranks, workers, (long long)budget, (long long)least, (long long)peak,
            tight ? ", spilled" : "", wrong);
    }
    simulated_graph_free(&graph);
    return good;
}

static int64_t number_from(const char *name, int64_t otherwise) {
    const char *text = getenv(name);
    return text && *text ? strtoll(text, NULL, 10) : otherwise;
}

static void plans_run_within_any_budget(void **state) {
    (void)state;
    tally t = { 0 };
    int64_t chosen = number_from("ASH_TEST_SEED", -1), count = number_from("ASH_TEST_COUNT", chosen >= 0 ? 1 : RUNS), failed = 0;
    uint64_t seed = chosen >= 0 ? (uint64_t)chosen : SEED;
    print_message("seed %llu, %lld runs\n", (unsigned long long)seed, (long long)count);
    int64_t began = ash_system_now_ns();
    for (int64_t k = 0; k < count && failed < 5; k++) {
        failed += !run_one(seed + (uint64_t)k, &t);
    }
    print_message("%lld tasks in %.1f s; %lld runs below the sequential peak: %lld chunks to scratch, %lld back, %lld read there by boxes, "
                  "%lld made again; %lld moved between ranks; %lld batches before their turn, %lld runs with more than two at work\n",
        (long long)t.tasks, (double)(ash_system_now_ns() - began) * 1e-9, (long long)t.tight, (long long)t.spilled, (long long)t.loaded,
        (long long)t.boxes, (long long)t.repeated, (long long)t.moved, (long long)t.early, (long long)t.crowded);
    assert_int_equal(failed, 0);
    if (chosen < 0) { /* nothing that is to be shown is rare */
        assert_true(t.tight > count / 4 && t.crowded > count / 4);
        assert_true(
            t.spilled > count && t.loaded > count && t.repeated > count / 4 && t.boxes > count / 4 && t.moved > count && t.early > count);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(plans_run_within_any_budget) };
    return cmocka_run_group_tests_name("simulator", tests, NULL, NULL);
}
