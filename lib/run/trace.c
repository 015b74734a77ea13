/* The trace: Chrome's trace event format. Threads collect events and write them when their room is full, so that the memory is bounded. */
#include "base/quote.h"
#include "run/watch.h"

#include <ashlar/context.h>

#include <stdio.h>
#include <string.h>

static double microseconds(int64_t ns) {
    return (double)ns * 1e-3;
}

static void separate(ash_watch *watch) {
    ash_say(&watch->trace.text, watch->events++ > 0 ? ",\n" : "\n");
}

static void say_name(ash_watch *watch, const char *name, int thread, const char *value) {
    separate(watch);
    ash_say(&watch->trace.text, "{\"ph\":\"M\",\"pid\":1,\"tid\":%d,\"name\":\"%s\",\"args\":{\"name\":", thread, name);
    ash_json_quote(&watch->trace.text, value, (int64_t)strlen(value));
    ash_say(&watch->trace.text, "}}");
}

/* The counter is in every trace, for those who compare them. */
static void say_spill(ash_watch *watch, const ash_watch_event *event) {
    separate(watch);
    ash_say(&watch->trace.text, "{\"ph\":\"C\",\"pid\":1,\"ts\":%.3f,\"name\":\"spill\",\"args\":{\"written\":%lld,\"read\":%lld}}",
        microseconds(event->began), (long long)event->bytes_written, (long long)event->bytes_read);
}

void ash_trace_begin(ash_watch *watch) {
    ash_growing name = { 0 };
    ash_say(&watch->trace.text, "{\"displayTimeUnit\":\"ms\",\"otherData\":{\"ashlar\":\"%s\"},\"traceEvents\":[", ash_version());
    ash_say(&name, "ashlar %s", watch->function);
    say_name(watch, "process_name", 0, name.data ? name.data : "ashlar");
    ash_free(name.data);
    for (int w = 0; w < watch->nworkers; w++) {
        char thread[32];
        snprintf(thread, sizeof thread, "thread %d", w);
        say_name(watch, "thread_name", w, thread);
        ash_text_file_pass(&watch->trace);
    }
    say_spill(watch, &(ash_watch_event){ .kind = ASH_WATCHED_MEMORY });
}

static void say_task(ash_watch *watch, const ash_watch_event *event) {
    const ash_plan *plan = watch->plan;
    const ash_work *work = ash_task_work(plan, event->task);
    const char *name = ash_work_name(work);
    int64_t coordinate[ASH_MAX_NDIM];
    int ndim = ash_work_chunk(work, plan->task[event->task].item, coordinate);
    ash_growing *t = &watch->trace.text;
    ash_say(t, "\"cat\":\"%s\",\"name\":", ash_work_merges(work) ? "merge" : "task");
    ash_json_quote(t, name, (int64_t)strlen(name));
    ash_say(
        t, ",\"args\":{\"group\":%d,\"task\":%lld,\"chunk\":[", ash_watch_group(watch, work), (long long)(watch->first_task + event->task));
    for (int a = 0; a < ndim; a++) {
        ash_say(t, "%s%lld", a ? "," : "", (long long)coordinate[a]);
    }
    ash_say(t, "],\"in\":%lld,\"out\":%lld,\"read\":%lld,\"written\":%lld}}", (long long)event->in, (long long)event->out,
        (long long)event->bytes_read, (long long)event->bytes_written);
}

static void say_event(ash_watch *watch, int worker, const ash_watch_event *event) {
    ash_growing *t = &watch->trace.text;
    separate(watch);
    if (event->kind == ASH_WATCHED_MEMORY) {
        ash_say(t, "{\"ph\":\"C\",\"pid\":1,\"ts\":%.3f,\"name\":\"memory\",\"args\":{\"buffers\":%lld,\"fixed\":%lld}}",
            microseconds(event->began), (long long)event->in, (long long)event->out);
        if (watch->plan->nspills > 0) {
            say_spill(watch, event);
        }
        return;
    }
    ash_say(t, "{\"ph\":\"X\",\"pid\":1,\"tid\":%d,\"ts\":%.3f,\"dur\":%.3f,", worker, microseconds(event->began),
        microseconds(event->ended - event->began));
    if (event->kind == ASH_WATCHED_TASK) {
        say_task(watch, event);
    } else if (event->kind == ASH_WATCHED_READ) {
        ash_say(
            t, "\"cat\":\"io\",\"name\":\"read\",\"args\":{\"bytes\":%lld,\"decoded\":%lld}}", (long long)event->in, (long long)event->out);
    } else {
        ash_say(t, "\"cat\":\"io\",\"name\":\"write\",\"args\":{\"bytes\":%lld}}", (long long)event->in);
    }
}

void ash_trace_events(ash_watch *watch, int worker) {
    ash_watched_worker *w = watch->worker[worker];
    if (!watch->trace.path) {
        return;
    }
    pthread_mutex_lock(&watch->writing);
    for (int k = 0; k < w->nevents; k++) {
        if (!watch->trace.failed) {
            say_event(watch, worker, &w->event[k]);
            ash_text_file_pass(&watch->trace);
        }
    }
    pthread_mutex_unlock(&watch->writing);
    w->nevents = 0;
}

void ash_trace_end(ash_watch *watch) {
    ash_say(&watch->trace.text, "\n]}\n");
}
