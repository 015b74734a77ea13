/* What users made known in a context under a name: functions and reductions. */
#ifndef ASH_EXPR_REGISTERED_H
#define ASH_EXPR_REGISTERED_H

#include "expr/builder.h"

typedef enum ash_registered_type { ASH_REGISTERED_FUNCTION, ASH_REGISTERED_REDUCTION } ash_registered_type;

/* The entry of a name; NULL with an error that suggests the nearest one. */
const ash_registered *ash_registered_find(ash_builder *builder, ash_registered_type type, const char *name);
/* Adds an entry that is still to be filled; NULL with an error if the name is taken, or there is no memory. */
ash_registered *ash_registered_add(ash_builder *builder, const char *name);

#endif
