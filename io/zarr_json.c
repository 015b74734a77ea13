#include "io/json.h"

enum { DEEP_MAX = 64 };

ash_json *ash_json_parse(const char *text, int64_t bytes, ash_error_state *error) {
    struct json_tokener *reader = bytes < INT32_MAX ? json_tokener_new_ex(DEEP_MAX) : NULL;
    if (!reader) {
        ash_fail_memory(error, "open", bytes);
        return NULL;
    }
    ash_json *value = json_tokener_parse_ex(reader, text, (int)bytes + 1); /* with its end, so that a number may be last */
    enum json_tokener_error wrong = json_tokener_get_error(reader);
    size_t end = json_tokener_get_parse_end(reader);
    while (end < (size_t)bytes && (text[end] == ' ' || (text[end] >= '\t' && text[end] <= '\r')))
        end++;
    if (wrong != json_tokener_success)
        ash_fail(error, ASH_ERR_FORMAT, "no JSON: %s at byte %lld", json_tokener_error_desc(wrong), (long long)end);
    else if (end < (size_t)bytes)
        ash_fail(error, ASH_ERR_FORMAT, "no JSON: there is more behind its end at byte %lld", (long long)end);
    else if (!json_object_is_type(value, json_type_object))
        ash_fail(error, ASH_ERR_FORMAT, "it is %s, expected a JSON object", ash_json_words(value));
    json_tokener_free(reader);
    if (error->status == ASH_OK)
        return value;
    json_object_put(value);
    return NULL;
}

ash_json *ash_json_get(const ash_json *object, const char *key) {
    ash_json *value = NULL;
    return json_object_is_type(object, json_type_object) && json_object_object_get_ex(object, key, &value) ? value : NULL;
}

const char *ash_json_text(const ash_json *object, const char *key) {
    ash_json *value = ash_json_get(object, key);
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

const char *ash_json_words(const ash_json *value) {
    static const char *const words[] = {
        [json_type_null] = "null",
        [json_type_boolean] = "true or false",
        [json_type_double] = "a real number",
        [json_type_int] = "an integer",
        [json_type_object] = "an object",
        [json_type_array] = "a list",
        [json_type_string] = "text",
    };
    return words[json_object_get_type(value)];
}
