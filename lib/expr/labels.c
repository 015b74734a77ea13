#include "expr/labels.h"

#include "array/engine.h"
#include "base/memory.h"

int ash_labels_compute(ash_builder *builder, ash_value labels, int64_t count, ash_labels *out) {
    const ash_output *output = ash_value_output(labels);
    char kind = ash_dtype_kind(output->dtype);
    if (output->ndim != 1 || (count >= 0 && output->dim[0].axis.extent != count)) {
        ash_fail(&builder->error, ASH_ERR_SHAPE, "%s: labels must be 1-D with extent %lld, found %d-D with %lld elements",
            builder->function, (long long)(count >= 0 ? count : ash_output_size(output)), output->ndim, (long long)ash_output_size(output));
        return 0;
    }
    if (kind != 'i' && kind != 'u') {
        ash_fail(&builder->error, ASH_ERR_DTYPE, "%s: labels must be integers, found %s", builder->function, ash_dtype_name(output->dtype));
        return 0;
    }
    int64_t n = output->dim[0].axis.extent, size = ash_dtype_size(output->dtype);
    int64_t *value = ash_arena_alloc(&builder->node->arena, (n + 1) * (int64_t)sizeof *value);
    char *stored = ash_malloc((n + 1) * size);
    if (!value || !stored) {
        ash_free(stored);
        return ash_builder_no_memory(builder);
    }
    if (ash_engine_compute(builder->context, labels, stored, n * size, &builder->error) == ASH_OK) {
        *out = (ash_labels){ .count = n, .value = value, .highest = -1 };
        for (int64_t k = 0; k < n; k++) {
            ash_number label = ash_number_load(output->dtype, stored + k * size);
            value[k] = kind == 'u' && label.u > INT64_MAX ? INT64_MAX : label.i;
            out->any_negative |= value[k] < 0;
            out->highest = value[k] > out->highest ? value[k] : out->highest;
        }
    }
    ash_free(stored);
    return ash_builder_ok(builder);
}
