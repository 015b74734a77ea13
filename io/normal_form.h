/* Unicode's normal form C, in which NetCDF-C keeps names: "é" is one letter and not two. */
#ifndef ASH_IO_NORMAL_FORM_H
#define ASH_IO_NORMAL_FORM_H

#include "io/file.h"

/* Whether a name may have others: it is not of ASCII characters alone. */
int ash_has_normal_forms(const char *name);
/* The one of the names that is `wanted`, or the only one that is but for its normal form; NULL if there is none. */
const char *ash_same_normal_form(const ash_name_list *names, const char *wanted);

#endif
