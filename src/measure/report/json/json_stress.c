/* json_stress.c - a stress run of one model: figures with their meaning, verdicts, faults, sessions, lengths. */
#include "figures/stress/stress_analysis.h"

#include "report/json/json_parts.h"

static json_t *figures_json(const stress_figures *figures)
{
    static const char *const STATES[] = {"missing", "measured", "void"};
    json_t *json = json_object();
    for (int i = 0; i < N_STRESS_FIGURES; i++) {
        const stress_figure *const f = &figures->v[i];
        const stress_figure_row *const row = &STRESS_FIGURE_ROWS[i];
        json_t *figure =
            json_pack("{s:s, s:s, s:s, s:I, s:s, s:s}", "unit", row->unit, "meaning", row->meaning, "state",
                      STATES[f->state], "n", (json_int_t)f->n, "n_unit", f->n_unit, "reason", f->reason);
        json_put_figure(&figure, "value", f->value);
        json_put_figure(&figure, "low", f->range.low);
        json_put_figure(&figure, "high", f->range.high);
        json_put(&json, row->name, figure);
    }
    return json;
}

static json_t *criteria_json(const stress_analysis *x)
{
    json_t *list = json_array();
    for (size_t i = 0; i < x->n_judgements; i++) {
        const stress_judgement *const j = &x->judgements[i];
        json_push(&list, json_pack("{s:s, s:s, s:s, s:s}", "id", j->criterion->id, "asked", j->criterion->asked,
                                   "verdict", stress_verdict_name(j->verdict), "found", j->found));
    }
    return list;
}

static json_t *faults_json(const stress_faults *faults)
{
    json_t *json = json_object();
    for (int i = 0; i < N_FAULTS; i++) {
        const fault_row *const row = &faults->rows[i];
        json_t *fault =
            json_pack("{s:b, s:I, s:s}", "found", row->is_found, "n", (json_int_t)row->n, "sentence", row->found);
        json_put_figure(&fault, "p_value", row->p_value);
        json_put_figure(&fault, "effect", row->effect);
        json_put_figure(&fault, "at", row->at);
        json_put(&json, fault_name((fault_kind)i), fault);
    }
    return json;
}

static json_t *levels_json(const stress_analysis *x)
{
    json_t *list = json_array();
    for (size_t i = 0; i < x->n_levels; i++) {
        const session_level *const level = &x->levels[i];
        json_t *json = json_pack("{s:i, s:I, s:I}", "sessions", level->n_sessions, "requests",
                                 (json_int_t)level->n_requests, "failed", (json_int_t)level->n_failed);
        json_put_figure(&json, "total_tps", level->total_tps);
        json_put_figure(&json, "law_tps", degradation_at(&x->law, level->n_sessions));
        json_put_figure(&json, "jain", level->jain);
        json_put_figure(&json, "least", level->least);
        json_put_figure(&json, "ttft_p95_ms", level->ttft_p95_ms);
        json_push(&list, json);
    }
    return list;
}

static json_t *law_json(const degradation_law *law)
{
    json_t *json = json_object();
    json_put_figure(&json, "alone_tps", law->alone_tps);
    json_put_figure(&json, "cost", law->cost);
    json_put_figure(&json, "cost_low", law->cost_range.low);
    json_put_figure(&json, "cost_high", law->cost_range.high);
    json_put_figure(&json, "capacity_tps", law->capacity_tps);
    json_put_figure(&json, "residual", law->residual);
    return json;
}

static json_t *rungs_json(const stress_analysis *x)
{
    json_t *list = json_array();
    for (size_t i = 0; i < x->n_rungs; i++) {
        const context_rung *const rung = &x->rungs[i];
        json_t *json = json_pack("{s:i, s:I, s:I}", "stage", rung->stage, "prompt_tokens",
                                 (json_int_t)rung->prompt_tokens, "answers", (json_int_t)rung->n);
        json_put_figure(&json, "prefill_tps", rung->prefill_tps);
        json_put_figure(&json, "ttft_ms", rung->ttft_ms);
        json_put_figure(&json, "decode_tps", rung->decode_tps);
        json_push(&list, json);
    }
    return list;
}

static json_t *sections_json(const stress_analysis *x)
{
    json_t *list = json_array();
    for (size_t i = 0; i < x->n_sections; i++) {
        const answer_section *const s = &x->sections[i];
        json_t *json = json_pack("{s:I, s:I}", "from_token", (json_int_t)(i * SECTION_TOKENS), "answers",
                                 (json_int_t)s->n_answers);
        json_put_figure(&json, "tps", s->tps);
        json_put_figure(&json, "least_tps", s->least);
        json_put_figure(&json, "most_tps", s->most);
        json_push(&list, json);
    }
    return list;
}

json_t *json_of_stress(const stress_analysis *x)
{
    json_t *json = json_object();
    json_put(&json, "figures", figures_json(&x->figures));
    json_put(&json, "criteria", criteria_json(x));
    json_put(&json, "faults", faults_json(&x->faults));
    json_put(&json, "sessions", levels_json(x));
    json_put(&json, "degradation", law_json(&x->law));
    json_put(&json, "contexts", rungs_json(x));
    json_put_figure(&json, "context_recovery", x->recovery);
    json_put(&json, "sections", sections_json(x));
    return json;
}
