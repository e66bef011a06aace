/* anthropic.c - the row of the family: reading is in anthropic_request.c, writing in anthropic_reply.c. */
#include "dialects/anthropic.h"

#include "dialects/anthropic_reply.h"
#include "dialects/anthropic_request.h"

const dialect ANTHROPIC = {
    .name = "anthropic",
    .id_prefix = "msg_",
    .framing = DIALECT_SSE,
    .content_type = "application/json; charset=utf-8",
    .parse = anthropic_parse,
    .begin = anthropic_begin,
    .progress = anthropic_progress,
    .text = anthropic_text,
    .end_choice = anthropic_end_choice,
    .end = anthropic_end,
    .fail = anthropic_fail,
    .state_bytes = sizeof(anthropic_state),
    .write_answer = anthropic_write_answer,
    .write_error = anthropic_write_error,
};
