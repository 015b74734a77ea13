/* Lists of variable names and the sentence for a name that is not among them. */
#include "base/memory.h"
#include "base/text.h"
#include "io/file.h"

#include <stdio.h>
#include <string.h>

enum { NAMES_SHOWN = 8 };

char *ash_text_copy(const char *text, int64_t bytes) {
    char *copy = ash_malloc(bytes + 1);
    if (copy) {
        memcpy(copy, text, (size_t)bytes);
        copy[bytes] = '\0';
    }
    return copy;
}

const char *ash_base_name(const char *path, char *name, int64_t size) {
    static const char *const extensions[] = { ".zip", ".zarr", ".npy" };
    int64_t end = (int64_t)strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    int64_t begin = end;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        int64_t bytes = (int64_t)strlen(extensions[i]);
        if (end - bytes > begin && memcmp(path + end - bytes, extensions[i], (size_t)bytes) == 0)
            end -= bytes;
    }
    snprintf(name, (size_t)size, "%.*s", (int)(end - begin), path + begin);
    return name;
}

int ash_name_list_add(ash_name_list *names, const char *name) {
    return ash_name_list_add_bytes(names, name, (int64_t)strlen(name));
}

int ash_name_list_add_bytes(ash_name_list *names, const char *text, int64_t bytes) {
    if (names->count == names->capacity) {
        int capacity = names->capacity ? 2 * names->capacity : 16;
        char **grown = ash_realloc(names->name, capacity * (int64_t)sizeof *grown);
        if (!grown)
            return 0;
        names->name = grown;
        names->capacity = capacity;
    }
    names->name[names->count] = ash_text_copy(text, bytes);
    if (!names->name[names->count])
        return 0;
    names->count++;
    return 1;
}

void ash_name_list_free(ash_name_list *names) {
    for (int i = 0; i < names->count; i++)
        ash_free(names->name[i]);
    ash_free(names->name);
    *names = (ash_name_list){ 0 };
}

int ash_add_rows_of_text(ash_name_list *texts, const char *characters, int64_t rows, int64_t width) {
    int kept = 1;
    for (int64_t i = 0; kept && i < rows; i++) {
        const char *row = characters + i * width;
        int64_t n = width;
        const char *end = memchr(row, '\0', (size_t)width);
        n = end ? end - row : n;
        while (n > 0 && row[n - 1] == ' ')
            n--;
        kept = ash_name_list_add_bytes(texts, row, n);
    }
    return kept;
}

static const char *last_component(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The only variable that has the wanted bare name in some group, NULL if there is none or more than one. */
static const char *found_deeper(const char *wanted, const ash_name_list *names) {
    const char *found = NULL;
    for (int i = 0; i < names->count; i++) {
        if (strcmp(last_component(names->name[i]), wanted) != 0)
            continue;
        if (found)
            return NULL;
        found = names->name[i];
    }
    return found;
}

/* "a, b, c and 4 more" */
static void describe(const ash_name_list *names, char *text, int64_t size) {
    int64_t used = 0;
    int shown = names->count < NAMES_SHOWN ? names->count : NAMES_SHOWN;
    text[0] = '\0';
    for (int i = 0; i < shown && used < size; i++)
        used += snprintf(text + used, (size_t)(size - used), "%s%s", i ? ", " : "", names->name[i]);
    if (names->count > shown && used < size)
        snprintf(text + used, (size_t)(size - used), " and %d more", names->count - shown);
}

ash_status ash_fail_no_variable(
    const char *path, const char *wanted, const char *function, const ash_name_list *names, ash_error_state *error) {
    if (names->count == 0)
        return ash_fail(error, ASH_ERR_NOT_FOUND, "%s: %s has no variable '%s': it has no variables at all", function, path, wanted);
    const char *nearest = found_deeper(wanted, names);
    if (!nearest)
        nearest = ash_nearest(wanted, names->count, (const char *const *)names->name);
    char all[512];
    describe(names, all, sizeof all);
    if (nearest)
        return ash_fail(error, ASH_ERR_NOT_FOUND, "%s: %s has no variable '%s', the nearest name is '%s'; it has %s", function, path,
            wanted, nearest, all);
    return ash_fail(error, ASH_ERR_NOT_FOUND, "%s: %s has no variable '%s'; it has %s", function, path, wanted, all);
}

ash_status ash_fail_no_name(const char *path, const char *function, const ash_name_list *names, ash_error_state *error) {
    char all[512];
    describe(names, all, sizeof all);
    return ash_fail(error, ASH_ERR_ARGUMENT, "%s: %s: variable is not named, and the file has %d: %s", function, path, names->count,
        names->count > 0 ? all : "none at all");
}
