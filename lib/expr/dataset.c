/* Opening datasets, and the arrays and texts of their variables. */
#include "expr/dataset.h"

#include "base/memory.h"
#include "base/options.h"
#include "base/paths.h"
#include "expr/open.h"

#include <unistd.h>

/* ---- Opening ---- */

static int check_options(ash_builder *builder, int64_t n, const ash_dataset_options *options) {
    if (options->join && options->stack) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: join '%s' and stack '%s' are both set, expected one of them", builder->function,
            options->join, options->stack);
    } else if ((options->sort || options->by_position) && !options->join) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: %s needs join, the dimension along which files follow one another",
            builder->function, options->sort ? "sort" : "by_position");
    } else if (n > 1 && !options->join && !options->stack) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT,
            "%s: %lld files need join, a dimension along which they follow one another such as 'time', or stack, the name of a new one",
            builder->function, (long long)n);
    } else if ((options->join && !*options->join) || (options->stack && !*options->stack)) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: join or stack is an empty name", builder->function);
    }
    return ash_builder_ok(builder);
}

static void read_content(ash_builder *builder, ash_dataset_content *content, const ash_dataset_options *options) {
    if (options->sort && content->nfiles > 1) {
        ash_dataset_sort_paths(builder, content, options->join);
    }
    if (!ash_builder_ok(builder)) {
        return;
    }
    content->file = ash_file_open(content->path[0], builder->function, &builder->error);
    if (!content->file || ash_dataset_content_read(content, builder->function, &builder->error) != ASH_OK) {
        return;
    }
    if (content->nfiles > 1 || options->stack || options->join) {
        ash_dataset_join(builder, content, options);
    }
}

/* The node of a content whose paths are set; takes the content over. */
static ash_dataset publish(ash_builder *builder, ash_dataset_content *content, const ash_dataset_options *given) {
    ash_dataset_options options;
    ash_options_copy(&options, sizeof options, given, sizeof *given);
    if (ash_builder_ok(builder) && check_options(builder, content->nfiles, &options)) {
        read_content(builder, content, &options);
    }
    if (ash_builder_node(builder, ASH_NODE_DATASET, 0, 0)) {
        builder->node->u.dataset.content = content;
        builder->node->u.dataset.release = ash_dataset_content_free;
    } else {
        ash_dataset_content_free(content);
    }
    ash_array published = ash_builder_done(builder);
    return (ash_dataset){ .context = published.context, .serial = published.serial };
}

static ash_dataset_content *begin_content(ash_builder *builder) {
    ash_dataset_content *content = ash_builder_ok(builder) ? ash_calloc(1, sizeof *content) : NULL;
    if (ash_builder_ok(builder) && !content) {
        ash_builder_no_memory(builder);
    }
    return content;
}

/* A file of that very name comes before a pattern. */
static void find_paths(ash_builder *builder, ash_dataset_content *content, const char *path) {
    if (ash_path_is_pattern(path) && access(path, F_OK) != 0) {
        ash_paths_match(path, builder->function, &content->arena, &content->nfiles, &content->path, &builder->error);
        return;
    }
    content->nfiles = 1;
    content->path = ash_arena_alloc(&content->arena, sizeof *content->path);
    const char *copy = content->path ? ash_arena_strdup(&content->arena, path) : NULL;
    if (!copy) {
        ash_builder_no_memory(builder);
        return;
    }
    content->path[0] = copy;
}

ash_dataset ash_dataset_open(ash_context *context, const char *path, const ash_dataset_options *options) {
    ash_builder builder = ash_builder_begin(context, "dataset_open");
    ash_dataset_content *content = begin_content(&builder);
    if (content && !path) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "dataset_open: path is NULL");
    } else if (content) {
        find_paths(&builder, content, path);
    }
    return publish(&builder, content, options);
}

ash_dataset ash_dataset_open_many(ash_context *context, int64_t n, const char *const paths[], const ash_dataset_options *options) {
    ash_builder builder = ash_builder_begin(context, "dataset_open_many");
    ash_dataset_content *content = begin_content(&builder);
    if (content && (n < 1 || n > INT32_MAX || !paths)) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "dataset_open_many: expected n >= 1 paths, found n = %lld%s", (long long)n,
            paths ? "" : " and NULL");
    }
    if (content && ash_builder_ok(&builder)) {
        content->nfiles = n;
        content->path = ash_arena_alloc(&content->arena, n * (int64_t)sizeof *content->path);
    }
    for (int64_t k = 0; content && ash_builder_ok(&builder) && k < n; k++) {
        if (!paths[k]) {
            ash_fail(&builder.error, ASH_ERR_ARGUMENT, "dataset_open_many: paths[%lld] is NULL", (long long)k);
        } else if (!content->path || !(content->path[k] = ash_arena_strdup(&content->arena, paths[k]))) {
            ash_builder_no_memory(&builder);
        }
    }
    return publish(&builder, content, options);
}

