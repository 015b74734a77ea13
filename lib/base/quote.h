/* Names of any bytes inside JSON, HTML, DOT, and on a terminal. What is no UTF-8 is taken as Latin-1. */
#ifndef ASH_BASE_QUOTE_H
#define ASH_BASE_QUOTE_H

#include "base/growing.h"

/* A JSON text with all that is not ASCII as \u escapes. */
void ash_json_escape(ash_growing *text, const char *json, int64_t n);
/* Bytes as a JSON string, in quotes, of ASCII alone. */
void ash_json_quote(ash_growing *text, const char *bytes, int64_t n);
/* UTF-8 without control characters, which are written as \x1b. NULL adds nothing. */
void ash_say_plain(ash_growing *text, const char *bytes);
void ash_say_html(ash_growing *text, const char *bytes); /* also within attributes in quotes */
void ash_say_dot(ash_growing *text, const char *bytes);  /* between the quotes of a label */

#endif
