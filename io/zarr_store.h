/* What a store must hold to be one of Zarr. Known without a JSON reader. */
#ifndef ASH_IO_ZARR_STORE_H
#define ASH_IO_ZARR_STORE_H

#include "io/store.h"

int ash_zarr_recognise(const char *path, const unsigned char *head, int64_t n);
/* 2 or 3, by the names of the metadata at the top; 0 if there are none. */
int ash_zarr_version(const ash_store *store);

#endif
