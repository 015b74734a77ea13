/* Futures, as the context's thread and others see them. What runs them is in queue.c. */
#include "run/queue.h"

#include "base/options.h"
#include "base/system.h"

#include <stdio.h>
#include <string.h>

/* ---- Results as arrays ---- */

/* A node by which results are known: what its memory is, is told by this function. */
static void release_result(void *data, void *user) {
    (void)data;
    ash_future_unref(user);
}

static ash_future *future_of(const ash_node *node) {
    return node->kind == ASH_NODE_MEMORY && node->u.memory.release == release_result ? node->u.memory.release_user : NULL;
}

/* Dense memory with the dimensions, names and attributes of an output. NULL when out of memory. */
static ash_node *node_like(const ash_output *from, const void *data) {
    ash_node *node = ash_node_new(ASH_NODE_MEMORY, 0, 1);
    if (!node || !ash_node_copy_output(node, 0, from)) {
        ash_node_free(node);
        return NULL;
    }
    int64_t shape[ASH_MAX_NDIM];
    ash_output_shape(from, shape);
    ash_dense_strides(from->ndim, shape, ash_dtype_size(from->dtype), node->u.memory.stride);
    node->u.memory.data = data;
    return node;
}

ash_array ash_future_array(ash_future *future) {
    ash_error_state error = { 0 };
    if (!future) {
        return (ash_array){ 0 };
    }
    if (atomic_load(&future->state) > ASH_FUTURE_FINISHED) {
        return ash_publish_error(future->context, NULL, &future->error);
    }
    if (future->array > 0 && ash_context_find(future->context, future->array)) {
        return (ash_array){ .context = future->context, .serial = future->array };
    }
    ash_node *node = node_like(&future->like->output[0], future->memory);
    if (!node) {
        ash_fail(&error, ASH_ERR_MEMORY, "future_array: the system gave no memory");
        return ash_publish_error(future->context, NULL, &error);
    }
    ash_array array = ash_publish(future->context, node, 0);
    if (array.serial > 0) { /* else the node is gone */
        node->u.memory.release = release_result;
        node->u.memory.release_user = future;
        future->references++;
        future->array = array.serial;
    }
    return array;
}

/* ---- What depends on them ---- */

int ash_future_fails(const ash_future *input, const char *function, ash_error_state *error) {
    ash_future_state state = (ash_future_state)atomic_load(&input->state);
    if (state == ASH_FUTURE_CANCELLED) {
        ash_fail(error, ASH_ERR_CANCELLED, "%s: an input is the result of a future that was cancelled", function);
    } else if (state == ASH_FUTURE_ERROR) {
        ash_fail(error, input->error.status, "%s: an input is the result of a future that failed: %s", function, input->error.text);
    }
    return error->status != ASH_OK;
}

/* The futures whose results a value is made from; with a NULL list only their number. */
static int find_inputs(ash_context *context, ash_value value, ash_future **list) {
    int n = 0;
    ash_reach(context, 1, &value);
    for (int64_t k = 0; k < context->nreached; k++) {
        ash_future *input = future_of(context->reached[k]);
        if (input && list) {
            list[n] = input;
            input->references++;
        }
        n += input != NULL;
    }
    return n;
}

ash_status ash_futures_ready(ash_context *context, int n, const ash_target targets[], const char *function, ash_error_state *error) {
    int64_t mark = ash_reach_begin(context);
    for (int t = 0; context->queue && t < n; t++) {
        ash_reach_from(context, targets[t].value.node, mark);
    }
    ash_reach_end(context, mark);
    for (int64_t k = 0; k < context->nreached; k++) {
        ash_future *input = future_of(context->reached[k]);
        if (input) {
            ash_future_fails(input, function, error);
        }
    }
    return error->status;
}

static void say_kept(int64_t bytes, const char *what, ash_error_state *error) {
    char text[32];
    size_t length = strlen(error->text);
    if (bytes > 0) {
        snprintf(error->text + length, sizeof error->text - length, "; %s hold %s of that", what, ash_format_bytes(bytes, text));
    }
}

void ash_say_kept(const ash_context *context, ash_error_state *error) {
    if (error->status == ASH_ERR_LIMIT) {
        say_kept(context->persisted, "persisted arrays", error);
        say_kept(context->result_bytes, "results of futures", error);
    }
}

/* ---- Submitting and releasing ---- */

static int copy_text(const char *text, char **copy) {
    int64_t bytes = text ? (int64_t)strlen(text) + 1 : 0;
    *copy = text ? ash_malloc(bytes) : NULL;
    if (*copy) {
        memcpy(*copy, text, (size_t)bytes);
    }
    return *copy || !text;
}

