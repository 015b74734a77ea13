/* The report: one HTML page about a call's runs, without scripts and without anything from elsewhere. It is well-formed XML too. */
#include "base/quote.h"
#include "base/system.h"
#include "run/describe.h"
#include "run/watch.h"

#include <ashlar/context.h>

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 1000, ROW_HEIGHT = 18, LEFT = 70, MEMORY_HEIGHT = 200, THREADS_SHOWN = 64, COLOURS = 12 };

static const char style[] =
    "body{font:14px/1.4 system-ui,sans-serif;margin:2em auto;max-width:1100px;padding:0 1em;color:#222;background:#fff}"
    "h1{font-size:1.5em}h2{font-size:1.15em;margin-top:1.8em}table{border-collapse:collapse}"
    "td,th{padding:.15em .8em;text-align:right;border-bottom:1px solid #ddd}td:first-child,th:first-child{text-align:left}"
    "pre{background:#f6f6f6;padding:1em;overflow-x:auto;font-size:12px}svg{width:100%;height:auto}svg text{font:11px "
    "system-ui,sans-serif;fill:#444}"
    ".key{display:inline-block;width:.8em;height:.8em;margin-right:.4em}.failed{color:#b00020}";

/* Twelve that are told apart, also by those who do not see all colours. */
static const char *colour(int row) {
    static const char *const colours[COLOURS] = { "#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#ee7733", "#009988",
        "#882255", "#999933", "#44aa99", "#bbbbbb" };
    return colours[row % COLOURS];
}

/* ---- Sums over threads ---- */

static ash_watch_sum sum_of(const ash_watch *watch, int row) {
    ash_watch_sum sum = { 0 };
    for (int w = 0; w < watch->nworkers; w++) {
        const ash_watch_sum *own = &watch->worker[w]->sum[row];
        sum.tasks += own->tasks;
        sum.ns += own->ns;
        sum.bytes_in += own->bytes_in;
        sum.bytes_out += own->bytes_out;
    }
    return sum;
}

typedef struct ranked {
    int row;
    ash_watch_sum sum;
} ranked;

static int by_time(const void *a, const void *b) {
    int64_t x = ((const ranked *)a)->sum.ns, y = ((const ranked *)b)->sum.ns;
    return x > y ? -1 : x < y;
}

/* ---- Timeline ---- */

static void say_axis(ash_growing *t, int64_t end, int y) {
    for (int k = 0; k <= 4; k++) {
        ash_say(t, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%.4g s</text>\n", LEFT + (WIDTH - LEFT) * k / 4, y,
            k == 0       ? "start"
                : k == 4 ? "end"
                         : "middle",
            (double)end * 1e-9 * k / 4);
    }
}

/* Neighbouring stretches of the same operation are one box, as opaque as the thread was busy. */
static void say_thread(ash_watch *watch, int w, int64_t end) {
    const ash_watched_worker *worker = watch->worker[w];
    ash_growing *t = &watch->report.text;
    double scale = (double)(WIDTH - LEFT) / (double)end;
    ash_say(t, "<text x=\"0\" y=\"%d\">thread %d</text>\n", w * ROW_HEIGHT + 13, w);
    for (int k = 0, next; k < ASH_WATCH_BINS; k = next) {
        const ash_watch_bin *bin = &worker->bin[k];
        int64_t busy = 0;
        for (next = k; next < ASH_WATCH_BINS && worker->bin[next].busy > 0 && (next == k || worker->bin[next].row == bin->row); next++) {
            busy += worker->bin[next].busy;
        }
        if (next == k) {
            next++;
            continue;
        }
        double from = (double)k * (double)worker->width, to = (double)next * (double)worker->width;
        to = to < (double)end ? to : (double)end;
        double share = to > from ? (double)busy / (to - from) : 1;
        ash_say(t, "<rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" fill=\"%s\" fill-opacity=\"%.2f\"><title>", LEFT + from * scale,
            w * ROW_HEIGHT + 1, (to - from) * scale, ROW_HEIGHT - 2, colour(bin->row), share < 1 ? 0.15 + 0.85 * share : 1);
        ash_say_html(t, watch->row[bin->row].label);
        ash_say(t, ", %.6f s to %.6f s, busy %.0f %%</title></rect>\n", from * 1e-9, to * 1e-9, share < 1 ? 100 * share : 100);
    }
    ash_text_file_pass(&watch->report);
}

