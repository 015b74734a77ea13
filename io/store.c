#include "io/store.h"

#include "base/memory.h"
#include "io/crc32.h"
#include "io/flat_read.h"
#include "io/zip.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_BYTES = 4096, GROUPS_DEEP_MAX = 32, NAMES_MAX = 10000 };

struct ash_store {
    int folder; /* descriptor, -1 for an archive */
    ash_zip zip;
    int64_t prefix_bytes; /* what all names of the archive begin with: those of its first member */
    int deflates;
};

int ash_store_is_key(const char *text) {
    for (const char *part = text;; part++) {
        const char *end = strchrnul(part, '/');
        if (end == part || (part[0] == '.' && (end - part == 1 || (end - part == 2 && part[1] == '.'))))
            return 0;
        if (!*end)
            return end - text < KEY_BYTES / 2;
        part = end;
    }
}

/* ---- Opening ---- */

/* The folder that all members are in, if there is one. */
static void find_prefix(ash_store *store) {
    const ash_zip *zip = &store->zip;
    const char *slash = zip->count > 0 ? memchr(zip->member[0].name, '/', (size_t)zip->member[0].name_bytes) : NULL;
    int64_t bytes = slash ? slash + 1 - zip->member[0].name : 0;
    for (int64_t i = 0; i < zip->count; i++) {
        const ash_zip_member *member = &zip->member[i];
        store->deflates |= member->method == ASH_ZIP_DEFLATED;
        if (member->name_bytes < bytes || memcmp(member->name, zip->member[0].name, (size_t)bytes) != 0)
            bytes = 0;
    }
    store->prefix_bytes = bytes;
}

ash_store *ash_store_open(const char *path, int fd, int64_t size, const char *function, ash_error_state *error) {
    ash_error_state reason = { 0 };
    ash_store *store = ash_calloc(1, sizeof *store);
    if (!store) {
        ash_fail_memory(error, function, sizeof *store);
        return NULL;
    }
    store->folder = store->zip.fd = -1;
    if (fd < 0) {
        store->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (store->folder >= 0)
            return store;
        ash_fail(&reason, ASH_ERR_IO, "%s", strerror(errno));
    } else if (ash_zip_open(fd, size, &store->zip, &reason) == ASH_OK) {
        find_prefix(store);
        return store;
    }
    ash_free(store);
    ash_fail(error, reason.status, "%s: %s: %s", function, path, reason.text);
    return NULL;
}

void ash_store_close(ash_store *store) {
    if (!store)
        return;
    if (store->folder >= 0)
        close(store->folder);
    else
        ash_zip_close(&store->zip);
    ash_free(store);
}

int ash_store_deflates(const ash_store *store) {
    return store->deflates;
}

/* ---- Values ---- */

static ash_status find_file(const ash_store *store, const char *key, ash_chunk_place *place, ash_error_state *error) {
    struct stat about;
    int fd = openat(store->folder, key, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not make us wait */
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? ASH_OK : ash_fail(error, ASH_ERR_IO, "%s: %s", key, strerror(errno));
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        close(fd);
        return ash_fail(error, ASH_ERR_FORMAT, "%s is not a regular file", key);
    }
    *place = (ash_chunk_place){ .fd = fd, .own = 1, .chunk.bytes = about.st_size };
    return ASH_OK;
}

static const ash_zip_member *member_of(const ash_store *store, const char *key) {
    char name[2 * KEY_BYTES];
    int64_t bytes = (int64_t)strlen(key);
    if (store->prefix_bytes + bytes > (int64_t)sizeof name)
        return NULL;
    if (store->prefix_bytes > 0)
        memcpy(name, store->zip.member[0].name, (size_t)store->prefix_bytes);
    memcpy(name + store->prefix_bytes, key, (size_t)bytes);
    return ash_zip_find(&store->zip, name, store->prefix_bytes + bytes);
}

static ash_status find_member(const ash_store *store, const char *key, ash_chunk_place *place, int *deflated, ash_error_state *error) {
    const ash_zip_member *member = member_of(store, key);
    if (!member)
        return ASH_OK;
    if (member->encrypted)
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "member '%s' of the archive is encrypted", key);
    if (member->method != ASH_ZIP_STORED && member->method != ASH_ZIP_DEFLATED)
        return ash_fail(error, ASH_ERR_UNSUPPORTED,
            "member '%s' of the archive is compressed by method %d, expected 0 (stored) or 8 (deflated)", key, member->method);
    ash_status status = ash_zip_locate(&store->zip, member, &place->chunk.address, error);
    place->fd = store->zip.fd;
    place->chunk.bytes = member->bytes;
    *deflated = member->method == ASH_ZIP_DEFLATED;
    place->member = *deflated ? NULL : member;
    return status;
}

ash_status ash_store_find(const ash_store *store, const char *key, ash_chunk_place *place, int *deflated, ash_error_state *error) {
    *place = (ash_chunk_place){ .fd = -1, .chunk.address = -1 };
    *deflated = 0;
    return store->folder >= 0 ? find_file(store, key, place, error) : find_member(store, key, place, deflated, error);
}

