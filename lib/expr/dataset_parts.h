/* How the values of a variable in one file become those of the first file's variable, where files differ in packing or time units. */
#ifndef ASH_EXPR_DATASET_PARTS_H
#define ASH_EXPR_DATASET_PARTS_H

#include "base/calendar.h"
#include "expr/dataset.h"
#include "expr/decode.h"
#include "io/joined.h"

/* One file's way: unpacking, then times to the first file's units. */
typedef struct ash_part_rule {
    ash_dtype stored;
    ash_unpack unpack;
    ash_number missing[ASH_MAX_MISSING + 1];
    int is_time;
    ash_time_change change;
} ash_part_rule;

/* All files' ways for one variable. */
typedef struct ash_part_rules {
    ash_dtype result;
    ash_part_rule first;  /* of the files that are like the first */
    ash_part_rule **rule; /* one a file, NULL: like the first */
} ash_part_rules;

/* What is remembered of a variable of the first file for comparing the others with it. */
typedef struct ash_part_checker {
    const ash_dataset_entry *entry;
    int axis;    /* along which its parts lie; -1: it has none */
    int is_time; /* its units are times */
    ash_time_units units;
    const char *units_text, *calendar; /* NULL: none */
    ash_part_rules *rules;             /* NULL while all files are alike */
    int64_t chunk_bytes;               /* of the largest chunk */
    int kept;                          /* its values are read and kept, so that nothing but their time units matters */
    int changed;                       /* in the file checked last, times are in other units: */
    ash_time_change change;
} ash_part_checker;

/* Whether the attributes that decoding depends on are the same. */
int ash_parts_packed_alike(const ash_variable *a, const ash_variable *b);
/* Compares the variable of file `part` of `parts` with the first file's and notes how it differs, in the arena. `path` is the file's, for errors: the
 * variable does not fit. */
ash_status ash_part_check(ash_part_checker *checker, const ash_variable *variable, int64_t part, int64_t parts, const char *path,
    const char *first_path, const char *function, ash_arena *arena, ash_error_state *error);
/* The way of converting for the storage layer. */
ash_part_convert ash_part_convert_values;

#endif
