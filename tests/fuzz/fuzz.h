/* What the fuzz targets share. A target is one function over bytes, in the form that libFuzzer calls; run_corpus.c calls it for files. */
#ifndef ASH_FUZZ_H
#define ASH_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file with these bytes, in memory where there is a place for it; the same one at every call. Returns its descriptor. */
int fuzz_memory_file(const uint8_t *data, size_t size);
/* Opens the bytes as a file and reads some of every variable, as a user's program would. */
void fuzz_read_file(const uint8_t *data, size_t size);
/* Ends the program with a sentence: a property that must hold does not. */
void fuzz_must(int holds, const char *what);

#endif
