#include "base/system.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- Files of /proc and /sys, read without allocating ---- */

enum { FILE_SIZE = 16384, PATH_SIZE = 4352 };

static int read_file(const char *path, char text[FILE_SIZE]) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    ssize_t length = 0, n;
    while (length < FILE_SIZE - 1 && (n = read(file, text + length, (size_t)(FILE_SIZE - 1 - length))) > 0)
        length += n;
    close(file);
    text[length] = 0;
    return length > 0;
}

/* The number at the start of `text`, -1 if there is none ("max"). Version 1 writes "no limit" as a number near 2^63. */
static int64_t leading_number(const char *text) {
    int64_t number = 0;
    text += strspn(text, " \t");
    if (*text < '0' || *text > '9')
        return -1;
    for (; *text >= '0' && *text <= '9'; text++)
        if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, *text - '0', &number))
            return INT64_MAX;
    return number;
}

/* The number after `key` at the start of a line, -1 if there is none. */
static int64_t number_of(const char *text, const char *key) {
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, strlen(key)) == 0)
            return leading_number(line + strlen(key));
    }
    return -1;
}

static int64_t file_number(const char *folder, const char *name, const char *key) {
    char path[PATH_SIZE], text[FILE_SIZE];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (length >= (int)sizeof path || !read_file(path, text))
        return -1;
    return key ? number_of(text, key) : leading_number(text);
}

/* ---- Memory ---- */

typedef struct cgroup_version {
    const char *controller; /* in /proc/self/cgroup: between the colons; "" is version 2 */
    const char *mount;
    const char *limit, *usage; /* files of a group */
    const char *file_pages[2]; /* keys in memory.stat */
} cgroup_version;

static const cgroup_version versions[] = {
    { "", "/sys/fs/cgroup", "memory.max", "memory.current", { "inactive_file ", "active_file " } },
    { "", "/sys/fs/cgroup/unified", "memory.max", "memory.current", { "inactive_file ", "active_file " } },
    { "memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
        { "total_inactive_file ", "total_active_file " } },
};

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* What the group in `folder` leaves, INT64_MAX if it sets no limit. */
static int64_t group_memory(const cgroup_version *version, const char *folder) {
    int64_t limit = file_number(folder, version->limit, NULL);
    int64_t usage = file_number(folder, version->usage, NULL);
    if (limit < 0)
        return INT64_MAX;
    for (int i = 0; i < 2; i++) {
        int64_t pages = file_number(folder, "memory.stat", version->file_pages[i]);
        usage -= pages > 0 ? smaller(pages, usage) : 0;
    }
    return usage < limit ? limit - (usage > 0 ? usage : 0) : 0;
}

/* The least that a group and its parents leave. Inside a container the path may be one that only the host can see; then the root of the
 * mount is the container's group. */
static int64_t path_memory(const cgroup_version *version, const char *root, const char *path, int path_length) {
    char folder[PATH_SIZE];
    int64_t least = INT64_MAX;
    int base = (int)strlen(root) + (int)strlen(version->mount);
    int length = snprintf(folder, sizeof folder, "%s%s%.*s", root, version->mount, path_length, path);
    if (length >= (int)sizeof folder)
        return INT64_MAX;
    for (;;) {
        least = smaller(least, group_memory(version, folder));
        char *slash = strrchr(folder, '/');
        if (!slash || slash < folder + base)
            return least;
        *slash = 0;
    }
}

/* Whether the comma-separated `list` of a line's controllers has `name`. */
static int lists_controller(const char *list, const char *end, const char *name) {
    int64_t length = (int64_t)strlen(name);
    if (length == 0)
        return list == end;
    for (const char *item = list; item < end;) {
        const char *comma = memchr(item, ',', (size_t)(end - item));
        const char *stop = comma ? comma : end;
        if (stop - item == length && memcmp(item, name, (size_t)length) == 0)
            return 1;
        item = stop + 1;
    }
    return 0;
}

/* Lines are "number:controllers:path". */
static int64_t cgroup_memory(const char *root) {
    char file[PATH_SIZE], text[FILE_SIZE];
    int64_t least = INT64_MAX;
    int length = snprintf(file, sizeof file, "%s/proc/self/cgroup", root);
    if (length >= (int)sizeof file || !read_file(file, text))
        return INT64_MAX;
    for (const char *line = text; *line;) {
        const char *end = strchrnul(line, '\n');
        const char *list = memchr(line, ':', (size_t)(end - line));
        const char *path = list ? memchr(list + 1, ':', (size_t)(end - list - 1)) : NULL;
        for (size_t i = 0; path && i < sizeof versions / sizeof *versions; i++)
            if (lists_controller(list + 1, path, versions[i].controller))
                least = smaller(least, path_memory(&versions[i], root, path + 1, (int)(end - path - 1)));
        line = end + (*end == '\n');
    }
    return least;
}

static int64_t machine_memory(const char *root) {
    char folder[PATH_SIZE];
    int length = snprintf(folder, sizeof folder, "%s/proc", root);
    int64_t kibibytes = length < (int)sizeof folder ? file_number(folder, "meminfo", "MemAvailable:") : -1;
    if (kibibytes >= 0)
        return kibibytes * 1024;
    return (int64_t)sysconf(_SC_PHYS_PAGES) * (int64_t)sysconf(_SC_PAGESIZE);
}

int64_t ash_system_memory_below(const char *root) {
    return smaller(machine_memory(root), cgroup_memory(root));
}

int64_t ash_system_memory(void) {
    return ash_system_memory_below("");
}

int64_t ash_system_peak_rss(void) {
    int64_t kibibytes = file_number("/proc/self", "status", "VmHWM:");
    return kibibytes > 0 ? kibibytes * 1024 : 0;
}

/* ---- Processors and time ---- */

/* The kernel refuses a set smaller than its own; this one holds 65,536 processors. */
int ash_system_cpus(void) {
    cpu_set_t set[64];
    memset(set, 0, sizeof set);
    int count = sched_getaffinity(0, sizeof set, set) == 0 ? CPU_COUNT_S(sizeof set, set) : 0;
    return count > 0 ? count : 1;
}

int64_t ash_system_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
