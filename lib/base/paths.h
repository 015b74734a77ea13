/* Paths of many files: patterns, and the order of names. */
#ifndef ASH_BASE_PATHS_H
#define ASH_BASE_PATHS_H

#include "base/error.h"
#include "base/memory.h"

/* Whether a path has the signs of a pattern: * ? [ { . */
int ash_path_is_pattern(const char *path);
/* The paths that a pattern matches, in natural order, allocated in the arena. ASH_ERR_NOT_FOUND for none. */
ash_status ash_paths_match(
    const char *pattern, const char *function, ash_arena *arena, int64_t *n, const char ***paths, ash_error_state *error);
/* Order of names in which numbers count as such: "run_9" before "run_10". */
int ash_natural_compare(const char *a, const char *b);

#endif
