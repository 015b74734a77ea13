/* Random expressions, made twice at once: as arrays of the library and as values of the oracle. */
#ifndef ASH_TEST_RANDOM_EXPRESSION_H
#define ASH_TEST_RANDOM_EXPRESSION_H

#include "oracle.h"

typedef struct expression {
    ash_array handle;
    dense *value;
    char *text; /* how it was made */
} expression;

typedef struct generator {
    ash_context *context;
    uint64_t state;   /* of the random numbers */
    int registered;   /* whether the context knows the custom reduction */
    int functions;    /* whether it knows the functions over chunks */
    int named;        /* all dimensions have names, or none has */
    int64_t capacity; /* most elements of an array */
    expression *all;  /* everything made so far, inputs before what is made from them */
    int count, room;
    void **memory; /* of buffers */
    int nmemory;
} generator;

void generator_begin(generator *g, ash_context *context, uint64_t seed);
void generator_end(generator *g);
/* A number from 0 to n - 1; true once in n times. */
int64_t random_below(generator *g, int64_t n);
int one_in(generator *g, int n);
/* A random expression of at most `depth` operations, as a position in g->all. Failed arrays are left for the caller to find. */
int random_expression(generator *g, int depth);

#endif
