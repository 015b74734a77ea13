#include "files.h"

#include "bench.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[3800], path[BENCH_FILES_MOST][4096];
static int files;

void bench_files_end(void) {
    for (int k = 0; k < files; k++)
        unlink(path[k]);
    rmdir(folder);
}

static void on_signal(int number) {
    bench_files_end();
    _exit(128 + number);
}

bool bench_files_begin(const char *of, int n, const char *const name[]) {
    const char *where = getenv("TMPDIR");
    where = where && *where ? where : "/tmp";
    if (snprintf(folder, sizeof folder, "%s/ashlar-bench-XXXXXX", where) >= (int)sizeof folder || !mkdtemp(folder))
        return bench_fail("%s: no folder for its files in %s: %s", of, where, strerror(errno));
    for (files = 0; files < n; files++)
        snprintf(path[files], sizeof path[files], "%s/%s", folder, name[files]);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    return true;
}

const char *bench_file(int k) {
    return path[k];
}
