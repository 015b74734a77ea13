#include "io/journal.h"

#include "base/crc32c.h"
#include "base/memory.h"
#include "io/file.h"
#include "io/flat_write.h"
#include "io/permissions.h"

#include <ashlar/context.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SYNC_SECONDS = 5, PENDING_MOST = 1 << 12 };
static const int64_t SYNC_BYTES = 256 << 20;

typedef struct record {
    int32_t variable;
    uint32_t crc; /* of the chunk's bytes, here or where they have their place */
    int64_t chunk, offset, bytes;
    uint32_t unused;
    uint32_t check; /* of the record up to here */
} record;

static const char magic[16] = "ashlar journal 1";

typedef struct header {
    char magic[16];
    char version[16];
    uint64_t print[2];
    int64_t data_bytes; /* that the other file had from the start: one that has less was cut */
    uint32_t unused;
    uint32_t check;
} header;

typedef struct place {
    int64_t offset, bytes; /* bytes -1: not done */
    uint32_t crc;
} place;

struct ash_journal {
    char *path, *data_path;
    int fd, data;
    header header;
    int nvariables;
    int64_t *chunks;
    place **place; /* per variable and chunk */
    pthread_mutex_t lock;
    int64_t data_end, journal_end;
    record pending[PENDING_MOST];
    int npending;
    int64_t unsynced; /* bytes of pending records */
    time_t synced;
};

/* ---- Records ---- */

static uint32_t check_of(const record *r) {
    return ash_crc32c(0, r, (int64_t)offsetof(record, check));
}

static void keep(ash_journal *journal, const record *r) {
    if (r->variable >= 0 && r->variable < journal->nvariables && r->chunk >= 0 && r->chunk < journal->chunks[r->variable])
        journal->place[r->variable][r->chunk] = (place){ .offset = r->offset, .bytes = r->bytes, .crc = r->crc };
}

/* Whether what a record speaks of is in the other file. */
static int lies_within(const record *r, int64_t data_bytes) {
    return r->offset >= 0 && r->offset <= data_bytes && r->bytes >= 0 && r->bytes <= data_bytes - r->offset;
}

/* Records up to the first that is not whole, or that the other file was too short for, which is where the run ended. What is behind it goes: it must not come
 * back when both files have grown. 0 or an errno. */
static int read_records(ash_journal *journal, int64_t data_bytes) {
    record r;
    journal->journal_end = sizeof(header);
    ash_error_state ignored = { 0 };
    while (ash_read_bytes(journal->fd, &r, sizeof r, journal->journal_end, NULL, &ignored) == ASH_OK && r.check == check_of(&r) &&
        lies_within(&r, data_bytes)) {
        journal->journal_end += (int64_t)sizeof r;
        keep(journal, &r);
        if (r.offset + r.bytes > journal->data_end)
            journal->data_end = r.offset + r.bytes;
    }
    return ftruncate(journal->fd, journal->journal_end) == 0 ? 0 : errno;
}

static uint32_t header_check(const header *h) {
    return ash_crc32c(0, h, (int64_t)offsetof(header, check));
}

/* Whether the journal is of the same, and of the file that lies beside it. */
static int is_of_use(const ash_journal *journal, int64_t data_bytes) {
    header found;
    ash_error_state ignored = { 0 };
    return ash_read_bytes(journal->fd, &found, sizeof found, 0, NULL, &ignored) == ASH_OK && found.check == header_check(&found) &&
        memcmp(&found, &journal->header, offsetof(header, data_bytes)) == 0 && data_bytes >= found.data_bytes;
}

/* ---- Opening ---- */

static char *beside(const char *target, const char *suffix) {
    const char *base = strrchr(target, '/') + 1;
    int64_t bytes = (int64_t)(strlen(target) + strlen(suffix) + 2);
    char *path = ash_malloc(bytes);
    if (path)
        snprintf(path, (size_t)bytes, "%.*s.%s%s", (int)(base - target), target, base, suffix);
    return path;
}

static int make_places(ash_journal *journal, const ash_journal_key *key) {
    journal->nvariables = key->nvariables;
    journal->chunks = ash_calloc(key->nvariables + 1, sizeof *journal->chunks);
    journal->place = ash_calloc(key->nvariables + 1, sizeof *journal->place);
    if (!journal->chunks || !journal->place)
        return 0;
    for (int v = 0; v < key->nvariables; v++) {
        journal->chunks[v] = key->chunks[v];
        journal->place[v] = ash_calloc(key->chunks[v] + 1, sizeof **journal->place);
        if (!journal->place[v])
            return 0;
        for (int64_t k = 0; k < key->chunks[v]; k++)
            journal->place[v][k].bytes = -1;
    }
    return 1;
}

