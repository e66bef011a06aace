/* store_schema.h - the tables of a store, and the marks that say whose file it is and of which version.
 *
 * A store is hostile input.  It is read only if SQLite finds its pages sound and every table is, letter for letter, the
 * one that spillway makes: a view or a computed column in its place could work for ever.
 */
#ifndef RESULTS_STORE_SCHEMA_H
#define RESULTS_STORE_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "results/record.h"
#include "results/store_db.h"

enum {
    STORE_APPLICATION_ID = 0x73706c77, // "splw" at byte 68 of the file
    STORE_SCHEMA_VERSION = 4,
};

/* The columns of each table, in the order in which they are written and read. */
// clang-format off
#define RUN_COLUMNS \
    "started_unix_ms, finished_unix_ms, status, reasons, fingerprint, version, url, model, protocol_name," \
    " protocol_hash, protocol_json, options_json, command, cpu, os, n_cores, memory_bytes, n_sessions, n_planned"
#define SUBJECT_COLUMNS \
    "name, family, file_name, file_hash, quantization, file_bytes, n_parameters, n_active_parameters, n_layers," \
    " n_experts, n_experts_used, n_experts_shared, n_ctx_train"
#define SERVER_COLUMNS "subject, side, session, url, software, command, started_ms"
#define PLACEMENT_COLUMNS "server, tier, tensor_class, bytes, requested, source"
#define FACT_COLUMNS "subject, server, name, number, text, source"
#define TEST_COLUMNS \
    "subject, server, mode, variant, phase, test_index, repeat, start_ms, name, grp, prompt, kind, max_tokens," \
    " temperature, seed, expected, status, error, http_status, scheduled_ns, connect_ns, headers_ns, first_event_ns," \
    " end_ns, finish_reason, model, fingerprint, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens," \
    " sampled_temperature, sampled_seed, queue_ms, prompt_ms, decode_ms, answer, reasoning, token_ids, expert_layers," \
    " experts, experts_used, expert_tokens"
#define STAGE_COLUMNS \
    "subject, suite, name, work, parameters, n_planned, planned_s, start_ms, end_ms, spent_ms, ending, reason"
#define STAGED_COLUMNS "stage, session, turn, item"
#define EVENT_COLUMNS "t_ns, n_bytes, n_tokens, is_reasoning"
#define CHECK_COLUMNS "name, kind, is_technical, weight, outcome, detail"
#define REVIEW_COLUMN_NAME(name, text) text ", "
#define REVIEW_COLUMNS \
    "reviewer, " REVIEW_SCORES(REVIEW_COLUMN_NAME) REVIEW_FLAGS(REVIEW_COLUMN_NAME) "note, unix_ms"
#define SAMPLE_COLUMN_NAME(name, text, unit, meaning) ", " text
#define SAMPLE_COLUMNS "t_ms, server, test_index" SAMPLE_FIGURES(SAMPLE_COLUMN_NAME)
#define GPU_SAMPLE_COLUMNS "t_ms, server, gpu" GPU_FIGURES(SAMPLE_COLUMN_NAME)
// clang-format on

/* Makes the objects of the newest schema that a store of schema `version` (0 or 1: all) lacks, for version 2 the table
 * of samples among them, and sets its marks, within the caller's transaction. */
SW_NODISCARD sw_code schema_create(result_store *store, int version, sw_err *err);

/* Checks the marks and the tables; *version_out is 1 to 4, or 0 for a file without any content.  Errors: SW_EFORMAT
 * (not a store, or damaged), SW_EUNSUPPORTED (made by a newer spillway), SW_EIO, SW_EBUSY, SW_ENOMEM. */
SW_NODISCARD sw_code schema_check(result_store *store, int *version_out, sw_err *err);

#endif
