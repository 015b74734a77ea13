#include "base/attrs.h"

#include "base/dtype.h"
#include "base/memory.h"

#include <string.h>

ash_attrs *ash_attrs_retain(ash_attrs *attrs) {
    if (attrs)
        attrs->references++;
    return attrs;
}

static void free_entry(ash_attr_entry *entry) {
    ash_free(entry->name);
    ash_free(entry->data);
    memset(entry, 0, sizeof *entry);
}

void ash_attrs_release(ash_attrs *attrs) {
    if (!attrs || --attrs->references > 0)
        return;
    for (int i = 0; i < attrs->count; i++)
        free_entry(&attrs->entry[i]);
    ash_free(attrs->entry);
    ash_free(attrs);
}

static int position_of(const ash_attrs *attrs, const char *name) {
    for (int i = 0; attrs && i < attrs->count; i++)
        if (strcmp(attrs->entry[i].name, name) == 0)
            return i;
    return -1;
}

const ash_attr_entry *ash_attrs_find(const ash_attrs *attrs, const char *name) {
    int i = position_of(attrs, name);
    return i < 0 ? NULL : &attrs->entry[i];
}

/* Bytes of an entry's values; text has one more for its terminator. -1 if there is no such size. */
static int64_t data_bytes(int is_text, ash_dtype dtype, int64_t count) {
    int64_t bytes, size = is_text ? 1 : ash_dtype_size(dtype);
    if (count < 0 || size == 0 || __builtin_mul_overflow(count, size, &bytes) || bytes == INT64_MAX)
        return -1;
    return bytes + (is_text ? 1 : 0);
}

static int make_entry(ash_attr_entry *entry, const char *name, int is_text, ash_dtype dtype, int64_t count, const void *data) {
    int64_t bytes = data_bytes(is_text, dtype, count), name_bytes = (int64_t)strlen(name) + 1;
    if (bytes < 0)
        return 0;
    *entry = (ash_attr_entry){ .is_text = is_text, .dtype = dtype, .count = count };
    entry->name = ash_malloc(name_bytes);
    entry->data = ash_calloc(1, bytes);
    if (!entry->name || !entry->data) {
        free_entry(entry);
        return 0;
    }
    memcpy(entry->name, name, (size_t)name_bytes);
    memcpy(entry->data, data, (size_t)(is_text ? bytes - 1 : bytes));
    return 1;
}

/* A list of our own with room for one more entry. */
static ash_attrs *copy_with_room(const ash_attrs *attrs) {
    int count = attrs ? attrs->count : 0;
    ash_attrs *copy = ash_calloc(1, sizeof *copy);
    if (!copy)
        return NULL;
    copy->references = 1;
    copy->entry = ash_calloc((int64_t)count + 1, sizeof *copy->entry);
    for (int i = 0; copy->entry && i < count; i++) {
        const ash_attr_entry *e = &attrs->entry[i];
        if (!make_entry(&copy->entry[i], e->name, e->is_text, e->dtype, e->count, e->data))
            break;
        copy->count++;
    }
    if (!copy->entry || copy->count < count) {
        ash_attrs_release(copy);
        return NULL;
    }
    return copy;
}

/* Makes *attrs a list of which we hold the only reference, with room for one more entry. 0 if out of memory; *attrs is left then. */
static int make_own(ash_attrs **attrs) {
    if (*attrs && (*attrs)->references == 1) {
        ash_attr_entry *grown = ash_realloc((*attrs)->entry, ((int64_t)(*attrs)->count + 1) * (int64_t)sizeof *grown);
        if (grown)
            (*attrs)->entry = grown;
        return grown != NULL;
    }
    ash_attrs *own = copy_with_room(*attrs);
    if (!own)
        return 0;
    ash_attrs_release(*attrs);
    *attrs = own;
    return 1;
}

static int remove_entry(ash_attrs **attrs, const char *name) {
    int i = position_of(*attrs, name);
    if (i < 0)
        return 1;
    if (!make_own(attrs))
        return 0;
    ash_attrs *own = *attrs;
    free_entry(&own->entry[i]);
    memmove(&own->entry[i], &own->entry[i + 1], (size_t)(own->count - i - 1) * sizeof *own->entry);
    if (--own->count == 0) {
        ash_attrs_release(own);
        *attrs = NULL;
    }
    return 1;
}

int ash_attrs_set(ash_attrs **attrs, const char *name, int is_text, ash_dtype dtype, int64_t count, const void *data) {
    if (!data)
        return remove_entry(attrs, name);
    ash_attr_entry entry;
    if (!make_entry(&entry, name, is_text, dtype, count, data))
        return 0;
    if (!make_own(attrs)) {
        free_entry(&entry);
        return 0;
    }
    int i = position_of(*attrs, name);
    if (i >= 0)
        free_entry(&(*attrs)->entry[i]);
    else
        i = (*attrs)->count++;
    (*attrs)->entry[i] = entry;
    return 1;
}

int ash_attrs_set_text(ash_attrs **attrs, const char *name, const char *text) {
    return ash_attrs_set(attrs, name, 1, ASH_UINT8, text ? (int64_t)strlen(text) : 0, text);
}

ash_status ash_attrs_set_lines(ash_attrs **attrs, const char *lines, const char *function, ash_error_state *error) {
    for (; *lines; lines += *lines == '\n') {
        int64_t length = (int64_t)strcspn(lines, "\n");
        const char *equals = memchr(lines, '=', (size_t)length);
        if (length > 0 && (!equals || equals == lines))
            return ash_fail(error, ASH_ERR_ARGUMENT, "%s: attributes must be lines of name=value, found '%.*s'", function,
                (int)(length < 80 ? length : 80), lines);
        char *line = length > 0 ? ash_malloc(length + 1) : NULL;
        if (line) {
            memcpy(line, lines, (size_t)length);
            line[length] = line[equals - lines] = '\0';
        }
        int fine = length == 0 || (line && ash_attrs_set_text(attrs, line, line + (equals - lines) + 1));
        ash_free(line);
        if (!fine)
            return ash_fail_memory(error, function, length + 1);
        lines += length;
    }
    return ASH_OK;
}

int ash_attrs_real(const ash_attrs *attrs, const char *name, double *value) {
    const ash_attr_entry *entry = ash_attrs_find(attrs, name);
    if (!entry || entry->is_text || entry->count < 1)
        return 0;
    ash_number_store(ASH_FLOAT64, value, entry->dtype, ash_number_load(entry->dtype, entry->data));
    return 1;
}

const char *ash_attrs_text(const ash_attrs *attrs, const char *name) {
    const ash_attr_entry *entry = ash_attrs_find(attrs, name);
    return entry && entry->is_text ? entry->data : NULL;
}
