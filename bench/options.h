/* The command line. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdint.h>

enum { BENCH_MAX_CASES = 64 };

typedef struct bench_options {
    int list;     /* --list */
    int here;     /* --here: run the one case in this process */
    int64_t size; /* --size; 0: each case's own */
    int threads;  /* --threads */
    int ncases;
    const char *name[BENCH_MAX_CASES];
} bench_options;

/* Fills the options. Returns -1 to go on, or the exit status after a sentence or the help. */
int bench_parse_options(int argc, char **argv, bench_options *options);

#endif
