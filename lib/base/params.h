/* Parameters as text: "decimals=2; dims='time,lat'; shape=[3, 4]". */
#ifndef ASH_BASE_PARAMS_H
#define ASH_BASE_PARAMS_H

#include "base/error.h"
#include "base/memory.h"

typedef enum ash_param_kind {
    ASH_PARAM_INT,
    ASH_PARAM_REAL,
    ASH_PARAM_COMPLEX,
    ASH_PARAM_BOOL,
    ASH_PARAM_TEXT,
    ASH_PARAM_LIST
} ash_param_kind;

typedef struct ash_param_value {
    ash_param_kind kind;
    int64_t integer;   /* INT; BOOL: 0 or 1 */
    double real, imag; /* REAL, COMPLEX; real also of INT */
    const char *text;  /* TEXT */
    int count;         /* LIST */
    struct ash_param_value *item;
} ash_param_value;

typedef struct ash_param {
    const char *name;
    ash_param_value value;
} ash_param;

/* Reads parameters; everything is allocated in the arena. The language is described at ash_apply(). `function` is named in errors, with the place of the
 * mistake. NULL is no parameters. */
ash_status ash_params_parse(
    const char *text, ash_arena *arena, const char *function, int *count, ash_param **params, ash_error_state *error);
/* Writes a value so that reading it gives the same value, bit by bit. Returns the length without the end, like snprintf. */
int64_t ash_param_print(const ash_param_value *value, char *out, int64_t size);
/* "an integer", "a list": for errors. */
const char *ash_param_kind_words(ash_param_kind kind);

#endif
