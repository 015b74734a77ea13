/* The trees in which partial results of a fold merge, while tasks are enumerated: one a chunk of the result. */
#ifndef ASH_PLAN_MERGE_TREE_H
#define ASH_PLAN_MERGE_TREE_H

#include "plan/plan.h"

typedef struct ash_merge_tree ash_merge_tree;
/* The trees of one fold that have begun and are not complete. */
typedef struct ash_merge_trees {
    ash_sparse number; /* per chunk of the result */
    ash_merge_tree *tree;
    int64_t ntrees, capacity;
    uint32_t free; /* a number that can be used again; trees are chained by their `next` */
} ash_merge_trees;

void ash_merge_trees_begin(ash_merge_trees *trees, const ash_fold *fold);
void ash_merge_trees_end(ash_merge_trees *trees);
/* Leaf `leaf` of a chunk of the result is buffer `id`: places the merges that are complete now. The last one makes the chunk. */
void ash_merge_trees_arrive(ash_plan *plan, ash_merge_trees *trees, ash_fold *fold, int64_t out_chunk, int64_t leaf, uint32_t id);
/* A chunk of the result that nothing contributes to: one task that makes it from nothing. */
void ash_merge_place_empty(ash_plan *plan, ash_fold *fold, int64_t out_chunk);

#endif
