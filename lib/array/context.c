#include "array/context.h"

#include "base/memory.h"
#include "base/options.h"
#include "base/system.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_RETRIES = 2, MOST_RETRIES = 100 };

static _Thread_local ash_error_state new_error;

static int environment_integer(const char *name, int64_t least, int64_t most, int64_t *value, ash_error_state *error) {
    const char *text = getenv(name);
    if (!text || !*text) {
        return 0;
    }
    char *end;
    long long number = strtoll(text, &end, 10);
    if (*end || number < least || number > most) {
        ash_fail(error, ASH_ERR_ARGUMENT, "context_new: %s must be an integer from %lld to %lld, found '%s'", name, (long long)least,
            (long long)most, text);
        return 0;
    }
    *value = number;
    return 1;
}

static void choose_threads(ash_context_options *options, ash_error_state *error) {
    int64_t n = options->num_threads;
    if (n < 0 || n > ASH_MOST_THREADS) {
        ash_fail(
            error, ASH_ERR_ARGUMENT, "context_new: num_threads must be from 0 (default) to %d, found %lld", ASH_MOST_THREADS, (long long)n);
        return;
    }
    if (n == 0 && !environment_integer("ASH_NUM_THREADS", 1, ASH_MOST_THREADS, &n, error)) {
        /* OMP_NUM_THREADS may be a list of nesting levels; the first counts. Anything else in it is not ours to judge. */
        const char *omp = getenv("OMP_NUM_THREADS");
        n = omp ? strtoll(omp, NULL, 10) : 0;
        n = n > 0 && n <= ASH_MOST_THREADS ? n : ash_system_cpus();
    }
    options->num_threads = (int32_t)n;
}

static void choose_memory(ash_context_options *options, ash_error_state *error) {
    if (options->memory_limit < 0) {
        ash_fail(error, ASH_ERR_ARGUMENT, "context_new: memory_limit must be bytes > 0, or 0 for the default, found %lld",
            (long long)options->memory_limit);
        return;
    }
    const char *text = getenv("ASH_MEMORY_LIMIT");
    if (options->memory_limit == 0 && text && *text && !ash_parse_bytes(text, &options->memory_limit)) {
        ash_fail(error, ASH_ERR_ARGUMENT, "context_new: ASH_MEMORY_LIMIT must be a size such as 512M or 2GiB, found '%s'", text);
    }
    if (options->memory_limit == 0) {
        options->memory_limit = ash_system_memory() / 2;
    }
}

static void choose_retries(ash_context_options *options, ash_error_state *error) {
    if (options->read_retries > MOST_RETRIES) {
        ash_fail(error, ASH_ERR_ARGUMENT, "context_new: read_retries must be at most %d, found %d", MOST_RETRIES, options->read_retries);
    }
    options->read_retries = options->read_retries == 0 ? DEFAULT_RETRIES : options->read_retries;
}

static void choose_isa(ash_context *context, ash_error_state *error) {
    const char *wanted = context->options.isa ? context->options.isa : getenv("ASH_ISA");
    context->isa = ash_isa_best();
    if (wanted && *wanted) {
        int isa = 0;
        while (isa < ASH_ISA_COUNT && strcmp(wanted, ash_isa_names[isa]) != 0) {
            isa++;
        }
        if (isa == ASH_ISA_COUNT) {
            ash_fail(error, ASH_ERR_ARGUMENT, "context_new: isa (ASH_ISA) must be one of baseline, avx2, avx512, found '%s'", wanted);
            return;
        }
        if (!ash_isa_supported((ash_isa)isa)) {
            ash_fail(error, ASH_ERR_UNSUPPORTED, "context_new: isa '%s' is not available on this machine or in this build", wanted);
            return;
        }
        context->isa = (ash_isa)isa;
    }
    context->options.isa = ash_isa_names[context->isa];
}

static void choose_executor(ash_context_options *options, ash_error_state *error) {
    if (!options->executor) {
        options->executor = options->num_threads > 1 ? "openmp" : "serial";
    } else if (strcmp(options->executor, "serial") == 0) {
        options->executor = "serial";
    } else if (strcmp(options->executor, "openmp") == 0) {
        options->executor = "openmp";
    } else {
        ash_fail(error, ASH_ERR_ARGUMENT, "context_new: executor must be serial or openmp, found '%s'", options->executor);
    }
}

static void choose_progress(ash_context_options *options, ash_error_state *error) {
    int64_t on = 0;
    if (!options->progress && environment_integer("ASH_PROGRESS", 0, 1, &on, error) && on) {
        options->progress = ash_progress_bar;
    }
}

