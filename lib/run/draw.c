#include "run/draw.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* A file without a name that holds the text, at its beginning: a pipe would raise SIGPIPE in the host if the program ended early. -1 on failure. */
static int text_descriptor(const char *text, int64_t bytes) {
    const char *folder = getenv("TMPDIR");
    char path[4096];
    if (snprintf(path, sizeof path, "%s/ashlar-graph-XXXXXX", folder && *folder ? folder : "/tmp") >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int descriptor = mkostemp(path, O_CLOEXEC);
    if (descriptor < 0) {
        return -1;
    }
    unlink(path);
    for (int64_t done = 0; done < bytes;) {
        ssize_t n = write(descriptor, text + done, (size_t)(bytes - done));
        if (n < 0 && errno != EINTR) {
            close(descriptor);
            return -1;
        }
        done += n > 0 ? n : 0;
    }
    lseek(descriptor, 0, SEEK_SET);
    return descriptor;
}

/* Runs dot, without a shell, from one file into another; an errno, or -1 when the program itself failed. */
static int run_dot(int from, int to) {
    char name[] = "dot", format[] = "-Tsvg";
    char *const arguments[] = { name, format, NULL };
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status = 0, failed = posix_spawn_file_actions_init(&actions);
    if (failed) {
        return failed;
    }
    failed = posix_spawn_file_actions_adddup2(&actions, from, STDIN_FILENO);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
    failed = failed ? failed : posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    failed = failed ? failed : posix_spawnp(&child, name, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed) {
        return failed;
    }
    pid_t waited;
    do {
        waited = waitpid(child, &status, 0);
    } while (waited < 0 && errno == EINTR);
    /* A host that ignores SIGCHLD leaves no status: then the drawing itself tells. */
    return waited < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0) ? 0 : -1;
}

static ash_status draw_into(const char *dot, int64_t bytes, const char *temporary, const char *path, ash_error_state *error) {
    int from = text_descriptor(dot, bytes);
    if (from < 0) {
        return ash_fail(error, ASH_ERR_IO, "graph: no temporary file for '%s' can be made: %s", path, strerror(errno));
    }
    int to = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (to < 0) {
        ash_fail(error, ASH_ERR_IO, "graph: the graph '%s' cannot be written: %s", path, strerror(errno));
        close(from);
        return error->status;
    }
    struct stat drawn;
    int failed = run_dot(from, to), empty = fstat(to, &drawn) != 0 || drawn.st_size == 0;
    close(from);
    close(to);
    if (failed == ENOENT) {
        ash_fail(error, ASH_ERR_UNSUPPORTED,
            "graph: '%s' would be drawn by Graphviz's program dot, which is not installed; a path that ends in .dot gets the graph as text",
            path);
    } else if (failed > 0) {
        ash_fail(error, ASH_ERR_IO, "graph: the program dot cannot be run: %s", strerror(failed));
    } else if (failed < 0 || empty) {
        ash_fail(error, ASH_ERR_IO, "graph: the program dot did not draw '%s'", path);
    } else if (rename(temporary, path) != 0) {
        ash_fail(error, ASH_ERR_IO, "graph: the graph '%s' cannot be written: %s", path, strerror(errno));
    }
    if (error->status != ASH_OK) {
        unlink(temporary);
    }
    return error->status;
}

ash_status ash_draw_svg(const char *dot, int64_t bytes, const char *path, ash_error_state *error) {
    int64_t length = (int64_t)strlen(path) + 16;
    char *temporary = ash_malloc(length);
    if (!temporary) {
        return ash_fail_memory(error, "graph", length);
    }
    snprintf(temporary, (size_t)length, "%s.%ld", path, (long)getpid());
    draw_into(dot, bytes, temporary, path, error);
    ash_free(temporary);
    return error->status;
}
