#include "expr/call.h"

#include "array/context.h"

#include <stdio.h>
#include <string.h>

enum { ALIGNMENT = 64, MESSAGE = 512, WHERE = 400 };

static const int64_t most_bytes = INT64_MAX >> 20; /* no sum over threads and tasks overflows, and no machine has it */

int64_t ash_call_round(int64_t bytes) {
    return bytes < most_bytes ? (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : most_bytes;
}

static int64_t blocks_of(const ash_node *node) {
    return node->ninputs + node->noutputs;
}

/* The records of the blocks and the lists of them. */
static int64_t record_bytes(const ash_node *node) {
    return ash_call_round(blocks_of(node) * (int64_t)(sizeof(ash_call_block) + sizeof(ash_function_block *)));
}

int64_t ash_call_bytes(const ash_node *node, int64_t more) {
    int64_t scratch = ash_call_round(node->u.blocks.function->function.scratch_bytes);
    return ash_call_round(record_bytes(node) + scratch + ash_call_round(more)) + ALIGNMENT;
}

ash_user_call ash_call_begin(const ash_blocks_call *call) {
    uintptr_t at = ((uintptr_t)call->scratch + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    char *scratch = (char *)call->scratch + (at - (uintptr_t)call->scratch);
    int64_t records = record_bytes(call->node);
    memset(scratch, 0, (size_t)records);
    ash_user_call user = { .call = call, .input = (ash_call_block *)(void *)scratch };
    user.output = user.input + call->node->ninputs;
    user.rest = scratch + records + ash_call_round(call->node->u.blocks.function->function.scratch_bytes);
    return user;
}

void ash_call_output(const ash_user_call *user, int k) {
    const ash_output *output = &user->call->node->output[k];
    const ash_box *box = &user->call->box[k];
    ash_call_block *to = &user->output[k];
    to->block.dtype = output->dtype;
    to->block.ndim = output->ndim;
    to->block.data = user->call->out[k];
    ash_output_shape(output, to->shape);
    for (int a = 0; a < output->ndim; a++) {
        to->extent[a] = box->extent[a];
        to->start[a] = box->start[a];
    }
    ash_dense_strides(output->ndim, box->extent, ash_dtype_size(output->dtype), to->stride);
}

/* " at [0:3, 4:8]" */
static void print_box(char text[WHERE], int ndim, const ash_box *box) {
    size_t used = 0;
    *text = 0;
    for (int a = 0; a < ndim && used < WHERE - 50; a++) {
        used += (size_t)snprintf(text + used, WHERE - used, "%s%lld:%lld%s", a ? ", " : " at [", (long long)box->start[a],
            (long long)(box->start[a] + box->extent[a]), a == ndim - 1 ? "]" : "");
    }
}

static ash_status locked_call(const ash_registered *entry, const ash_function_call *call) {
    pthread_mutex_t *lock = entry->function.exclusive ? (pthread_mutex_t *)(uintptr_t)&entry->lock : NULL;
    if (lock) {
        pthread_mutex_lock(lock);
    }
    ash_status status = entry->function.function(call, entry->function.user);
    if (lock) {
        pthread_mutex_unlock(lock);
    }
    return status;
}

ash_status ash_call_run(
    const ash_user_call *user, int ndim, const int64_t chunk[], const ash_box *box, const void *argument, int64_t argument_bytes) {
    const ash_node *node = user->call->node;
    const ash_registered *entry = node->u.blocks.function;
    const ash_function_block **list = (const ash_function_block **)(void *)(user->input + blocks_of(node));
    char message[MESSAGE] = "", where[WHERE];
    for (int64_t k = 0; k < blocks_of(node); k++) {
        ash_call_block *b = &user->input[k];
        b->block.stride = b->stride;
        b->block.extent = b->extent;
        b->block.before = b->before;
        b->block.after = b->after;
        b->block.start = b->start;
        b->block.shape = b->shape;
        b->block.data = b->block.data ? b->block.data : (void *)&list[k]; /* of no elements, but something to point at */
        list[k] = &b->block;
    }
    ash_function_call call = { .size = sizeof call,
        .ninputs = node->ninputs,
        .noutputs = node->noutputs,
        .input = list,
        .output = list + node->ninputs,
        .ndim = ndim,
        .chunk = chunk,
        .argument = argument,
        .argument_bytes = argument_bytes,
        .scratch = user->rest - ash_call_round(entry->function.scratch_bytes),
        .message = message,
        .message_bytes = sizeof message };
    ash_status status = locked_call(entry, &call);
    if (status == ASH_OK) {
        return ASH_OK;
    }
    int known = status > ASH_OK && status < ASH_STATUS_COUNT;
    message[MESSAGE - 1] = 0;
    print_box(where, ndim, box);
    return ash_fail(user->call->error, known ? status : ASH_ERR_ARGUMENT, "the function failed%s: %s", where,
        *message ? message : ash_status_text(known ? status : ASH_ERR_ARGUMENT));
}
