/* foreign_fields.c - one row per member of OpenAI's, llama-server's, vLLM's, Anthropic's and Ollama's chat requests
 * that is not honoured here. */
#include "dialects/foreign_fields.h"

#include <string.h>

#include "dialects/generation_fields.h"

/* What becomes of a member. */
typedef enum field_policy {
    INERT,        // no effect on the answer, and none is missed
    NAMED,        // no effect; the client is told
    ONLY_NUMBER,  // refused unless it is the number `neutral`
    ONLY_AT_MOST, // refused unless it is the number `neutral` or less
    ONLY_FALSE,   // refused unless it is false
    ONLY_TRUE,    // refused unless it is true
    REFUSED,      // whatever it is
    ONLY_EMPTY,   // refused unless it is an empty string, array or object
    ONLY_WORDS,   // refused unless it is one of `words`, or an array of such
} field_policy;

typedef struct foreign_field {
    const char *name;
    field_policy policy;
    double neutral;
    const char *words; // separated by spaces
    const char *hint;  // what to use instead; NULL: nothing
} foreign_field;

// clang-format off
static const foreign_field FIELDS[] = {
    /* OpenAI */
    {"user",                   INERT,       0, NULL, NULL},
    {"store",                  INERT,       0, NULL, NULL},
    {"metadata",               INERT,       0, NULL, NULL},
    {"service_tier",           INERT,       0, NULL, NULL},
    {"prompt_cache_key",       INERT,       0, NULL, NULL},
    {"prompt_cache_retention", INERT,       0, NULL, NULL},
    {"safety_identifier",      INERT,       0, NULL, NULL},
    {"prediction",             NAMED,       0, NULL, NULL},
    {"verbosity",              NAMED,       0, NULL, NULL},
    {"modalities",             ONLY_WORDS,  0, "text", NULL},
    {"audio",                  ONLY_EMPTY,  0, NULL, NULL},
    {"web_search_options",     REFUSED,     0, NULL, NULL},
    /* llama-server: sampling */
    {"mirostat",               ONLY_NUMBER, 0, NULL, "temperature and top_p"},
    {"mirostat_tau",           INERT,       0, NULL, NULL}, // has an effect only with mirostat, as the others below
    {"mirostat_eta",           INERT,       0, NULL, NULL},
    {"dynatemp_range",         ONLY_NUMBER, 0, NULL, "temperature"},
    {"dynatemp_exponent",      INERT,       0, NULL, NULL},
    {"xtc_probability",        ONLY_NUMBER, 0, NULL, NULL},
    {"xtc_threshold",          INERT,       0, NULL, NULL},
    {"dry_multiplier",         ONLY_NUMBER, 0, NULL, "repeat_penalty"},
    {"dry_base",               INERT,       0, NULL, NULL},
    {"dry_allowed_length",     INERT,       0, NULL, NULL},
    {"dry_penalty_last_n",     INERT,       0, NULL, NULL},
    {"dry_sequence_breakers",  INERT,       0, NULL, NULL},
    {"adaptive_target",        ONLY_AT_MOST, -1, NULL, NULL},
    {"adaptive_decay",         INERT,       0, NULL, NULL},
    {"top_n_sigma",            ONLY_AT_MOST, 0, NULL, "min_p"},
    {"tfs_z",                  ONLY_NUMBER, 1, NULL, "top_p"},
    {"penalize_nl",            NAMED,       0, NULL, NULL},
    {"min_keep",               ONLY_AT_MOST, 1, NULL, NULL},
    {"samplers",               ONLY_EMPTY,  0, NULL, NULL},
    {"sampler_seq",            ONLY_EMPTY,  0, NULL, NULL},
    {"backend_sampling",       NAMED,       0, NULL, NULL},
    /* llama-server: constraints and templates */
    {"grammar",                ONLY_EMPTY,  0, NULL, NULL},
    {"grammar_lazy",           ONLY_FALSE,  0, NULL, NULL},
    {"grammar_triggers",       ONLY_EMPTY,  0, NULL, NULL},
    {"preserved_tokens",       ONLY_EMPTY,  0, NULL, NULL},
    {"json_schema",            ONLY_EMPTY,  0, NULL, NULL},
    {"chat_format",            NAMED,       0, NULL, NULL},
    {"chat_parser",            ONLY_EMPTY,  0, NULL, NULL},
    {"reasoning_format",       ONLY_WORDS,  0, "auto deepseek", NULL}, // what this server always does
    {"reasoning_in_content",   ONLY_FALSE,  0, NULL, NULL},
    {"reasoning_budget",       ONLY_NUMBER, -1, NULL, "reasoning_effort"},
    {"thinking_budget_tokens", ONLY_NUMBER, -1, NULL, "reasoning_effort"},
    {"thinking_forced_open",   ONLY_FALSE,  0, NULL, NULL},
    {"parse_tool_calls",       NAMED,       0, NULL, NULL},
    {"generation_prompt",      ONLY_EMPTY,  0, NULL, NULL},
    /* llama-server: the answer and the context */
    {"n_keep",                 NAMED,       0, NULL, NULL},
    {"n_discard",              NAMED,       0, NULL, NULL},
    {"n_indent",               ONLY_NUMBER, 0, NULL, NULL},
    {"n_probs",                ONLY_NUMBER, 0, NULL, "logprobs and top_logprobs"},
    {"post_sampling_probs",    ONLY_FALSE,  0, NULL, NULL},
    {"return_tokens",          ONLY_FALSE,  0, NULL, NULL},
    {"timings_per_token",      ONLY_FALSE,  0, NULL, NULL}, // likewise
    {"response_fields",        ONLY_EMPTY,  0, NULL, NULL},
    {"t_max_predict_ms",       ONLY_AT_MOST, 0, NULL, "max_tokens"},
    {"t_max_prompt_ms",        ONLY_AT_MOST, 0, NULL, NULL},
    {"n_cache_reuse",          NAMED,       0, NULL, NULL},
    {"sse_ping_interval",      NAMED,       0, NULL, NULL},
    {"lora",                   ONLY_EMPTY,  0, NULL, NULL},
    {"control_vectors",        ONLY_EMPTY,  0, NULL, NULL},
    {"image_data",             ONLY_EMPTY,  0, NULL, NULL},
    {"speculative.n_max",      NAMED,       0, NULL, NULL}, // how fast, never what
    {"speculative.n_min",      NAMED,       0, NULL, NULL},
    {"speculative.p_min",      NAMED,       0, NULL, NULL},
    {"speculative.type",       NAMED,       0, NULL, NULL},
    {"verbose",                NAMED,       0, NULL, NULL},
    /* vLLM */
    {"best_of",                ONLY_NUMBER, 1, NULL, NULL},
    {"use_beam_search",        ONLY_FALSE,  0, NULL, NULL},
    {"length_penalty",         ONLY_NUMBER, 1, NULL, NULL},
    {"early_stopping",         ONLY_FALSE,  0, NULL, NULL},
    {"stop_token_ids",         ONLY_EMPTY,  0, NULL, "stop"},
    {"include_stop_str_in_output", ONLY_FALSE, 0, NULL, NULL},
    {"min_tokens",             ONLY_NUMBER, 0, NULL, NULL},
    {"bad_words",              ONLY_EMPTY,  0, NULL, "logit_bias"},
    {"allowed_token_ids",      ONLY_EMPTY,  0, NULL, "logit_bias"},
    {"logits_processors",      ONLY_EMPTY,  0, NULL, NULL},
    {"skip_special_tokens",    ONLY_TRUE,   0, NULL, NULL},
    {"spaces_between_special_tokens", INERT, 0, NULL, NULL}, // there are none in an answer
    {"detokenize",             ONLY_TRUE,   0, NULL, NULL},
    {"truncate_prompt_tokens", ONLY_NUMBER, -1, NULL, NULL},
    {"prompt_logprobs",        REFUSED,     0, NULL, NULL},
    {"echo",                   ONLY_FALSE,  0, NULL, NULL},
    {"add_generation_prompt",  ONLY_TRUE,   0, NULL, NULL},
    {"continue_final_message", ONLY_FALSE,  0, NULL, NULL},
    {"add_special_tokens",     ONLY_FALSE,  0, NULL, NULL},
    {"documents",              ONLY_EMPTY,  0, NULL, NULL},
    {"chat_template",          ONLY_EMPTY,  0, NULL, NULL},
    {"mm_processor_kwargs",    ONLY_EMPTY,  0, NULL, NULL},
    {"media_io_kwargs",        ONLY_EMPTY,  0, NULL, NULL},
    {"structured_outputs",     ONLY_EMPTY,  0, NULL, NULL},
    {"guided_json",            ONLY_EMPTY,  0, NULL, NULL},
    {"guided_regex",           ONLY_EMPTY,  0, NULL, NULL},
    {"guided_choice",          ONLY_EMPTY,  0, NULL, NULL},
    {"guided_grammar",         ONLY_EMPTY,  0, NULL, NULL},
    {"guided_json_object",     ONLY_FALSE,  0, NULL, NULL},
    {"structural_tag",         ONLY_EMPTY,  0, NULL, NULL},
    {"guided_decoding_backend", INERT,      0, NULL, NULL},
    {"guided_whitespace_pattern", INERT,    0, NULL, NULL},
    {"include_reasoning",      ONLY_TRUE,   0, NULL, NULL},
    {"thinking_token_budget",  ONLY_NUMBER, -1, NULL, "reasoning_effort"},
    {"return_tokens_as_token_ids", ONLY_FALSE, 0, NULL, NULL},
    {"return_token_ids",       ONLY_FALSE,  0, NULL, NULL}, // of families that do not take it
    {"repetition_detection",   ONLY_EMPTY,  0, NULL, NULL},
    {"vllm_xargs",             ONLY_EMPTY,  0, NULL, NULL},
    {"priority",               NAMED,       0, NULL, NULL},
    {"request_id",             NAMED,       0, NULL, "the header X-Request-Id"},
    {"cache_salt",             NAMED,       0, NULL, NULL},
    {"kv_transfer_params",     NAMED,       0, NULL, NULL},
    /* Anthropic */
    {"cache_control",          INERT,       0, NULL, NULL}, // evaluated prompts are always cached
    {"mcp_servers",            ONLY_EMPTY,  0, NULL, NULL},
    {"output_format",          ONLY_EMPTY,  0, NULL, NULL},
    /* Ollama */
    {"options",                ONLY_EMPTY,  0, NULL, "members of the request itself, such as temperature and max_tokens"},
    {"format",                 ONLY_EMPTY,  0, NULL, NULL},
    {"think",                  NAMED,       0, NULL, NULL},
    {"keep_alive",             NAMED,       0, NULL, NULL},
    {"raw",                    ONLY_FALSE,  0, NULL, NULL},
    {"template",               ONLY_EMPTY,  0, NULL, NULL},
    {"suffix",                 ONLY_EMPTY,  0, NULL, NULL},
    {"images",                 ONLY_EMPTY,  0, NULL, NULL},
    {"context",                NAMED,       0, NULL, "messages"},
    {"truncate",               NAMED,       0, NULL, NULL},
    {"shift",                  NAMED,       0, NULL, NULL},
};
// clang-format on

