#include "io/hdf5_groups.h"

#include "io/file.h"
#include "io/hdf5_recorder.h"

#include <string.h>

enum { GROUPS_DEEP_MAX = 64, GROUPS_MAX = 100000, NAMES_MAX = 10000, PATH_BYTES = 4096 };

/* What is known on the way. Iteration stops at FULL and NO_MEMORY. */
typedef struct walk {
    ash_name_list *names; /* NULL: only the groups are of interest */
    char path[PATH_BYTES];
    int64_t used; /* of the path */
    H5G_stat_t inside[GROUPS_DEEP_MAX];
    int deep, groups, tangled;
} walk;

enum { ONWARD, FULL, NO_MEMORY };

static int is_same(const H5G_stat_t *a, const H5G_stat_t *b) {
    return memcmp(a->fileno, b->fileno, sizeof a->fileno) == 0 && memcmp(a->objno, b->objno, sizeof a->objno) == 0;
}

static int is_inside(const walk *w, const H5G_stat_t *group) {
    for (int i = 0; i < w->deep; i++)
        if (is_same(&w->inside[i], group))
            return 1;
    return 0;
}

static herr_t visit(hid_t group, const char *name, const H5L_info_t *link, void *user);

static herr_t enter(hid_t group, const char *name, const H5G_stat_t *about, walk *w) {
    if (is_inside(w, about) || w->deep == GROUPS_DEEP_MAX || w->groups == GROUPS_MAX) {
        w->tangled = 1;
        return w->names ? ONWARD : FULL;
    }
    w->groups++;
    w->inside[w->deep++] = *about;
    herr_t result = H5Literate_by_name(group, name, H5_INDEX_NAME, H5_ITER_INC, NULL, visit, w, H5P_DEFAULT);
    w->deep--;
    return result;
}

/* What cannot be looked at, such as a link that leads nowhere, is left out. */
static herr_t visit(hid_t group, const char *name, const H5L_info_t *link, void *user) {
    walk *w = user;
    H5G_stat_t about;
    int64_t before = w->used, length = (int64_t)strlen(name);
    (void)link;
    if (H5Gget_objinfo(group, name, 1, &about) < 0 || before + length + 2 > PATH_BYTES)
        return ONWARD;
    memcpy(w->path + before, name, (size_t)length + 1);
    herr_t result = ONWARD;
    if (about.type == H5G_DATASET && w->names)
        result = w->names->count == NAMES_MAX ? FULL : ash_name_list_add(w->names, w->path) ? ONWARD : NO_MEMORY;
    if (about.type == H5G_GROUP) {
        memcpy(w->path + before + length, "/", 2);
        w->used = before + length + 1;
        result = enter(group, name, &about, w);
        w->used = before;
    }
    return result < 0 ? ONWARD : result;
}

static herr_t walk_file(hid_t file, walk *w) {
    H5G_stat_t root;
    return H5Gget_objinfo(file, "/", 1, &root) < 0 ? ONWARD : enter(file, "/", &root, w);
}

int ash_hdf5_list_datasets(hid_t file, ash_name_list *names) {
    walk w = { .names = names };
    return walk_file(file, &w) != NO_MEMORY;
}

int ash_hdf5_is_tree(hid_t file) {
    walk w = { .names = NULL };
    walk_file(file, &w);
    return !w.tangled;
}

ash_status ash_hdf5_check_heaps(const char *path, int fd, const char *function, ash_error_state *error) {
    ash_recording recording = { .fd = fd };
    hid_t file = ash_recorder_open(path, 0, &recording);
    if (file >= 0) {
        ash_hdf5_is_tree(file);
        H5Fclose(file);
    }
    return recording.endless
        ? ash_fail(error, ASH_ERR_FORMAT, "%s: %s: damaged HDF5 file (a heap of names is a ring or lies beyond its end)", function, path)
        : ASH_OK;
}
