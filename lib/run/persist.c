/* Results that stay: a run into memory or onto scratch, and a source node over that, which has what the array had but no inputs. */
#include "run/persist.h"
#include "run/queue.h"

#include "base/memory.h"
#include "base/text.h"
#include "io/user_source.h"

#include <ashlar/persist.h>

#include <string.h>

static const char released[] = "release: the array, or one that it is made from, was given back by ash_release()";

/* ---- Memory ---- */

typedef struct kept {
    ash_context *context;
    int64_t bytes;
} kept;

static void free_kept(void *data, void *user) {
    kept *k = user;
    k->context->persisted -= k->bytes;
    ash_free(data);
    ash_free(k);
}

static void persist_in_memory(
    ash_context *context, ash_value value, ash_node *node, const ash_compute_options *options, ash_error_state *error) {
    const ash_output *output = ash_value_output(value);
    int64_t bytes = ash_output_size(output) * ash_dtype_size(output->dtype);
    char needed[32], limit[32];
    if (ash_queue_wait(context, "persist", error) != ASH_OK) { /* what was submitted and released holds its result until it has ended */
        return;
    }
    int64_t held = ash_kept_bytes(context);
    if (bytes >= context->options.memory_limit - held) {
        ash_fail(error, ASH_ERR_LIMIT,
            "persist: the array has %s (%lld bytes), but the memory limit is %s, of which other results hold %lld bytes; use \"scratch\"",
            ash_format_bytes(bytes, needed), (long long)bytes, ash_format_bytes(context->options.memory_limit, limit), (long long)held);
        return;
    }
    kept *k = ash_malloc(sizeof *k);
    char *data = ash_malloc(bytes + 1);
    if (!k || !data) {
        ash_free(k);
        ash_free(data);
        ash_fail_memory(error, "persist", bytes);
        return;
    }
    *k = (kept){ context, bytes };
    context->persisted += bytes;
    ash_target target = { .kind = ASH_TARGET_MEMORY, .value = value, .memory = data };
    if (ash_run_targets(context, 1, &target, NULL, options, "persist", error) != ASH_OK) {
        free_kept(data, k);
        return;
    }
    node->u.memory.data = data;
    node->u.memory.release = free_kept;
    node->u.memory.release_user = k;
    int64_t shape[ASH_MAX_NDIM];
    ash_output_shape(output, shape);
    ash_dense_strides(output->ndim, shape, ash_dtype_size(output->dtype), node->u.memory.stride);
}

/* ---- The node ---- */

static ash_array publish(ash_context *context, ash_node *node) {
    void (*release)(void *, void *) = node->kind == ASH_NODE_MEMORY ? node->u.memory.release : NULL;
    void *data = release ? (void *)(uintptr_t)node->u.memory.data : NULL, *user = release ? node->u.memory.release_user : NULL;
    ash_array array = ash_publish(context, node, 0);
    if (release && ash_array_status(array) != ASH_OK) { /* makers that fail leave memory with their caller */
        release(data, user);
    }
    return array;
}

ash_array ash_persist_with(ash_array a, const char *where, const ash_compute_options *options) {
    ash_context *context = a.context;
    ash_error_state error = { 0 };
    ash_value value;
    int on_scratch = where && strcmp(where, "scratch") == 0;
    if (!context) {
        return (ash_array){ 0 };
    }
    if (ash_resolve(context, a, "persist", "a", &value, &error) == ASH_OK && where && !on_scratch && strcmp(where, "memory") != 0) {
        ash_fail(&error, ASH_ERR_ARGUMENT, "persist: where must be memory or scratch, found '%s'", where);
    }
    if (error.status != ASH_OK) {
        return ash_publish_error(context, NULL, &error);
    }
    ash_node *node = ash_node_new(on_scratch ? ASH_NODE_FILE : ASH_NODE_MEMORY, 0, 1);
    if (!node || !ash_node_copy_output(node, 0, ash_value_output(value))) {
        ash_fail_memory(&error, "persist", sizeof *node);
    } else if (on_scratch) {
        node->u.file.file = ash_persist_scratch(context, value, options, "persist", &error);
        node->u.file.variable = node->u.file.file ? ash_user_source_variable(node->u.file.file) : NULL;
    } else {
        persist_in_memory(context, value, node, options, &error);
    }
    return error.status == ASH_OK ? publish(context, node) : ash_publish_error(context, node, &error);
}

ash_array ash_persist(ash_array a, const char *where) {
    return ash_persist_with(a, where, NULL);
}

/* ---- Giving back ---- */

static int is_persisted(const ash_node *node) {
    return (node->kind == ASH_NODE_MEMORY && node->u.memory.release == free_kept) ||
        (node->kind == ASH_NODE_FILE && ash_is_persisted_file(node->u.file.file));
}

ash_status ash_release(ash_array a) {
    ash_error_state error = { 0 };
    ash_value value;
    if (!a.context) {
        return ASH_ERR_HANDLE;
    }
    if (ash_resolve(a.context, a, "release", "a", &value, &error) != ASH_OK) {
        return ash_record(a.context, &error);
    }
    ash_node *node = value.node;
    if (!is_persisted(node) || atomic_load(&a.context->running)) {
        ash_fail(&error, ASH_ERR_HANDLE,
            is_persisted(node) ? "release: the context is computing" : "release: a must be a result of ash_persist(), found another array");
        return ash_record(a.context, &error);
    }
    if (ash_queue_wait(a.context, "release", &error) != ASH_OK) { /* what was submitted may read it */
        return ash_record(a.context, &error);
    }
    if (node->kind == ASH_NODE_MEMORY) {
        node->u.memory.release((void *)(uintptr_t)node->u.memory.data, node->u.memory.release_user);
    } else {
        ash_file_release(node->u.file.file);
    }
    node->kind = ASH_NODE_ERROR; /* what was made from it finds that when it is to be computed */
    node->u.error.status = ASH_ERR_HANDLE;
    node->u.error.text = (char *)(uintptr_t)released;
    a.context->released = 1;
    return ASH_OK;
}

ash_status ash_check_released(ash_context *context, int n, const ash_target targets[], ash_error_state *error) {
    int64_t mark = ash_reach_begin(context);
    for (int t = 0; context->released && t < n; t++) {
        ash_reach_from(context, targets[t].value.node, mark);
    }
    ash_reach_end(context, mark);
    for (int64_t k = 0; k < context->nreached && error->status == ASH_OK; k++) {
        const ash_node *node = context->reached[k];
        if (node->kind == ASH_NODE_ERROR) {
            ash_fail(error, node->u.error.status, "%s", node->u.error.text);
        }
    }
    return error->status;
}
