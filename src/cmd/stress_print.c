/* stress_print.c - tables of stages, planned and run; every figure is one of figures/. */
#include "cmd/stress_print.h"

#include <math.h>
#include <string.h>

#include "base/escape.h"
#include "figures/stage_figures.h"
#include "figures/stress/stress_analysis.h"
#include "report/format.h"
#include "report/text_table.h"
#include "json/json_out.h"

static const double ASSUMED_TPS = 10; // of one session, for the times of a list

/* ---- the list of suites ------------------------------------------------------------------------------------------ */

/* "45 s", "12 min", "8.0 h" */
static void put_time(text_table *t, double s)
{
    char cell[CELL_BYTES];
    if (s < 120)
        snprintf(cell, sizeof cell, "%.0f s", s);
    else if (s < 7200)
        snprintf(cell, sizeof cell, "%.0f min", s / 60);
    else
        snprintf(cell, sizeof cell, "%.1f h", s / 3600);
    text_table_put(t, cell);
}

static void put_number(text_table *t, double x)
{
    char cell[CELL_BYTES];
    format_number(cell, x);
    text_table_put(t, cell);
}

static void put_count(text_table *t, long long n)
{
    char cell[CELL_BYTES];
    snprintf(cell, sizeof cell, "%lld", n);
    text_table_put(t, n > 0 ? cell : "-");
}

static void put_planned(text_table *t, const stress_suite *suite, const stress_stage *stage)
{
    const int n = stress_stage_requests(suite, stage);
    char name[256];
    snprintf(name, sizeof name, "  %s", stage->name);
    text_table_put(t, name);
    text_table_put(t, stress_work_name((stress_work)stage->work));
    put_count(t, stage->work == WORK_SESSIONS ? stage->n_sessions : 0);
    put_count(t, n);
    put_time(t, stress_stage_seconds(suite, stage, ASSUMED_TPS));
}

static void put_suite(text_table *t, const stress_suite *suite)
{
    double seconds = 0;
    for (size_t i = 0; i < suite->n_stages; i++)
        seconds += stress_stage_seconds(suite, &suite->stages[i], ASSUMED_TPS);
    text_table_put(t, suite->name);
    text_table_put(t, suite->is_scenario ? "scenario" : "suite");
    text_table_put(t, "");
    text_table_put(t, "");
    put_time(t, seconds);
    for (size_t i = 0; i < suite->n_stages; i++)
        put_planned(t, suite, &suite->stages[i]);
}