static int copy_options(ash_future *future, const ash_compute_options *options) {
    ash_options_copy(&future->options, sizeof future->options, options, sizeof *options);
    future->options.size = sizeof future->options;
    int fine = copy_text(future->options.trace, &future->trace) && copy_text(future->options.report, &future->report);
    future->options.trace = future->trace;
    future->options.report = future->report;
    return fine;
}

/* Result, inputs and options. */
static int prepare(ash_future *future, ash_value value, const ash_compute_options *options) {
    const ash_output *output = ash_value_output(value);
    ash_context *context = future->context;
    future->bytes = ash_output_size(output) * ash_dtype_size(output->dtype);
    future->memory_bytes = future->bytes > 0 ? future->bytes : 1;
    future->memory = ash_page_alloc(future->memory_bytes);
    if (!future->memory) {
        return 0;
    }
    context->result_bytes += future->memory_bytes;
    future->like = node_like(output, future->memory);
    future->input = ash_calloc(find_inputs(context, value, NULL) + 1, sizeof(ash_future *));
    if (!future->like || !future->input || !copy_options(future, options)) {
        return 0;
    }
    future->ninputs = find_inputs(context, value, future->input);
    return 1;
}

static ash_status plan(ash_future *future, ash_value value, ash_error_state *error) {
    ash_target target = { .kind = ASH_TARGET_MEMORY, .value = value, .memory = future->memory };
    ash_plan_request request;
    int64_t began = ash_system_now_ns();
    if (ash_run_request(future->context, 1, &target, NULL, &future->options, "submit", &request, &future->openmp, error) == ASH_OK &&
        ash_plan_make(future->context, &request, "submit", &future->plan, error) != ASH_OK) {
        ash_plan_free(future->plan);
        future->plan = NULL;
        ash_say_kept(future->context, error);
    }
    future->plan_seconds = (double)(ash_system_now_ns() - began) * 1e-9;
    return error->status;
}

static ash_status submit(ash_future *future, ash_array a, const ash_compute_options *options, ash_error_state *error) {
    ash_context *context = future->context;
    ash_value value;
    if (ash_queue_lost(context)) {
        return ash_fail(error, ASH_ERR_UNSUPPORTED,
            "submit: this context computes in the background, in the process that this one was forked from; make a new context here");
    }
    ash_queue_reap(context);
    if (ash_resolve(context, a, "submit", "a", &value, error) != ASH_OK) {
        return error->status;
    }
    if (!prepare(future, value, options)) {
        return ash_fail(error, ASH_ERR_MEMORY, "submit: the system gave no memory for a result of %lld bytes", (long long)future->bytes);
    }
    if (plan(future, value, error) == ASH_OK && ash_queue_add(future, error) == ASH_OK) {
        future->references++; /* the queue's */
    }
    return error->status;
}

/* The memory of the result, of which nobody knows any more. */
static void free_result(ash_future *future) {
    if (future->memory) {
        ash_page_free(future->memory, future->memory_bytes);
        future->context->result_bytes -= future->memory_bytes;
    }
    future->memory = NULL;
}

/* It has ended before it could be submitted, and takes no memory: the next one may be smaller. */
static void end_at_once(ash_future *future, const ash_error_state *error) {
    ash_queue *queue = future->context->queue;
    ash_future_state state = ash_future_state_of(error->status);
    free_result(future);
    future->error = *error;
    if (ash_queue_lost(future->context)) {
        atomic_store(&future->state, (int)state);
        return;
    }
    pthread_mutex_lock(&queue->lock);
    ash_queue_end(queue, future, state);
    pthread_mutex_unlock(&queue->lock);
}

ash_future *ash_submit(ash_array a, const ash_compute_options *options) {
    ash_error_state error = { 0 };
    ash_queue *queue = a.context ? ash_queue_of(a.context, &error) : NULL;
    ash_future *future = queue ? ash_calloc(1, sizeof *future) : NULL;
    if (!future) {
        if (queue) {
            ash_fail_memory(&error, "submit", sizeof *future);
        }
        ash_record(a.context, &error);
        return NULL;
    }
    future->context = a.context;
    future->references = 1;
    future->after = queue->all;
    if (queue->all) {
        queue->all->before = future;
    }
    queue->all = future;
    if (submit(future, a, options, &error) != ASH_OK) {
        end_at_once(future, &error);
    }
    ash_record(a.context, &error);
    return future;
}