/* ---- Handles ---- */

ash_dataset_content *ash_dataset_resolve(ash_dataset dataset, const char *function, ash_error_state *error) {
    if (!dataset.context) {
        ash_fail(error, ASH_ERR_HANDLE, "%s: dataset is not a dataset (the handle was never set)", function);
        return NULL;
    }
    ash_node *node = ash_context_find(dataset.context, dataset.serial);
    if (node && node->kind == ASH_NODE_DATASET) {
        return node->u.dataset.content;
    }
    ash_value ignored;
    ash_array handle = { .context = dataset.context, .serial = dataset.serial, .output = -1 };
    ash_resolve(dataset.context, handle, function, "dataset", &ignored, error);
    return NULL;
}

bool ash_dataset_ok(ash_dataset dataset) {
    ash_error_state error = { 0 };
    int usable = ash_dataset_resolve(dataset, "dataset_ok", &error) != NULL;
    ash_record(dataset.context, &error);
    return usable;
}

ash_status ash_dataset_status(ash_dataset dataset) {
    ash_error_state error = { 0 };
    ash_dataset_resolve(dataset, "dataset_status", &error);
    return error.status;
}

/* ---- Variables ---- */

ash_array ash_dataset_variable(ash_dataset dataset, const char *variable, const ash_open_options *options) {
    ash_builder builder = ash_builder_begin(dataset.context, "dataset_variable");
    const ash_dataset_content *content = ash_builder_ok(&builder) ? ash_dataset_resolve(dataset, builder.function, &builder.error) : NULL;
    if (content && !variable) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "dataset_variable: variable is NULL");
    }
    int k = content && variable ? ash_dataset_entry_find(content, variable) : -1;
    if (k >= 0 && content->entry[k].refusal) {
        ash_fail(&builder.error, content->entry[k].refusal_status, "%s", content->entry[k].refusal);
    } else if (k >= 0 && content->entry[k].about.is_text) {
        ash_fail(&builder.error, ASH_ERR_DTYPE, "dataset_variable: %s: variable '%s' is %s, expected numbers; ash_dataset_text() reads it",
            content->path[0], variable, content->entry[k].about.type);
    }
    ash_open_options o;
    ash_options_copy(&o, sizeof o, options, sizeof *options);
    if (k >= 0 && content->entry[k].converted && (o.raw || o.valid_range)) {
        ash_fail(&builder.error, ASH_ERR_UNSUPPORTED, "dataset_variable: %s: variable '%s' is not stored as in %s, so %s is not possible",
            content->entry[k].converted, variable, content->path[0], o.raw ? "raw" : "valid_range");
    }
    if (!ash_builder_ok(&builder)) {
        return ash_builder_done(&builder);
    }
    return ash_open_stored(&builder, ash_file_retain(content->file), variable, options);
}

ash_status ash_dataset_text(ash_dataset dataset, const char *variable, int64_t *n, const char *const **texts) {
    ash_error_state error = { 0 };
    ash_dataset_content *content = ash_dataset_resolve(dataset, "dataset_text", &error);
    int k = content && variable ? ash_dataset_entry_find(content, variable) : -1;
    ash_dataset_entry *entry = k >= 0 ? &content->entry[k] : NULL;
    if (content && (!variable || !n || !texts)) {
        ash_fail(&error, ASH_ERR_ARGUMENT, "dataset_text: %s is NULL", !variable ? "variable" : !n ? "n" : "texts");
    } else if (content && !entry) {
        ash_fail(&error, ASH_ERR_NOT_FOUND, "dataset_text: %s has no variable '%s'", content->path[0], variable);
    } else if (entry && entry->refusal) {
        ash_fail(&error, entry->refusal_status, "%s", entry->refusal);
    } else if (entry && !entry->about.is_text) {
        ash_fail(&error, ASH_ERR_DTYPE, "dataset_text: %s: variable '%s' is no text but %s", content->path[0], variable,
            entry->about.type ? entry->about.type : ash_dtype_name(entry->about.dtype));
    }
    if (error.status == ASH_OK && !entry->text_read) {
        ash_name_list_free(&entry->text);
        entry->text_read = ash_file_text(content->file, entry->path, "dataset_text", &entry->text, &error) == ASH_OK;
    }
    if (error.status == ASH_OK) {
        *n = entry->text.count;
        *texts = (const char *const *)entry->text.name;
    }
    return ash_record(dataset.context, &error);
}
