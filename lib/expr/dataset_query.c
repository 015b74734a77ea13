/* Asking datasets about what they hold. */
#include "expr/dataset.h"

#include <string.h>

/* The content behind a handle, NULL for a failed dataset; records nothing. */
static const ash_dataset_content *peek(ash_dataset dataset) {
    ash_error_state ignored = { 0 };
    return ash_dataset_resolve(dataset, "dataset", &ignored);
}

/* Fills the caller's struct as far as it goes. */
static void give(void *info, const void *full, int64_t full_bytes) {
    int64_t bytes;
    memcpy(&bytes, info, sizeof bytes);
    bytes = bytes > 0 && bytes < full_bytes ? bytes : full_bytes;
    memcpy((char *)info + sizeof bytes, (const char *)full + sizeof bytes, (size_t)(bytes - (int64_t)sizeof bytes));
}

/* ---- Variables ---- */

int64_t ash_dataset_variable_count(ash_dataset dataset) {
    const ash_dataset_content *content = peek(dataset);
    return content ? content->count : -1;
}

int64_t ash_dataset_variable_find(ash_dataset dataset, const char *variable) {
    const ash_dataset_content *content = peek(dataset);
    return content && variable ? ash_dataset_entry_find(content, variable) : -1;
}

ash_status ash_dataset_variable_info(ash_dataset dataset, int64_t k, ash_variable_info *info) {
    const ash_dataset_content *content = peek(dataset);
    if (!content || k < 0 || k >= content->count || !info) {
        return content ? ASH_ERR_ARGUMENT : ash_dataset_status(dataset);
    }
    const ash_dataset_entry *entry = &content->entry[k];
    const ash_variable *about = &entry->about;
    ash_variable_info full = { .name = entry->path, .dtype = about->dtype, .role = entry->role, .ndim = about->ndim };
    full.type = about->type ? about->type : about->dtype < ASH_DTYPE_COUNT ? ash_dtype_name(about->dtype) : "unknown";
    full.is_text = about->is_text;
    for (int a = 0; a < about->ndim; a++) {
        full.shape[a] = about->shape[a];
        full.chunk[a] = about->chunk[a];
        full.dim[a] = about->dim[a];
    }
    give(info, &full, sizeof full);
    return ASH_OK;
}

/* ---- Dimensions, groups, files ---- */

int64_t ash_dataset_dimension_count(ash_dataset dataset) {
    const ash_dataset_content *content = peek(dataset);
    return content ? content->dims.count : -1;
}

ash_status ash_dataset_dimension_info(ash_dataset dataset, int64_t k, ash_dimension_info *info) {
    const ash_dataset_content *content = peek(dataset);
    if (!content || k < 0 || k >= content->dims.count || !info) {
        return content ? ASH_ERR_ARGUMENT : ash_dataset_status(dataset);
    }
    const ash_stored_dim *dim = &content->dims.dim[k];
    give(info, &(ash_dimension_info){ .name = dim->name, .extent = dim->extent, .unlimited = dim->unlimited }, sizeof *info);
    return ASH_OK;
}

int64_t ash_dataset_group_count(ash_dataset dataset) {
    const ash_dataset_content *content = peek(dataset);
    return content ? content->groups.count : -1;
}

const char *ash_dataset_group(ash_dataset dataset, int64_t k) {
    const ash_dataset_content *content = peek(dataset);
    return content && k >= 0 && k < content->groups.count ? content->groups.name[k] : NULL;
}

int64_t ash_dataset_file_count(ash_dataset dataset) {
    const ash_dataset_content *content = peek(dataset);
    return content ? content->nfiles : -1;
}

const char *ash_dataset_file(ash_dataset dataset, int64_t k) {
    const ash_dataset_content *content = peek(dataset);
    return content && k >= 0 && k < content->nfiles ? content->path[k] : NULL;
}

/* ---- Attributes ---- */

/* Those of a variable, a group or the file; 0 if there is no such owner. A variable comes before a group of the same name. */
static int attrs_of(ash_dataset dataset, const char *owner, const ash_attrs **attrs) {
    const ash_dataset_content *content = peek(dataset);
    *attrs = NULL;
    if (!content) {
        return 0;
    }
    if (!owner || !*owner) {
        *attrs = ash_file_attrs(content->file);
        return 1;
    }
    int k = ash_dataset_entry_find(content, owner);
    if (k >= 0) {
        *attrs = content->entry[k].about.attrs;
        return 1;
    }
    for (int g = 0; g < content->groups.count; g++) {
        if (strcmp(content->groups.name[g], owner) == 0) {
            *attrs = content->group_attrs[g];
            return 1;
        }
    }
    return 0;
}

int64_t ash_dataset_attr_count(ash_dataset dataset, const char *owner) {
    const ash_attrs *attrs;
    return !attrs_of(dataset, owner, &attrs) ? -1 : attrs ? attrs->count : 0;
}

const char *ash_dataset_attr_name(ash_dataset dataset, const char *owner, int64_t k) {
    const ash_attrs *attrs;
    return attrs_of(dataset, owner, &attrs) && attrs && k >= 0 && k < attrs->count ? attrs->entry[k].name : NULL;
}

const char *ash_dataset_attr(ash_dataset dataset, const char *owner, const char *name) {
    const ash_attrs *attrs;
    return attrs_of(dataset, owner, &attrs) && name ? ash_attrs_text(attrs, name) : NULL;
}

bool ash_dataset_attr_real(ash_dataset dataset, const char *owner, const char *name, double *value) {
    const ash_attrs *attrs;
    return attrs_of(dataset, owner, &attrs) && name && value && ash_attrs_real(attrs, name, value);
}
