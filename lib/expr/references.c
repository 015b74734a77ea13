#include "expr/references.h"

#include "base/memory.h"

#include <string.h>

enum labels { NO_LABELS, LABELS, NAMES_WITH_LABELS };

/* "area: cell_area": the word with a colon is a label. "crs: lat lon": there it is the name of a grid mapping. */
static const struct {
    const char *name;
    enum labels labels;
    ash_variable_role role; /* of what they name */
    int is_list;            /* of variables that make sense without one another */
} references[] = {
    { "coordinates", NO_LABELS, ASH_ROLE_AUXILIARY, 1 },
    { "ancillary_variables", NO_LABELS, ASH_ROLE_SUPPORT, 1 },
    { "bounds", NO_LABELS, ASH_ROLE_BOUNDS, 0 },
    { "climatology", NO_LABELS, ASH_ROLE_BOUNDS, 0 },
    { "grid_mapping", NAMES_WITH_LABELS, ASH_ROLE_SUPPORT, 0 },
    { "cell_measures", LABELS, ASH_ROLE_SUPPORT, 0 },
    { "formula_terms", LABELS, ASH_ROLE_SUPPORT, 0 },
};

enum { REFERENCES = sizeof references / sizeof *references };

static const char blanks[] = " \t\n";

/* The next name in at->rest, of the attribute at->attribute. */
static int next_name(ash_reference *at) {
    while (at->rest && *(at->rest += strspn(at->rest, blanks))) {
        enum labels labels = references[at->attribute].labels;
        at->name = at->rest;
        at->bytes = (int64_t)strcspn(at->rest, blanks);
        at->rest += at->bytes;
        int labelled = labels != NO_LABELS && at->name[at->bytes - 1] == ':';
        at->bytes -= labelled;
        at->role = references[at->attribute].role;
        if (at->bytes > 0 && (!labelled || labels == NAMES_WITH_LABELS)) {
            return 1;
        }
    }
    return 0;
}

int ash_reference_next(const ash_attrs *attrs, ash_reference *at) {
    at->rest = at->rest ? at->rest : ash_attrs_text(attrs, references[at->attribute].name);
    while (!next_name(at)) {
        if (++at->attribute == REFERENCES) {
            return 0;
        }
        at->rest = ash_attrs_text(attrs, references[at->attribute].name);
    }
    return 1;
}

static int is_known(const ash_reference *at, int n, const char *const known[]) {
    for (int k = 0; k < n; k++) {
        if ((int64_t)strlen(known[k]) == at->bytes && memcmp(known[k], at->name, (size_t)at->bytes) == 0) {
            return 1;
        }
    }
    return 0;
}

/* The words of a list that are known, into room for all of it. Returns how many characters they are. */
static int64_t keep_words(const char *text, int attribute, int n, const char *const known[], char *kept) {
    ash_reference at = { .attribute = attribute, .rest = text };
    int64_t used = 0;
    while (next_name(&at)) {
        if (is_known(&at, n, known)) {
            if (used > 0) {
                kept[used++] = ' ';
            }
            memcpy(kept + used, at.name, (size_t)at.bytes);
            used += at.bytes;
        }
    }
    kept[used] = '\0';
    return used;
}

int ash_references_keep(ash_attrs **attrs, int n, const char *const known[]) {
    for (int r = 0; r < REFERENCES; r++) {
        const char *text = ash_attrs_text(*attrs, references[r].name);
        ash_reference at = { .attribute = r, .rest = text };
        int all = 1, any = 0;
        while (next_name(&at)) {
            int found = is_known(&at, n, known);
            all &= found;
            any |= found;
        }
        if (!text || (all && any)) {
            continue;
        }
        if (!any || !references[r].is_list) {
            if (!ash_attrs_set(attrs, references[r].name, 1, ASH_INT8, 0, NULL)) {
                return 0;
            }
            continue;
        }
        char *kept = ash_malloc((int64_t)strlen(text) + 1);
        int fine = kept && keep_words(text, r, n, known, kept) > 0 && ash_attrs_set_text(attrs, references[r].name, kept);
        ash_free(kept);
        if (!fine) {
            return 0;
        }
    }
    return 1;
}
