/* Products of matrices and contractions of arrays. The axes of the result are, in this order: those that both inputs have side by side (batch), those of `a`
 * alone (rows), those of `b` alone (columns); the axes summed over go away. A chunk of the result is the sum of products of blocks, one step after another in
 * the order of the blocks.
 *
 * Where the result is small and the sum is long, as of a tall matrix with itself or of two vectors, one chunk after another would keep one thread busy: the steps
 * are shared out into parts, each with a chunk of its own, which are summed by a reduction. How many does not depend on the run. */
#include "expr/product.h"
#include "base/memory.h"
#include "expr/builder.h"
#include "expr/elementwise.h"

#include <ashlar/linalg.h>
#include <ashlar/reduce.h>

#include <string.h>

/* Rows and columns of a block, and terms of a step, are about this many: large enough for products to be bound by arithmetic, small enough for several
 * blocks of every thread (see docs/performance.md). A block of 16-byte elements has half as many rows and columns. */
enum { TILE = 1024, TERMS = 768 };

/* Parts of a sum, at most; the steps each has at least, of products of matrices; and what all of them may take together. */
enum { PARTS = 64, PART_STEPS = 4, PARTS_BYTES = 16 << 20 };

/* ---- Building ---- */

typedef struct product {
    ash_builder *builder;
    ash_value input[2];
    ash_product p;
    const ash_dim *dim[ASH_MAX_NDIM]; /* of the inputs, per axis of the result; NULL: parts */
    ash_grid_axis cut[ASH_MAX_NDIM];
} product;

/* The grid of an axis with chunks of at most `most` elements: larger ones are cut evenly, neighbours put together as long as they are no more. 0 when out of
 * memory. */
static int cut_axis(ash_arena *arena, const ash_grid_axis *axis, int64_t most, ash_grid_axis *out) {
    int64_t pieces = 0, n = 0;
    for (int64_t c = 0; c < axis->count; c++) {
        pieces += ash_axis_extent(axis, c) > 0 ? (ash_axis_extent(axis, c) - 1) / most + 1 : 1;
    }
    int64_t *bounds = ash_arena_alloc(arena, (pieces + 1) * (int64_t)sizeof *bounds);
    for (int64_t c = 0; bounds && c < axis->count; c++) {
        int64_t start = ash_axis_start(axis, c), extent = ash_axis_extent(axis, c), parts = extent > 0 ? (extent - 1) / most + 1 : 1;
        for (int64_t k = 0; k < parts; k++) {
            int64_t begin = start + extent / parts * k + (k < extent % parts ? k : extent % parts);
            int64_t end = begin + extent / parts + (k < extent % parts);
            if (n == 0 || end - bounds[n - 1] > most) {
                bounds[n++] = begin;
            }
        }
    }
    if (bounds) {
        bounds[n] = axis->extent;
        *out = ash_axis_listed(n, bounds);
    }
    return bounds != NULL;
}

/* Cuts axes [first, end) of the result, so that a block has about `left` elements along all of them. Returns how many it has at most. */
static int64_t cut_axes(product *x, int64_t first, int64_t end, int64_t left) {
    int64_t elements = 1;
    for (int64_t a = end - 1; a >= first; a--) {
        if (!cut_axis(&x->builder->node->arena, &x->dim[a]->axis, left, &x->cut[a])) {
            ash_builder_no_memory(x->builder);
            return 1;
        }
        int64_t largest = ash_axis_largest(&x->cut[a]);
        elements *= largest > 0 ? largest : 1;
        left = largest > 0 && left / largest > 0 ? left / largest : 1;
    }
    return elements;
}

/* How many terms a step takes of each summed axis, about `left` in all: whole axes where they are short. Returns the number of steps. */
static int64_t cut_sum(ash_product *p, int64_t left, int64_t *terms) {
    int64_t steps = 1;
    *terms = 1;
    for (int64_t i = p->summed - 1; i >= 0; i--) {
        p->step[i] = p->extent[i] < left ? p->extent[i] : left;
        p->step[i] = p->step[i] > 0 ? p->step[i] : 1;
        left = left / p->step[i] > 0 ? left / p->step[i] : 1;
        *terms *= p->step[i];
        steps *= p->extent[i] > 0 ? (p->extent[i] - 1) / p->step[i] + 1 : 1;
    }
    return steps;
}

