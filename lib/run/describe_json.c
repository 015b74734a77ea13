/* A description as JSON; its names are documented in ashlar/explain.h. */
#include "base/quote.h"
#include "run/describe.h"

#include <string.h>

static void say_text(ash_growing *t, const char *key, const char *value) {
    ash_say(t, "\"%s\": ", key);
    if (value) {
        ash_json_quote(t, value, (int64_t)strlen(value));
    } else {
        ash_say(t, "null");
    }
}

static void say_integer(ash_growing *t, const char *key, int64_t value) {
    ash_say(t, "\"%s\": %lld", key, (long long)value);
}

/* ---- Figures ---- */

static void say_info(ash_growing *t, const char *key, const ash_plan_info *info, char without) {
    const char *comma = "";
    ash_say(t, "\"%s\": {", key);
    for (int k = 0; k < ash_nfigures; k++) {
        const ash_figure *f = &ash_figures[k];
        const void *at = (const char *)info + f->at;
        if (f->of == without) {
            continue;
        }
        ash_say(t, "%s", comma);
        if (f->unit == 's') {
            ash_say(t, "\"%s\": %.9f", f->key, *(const double *)at);
        } else {
            say_integer(t, f->key, f->unit == 't' ? *(const int32_t *)at : *(const int64_t *)at);
        }
        comma = ", ";
    }
    ash_say(t, "}");
}

static void say_read(ash_growing *t, const ash_described_read *r, int ran) {
    ash_say(t, "{");
    say_text(t, "path", r->path);
    ash_say(t, ", ");
    say_text(t, "variable", r->variable);
    ash_say(t,
        ", \"passes\": %d, \"bytes\": %lld, \"needed\": %lld, \"decoded\": %lld, \"decoded_needed\": %lld, \"measured\": ", r->passes,
        (long long)r->bytes, (long long)r->needed, (long long)r->decoded, (long long)r->decoded_needed);
    if (ran) {
        ash_say(t, "%lld}", (long long)r->measured);
    } else {
        ash_say(t, "null}");
    }
}

/* ---- Groups ---- */

static void say_dims(ash_growing *t, const ash_described_value *value) {
    ash_say(t, "\"dims\": [");
    for (int a = 0; a < value->ndim; a++) {
        ash_say(t, "%s{", a ? ", " : "");
        say_text(t, "name", value->dim[a].name);
        ash_say(t, ", ");
        say_integer(t, "extent", value->dim[a].extent);
        ash_say(t, ", ");
        say_integer(t, "chunks", value->dim[a].chunks);
        ash_say(t, "}");
    }
    ash_say(t, "]");
}

static void say_value(ash_growing *t, const ash_described_value *value) {
    say_text(t, "name", value->name);
    ash_say(t, ", ");
    say_text(t, "dtype", value->dtype);
    ash_say(t, ", \"result\": ");
    ash_say(t, value->result >= 0 ? "%d, " : "null, ", value->result);
    say_dims(t, value);
}

static void say_use(ash_growing *t, const ash_described_value *use) {
    ash_say(t, "{");
    say_text(t, "from", use->role);
    ash_say(t, ", ");
    say_text(t, "path", use->path);
    ash_say(t, ", ");
    say_value(t, use);
    ash_say(t, "}");
}

static void say_make(ash_growing *t, const ash_described_value *make) {
    ash_say(t, "{");
    say_text(t, "to", make->role);
    ash_say(t, ", ");
    say_text(t, "fold", make->fold);
    ash_say(t, ", ");
    say_text(t, "held", ash_hold_word(make->held));
    ash_say(t, ", ");
    say_integer(t, "chunk_bytes", make->chunk_bytes);
    ash_say(t, ", ");
    say_value(t, make);
    ash_say(t, "}");
}

static void say_extents(ash_growing *t, const char *key, int ndim, const int64_t extent[]) {
    ash_say(t, "\"%s\": [", key);
    for (int a = 0; a < ndim; a++) {
        ash_say(t, "%s%lld", a ? ", " : "", (long long)extent[a]);
    }
    ash_say(t, "]");
}

static void say_group(ash_growing *t, const ash_described_group *g) {
    ash_say(t, "{\"group\": %d, \"kind\": \"%s\", \"chunks\": %lld, \"tasks\": %lld, \"steps\": %lld, \"scratch_bytes\": %lld, ", g->number,
        g->blocks ? "blocks" : "fused", (long long)g->chunks, (long long)g->tasks, (long long)g->steps, (long long)g->scratch_bytes);
    say_extents(t, "largest", g->ndim, g->largest);
    ash_say(t, ", ");
    say_extents(t, "piece", g->ndim, g->piece);
    ash_say(t, ", ");
    say_text(t, "apart", ash_apart_word(g->apart));
    ash_say(t, ", \"apart_from\": ");
    ash_say(t, g->apart != ASH_APART_NOT ? "%d" : "null", g->apart_from);
    ash_say(t, ", \"operations\": [");
    for (int k = 0; k < g->noperations; k++) {
        ash_say(t, "%s", k ? ", " : "");
        ash_json_quote(t, g->operation[k], (int64_t)strlen(g->operation[k]));
    }
    ash_say(t, "], ");
    say_text(t, "function", g->function);
    ash_say(t, ",\n   \"uses\": [");
    for (int k = 0; k < g->nuses; k++) {
        ash_say(t, "%s", k ? ",\n    " : "");
        say_use(t, &g->use[k]);
    }
    ash_say(t, "],\n   \"makes\": [");
    for (int k = 0; k < g->nmakes; k++) {
        ash_say(t, "%s", k ? ",\n    " : "");
        say_make(t, &g->make[k]);
    }
    ash_say(t, "]}");
}

static void say_notes(ash_growing *t, const ash_description *d) {
    ash_say(t, "\"notes\": [");
    for (int k = 0;; k++) {
        ash_growing note = { 0 };
        int any = ash_describe_note(d, k, &note);
        if (any && note.data) {
            ash_say(t, "%s", k ? ", " : "");
            ash_json_quote(t, note.data, note.length);
        }
        t->failed |= note.failed;
        ash_free(note.data);
        if (!any) {
            break;
        }
    }
    ash_say(t, "]");
}

void ash_describe_json(ash_growing *t, const ash_description *d) {
    ash_say(t, "{");
    say_info(t, "predicted", &d->predicted, 'r');
    ash_say(t, ",\n ");
    if (d->ran) {
        say_info(t, "measured", &d->measured, 'p');
    } else {
        ash_say(t, "\"measured\": null");
    }
    ash_say(t, ",\n \"runs\": %d,\n \"passes\": {", d->runs);
    for (int p = 0; p < ASH_PASSES; p++) {
        ash_say(t, "%s\"%s\": %lld", p ? ", " : "", ash_passes[p].name, (long long)d->changed[p]);
    }
    ash_say(t, "},\n \"reads\": [");
    for (int k = 0; k < d->nreads; k++) {
        ash_say(t, "%s", k ? ",\n  " : "");
        say_read(t, &d->read[k], d->ran);
    }
    ash_say(t, "],\n \"reads_left_off\": %d,\n \"groups\": [", d->reads_left_off);
    for (int k = 0; k < d->ngroups; k++) {
        ash_say(t, "%s", k ? ",\n  " : "");
        say_group(t, &d->group[k]);
    }
    ash_say(t, "],\n \"groups_left_off\": %d,\n ", d->groups_left_off);
    say_notes(t, d);
    ash_say(t, "}\n");
}
