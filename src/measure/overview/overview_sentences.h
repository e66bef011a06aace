/* overview_sentences.h - what the summary says of metrics, group by group; nothing where they are missing. */
#ifndef OVERVIEW_OVERVIEW_SENTENCES_H
#define OVERVIEW_OVERVIEW_SENTENCES_H

#include "base/buf.h"
#include "overview/overview.h"

/* Each appends a sentence without full stop. */
void overview_put_speed(buf *out, const overview *o);
void overview_put_decode(buf *out, const overview *o);
void overview_put_first(buf *out, const overview *o);
void overview_put_quality(buf *out, const overview *o);
void overview_put_repetition(buf *out, const overview *o);

#endif
