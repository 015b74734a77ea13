/* The ready-made progress callback. The library prints nowhere else, and here only because the user installed it. */
#include "base/text.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDEST = 256, USUAL_COLUMNS = 80, BAR_LEAST = 5, BAR_MOST = 30, PARTS = 6, SECONDS_A_LINE = 10 };

/* Columns of the terminal that standard error is. */
static int columns(void) {
    const char *text = getenv("COLUMNS");
    struct winsize size;
    long n = text ? strtol(text, NULL, 10) : 0;
    if (n <= 0 && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0) {
        n = size.ws_col;
    }
    n = n > 0 ? n : USUAL_COLUMNS;
    return n < WIDEST ? (int)n : WIDEST - 1;
}

/* 75 is "1:15", 3700 "1:01:40". */
static const char *time_text(double seconds, char buffer[32]) {
    long long s = seconds < 1e9 ? (long long)ceil(seconds) : 999999999;
    if (s >= 3600) {
        snprintf(buffer, 32, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    } else {
        snprintf(buffer, 32, "%lld:%02lld", s / 60, s % 60);
    }
    return buffer;
}

/* What the line tells, the most important first. */
static int say_parts(const ash_progress *p, char part[PARTS][64]) {
    char a[32], b[32];
    int n = 0;
    if (p->done >= 0) {
        snprintf(part[n++], 64, "%3.0f%%", p->done < 1 ? 100 * p->done : 100);
    }
    if (p->tasks_total > 0) {
        snprintf(part[n++], 64, "%lld/%lld tasks", (long long)p->tasks_done, (long long)p->tasks_total);
    } else {
        snprintf(part[n++], 64, "%lld tasks", (long long)p->tasks_done);
    }
    if (p->finished) {
        snprintf(part[n++], 64, "in %.1f s", p->seconds);
    } else if (p->seconds_left >= 0) {
        snprintf(part[n++], 64, "%s left", time_text(p->seconds_left, a));
    } else {
        snprintf(part[n++], 64, "%s", time_text(p->seconds, a));
    }
    if (p->bytes_read + p->bytes_written > 0) {
        snprintf(part[n++], 64, "%s/s", ash_format_bytes((int64_t)p->bytes_per_second, a));
    } else {
        snprintf(part[n++], 64, "%.4g tasks/s", p->tasks_per_second);
    }
    snprintf(part[n++], 64, "memory %s of %s", ash_format_bytes(p->memory_now, a), ash_format_bytes(p->memory_limit, b));
    snprintf(part[n++], 64, "peak %s", ash_format_bytes(p->memory_peak, a));
    return n;
}

static int add(char line[WIDEST], int used, const char *text) {
    int length = (int)strlen(text);
    memcpy(line + used, text, (size_t)length + 1);
    return used + length;
}

/* The line, of less than `room` columns: as many parts as fit, and a bar where there is still room. */
static void make_line(const ash_progress *p, int room, char line[WIDEST]) {
    char part[PARTS][64], rest[WIDEST] = "";
    double done = p->done < 1 ? p->done : 1;
    int n = say_parts(p, part), used = 0;
    for (int k = 0; k < n && used + (int)strlen(part[k]) + 2 < room; k++) {
        used = add(rest, used, k > 0 ? ", " : "");
        used = add(rest, used, part[k]);
    }
    int bar = room - used - 4, at = 0;
    bar = bar < BAR_MOST ? bar : BAR_MOST;
    if (bar >= BAR_LEAST && done >= 0) {
        int filled = (int)(done * bar);
        line[at++] = '[';
        for (int k = 0; k < bar; k++) {
            line[at++] = k < filled ? '#' : '.';
        }
        line[at++] = ']';
        line[at++] = ' ';
    }
    add(line, at, rest);
}

/* Whether it is time for a line that stays. */
static int due(const ash_progress *p) {
    static _Atomic int64_t last; /* seconds of its run at the last line of any run */
    int64_t now = (int64_t)p->seconds;
    int64_t before = atomic_load(&last);
    if (p->finished || now < before) { /* another run has begun */
        atomic_store(&last, 0);
        return p->finished;
    }
    if (now - before < SECONDS_A_LINE) {
        return 0;
    }
    atomic_store(&last, now);
    return 1;
}

void ash_progress_bar(const ash_progress *progress, void *user) {
    char line[WIDEST];
    (void)user;
    if (!progress) {
        return;
    }
    if (isatty(STDERR_FILENO)) {
        make_line(progress, columns(), line);
        fprintf(stderr, "\r%s\033[K%s", line, progress->finished ? "\n" : "");
    } else if (due(progress)) {
        make_line(progress, WIDEST - 1, line);
        fprintf(stderr, "%s\n", line);
    }
    fflush(stderr);
}
