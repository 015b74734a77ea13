/* Arrays of files. */
#ifndef ASH_EXPR_OPEN_H
#define ASH_EXPR_OPEN_H

#include "expr/builder.h"

/* A variable of an open file, decoded unless `raw`. Consumes the file's reference; NULL or a failed builder gives the error's array. */
ash_array ash_open_variable(ash_builder *builder, ash_file *file, const char *name, int raw);

#endif
