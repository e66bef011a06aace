/* raw_stream.c - the few pieces that are no text: the end and errors. */
#include "client/raw_stream.h"

#include <string.h>

#include "client/event_json.h"

static bool is_text(const char *data, size_t n, const char *text)
{
    return n == strlen(text) && memcmp(data, text, n) == 0;
}

/* v2.5 of shimmy reports a late failure in this form. */
static bool begins_error(const char *data, size_t n)
{
    static const char HEAD[] = "[ERROR] ";
    return n > sizeof HEAD - 1 && memcmp(data, HEAD, sizeof HEAD - 1) == 0;
}

void raw_stream_event(chat_stream *s, const char *data, size_t n, int64_t t_ns)
{
    if (is_text(data, n, "[DONE]"))
        chat_stream_end(s, t_ns);
    else if (begins_error(data, n))
        chat_stream_fail_event(s, NULL, data + strlen("[ERROR] "), n - strlen("[ERROR] "));
    else
        chat_stream_text(s, data, n, t_ns);
}

/* {"error": ".."} and no other member; text may be JSON, too. */
static bool is_error(const json_t *document)
{
    return json_object_size(document) == 1 && json_is_string(json_object_get(document, "error"));
}

void raw_stream_message(chat_stream *s, const char *data, size_t n, int64_t t_ns)
{
    json_error_t why;
    json_t *const document = n > 0 && data[0] == '{' ? event_json_load(data, n, &why) : NULL;
    if (json_object_size(document) == 1 && json_is_true(json_object_get(document, "done")))
        chat_stream_end(s, t_ns);
    else if (is_error(document))
        chat_stream_fail_event(s, document, data, n);
    else
        chat_stream_text(s, data, n, t_ns);
    json_decref(document);
}
