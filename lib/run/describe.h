/* A plan in words and figures that need neither the plan nor its nodes: what ash_explain() prints as text, JSON and HTML. */
#ifndef ASH_RUN_DESCRIBE_H
#define ASH_RUN_DESCRIBE_H

#include "base/growing.h"
#include "run/run.h"

typedef struct ash_described_dim {
    const char *name; /* NULL: anonymous */
    int64_t extent, chunks;
} ash_described_dim;

/* What a group uses or makes. */
typedef struct ash_described_value {
    const char *role; /* "file", "memory", "ramp", "result"; "memory", "file", "held", "fold" */
    const char *path; /* of a file */
    const char *fold; /* name of the reduction */
    int grouped;
    int result;              /* its number, -1: none */
    int reordered, looks_on; /* the latter: another use of the group reads it, see stencil.c */
    const char *name, *dtype;
    int ndim;
    const ash_described_dim *dim;
    ash_hold_reason held;
    int64_t chunk_bytes; /* of the largest chunk */
} ash_described_value;

typedef struct ash_described_group {
    int number;
    int blocks; /* it works by blocks */
    int noperations, nuses, nmakes, uses_left_off;
    const char **operation;
    const char *function; /* of the user's, by which blocks are made; NULL: none */
    ash_described_value *use, *make;
    int64_t chunks, tasks, steps, scratch_bytes;
    int ndim;
    int64_t *largest, *piece;
    ash_apart_reason apart;
    int apart_from;
} ash_described_group;

typedef struct ash_described_read {
    const char *path, *variable;
    int passes;
    int64_t bytes, needed, decoded, decoded_needed, measured;
} ash_described_read;

typedef struct ash_description {
    ash_arena arena; /* it lives there itself */
    int runs;        /* of several plans one after another: their number; numbers of groups and results go on from plan to plan */
    int nresults;
    ash_plan_info predicted, measured;
    int ran; /* there is something measured */
    double needed_times;
    int64_t cache_bytes;
    int64_t changed[ASH_PASSES]; /* what each pass of the optimiser has done */
    int ngroups, nreads, groups_left_off, reads_left_off;
    ash_described_group *group;
    ash_described_read *read;
    int *place; /* of what the last plan reads, in `read`; -1: left off */
} ash_description;

/* Describes a plan: all of it, or, if `brief`, no more of it than a run can afford to keep. NULL when out of memory. */
ash_description *ash_describe(const ash_plan *plan, int brief);
/* Adds a plan that is run after those that `description` has; NULL: it is the first. Frees it and returns NULL when out of memory. */
ash_description *ash_describe_next(ash_description *description, const ash_plan *plan, int brief);
/* What several plans need of files is what the plan of all of it needs, `whole`. Either may be NULL. */
void ash_describe_need(ash_description *description, const ash_description *whole);
void ash_description_free(ash_description *description);
/* explain.c: describes what will be run for a request, all results at once or one after another; a limit that is too small is no error. NULL on failure. */
ash_description *ash_describe_request(ash_context *context, ash_plan_request *request, const char *function, ash_error_state *error);
/* Its text, or JSON, as the context's, for the user, and its figures. The description is freed; it may be NULL, with the error. */
const char *ash_keep_description(
    ash_context *context, ash_description *description, int json, const char *function, ash_error_state *error);
void ash_copy_figures(const ash_description *description, ash_plan_info *info);
/* For ash_explain_last(): the plan of the run that begins, the part-th of its call, and what was measured of it. */
void ash_keep_plan(ash_context *context, const ash_plan *plan, int part);
void ash_keep_measured(const ash_run *run);

/* A figure of ash_plan_info. */
typedef struct ash_figure {
    const char *label, *key;
    size_t at;
    size_t least; /* where the least is that it could be; 0: there is none */
    char unit;    /* 'n' a number, 'b' bytes, 's' seconds, 't' a number of threads */
    char of;      /* 'b' both plan and run, 'p' the plan alone, 'r' the run alone */
    char joins;   /* those of runs one after another: '+' their sum, 'm' the most */
} ash_figure;
extern const ash_figure ash_figures[];
extern const int ash_nfigures;
/* Adds the figures of another run to those of the runs before it, which are zero-filled at first. */
void ash_figures_join(ash_plan_info *all, const ash_plan_info *next);
/* Nodes, and what is needed of files, are those of the plan of all of it. */
void ash_figures_need(ash_plan_info *all, const ash_plan_info *whole);
/* The figure in words. */
const char *ash_figure_text(const ash_figure *figure, const ash_plan_info *info, char buffer[32]);
/* How many times the least it is; 0 where that says nothing. */
double ash_figure_times(const ash_figure *figure, const ash_plan_info *info);

/* Words and names of reasons, NULL for none. */
const char *ash_hold_word(ash_hold_reason why);
const char *ash_hold_words(ash_hold_reason why);
const char *ash_apart_word(ash_apart_reason why);
const char *ash_apart_words(ash_apart_reason why);

/* The k-th note, a sentence about something the user may want to change, without an end mark; 0: there is none. */
int ash_describe_note(const ash_description *description, int k, ash_growing *text);

/* Printers. */
void ash_describe_text(ash_growing *text, const ash_description *description);
void ash_describe_json(ash_growing *text, const ash_description *description);

#endif