void stress_put_list(buf *out, const stress_protocol *p, int width)
{
    static const text_column COLUMNS[] = {{"suite", "", false, 0},
                                          {"work", "", false, 0},
                                          {"sessions", "", true, 0},
                                          {"requests", "", true, 0},
                                          {"time", "at 10 tok/s", true, 0}};
    text_table *const table = text_table_create(COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    for (size_t i = 0; i < p->n_suites; i++)
        put_suite(table, &p->suites[i]);
    text_table_write(out, table, width, "");
    text_table_free(table);
    buf_putc(out, '\n');
    for (size_t i = 0; i < p->n_suites; i++) {
        buf line;
        buf_init(&line, 4096);
        buf_printf(&line, "%s: %s.", p->suites[i].name, p->suites[i].title);
        text_wrap_hanging(out, buf_str(&line), width, 2);
        buf_free(&line);
    }
}

/* A line for each condition; the first has the criterion's name. */
void stress_put_criteria(buf *out, const stress_criteria *criteria, int width)
{
    static const text_column COLUMNS[] = {
        {"criterion", "", false, 0}, {"figure", "", false, 0}, {"asked", "", false, 0}, {"need", "", false, 0}};
    text_table *const table = text_table_create(COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    for (size_t i = 0; i < criteria->n; i++) {
        const stress_criterion *const c = &criteria->items[i];
        for (size_t k = 0; k < c->n_conditions; k++) {
            text_table_put(table, k == 0 ? c->id : "");
            text_table_put(table, STRESS_FIGURE_ROWS[c->conditions[k].figure].name);
            text_table_put(table, stress_bound_text_of(&c->conditions[k]).text);
            text_table_put(table, c->conditions[k].is_need ? "need" : "");
        }
    }
    text_table_write(out, table, width, "");
    text_table_free(table);
}

/* ---- the stages of a run ----------------------------------------------------------------------------------------- */

/* "concurrent: 8 sessions", after the model's name if there are several. */
static void put_stage_name(text_table *t, const run_record *run, const stage_record *s)
{
    char name[512];
    const char *const model = run->n_subjects > 1 ? run->subjects[s->subject].name : "";
    snprintf(name, sizeof name, "%s%s%s: %s", model, model[0] != '\0' ? ", " : "", s->suite, s->name);
    text_table_put(t, name);
}

/* "done", or how it ended with its reason. */
static void put_ending(text_table *t, const stage_record *s)
{
    char cell[512];
    snprintf(cell, sizeof cell, "%s%s%s", stage_ending_name(s->ending), s->reason[0] != '\0' ? ": " : "", s->reason);
    text_table_put(t, cell);
}

static void put_stage(text_table *t, const run_record *run, int stage, const stage_figures *f)
{
    char ok[CELL_BYTES];
    snprintf(ok, sizeof ok, "%d/%d", f->n_completed, f->n);
    put_stage_name(t, run, &run->stages[stage]);
    text_table_put(t, f->n > 0 ? ok : "-");
    put_count(t, f->n_tokens);
    put_number(t, f->decode_tps);
    put_number(t, f->throughput_tps);
    put_number(t, f->ttft_ms.p50);
    put_number(t, stats_has_p95(&f->ttft_ms) ? f->ttft_ms.p95 : f->ttft_ms.max);
    put_ending(t, &run->stages[stage]);
}

/* One line for each criterion: "sessions: met. ..." */
static void put_verdicts(buf *out, const run_analysis *a, int width)
{
    for (size_t i = 0; i < a->n_subjects; i++) {
        const stress_analysis *const x = a->subjects[i].stress;
        if (x == NULL)
            continue;
        buf_putc(out, '\n');
        if (a->n_subjects > 1)
            escape_terminal(out, a->subjects[i].label, strlen(a->subjects[i].label));
        buf_puts(out, a->n_subjects > 1 ? "\n" : "");
        for (size_t k = 0; k < x->n_judgements; k++) {
            const stress_judgement *const j = &x->judgements[k];
            buf line;
            buf_init(&line, 4096);
            buf_printf(&line, "%-12s  %s: ", stress_verdict_name(j->verdict), j->criterion->id);
            escape_terminal(&line, j->found, strlen(j->found));
            text_wrap_hanging(out, buf_str(&line), width, 14);
            buf_free(&line);
        }
    }
}

void stress_put_text(buf *out, const run_analysis *a, int width)
{
    static const text_column COLUMNS[] = {
        {"stage", "", false, 0},      {"ok", "", true, 0},       {"tokens", "", true, 3},
        {"each", "tok/s", true, 0},   {"all", "tok/s", true, 1}, {"first", "p50 ms", true, 2},
        {"token", "p95 ms", true, 2}, {"ended", "", false, 0},
    };
    const run_record *const run = a->run;
    text_table *const table = text_table_create(COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    for (int i = 0; i < (int)run->n_stages; i++) {
        stage_figures f;
        sw_err err = {0};
        if (stage_figures_of(run, i, &f, &err) != SW_OK)
            out->failed = SW_ENOMEM;
        else
            put_stage(table, run, i, &f);
    }
    text_table_write(out, table, width, "report.html");
    text_table_free(table);
    put_verdicts(out, a, width);
    buf_printf(out, "\nstatus: %s\n", run->info.status);
    escape_terminal(out, run->info.reasons, strlen(run->info.reasons));
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static json_t *parameters_json(const stage_record *s)
{
    json_t *const parameters = json_loads(s->parameters, JSON_REJECT_DUPLICATES, NULL);
    return json_is_object(parameters) ? parameters : json_object();
}

static json_t *stage_json(const stage_record *s, const stage_figures *f)
{
    json_t *out = json_object();
    json_put(&out, "model", json_integer(s->subject));
    json_put(&out, "suite", json_string(s->suite));
    json_put(&out, "stage", json_string(s->name));
    json_put(&out, "work", json_string(s->work));
    json_put(&out, "parameters", parameters_json(s));
    json_put(&out, "ending", json_string(stage_ending_name(s->ending)));
    json_put(&out, "reason", json_string(s->reason));
    json_put(&out, "spent_s", json_figure((double)s->spent_ms / 1000));
    json_put(&out, "requests", json_integer(f->n));
    json_put(&out, "left", json_integer(f->n_left));
    json_put(&out, "completed", json_integer(f->n_completed));
    json_put(&out, "tokens", json_integer(f->n_tokens));
    json_put(&out, "decode_tps", json_figure(f->decode_tps));
    json_put(&out, "throughput_tps", json_figure(f->throughput_tps));
    json_put(&out, "ttft_p50_ms", json_figure(f->ttft_ms.p50));
    json_put(&out, "ttft_max_ms", json_figure(f->ttft_ms.max));
    return out;
}

static json_t *verdicts_json(const subject_analysis *s)
{
    json_t *out = json_array();
    for (size_t k = 0; s->stress != NULL && k < s->stress->n_judgements; k++) {
        const stress_judgement *const j = &s->stress->judgements[k];
        json_t *row = json_object();
        json_put(&row, "model", json_integer(s->index));
        json_put(&row, "criterion", json_string(j->criterion->id));
        json_put(&row, "asked", json_string(j->criterion->asked));
        json_put(&row, "verdict", json_string(stress_verdict_name(j->verdict)));
        json_put(&row, "found", json_string(j->found));
        json_push(&out, row);
    }
    return out;
}

static json_t *run_json(const run_record *run)
{
    json_t *out = json_object(), *models = json_array();
    for (size_t i = 0; i < run->n_subjects; i++)
        json_push(&models, json_string(run->subjects[i].name));
    json_put(&out, "id", json_integer(run->info.id));
    json_put(&out, "started", json_timestamp(run->info.started_unix_ms / 1000));
    json_put(&out, "status", json_string(run->info.status));
    json_put(&out, "reasons", json_string(run->info.reasons));
    json_put(&out, "protocol", json_string(run->info.protocol_name));
    json_put(&out, "protocol_hash", json_string(run->info.protocol_hash));
    json_put(&out, "fingerprint", json_string(run->info.fingerprint));
    json_put(&out, "sessions", json_integer(run->info.n_sessions));
    json_put(&out, "models", models);
    return out;
}

sw_code stress_put_json(buf *out, const run_analysis *a, sw_err *err)
{
    const run_record *const run = a->run;
    json_t *root = json_object(), *stages = json_array(), *verdicts = json_array();
    sw_code code = SW_OK;
    for (int i = 0; code == SW_OK && i < (int)run->n_stages; i++) {
        stage_figures f;
        code = stage_figures_of(run, i, &f, err);
        if (code == SW_OK)
            json_push(&stages, stage_json(&run->stages[i], &f));
    }
    json_put(&root, "spillway_stress", json_integer(1));
    json_put(&root, "run", run_json(run));
    json_put(&root, "stages", stages);
    for (size_t i = 0; i < a->n_subjects; i++) {
        json_t *const own = verdicts_json(&a->subjects[i]);
        if (own == NULL || json_array_extend(verdicts, own) != 0)
            out->failed = SW_ENOMEM;
        json_decref(own);
    }
    json_put(&root, "verdicts", verdicts);
    json_write(out, root);
    buf_putc(out, '\n');
    return code != SW_OK || out->failed == SW_OK ? code : sw_fail(err, out->failed, "out of memory for the document");
}
