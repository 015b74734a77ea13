#include "array/context.h"

ash_node *ash_node_new(ash_node_kind kind, int ninputs, int noutputs) {
    ash_arena arena = { 0 };
    ash_node *node = ash_arena_alloc(&arena, sizeof *node);
    if (!node) {
        ash_arena_free(&arena);
        return NULL;
    }
    node->kind = kind;
    node->ninputs = ninputs;
    node->noutputs = noutputs;
    node->input = ash_arena_alloc(&arena, (ninputs + 1) * (int64_t)sizeof *node->input);
    node->output = ash_arena_alloc(&arena, (noutputs + 1) * (int64_t)sizeof *node->output);
    if (!node->input || !node->output) {
        ash_arena_free(&arena);
        return NULL;
    }
    node->arena = arena;
    return node;
}

int ash_node_set_output(ash_node *node, int k, ash_dtype dtype, int ndim) {
    ash_output *output = &node->output[k];
    output->dtype = dtype;
    output->ndim = ndim;
    output->dim = ash_arena_alloc(&node->arena, (ndim + 1) * (int64_t)sizeof *output->dim);
    return output->dim != NULL;
}

int ash_node_copy_dim(ash_node *node, ash_dim *to, const ash_dim *from) {
    to->name = ash_arena_strdup(&node->arena, from->name);
    to->coord = ash_coord_retain(from->coord);
    return to->name || !from->name;
}

int ash_node_copy_output(ash_node *node, int k, const ash_output *from) {
    ash_output *to = &node->output[k];
    int fine = ash_node_set_output(node, k, from->dtype, from->ndim);
    for (int a = 0; a < from->ndim && fine; a++) {
        fine = ash_axis_copy(&from->dim[a].axis, &node->arena, &to->dim[a].axis) && ash_node_copy_dim(node, &to->dim[a], &from->dim[a]);
    }
    if (fine) {
        to->attrs = ash_attrs_retain(from->attrs);
        to->name = ash_arena_strdup(&node->arena, from->name);
    }
    return fine && (to->name || !from->name);
}

void ash_node_free(ash_node *node) {
    if (!node) {
        return;
    }
    for (int k = 0; k < node->noutputs; k++) {
        ash_output *output = &node->output[k];
        for (int a = 0; output->dim && a < output->ndim; a++) {
            ash_coord_release(output->dim[a].coord);
        }
        ash_attrs_release(output->attrs);
    }
    if (node->kind == ASH_NODE_FILE) {
        ash_file_release(node->u.file.file);
    }
    if (node->kind == ASH_NODE_DATASET) {
        node->u.dataset.release(node->u.dataset.content);
    }
    if (node->kind == ASH_NODE_MEMORY && node->u.memory.release) {
        node->u.memory.release((void *)(uintptr_t)node->u.memory.data, node->u.memory.release_user);
    }
    ash_arena arena = node->arena; /* the node itself lives in it */
    ash_arena_free(&arena);
}

int64_t ash_output_size(const ash_output *output) {
    int64_t size = 1;
    for (int a = 0; a < output->ndim; a++) {
        size *= output->dim[a].axis.extent;
    }
    return size;
}

void ash_output_shape(const ash_output *output, int64_t shape[]) {
    for (int a = 0; a < output->ndim; a++) {
        shape[a] = output->dim[a].axis.extent;
    }
}

int ash_output_same_grid(const ash_output *a, const ash_output *b) {
    int same = a->ndim == b->ndim;
    for (int k = 0; same && k < a->ndim; k++) {
        same = ash_axis_equal(&a->dim[k].axis, &b->dim[k].axis);
    }
    return same;
}

ash_dim_names ash_output_dim_names(const ash_output *output) {
    ash_dim_names names = { .ndim = output->ndim };
    for (int a = 0; a < output->ndim; a++) {
        names.name[a] = output->dim[a].name;
    }
    return names;
}

void ash_output_box(const ash_output *output, int64_t chunk, ash_box *box) {
    ash_grid_axis axis[ASH_MAX_NDIM];
    for (int a = 0; a < output->ndim; a++) {
        axis[a] = output->dim[a].axis;
    }
    ash_grid_box(output->ndim, axis, chunk, box);
}

const char *ash_blocks_name(const ash_node *node) {
    const ash_blocks_node *blocks = &node->u.blocks;
    return blocks->function ? blocks->function->name : blocks->kind->name;
}
