/* Files in memory, and reading them. */
#include "fuzz.h"

#include "io/file.h"
#include "io/hdf5_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES_MOST = 32, ELEMENTS_MOST = 4096, SCRATCH_MOST = 64 << 20 };

void fuzz_must(int holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

static char path[64];

static void remove_file(void) {
    unlink(path);
}

/* In a file system in memory where there is one. HDF5 wants a path that it can resolve, so it is no file without a name. */
static int make_file(void) {
    int fd = -1;
    for (int i = 0; i < 2 && fd < 0; i++) {
        strcpy(path, i ? "/tmp/ashlar-fuzz-XXXXXX" : "/dev/shm/ashlar-fuzz-XXXXXX");
        fd = mkstemp(path);
    }
    atexit(remove_file);
    return fd;
}

int fuzz_memory_file(const uint8_t *data, size_t size) {
    static int fd = -1;
    if (fd < 0)
        fd = make_file();
    fuzz_must(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size, "a file in memory cannot be made");
    return fd;
}

/* Every element of a small variable; of a large one the first and the last. */
static void read_variable(ash_file *file, const ash_variable *variable, ash_read_scratch *scratch) {
    static double buffer[2 * ELEMENTS_MOST]; /* complex ones are the largest */
    int64_t start[ASH_MAX_NDIM], extent[ASH_MAX_NDIM], step[ASH_MAX_NDIM], elements = 1;
    ash_error_state error = { 0 };
    ash_read_need need = ash_file_read_need(file, variable);
    if (need.library > SCRATCH_MOST || need.scratch > SCRATCH_MOST) /* a plan with a limit would be refused */
        return;
    for (int a = 0; a < variable->ndim; a++) {
        start[a] = 0;
        step[a] = elements > 0 && variable->shape[a] <= ELEMENTS_MOST / elements ? 1 : variable->shape[a] - 1;
        extent[a] = step[a] == 1 ? variable->shape[a] : elements <= ELEMENTS_MOST / 2 ? 2 : 1;
        step[a] = step[a] < 1 ? 1 : step[a];
        elements *= extent[a];
    }
    ash_status status = ash_file_read(file, variable, start, extent, step, buffer, scratch, &error);
    fuzz_must(status == error.status && (status == ASH_OK || error.text[0] != '\0'), "a failed read says nothing");
    for (int a = 0; a < variable->ndim; a++)
        ash_file_coordinate(file, variable, a, &error);
}

void fuzz_read_file(const uint8_t *data, size_t size) {
    ash_error_state error = { 0 };
    ash_name_list names = { 0 };
    ash_read_scratch scratch = { 0 };
    ash_hdf5_small_bytes = 0;
    fuzz_memory_file(data, size);
    ash_file *file = ash_file_open(path, "open", &error);
    fuzz_must(file || error.text[0] != '\0', "a failed open says nothing");
    if (!file)
        return;
    file->driver->list(file, &names, &error);
    for (int i = 0; i < names.count && i < NAMES_MOST; i++) {
        ash_error_state refused = { 0 };
        const ash_variable *variable = ash_file_variable(file, names.name[i], "open", &refused);
        fuzz_must(variable || refused.text[0] != '\0', "a refused variable says nothing");
        if (variable)
            read_variable(file, variable, &scratch);
    }
    ash_name_list_free(&names);
    ash_read_scratch_free(&scratch);
    ash_file_release(file);
}
