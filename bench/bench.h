/* What a case is, and what it is given.
 *
 * A case has two sides that do the same work on the same data: `measured` through the library, `limit` as a plain C loop. Both are run in
 * alternation in a process of
 * their own; main.c starts it, measure.c holds the watch.
 */
#ifndef BENCH_H
#define BENCH_H

#include <ashlar/ashlar.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct bench_case bench_case;

/* One case under way. Functions that can fail say why with bench_fail() and return false. */
typedef struct bench_job {
    const bench_case *which;
    ash_context *ctx;
    int64_t size; /* bytes of its data, about */
    int threads;
    int64_t bytes; /* that one run moves; set by begin or measured */
    void *state;
} bench_job;

struct bench_case {
    const char *name, *about;
    int64_t size; /* default; 0: four times the last cache, and half a GiB at least */
    bool (*begin)(bench_job *job);
    bool (*measured)(bench_job *job);
    bool (*limit)(bench_job *job);
    bool (*check)(bench_job *job);                        /* whether both sides have the same result */
    void (*end)(bench_job *job);                          /* also after a begin that failed */
    void (*report)(const bench_job *job, double seconds); /* prints further members of the JSON line; may be NULL */
    const void *detail;                                   /* of the family of cases */
};

/* cases.c: the table. */
int bench_case_count(void);
const bench_case *bench_case_at(int k);
const bench_case *bench_find_case(const char *name); /* NULL: none */
const char *bench_nearest_case(const char *name);    /* what was probably meant; NULL: nothing is near */

/* measure.c: runs a case in this process and prints its line. */
bool bench_run_case(const bench_case *which, int64_t size, int threads);
bool bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2))); /* prints a sentence; always false */
double bench_now(void);

#endif