/* Done as soon as it has run, so a chain of futures does not hold itself. */
void ash_future_drop_inputs(ash_future *future) {
    for (int k = 0; k < future->ninputs; k++) {
        ash_future_unref(future->input[k]);
    }
    future->ninputs = 0;
}

void ash_future_unref(ash_future *future) {
    ash_context *context = future->context;
    if (--future->references > 0) {
        return;
    }
    *(future->before ? &future->before->after : &context->queue->all) = future->after;
    if (future->after) {
        future->after->before = future->before;
    }
    ash_future_drop_inputs(future);
    free_result(future);
    if (!ash_queue_lost(context)) { /* else it may have been half freed when fork() came */
        ash_plan_free(future->plan);
    }
    ash_node_free(future->like);
    ash_free(future->input);
    ash_free(future->trace);
    ash_free(future->report);
    ash_free(future);
}

void ash_future_release(ash_future *future) {
    if (future) {
        ash_queue_tidy(future->context);
        ash_future_unref(future);
    }
}

/* ---- Asking and waiting ---- */

ash_future_state ash_future_status(const ash_future *future) {
    return future ? (ash_future_state)atomic_load(&future->state) : ASH_FUTURE_ERROR;
}

typedef struct wanted {
    int n;
    ash_future *const *future;
} wanted;

/* The place of the one that ended first, from 1; 0: none has. */
static int first_ended(void *user) {
    const wanted *w = user;
    int first = -1;
    for (int k = 0; k < w->n; k++) {
        if (w->future[k] && ash_future_ended(w->future[k]) && (first < 0 || w->future[k]->order < w->future[first]->order)) {
            first = k;
        }
    }
    return first + 1;
}

int ash_future_wait_any(int n, ash_future *const futures[], double seconds) {
    ash_context *context = NULL;
    wanted w = { futures ? n : 0, futures };
    for (int k = 0; k < w.n; k++) {
        if (futures[k] && context && futures[k]->context != context) {
            return -1;
        }
        context = futures[k] ? futures[k]->context : context;
    }
    if (!context || ash_queue_lost(context)) {
        return context ? first_ended(&w) - 1 : -1;
    }
    pthread_mutex_lock(&context->queue->lock);
    int first = ash_queue_until(context->queue, seconds, first_ended, &w);
    pthread_mutex_unlock(&context->queue->lock);
    return first - 1;
}

ash_future_state ash_future_wait(ash_future *future, double seconds) {
    if (future && !ash_future_ended(future)) {
        ash_future_wait_any(1, &future, seconds);
    }
    return ash_future_status(future);
}

const char *ash_future_error(const ash_future *future) {
    if (!future) {
        return "the future is NULL: there was no array to submit, or no memory for it";
    }
    return ash_future_ended(future) ? future->error.text : "";
}

ash_plan_info ash_future_run(const ash_future *future) {
    return future && ash_future_ended(future) ? future->figures : (ash_plan_info){ 0 };
}

void ash_future_cancel(ash_future *future) {
    if (!future || ash_future_ended(future) || ash_queue_lost(future->context)) {
        return;
    }
    ash_queue *queue = future->context->queue;
    pthread_mutex_lock(&queue->lock);
    if (atomic_load(&future->state) == ASH_FUTURE_PENDING) {
        ash_fail(&future->error, ASH_ERR_CANCELLED, "submit: cancelled");
        ash_queue_end(queue, future, ASH_FUTURE_CANCELLED);
    } else if (atomic_load(&future->state) == ASH_FUTURE_RUNNING) {
        atomic_store(&atomic_load(&future->context->background)->cancel, ASH_STOP_NOW);
    }
    pthread_mutex_unlock(&queue->lock);
}

ash_status ash_future_result(ash_future *future, void *buffer, int64_t bytes) {
    ash_error_state error = { 0 };
    if (!future) {
        return ASH_ERR_HANDLE;
    }
    ash_future_state state = ash_future_wait(future, -1);
    if (state > ASH_FUTURE_FINISHED) {
        error = future->error;
    } else if (state != ASH_FUTURE_FINISHED) {
        ash_fail(
            &error, ASH_ERR_UNSUPPORTED, "future_result: what was submitted before fork() is computed in the parent, not in its child");
    } else if (bytes != future->bytes || (!buffer && bytes > 0)) {
        ash_fail(&error, ASH_ERR_ARGUMENT, "future_result: the buffer must have %lld bytes, found %lld%s", (long long)future->bytes,
            (long long)bytes, buffer ? "" : " at NULL");
    } else if (bytes > 0) {
        memcpy(buffer, future->memory, (size_t)bytes);
    }
    return ash_record(future->context, &error);
}
