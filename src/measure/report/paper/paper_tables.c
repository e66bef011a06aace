/* paper_tables.c - the protocol's data collection as tables: what each is made of, and its rows. */
#include <math.h>
#include <string.h>

#include "report/paper/paper_parts.h"
#include "report/test_figures.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

static void put_columns(paper_table *t, const paper_column *columns, size_t n)
{
    for (size_t i = 0; i < n; i++)
        paper_table_column(t, columns[i]);
}

// clang-format off
static const paper_column MODEL[] = {
    {"n", "", "number of the model in the list of data.md", true},
    {"model", "text", "as its server calls it", true},
};
// clang-format on

static void put_model(paper_table *t, const paper_model *m)
{
    paper_table_number(t, m->number);
    paper_table_text(t, m->subject->subject->name);
}

/* 0 is what nobody told. */
static void put_count(paper_table *t, double count)
{
    paper_table_number(t, count > 0 ? count : NAN);
}

/* ---- architecture ------------------------------------------------------------------------------------------------ */

// clang-format off
static const paper_column ARCHITECTURE[] = {
    {"family", "text", "general.architecture of the file", true},
    {"quantization", "text", "of most weights", true},
    {"parameters", "", "all weights", true},
    {"active_parameters", "", "weights that one token uses", true},
    {"layers", "", "", true},
    {"experts", "", "routed experts of a layer", true},
    {"experts_used", "", "of them, used by one token", true},
    {"experts_shared", "", "always used, of a layer", true},
    {"context", "tok", "that the model was trained for", true},
    {"file_bytes", "B", "of the model's file", true},
    {"file_hash", "text", "header, size and spread blocks of the file", false},
};
// clang-format on