/* Inflates a text whose length the archive says, which may be wrong. */
static ash_status inflate(char **text, int64_t stored, int64_t bytes, ash_error_state *error) {
    const ash_filter filter = { .id = ASH_FILTER_RAW_DEFLATE };
    const ash_codec *codec = ash_codec_find(ASH_FILTER_RAW_DEFLATE);
    char *out = ash_malloc(bytes + 1);
    int64_t written = 0;
    const char *wrong = codec->decode ? NULL : "it is deflated, which needs libdeflate, and this library was built without it";
    if (!out)
        return ash_fail_memory(error, "open", bytes);
    if (!wrong)
        wrong = codec->decode(&filter, (const unsigned char *)*text, stored, (unsigned char *)out, bytes, &written);
    if (!wrong && written != bytes)
        wrong = "it is not as long as the directory says";
    ash_free(*text);
    *text = out;
    return wrong ? ash_fail(error, ASH_ERR_FORMAT, "%s", wrong) : ASH_OK;
}

ash_status ash_store_get(const ash_store *store, const char *key, int64_t most, char **text, int64_t *bytes, ash_error_state *error) {
    ash_chunk_place place;
    int deflated;
    *text = NULL;
    *bytes = 0;
    ash_status status = ash_store_find(store, key, &place, &deflated, error);
    if (status != ASH_OK || place.chunk.address < 0)
        return status;
    int64_t stored = place.chunk.bytes;
    *bytes = deflated ? member_of(store, key)->size : stored;
    if (stored > most || *bytes > most)
        status = ash_fail(error, ASH_ERR_FORMAT, "%s has %lld bytes, expected at most %lld", key, (long long)*bytes, (long long)most);
    if (status == ASH_OK && !(*text = ash_malloc(stored + 1)))
        status = ash_fail_memory(error, "open", stored + 1);
    if (status == ASH_OK)
        status = ash_read_bytes(place.fd, *text, stored, place.chunk.address, NULL, error);
    if (place.own)
        close(place.fd);
    if (status == ASH_OK && deflated)
        status = inflate(text, stored, *bytes, error);
    if (status == ASH_OK && store->folder < 0)
        status = ash_zip_check(member_of(store, key), ash_crc32(0, *text, *bytes), error);
    if (status != ASH_OK) {
        ash_free(*text);
        *text = NULL;
        return status;
    }
    (*text)[*bytes] = '\0';
    return ASH_OK;
}

int ash_store_has(const ash_store *store, const char *key) {
    return store->folder >= 0 ? faccessat(store->folder, key, F_OK, 0) == 0 : member_of(store, key) != NULL;
}

struct timespec ash_store_changed(const ash_store *store, const char *key) {
    struct stat about;
    return store->folder >= 0 && fstatat(store->folder, key, &about, 0) == 0 ? about.st_mtim : (struct timespec){ 0 };
}

/* ---- Listing ---- */

/* "folder/name", or the name alone. 0 if that is too long. */
static int join(char key[KEY_BYTES], const char *folder, const char *name) {
    return snprintf(key, KEY_BYTES, "%s%s%s", folder, *folder ? "/" : "", name) < KEY_BYTES;
}

/* Adds `folder` if it is marked, and goes on below it if it is a group. 0 when out of memory. */
static int list_folder(
    const ash_store *store, const char *folder, const char *mark, const char *group_mark, int deep, ash_name_list *folders) {
    char key[KEY_BYTES];
    int kept = 1;
    if (folders->count >= NAMES_MAX)
        return 1;
    if (join(key, folder, mark) && ash_store_has(store, key))
        kept = ash_name_list_add(folders, folder);
    if (!kept || deep >= GROUPS_DEEP_MAX || !join(key, folder, group_mark) || !ash_store_has(store, key))
        return kept;
    int fd = openat(store->folder, *folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    if (!stream && fd >= 0)
        close(fd);
    for (struct dirent *entry; kept && stream && (entry = readdir(stream));)
        if (entry->d_name[0] != '.' && entry->d_type != DT_REG && join(key, folder, entry->d_name))
            kept = list_folder(store, key, mark, group_mark, deep + 1, folders);
    if (stream)
        closedir(stream);
    return kept;
}

static int list_members(const ash_store *store, const char *mark, ash_name_list *folders) {
    int64_t mark_bytes = (int64_t)strlen(mark);
    for (int64_t i = 0; i < store->zip.count && folders->count < NAMES_MAX; i++) {
        const char *name = store->zip.member[i].name + store->prefix_bytes;
        int64_t bytes = store->zip.member[i].name_bytes - store->prefix_bytes, folder = bytes - mark_bytes;
        if (folder < 0 || memcmp(name + folder, mark, (size_t)mark_bytes) != 0 || (folder > 0 && name[folder - 1] != '/'))
            continue;
        char *copy = ash_text_copy(name, folder > 0 ? folder - 1 : 0);
        int kept = copy && ash_name_list_add(folders, copy);
        ash_free(copy);
        if (!kept)
            return 0;
    }
    return 1;
}

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

ash_status ash_store_list(
    const ash_store *store, const char *mark, const char *group_mark, ash_name_list *folders, ash_error_state *error) {
    int kept = store->folder >= 0 ? list_folder(store, "", mark, group_mark, 0, folders) : list_members(store, mark, folders);
    if (!kept)
        return ash_fail_memory(error, "open", KEY_BYTES);
    if (folders->count > 0)
        qsort(folders->name, (size_t)folders->count, sizeof *folders->name, compare_texts);
    return ASH_OK;
}
