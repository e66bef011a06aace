/* json_report.c - the whole document, its tests alone, criteria. */
#include "report/json/json_parts.h"
#include "report/report.h"

enum { SCHEMA = 3 };

static json_t *json_of_criteria(const criteria_list *criteria)
{
    json_t *list = json_array();
    for (size_t i = 0; i < criteria->n; i++) {
        const criterion_row *const c = &criteria->rows[i];
        json_t *row =
            json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:b}", "id", c->id, "group", c->group, "asked",
                      c->asked, "model", c->subject, "verdict", criterion_verdict_name(c->verdict), "unit", c->unit,
                      "source", c->source, "found", c->found, "expectation", c->is_expectation);
        json_put_figure(&row, "figure", c->figure);
        json_put_figure(&row, "low", c->low);
        json_put_figure(&row, "high", c->high);
        json_put_figure(&row, "threshold", c->threshold);
        json_push(&list, row);
    }
    return list;
}

static json_t *models_json(const run_analysis *a, const criteria_list *criteria)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->n_subjects; i++)
        json_push(&list, json_of_model(a, criteria, &a->subjects[i]));
    return list;
}

/* Model by model and mode by mode, each in the order in which it ran. */
static json_t *tests_json(const run_analysis *a)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->n_subjects; i++) {
        for (int mode = 0; mode < N_TEST_MODES; mode++) {
            const run_summary *const m = &a->subjects[i].modes[mode];
            for (size_t r = 0; r < m->n_rows; r++)
                json_push(&list, json_of_test(a, &m->rows[r]));
        }
    }
    return list;
}

/* Indented, so that two runs can be compared with diff. */
sw_code report_json(buf *out, const run_analysis *analysis, sw_err *err)
{
    criteria_list criteria;
    sw_code code = criteria_of(analysis, &criteria, err);
    if (code == SW_OK)
        code = json_append(
            out,
            json_with_reviews(json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "schema", SCHEMA, "run",
                                        json_of_run(analysis->run), "servers", json_of_servers(analysis->run), "models",
                                        models_json(analysis, &criteria), "criteria", json_of_criteria(&criteria),
                                        "tests", tests_json(analysis), "definitions", json_of_definitions()),
                              analysis),
            JSON_INDENT(2), err);
    criteria_free(&criteria);
    if (code == SW_OK)
        buf_putc(out, '\n');
    return code;
}

sw_code report_jsonl(buf *out, const run_analysis *analysis, sw_err *err)
{
    sw_code code = SW_OK;
    for (size_t i = 0; i < analysis->n_subjects; i++) {
        for (int mode = 0; mode < N_TEST_MODES; mode++) {
            const run_summary *const m = &analysis->subjects[i].modes[mode];
            for (size_t r = 0; r < m->n_rows && code == SW_OK; r++) {
                code = json_append(out, json_of_test(analysis, &m->rows[r]), JSON_COMPACT, err);
                buf_putc(out, '\n');
            }
        }
    }
    return code;
}
