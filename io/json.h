/* JSON, read by json-c: the one place that knows its parser. Python writes NaN and Infinity, which are no JSON, and numbers up to 64 bits without a
 * sign; json-c reads both. */
#ifndef ASH_IO_JSON_H
#define ASH_IO_JSON_H

#include "base/error.h"

#include <stdint.h>

#include <json-c/json.h>

typedef struct json_object ash_json;

/* Reads a text into an object, for json_object_put(). On failure NULL, and what is wrong with the text in `error`. */
ash_json *ash_json_parse(const char *text, int64_t bytes, ash_error_state *error);
/* The value of a key, NULL if there is none, if it is null, or if `object` is no object. */
ash_json *ash_json_get(const ash_json *object, const char *key);
/* The value of a key if it is text, else NULL. */
const char *ash_json_text(const ash_json *object, const char *key);
/* "a number", "a list": for sentences. */
const char *ash_json_words(const ash_json *value);

#endif
