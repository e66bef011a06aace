/* sse.c - collects bytes to lines and lines to events; both are bounded by LIMIT_SSE_LINE_BYTES. */
#include "client/sse.h"

#include <string.h>

#include "base/limits.h"

enum { NAME_BYTES_MAX = 256 };

void sse_init(sse_reader *sse, sse_event_fn on_event, void *ud)
{
    *sse = (sse_reader){.on_event = on_event, .ud = ud};
    buf_init(&sse->line, LIMIT_SSE_LINE_BYTES);
    buf_init(&sse->data, LIMIT_SSE_LINE_BYTES);
    buf_init(&sse->name, NAME_BYTES_MAX);
}

void sse_free(sse_reader *sse)
{
    buf_free(&sse->line);
    buf_free(&sse->data);
    buf_free(&sse->name);
}

static bool is_field(const char *line, size_t n_name, const char *name)
{
    return n_name == strlen(name) && memcmp(line, name, n_name) == 0;
}

/* The last name counts.  One that is too long is cut: no name that a reader knows is. */
static void set_name(sse_reader *sse, const char *name, size_t n)
{
    buf_clear(&sse->name);
    buf_append(&sse->name, name, n < NAME_BYTES_MAX ? n : NAME_BYTES_MAX);
}

/* Adds a field to the event under way; `line` has no line end and at least one byte.  Comments (no name), id and retry
 * change nothing. */
static void take_field(sse_reader *sse, const char *line, size_t n)
{
    const char *const colon = memchr(line, ':', n);
    const size_t n_name = colon != NULL ? (size_t)(colon - line) : n;
    size_t start = colon != NULL ? n_name + 1 : n;
    if (start < n && line[start] == ' ')
        start++;
    const bool is_error = is_field(line, n_name, "error");
    if (is_field(line, n_name, "event"))
        set_name(sse, line + start, n - start);
    else if (is_error)
        set_name(sse, line, n_name);
    if (!is_error && !is_field(line, n_name, "data"))
        return;
    if (sse->has_data)
        buf_putc(&sse->data, '\n');
    buf_append(&sse->data, line + start, n - start);
    sse->has_data = true;
}

/* Handles a whole line: a field, or the empty line that ends an event. */
static void end_line(sse_reader *sse)
{
    const char *line = buf_str(&sse->line);
    size_t n = sse->line.size;
    if (!sse->past_start && n >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3;
        n -= 3;
    }
    sse->past_start = true;
    if (n > 0) {
        take_field(sse, line, n);
    } else if (sse->data.failed == SW_OK) {
        if (sse->has_data)
            sse->on_event(sse->ud, sse->name.size > 0 ? buf_str(&sse->name) : "message", buf_str(&sse->data),
                          sse->data.size);
        buf_clear(&sse->data);
        buf_clear(&sse->name);
        sse->has_data = false;
    }
    buf_clear(&sse->line);
}

/* The first failure of either buffer.  It is checked after every line, so that a huge event ends the stream early. */
static sw_code check(const sse_reader *sse, sw_err *err)
{
    const sw_code code = sse->line.failed != SW_OK ? sse->line.failed : sse->data.failed;
    if (code == SW_ELIMIT)
        return sw_fail(err, code, "the server sent an event of more than %d bytes", LIMIT_SSE_LINE_BYTES);
    return code == SW_OK ? SW_OK : sw_fail(err, code, "out of memory reading an event");
}

/* Lines end in LF, CR or CRLF.  CR ends a line at once; an LF right after it is skipped, even in a later call. */
sw_code sse_feed(sse_reader *sse, const char *bytes, size_t n, sw_err *err)
{
    size_t i = 0;
    while (i < n) { // one line, or the part of it that has arrived
        if (sse->after_cr && bytes[i] == '\n')
            i++;
        sse->after_cr = false;
        const size_t start = i;
        while (i < n && bytes[i] != '\n' && bytes[i] != '\r')
            i++;
        buf_append(&sse->line, bytes + start, i - start);
        const sw_code code = check(sse, err);
        if (code != SW_OK)
            return code;
        if (i < n) {
            sse->after_cr = bytes[i] == '\r';
            i++;
            end_line(sse);
        }
    }
    return check(sse, err);
}
