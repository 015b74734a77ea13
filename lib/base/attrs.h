/* Attribute lists of variables, coordinates and files: immutable once shared, reference counted. */
#ifndef ASH_BASE_ATTRS_H
#define ASH_BASE_ATTRS_H

#include "base/error.h"

#include <ashlar/array.h>

typedef struct ash_attr_entry {
    char *name;
    int is_text;
    ash_dtype dtype; /* numbers only */
    int64_t count;   /* numbers: how many; text: bytes without the terminator */
    void *data;      /* text is 0-terminated */
} ash_attr_entry;

typedef struct ash_attrs {
    int references;
    int count;
    ash_attr_entry *entry;
} ash_attrs;

/* NULL is the empty list everywhere. A function that returns NULL for a non-empty result is out of memory. */
ash_attrs *ash_attrs_retain(ash_attrs *attrs);
void ash_attrs_release(ash_attrs *attrs);
const ash_attr_entry *ash_attrs_find(const ash_attrs *attrs, const char *name);
/* The list with one entry set or replaced; data NULL removes it. Consumes one reference of `attrs` (copies when shared). On failure returns
 * 0 and leaves *attrs. */
int ash_attrs_set(ash_attrs **attrs, const char *name, int is_text, ash_dtype dtype, int64_t count, const void *data);
int ash_attrs_set_text(ash_attrs **attrs, const char *name, const char *text);
/* Sets the entries of a text of "name=value" lines. */
ash_status ash_attrs_set_lines(ash_attrs **attrs, const char *lines, const char *function, ash_error_state *error);
/* First number of a numeric entry as a double. */
int ash_attrs_real(const ash_attrs *attrs, const char *name, double *value);
const char *ash_attrs_text(const ash_attrs *attrs, const char *name);

#endif
