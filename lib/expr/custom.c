/* Reductions that the user registers. */
#include "base/options.h"
#include "expr/reduce.h"
#include "expr/registered.h"

enum { MOST_STATE_BYTES = 1 << 30 };

static int is_dtype(ash_dtype dtype) {
    return (int)dtype >= 0 && dtype < ASH_DTYPE_COUNT;
}

static void check(ash_builder *builder, const ash_reduction_definition *d) {
    const char *absent = !d->name || !*d->name ? "name"
        : !d->init                             ? "init"
        : !d->step                             ? "step"
        : !d->merge                            ? "merge"
        : !d->finish                           ? "finish"
                                               : NULL;
    if (absent) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "register_reduction: %s is not set", absent);
    } else if (!is_dtype(d->input) || !is_dtype(d->result)) {
        ash_fail(&builder->error, ASH_ERR_DTYPE, "register_reduction: %d is not a dtype", (int)(is_dtype(d->input) ? d->result : d->input));
    } else if (d->state_bytes < 1 || d->state_bytes > MOST_STATE_BYTES) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "register_reduction: state_bytes must be from 1 to %d, found %lld", MOST_STATE_BYTES,
            (long long)d->state_bytes);
    }
}

ash_status ash_register_reduction(ash_context *context, const ash_reduction_definition *definition) {
    ash_builder builder = ash_builder_begin(context, "register_reduction");
    if (!ash_builder_ok(&builder)) {
        return builder.error.status;
    }
    ash_reduction_definition full;
    ash_options_copy(&full, sizeof full, definition, sizeof full);
    if (definition) {
        check(&builder, &full);
    } else {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "register_reduction: definition is not set");
    }
    ash_registered *entry = ash_builder_ok(&builder) ? ash_registered_add(&builder, full.name) : NULL;
    if (entry) {
        entry->reduction = full;
        entry->reduction.name = entry->name;
    }
    return ash_record(context, &builder.error);
}

ash_array ash_reduce_custom(ash_array a, const char *name, const char *dims, bool keepdims) {
    ash_builder builder = ash_builder_begin(a.context, "reduce_custom");
    ash_value input;
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    const ash_registered *entry = ash_registered_find(&builder, ASH_REGISTERED_REDUCTION, name);
    if (!entry) {
        return ash_builder_done(&builder);
    }
    return ash_reduce_general("reduce_custom", ash_cast(a, entry->reduction.input), dims, keepdims, 0, &entry->reduction, NULL, 0);
}
