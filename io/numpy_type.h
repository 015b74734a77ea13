/* Types as NumPy writes them: "<f4", "|b1", ">c16". */
#ifndef ASH_IO_NUMPY_TYPE_H
#define ASH_IO_NUMPY_TYPE_H

#include <ashlar/array.h>

/* Sets the dtype, and whether numbers are stored in the other byte order. Returns NULL, or words for a type that is no dtype: "text", "float16". */
const char *ash_numpy_type(const char *text, ash_dtype *dtype, int *swap);
/* Writes the type of a dtype, "<f4", into room for 8 characters, which is returned. */
const char *ash_numpy_type_print(ash_dtype dtype, int swap, char text[8]);

#endif
