/* openai_responses.c - the row of the family: reading is in openai_responses_request.c, writing in
 * openai_responses_reply.c. */
#include "dialects/openai_responses.h"

#include "dialects/openai_responses_reply.h"
#include "dialects/openai_responses_request.h"

const dialect OPENAI_RESPONSES = {
    .name = "openai-responses",
    .id_prefix = "resp_",
    .framing = DIALECT_SSE,
    .content_type = "application/json; charset=utf-8",
    .prompt_member = "input",
    .parse = openai_responses_parse,
    .begin = openai_responses_begin,
    .progress = openai_responses_progress,
    .text = openai_responses_text,
    .end_choice = openai_responses_end_choice,
    .end = openai_responses_end,
    .fail = openai_responses_fail,
    .state_bytes = sizeof(openai_responses_state),
    .free_state = openai_responses_free_state,
    .write_answer = openai_responses_write_answer,
    .write_error = api_error_write,
};
