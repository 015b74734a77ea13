/* From handles to nodes and back; scopes. */
#include "array/context.h"

#include "base/memory.h"

enum { SERIAL_NO_MEMORY = -1 };

/* Makes room for one more element in a growing list. */
static int reserve(void **list, int64_t count, int64_t *capacity, int64_t size) {
    if (count < *capacity) {
        return 1;
    }
    int64_t grown = *capacity > 0 ? 2 * *capacity : 64;
    void *memory = ash_realloc(*list, grown * size);
    if (!memory) {
        return 0;
    }
    *list = memory;
    *capacity = grown;
    return 1;
}

ash_array ash_publish(ash_context *context, ash_node *node, int output) {
    if (!reserve((void **)&context->node, context->nnodes, &context->node_capacity, sizeof *context->node) ||
        !reserve((void **)&context->reached, context->nnodes, &context->reached_capacity, sizeof *context->reached)) {
        if (node->kind == ASH_NODE_MEMORY) {
            node->u.memory.release = NULL; /* a failed maker leaves the memory with its caller */
        }
        ash_node_free(node);
        ash_error_state error = { 0 };
        ash_fail_memory(&error, "array", sizeof *node);
        ash_record(context, &error);
        return (ash_array){ .context = context, .serial = SERIAL_NO_MEMORY };
    }
    node->serial = context->next_serial++;
    context->node[context->nnodes++] = node;
    return (ash_array){ .context = context, .serial = node->serial, .output = output };
}

ash_array ash_publish_error(ash_context *context, ash_node *node, const ash_error_state *error) {
    if (node && node->kind == ASH_NODE_MEMORY) {
        node->u.memory.release = NULL;
    }
    ash_node_free(node);
    if (!context) {
        return (ash_array){ 0 };
    }
    ash_record(context, error);
    ash_node *carrier = ash_node_new(ASH_NODE_ERROR, 0, 0);
    if (carrier) {
        carrier->u.error.status = error->status;
        carrier->u.error.text = ash_arena_strdup(&carrier->arena, error->text);
        if (!carrier->u.error.text) {
            ash_node_free(carrier);
            carrier = NULL;
        }
    }
    return carrier ? ash_publish(context, carrier, 0) : (ash_array){ .context = context, .serial = SERIAL_NO_MEMORY };
}

ash_node *ash_context_find(const ash_context *context, int64_t serial) {
    int64_t low = 0, high = context->nnodes - 1;
    while (low <= high) {
        int64_t middle = (low + high) / 2;
        int64_t found = context->node[middle]->serial;
        if (found == serial) {
            return context->node[middle];
        }
        if (found < serial) {
            low = middle + 1;
        } else {
            high = middle - 1;
        }
    }
    return NULL;
}

ash_status ash_resolve_unsettled(
    ash_context *context, ash_array handle, const char *function, const char *argument, ash_value *value, ash_error_state *error) {
    if (!handle.context) {
        return ash_fail(error, ASH_ERR_HANDLE, "%s: %s is not an array (the handle was never set)", function, argument);
    }
    if (handle.context != context) {
        return ash_fail(error, ASH_ERR_HANDLE, "%s: %s belongs to another context; arrays of two contexts do not mix", function, argument);
    }
    if (handle.serial == SERIAL_NO_MEMORY) {
        return ash_fail(error, ASH_ERR_MEMORY, "%s: %s could not be made: the system gave no memory", function, argument);
    }
    ash_node *node = ash_context_find(context, handle.serial);
    if (node && node->kind == ASH_NODE_ERROR) {
        return ash_fail(error, node->u.error.status, "%s", node->u.error.text);
    }
    if (!node && handle.serial > 0 && handle.serial < context->next_serial) {
        return ash_fail(
            error, ASH_ERR_HANDLE, "%s: %s is used after the end of its scope (array %lld)", function, argument, (long long)handle.serial);
    }
    if (!node || handle.output < 0 || handle.output >= node->noutputs) {
        return ash_fail(error, ASH_ERR_HANDLE, "%s: %s is not an array of this context", function, argument);
    }
    *value = (ash_value){ node, handle.output };
    return ASH_OK;
}

ash_status ash_resolve(
    ash_context *context, ash_array handle, const char *function, const char *argument, ash_value *value, ash_error_state *error) {
    if (ash_resolve_unsettled(context, handle, function, argument, value, error) == ASH_OK && value->node->settle &&
        value->node->settle(context, value->node, error) == ASH_OK) {
        value->node->settle = NULL;
    }
    return error->status;
}

/* ---- Scopes ---- */

ash_status ash_scope_begin(ash_context *context) {
    if (!context) {
        return ASH_ERR_ARGUMENT;
    }
    if (!reserve((void **)&context->scope, context->nscopes, &context->scope_capacity, sizeof *context->scope)) {
        ash_error_state error = { 0 };
        ash_fail_memory(&error, "scope_begin", sizeof *context->scope);
        return ash_record(context, &error);
    }
    context->scope[context->nscopes++] = context->next_serial;
    return ASH_OK;
}

ash_status ash_scope_end(ash_context *context, const ash_array keep[], int n) {
    if (!context) {
        return ASH_ERR_ARGUMENT;
    }
    ash_error_state error = { 0 };
    if (context->nscopes == 0) {
        ash_fail(&error, ASH_ERR_ARGUMENT, "scope_end: no scope is open");
        return ash_record(context, &error);
    }
    if (n < 0 || (n > 0 && !keep)) {
        ash_fail(&error, ASH_ERR_ARGUMENT, "scope_end: keep must hold n >= 0 arrays, found n = %d%s", n, keep ? "" : " and NULL");
        return ash_record(context, &error);
    }
    int64_t first = context->scope[--context->nscopes];
    int64_t mark = ash_reach_begin(context);
    for (int k = 0; keep && k < n; k++) {
        /* A kept array may carry an error: its node is kept as well, so that the sentence survives. */
        ash_node *node = keep[k].context == context ? ash_context_find(context, keep[k].serial) : NULL;
        if (node) {
            ash_reach_from(context, node, mark);
        } else {
            ash_fail(&error, ASH_ERR_HANDLE, "scope_end: keep[%d] is not an array of this context", k);
        }
    }
    ash_reach_end(context, mark);
    ash_free_retired(context);
    int64_t total = context->nnodes, kept = total;
    for (; kept > 0 && context->node[kept - 1]->serial >= first; kept--) { /* users before what they use */
        ash_node *node = context->node[kept - 1];
        if (node->mark != mark) {
            ash_node_retire(context, node);
            context->node[kept - 1] = NULL;
        }
    }
    for (int64_t k = kept; k < total; k++) {
        if (context->node[k]) {
            context->node[kept++] = context->node[k];
        }
    }
    context->nnodes = kept;
    return ash_record(context, &error);
}
