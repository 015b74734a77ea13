/* Attributes by which one variable names others, as CF has them: coordinates, bounds, grid_mapping, cell_measures, formula_terms, ancillary_variables. */
#ifndef ASH_EXPR_REFERENCES_H
#define ASH_EXPR_REFERENCES_H

#include "base/attrs.h"

#include <ashlar/dataset.h>

/* A name within such an attribute. Zero-filled before the first. */
typedef struct ash_reference {
    const char *name;
    int64_t bytes;
    ash_variable_role role;
    int attribute;    /* position in the table */
    const char *rest; /* of the text */
} ash_reference;

/* The next variable that the attributes name; 0 at the end. */
int ash_reference_next(const ash_attrs *attrs, ash_reference *at);

/* Removes what would dangle: of a list of variables those that are not among the `n` known ones, other attributes as a whole if one of theirs is not.
 * 0 when out of memory. */
int ash_references_keep(ash_attrs **attrs, int n, const char *const known[]);

#endif
