/* Nodes that have left the context while runs in the background may still use them. */
#include "array/context.h"

void ash_node_retire(ash_context *context, ash_node *node) {
    int64_t ticket = atomic_load(&context->submitted);
    if (atomic_load(&context->completed) >= ticket) {
        ash_node_free(node);
        return;
    }
    node->mark = ticket;
    node->retired = context->retired;
    context->retired = node;
}

/* Tickets fall along the list. */
void ash_free_retired(ash_context *context) {
    int64_t completed = atomic_load(&context->completed);
    ash_node **link = &context->retired;
    while (*link && (*link)->mark > completed) {
        link = &(*link)->retired;
    }
    ash_node *node = *link;
    *link = NULL;
    while (node) {
        ash_node *before = node->retired;
        ash_node_free(node);
        node = before;
    }
}
