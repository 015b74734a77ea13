/* The registry behind ash_apply(): written from operations.table, reductions.table and functions.table. */
#ifndef ASH_EXPR_APPLY_H
#define ASH_EXPR_APPLY_H

#include "base/params.h"
#include "expr/builder.h"
#include "expr/reduce.h"

#include <ashlar/apply.h>

enum { ASH_MOST_PARAMETERS = 12, ASH_MOST_LIST = 64, ASH_MOST_APPLY_INPUTS = 4 };

/* A call with everything checked: a value for each parameter, defaults filled in. */
typedef struct ash_call {
    ash_context *context;
    ash_array input[ASH_MOST_APPLY_INPUTS];            /* those left out are zero */
    int n;                                             /* how many were given */
    const ash_array *all;                              /* them all, where the last one repeats */
    const ash_param_value *value[ASH_MOST_PARAMETERS]; /* NULL: none */
    int64_t list[ASH_MOST_LIST];
    double reals[ASH_MOST_LIST];
} ash_call;

typedef enum ash_registered_kind { ASH_BY_OPERATION, ASH_BY_REDUCTION, ASH_BY_GROUP, ASH_BY_FUNCTION } ash_registered_kind;

typedef struct ash_registry_entry {
    ash_registered_kind kind;
    int id; /* ash_op, ash_reduction */
    ash_array (*function)(ash_call *call);
    ash_operation_info info;
} ash_registry_entry;

extern const ash_registry_entry ash_registry[]; /* the last one has no name */
extern const char *const ash_alias_table[][2];  /* alias, name; the last one is NULL */

/* Values of a call's parameters for the written adaptors. */
const char *ash_call_text(const ash_call *call, int k);
int64_t ash_call_int(const ash_call *call, int k);
double ash_call_real(const ash_call *call, int k);
ash_dtype ash_call_dtype(const ash_call *call, int k);
ash_array ash_call_number(const ash_call *call, int k);
int ash_call_ints(ash_call *call, int k);  /* into call->list; how many */
int ash_call_reals(ash_call *call, int k); /* into call->reals; how many */

/* ash_map_blocks_with(), or with a depth ash_map_overlap_with(), with one output. */
ash_array ash_map_of(ash_context *context, int n, const ash_array inputs[], const char *function, const char *depth, const char *boundary,
    ash_dtype dtype, const char *dims, const char *core_dims);

/* ash_select() of conditions, as many choices, and what else to take. */
ash_array ash_select_of(int n, const ash_array arrays[]);

#endif
