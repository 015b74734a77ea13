/* Datasets as readable text, after the manner of ncdump -h. */
#include "base/dtype.h"
#include "base/growing.h"
#include "base/memory.h"
#include "expr/dataset.h"

#include <inttypes.h>

enum { NUMBERS_SHOWN = 16 };

/* Quotes and line ends of a text as C writes them. */
static void say_quoted(ash_growing *out, const char *text) {
    ash_say(out, "\"");
    for (; *text; text++) {
        if (*text == '\n') {
            ash_say(out, "\\n");
        } else if (*text == '"' || *text == '\\') {
            ash_say(out, "\\%c", *text);
        } else {
            ash_say(out, "%c", *text);
        }
    }
    ash_say(out, "\"");
}

static void say_number(ash_growing *out, ash_dtype dtype, const char *element) {
    ash_number number = ash_number_load(dtype, element);
    switch (ash_dtype_kind(dtype)) {
    case 'u': ash_say(out, "%" PRIu64, number.u); return;
    case 'f': ash_say(out, "%.*g", dtype == ASH_FLOAT32 ? 7 : 15, number.f); return;
    default: ash_say(out, "%" PRId64, number.i); return;
    }
}

static void say_attrs(ash_growing *out, const ash_attrs *attrs, const char *owner) {
    for (int i = 0; attrs && i < attrs->count; i++) {
        const ash_attr_entry *entry = &attrs->entry[i];
        ash_say(out, "        %s:%s = ", owner, entry->name);
        if (entry->is_text) {
            say_quoted(out, entry->data);
        }
        for (int64_t k = 0; !entry->is_text && k < entry->count && k < NUMBERS_SHOWN; k++) {
            ash_say(out, "%s", k > 0 ? ", " : "");
            say_number(out, entry->dtype, (const char *)entry->data + k * ash_dtype_size(entry->dtype));
        }
        if (!entry->is_text) {
            ash_say(out, "%s (%s)", entry->count > NUMBERS_SHOWN ? ", ..." : "", ash_dtype_name(entry->dtype));
        }
        ash_say(out, "\n");
    }
}

static void say_variable(ash_growing *out, const ash_dataset_entry *entry) {
    const ash_variable *about = &entry->about;
    const char *type = about->type ? about->type : about->dtype < ASH_DTYPE_COUNT ? ash_dtype_name(about->dtype) : "unknown";
    int chunked = 0;
    ash_say(out, "    %s %s(", type, entry->path);
    for (int a = 0; a < about->ndim; a++) {
        ash_say(out, "%s", a > 0 ? ", " : "");
        if (about->dim[a]) {
            ash_say(out, "%s", about->dim[a]);
        } else {
            ash_say(out, "%" PRId64, about->shape[a]);
        }
        chunked |= about->chunk[a] > 0;
    }
    ash_say(out, ")");
    for (int a = 0; chunked && a < about->ndim; a++) {
        ash_say(out, "%s%" PRId64, a > 0 ? ", " : "  chunks ", about->chunk[a]);
    }
    ash_say(out, "%s%s\n", entry->refusal ? "  not readable: " : "", entry->refusal ? entry->refusal : "");
    say_attrs(out, about->attrs, about->name ? about->name : entry->path);
}

static void say_role(ash_growing *out, const ash_dataset_content *content, ash_variable_role role, const char *heading) {
    int any = 0;
    for (int k = 0; k < content->count; k++) {
        if (content->entry[k].role == role) {
            ash_say(out, "%s%s", any ? "" : heading, any ? "" : ":\n");
            any = 1;
            say_variable(out, &content->entry[k]);
        }
    }
}

static void say_content(ash_growing *out, const ash_dataset_content *content) {
    ash_say(out, "dataset %s (%s)\n", ash_file_path(content->file), ash_file_format(content->file));
    ash_say(out, "%s", content->dims.count > 0 ? "dimensions:\n" : "");
    for (int k = 0; k < content->dims.count; k++) {
        const ash_stored_dim *dim = &content->dims.dim[k];
        ash_say(out, "    %s = %" PRId64 "%s\n", dim->name, dim->extent, dim->unlimited ? " (unlimited)" : "");
    }
    say_role(out, content, ASH_ROLE_COORDINATE, "coordinates");
    say_role(out, content, ASH_ROLE_AUXILIARY, "auxiliary coordinates");
    say_role(out, content, ASH_ROLE_DATA, "variables");
    say_role(out, content, ASH_ROLE_BOUNDS, "bounds");
    say_role(out, content, ASH_ROLE_SUPPORT, "grid mappings and cell measures");
    for (int k = 0; k < content->groups.count; k++) {
        ash_say(out, "group %s:\n", content->groups.name[k]);
        say_attrs(out, content->group_attrs[k], "");
    }
    const ash_attrs *global = ash_file_attrs(content->file);
    if (global && global->count > 0) {
        ash_say(out, "attributes of the file:\n");
        say_attrs(out, global, "");
    }
}

const char *ash_dataset_describe(ash_dataset dataset) {
    ash_error_state error = { 0 };
    ash_dataset_content *content = ash_dataset_resolve(dataset, "dataset_describe", &error);
    if (content && !content->description) {
        ash_growing text = { 0 };
        say_content(&text, content);
        if (text.failed) {
            ash_free(text.data);
            ash_fail_memory(&error, "dataset_describe", text.length);
        } else {
            content->description = text.data;
        }
    }
    ash_record(dataset.context, &error);
    return error.status == ASH_OK ? content->description : NULL;
}
