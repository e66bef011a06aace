/* ollama.c - the rows of the families: reading is in ollama_request.c, writing in ollama_reply.c. */
#include "dialects/ollama.h"

#include "dialects/ollama_reply.h"
#include "dialects/ollama_request.h"

const dialect OLLAMA_CHAT = {
    .name = "ollama-chat",
    .id_prefix = "chat-",
    .framing = DIALECT_NDJSON,
    .content_type = "application/json; charset=utf-8",
    .parse = ollama_chat_parse,
    .begin = ollama_begin,
    .progress = ollama_progress,
    .text = ollama_chat_text,
    .end_choice = ollama_chat_end_choice,
    .end = ollama_chat_end,
    .fail = ollama_fail,
    .write_answer = ollama_chat_write_answer,
    .write_error = ollama_write_error,
};

const dialect OLLAMA_GENERATE = {
    .name = "ollama-generate",
    .id_prefix = "gen-",
    .framing = DIALECT_NDJSON,
    .content_type = "application/json; charset=utf-8",
    .parse = ollama_generate_parse,
    .begin = ollama_begin,
    .progress = ollama_progress,
    .text = ollama_generate_text,
    .end_choice = ollama_generate_end_choice,
    .end = ollama_generate_end,
    .fail = ollama_fail,
    .write_answer = ollama_generate_write_answer,
    .write_error = ollama_write_error,
};
