/* What values are made from: walks that cost what they reach, however much else the context holds. Not recursive: expressions may be chains of any length. */
#include "array/context.h"

#include <stdlib.h>

/* With so many of the context's nodes reached, going through all of them is faster than sorting. */
enum { SORTED_PART = 16 };

static int by_serial(const void *a, const void *b) {
    const ash_node *x = *(ash_node *const *)a, *y = *(ash_node *const *)b;
    return (x->serial > y->serial) - (x->serial < y->serial);
}

int64_t ash_context_mark(ash_context *context) {
    return ++context->marks;
}

int64_t ash_reach_begin(ash_context *context) {
    context->nreached = 0;
    return ash_context_mark(context);
}

void ash_reach_from(ash_context *context, ash_node *node, int64_t mark) {
    if (node->mark != mark) {
        node->mark = mark;
        context->reached[context->nreached++] = node;
    }
}

void ash_reach_end(ash_context *context, int64_t mark) {
    for (int64_t k = 0; k < context->nreached; k++) {
        const ash_node *node = context->reached[k];
        for (int i = 0; i < node->ninputs; i++) {
            ash_reach_from(context, node->input[i].node, mark);
        }
    }
    if (context->nreached < context->nnodes / SORTED_PART) {
        qsort(context->reached, (size_t)context->nreached, sizeof(ash_node *), by_serial);
        return;
    }
    context->nreached = 0;
    for (int64_t k = 0; k < context->nnodes; k++) {
        if (context->node[k]->mark == mark) {
            context->reached[context->nreached++] = context->node[k];
        }
    }
}

int64_t ash_reach(ash_context *context, int n, const ash_value values[]) {
    int64_t mark = ash_reach_begin(context);
    for (int k = 0; k < n; k++) {
        ash_reach_from(context, values[k].node, mark);
    }
    ash_reach_end(context, mark);
    return mark;
}
