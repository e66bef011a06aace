/* queries.c - one statement for each kind of row. */
#include "report/queries.h"

#include <inttypes.h>
#include <string.h>

#define REQUEST                                                                                                        \
    "SELECT test.subject + 1 AS model, test.mode, test.variant,\n"                                                     \
    "  test.test_index + 1 AS test, test.repeat + 1 AS repetition,\n"
#define MEASURED "WHERE test.run_id = :run AND test.phase = 'measure'\n"

// clang-format off
const report_query REPORT_QUERIES[N_REPORT_QUERIES] = {
    {"tests", "requests with their times, and what the server told",
     REQUEST
     "  test.name, test.status, test.finish_reason,\n"
     "  test.completion_tokens AS tokens, test.prompt_tokens, test.cached_tokens,\n"
     "  -test.scheduled_ns / 1e6 AS schedule_delay_ms,\n"
     "  test.headers_ns / 1e6 AS ttfb_ms, test.first_event_ns / 1e6 AS ttfr_ms,\n"
     "  (SELECT min(t_ns) FROM event WHERE test_id = test.id) / 1e6 AS ttft_ms,\n"
     "  test.end_ns / 1e6 AS e2e_ms,\n"
     "  test.completion_tokens * 1e9 / test.end_ns AS overall_tps,\n"
     "  test.queue_ms, test.prompt_ms, test.decode_ms\n"
     "FROM test " MEASURED
     "ORDER BY test.id;\n"},
    {"events", "pieces of the answers as they arrived",
     REQUEST
     "  event.i + 1 AS event, event.t_ns / 1e6 AS ms,\n"
     "  event.n_tokens, event.n_bytes, event.is_reasoning\n"
     "FROM test JOIN event ON event.test_id = test.id\n"
     MEASURED
     "ORDER BY test.id, event.i;\n"},
    {"modes", "sums over the completed tests of each model and mode",
     "SELECT test.subject + 1 AS model, test.mode, count(*) AS completed,\n"
     "  sum(test.completion_tokens) AS tokens,\n"
     "  sum(test.completion_tokens) * 1e9 / sum(test.end_ns) AS overall_tps\n"
     "FROM test " MEASURED
     "  AND test.status = 'completed'\n"
     "GROUP BY test.subject, test.mode ORDER BY test.subject, test.mode;\n"},
    {"answers", "prompts and answers",
     REQUEST
     "  test.name, test.prompt, test.temperature, test.seed,\n"
     "  test.answer, test.reasoning\n"
     "FROM test " MEASURED
     "ORDER BY test.id;\n"},
    {"checks", "what was expected of the answers, and whether they met it",
     REQUEST
     "  test_check.name, test_check.kind, test_check.is_technical,\n"
     "  test_check.weight, test_check.outcome, test_check.detail\n"
     "FROM test JOIN test_check ON test_check.test_id = test.id\n"
     MEASURED
     "ORDER BY test.id, test_check.i;\n"},
    {"experts", "choices of experts by layer; counts are 32-bit numbers, little-endian",
     REQUEST
     "  test.expert_tokens, test.experts, test.experts_used,\n"
     "  expert.layer + 1 AS layer, hex(expert.counts) AS counts\n"
     "FROM test JOIN expert ON expert.test_id = test.id\n"
     MEASURED
     "ORDER BY test.id, expert.layer;\n"},
    {"models", "the models and their files",
     "SELECT position + 1 AS model, * FROM subject\n"
     "WHERE run_id = :run ORDER BY position;\n"},
    {"servers", "server processes",
     "SELECT position + 1 AS server, subject + 1 AS model, side, session,\n"
     "  software, command, started_ms\n"
     "FROM server WHERE run_id = :run ORDER BY position;\n"},
    {"facts", "what is known of the machine, the models and the servers, and how",
     "SELECT subject + 1 AS model, server + 1 AS server, name, number, text, source\n"
     "FROM fact WHERE run_id = :run ORDER BY subject, server, name;\n"},
    {"placement", "bytes by class of tensors and tier of memory",
     "SELECT server + 1 AS server, tier, tensor_class, bytes, requested, source\n"
     "FROM placement WHERE run_id = :run ORDER BY server, tier, tensor_class;\n"},
    {"samples", "the machine and the servers over time",
     "SELECT server + 1 AS server, test_index + 1 AS test, * FROM sample\n"
     "WHERE run_id = :run ORDER BY t_ms;\n"},
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
