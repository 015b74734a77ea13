/* What a file holds, and what its variables are for. */
#include "base/memory.h"
#include "expr/dataset.h"
#include "expr/references.h"

#include <string.h>

int ash_dataset_entry_find(const ash_dataset_content *content, const char *path) {
    path += strspn(path, "/");
    for (int k = 0; k < content->count; k++) {
        if (strcmp(content->entry[k].path, path) == 0) {
            return k;
        }
    }
    return -1;
}

int ash_dataset_entry_named(const ash_dataset_content *content, const ash_dataset_entry *from, const char *name, int64_t length) {
    const char *slash = strrchr(from->path, '/');
    int64_t group = slash ? slash - from->path + 1 : 0;
    for (;;) {
        for (int k = 0; k < content->count; k++) {
            const char *path = content->entry[k].path;
            if ((int64_t)strlen(path) == group + length && memcmp(path, from->path, (size_t)group) == 0 &&
                memcmp(path + group, name, (size_t)length) == 0) {
                return k;
            }
        }
        if (group == 0) {
            return -1;
        }
        do {
            group--;
        } while (group > 0 && from->path[group - 1] != '/');
    }
}

/* ---- Roles ---- */

/* Gives the variables that attributes name for this role it, unless they are coordinates. */
static void mark_named(ash_dataset_content *content, const ash_dataset_entry *from, ash_variable_role role) {
    for (ash_reference at = { 0 }; ash_reference_next(from->about.attrs, &at);) {
        int k = at.role == role ? ash_dataset_entry_named(content, from, at.name, at.bytes) : -1;
        if (k >= 0 && content->entry[k].role != ASH_ROLE_COORDINATE) {
            content->entry[k].role = role;
        }
    }
}

static void find_roles(ash_dataset_content *content) {
    static const ash_variable_role roles[] = { ASH_ROLE_SUPPORT, ASH_ROLE_AUXILIARY, ASH_ROLE_BOUNDS }; /* the last counts */
    for (int k = 0; k < content->count; k++) {
        const ash_variable *about = &content->entry[k].about;
        int characters = about->is_text && strcmp(about->type, "text (char)") == 0; /* they have one dimension more */
        int own_dim = about->ndim == 1 + characters;
        if (own_dim && about->dim[0] && about->name && strcmp(about->dim[0], about->name) == 0) {
            content->entry[k].role = ASH_ROLE_COORDINATE;
        }
    }
    for (size_t r = 0; r < sizeof roles / sizeof *roles; r++) {
        for (int k = 0; k < content->count; k++) {
            mark_named(content, &content->entry[k], roles[r]);
        }
    }
}

/* ---- Reading ---- */

int ash_dataset_refuse(ash_dataset_entry *entry, const ash_error_state *why) {
    if (!entry->refusal) {
        int64_t bytes = (int64_t)strlen(why->text) + 1;
        entry->refusal = ash_malloc(bytes);
        entry->refusal_status = why->status;
        if (!entry->refusal) {
            return 0;
        }
        memcpy(entry->refusal, why->text, (size_t)bytes);
    }
    return 1;
}

static ash_status read_variables(ash_dataset_content *content, const char *function, ash_name_list *names, ash_error_state *error) {
    ash_status status = ash_file_list(content->file, names, error);
    content->entry = status == ASH_OK ? ash_calloc(names->count + 1, sizeof *content->entry) : NULL;
    if (status == ASH_OK && !content->entry) {
        return ash_fail_memory(error, function, names->count * (int64_t)sizeof *content->entry);
    }
    for (int k = 0; status == ASH_OK && k < names->count; k++) {
        ash_dataset_entry *entry = &content->entry[content->count];
        ash_error_state why = { 0 };
        status = ash_file_describe(content->file, names->name[k], function, &entry->about, &why);
        if (status == ASH_ERR_MEMORY) {
            ash_variable_clear(&entry->about);
            return ash_fail(error, status, "%s", why.text);
        }
        if (status != ASH_OK && why.status == ASH_OK) { /* listed, but not there */
            ash_variable_clear(&entry->about);
            status = ASH_OK;
            continue;
        }
        content->count++;
        entry->path = names->name[k];
        names->name[k] = NULL;
        if (status != ASH_OK) {
            ash_variable_clear(&entry->about);
            entry->about.dtype = ASH_DTYPE_COUNT;
            status = ash_dataset_refuse(entry, &why) ? ASH_OK : ash_fail_memory(error, function, 64);
        }
    }
    return status;
}

