/* Why operations are not computed together: decided in hold.c and lower.c, told by ash_explain(). */
#ifndef ASH_PLAN_REASONS_H
#define ASH_PLAN_REASONS_H

/* Why a value is held in chunk buffers: name, the word for it in JSON, the words for people. */
#define ASH_HOLD_LIST(X) \
    X(ASH_HOLD_NOT, "", "") \
    X(ASH_HOLD_REDUCTION, "reduction", "reduction: known only when all of its input has been seen") \
    X(ASH_HOLD_CARRY, "carry", "scan: what the chunks before combine to") \
    X(ASH_HOLD_BLOCKS, "blocks", "made by blocks") \
    X(ASH_HOLD_FOR_BLOCKS, "used_by_blocks", "used by blocks") \
    X(ASH_HOLD_TAKEN, "taken", "rows are taken from it by a list") \
    X(ASH_HOLD_REPEATED, "repeated", "small, and repeated over a larger array") \
    X(ASH_HOLD_SCANNED, "scanned", "read by a scan and by the totals of its chunks") \
    X(ASH_HOLD_SCAN, "scan", "scan: what uses it has other chunks") \
    X(ASH_HOLD_READ_ONCE, "kept_read", "kept: cheaper than reading it again") \
    X(ASH_HOLD_COMPUTED_ONCE, "kept_computed", "kept: cheaper than computing it again") \
    X(ASH_HOLD_GRID, "new_grid", "new grid: its chunks are no whole stored chunks") \
    X(ASH_HOLD_APART, "apart", "operations are not to be fused") \
    X(ASH_HOLD_WEIGHT, "weight", "weight: too many operations to be computed again where it is used")

typedef enum ash_hold_reason {
#define ASH_HOLD_ENUM(name, word, words) name,
    ASH_HOLD_LIST(ASH_HOLD_ENUM)
#undef ASH_HOLD_ENUM
} ash_hold_reason;

/* Why a group is not part of another that stood before it, the one that came nearest. */
#define ASH_APART_LIST(X) \
    X(ASH_APART_NOT, "", "") \
    X(ASH_APART_GRID, "other_grid", "has another grid than") \
    X(ASH_APART_SOURCES, "other_sources", "reads nothing that is read by") \
    X(ASH_APART_DEPENDS, "depends", "depends on") \
    X(ASH_APART_RUNS, "runs", "adds up its elements in other runs than")

typedef enum ash_apart_reason {
#define ASH_APART_ENUM(name, word, words) name,
    ASH_APART_LIST(ASH_APART_ENUM)
#undef ASH_APART_ENUM
} ash_apart_reason;

#endif
