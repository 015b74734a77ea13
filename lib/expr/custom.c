/* Reductions that the user registers. */
#include "base/memory.h"
#include "base/options.h"
#include "expr/reduce.h"

#include <string.h>

enum { MOST_STATE_BYTES = 1 << 30, NAMES = 64 };

static const ash_registered *find(const ash_context *context, const char *name) {
    const ash_registered *entry = context->registered;
    while (entry && strcmp(entry->name, name) != 0) {
        entry = entry->next;
    }
    return entry;
}

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
    } else if (find(builder->context, d->name)) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "register_reduction: there is a reduction '%s' already", d->name);
    }
}

ash_status ash_register_reduction(ash_context *context, const ash_reduction_definition *definition) {
    ash_builder builder = ash_builder_begin(context, "register_reduction");
    if (!ash_builder_ok(&builder)) {
        return builder.error.status;
    }
    ash_reduction_definition full;
    ash_options_copy(&full, sizeof full, definition, sizeof full);
    check(&builder, &full);
    size_t length = ash_builder_ok(&builder) ? strlen(full.name) + 1 : 0;
    ash_registered *entry = length > 0 ? ash_malloc((int64_t)(sizeof *entry + length)) : NULL;
    if (length > 0 && !entry) {
        ash_builder_no_memory(&builder);
    }
    if (entry) {
        memcpy(entry->name, full.name, length);
        entry->definition = full;
        entry->definition.name = entry->name;
        entry->next = context->registered;
        context->registered = entry;
    }
    return ash_record(context, &builder.error);
}

static void unknown(ash_builder *builder, const char *name) {
    const char *names[NAMES];
    int n = 0;
    for (const ash_registered *entry = builder->context->registered; entry && n < NAMES; entry = entry->next) {
        names[n++] = entry->name;
    }
    const char *nearest = name ? ash_nearest(name, n, names) : NULL;
    ash_fail(&builder->error, ASH_ERR_ARGUMENT, "reduce_custom: no reduction '%s' is registered%s%s%s", name ? name : "(null)",
        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

ash_array ash_reduce_custom(ash_array a, const char *name, const char *dims, bool keepdims) {
    ash_builder builder = ash_builder_begin(a.context, "reduce_custom");
    ash_value input;
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    const ash_registered *entry = name ? find(a.context, name) : NULL;
    if (!entry) {
        unknown(&builder, name);
        return ash_builder_done(&builder);
    }
    return ash_reduce_general("reduce_custom", ash_cast(a, entry->definition.input), dims, keepdims, 0, &entry->definition, NULL, 0);
}