/* Adds the groups above a path that are not known yet. 0 when out of memory. */
static int add_groups(ash_name_list *groups, const char *path) {
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        int known = 0;
        for (int k = 0; k < groups->count; k++) {
            known |= (int64_t)strlen(groups->name[k]) == slash - path && memcmp(groups->name[k], path, (size_t)(slash - path)) == 0;
        }
        if (!known && !ash_name_list_add_bytes(groups, path, slash - path)) {
            return 0;
        }
    }
    return 1;
}

/* Dimensions of a format that has no list of them are those of its variables. */
static int collect_dims(ash_dataset_content *content) {
    for (int k = 0; k < content->count; k++) {
        const ash_variable *about = &content->entry[k].about;
        for (int a = 0; a < about->ndim; a++) {
            int known = !about->dim[a];
            for (int d = 0; !known && d < content->dims.count; d++) {
                known = strcmp(content->dims.dim[d].name, about->dim[a]) == 0;
            }
            if (!known && !ash_stored_dims_add(&content->dims, about->dim[a], about->shape[a], 0)) {
                return 0;
            }
        }
    }
    return 1;
}

static ash_status read_groups(ash_dataset_content *content, const char *function, ash_error_state *error) {
    int kept = 1;
    for (int k = 0; kept && k < content->count; k++) {
        kept = add_groups(&content->groups, content->entry[k].path);
    }
    for (int k = 0; kept && k < content->dims.count; k++) {
        kept = add_groups(&content->groups, content->dims.dim[k].name);
    }
    content->group_attrs = kept ? ash_calloc(content->groups.count + 1, sizeof *content->group_attrs) : NULL;
    if (!content->group_attrs) {
        return ash_fail_memory(error, function, 64);
    }
    ash_status status = ASH_OK;
    for (int k = 0; status == ASH_OK && k < content->groups.count; k++) {
        status = ash_file_group_attrs(content->file, content->groups.name[k], function, &content->group_attrs[k], error);
    }
    return status;
}

ash_status ash_dataset_content_read(ash_dataset_content *content, const char *function, ash_error_state *error) {
    ash_name_list names = { 0 };
    ash_status status = read_variables(content, function, &names, error);
    for (int k = 0; k < names.count; k++) { /* those that were not taken over */
        ash_free(names.name[k]);
    }
    ash_free(names.name);
    if (status == ASH_OK) {
        status = ash_file_dims(content->file, &content->dims, error);
    }
    if (status == ASH_OK && content->dims.count == 0 && !collect_dims(content)) {
        status = ash_fail_memory(error, function, 64);
    }
    if (status == ASH_OK) {
        status = read_groups(content, function, error);
    }
    if (status == ASH_OK) {
        find_roles(content);
    }
    return status;
}

void ash_dataset_content_free(ash_dataset_content *content) {
    if (!content) {
        return;
    }
    for (int k = 0; k < content->count; k++) {
        ash_dataset_entry *entry = &content->entry[k];
        ash_variable_clear(&entry->about);
        ash_name_list_free(&entry->text);
        ash_free(entry->path);
        ash_free(entry->refusal);
    }
    for (int k = 0; content->group_attrs && k < content->groups.count; k++) {
        ash_attrs_release(content->group_attrs[k]);
    }
    ash_file_release(content->file);
    ash_free(content->entry);
    ash_free(content->group_attrs);
    ash_free(content->description);
    ash_name_list_free(&content->groups);
    ash_stored_dims_free(&content->dims);
    ash_arena_free(&content->arena);
    ash_free(content);
}
