/* Journals of resumed writes: the input is one, beside a file of some size. What is believed of it lies within that file; what is not is begun anew, and the
 * journal works on. Checksums would keep fuzzing out, so they are made right where the first byte asks for it. */
#include "fuzz.h"

#include "base/crc32c.h"
#include "io/journal.h"

#include <ashlar/context.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As in io/journal.c: the header's magic, version and print stand before the size of the file, checksums at the end. */
enum {
    HEADER_BYTES = 64,
    HEADER_KEY = 48,
    VERSION_AT = 16,
    PRINT_AT = 32,
    RECORD_BYTES = 40,
    CHECK_BYTES = 4,
    UNIT = 16,
    JOURNAL_MOST = 4096
};
enum { MEND_HEADER = 1, MEND_RECORDS = 2 };

static const int64_t chunks[] = { 3, 0, 20 };
static const ash_journal_key key = { .print = { 1, 2 }, .nvariables = 3, .chunks = chunks };
static char target[64], journal_path[96], data_path[96];

static void remove_files(void) {
    unlink(journal_path);
    unlink(data_path);
    *strrchr(target, '/') = '\0';
    rmdir(target);
}

static void make_folder(void) {
    strcpy(target, "/tmp/ashlar-journal-XXXXXX");
    fuzz_must(mkdtemp(target) != NULL, "no folder can be made");
    snprintf(journal_path, sizeof journal_path, "%s/.t.resume", target);
    snprintf(data_path, sizeof data_path, "%s/.t.resume.data", target);
    strcat(target, "/t");
    atexit(remove_files);
}

static void write_file(const char *path, const void *bytes, size_t n, int64_t size) {
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    fuzz_must(fd >= 0 && write(fd, bytes, n) == (ssize_t)n && ftruncate(fd, size) == 0, "a file cannot be written");
    close(fd);
}

static void mend(uint8_t *bytes, size_t n, int what) {
    for (size_t at = 0; at + (at == 0 ? HEADER_BYTES : RECORD_BYTES) <= n; at += at == 0 ? HEADER_BYTES : RECORD_BYTES) {
        size_t checked = (at == 0 ? HEADER_BYTES : RECORD_BYTES) - CHECK_BYTES;
        if (at == 0 && what & MEND_HEADER) {
            memset(bytes, 0, HEADER_KEY);
            memcpy(bytes, "ashlar journal 1", VERSION_AT);
            strcpy((char *)bytes + VERSION_AT, ash_version());
            memcpy(bytes + PRINT_AT, key.print, sizeof key.print);
        }
        uint32_t check = ash_crc32c(0, bytes + at, (int64_t)checked);
        if (what & (at == 0 ? MEND_HEADER : MEND_RECORDS))
            memcpy(bytes + at + checked, &check, sizeof check);
    }
}

static ash_journal *open_journal(int *found) {
    ash_error_state error = { 0 };
    ash_journal *journal = ash_journal_open(target, &key, "write", target, found, &error);
    fuzz_must(journal != NULL, "a journal cannot be opened");
    return journal;
}

/* How many chunks are said to be done. */
static int count_done(const ash_journal *journal, int64_t data_bytes) {
    int done = 0;
    for (int v = 0; v < key.nvariables; v++)
        for (int64_t c = 0; c < chunks[v] + 2; c++) {
            int64_t offset, n;
            uint32_t crc;
            if (!ash_journal_has(journal, v, c))
                continue;
            ash_journal_find(journal, v, c, &offset, &n, &crc);
            fuzz_must(c < chunks[v], "a chunk is done that there is not");
            fuzz_must(offset >= 0 && n >= 0 && offset <= data_bytes && n <= data_bytes - offset, "a chunk lies outside the file");
            done++;
        }
    return done;
}

/* A chunk more is there the next time, and nothing else. */
static void go_on(ash_journal *journal, int found, int done, int64_t data_bytes) {
    int64_t offset;
    int more = !ash_journal_has(journal, 2, 7), again;
    fuzz_must(found || ash_journal_start(journal) == 0, "a journal cannot be started");
    fuzz_must(ash_journal_append(journal, "chunk", 5, &offset) == 0 && offset >= 0 && offset <= data_bytes,
        "a chunk has no place behind the others");
    fuzz_must(ash_journal_add(journal, 2, 7, offset, 5, ash_crc32c(0, "chunk", 5)) == 0 && ash_journal_sync(journal) == 0,
        "a chunk is not recorded");
    ash_journal_close(journal);
    journal = open_journal(&again);
    fuzz_must(again && count_done(journal, data_bytes + 5) == done + more, "a journal that was gone on with is another");
    ash_journal_close(journal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t journal_bytes[JOURNAL_MOST] = { 0 };
    int found = 0;
    if (size < 2 || size - 2 > JOURNAL_MOST)
        return 0;
    if (target[0] == '\0')
        make_folder();
    int64_t data_bytes = data[1] * UNIT;
    memcpy(journal_bytes, data + 2, size - 2);
    mend(journal_bytes, size - 2, data[0]);
    write_file(journal_path, journal_bytes, size - 2, (int64_t)size - 2);
    write_file(data_path, "", 0, data_bytes);
    ash_journal *journal = open_journal(&found);
    int done = count_done(journal, data_bytes);
    fuzz_must(found || done == 0, "a journal of no use says that chunks are done");
    fuzz_must(found || lseek(ash_journal_data(journal), 0, SEEK_END) == 0, "what a journal of no use speaks of is kept");
    go_on(journal, found, done, data_bytes);
    return 0;
}
