#include "expr/registered.h"

#include "base/memory.h"
#include "base/options.h"

#include <string.h>

enum { NAMES = 64 };

static int is_of(const ash_registered *entry, ash_registered_type type) {
    return type == ASH_REGISTERED_FUNCTION ? entry->function.function != NULL : entry->reduction.init != NULL;
}

const ash_registered *ash_registered_find(ash_builder *builder, ash_registered_type type, const char *name) {
    const char *names[NAMES];
    int n = 0;
    for (const ash_registered *entry = builder->context->registered; entry; entry = entry->next) {
        if (name && is_of(entry, type) && strcmp(entry->name, name) == 0) {
            return entry;
        }
        if (is_of(entry, type) && n < NAMES) {
            names[n++] = entry->name;
        }
    }
    const char *nearest = name ? ash_nearest(name, n, names) : NULL;
    ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: no %s '%s' is registered%s%s%s", builder->function,
        type == ASH_REGISTERED_FUNCTION ? "function" : "reduction", name ? name : "(null)", nearest ? "; did you mean '" : "",
        nearest ? nearest : "", nearest ? "'?" : "");
    return NULL;
}

ash_registered *ash_registered_add(ash_builder *builder, const char *name) {
    for (const ash_registered *entry = builder->context->registered; entry; entry = entry->next) {
        if (strcmp(entry->name, name) == 0) {
            ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: there is a %s '%s' already", builder->function,
                is_of(entry, ASH_REGISTERED_FUNCTION) ? "function" : "reduction", name);
            return NULL;
        }
    }
    size_t length = strlen(name) + 1;
    ash_registered *entry = ash_calloc(1, (int64_t)(sizeof *entry + length));
    if (!entry) {
        ash_builder_no_memory(builder);
        return NULL;
    }
    memcpy(entry->name, name, length);
    pthread_mutex_init(&entry->lock, NULL);
    entry->next = builder->context->registered;
    builder->context->registered = entry;
    return entry;
}

/* ---- Functions ---- */

static const int64_t most_scratch = (int64_t)1 << 40;

ash_status ash_register(ash_context *context, const ash_function_definition *definition) {
    ash_builder builder = ash_builder_begin(context, "register");
    ash_function_definition full;
    ash_options_copy(&full, sizeof full, definition, sizeof full);
    const char *absent = !definition ? "definition" : !full.name || !*full.name ? "name" : !full.function ? "function" : NULL;
    if (!ash_builder_ok(&builder)) {
        return builder.error.status;
    }
    if (absent) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "register: %s is not set", absent);
    } else if (full.scratch_bytes < 0 || full.scratch_bytes > most_scratch) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "register: scratch_bytes must be from 0 to %lld, found %lld", (long long)most_scratch,
            (long long)full.scratch_bytes);
    }
    ash_registered *entry = ash_builder_ok(&builder) ? ash_registered_add(&builder, full.name) : NULL;
    if (entry) {
        entry->function = full;
        entry->function.name = entry->name;
    }
    return ash_record(context, &builder.error);
}
