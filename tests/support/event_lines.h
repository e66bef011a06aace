/* event_lines.h - the events of a stream as lines of text, to be compared letter by letter. */
#ifndef TEST_EVENT_LINES_H
#define TEST_EVENT_LINES_H

#include "dialects/dialect.h"

typedef struct event_lines {
    event_sink sink; // first
    buf text;        // "NAME PAYLOAD\n", or "PAYLOAD\n" of an event without a name
} event_lines;

void event_lines_init(event_lines *l);
/* The lines since the last call are `expected`, and no event was lost. */
void event_lines_expect(event_lines *l, const char *expected);
void event_lines_free(event_lines *l);

/* What a family writes as an answer or an error is `expected`; empties the buffer. */
void event_lines_document(buf *out, const char *expected);

#endif
