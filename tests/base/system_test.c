#include "base_test.h"

#include "base/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void this_machine(void **state) {
    (void)state;
    assert_true(ash_system_cpus() >= 1 && ash_system_cpus() <= 65536);
    assert_true(ash_system_memory() > 0);
    assert_true(ash_system_peak_rss() > 100000);
    int64_t before = ash_system_now_ns();
    usleep(2000);
    int64_t passed = ash_system_now_ns() - before;
    assert_true(passed >= 1000000 && passed < INT64_C(60000000000));
}

/* Writes a file below `root`, folders included. */
static void put(const char *root, const char *path, const char *text) {
    char full[512];
    snprintf(full, sizeof full, "%s%s", root, path);
    for (char *slash = strchr(full + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(full, 0700);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int make_root(void **state) {
    static char root[64];
    snprintf(root, sizeof root, "/tmp/ashlar-system-XXXXXX");
    *state = mkdtemp(root);
    if (!*state)
        return -1;
    put(root, "/proc/meminfo", "MemTotal:  8000 kB\nMemFree:  10 kB\nMemAvailable:    4000 kB\n");
    return 0;
}

static int remove_root(void **state) {
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", (const char *)*state);
    return system(command);
}

static void no_groups(void **state) {
    assert_int_equal(ash_system_memory_below(*state), 4000 * 1024);
    assert_true(ash_system_memory_below("/no/such/folder") > 0);
}

static void version_2_groups(void **state) {
    const char *root = *state;
    put(root, "/proc/self/cgroup", "0::/a/b/c\n");
    put(root, "/sys/fs/cgroup/a/b/c/memory.max", "max\n");
    put(root, "/sys/fs/cgroup/a/b/c/memory.current", "5000\n");
    assert_int_equal(ash_system_memory_below(root), 4000 * 1024);
    put(root, "/sys/fs/cgroup/a/memory.max", "1000000\n");
    put(root, "/sys/fs/cgroup/a/memory.current", "400000\n");
    assert_int_equal(ash_system_memory_below(root), 600000);
    put(root, "/sys/fs/cgroup/a/memory.stat", "anon 5\ninactive_file 100000\nactive_file 50000\n");
    assert_int_equal(ash_system_memory_below(root), 750000);
    put(root, "/sys/fs/cgroup/memory.max", "500000\n");
    assert_int_equal(ash_system_memory_below(root), 500000);
    put(root, "/sys/fs/cgroup/a/memory.current", "2000000\n");
    assert_int_equal(ash_system_memory_below(root), 0);
}

static void version_1_groups(void **state) {
    const char *root = *state;
    put(root, "/proc/self/cgroup", "12:cpuset:/other\n7:cpu,memory:/job/step\n1:name=systemd:/x\n0::/\n");
    put(root, "/sys/fs/cgroup/memory/job/step/memory.limit_in_bytes", "9223372036854771712\n");
    put(root, "/sys/fs/cgroup/memory/job/step/memory.usage_in_bytes", "1000\n");
    assert_int_equal(ash_system_memory_below(root), 4000 * 1024);
    put(root, "/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "300000\n");
    put(root, "/sys/fs/cgroup/memory/job/memory.usage_in_bytes", "100000\n");
    put(root, "/sys/fs/cgroup/memory/job/memory.stat", "inactive_file 1\ntotal_inactive_file 60000\n");
    assert_int_equal(ash_system_memory_below(root), 260000);
    put(root, "/proc/self/cgroup", "7:memory:/only/the/host/sees/this\n");
    assert_int_equal(ash_system_memory_below(root), 4000 * 1024);
    put(root, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "200000\n");
    assert_int_equal(ash_system_memory_below(root), 200000);
}

static void damaged_files(void **state) {
    const char *root = *state;
    put(root, "/proc/self/cgroup", "nonsense\n::\n\n0:\n0::");
    put(root, "/sys/fs/cgroup/memory.max", "99999999999999999999999\n");
    assert_int_equal(ash_system_memory_below(root), 4000 * 1024);
    put(root, "/sys/fs/cgroup/memory.max", "");
    assert_int_equal(ash_system_memory_below(root), 4000 * 1024);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_machine),
        cmocka_unit_test_setup_teardown(no_groups, make_root, remove_root),
        cmocka_unit_test_setup_teardown(version_2_groups, make_root, remove_root),
        cmocka_unit_test_setup_teardown(version_1_groups, make_root, remove_root),
        cmocka_unit_test_setup_teardown(damaged_files, make_root, remove_root),
    };
    return cmocka_run_group_tests_name("base: system", tests, NULL, NULL);
}
