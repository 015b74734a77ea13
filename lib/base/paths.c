#include "base/paths.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

int ash_path_is_pattern(const char *path) {
    return path[strcspn(path, "*?[{")] != '\0';
}

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Numbers by their length without zeros in front, then by their digits. */
static int compare_numbers(const char **a, const char **b) {
    *a += strspn(*a, "0");
    *b += strspn(*b, "0");
    size_t n = strspn(*a, "0123456789"), m = strspn(*b, "0123456789");
    int order = n != m ? (n < m ? -1 : 1) : memcmp(*a, *b, n);
    *a += n;
    *b += m;
    return order;
}

int ash_natural_compare(const char *a, const char *b) {
    const char *x = a, *y = b;
    while (*x && *y) {
        int order = 0;
        if (is_digit(*x) && is_digit(*y)) {
            order = compare_numbers(&x, &y);
        } else {
            order = (unsigned char)*x++ - (unsigned char)*y++;
        }
        if (order != 0)
            return order;
    }
    return *x || *y ? (*x ? 1 : -1) : strcmp(a, b);
}

static int compare_entries(const void *a, const void *b) {
    return ash_natural_compare(*(const char *const *)a, *(const char *const *)b);
}

ash_status ash_paths_match(
    const char *pattern, const char *function, ash_arena *arena, int64_t *n, const char ***paths, ash_error_state *error) {
    glob_t found;
    int result = glob(pattern, GLOB_NOSORT | GLOB_BRACE | GLOB_TILDE, NULL, &found);
    if (result == GLOB_NOMATCH)
        return ash_fail(error, ASH_ERR_NOT_FOUND, "%s: no file matches '%s'", function, pattern);
    if (result != 0)
        return ash_fail(error, result == GLOB_NOSPACE ? ASH_ERR_MEMORY : ASH_ERR_IO, "%s: %s while '%s' was looked for", function,
            result == GLOB_NOSPACE ? "the system gave no memory" : "a folder could not be read", pattern);
    *n = (int64_t)found.gl_pathc;
    *paths = ash_arena_alloc(arena, *n * (int64_t)sizeof **paths);
    int copied = *paths != NULL;
    for (int64_t i = 0; copied && i < *n; i++) {
        (*paths)[i] = ash_arena_strdup(arena, found.gl_pathv[i]);
        copied = (*paths)[i] != NULL;
    }
    globfree(&found);
    if (!copied)
        return ash_fail_memory(error, function, *n * (int64_t)sizeof **paths);
    qsort(*paths, (size_t)*n, sizeof **paths, compare_entries);
    return ASH_OK;
}
