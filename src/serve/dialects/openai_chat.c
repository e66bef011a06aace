/* openai_chat.c - the row of the family: reading is in openai_chat_request.c, writing in openai_chat_reply.c. */
#include "dialects/openai_chat.h"

#include "dialects/openai_chat_reply.h"
#include "dialects/openai_chat_request.h"
#include "dialects/openai_stream.h"

const dialect OPENAI_CHAT = {
    .name = "openai-chat",
    .id_prefix = "chatcmpl-",
    .framing = DIALECT_SSE,
    .content_type = "application/json; charset=utf-8",
    .parse = openai_chat_parse,
    .begin = openai_chat_begin,
    .progress = openai_chat_progress,
    .text = openai_chat_text,
    .end_choice = openai_chat_end_choice,
    .end = openai_chat_end,
    .fail = openai_stream_fail,
    .write_answer = openai_chat_write_answer,
    .write_error = api_error_write,
};
