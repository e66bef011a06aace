/* paper_conditions.c - tables of what the figures depend on, and of what was asked of them: the servers, the cause of
 * the speed, repetition over temperature, the criteria.
 */
#include <math.h>
#include <string.h>

#include "figures/criteria.h"
#include "report/paper/paper_fill.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---- servers ----------------------------------------------------------------------------------------------------- */

// clang-format off
static const paper_column SERVER[] = {
    {"side", "text", "offloaded, reference, or given: a server that ran already", true},
    {"session", "", "of the run, from 0", false},
    {"software", "text", "as the server calls itself", true},
    {"command", "text", "that started it", false},
};
/* Facts of a server, under their own names and with their own meanings. */
static const struct {
    fact_name fact;
    bool is_brief;
} SERVER_FACTS[] = {
    {FACT_ISA, true}, {FACT_BACKEND, false}, {FACT_N_THREADS, true}, {FACT_N_CTX, true}, {FACT_KV_TYPE, true},
    {FACT_KV_BYTES_PER_TOKEN, false}, {FACT_N_SLOTS, false}, {FACT_SAMPLER, false}, {FACT_TEMPERATURE_SOURCE, false},
    {FACT_EXPERTS_VERIFIED, true}, {FACT_EXPERTS_EVIDENCE, false}, {FACT_LOAD_COLD_MS, true}, {FACT_LOAD_WARM_MS, true},
    {FACT_COLD_CACHED_BYTES, false}, {FACT_FIRST_TOKEN_LOAD_MS, false},
};
// clang-format on

static bool is_text(fact_name name)
{
    return strcmp(FACT_IDS[name].unit, "text") == 0;
}

static void put_server(paper_table *t, const paper_model *model, int server)
{
    const run_record *const run = model->analysis->run;
    const server_record *const s = &run->servers[server];
    paper_put_model(t, model);
    paper_table_text(t, server_side_name(s->side));
    paper_table_number(t, s->session);
    paper_table_text(t, s->software);
    paper_table_text(t, s->command);
    for (size_t i = 0; i < COUNT(SERVER_FACTS); i++) {
        const fact_name name = SERVER_FACTS[i].fact;
        const fact_record *const fact = run_fact(run, s->subject, server, name);
        if (is_text(name))
            paper_table_text(t, fact != NULL ? fact->text : "");
        else
            paper_table_number(t, fact != NULL ? fact->number : NAN);
    }
}

void paper_fill_servers(paper_table *t, const paper_models *models)
{
    paper_put_columns(t, SERVER, COUNT(SERVER));
    for (size_t i = 0; i < COUNT(SERVER_FACTS); i++) {
        const fact_id *const id = &FACT_IDS[SERVER_FACTS[i].fact];
        paper_table_column(t, (paper_column){id->name, id->unit, id->meaning, SERVER_FACTS[i].is_brief});
    }
    for (size_t i = 0; i < models->n; i++) {
        const run_record *const run = models->items[i].analysis->run;
        for (size_t k = 0; k < run->n_servers; k++) {
            if (run->servers[k].subject == models->items[i].subject->index)
                put_server(t, &models->items[i], (int)k);
        }
    }
}

/* ---- cause of the speed ------------------------------------------------------------------------------------------ */

// clang-format off
static const paper_column CAUSE[] = {
    {"bottleneck", "text", "what limits the speed", true},
    {"why", "text", "the figures that decided", false},
    {"decode_tps", "tok/s", "of the streamed tests", true},
    {"token_bytes", "B", "weights, keys and values read for one generated token", true},
    {"token_expert_bytes", "B", "of them, of routed experts", true},
    {"kv_bytes", "B", "of them, keys and values at the mean context", false},
    {"effective_bandwidth", "B/s", "token_bytes * decode_tps", true},
    {"machine_bandwidth", "B/s", "measured beside the run, idle server", true},
    {"bandwidth_share", "", "effective_bandwidth / machine_bandwidth", true},
    {"roofline_tps", "tok/s", "machine_bandwidth / token_bytes", true},
    {"server_cpu_share", "", "of all cores, while tests ran", false},
    {"busy_share", "", "of the threads that the server computes with", false},
    {"major_faults_per_s", "1/s", "of the server, while tests ran", false},
    {"foreign_load_share", "", "of all cores, other processes", false},
    {"steadiness", "", "median pace of the last quarter / of the first", true},
    {"steadiness_low", "", "lower end of its 95 % interval", false},
    {"steadiness_high", "", "upper end", false},
};
// clang-format on

