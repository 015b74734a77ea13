#include "plan/cost.h"

#include "base/memory.h"

#include <string.h>

/* Of kernels, on blocks that lie in the first cache: for each byte of the loop's dtype, and for each element. */
typedef struct kernel_cost {
    double byte, element;
} kernel_cost;

static const kernel_cost kernel_costs[ASH_SPEEDS] = {
    [ASH_SPEED_VECTOR] = { .byte = 0.02 },
    [ASH_SPEED_DIVIDE] = { .byte = 0.1 },
    [ASH_SPEED_TRANSCENDENTAL] = { .byte = 0.2 },
    [ASH_SPEED_SCALAR] = { .element = 8 },
};

/* Of a byte that is written into memory which the process has not had before, and of one that is read from memory. */
static const double HOLD_NS = 0.6, LOAD_NS = 0.09;

static double cost_of(ash_speed speed, ash_dtype loop) {
    return kernel_costs[speed].byte * (double)ash_dtype_size(loop) + kernel_costs[speed].element;
}

double ash_cost_of_node(const ash_node *node) {
    const ash_elementwise_node *e = &node->u.elementwise;
    switch (e->function) {
    case ASH_FUNCTION_OPERATION: return cost_of(ash_kernel_speed(e->op, e->loop), e->loop);
    case ASH_FUNCTION_CAST: return ash_cost_of_cast(ash_value_output(ash_plan_input(node, 0))->dtype, e->loop);
    case ASH_FUNCTION_UNPACK: return cost_of(ASH_SPEED_VECTOR, node->output[0].dtype) + cost_of(ASH_SPEED_VECTOR, e->loop);
    case ASH_FUNCTION_DATE:
    case ASH_FUNCTION_SEARCH:
    case ASH_FUNCTION_ISIN:
    case ASH_FUNCTION_INTERP: break;
    }
    return cost_of(ASH_SPEED_SCALAR, e->loop);
}

double ash_cost_of_cast(ash_dtype from, ash_dtype to) {
    return cost_of(ASH_SPEED_VECTOR, ash_dtype_size(from) > ash_dtype_size(to) ? from : to);
}

double ash_cost_of_scan(ash_dtype dtype) {
    return cost_of(ASH_SPEED_DIVIDE, dtype);
}

/* ---- Of a stage ---- */

static double covered(const ash_grid_axis *axis) {
    return (double)(ash_axis_start(axis, axis->count) - ash_axis_start(axis, 0));
}

static double stage_elements(const ash_stage *stage) {
    double elements = 1;
    for (int a = 0; a < stage->ndim; a++) {
        elements *= covered(&stage->axis[a]);
    }
    return elements;
}

/* Elements that a stage looks at through maps. What it repeats along an axis is asked for by each chunk along that axis. */
static double mapped_elements(const ash_stage *stage, const ash_map map[], int ndim) {
    double elements = 1;
    for (int a = 0; a < stage->ndim; a++) {
        elements *= ash_maps_follow(map, ndim, a) ? covered(&stage->axis[a]) : (double)stage->axis[a].count;
    }
    return elements;
}

static double operand_cost(const ash_stage *stage, const ash_operand *operand) {
    double byte = 0;
    if (operand->kind == ASH_OPERAND_FILE) {
        byte = ash_file_read_need(operand->value.node->u.file.file, operand->value.node->u.file.variable).byte_ns;
    } else if (operand->kind == ASH_OPERAND_HELD || operand->kind == ASH_OPERAND_MEMORY) {
        byte = LOAD_NS;
    }
    int readers = ash_operand_stencil(operand) ? operand->stencil->members : 1; /* that share what one read costs */
    return byte > 0 ? byte * (double)operand->size * mapped_elements(stage, operand->map, operand->ndim) / readers : 0;
}

double ash_stage_cost(const ash_stage *stage, const char given[], char needed[]) {
    double element = 0, operands = 0;
    memset(needed, 0, (size_t)stage->nslots);
    for (int s = 0; s < stage->nsinks; s++) {
        needed[stage->sink[s].slot] = 1;
    }
    for (int k = stage->ninstructions; k-- > 0;) {
        const ash_instruction *instruction = &stage->instruction[k];
        int wanted = 0;
        for (int o = 0; o < instruction->nout; o++) {
            wanted |= needed[instruction->out[o]] && !given[instruction->out[o]];
        }
        element += wanted ? instruction->ns : 0;
        for (int i = 0; i < instruction->nin; i++) {
            needed[instruction->in[i]] |= (char)wanted;
        }
    }
    for (int k = 0; k < stage->noperands; k++) {
        int slot = stage->operand[k].slot;
        operands += needed[slot] && !given[slot] ? operand_cost(stage, &stage->operand[k]) : 0;
    }
    return element * stage_elements(stage) + operands;
}

double ash_stage_load_cost(const ash_stage *stage, const ash_map map[], const ash_output *output, double *bytes) {
    *bytes = mapped_elements(stage, map, output->ndim) * (double)ash_dtype_size(output->dtype);
    return *bytes * LOAD_NS;
}

double ash_cost_of_holding(double bytes) {
    return bytes * HOLD_NS;
}

int ash_plan_cost(const ash_plan *plan, double *cost) {
    int slots = ash_plan_most_slots(plan);
    char *scratch = ash_calloc(2 * slots + 1, 1);
    *cost = 0;
    for (int s = 0; scratch && s < plan->nstages; s++) {
        const ash_stage *stage = plan->stage[s];
        *cost += ash_stage_cost(stage, scratch, scratch + slots);
        for (int k = 0; k < stage->nsinks; k++) {
            double bytes = stage->sink[k].kind == ASH_SINK_HELD ? stage_elements(stage) * (double)ash_dtype_size(stage->sink[k].dtype) : 0;
            *cost += ash_cost_of_holding(bytes);
        }
    }
    int fine = scratch != NULL;
    ash_free(scratch);
    return fine;
}

int ash_plan_most_slots(const ash_plan *plan) {
    int most = 0;
    for (int s = 0; s < plan->nstages; s++) {
        most = plan->stage[s]->nslots > most ? plan->stage[s]->nslots : most;
    }
    return most;
}
