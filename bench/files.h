/* Files of a case: in a folder of their own, removed however the program ends. */
#ifndef BENCH_FILES_H
#define BENCH_FILES_H

#include <stdbool.h>

enum { BENCH_FILES_MOST = 4 };

/* Makes the folder (in TMPDIR, or /tmp) and chooses paths of files in it. */
bool bench_files_begin(const char *of, int n, const char *const name[]);
const char *bench_file(int k);
void bench_files_end(void);

#endif
