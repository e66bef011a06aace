/* stress_faults.c - the table of faults, Holm's correction and sentences. */
#include "figures/stress/stress_faults.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "figures/compare.h"
#include "figures/stress/fault_judges.h"

typedef struct fault_id {
    const char *name, *unit, *effect;
    double bound;
} fault_id;

#define FAULT_ID(name, text, bound, unit, effect) {text, unit, effect, bound},
static const fault_id FAULTS[N_FAULTS] = {FAULT_TABLE(FAULT_ID)};
#undef FAULT_ID

const char *fault_name(fault_kind kind)
{
    return FAULTS[kind].name;
}

int fault_from_name(const char *name)
{
    for (int i = 0; i < N_FAULTS; i++) {
        if (strcmp(name, FAULTS[i].name) == 0)
            return i;
    }
    return -1;
}

static void tell(const fault_id *id, fault_row *row)
{
    if (isnan(row->p_value))
        snprintf(row->found, sizeof row->found, "not judged: %s: too little was told", id->effect);
    else
        snprintf(row->found, sizeof row->found, "%s: %.3g%s%s (p %.2g, %zu looked at)", id->effect, row->effect,
                 id->unit[0] != '\0' ? " " : "", id->unit, row->p_value, row->n);
}

static sw_code judge_all(const fault_world *world, stress_faults *out, sw_err *err)
{
    static sw_code (*const JUDGES[])(const fault_world *, fault_row *, sw_err *) = {
        [FAULT_LEAK] = fault_judge_leak,     [FAULT_SLOWING] = fault_judge_slowing, [FAULT_UNUSED] = fault_judge_unused,
        [FAULT_LOOPS] = fault_judge_loops,   [FAULT_CHANGED] = fault_judge_changed, [FAULT_USAGE] = fault_judge_usage,
        [FAULT_UNFAIR] = fault_judge_unfair, [FAULT_FORGETS] = fault_judge_forgets,
    };
    for (int i = 0; i < N_FAULTS; i++) {
        out->rows[i] = (fault_row){.p_value = NAN, .effect = NAN, .at = NAN};
        const sw_code code = JUDGES[i](world, &out->rows[i], err);
        if (code != SW_OK)
            return code;
    }
    return SW_OK;
}

sw_code stress_faults_of(const fault_world *world, stress_faults *out, sw_err *err)
{
    double p_values[N_FAULTS];
    *out = (stress_faults){0};
    sw_code code = judge_all(world, out, err);
    for (int i = 0; i < N_FAULTS; i++)
        p_values[i] = out->rows[i].p_value;
    if (code == SW_OK)
        code = holm_correct(p_values, N_FAULTS, err);
    if (code != SW_OK)
        return code;
    for (int i = 0; i < N_FAULTS; i++) {
        fault_row *const row = &out->rows[i];
        row->p_value = p_values[i];
        row->is_found = row->p_value < FAULT_ALPHA && row->effect > FAULTS[i].bound;
        out->n_found += row->is_found;
        tell(&FAULTS[i], row);
    }
    return SW_OK;
}
