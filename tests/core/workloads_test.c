/* The planner's workloads on files twenty times larger than the memory limit, each in a process of its own: peak memory within the contract, bytes read as planned,
 * no more passes over a file than needed. Timings are for the bench program. */
#include "core_test.h"

#include "bench/workloads.h"

#include <unistd.h>

/* A sanitizer has memory of its own, and makes all of it many times slower: what it looks for shows in one run of each workload, the figures are those of any build. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

enum { SLACK = 64 << 20, ALLOWANCE = 128 << 20 };
static const int64_t INPUT = INT64_C(160) << 20;
static char folder[256];
static workload_place place = { folder, 0, 0 };

static int make_inputs(void **unused) {
    (void)unused;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/ashlar-workloads-XXXXXX", base && *base ? base : "/tmp");
    place.bytes = INPUT;
    return mkdtemp(folder) && workload_make_inputs(&place) ? 0 : -1;
}

static int remove_inputs(void **unused) {
    (void)unused;
    workload_remove(&place);
    return remove(folder);
}

static void expect(int holds, const workload *w, int threads, const char *what, int64_t found, int64_t bound) {
    if (!holds) {
        fail_msg("%s on %d threads: %s: %lld, expected %lld", w->name, threads, what, (long long)found, (long long)bound);
    }
}

/* A workload at a twentieth of its input. */
static void within_the_limit(const workload *w, int threads) {
    workload_figures f;
    int64_t limit = INPUT / 20 > w->least ? INPUT / 20 : w->least;
    assert_true(workload_run(w, &place, limit, threads, &f));
    if (w->flaw && threads == 1) {
        print_message("%s: TODAY: %s\n", w->name, w->flaw);
    }
    if (w->refused) {
        print_message("%s: REFUSED TODAY: %s\n", w->name, w->refused);
        if (f.status != ASH_ERR_LIMIT) {
            fail_msg("%s runs within the limit now (status %d): take the mark from its row in bench/workloads.c", w->name, f.status);
        }
        return;
    }
    if (f.status != ASH_OK) {
        fail_msg("%s on %d threads with a limit of %lld: %s", w->name, threads, (long long)limit, f.text);
    }
#ifndef SANITIZED
    expect(f.high_water <= limit + SLACK, w, threads, "VmHWM", f.high_water, limit + SLACK);
#endif
    expect(f.grown <= limit + SLACK, w, threads, "growth of the process", f.grown, limit + SLACK);
    expect(f.peak <= limit, w, threads, "peak beyond the limit", f.peak, limit);
    expect(f.read == f.read_predicted, w, threads, "bytes read", f.read, f.read_predicted);
    expect((double)f.read <= w->passes * w->inputs * (double)INPUT, w, threads, "bytes read, all passes", f.read,
        (int64_t)(w->passes * w->inputs * (double)INPUT));
    expect(f.peak <= f.peak_predicted, w, threads, "peak beyond the plan's bound", f.peak, f.peak_predicted);
}

static void every_workload_keeps_to_the_limit(void **unused) {
    (void)unused;
    for (int k = 0; k < workload_count; k++) {
#ifndef SANITIZED
        within_the_limit(&workloads[k], 1);
#endif
        within_the_limit(&workloads[k], 2);
    }
}

/* A system that gives a process 128 MiB more than the limit and no byte beyond has never to refuse any. */
static void a_resource_limit_is_never_met(void **unused) {
    (void)unused;
#ifdef SANITIZED
    print_message("skipped: a sanitizer has memory of its own\n");
#else
    workload_place caged = { folder, INPUT, ALLOWANCE };
    for (int k = 0; k < workload_count; k++) {
        workload_figures f;
        const workload *w = &workloads[k];
        if (w->compute_bound) { /* the same again, and all of it arithmetic */
            continue;
        }
        assert_true(workload_run(w, &caged, INPUT / 20 > w->least ? INPUT / 20 : w->least, 2, &f));
        if (f.status != ASH_OK) {
            fail_msg("%s with no more memory than its limit and %d: %s", w->name, ALLOWANCE, f.text);
        }
    }
#endif
}

/* On one thread and with no more memory than the sequence of tasks needs, that is what is used. */
static void the_sequential_peak_is_what_it_says(void **unused) {
    (void)unused;
#ifdef SANITIZED
    print_message("skipped: a matter of figures\n");
    return;
#endif
    for (int k = 0; k < workload_count; k++) {
        workload_figures f;
        const workload *w = &workloads[k];
        assert_true(workload_run(w, &place, INT64_C(1) << 40, 1, &f));
        assert_true(workload_run(w, &place, f.sequential_peak, 1, &f));
        if (f.status != ASH_OK) {
            fail_msg("%s at its sequential peak: %s", w->name, f.text);
        }
        expect((double)f.peak <= 1.05 * (double)f.sequential_peak, w, 1, "serial peak", f.peak, f.sequential_peak);
        expect((double)f.peak >= 0.95 * (double)f.sequential_peak, w, 1, "serial peak, far below what was predicted", f.peak,
            f.sequential_peak);
    }
}

int main(int argc, char **argv) {
    int status = workload_child(argc, argv);
    if (status >= 0) {
        return status;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_workload_keeps_to_the_limit),
        cmocka_unit_test(a_resource_limit_is_never_met),
        cmocka_unit_test(the_sequential_peak_is_what_it_says),
    };
    return cmocka_run_group_tests(tests, make_inputs, remove_inputs);
}
