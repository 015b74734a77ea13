/* The workloads of a planner: what users of chunked arrays do with files many times larger than their memory. One table for the bench program and for the test. */
#ifndef BENCH_WORKLOADS_H
#define BENCH_WORKLOADS_H

#include <ashlar/ashlar.h>

#include <stdbool.h>

/* Where a workload's inputs are, and how large each is. */
typedef struct workload_place {
    const char *folder;
    int64_t bytes;     /* of an input */
    int64_t allowance; /* 0, or what the system lets a process have of memory beyond the limit, by RLIMIT_DATA */
} workload_place;

enum { WORKLOAD_MOST = 12, WORKLOAD_TEXT = 400 };

typedef struct workload {
    const char *name, *about;
    /* Builds the results; returns how many. They are small unless they are written. */
    int (*build)(ash_context *ctx, const workload_place *place, ash_array out[]);
    bool is_written;    /* the one result goes to a file, */
    const char *chunks; /* with these chunks; NULL: contiguous */
    bool compute_bound; /* takes as long as its arithmetic does */
    double passes;      /* bytes read are at most so many times the inputs together */
    int inputs;         /* of so many files */
    int64_t least;      /* bytes of memory it needs at any size; its inputs make sense from 20 times that */
    /* NULL, or why it is refused at a twentieth of an input today: the test then asks for the refusal, so that the row is turned on when it runs. */
    const char *refused;
    const char *flaw; /* NULL, or what is not as it should be although it runs: said by the bench program and the test */
} workload;

extern const workload workloads[];
extern const int workload_count;

/* What a run in a process of its own found. */
typedef struct workload_figures {
    ash_status status;
    char text[WORKLOAD_TEXT]; /* of an error */
    int64_t grown;            /* VmHWM since the context was made, without the results */
    int64_t high_water;       /* VmHWM, libraries and all, without the results */
    int64_t read_predicted, read, input_bytes;
    int64_t peak_predicted, peak, sequential_peak, least_limit, largest_task;
    double seconds;
} workload_figures;

/* Makes the input files; false after a sentence on standard error. */
bool workload_make_inputs(const workload_place *place);
void workload_remove(const workload_place *place);
/* Runs a workload in a child process, which has the exact limit (0: none to speak of). False if there was no process. */
bool workload_run(const workload *which, const workload_place *place, int64_t limit, int threads, workload_figures *out);
/* What the child does: a main program calls it before anything else, and ends with what it returns if that is not negative. */
int workload_child(int argc, char **argv);

#endif
