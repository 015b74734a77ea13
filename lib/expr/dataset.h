/* Datasets: the contents of a file, or of several that are one. */
#ifndef ASH_EXPR_DATASET_H
#define ASH_EXPR_DATASET_H

#include "expr/builder.h"

#include <ashlar/dataset.h>

typedef struct ash_dataset_entry {
    char *path;
    ash_variable about; /* described, not opened */
    ash_variable_role role;
    char *refusal; /* why it cannot be opened although the first file has it; NULL: it can */
    ash_status refusal_status;
    const char *converted; /* the file in which its values are packed or timed otherwise than in the first; NULL: none is */
    int text_read;
    ash_name_list text;
} ash_dataset_entry;

typedef struct ash_dataset_content {
    ash_file *file;
    int64_t nfiles;
    const char **path; /* of the files, in the arena */
    int count;
    ash_dataset_entry *entry;
    ash_stored_dims dims;
    ash_name_list groups;
    ash_attrs **group_attrs; /* one a group */
    char *description;
    ash_arena arena;
} ash_dataset_content;

/* What an open file holds; the content's `file`. What was made is released by ash_dataset_content_free(), after a failure too. */
ash_status ash_dataset_content_read(ash_dataset_content *content, const char *function, ash_error_state *error);
void ash_dataset_content_free(ash_dataset_content *content);

/* The variable of a path, -1 if there is none; `n` bytes of it. */
int ash_dataset_entry_find(const ash_dataset_content *content, const char *path);
/* The variable that an attribute of `from` names: in its group, then in those around it. -1 if there is none. */
int ash_dataset_entry_named(const ash_dataset_content *content, const ash_dataset_entry *from, const char *name, int64_t length);
/* Marks a variable as one that cannot be opened; the first reason stays. 0 when out of memory. */
int ash_dataset_refuse(ash_dataset_entry *entry, const ash_error_state *why);

/* The content behind a handle; NULL with an error. */
ash_dataset_content *ash_dataset_resolve(ash_dataset dataset, const char *function, ash_error_state *error);

/* Makes the content's file of its `nfiles` paths, which are checked against the first one; sets the extents of what is joined. dataset_join.c */
void ash_dataset_join(ash_builder *builder, ash_dataset_content *content, const ash_dataset_options *options);
/* Puts the paths in the order of the first values of the coordinate `join`. dataset_sort.c */
void ash_dataset_sort_paths(ash_builder *builder, ash_dataset_content *content, const char *join);

#endif
