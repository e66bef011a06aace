/* paper_tables.c - which tables there are, and the columns that each begins with. */
#include "report/paper/paper_fill.h"

// clang-format off
static const paper_column MODEL[] = {
    {"n", "", "number of the model in the list of data.md", true},
    {"model", "text", "as its server calls it", true},
};
// clang-format on

void paper_put_columns(paper_table *t, const paper_column *columns, size_t n)
{
    for (size_t i = 0; i < sizeof MODEL / sizeof *MODEL; i++)
        paper_table_column(t, MODEL[i]);
    for (size_t i = 0; i < n; i++)
        paper_table_column(t, columns[i]);
}

void paper_put_model(paper_table *t, const paper_model *m)
{
    paper_table_number(t, m->number);
    paper_table_text(t, m->subject->subject->name);
}

// clang-format off
#define MEMORY_QUERY \
    "SELECT subject, server, name, number, text, source FROM fact WHERE run_id = :run ORDER BY subject, server, name;\n" \
    "SELECT server.subject, server.side, sample.t_ms, sample.private_bytes, sample.gpu_process_bytes\n" \
    "FROM sample JOIN server ON server.run_id = sample.run_id AND server.position = sample.server\n" \
    "WHERE sample.run_id = :run ORDER BY sample.t_ms;\n"
#define EVENTS_QUERY \
    "SELECT test.subject, test.mode, test.variant, test.name, test.repeat, test.status, test.completion_tokens,\n" \
    "  test.end_ns, event.i, event.t_ns, event.n_tokens, event.n_bytes, event.is_reasoning\n" \
    "FROM test LEFT JOIN event ON event.test_id = test.id\n" \
    "WHERE test.run_id = :run AND test.phase = 'measure' ORDER BY test.id, event.i;\n"
#define CHECKS_QUERY \
    "SELECT test.subject, test.mode, test.variant, test.name, test.repeat, test_check.name AS check_name,\n" \
    "  test_check.kind, is_technical, weight, outcome, detail\n" \
    "FROM test JOIN test_check ON test_id = test.id WHERE run_id = :run AND phase = 'measure' ORDER BY test.id, i;\n"
#define QUALITY_QUERY \
    "SELECT subject, mode, variant, name, repeat, kind, status, answer, reasoning FROM test\n" \
    "WHERE run_id = :run AND phase = 'measure' ORDER BY id;\n" \
    CHECKS_QUERY
#define REVIEW_QUERY \
    "SELECT subject, name, repeat, review.* FROM review JOIN test ON test.id = test_id\n" \
    "WHERE run_id = :run ORDER BY test_id, reviewer;\n"

const paper_table_maker PAPER_TABLES[N_PAPER_TABLES] = {
    {{"architecture", "Architecture of the models", "What each model is, from its file and its server.",
      "SELECT position, name, family, file_name, file_hash, quantization, file_bytes, n_parameters, n_active_parameters,\n"
      "  n_layers, n_experts, n_experts_used, n_experts_shared, n_ctx_train\n"
      "FROM subject WHERE run_id = :run ORDER BY position;\n"}, paper_fill_architecture},
    {{"servers", "Servers that were measured", "What each server computed with, and how long it took to load.",
      "SELECT position, subject, side, session, url, software, command FROM server WHERE run_id = :run ORDER BY position;\n"
      "SELECT server, name, number, text, source FROM fact WHERE run_id = :run AND server IS NOT NULL\n"
      "ORDER BY server, name;\n"}, paper_fill_servers},
    {{"memory", "Memory that offloading saves", "The published claim, the arithmetic ceiling and what was measured, of each model.",
      MEMORY_QUERY}, paper_fill_memory},
    {{"placement", "Bytes by class and tier", "Where the tensors, keys and values of each server are.",
      "SELECT server.subject, server.side, server.session, tier, tensor_class, bytes, requested, source\n"
      "FROM placement JOIN server ON server.run_id = placement.run_id AND server.position = placement.server\n"
      "WHERE placement.run_id = :run ORDER BY server.position, tier, tensor_class;\n"}, paper_fill_placement},
    {{"streaming", "Speed of the models", "The tests of each model and mode together; a rate is all tokens over all time.",
      EVENTS_QUERY
      "SELECT name, number FROM fact WHERE run_id = :run AND name LIKE 'objective_%' ORDER BY name;\n"}, paper_fill_streaming},
    {{"cause", "What limits the speed", "Of the streamed tests: the memory that a token reads, against what the machine can read.",
      MEMORY_QUERY EVENTS_QUERY}, paper_fill_cause},
    {{"quality", "Quality of the answers", "The streamed answers of each model, how many equal those of another mode, and what people say of all.",
      QUALITY_QUERY REVIEW_QUERY}, paper_fill_quality},
    {{"temperature", "Repetition over temperature", "The sweep of each model, by value.",
      "SELECT subject, variant, temperature, sampled_temperature, name, repeat, status, answer FROM test\n"
      "WHERE run_id = :run AND phase = 'measure' AND mode = 'sweep' ORDER BY id;\n"}, paper_fill_temperature},
    {{"answers", "Every answer", "A row for each request; warm-ups are left out.",
      "SELECT subject, mode, variant, name, repeat, status, error, finish_reason, prompt_tokens, cached_tokens,\n"
      "  completion_tokens, scheduled_ns, headers_ns, first_event_ns, end_ns, queue_ms, prompt_ms, decode_ms, answer,\n"
      "  reasoning, hex(token_ids) AS token_ids\n"
      "FROM test WHERE run_id = :run AND phase = 'measure' ORDER BY id;\n"
      EVENTS_QUERY CHECKS_QUERY}, paper_fill_answers},
    {{"experts", "Use of experts", "The streamed tests of each model; counts are 32-bit numbers, little-endian.",
      "SELECT test.subject, test.name, test.repeat, expert_tokens, experts, experts_used, layer, hex(counts)\n"
      "FROM expert JOIN test ON test.id = test_id\n"
      "WHERE run_id = :run AND phase = 'measure' AND mode = 'stream' ORDER BY test.id, layer;\n"}, paper_fill_experts},
    {{"criteria", "Criteria", "What the protocol asks for, and what was found. Criteria of the whole run are in the rows of its first model.",
      MEMORY_QUERY EVENTS_QUERY QUALITY_QUERY}, paper_fill_criteria},
};
// clang-format on