static void say_timeline(ash_watch *watch, int64_t end) {
    int shown = watch->nworkers < THREADS_SHOWN ? watch->nworkers : THREADS_SHOWN, height = shown * ROW_HEIGHT;
    ash_growing *t = &watch->report.text;
    ash_say(t, "<h2>Threads</h2>\n<svg viewBox=\"0 0 %d %d\" xmlns=\"http://www.w3.org/2000/svg\">\n", WIDTH, height + 18);
    for (int w = 0; w < shown; w++) {
        say_thread(watch, w, end);
    }
    say_axis(t, end, height + 14);
    ash_say(t, "</svg>\n");
    if (shown < watch->nworkers) {
        ash_say(t, "<p>and %d more threads</p>\n", watch->nworkers - shown);
    }
}

/* ---- Operations ---- */

static void say_operations(ash_watch *watch) {
    ranked *rank = ash_calloc(ASH_WATCH_ROWS, sizeof *rank);
    ash_growing *t = &watch->report.text;
    int n = 0;
    int64_t all = 0;
    char in[32], out[32];
    t->failed |= rank == NULL;
    for (int row = 0; rank && row < ASH_WATCH_ROWS; row++) {
        rank[n] = (ranked){ row, sum_of(watch, row) };
        all += rank[n].sum.ns;
        n += rank[n].sum.tasks > 0;
    }
    if (n > 0) {
        qsort(rank, (size_t)n, sizeof *rank, by_time);
    }
    ash_say(t,
        "<h2>Operations</h2>\n<table>\n<tr><th>operation</th><th>group</th><th>tasks</th><th>time</th><th>share</th><th>a task</th>"
        "<th>bytes in</th><th>bytes out</th></tr>\n");
    for (int k = 0; k < n; k++) {
        const ash_watch_sum *sum = &rank[k].sum;
        const ash_watch_row *row = &watch->row[rank[k].row];
        ash_say(t, "<tr><td><span class=\"key\" style=\"background:%s\"></span>", colour(rank[k].row));
        ash_say_html(t, row->label);
        ash_say(t, row->group >= 0 ? "</td><td>%d</td>" : "</td><td></td>", row->group);
        ash_say(t, "<td>%lld</td><td>%.6f s</td><td>%.1f %%</td><td>%.1f µs</td><td>%s</td><td>%s</td></tr>\n", (long long)sum->tasks,
            (double)sum->ns * 1e-9, all > 0 ? 100.0 * (double)sum->ns / (double)all : 0, (double)sum->ns * 1e-3 / (double)sum->tasks,
            ash_format_bytes(sum->bytes_in, in), ash_format_bytes(sum->bytes_out, out));
        ash_text_file_pass(&watch->report);
    }
    ash_say(t, "</table>\n");
    ash_free(rank);
}

/* ---- Memory ---- */

static void say_line(
    ash_growing *t, const ash_watch *watch, const int64_t bins[], int64_t end, double most, const char *stroke, const char *title) {
    int64_t last = -1;
    ash_say(t, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"", stroke);
    for (int k = 0; k < ASH_WATCH_BINS && k * watch->width <= end; k++) {
        int64_t next = (k + 1) * watch->width < end ? (k + 1) * watch->width : end;
        last = bins[k] >= 0 ? bins[k] : last;
        if (last >= 0) {
            double y = MEMORY_HEIGHT * (1 - (double)last / most);
            ash_say(t, "%.2f,%.2f %.2f,%.2f ", LEFT + (double)(k * watch->width) * (WIDTH - LEFT) / (double)end, y,
                LEFT + (double)next * (WIDTH - LEFT) / (double)end, y);
        }
    }
    ash_say(t, "\"><title>%s</title></polyline>\n", title);
}

static void say_level(ash_growing *t, int64_t bytes, double most, const char *name) {
    char text[32];
    double y = MEMORY_HEIGHT * (1 - (double)bytes / most);
    if (bytes > 0 && (double)bytes <= most) {
        ash_say(t, "<line x1=\"%d\" x2=\"%d\" y1=\"%.2f\" y2=\"%.2f\" stroke=\"#888\" stroke-dasharray=\"4 3\"></line>", LEFT, WIDTH, y, y);
        ash_say(t, "<text x=\"%d\" y=\"%.2f\" text-anchor=\"end\">%s %s</text>\n", WIDTH - 4, y - 3, name, ash_format_bytes(bytes, text));
    }
}

