#include "expr/align.h"

#include <stdio.h>
#include <string.h>

typedef struct aligner {
    const char *function;
    const char *const *argument;
    int n;
    const ash_value *operand;
    int64_t weight[ASH_ALIGN_MOST];    /* whose grid wins: elements, little for what has no chunks of its own */
    int base;                          /* operand of highest rank */
    int owner[ASH_MAX_NDIM];           /* operand that gave the result's axis its extent */
    int64_t grid_weight[ASH_MAX_NDIM]; /* weight of the operand that gave the grid */
    ash_alignment *out;
    ash_error_state *error;
} aligner;

static const ash_output *operand_output(const aligner *al, int k) {
    return ash_value_output(al->operand[k]);
}

static int find_name(const ash_alignment *out, const char *name) {
    for (int a = 0; a < out->ndim; a++) {
        if (out->dim[a].name && strcmp(out->dim[a].name, name) == 0) {
            return a;
        }
    }
    return -1;
}

/* The result's axis for axis `a` of operand `k`; appends one if there is none. -1 on error. */
static int place(aligner *al, int k, int a) {
    const ash_output *operand = operand_output(al, k);
    const ash_dim *dim = &operand->dim[a];
    int base_rank = operand_output(al, al->base)->ndim;
    int from_right = base_rank - (operand->ndim - a);
    if (dim->name) {
        int found = find_name(al->out, dim->name);
        if (found >= 0) {
            return found;
        }
    }
    if (!dim->name || !al->out->dim[from_right].name) {
        return from_right;
    }
    if (al->out->ndim == ASH_MAX_NDIM) {
        ash_fail(al->error, ASH_ERR_SHAPE, "%s: the result would have more than %d dimensions", al->function, ASH_MAX_NDIM);
        return -1;
    }
    int appended = al->out->ndim++;
    al->out->dim[appended] = *dim;
    al->owner[appended] = k;
    al->grid_weight[appended] = al->weight[k];
    return appended;
}

static void fail_extents(aligner *al, int k, int a, int axis) {
    char shape_a[400], shape_b[400], label[300];
    int64_t extents[ASH_MAX_NDIM];
    const ash_output *first = operand_output(al, al->owner[axis]), *second = operand_output(al, k);
    ash_output_shape(first, extents);
    ash_format_shape(first->ndim, extents, shape_a, sizeof shape_a);
    ash_output_shape(second, extents);
    ash_format_shape(second->ndim, extents, shape_b, sizeof shape_b);
    if (al->out->dim[axis].name) {
        snprintf(label, sizeof label, "dimension '%.200s'", al->out->dim[axis].name);
    } else {
        snprintf(label, sizeof label, "axis %d of the result", axis);
    }
    ash_fail(al->error, ASH_ERR_SHAPE, "%s: shapes %s and %s do not broadcast: %s is %lld in %s, %lld in %s (must be equal or 1)",
        al->function, shape_a, shape_b, label, (long long)al->out->dim[axis].axis.extent, al->argument[al->owner[axis]],
        (long long)second->dim[a].axis.extent, al->argument[k]);
}

/* Combines the operand's dimension with what the result has there. */
static void combine(aligner *al, int k, int a, int axis) {
    const ash_dim *dim = &operand_output(al, k)->dim[a];
    ash_dim *result = &al->out->dim[axis];
    if (dim->axis.extent != result->axis.extent && dim->axis.extent != 1 && result->axis.extent != 1) {
        fail_extents(al, k, a, axis);
        return;
    }
    if (dim->axis.extent == 1 && result->axis.extent != 1) {
        al->out->axis[k][a] = -1;
        return;
    }
    if (result->axis.extent == 1 && dim->axis.extent != 1) { /* everyone placed before is repeated along this axis */
        const char *name = result->name ? result->name : dim->name;
        for (int j = 0; j < al->n; j++) {
            for (int b = 0; (j < k || j == al->base) && b < operand_output(al, j)->ndim; b++) {
                al->out->axis[j][b] = al->out->axis[j][b] == axis ? -1 : al->out->axis[j][b];
            }
        }
        *result = *dim;
        result->name = name;
        al->owner[axis] = k;
        al->grid_weight[axis] = al->weight[k];
        return;
    }
    if (dim->coord && result->coord && !ash_coord_equal(dim->coord, result->coord)) {
        ash_fail(al->error, ASH_ERR_DIMENSION,
            "%s: the coordinates of dimension '%s' differ between %s and %s; ash_drop_coords() aligns by position", al->function,
            result->name ? result->name : "?", al->argument[al->owner[axis]], al->argument[k]);
        return;
    }
    result->name = result->name ? result->name : dim->name;
    result->coord = result->coord ? result->coord : dim->coord;
    if (al->weight[k] > al->grid_weight[axis]) {
        result->axis = dim->axis;
        al->grid_weight[axis] = al->weight[k];
    }
}

static void align_operand(aligner *al, int k) {
    const ash_output *operand = operand_output(al, k);
    char taken[ASH_MAX_NDIM] = { 0 };
    for (int a = 0; a < operand->ndim && al->error->status == ASH_OK; a++) {
        int axis = place(al, k, a);
        if (axis < 0) {
            return;
        }
        if (taken[axis]) {
            ash_fail(al->error, ASH_ERR_DIMENSION,
                "%s: two dimensions of %s fall on the same dimension of the result; name all of them or none", al->function,
                al->argument[k]);
            return;
        }
        taken[axis] = 1;
        al->out->axis[k][a] = (signed char)axis;
        combine(al, k, a, axis);
    }
}

static void check_names(aligner *al) {
    for (int a = 0; a < al->out->ndim; a++) {
        if (al->out->dim[a].name && find_name(al->out, al->out->dim[a].name) < a) {
            ash_fail(
                al->error, ASH_ERR_DIMENSION, "%s: the result would have two dimensions named '%s'", al->function, al->out->dim[a].name);
        }
    }
}

ash_status ash_align(
    const char *function, int n, const ash_value operands[], const char *const argument[], ash_alignment *out, ash_error_state *error) {
    aligner al = { .function = function, .argument = argument, .n = n, .operand = operands, .out = out, .error = error };
    for (int k = 0; k < n; k++) {
        ash_node_kind kind = operands[k].node->kind;
        al.weight[k] = kind == ASH_NODE_CONSTANT ? 0 : kind == ASH_NODE_TAKE ? 1 : ash_output_size(ash_value_output(operands[k]));
        if (operand_output(&al, k)->ndim > operand_output(&al, al.base)->ndim) {
            al.base = k;
        }
    }
    const ash_output *base = operand_output(&al, al.base);
    out->ndim = base->ndim;
    for (int a = 0; a < base->ndim; a++) {
        out->dim[a] = base->dim[a];
        al.owner[a] = al.base;
        al.grid_weight[a] = al.weight[al.base];
        out->axis[al.base][a] = (signed char)a;
    }
    for (int k = 0; k < n && error->status == ASH_OK; k++) {
        if (k != al.base) {
            align_operand(&al, k);
        }
    }
    check_names(&al);
    return error->status;
}