static int is_taken(const ash_output *output, int axis, const char *name) {
    for (int a = 0; a < axis; a++) {
        if (output->dim[a].name && strcmp(output->dim[a].name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Names and coordinates of the result's dimensions; the second of a name has none, since no array has a name twice. */
static void name_dimensions(product *x) {
    ash_node *node = x->builder->node;
    for (int a = 0; a < node->output[0].ndim && ash_builder_ok(x->builder); a++) {
        const char *name = x->dim[a] ? x->dim[a]->name : NULL;
        if (name && is_taken(&node->output[0], a, name)) {
            continue;
        }
        node->output[0].dim[a].name = name ? ash_arena_strdup(&node->arena, name) : NULL;
        node->output[0].dim[a].coord = x->dim[a] && x->dim[a]->coord ? ash_coord_retain(x->dim[a]->coord) : NULL;
        if (name && !node->output[0].dim[a].name) {
            ash_builder_no_memory(x->builder);
        }
    }
}

static int axes_of_result(const ash_product *p) {
    return (int)(p->batch + p->rows + p->columns);
}

/* Shares the steps out into parts of `least` or more, and puts an axis for them before all others, if there are several. */
static void share_out(product *x, int64_t steps, int64_t least) {
    ash_product *p = &x->p;
    int ndim = axes_of_result(p), longer = (int)(p->rows > p->columns ? p->rows : p->columns);
    double bytes = (double)ash_dtype_size(ash_value_output(x->input[0])->dtype);
    for (int a = (int)p->batch; a < ndim; a++) { /* a matrix of a batch has the bits that it has alone */
        bytes *= (double)x->dim[a]->axis.extent;
    }
    int64_t most = bytes * PARTS > PARTS_BYTES ? (int64_t)(PARTS_BYTES / bytes) : PARTS;
    int room = ndim < ASH_MAX_NDIM && p->batch + longer + p->summed < ASH_MAX_NDIM;
    p->part_steps = room && most > 1 ? (steps - 1) / most + 1 : steps;
    p->part_steps = p->part_steps < least ? least : p->part_steps;
    p->parts = (steps - 1) / p->part_steps + 1;
    if (p->parts == 1) {
        return;
    }
    memmove(&x->dim[1], &x->dim[0], (size_t)ndim * sizeof x->dim[0]);
    memmove(&x->cut[1], &x->cut[0], (size_t)ndim * sizeof x->cut[0]);
    x->dim[0] = NULL;
    x->cut[0] = ash_axis_regular(p->parts, 1, 0);
    for (int k = 0; k < 2; k++) {
        memmove(&p->axis[k][1], &p->axis[k][0], (ASH_MAX_NDIM - 1) * sizeof p->axis[k][0]);
        p->axis[k][0] = -1;
    }
    p->batch++;
}

static void build(product *x) {
    ash_builder *builder = x->builder;
    int ndim = axes_of_result(&x->p);
    ash_dtype dtype = ash_value_output(x->input[0])->dtype;
    if (!ash_builder_node(builder, ASH_NODE_BLOCKS, 2, 1)) {
        return;
    }
    ash_node *node = builder->node;
    memcpy(node->input, x->input, sizeof x->input);
    int64_t tile = ash_dtype_size(dtype) > 8 ? TILE / 2 : TILE, terms;
    int64_t rows = cut_axes(x, x->p.batch, x->p.batch + x->p.rows, tile), columns = cut_axes(x, x->p.batch + x->p.rows, ndim, tile);
    int64_t larger = rows > columns ? rows : columns, smaller = rows + columns - larger;
    int64_t steps = cut_sum(&x->p, smaller > 1 ? TERMS : tile * tile / larger, &terms); /* a vector: blocks as large as those of matrices */
    int64_t matrix = larger * (smaller > terms ? smaller : terms);                      /* the largest of the three */
    cut_axes(x, 0, x->p.batch, tile * tile / matrix > 1 ? tile * tile / matrix : 1);
    share_out(x, steps, smaller > 1 ? PART_STEPS : 1);
    if (!ash_builder_ok(builder) || !ash_builder_output(builder, 0, dtype, axes_of_result(&x->p))) {
        return;
    }
    for (int a = 0; a < node->output[0].ndim; a++) {
        node->output[0].dim[a].axis = x->cut[a];
    }
    const void *parameter = ash_arena_memdup(&node->arena, &x->p, sizeof x->p);
    if (!parameter) {
        ash_builder_no_memory(builder);
        return;
    }
    node->u.blocks =
        (ash_blocks_node){ .kind = &ash_product_kind, .parameter = parameter, .parameter_bytes = sizeof x->p, .steps = x->p.part_steps };
    name_dimensions(x);
}

/* The product that was built, its parts summed. */
static ash_array finish(product *x) {
    ash_array built = ash_builder_done(x->builder);
    ash_dtype dtype = ash_array_dtype(built);
    if (x->p.parts <= 1 || !ash_ok(built)) {
        return built;
    }
    return dtype == ASH_BOOL ? ash_any(built, "0") : ash_sum_with(built, "0", &(ash_reduce_options){ .dtype = ash_dtype_name(dtype) });
}

/* Both inputs in the dtype they meet in. */
static int begin(product *x, ash_array a, ash_array b) {
    ash_array given[2] = { a, b };
    static const char *const argument[2] = { "a", "b" };
    char weak;
    for (int k = 0; k < 2; k++) {
        if (!ash_builder_value(x->builder, given[k], argument[k], &x->input[k])) {
            return 0;
        }
    }
    ash_dtype dtype = ash_promote_values(2, x->input, &weak);
    for (int k = 0; k < 2; k++) {
        if (ash_value_output(x->input[k])->dtype != dtype &&
            !ash_builder_value(x->builder, ash_cast(given[k], dtype), argument[k], &x->input[k])) {
            return 0;
        }
    }
    return 1;
}

static int64_t extent_of(const product *x, int input, int axis) {
    return ash_value_output(x->input[input])->dim[axis].axis.extent;
}

/* ---- matmul ---- */

/* Batch axes are aligned from the right; each input may have fewer, or repeat its matrices along some. */
static void align_batch(product *x, int na, int nb) {
    int n = na > nb ? na : nb;
    x->p.batch = n;
    for (int i = 0; i < n && ash_builder_ok(x->builder); i++) {
        int a = i - (n - na), b = i - (n - nb);
        int64_t ea = a < 0 ? 1 : extent_of(x, 0, a), eb = b < 0 ? 1 : extent_of(x, 1, b);
        if (ea != eb && ea != 1 && eb != 1) {
            ash_fail(&x->builder->error, ASH_ERR_SHAPE, "matmul: axis %d of a has extent %lld, axis %d of b has %lld (must be equal or 1)",
                a, (long long)ea, b, (long long)eb);
        }
        x->p.axis[0][i] = a < 0 ? -1 : a;
        x->p.axis[1][i] = b < 0 ? -1 : b;
        int from = a >= 0 && (b < 0 || ea != 1 || eb == 1) ? 0 : 1;
        x->dim[i] = &ash_value_output(x->input[from])->dim[from == 0 ? a : b];
    }
}

ash_array ash_matmul(ash_array a, ash_array b) {
    ash_builder builder = ash_builder_begin(a.context ? a.context : b.context, "matmul");
    product x = { .builder = &builder };
    if (!begin(&x, a, b)) {
        return ash_builder_done(&builder);
    }
    int na = ash_value_output(x.input[0])->ndim, nb = ash_value_output(x.input[1])->ndim, last = na - 1, first = nb > 1 ? nb - 2 : 0;
    if (na == 0 || nb == 0) {
        ash_fail(&builder.error, ASH_ERR_SHAPE, "matmul: %s has no dimensions, expected one or more", na == 0 ? "a" : "b");
    } else if (extent_of(&x, 0, last) != extent_of(&x, 1, first)) {
        ash_fail(&builder.error, ASH_ERR_SHAPE, "matmul: axis %d of a has extent %lld, axis %d of b has %lld (must be equal)", last,
            (long long)extent_of(&x, 0, last), first, (long long)extent_of(&x, 1, first));
    } else {
        align_batch(&x, na > 2 ? na - 2 : 0, nb > 2 ? nb - 2 : 0);
    }
    if (!ash_builder_ok(&builder)) {
        return ash_builder_done(&builder);
    }
    ash_product *p = &x.p;
    p->rows = na > 1;
    p->columns = nb > 1;
    p->summed = 1;
    p->extent[0] = extent_of(&x, 0, last);
    if (p->rows) {
        x.p.axis[0][p->batch] = na - 2;
        x.dim[p->batch] = &ash_value_output(x.input[0])->dim[na - 2];
    }
    x.p.axis[0][p->batch + p->rows] = last;
    x.p.axis[1][p->batch] = first;
    if (p->columns) {
        x.p.axis[1][p->batch + 1] = nb - 1;
        x.dim[p->batch + p->rows] = &ash_value_output(x.input[1])->dim[nb - 1];
    }
    build(&x);
    return finish(&x);
}

/* ---- tensordot ---- */

/* Pairs the axes to be summed over, which must be as many and as long. */
static int pair_axes(product *x, const char *dims_a, const char *dims_b, int axes[2][ASH_MAX_NDIM]) {
    int count[2];
    if (!dims_a || !dims_b) {
        ash_fail(&x->builder->error, ASH_ERR_ARGUMENT, "tensordot: %s is NULL", dims_a ? "dims_b" : "dims_a");
        return 0;
    }
    if (!ash_builder_axes(x->builder, ash_value_output(x->input[0]), dims_a, &count[0], axes[0]) ||
        !ash_builder_axes(x->builder, ash_value_output(x->input[1]), dims_b, &count[1], axes[1])) {
        return 0;
    }
    count[0] = *dims_a ? count[0] : 0; /* none: the outer product */
    count[1] = *dims_b ? count[1] : 0;
    if (count[0] != count[1]) {
        ash_fail(&x->builder->error, ASH_ERR_DIMENSION, "tensordot: dims_a '%s' are %d dimensions, dims_b '%s' are %d (must be as many)",
            dims_a, count[0], dims_b, count[1]);
        return 0;
    }
    x->p.summed = count[0];
    for (int i = 0; i < count[0]; i++) {
        x->p.extent[i] = extent_of(x, 0, axes[0][i]);
        if (extent_of(x, 1, axes[1][i]) != x->p.extent[i]) {
            ash_fail(&x->builder->error, ASH_ERR_SHAPE, "tensordot: axis %d of a has extent %lld, axis %d of b has %lld (must be equal)",
                axes[0][i], (long long)x->p.extent[i], axes[1][i], (long long)extent_of(x, 1, axes[1][i]));
            return 0;
        }
    }
    return 1;
}

/* Axes of an input that are not summed over, in their order; returns how many. */
static int free_axes(const product *x, int input, const int summed[], int out[]) {
    int n = 0;
    for (int a = 0; a < ash_value_output(x->input[input])->ndim; a++) {
        int is_free = 1;
        for (int i = 0; i < x->p.summed; i++) {
            is_free &= summed[i] != a;
        }
        out[n] = a;
        n += is_free;
    }
    return n;
}

ash_array ash_tensordot(ash_array a, ash_array b, const char *dims_a, const char *dims_b) {
    ash_builder builder = ash_builder_begin(a.context ? a.context : b.context, "tensordot");
    product x = { .builder = &builder };
    int axes[2][ASH_MAX_NDIM], rows[ASH_MAX_NDIM + 1], columns[ASH_MAX_NDIM + 1];
    if (!begin(&x, a, b) || !pair_axes(&x, dims_a, dims_b, axes)) {
        return ash_builder_done(&builder);
    }
    ash_product *p = &x.p;
    p->rows = free_axes(&x, 0, axes[0], rows);
    p->columns = free_axes(&x, 1, axes[1], columns);
    if (p->rows + p->columns > ASH_MAX_NDIM) {
        ash_fail(&builder.error, ASH_ERR_SHAPE, "tensordot: the result would have %d dimensions, more than %d", (int)(p->rows + p->columns),
            ASH_MAX_NDIM);
        return ash_builder_done(&builder);
    }
    for (int i = 0; i < p->rows; i++) {
        x.p.axis[0][i] = rows[i];
        x.dim[i] = &ash_value_output(x.input[0])->dim[rows[i]];
    }
    for (int i = 0; i < p->summed; i++) {
        x.p.axis[0][p->rows + i] = axes[0][i];
        x.p.axis[1][i] = axes[1][i];
    }
    for (int i = 0; i < p->columns; i++) {
        x.p.axis[1][p->summed + i] = columns[i];
        x.dim[p->rows + i] = &ash_value_output(x.input[1])->dim[columns[i]];
    }
    build(&x);
    return finish(&x);
}