static void say_memory(ash_watch *watch, const ash_plan_info *predicted, int64_t end) {
    ash_growing *t = &watch->report.text;
    char text[32];
    int64_t most = predicted ? predicted->peak_bytes : 1;
    for (int k = 0; k < ASH_WATCH_BINS; k++) {
        most = watch->live[k] > most ? watch->live[k] : most;
        most = watch->predicted[k] > most ? watch->predicted[k] : most;
    }
    double top = (double)most * 1.1;
    ash_say(t,
        "<h2>Memory</h2>\n<p><span class=\"key\" style=\"background:%s\"></span>in use, <span class=\"key\" style=\"background:%s\"></span>"
        "predicted for one task after another</p>\n",
        colour(0), colour(1));
    ash_say(t, "<svg viewBox=\"0 0 %d %d\" xmlns=\"http://www.w3.org/2000/svg\">\n", WIDTH, MEMORY_HEIGHT + 18);
    ash_say(t, "<text x=\"0\" y=\"10\">%s</text><text x=\"0\" y=\"%d\">0</text>\n", ash_format_bytes((int64_t)top, text), MEMORY_HEIGHT);
    if (predicted) {
        say_level(t, predicted->peak_bytes, top, "bound");
        say_level(t, predicted->memory_limit, top, "limit");
    }
    say_line(t, watch, watch->predicted, end, top, colour(1), "predicted");
    ash_text_file_pass(&watch->report);
    say_line(t, watch, watch->live, end, top, colour(0), "in use");
    say_axis(t, end, MEMORY_HEIGHT + 14);
    ash_say(t, "</svg>\n");
    ash_text_file_pass(&watch->report);
}

/* ---- The plan ---- */

static void say_figures(ash_growing *t, const ash_description *d) {
    char buffer[32];
    ash_say(t, "<table>\n<tr><th>figure</th><th>predicted</th><th>measured</th><th>times what is needed</th></tr>\n");
    for (int k = 0; k < ash_nfigures; k++) {
        const ash_figure *f = &ash_figures[k];
        double times = ash_figure_times(f, &d->predicted);
        ash_say(t, "<tr><td>%s</td><td>%s</td>", f->label, f->of != 'r' ? ash_figure_text(f, &d->predicted, buffer) : "");
        ash_say(t, "<td>%s</td>", d->ran && f->of != 'p' ? ash_figure_text(f, &d->measured, buffer) : "");
        ash_say(t, times > 0 ? "<td>%.2f</td></tr>\n" : "<td></td></tr>\n", times);
    }
    ash_say(t, "</table>\n");
}

static void say_plan(ash_watch *watch, const ash_description *d) {
    ash_growing text = { 0 }, *t = &watch->report.text;
    ash_say(t, "<h2>Plan</h2>\n");
    say_figures(t, d);
    ash_describe_text(&text, d);
    t->failed |= text.failed;
    ash_say(t, "<pre>");
    ash_text_file_pass(&watch->report);
    char *line = text.data;
    for (char *end; line && (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        ash_say_html(t, line);
        ash_say(t, "\n");
        ash_text_file_pass(&watch->report);
    }
    ash_say(t, "</pre>\n");
    ash_free(text.data);
}

void ash_report(ash_watch *watch, const ash_context *context, const ash_error_state *error) {
    const ash_description *d = context->last_plan;
    ash_growing *t = &watch->report.text;
    int64_t end = ash_system_now_ns() - watch->began;
    end = end > 0 ? end : 1;
    ash_say(t,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"/><title>ashlar %s</title><style>%s</style></head>\n<body>\n",
        watch->function, style);
    ash_say(t, "<h1>ashlar %s: %.4g s</h1>\n", watch->function, (double)end * 1e-9);
    if (error->status != ASH_OK) {
        ash_say(t, "<p class=\"failed\">");
        ash_say_html(t, error->text);
        ash_say(t, "</p>\n");
    }
    say_timeline(watch, end);
    say_operations(watch);
    say_memory(watch, d ? &d->predicted : NULL, end);
    if (d) {
        say_plan(watch, d);
    }
    ash_say(t, "<p>Written by Ashlar %s.</p>\n</body>\n</html>\n", ash_version());
}
