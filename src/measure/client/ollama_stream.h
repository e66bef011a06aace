/* ollama_stream.h - Ollama's /api/chat: each line of the body is a document with a piece of the answer. */
#ifndef CLIENT_OLLAMA_STREAM_H
#define CLIENT_OLLAMA_STREAM_H

#include "client/chat_stream.h"

/* One line, or the whole body of an answer without a stream, which has the form of the last line. */
void ollama_stream_line(chat_stream *stream, const char *line, size_t n, int64_t t_ns);

#endif
