/* overview_sentences.h - what the summary says of metrics, group by group; nothing where they are missing. */
#ifndef OVERVIEW_OVERVIEW_SENTENCES_H
#define OVERVIEW_OVERVIEW_SENTENCES_H

#include "overview/overview.h"
#include "report/linked_text.h"

/* Each appends a sentence without full stop, whose figures lead to their rows. */
void overview_put_speed(linked_text *out, const overview *o);
void overview_put_decode(linked_text *out, const overview *o);
void overview_put_first(linked_text *out, const overview *o);
void overview_put_quality(linked_text *out, const overview *o);
void overview_put_repetition(linked_text *out, const overview *o);

#endif
