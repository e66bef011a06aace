/* queries.c - one statement for each kind of row. */
#include "report/queries.h"

#include <inttypes.h>
#include <string.h>

#define REQUEST                                                                                                        \
    "test.subject + 1 AS model, test.mode, test.variant, test.test_index + 1 AS test, test.repeat + 1 AS repetition"
#define MEASURED "test.run_id = :run AND test.phase = 'measure'"

// clang-format off
const report_query REPORT_QUERIES[N_REPORT_QUERIES] = {
    {"tests", "requests with their times and what the server told",
     "SELECT " REQUEST ",\n"
     "  test.name, test.status, test.finish_reason, test.completion_tokens AS tokens, test.prompt_tokens, test.cached_tokens,\n"
     "  -test.scheduled_ns / 1e6 AS schedule_delay_ms, test.headers_ns / 1e6 AS ttfb_ms, test.first_event_ns / 1e6 AS ttfr_ms,\n"
     "  (SELECT min(t_ns) FROM event WHERE test_id = test.id) / 1e6 AS ttft_ms, test.end_ns / 1e6 AS e2e_ms,\n"
     "  test.completion_tokens * 1e9 / test.end_ns AS overall_tps, test.queue_ms, test.prompt_ms, test.decode_ms\n"
     "FROM test WHERE " MEASURED " ORDER BY test.id;\n"},
    {"events", "pieces of the answers as they arrived",
     "SELECT " REQUEST ",\n"
     "  event.i + 1 AS event, event.t_ns / 1e6 AS ms, event.n_tokens, event.n_bytes, event.is_reasoning\n"
     "FROM test JOIN event ON event.test_id = test.id WHERE " MEASURED " ORDER BY test.id, event.i;\n"},
    {"modes", "sums over the completed tests of each model and mode",
     "SELECT test.subject + 1 AS model, test.mode, count(*) AS completed, sum(test.completion_tokens) AS tokens,\n"
     "  sum(test.completion_tokens) * 1e9 / sum(test.end_ns) AS overall_tps\n"
     "FROM test WHERE " MEASURED " AND test.status = 'completed'\n"
     "GROUP BY test.subject, test.mode ORDER BY test.subject, test.mode;\n"},
    {"answers", "prompts and answers",
     "SELECT " REQUEST ",\n"
     "  test.name, test.prompt, test.temperature, test.seed, test.answer, test.reasoning\n"
     "FROM test WHERE " MEASURED " ORDER BY test.id;\n"},
    {"checks", "what was expected of the answers, and whether they met it",
     "SELECT " REQUEST ",\n"
     "  test_check.name, test_check.kind, is_technical, weight, outcome, detail\n"
     "FROM test JOIN test_check ON test_check.test_id = test.id WHERE " MEASURED " ORDER BY test.id, test_check.i;\n"},
    {"experts", "choices of experts by layer; counts are 32-bit numbers, little-endian",
     "SELECT " REQUEST ",\n"
     "  test.expert_tokens, test.experts, test.experts_used, expert.layer + 1 AS layer, hex(expert.counts) AS counts\n"
     "FROM test JOIN expert ON expert.test_id = test.id WHERE " MEASURED " ORDER BY test.id, expert.layer;\n"},
    {"models", "the models and their files",
     "SELECT position + 1 AS model, * FROM subject WHERE run_id = :run ORDER BY position;\n"},
    {"servers", "server processes",
     "SELECT position + 1 AS server, subject + 1 AS model, side, session, software, command, started_ms\n"
     "FROM server WHERE run_id = :run ORDER BY position;\n"},
    {"facts", "what is known of the machine, the models and the servers, and how",
     "SELECT subject + 1 AS model, server + 1 AS server, name, number, text, source FROM fact WHERE run_id = :run\n"
     "ORDER BY subject, server, name;\n"},
    {"placement", "bytes by class of tensors and tier of memory",
     "SELECT server + 1 AS server, tier, tensor_class, bytes, requested, source FROM placement WHERE run_id = :run\n"
     "ORDER BY server, tier, tensor_class;\n"},
    {"samples", "the machine and the servers over time",
     "SELECT server + 1 AS server, test_index + 1 AS test, * FROM sample WHERE run_id = :run ORDER BY t_ms;\n"},
};
// clang-format on

void report_query_put(buf *out, const report_query *query, int64_t run)
{
    const char *sql = query->sql;
    for (const char *at; (at = strstr(sql, ":run")) != NULL; sql = at + strlen(":run")) {
        buf_append(out, sql, (size_t)(at - sql));
        buf_printf(out, "%" PRId64, run);
    }
    buf_puts(out, sql);
}