static bool is_word(const char *words, const json_t *value)
{
    const char *const word = json_string_value(value);
    const size_t n = word != NULL ? strlen(word) : 0;
    for (const char *p = words; n > 0 && *p != '\0';) {
        const size_t length = strcspn(p, " ");
        if (length == n && memcmp(p, word, n) == 0)
            return true;
        p += length + (p[length] == ' ');
    }
    return false;
}

static bool are_words(const char *words, const json_t *value)
{
    if (!json_is_array(value))
        return is_word(words, value);
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!is_word(words, json_array_get(value, i)))
            return false;
    }
    return true;
}

static bool is_empty(const json_t *value)
{
    return json_is_string(value) ? json_string_length(value) == 0
                                 : (json_is_array(value) || json_is_object(value)) &&
                                       json_array_size(value) + json_object_size(value) == 0;
}

static bool is_neutral(const foreign_field *f, const json_t *value)
{
    switch (f->policy) {
    case INERT:
    case NAMED: break;
    case ONLY_NUMBER: return json_is_number(value) && json_number_value(value) == f->neutral;
    case ONLY_AT_MOST: return json_is_number(value) && json_number_value(value) <= f->neutral;
    case ONLY_FALSE: return json_is_false(value);
    case ONLY_TRUE: return json_is_true(value);
    case REFUSED: return false;
    case ONLY_EMPTY: return is_empty(value);
    case ONLY_WORDS: return are_words(f->words, value);
    }
    return true;
}

bool foreign_field_take(generation_request *g, json_reader *r, const char *name, const json_t *value)
{
    const foreign_field *f = NULL;
    for (size_t i = 0; f == NULL && i < sizeof FIELDS / sizeof *FIELDS; i++) {
        if (strcmp(FIELDS[i].name, name) == 0)
            f = &FIELDS[i];
    }
    if (f == NULL || f->policy == NAMED)
        generation_ignore(g, name);
    if (f == NULL || is_neutral(f, value))
        return true;
    const json_place at = {NULL, name, 0};
    return json_fail(r, &at, JSON_FAULT_UNSUPPORTED, "%s with this value is not supported by this build; %s%s", name,
                     f->hint != NULL ? "use " : "leave it out", f->hint != NULL ? f->hint : "");
}

static bool is_known(const char *name, const json_table *const *tables)
{
    while (*tables != NULL && !json_table_has(*tables, name))
        tables++;
    return *tables != NULL;
}

bool foreign_fields_read(generation_request *g, json_reader *r, const json_table *const *tables)
{
    const char *name;
    json_t *value;
    json_object_foreach(g->document, name, value)
    {
        if (!json_is_null(value) && !is_known(name, tables) && !foreign_field_take(g, r, name, value))
            return false;
    }
    return true;
}
