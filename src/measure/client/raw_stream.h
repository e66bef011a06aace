/* raw_stream.h - shimmy's streams: events and messages that are pieces of text themselves, without JSON around them.
 *
 * They say neither why an answer ended nor how many tokens it has.  A piece that is exactly "[DONE]" or {"done":true}
 * cannot be told from the end.
 */
#ifndef CLIENT_RAW_STREAM_H
#define CLIENT_RAW_STREAM_H

#include "client/chat_stream.h"

/* One event of POST /api/generate. */
void raw_stream_event(chat_stream *stream, const char *data, size_t n, int64_t t_ns);
/* One message of /ws/generate. */
void raw_stream_message(chat_stream *stream, const char *data, size_t n, int64_t t_ns);

#endif
