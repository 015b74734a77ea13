/* Positions along a coordinate that labels stand for. */
#ifndef ASH_EXPR_SELECT_H
#define ASH_EXPR_SELECT_H

#include "array/coord.h"
#include "base/label.h"

/* Neighbouring indices, whose coordinate is to have `shift` added: whole turns of longitudes. */
typedef struct ash_run_of_indices {
    int64_t first, count;
    double shift;
} ash_run_of_indices;

/* A coordinate as labels see it. */
typedef struct ash_labelled {
    const ash_coordinate *coord;
    const char *dim;
    int is_time, is_longitude;
    ash_time_units units; /* of times */
} ash_labelled;

void ash_labelled_begin(ash_labelled *labelled, const ash_coordinate *coord, const char *dim);
/* The runs that the labels stand for, in the order of the result: one, or two where longitudes go over the end of the axis. 0 on failure. */
int ash_labelled_find(
    const ash_labelled *labelled, const ash_labels_asked *asked, double tolerance, ash_run_of_indices run[2], ash_error_state *error);

#endif
