/* A description as text for people. */
#include "base/quote.h"
#include "run/describe.h"

#include <string.h>

static void say_dims(ash_growing *t, const ash_described_value *value) {
    ash_say(t, "(");
    for (int a = 0; a < value->ndim; a++) {
        const ash_described_dim *dim = &value->dim[a];
        ash_say(t, "%s", a ? ", " : "");
        ash_say_plain(t, dim->name);
        ash_say(t, "%s%lld in %lld", dim->name ? " " : "", (long long)dim->extent, (long long)dim->chunks);
    }
    ash_say(t, ")");
}

static void say_value(ash_growing *t, const ash_described_value *value) {
    ash_say_plain(t, value->name ? value->name : "array");
    ash_say(t, " %s ", value->dtype);
    say_dims(t, value);
}

static void say_use(ash_growing *t, const ash_described_value *use) {
    if (use->role[0] == 'r' && use->role[1] == 'a') {
        ash_say(t, "    make     a ramp\n");
        return;
    }
    if (use->path) {
        ash_say(t, "    read     ");
        ash_say_plain(t, use->path);
        ash_say(t, ": ");
    } else if (use->result >= 0) {
        ash_say(t, "    use      result %d: ", use->result);
    } else {
        ash_say(t, "    use      ");
    }
    say_value(t, use);
    ash_say(t, "%s%s\n", use->looks_on ? ", together with one above" : "", use->reordered ? ", reordered" : "");
}

static void say_make(ash_growing *t, const ash_described_value *make) {
    if (make->fold) {
        ash_say(t, "    fold     %s", make->grouped ? "group " : "");
        ash_say_plain(t, make->fold);
        ash_say(t, " into result %d: ", make->result);
    } else if (make->result >= 0) {
        ash_say(t, "    hold     result %d: ", make->result);
    } else {
        ash_say(t, make->role[0] == 'f' ? "    write    " : "    store    ");
    }
    say_value(t, make);
    ash_say(t, "\n");
    if (ash_hold_words(make->held)) {
        ash_say(t, "             held: %s\n", ash_hold_words(make->held));
    }
}

static void say_extents(ash_growing *t, int ndim, const int64_t extent[]) {
    ash_say(t, "(");
    for (int a = 0; a < ndim; a++) {
        ash_say(t, "%s%lld", a ? ", " : "", (long long)extent[a]);
    }
    ash_say(t, ")");
}

static void say_group(ash_growing *t, const ash_described_group *g) {
    char scratch[32];
    int cut = 0;
    ash_say(t, "  group %d%s: %lld chunks of at most ", g->number, g->blocks ? ", by blocks" : "", (long long)g->chunks);
    say_extents(t, g->ndim, g->largest);
    for (int a = 0; a < g->ndim; a++) {
        cut |= g->piece[a] < g->largest[a];
    }
    if (cut) {
        ash_say(t, ", worked through in pieces of ");
        say_extents(t, g->ndim, g->piece);
    }
    if (g->steps > 1) {
        ash_say(t, ", in %lld steps", (long long)g->steps);
    }
    ash_say(t, ", scratch %s a task\n", ash_format_bytes(g->scratch_bytes, scratch));
    if (g->apart != ASH_APART_NOT) {
        ash_say(t, "    apart    %s group %d\n", ash_apart_words(g->apart), g->apart_from);
    }
    for (int k = 0; k < g->nuses; k++) {
        say_use(t, &g->use[k]);
    }
    if (g->uses_left_off > 0) {
        ash_say(t, "             and %d more\n", g->uses_left_off);
    }
    for (int k = 0; k < g->noperations; k++) {
        ash_say(t, k == 0 ? "    compute  " : " ");
        ash_say_plain(t, g->operation[k]);
    }
    if (g->function) {
        ash_say(t, " by the function '");
        ash_say_plain(t, g->function);
        ash_say(t, "'");
    }
    ash_say(t, g->noperations > 0 ? "\n" : "");
    for (int k = 0; k < g->nmakes; k++) {
        say_make(t, &g->make[k]);
    }
}

/* ---- Figures ---- */

static void say_figures(ash_growing *t, const ash_description *d) {
    char buffer[32];
    if (d->ran) {
        ash_say(t, "                  %-16s%s\n", "predicted", "measured");
    }
    for (int k = 0; k < ash_nfigures; k++) {
        const ash_figure *f = &ash_figures[k];
        if (f->of == 'r' && !d->ran) {
            continue;
        }
        int planned = f->of != 'r', measured = d->ran && f->of != 'p';
        double times = planned ? ash_figure_times(f, &d->predicted) : 0;
        ash_say(t, "  %-15s %s", f->label, planned ? ash_figure_text(f, &d->predicted, buffer) : "");
        if (measured) {
            int64_t column = planned ? (int64_t)strlen(ash_figure_text(f, &d->predicted, buffer)) : 0;
            ash_say(t, "%*s%s", column < 16 ? (int)(16 - column) : 1, "", ash_figure_text(f, &d->measured, buffer));
        }
        if (times > 0) {
            ash_say(t, ", %.2f times what is needed", times);
        }
        ash_say(t, "\n");
    }
}

static void say_reads(ash_growing *t, const ash_description *d) {
    char bytes[32], needed[32], decoded[32], measured[32];
    for (int k = 0; k < d->nreads; k++) {
        const ash_described_read *r = &d->read[k];
        ash_say(t, "  reads ");
        ash_say_plain(t, r->path);
        ash_say(t, ": ");
        ash_say_plain(t, r->variable);
        ash_say(t, ": %d pass%s, %s of %s that are needed", r->passes, r->passes == 1 ? "" : "es", ash_format_bytes(r->bytes, bytes),
            ash_format_bytes(r->needed, needed));
        if (r->decoded > 0) {
            ash_say(t, ", decodes %s", ash_format_bytes(r->decoded, decoded));
        }
        if (d->ran) {
            ash_say(t, ", measured %s", ash_format_bytes(r->measured, measured));
        }
        ash_say(t, "\n");
    }
    if (d->reads_left_off > 0) {
        ash_say(t, "  reads %d more variables\n", d->reads_left_off);
    }
}

/* What the passes of the optimiser have done, of those that have done anything. */
static void say_passes(ash_growing *t, const ash_description *d) {
    int any = 0;
    for (int p = 0; p < ASH_PASSES; p++) {
        if (d->changed[p] > 0) {
            ash_say(t, "%s%s %lld", any++ ? ", " : "  passes          ", ash_passes[p].name, (long long)d->changed[p]);
        }
    }
    ash_say(t, any ? "\n" : "");
}

void ash_describe_text(ash_growing *t, const ash_description *d) {
    const ash_plan_info *info = &d->predicted;
    ash_say(t, "plan: %lld nodes, %lld fused groups, %lld tasks on %d thread%s\n", (long long)info->nodes, (long long)info->groups,
        (long long)info->tasks, info->num_threads, info->num_threads == 1 ? "" : "s");
    say_figures(t, d);
    for (int k = 0;; k++) {
        ash_growing note = { 0 };
        int any = ash_describe_note(d, k, &note);
        if (any && note.data) {
            ash_say(t, "  %s\n", note.data);
        }
        t->failed |= note.failed;
        ash_free(note.data);
        if (!any) {
            break;
        }
    }
    say_passes(t, d);
    say_reads(t, d);
    for (int k = 0; k < d->ngroups; k++) {
        say_group(t, &d->group[k]);
    }
    if (d->groups_left_off > 0) {
        ash_say(t, "  and %d more groups\n", d->groups_left_off);
    }
}
