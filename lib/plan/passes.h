/* The passes that make plans better. Results have the same bits with any of them left out; tests leave them out one by one. */
#ifndef ASH_PLAN_PASSES_H
#define ASH_PLAN_PASSES_H

#include "base/error.h"

#include <stdint.h>

/* Name, the word for it in options, what it does, what its count in ash_explain() counts. */
#define ASH_PASS_LIST(X) \
    X(ASH_PASS_SAME, "same", "equal subexpressions are one value (same.c)", "values that others stand for") \
    X(ASH_PASS_CASTS, "casts", "casts that change no value, and pairs of views that undo each other, are left out (same.c)", "casts and views left out") \
    X(ASH_PASS_DEMAND, "demand", "of what is held only the part that users take is made (demand.c)", "values made in part") \
    X(ASH_PASS_FUSE, "fuse", "operations are computed where they are used, up to a weight (hold.c)", "operations that are part of others' groups") \
    X(ASH_PASS_REPEAT, "repeat", "small values that are repeated over large ones are computed once (hold.c)", "values held") \
    X(ASH_PASS_REGRID, "regrid", "values of files on a new grid are held, so that stored chunks are read once (hold.c)", "values held") \
    X(ASH_PASS_REREAD, "reread", "where that does not fit, or costs more, they are read again (plan.c)", "plans made so") \
    X(ASH_PASS_KEEP, "keep", "what several groups need is held where that is cheaper than to read or compute it again (keep.c)", "values held") \
    X(ASH_PASS_WORTH, "worth", "without this all of it is held that there is room for (keep.c)", "values not worth it") \
    X(ASH_PASS_STENCIL, "stencil", "what a group takes of one stored variable at fixed distances is read at once (stencil.c)", "operands read with others") \
    X(ASH_PASS_SHARE, "share", "what reads the same sources over the same grid is one group (lower.c)", "results added to a group") \
    X(ASH_PASS_LINK, "link", "so is what a third one links: u*u, v*v and u*v (link.c)", "results added by a link") \
    X(ASH_PASS_REDUCE, "reduce", "what is held is reduced, and used, by the group that makes it (lower.c)", "results added to what makes their input")

typedef enum ash_pass {
#define ASH_PASS_ENUM(name, word, what, counts) name,
    ASH_PASS_LIST(ASH_PASS_ENUM)
#undef ASH_PASS_ENUM
        ASH_PASSES
} ash_pass;

typedef struct ash_pass_row {
    const char *name, *what, *counts;
} ash_pass_row;
extern const ash_pass_row ash_passes[ASH_PASSES];

/* Reads a list such as "-same,-fuse", "none" or "none,share" into the bits of the passes that are off. NULL or "": all are on. */
ash_status ash_passes_read(const char *text, const char *function, uint32_t *off, ash_error_state *error);

#endif
