/* The rhythm of every builder: resolve the inputs, check, infer, add a node. */
#ifndef ASH_EXPR_BUILDER_H
#define ASH_EXPR_BUILDER_H

#include "array/context.h"

/* A builder at work. Any step that fails records in `error`; ash_builder_done() then turns that into an array carrying the error. */
typedef struct ash_builder {
    ash_context *context;
    const char *function; /* as users know it, without ash_ */
    ash_node *node;       /* under construction */
    ash_error_state error;
} ash_builder;

ash_builder ash_builder_begin(ash_context *context, const char *function);
/* The value of an argument; 0 on failure. */
int ash_builder_value(ash_builder *builder, ash_array array, const char *argument, ash_value *value);
/* Starts the node; 0 when out of memory. */
int ash_builder_node(ash_builder *builder, ash_node_kind kind, int ninputs, int noutputs);
/* Gives output `k` its dtype and rank. */
int ash_builder_output(ash_builder *builder, int k, ash_dtype dtype, int ndim);
/* Records "out of memory" and returns 0. */
int ash_builder_no_memory(ash_builder *builder);
/* Whether nothing has failed. */
static inline int ash_builder_ok(const ash_builder *builder) {
    return builder->error.status == ASH_OK;
}
/* Publishes the node, or the error. */
ash_array ash_builder_done(ash_builder *builder);

/* The axes of the dimensions named, all for NULL; 0 with an error. */
int ash_builder_axes(ash_builder *builder, const ash_output *output, const char *dims, int *count, int axes[ASH_MAX_NDIM]);
/* The axis of a dimension given by name or position; -1 with an error if there is not exactly one. */
int ash_builder_axis(ash_builder *builder, const ash_output *output, const char *dim);
/* Name and attributes of output 0 taken from a value. */
int ash_builder_inherit(ash_builder *builder, ash_value from, int attributes);

#endif