static void fill_architecture(paper_table *t, const paper_models *models)
{
    put_columns(t, MODEL, COUNT(MODEL));
    put_columns(t, ARCHITECTURE, COUNT(ARCHITECTURE));
    for (size_t i = 0; i < models->n; i++) {
        const subject_record *const s = models->items[i].subject->subject;
        put_model(t, &models->items[i]);
        paper_table_text(t, s->family);
        paper_table_text(t, s->quantization);
        put_count(t, (double)s->n_parameters);
        put_count(t, (double)s->n_active_parameters);
        put_count(t, s->n_layers);
        put_count(t, s->n_experts);
        put_count(t, s->n_experts_used);
        paper_table_number(t, s->n_experts > 0 ? s->n_experts_shared : NAN);
        put_count(t, s->n_ctx_train);
        put_count(t, (double)s->file_bytes);
        paper_table_text(t, s->file_hash);
    }
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

// clang-format off
static const paper_column MEMORY[] = {
    {"expert_bytes", "B", "all routed experts", true},
    {"placeable_bytes", "B", "all weights and KV: everything that a GPU can hold", true},
    {"ceiling_pct", "%", "100 * expert_bytes / placeable_bytes: the most that offloading experts can save", true},
    {"claim_low_pct", "%", "published saving, lowest", false},
    {"claim_high_pct", "%", "published saving, highest", true},
    {"basis", "text", "measured: both sides ran; computed: arithmetic over the file", true},
    {"saved_pct", "%", "100 * (vram_reference - vram_offloaded) / vram_reference", true},
    {"vram_offloaded", "B", "VRAM with the experts in RAM", true},
    {"vram_reference", "B", "VRAM with everything in VRAM", true},
    {"ram_offloaded", "B", "highest private memory of the offloaded server", true},
    {"ram_reference", "B", "highest private memory of the un-offloaded server", false},
    {"plan_vram", "B", "predicted", false},
    {"plan_ram", "B", "predicted", false},
    {"note", "text", "why the saving is not measured", false},
};
// clang-format on

static const char *saving_kind_word(saving_kind kind)
{
    static const char *const WORDS[] = {"", "computed", "measured"};
    return WORDS[kind];
}

static void fill_memory(paper_table *t, const paper_models *models)
{
    put_columns(t, MODEL, COUNT(MODEL));
    put_columns(t, MEMORY, COUNT(MEMORY));
    for (size_t i = 0; i < models->n; i++) {
        const paper_model *const model = &models->items[i];
        const memory_figures *const m = &model->subject->memory;
        const run_record *const run = model->analysis->run;
        put_model(t, model);
        paper_table_number(t, run_number(run, model->subject->index, -1, FACT_EXPERT_BYTES));
        paper_table_number(t, run_number(run, model->subject->index, -1, FACT_PLACEABLE_BYTES));
        paper_table_number(t, m->ceiling_pct);
        paper_table_number(t, m->claim_low_pct);
        paper_table_number(t, m->claim_high_pct);
        paper_table_text(t, saving_kind_word(m->kind));
        paper_table_number(t, m->saved_pct);
        paper_table_number(t, m->vram_offloaded_bytes);
        paper_table_number(t, m->vram_reference_bytes);
        paper_table_number(t, m->ram_offloaded_bytes);
        paper_table_number(t, m->ram_reference_bytes);
        paper_table_number(t, m->plan_vram_bytes);
        paper_table_number(t, m->plan_ram_bytes);
        paper_table_text(t, m->note);
    }
}

// clang-format off
static const paper_column PLACEMENT[] = {
    {"side", "text", "offloaded, reference, or given: a server that ran already", true},
    {"session", "", "of the run, from 0", false},
    {"tier", "text", "memory", true},
    {"class", "text", "of tensors, or keys and values", true},
    {"bytes", "B", "", true},
    {"requested", "text", "the tier that was asked for", false},
    {"source", "text", "how it is known", true},
};
// clang-format on

static void fill_placement(paper_table *t, const paper_models *models)
{
    put_columns(t, MODEL, COUNT(MODEL));
    put_columns(t, PLACEMENT, COUNT(PLACEMENT));
    for (size_t i = 0; i < models->n; i++) {
        const run_record *const run = models->items[i].analysis->run;
        for (size_t k = 0; k < run->n_placement; k++) {
            const placement_row *const row = &run->placement[k];
            const server_record *const server = &run->servers[row->server];
            if (server->subject != models->items[i].subject->index)
                continue;
            put_model(t, &models->items[i]);
            paper_table_text(t, server_side_name(server->side));
            paper_table_number(t, server->session);
            paper_table_text(t, row->tier);
            paper_table_text(t, row->tensor_class);
            paper_table_number(t, (double)row->bytes);
            paper_table_text(t, row->requested);
            paper_table_text(t, row->source);
        }
    }
}

/* ---- streaming --------------------------------------------------------------------------------------------------- */

/* Returns true if the word is in a list of words with a space on both sides of each. */
static bool is_in(const char *list, const char *word)
{
    const size_t n = strlen(word);
    for (const char *p = list; (p = strstr(p, word)) != NULL; p += n) {
        if (p[-1] == ' ' && p[n] == ' ')
            return true;
    }
    return false;
}

static void fill_streaming(paper_table *t, const paper_models *models)
{
    static const char BRIEF[] =
        " completed decode_tps decode_low_tps decode_high_tps overall_tps ttft_p50_ms itl_p50_ms "
        "itl_p95_ms ";
    put_columns(t, MODEL, COUNT(MODEL));
    paper_table_column(t, (paper_column){"mode", "text", "how the tests were asked", true});
    for (int f = 0; f < N_MODE_FIGURES; f++)
        paper_table_column(t, (paper_column){MODE_FIGURES[f].name, MODE_FIGURES[f].unit, MODE_FIGURES[f].definition,
                                             is_in(BRIEF, MODE_FIGURES[f].name)});
    for (size_t i = 0; i < models->n; i++) {
        for (int mode = 0; mode < N_TEST_MODES; mode++) {
            const run_summary *const s = &models->items[i].subject->modes[mode];
            if (s->n_rows == 0)
                continue;
            put_model(t, &models->items[i]);
            paper_table_text(t, test_mode_name((test_mode)mode));
            for (int f = 0; f < N_MODE_FIGURES; f++)
                paper_table_number(t, MODE_FIGURES[f].value(s));
        }
    }
}

// clang-format off
static const paper_column ANSWER[] = {
    {"mode", "text", "how the test was asked", true},
    {"variant", "text", "what is varied", false},
    {"test", "text", "name in the protocol", true},
    {"repeat", "", "from 0", true},
    {"status", "text", "how the request ended", true},
};
// clang-format on

static void put_answer(paper_table *t, const paper_model *model, const summary_row *row)
{
    put_model(t, model);
    paper_table_text(t, test_mode_name(row->test->mode));
    paper_table_text(t, row->test->variant);
    paper_table_text(t, row->test->plan.name);
    paper_table_number(t, row->test->repeat);
    paper_table_text(t, test_status_name(row->test->answer.status));
    for (int f = 0; f < N_TEST_FIGURES; f++)
        paper_table_number(t, TEST_FIGURES[f].value(row));
}

static void fill_answers(paper_table *t, const paper_models *models)
{
    static const char BRIEF[] = " tokens ttft_ms decode_tps overall_tps repetition mark ";
    put_columns(t, MODEL, COUNT(MODEL));
    put_columns(t, ANSWER, COUNT(ANSWER));
    for (int f = 0; f < N_TEST_FIGURES; f++)
        paper_table_column(t, (paper_column){TEST_FIGURES[f].name, TEST_FIGURES[f].unit, TEST_FIGURES[f].definition,
                                             is_in(BRIEF, TEST_FIGURES[f].name)});
    for (size_t i = 0; i < models->n; i++) {
        for (int mode = 0; mode < N_TEST_MODES; mode++) {
            const run_summary *const s = &models->items[i].subject->modes[mode];
            for (size_t r = 0; r < s->n_rows; r++)
                put_answer(t, &models->items[i], &s->rows[r]);
        }
    }
}

/* ---- quality ----------------------------------------------------------------------------------------------------- */

// clang-format off
static const paper_column QUALITY[] = {
    {"completed", "", "streamed answers", true},
    {"mark_mean", "", "content marks, 1 to 5, by the rubric", true},
    {"technical_passed", "", "technical checks that passed", true},
    {"technical_run", "", "technical checks that ran", true},
    {"repetition_mean", "", "repeated word triples / all word triples, mean over the answers", true},
    {"degenerate", "", "answers that loop", true},
    {"equal_to_reference", "", "answers with the text of the un-offloaded side, same prompt and seed", true},
    {"reference_pairs", "", "answers that both sides gave", true},
    {"equal_streamed", "", "answers with the same text streamed and not", false},
    {"streamed_pairs", "", "answers that both modes gave", false},
};
// clang-format on

static void fill_quality(paper_table *t, const paper_models *models)
{
    put_columns(t, MODEL, COUNT(MODEL));
    put_columns(t, QUALITY, COUNT(QUALITY));
    for (size_t i = 0; i < models->n; i++) {
        const subject_analysis *const s = models->items[i].subject;
        const run_summary *const m = &s->modes[MODE_STREAM];
        put_model(t, &models->items[i]);
        paper_table_number(t, m->n_completed);
        paper_table_number(t, s->mark_mean);
        paper_table_number(t, s->n_technical_passed);
        paper_table_number(t, s->n_technical_run);
        paper_table_number(t, m->mean_repetition);
        paper_table_number(t, m->n_degenerate);
        paper_table_number(t, s->n_reference_pairs > 0 ? s->n_equal_to_reference : NAN);
        paper_table_number(t, s->n_reference_pairs);
        paper_table_number(t, s->n_streamed_pairs > 0 ? s->n_equal_streamed : NAN);
        paper_table_number(t, s->n_streamed_pairs);
    }
}

/* ---- experts ----------------------------------------------------------------------------------------------------- */

// clang-format off
static const paper_column EXPERTS[] = {
    {"test", "text", "name in the protocol; \"all tests\"", true},
    {"tokens", "tok", "", true},
    {"coverage", "", "share of the experts that were chosen at all, mean over the layers", true},
    {"expected_coverage", "", "that so many tokens would reach if every expert were as likely", true},
    {"entropy_ratio", "", "1: all experts as often", true},
    {"effective_experts", "", "e^entropy", true},
    {"top_share", "", "of as many most chosen experts as one token uses", true},
    {"hot_50", "", "fewest experts with half of the choices, largest over the layers", false},
    {"hot_80", "", "with 80 %", true},
    {"hot_95", "", "with 95 %", false},
};
// clang-format on

static void put_experts(paper_table *t, const paper_model *model, const expert_use_figures *e)
{
    put_model(t, model);
    paper_table_text(t, e->name);
    paper_table_number(t, (double)e->n_tokens);
    paper_table_number(t, e->coverage);
    paper_table_number(t, e->expected_coverage);
    paper_table_number(t, e->entropy_ratio);
    paper_table_number(t, e->effective_experts);
    paper_table_number(t, e->top_share);
    paper_table_number(t, e->hot_50);
    paper_table_number(t, e->hot_80);
    paper_table_number(t, e->hot_95);
}

static void fill_experts(paper_table *t, const paper_models *models)
{
    put_columns(t, MODEL, COUNT(MODEL));
    put_columns(t, EXPERTS, COUNT(EXPERTS));
    for (size_t i = 0; i < models->n; i++) {
        const expert_figures *const e = &models->items[i].subject->experts;
        if (e->n_tests > 0)
            put_experts(t, &models->items[i], &e->all);
        for (size_t k = 0; k < e->n_tests; k++)
            put_experts(t, &models->items[i], &e->tests[k]);
    }
}

// clang-format off
const paper_table_maker PAPER_TABLES[N_PAPER_TABLES] = {
    {{"architecture", "Architecture of the models", "What each model is, from its file and its server.",
      "SELECT position, name, family, file_name, file_hash, quantization, file_bytes, n_parameters, n_active_parameters,\n"
      "  n_layers, n_experts, n_experts_used, n_experts_shared, n_ctx_train\n"
      "FROM subject WHERE run_id = :run ORDER BY position;\n"}, fill_architecture},
    {{"memory", "Memory that offloading saves", "The published claim, the arithmetic ceiling and what was measured, of each model.",
      "SELECT subject, server, name, number, text, source FROM fact WHERE run_id = :run ORDER BY subject, server, name;\n"
      "SELECT server.subject, server.side, sample.t_ms, sample.private_bytes, sample.gpu_process_bytes\n"
      "FROM sample JOIN server ON server.run_id = sample.run_id AND server.position = sample.server\n"
      "WHERE sample.run_id = :run ORDER BY sample.t_ms;\n"}, fill_memory},
    {{"placement", "Bytes by class and tier", "Where the tensors, keys and values of each server are.",
      "SELECT server.subject, server.side, server.session, tier, tensor_class, bytes, requested, source\n"
      "FROM placement JOIN server ON server.run_id = placement.run_id AND server.position = placement.server\n"
      "WHERE placement.run_id = :run ORDER BY server.position, tier, tensor_class;\n"}, fill_placement},
    {{"streaming", "Speed of the models", "The tests of each model and mode together; a rate is all tokens over all time.",
      "SELECT test.subject, test.mode, test.variant, test.name, test.repeat, test.status, test.completion_tokens,\n"
      "  test.end_ns, event.i, event.t_ns, event.n_tokens, event.n_bytes, event.is_reasoning\n"
      "FROM test JOIN event ON event.test_id = test.id\n"
      "WHERE test.run_id = :run AND test.phase = 'measure' ORDER BY test.id, event.i;\n"}, fill_streaming},
    {{"quality", "Quality of the answers", "The streamed answers of each model, and how many equal those of another mode.",
      "SELECT subject, mode, variant, name, repeat, status, answer, reasoning FROM test\n"
      "WHERE run_id = :run AND phase = 'measure' ORDER BY id;\n"
      "SELECT test.subject, test.mode, test.name, test.repeat, test_check.name, test_check.kind, is_technical, weight,\n"
      "  outcome, detail\n"
      "FROM test JOIN test_check ON test_id = test.id WHERE run_id = :run AND phase = 'measure' ORDER BY test.id, i;\n"}, fill_quality},
    {{"answers", "Every answer", "A row for each request; warm-ups are left out.",
      "SELECT * FROM test WHERE run_id = :run AND phase = 'measure' ORDER BY id;\n"}, fill_answers},
    {{"experts", "Use of experts", "The streamed tests of each model; counts are 32-bit numbers, little-endian.",
      "SELECT test.subject, test.name, test.repeat, expert_tokens, experts, experts_used, layer, hex(counts)\n"
      "FROM expert JOIN test ON test.id = test_id\n"
      "WHERE run_id = :run AND phase = 'measure' AND mode = 'stream' ORDER BY test.id, layer;\n"}, fill_experts},
};
// clang-format on