static void choose_scratch(ash_context *context, ash_error_state *error) {
    const char *folder = context->options.scratch, *const names[] = { "ASH_SCRATCH", "TMPDIR" };
    for (int k = 0; k < 2 && !(folder && *folder); k++) {
        folder = getenv(names[k]);
    }
    folder = folder && *folder ? folder : "/var/tmp";
    int64_t bytes = (int64_t)strlen(folder) + 1;
    context->scratch = ash_malloc(bytes);
    if (!context->scratch) {
        ash_fail_memory(error, "context_new", bytes);
        return;
    }
    memcpy(context->scratch, folder, (size_t)bytes);
    context->options.scratch = context->scratch;
}

/* A path from the options or the environment, in memory of the context's. */
static void choose_path(const char **option, char **own, const char *name, ash_error_state *error) {
    const char *path = *option ? *option : getenv(name);
    *option = NULL;
    if (path && *path) {
        int64_t bytes = (int64_t)strlen(path) + 1;
        *own = ash_malloc(bytes);
        if (!*own) {
            ash_fail_memory(error, "context_new", bytes);
            return;
        }
        *option = memcpy(*own, path, (size_t)bytes);
    }
}

ash_context *ash_context_new(const ash_context_options *options) {
    new_error = (ash_error_state){ 0 };
    ash_context *context = ash_calloc(1, sizeof *context);
    if (!context) {
        ash_fail_memory(&new_error, "context_new", sizeof *context);
        return NULL;
    }
    context->next_serial = 1;
    ash_options_copy(&context->options, sizeof context->options, options, sizeof *options);
    context->options.size = sizeof context->options;
    choose_threads(&context->options, &new_error);
    choose_memory(&context->options, &new_error);
    choose_retries(&context->options, &new_error);
    choose_isa(context, &new_error);
    choose_executor(&context->options, &new_error);
    choose_progress(&context->options, &new_error);
    choose_scratch(context, &new_error);
    choose_path(&context->options.trace, &context->trace, "ASH_TRACE", &new_error);
    choose_path(&context->options.report, &context->report, "ASH_REPORT", &new_error);
    if (new_error.status != ASH_OK) {
        ash_free(context->scratch);
        ash_free(context->trace);
        ash_free(context->report);
        ash_free(context);
        return NULL;
    }
    return context;
}

/* Definitions go after the nodes that call them. */
static void free_registered(ash_context *context) {
    while (context->registered) {
        ash_registered *entry = context->registered;
        context->registered = entry->next;
        if (entry->reduction.release) {
            entry->reduction.release(entry->reduction.user);
        }
        if (entry->function.release) {
            entry->function.release(entry->function.user);
        }
        pthread_mutex_destroy(&entry->lock);
        ash_free(entry);
    }
}

void ash_context_free(ash_context *context) {
    if (!context) {
        return;
    }
    if (context->queue) {
        context->queue_stop(context);
    }
    ash_free_retired(context);
    for (int64_t k = context->nnodes - 1; k >= 0; k--) {
        ash_node_free(context->node[k]);
    }
    if (context->queue) {
        context->queue_free(context);
    }
    free_registered(context);
    ash_free(context->node);
    ash_free(context->reached);
    ash_free(context->scope);
    ash_free(context->explain_text);
    ash_free(context->scratch);
    ash_free(context->trace);
    ash_free(context->report);
    if (context->last_plan) {
        context->free_last_plan(context->last_plan);
    }
    ash_free(context);
}

ash_context_options ash_context_get_options(const ash_context *context) {
    return context ? context->options : (ash_context_options){ 0 };
}

const char *ash_error(const ash_context *context) {
    return context ? context->error.text : new_error.text;
}

ash_status ash_error_status(const ash_context *context) {
    return context ? context->error.status : new_error.status;
}

void ash_error_clear(ash_context *context) {
    if (context) {
        context->error = (ash_error_state){ 0 };
    }
}

/* In this order, see begin() in lib/run/queue.c: what was submitted before either does not begin, or is told to stop. */
static void cancel_background(ash_context *context) {
    ash_context *background = atomic_load(&context->background);
    if (background) {
        int64_t last = atomic_load(&context->submitted), cancelled = atomic_load(&context->cancelled);
        while (cancelled < last && !atomic_compare_exchange_weak(&context->cancelled, &cancelled, last)) {
            /* another call may know of more */
        }
        atomic_store(&background->cancel, 1);
    }
}

void ash_cancel(ash_context *context) {
    if (context && atomic_load(&context->running)) {
        atomic_store(&context->cancel, 1);
    }
    if (context) {
        cancel_background(context);
    }
}

void ash_interrupt(ash_context *context) {
    int none = 0;
    if (context && atomic_load(&context->running)) {
        atomic_compare_exchange_strong(&context->cancel, &none, 2);
    }
}

ash_plan_info ash_last_run(const ash_context *context) {
    return context ? context->last_run : (ash_plan_info){ 0 };
}

ash_status ash_record(ash_context *context, const ash_error_state *error) {
    if (context && error->status != ASH_OK) {
        context->error = *error;
    }
    return error->status;
}
