/* Between the parts of random expressions: a step makes an array of a wanted shape, and returns its position among all that was made. */
#ifndef ASH_TEST_RANDOM_STEPS_H
#define ASH_TEST_RANDOM_STEPS_H

#include "random_expression.h"

#define VALUE(k) (g->all[k].value)
#define HANDLE(k) (g->all[k].handle)
#define TEXT(k) (g->all[k].text)

typedef struct target {
    int ndim;
    int64_t shape[ASH_MAX_NDIM];
    char name[ASH_MAX_NDIM];
} target;

/* ---- Targets (random_target.c) ---- */
/* An extent that keeps the array within the generator's capacity. */
int64_t random_extent(generator *g, const target *t);
char random_free_name(const generator *g, const target *t);
void target_insert(target *t, int at, int64_t extent, char name);
void target_remove(target *t, int at);
target target_of(const dense *a);
/* "p" or "2" or "-1" for an axis. */
const char *random_axis_text(generator *g, const dense *a, int axis, char text[16]);
/* Inserts one or two axes that a reduction takes away again, or, if it may keep them, chooses some of extent 1; marks them. Returns whether
 * they are kept. */
int random_reduced_axes(generator *g, const target *t, target *source, char reduced[]);
/* "p,-1" for the marked axes; NULL now and then if that is all. 0 in *any if none is marked. */
const char *random_dims_text(generator *g, const dense *a, const char reduced[], char text[128], int *any);

/* ---- Leaves (random_leaf.c) ---- */
int random_leaf(generator *g, const target *t);
int random_weak_scalar(generator *g);
/* Labels from -1 (if `negative`) to groups - 1, and as an integer array with the dimension name `name` (0: none). */
ash_array random_labels(generator *g, int64_t n, int64_t groups, int negative, char name, int64_t labels[]);
/* The value, which is exact, in memory of its own as an array with random chunks; the generator keeps the value. */
int random_buffer_of(generator *g, dense *value);
cell random_cell(generator *g, ash_dtype dtype, int wild);
int generator_add(generator *g, ash_array handle, dense *value, const char *format, ...) __attribute__((format(printf, 4, 5)));
void random_chunks(generator *g, int ndim, const int64_t shape[], char *text, int64_t size);
/* Zeroed memory that lives as long as the generator. */
void *generator_memory(generator *g, int64_t bytes);
/* "p,,q"; NULL without dimensions. */
const char *random_leaf_dims(const target *t, char *text);
int random_source(generator *g, const target *t); /* random_source.c */

/* ---- Steps ---- */
typedef int random_step(generator *g, int depth, const target *t);
random_step random_make; /* any of them, a leaf, or something that was made before (random_expression.c) */
random_step random_slice, random_transpose, random_broadcast, random_rechunk, random_squeeze, random_take; /* random_views.c */
random_step random_reduce, random_group;                                                                   /* random_reduce.c */
random_step random_average, random_quantile, random_custom;                                                /* random_statistics.c */
random_step random_scan, random_difference, random_trapezoid;                                              /* random_scan.c */
random_step random_search, random_isin, random_interp, random_select, random_choose;                       /* random_lookup.c */
random_step random_concatenate, random_stack;                                                              /* random_join.c */
random_step random_matmul, random_tensordot;                                                               /* random_product.c */
random_step random_pad, random_map, random_halo, random_overlap, random_from_chunks;                       /* random_map.c */
/* Shapes of n operands that broadcast to the target. */
void random_operand_targets(generator *g, const target *t, int n, target operand[]);
/* Cuts an extent into n parts, some of which may be empty; and values one after another along an axis of the target (random_join.c). */
void random_cuts(generator *g, int64_t extent, int n, int64_t part[]);
dense *random_joined(const target *t, int axis, int n, const dense *const in[]);
random_step random_reshape;                                                                   /* random_reshape.c */
random_step random_gather, random_along_axis, random_compress, random_masked, random_counted; /* random_indexing.c */
/* An array whose axes are those of the target in another order, put in order. */
int random_transposed(generator *g, int a, const target *t);

#endif
