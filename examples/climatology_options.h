/* The command line of climatology. */
#ifndef EXAMPLE_CLIMATOLOGY_OPTIONS_H
#define EXAMPLE_CLIMATOLOGY_OPTIONS_H

#include <stdbool.h>

typedef struct climatology_options {
    const char *input, *variable;
    const char *chunks; /* as ash_rechunk() takes them; NULL: the library chooses */
    bool draw_map, quiet;
    char output[4096], map[4096];
} climatology_options;

/* Returns -1 to go on, else the exit status: 0 after --help, 2 after a sentence about wrong usage. --threads and --memory become
 * ASH_NUM_THREADS and ASH_MEMORY_LIMIT, which the library reads: it knows how to understand sizes. */
int climatology_parse(int argc, char **argv, climatology_options *options);

#endif
