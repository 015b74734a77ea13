/* ashlar-bench [--list] CASE... [--size BYTES] [--threads N]
 *
 * Every case runs in a process of its own, so that none finds caches, pools or an address space as another left them, and peak memory is
 * the case's own.
 */
#include "bench.h"
#include "options.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

static int list_cases(void) {
    for (int k = 0; k < bench_case_count(); k++)
        printf("%-24s  %s\n", bench_case_at(k)->name, bench_case_at(k)->about);
    return 0;
}

static void become_case(const char *name, const bench_options *options) {
    char size[32], threads[16];
    snprintf(size, sizeof size, "%lld", (long long)options->size);
    snprintf(threads, sizeof threads, "%d", options->threads);
#if defined(__linux__)
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* it ends, and removes its files, when this process is killed */
#endif
    if (options->size > 0)
        execl("/proc/self/exe", "ashlar-bench", "--here", name, "--threads", threads, "--size", size, (char *)NULL);
    else
        execl("/proc/self/exe", "ashlar-bench", "--here", name, "--threads", threads, (char *)NULL);
    bench_fail("%s: cannot start this program again: %s", name, strerror(errno));
    _exit(1);
}

static int run_apart(const char *name, const bench_options *options) {
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        become_case(name, options);
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        bench_fail("%s: no process: %s", name, strerror(errno));
        return 1;
    }
    if (WIFSIGNALED(status)) {
        bench_fail("%s: the process was ended by signal %d (%s)", name, WTERMSIG(status), strsignal(WTERMSIG(status)));
        return 1;
    }
    return WEXITSTATUS(status);
}

int main(int argc, char **argv) {
    bench_options options;
    int status = bench_parse_options(argc, argv, &options);
    if (status >= 0)
        return status;
    if (options.list)
        return list_cases();
    if (options.here)
        return bench_run_case(bench_find_case(options.name[0]), options.size, options.threads) ? 0 : 1;
    status = 0;
    for (int k = 0; k < options.ncases; k++)
        status |= run_apart(options.name[k], &options);
    return status ? 1 : 0;
}
