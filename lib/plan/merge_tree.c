/* Merges are placed right after the last of their children, so that few partial results live at a time. */
#include "plan/merge_tree.h"

#include "plan/task_list.h"

struct ash_merge_tree {
    int64_t leaves;
    uint32_t *buffer;  /* of the leaves, then of each level above; NULL: the number is free */
    uint32_t *arrived; /* beside it: children that are there */
    uint32_t next;
};

void ash_merge_trees_begin(ash_merge_trees *trees, const ash_fold *fold) {
    *trees = (ash_merge_trees){ .number = ash_sparse_new(fold->held->chunks), .free = ASH_NO_ID };
}

void ash_merge_trees_end(ash_merge_trees *trees) {
    for (int64_t k = 0; k < trees->ntrees; k++) {
        ash_free(trees->tree[k].buffer);
    }
    ash_list_release(trees->tree, trees->capacity * (int64_t)sizeof *trees->tree);
    ash_sparse_free(&trees->number);
}

/* Number of nodes of a tree over n leaves, the leaves included; there is always a last merge. */
static int64_t tree_entries(int64_t n, int arity) {
    int64_t entries = n;
    do {
        n = n > 0 ? (n + arity - 1) / arity : 1;
        entries += n;
    } while (n > 1);
    return entries;
}

static uint32_t free_number(ash_plan *plan, ash_merge_trees *trees) {
    uint32_t number = trees->free;
    if (number != ASH_NO_ID) {
        trees->free = trees->tree[number].next;
        return number;
    }
    if (!ash_list_grow(plan, (void **)&trees->tree, trees->ntrees + 1, &trees->capacity, sizeof *trees->tree)) {
        return ASH_NO_ID;
    }
    trees->tree[trees->ntrees] = (ash_merge_tree){ 0 };
    return (uint32_t)trees->ntrees++;
}

/* The tree of a chunk of the result, begun if it is not there. NULL when out of memory. */
static ash_merge_tree *tree_of(ash_plan *plan, ash_merge_trees *trees, const ash_fold *fold, int64_t out_chunk) {
    uint32_t number = ash_sparse_get(&trees->number, out_chunk);
    if (number != ASH_NO_ID) {
        return &trees->tree[number];
    }
    int64_t leaves = ash_fold_leaves(fold, out_chunk), entries = tree_entries(leaves, fold->arity);
    number = free_number(plan, trees);
    uint32_t *lists =
        number != ASH_NO_ID && ash_list_count(plan, entries * 2 * (int64_t)sizeof *lists) ? ash_calloc(2 * entries, sizeof *lists) : NULL;
    if (!lists || !ash_sparse_set(&trees->number, out_chunk, number)) {
        plan->incomplete = 1;
        ash_free(lists);
        return NULL;
    }
    trees->tree[number] = (ash_merge_tree){ .leaves = leaves, .buffer = lists, .arrived = lists + entries };
    return &trees->tree[number];
}

static void end_tree(ash_plan *plan, ash_merge_trees *trees, const ash_fold *fold, int64_t out_chunk) {
    uint32_t number = ash_sparse_get(&trees->number, out_chunk);
    ash_merge_tree *tree = &trees->tree[number];
    ash_list_count(plan, -tree_entries(tree->leaves, fold->arity) * 2 * (int64_t)sizeof *tree->buffer);
    ash_free(tree->buffer);
    *tree = (ash_merge_tree){ .next = trees->free };
    trees->free = number;
    ash_sparse_set(&trees->number, out_chunk, ASH_NO_ID);
}

static int begin_merge(ash_plan *plan, const ash_fold *fold, int64_t out_chunk, int last) {
    return ash_list_begin_task(plan, fold->work, 2 * out_chunk + last);
}

/* The last merge makes a chunk of the result; others continue in the buffer of their first child. */
static uint32_t end_merge(ash_plan *plan, ash_fold *fold, int64_t out_chunk, int last, uint32_t first_child) {
    int64_t bytes = last ? ash_held_chunk_bytes(fold->held, out_chunk) : plan->buffer_units[first_child] * (int64_t)ASH_UNIT;
    uint32_t id = ash_list_add_buffer(plan, bytes);
    ash_list_end_task(plan);
    if (last && id != ASH_NO_ID && !ash_sparse_set(&fold->held->buffer, out_chunk, id)) {
        plan->incomplete = 1;
    }
    return id;
}

void ash_merge_trees_arrive(ash_plan *plan, ash_merge_trees *trees, ash_fold *fold, int64_t out_chunk, int64_t leaf, uint32_t id) {
    ash_merge_tree *tree = tree_of(plan, trees, fold, out_chunk);
    int64_t n = tree ? tree->leaves : 0, level = 0, k = leaf; /* entries of the level and where it begins */
    while (tree && !plan->incomplete) {
        tree->buffer[level + k] = id;
        int64_t above = n > 0 ? (n + fold->arity - 1) / fold->arity : 1;
        int64_t parent = n > 0 ? k / fold->arity : 0;
        int64_t first = parent * fold->arity, children = n - first < fold->arity ? n - first : fold->arity;
        if (++tree->arrived[level + n + parent] < (uint32_t)children) {
            return;
        }
        int last = above == 1;
        if (!begin_merge(plan, fold, out_chunk, last)) {
            return;
        }
        for (int64_t c = 0; c < children; c++) {
            ash_list_add_input(plan, tree->buffer[level + first + c], 0);
        }
        id = end_merge(plan, fold, out_chunk, last, tree->buffer[level + first]);
        if (last) {
            end_tree(plan, trees, fold, out_chunk);
            return;
        }
        level += n;
        n = above;
        k = parent;
    }
}

void ash_merge_place_empty(ash_plan *plan, ash_fold *fold, int64_t out_chunk) {
    if (begin_merge(plan, fold, out_chunk, 1)) {
        end_merge(plan, fold, out_chunk, 1, ASH_NO_ID);
    }
}