static void make_header(ash_journal *journal, const ash_journal_key *key) {
    memcpy(journal->header.magic, magic, sizeof journal->header.magic);
    snprintf(journal->header.version, sizeof journal->header.version, "%s", ash_version());
    memcpy(journal->header.print, key->print, sizeof key->print);
}

static ash_status fail_path(const char *function, const char *path, int reason, ash_error_state *error) {
    return ash_fail(error, reason == ENOMEM ? ASH_ERR_MEMORY : ASH_ERR_IO, "%s: %s: %s", function, path, strerror(reason));
}

static ash_status open_files(
    ash_journal *journal, const char *target, const char *function, const char *path, int *found, ash_error_state *error) {
    struct stat about;
    journal->fd = open(journal->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (journal->fd < 0)
        return fail_path(function, journal->path, errno, error);
    if (flock(journal->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return ash_fail(error, ASH_ERR_IO, "%s: %s: another run is writing this file (it holds %s)", function, path, journal->path);
    if (fstat(journal->fd, &about) != 0 || about.st_nlink == 0) /* the run that held it has just removed it */
        return ash_fail(error, ASH_ERR_IO, "%s: %s: another run was writing this file; try again", function, path);
    journal->data = open(journal->data_path, O_RDWR | O_CREAT | O_CLOEXEC, ash_mode_for(target, 0666));
    if (journal->data < 0) {
        int reason = errno;
        if (about.st_size == 0)
            unlink(journal->path);
        return fail_path(function, journal->data_path, reason, error);
    }
    if (fstat(journal->data, &about) != 0)
        return fail_path(function, journal->data_path, errno, error);
    *found = is_of_use(journal, about.st_size);
    int reason = *found ? read_records(journal, about.st_size) : ash_journal_restart(journal);
    return reason == 0 ? ASH_OK : fail_path(function, journal->data_path, reason, error);
}

ash_journal *ash_journal_open(
    const char *target, const ash_journal_key *key, const char *function, const char *path, int *found, ash_error_state *error) {
    ash_journal *journal = ash_calloc(1, sizeof *journal);
    if (!journal) {
        ash_fail_memory(error, function, sizeof *journal);
        return NULL;
    }
    journal->fd = journal->data = -1;
    journal->synced = time(NULL);
    pthread_mutex_init(&journal->lock, NULL);
    make_header(journal, key);
    journal->path = beside(target, ".resume");
    journal->data_path = beside(target, ".resume.data");
    if (!journal->path || !journal->data_path || !make_places(journal, key))
        ash_fail_memory(error, function, sizeof(place));
    else if (open_files(journal, target, function, path, found, error) == ASH_OK)
        return journal;
    ash_journal_close(journal);
    return NULL;
}

int ash_journal_data(const ash_journal *journal) {
    return journal->data;
}

const char *ash_journal_data_path(const ash_journal *journal) {
    return journal->data_path;
}

int ash_journal_restart(ash_journal *journal) {
    for (int v = 0; v < journal->nvariables; v++)
        for (int64_t k = 0; k < journal->chunks[v]; k++)
            journal->place[v][k].bytes = -1;
    journal->data_end = 0;
    journal->journal_end = sizeof(header);
    /* Durable before anything is written: records that come back with the power must not speak of other data. */
    return ftruncate(journal->fd, 0) == 0 && fdatasync(journal->fd) == 0 && ftruncate(journal->data, 0) == 0 ? 0 : errno;
}

int ash_journal_start(ash_journal *journal) {
    struct stat about;
    if (fdatasync(journal->data) != 0 || fstat(journal->data, &about) != 0)
        return errno;
    journal->header.data_bytes = about.st_size;
    journal->header.check = header_check(&journal->header);
    int reason = ash_write_bytes(journal->fd, &journal->header, sizeof journal->header, 0);
    return reason != 0 ? reason : fdatasync(journal->fd) == 0 ? 0 : errno;
}

/* ---- At work ---- */

int64_t ash_journal_chunks(const ash_journal *journal, int variable) {
    return journal->chunks[variable];
}

int64_t ash_journal_need(const ash_journal_key *key) {
    int64_t bytes = (int64_t)sizeof(ash_journal);
    for (int v = 0; v < key->nvariables; v++)
        bytes += key->chunks[v] * (int64_t)sizeof(place);
    return bytes;
}

int ash_journal_is_empty(const ash_journal *journal) {
    return journal->journal_end <= (int64_t)sizeof(header) && journal->npending == 0;
}

int ash_journal_has(const ash_journal *journal, int variable, int64_t chunk) {
    return chunk < journal->chunks[variable] && __atomic_load_n(&journal->place[variable][chunk].bytes, __ATOMIC_ACQUIRE) >= 0;
}

int ash_journal_append(ash_journal *journal, const void *bytes, int64_t n, int64_t *offset) {
    pthread_mutex_lock(&journal->lock);
    *offset = journal->data_end;
    journal->data_end += n;
    pthread_mutex_unlock(&journal->lock);
    return ash_write_bytes(journal->data, bytes, n, *offset);
}

/* Data first, then the records that speak of them. Under the lock. */
static int sync_pending(ash_journal *journal) {
    int64_t bytes = journal->npending * (int64_t)sizeof(record);
    if (journal->npending == 0)
        return 0;
    if (fdatasync(journal->data) != 0)
        return errno;
    int reason = ash_write_bytes(journal->fd, journal->pending, bytes, journal->journal_end);
    if (reason == 0 && fdatasync(journal->fd) != 0)
        reason = errno;
    journal->journal_end += reason == 0 ? bytes : 0;
    journal->npending = 0;
    journal->unsynced = 0;
    journal->synced = time(NULL);
    return reason;
}

int ash_journal_add(ash_journal *journal, int variable, int64_t chunk, int64_t offset, int64_t n, uint32_t crc) {
    record r = { .variable = variable, .crc = crc, .chunk = chunk, .offset = offset, .bytes = n };
    int reason = 0;
    r.check = check_of(&r);
    pthread_mutex_lock(&journal->lock);
    journal->pending[journal->npending++] = r;
    journal->unsynced += n;
    place *at = &journal->place[variable][chunk];
    at->offset = offset;
    at->crc = crc;
    __atomic_store_n(&at->bytes, n, __ATOMIC_RELEASE);
    if (journal->npending == PENDING_MOST || journal->unsynced >= SYNC_BYTES || time(NULL) - journal->synced >= SYNC_SECONDS)
        reason = sync_pending(journal);
    pthread_mutex_unlock(&journal->lock);
    return reason;
}

int ash_journal_sync(ash_journal *journal) {
    pthread_mutex_lock(&journal->lock);
    int reason = sync_pending(journal);
    pthread_mutex_unlock(&journal->lock);
    return reason;
}

void ash_journal_forget(ash_journal *journal, int variable, int64_t chunk) {
    journal->place[variable][chunk].bytes = -1;
}

void ash_journal_find(const ash_journal *journal, int variable, int64_t chunk, int64_t *offset, int64_t *n, uint32_t *crc) {
    const place *at = &journal->place[variable][chunk];
    *offset = at->offset;
    *n = at->bytes;
    *crc = at->crc;
}

/* ---- The end ---- */

void ash_journal_close(ash_journal *journal) {
    if (!journal)
        return;
    if (journal->data >= 0)
        close(journal->data);
    if (journal->fd >= 0)
        close(journal->fd);
    for (int v = 0; journal->place && v < journal->nvariables; v++)
        ash_free(journal->place[v]);
    ash_free(journal->place);
    ash_free(journal->chunks);
    ash_free(journal->path);
    ash_free(journal->data_path);
    pthread_mutex_destroy(&journal->lock);
    ash_free(journal);
}

/* Whether `fd` is the file under the path, and a journal or the empty beginning of one. */
static int is_journal(int fd, const char *path) {
    struct stat about, named;
    header found;
    ash_error_state ignored = { 0 };
    if (fstat(fd, &about) != 0 || lstat(path, &named) != 0 || about.st_dev != named.st_dev || about.st_ino != named.st_ino)
        return 0;
    return about.st_size == 0 ||
        (ash_read_bytes(fd, &found, sizeof found, 0, NULL, &ignored) == ASH_OK && memcmp(found.magic, magic, sizeof found.magic) == 0);
}

void ash_journal_remove_stale(const char *target) {
    char *path = beside(target, ".resume"), *data_path = beside(target, ".resume.data");
    int fd = path && data_path ? open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && is_journal(fd, path)) {
        unlink(data_path);
        unlink(path);
    }
    if (fd >= 0)
        close(fd);
    ash_free(path);
    ash_free(data_path);
}

void ash_journal_remove(ash_journal *journal, int keep_data) {
    if (!keep_data)
        unlink(journal->data_path);
    unlink(journal->path); /* last, and while it is locked: whoever finds no journal finds no data either */
    ash_journal_close(journal);
}
