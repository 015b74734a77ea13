/* What the storage tests share. */
#ifndef ASH_TEST_IO_SUPPORT_H
#define ASH_TEST_IO_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/io.h"

/* A folder of this process for generated files, and paths in it (static buffers, four at a time). */
int make_folder(void **state);
int remove_folder(void **state);
const char *in_folder(const char *name);
int entries_in_folder(void);
/* The folder with the shared test data, NULL if it is absent. */
const char *data_folder(void);

void write_bytes(const char *path, const void *bytes, int64_t n);
void *read_bytes(const char *path, int64_t *n);
void copy_cut(const char *from, const char *to, int64_t n);

/* Fails the test with the NetCDF error. */
void nc_must(int result);
/* Fails with the sentence unless ASH_OK. */
void must(const ash_error_state *error);
/* Asserts that the error's sentence holds all the words, ended by NULL. */
void assert_says(const ash_error_state *error, ash_status status, ...);

/* Opens a file, finds a variable; fails with the sentence if that cannot be. */
ash_file *open_file(const char *path);
const ash_variable *find_variable(ash_file *file, const char *name);
/* Asserts that there is no opening it, with a sentence that holds both words. */
void refuse_open(const char *path, ash_status status, const char *a, const char *b);
void refuse_variable(ash_file *file, const char *name, ash_status status, const char *a, const char *b);

uint64_t next_random(uint64_t *state);
int64_t random_below(uint64_t *state, int64_t n);
int64_t element_count(int ndim, const int64_t shape[]);
/* A random box within a shape; steps up to `max_step`. */
void random_box(uint64_t *random, int ndim, const int64_t shape[], int64_t max_step, int64_t start[], int64_t extent[], int64_t step[]);
/* Cuts a box out of a whole array in memory, element by element. */
void slice(const void *whole, int ndim, const int64_t shape[], int64_t size, const int64_t start[], const int64_t extent[],
    const int64_t step[], void *out);
/* ash_file_read() with a scratch of its own. */
ash_status read_box(ash_file *file, const ash_variable *variable, const int64_t start[], const int64_t extent[], const int64_t step[],
    void *buffer, ash_error_state *error);
/* Reads `rounds` random boxes and compares with the whole array. */
void check_boxes(ash_file *file, const ash_variable *variable, const void *whole, int rounds, uint64_t seed);

#endif
