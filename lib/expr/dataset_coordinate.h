/* Coordinates of many files: gathering their values, and whether they follow one another. */
#ifndef ASH_EXPR_DATASET_COORDINATE_H
#define ASH_EXPR_DATASET_COORDINATE_H

#include "base/calendar.h"
#include "expr/builder.h"

/* Values of one variable, file after file: as stored (decoded), and as real numbers in the first file's units. */
typedef struct ash_kept_values {
    int64_t count, capacity;
    ash_dtype dtype; /* of the first file's */
    int uniform;     /* `stored` holds: one dtype and one unit */
    char *stored;
    double *real;
    ash_attrs *attrs; /* of the first file's, decoded */
} ash_kept_values;

/* Adds the values that the variable of that path has in a file, which has `extent` of them along its first dimension. NULL change: none. 0 on failure. */
int ash_kept_add(
    ash_kept_values *kept, ash_builder *builder, ash_file *file, const char *path, int64_t extent, const ash_time_change *change);
/* Fails unless the values rise or fall strictly through all files; the sentence names the files and the values, as dates where `units` is not NULL. */
void ash_kept_check_order(const ash_kept_values *kept, ash_builder *builder, const char *dim, const char *const paths[], int64_t parts,
    const int64_t begin[], const ash_time_units *units);
void ash_kept_free(ash_kept_values *kept);

#endif
