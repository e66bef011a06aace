/* stress_analysis.c - figures, then verdicts, faults and tables. */
#include "figures/stress/stress_analysis.h"

#include "figures/stress/criteria_file.h"
#include "figures/stress/fault_world.h"
#include "figures/stress/stress_findings.h"

static const char *const CONTEXT[] = {"context", "context-saturation", NULL};
static const char *const LONG_FORM[] = {"long-form", NULL};

static size_t at_most(size_t n, size_t max)
{
    return n < max ? n : max;
}

static void judge_all(stress_analysis *out)
{
    for (size_t i = 0; i < out->criteria.n; i++)
        out->judgements[out->n_judgements++] = stress_judge(&out->criteria.items[i], &out->figures);
}

static sw_code find_faults(const stress_rows *rows, stress_analysis *out, sw_err *err)
{
    fault_record record;
    sw_code code = fault_record_of(rows, &record, err);
    if (code == SW_OK)
        code = stress_faults_of(&record.world, &out->faults, err);
    fault_record_free(&record);
    return code;
}

static sw_code find_levels(const stress_rows *rows, stress_analysis *out, sw_err *err)
{
    session_rate points[STRESS_LEVELS_MAX];
    const sw_code code = session_levels_of(rows, out->levels, STRESS_LEVELS_MAX, &out->n_levels, err);
    out->n_levels = at_most(out->n_levels, STRESS_LEVELS_MAX);
    for (size_t i = 0; i < out->n_levels; i++)
        points[i] = (session_rate){out->levels[i].n_sessions, out->levels[i].total_tps / out->levels[i].n_sessions};
    out->law = degradation_law_of(points, out->n_levels);
    return code;
}

static sw_code find_lengths(const stress_rows *rows, stress_analysis *out, sw_err *err)
{
    sw_code code = context_ladder_of(rows, CONTEXT, out->rungs, STRESS_RUNGS_MAX, &out->n_rungs, err);
    out->n_rungs = at_most(out->n_rungs, STRESS_RUNGS_MAX);
    out->recovery = context_recovery(out->rungs, out->n_rungs);
    if (code == SW_OK)
        code = answer_sections_of(rows, LONG_FORM, out->sections, STRESS_SECTIONS_MAX, &out->n_sections, err);
    out->n_sections = at_most(out->n_sections, STRESS_SECTIONS_MAX);
    return code;
}

sw_code stress_analysis_of(const run_record *run, int subject, stress_analysis *out, sw_err *err)
{
    stress_rows rows;
    *out = (stress_analysis){0};
    sw_code code = stress_rows_of(run, subject, &rows, err);
    if (code == SW_OK)
        code = stress_criteria_of_run(&run->info, &out->criteria, err);
    if (code == SW_OK)
        code = stress_findings_of(&rows, &out->figures, err);
    if (code == SW_OK)
        code = find_faults(&rows, out, err);
    if (code == SW_OK)
        code = find_levels(&rows, out, err);
    if (code == SW_OK)
        code = find_lengths(&rows, out, err);
    if (code == SW_OK)
        judge_all(out);
    stress_rows_free(&rows);
    return code;
}
