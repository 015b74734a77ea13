/* Runs a fuzz target on files and on those of folders, with any compiler. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int inputs;

static void run_file(const char *path, size_t size) {
    FILE *stream = fopen(path, "rb");
    uint8_t *data = malloc(size + 1);
    if (!stream || !data || fread(data, 1, size, stream) != size) {
        fprintf(stderr, "run_corpus: %s cannot be read\n", path);
        exit(1);
    }
    fclose(stream);
    uint8_t *exact = realloc(data, size ? size : 1); /* sanitizers see reads behind its end */
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    inputs++;
}

static void run(const char *path) {
    struct stat about;
    if (stat(path, &about) != 0)
        return;
    if (!S_ISDIR(about.st_mode)) {
        run_file(path, (size_t)about.st_size);
        return;
    }
    DIR *stream = opendir(path);
    for (struct dirent *entry; stream && (entry = readdir(stream));) {
        char inner[4096];
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            run(inner);
    }
    if (stream)
        closedir(stream);
}

int main(int argc, char *argv[]) {
    for (int i = 1; i < argc; i++)
        run(argv[i]);
    printf("%d inputs\n", inputs);
    return inputs > 0 ? 0 : 1;
}