void paper_fill_cause(paper_table *t, const paper_models *models)
{
    paper_put_columns(t, CAUSE, COUNT(CAUSE));
    for (size_t i = 0; i < models->n; i++) {
        const subject_analysis *const s = models->items[i].subject;
        const speed_cause *const c = &s->cause;
        const double figures[] = {s->modes[MODE_STREAM].decode_tps,
                                  c->token_bytes,
                                  c->token_expert_bytes,
                                  c->kv_bytes,
                                  c->effective_bandwidth,
                                  c->machine_bandwidth,
                                  c->share,
                                  c->roofline_tps,
                                  c->server_cpu_share,
                                  c->busy_share,
                                  c->major_faults_per_s,
                                  c->foreign_load_share,
                                  s->steadiness,
                                  s->steadiness_low,
                                  s->steadiness_high};
        paper_put_model(t, &models->items[i]);
        paper_table_text(t, bottleneck_name(c->which));
        paper_table_text(t, c->why);
        for (size_t k = 0; k < COUNT(figures); k++)
            paper_table_number(t, figures[k]);
    }
}

/* ---- temperature ------------------------------------------------------------------------------------------------- */

// clang-format off
static const paper_column SWEEP[] = {
    {"variant", "text", "what was asked for", true},
    {"value", "", "of the temperature", true},
    {"completed", "", "answers", true},
    {"repetition_mean", "", "repeated word triples / all word triples, mean over the answers", true},
    {"repetition_max", "", "the highest of an answer", true},
    {"degenerate", "", "answers that loop", true},
    {"mark_mean", "", "content marks, 1 to 5, by the rubric", true},
};
// clang-format on

void paper_fill_temperature(paper_table *t, const paper_models *models)
{
    paper_put_columns(t, SWEEP, COUNT(SWEEP));
    for (size_t i = 0; i < models->n; i++) {
        const subject_analysis *const s = models->items[i].subject;
        for (size_t k = 0; k < s->n_sweep; k++) {
            const sweep_point *const p = &s->sweep[k];
            paper_put_model(t, &models->items[i]);
            paper_table_text(t, p->variant);
            paper_table_number(t, p->value);
            paper_table_number(t, p->n);
            paper_table_number(t, p->repetition_mean);
            paper_table_number(t, p->repetition_max);
            paper_table_number(t, p->n_degenerate);
            paper_table_number(t, p->mark_mean);
        }
    }
}

/* ---- criteria ---------------------------------------------------------------------------------------------------- */

// clang-format off
static const paper_column CRITERION[] = {
    {"criterion", "text", "its name", true},
    {"group", "text", "of the protocol", false},
    {"asked", "text", "what the criterion asks for", true},
    {"verdict", "text", "met, failed, or inconclusive: not measured", true},
    {"figure", "", "what was measured, in unit", true},
    {"low", "", "lower end of its 95 % interval", false},
    {"high", "", "upper end", false},
    {"threshold", "", "that the figure is held against, in unit", true},
    {"unit", "text", "of figure, low, high and threshold", true},
    {"source", "text", "of the criterion", false},
    {"found", "text", "in words; or why it is inconclusive", false},
};
// clang-format on

static void put_criterion(paper_table *t, const paper_model *model, const criterion_row *row)
{
    paper_put_model(t, model);
    paper_table_text(t, row->id);
    paper_table_text(t, row->group);
    paper_table_text(t, row->asked);
    paper_table_text(t, criterion_verdict_name(row->verdict));
    paper_table_number(t, row->figure);
    paper_table_number(t, row->low);
    paper_table_number(t, row->high);
    paper_table_number(t, row->threshold);
    paper_table_text(t, row->unit);
    paper_table_text(t, row->source);
    paper_table_copy(t, row->found); // the list does not outlive this function
}

/* Criteria of the whole run are in the rows of its first model. */
void paper_fill_criteria(paper_table *t, const paper_models *models)
{
    paper_put_columns(t, CRITERION, COUNT(CRITERION));
    for (size_t i = 0; i < models->n; i++) {
        const paper_model *const model = &models->items[i];
        const int subject = model->subject->index;
        criteria_list list;
        t->has_failed |= criteria_of(model->analysis, &list, NULL) != SW_OK;
        for (size_t k = 0; k < list.n; k++) {
            const criterion_row *const row = &list.rows[k];
            if (row->subject == subject || (row->subject < 0 && subject == 0))
                put_criterion(t, model, row);
        }
        criteria_free(&list);
    }
}
