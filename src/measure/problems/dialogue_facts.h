/* dialogue_facts.h - what users tell about themselves and others, and how they ask for it.
 *
 * Internal to this room.
 */
#ifndef PROBLEMS_DIALOGUE_FACTS_H
#define PROBLEMS_DIALOGUE_FACTS_H

#include <stdbool.h>

#include "base/buf.h"

enum { DIALOGUE_WORDINGS = 2, DIALOGUE_OWN_FACTS = 8, DIALOGUE_OTHERS_FACTS = 4, DIALOGUE_CHATS = 12 };

/* In the texts $v stands for the value, $o for the old one, $p for the person. */
typedef struct dialogue_fact_row {
    const char *const *pool; // NULL: numbers from 10 to 99
    int n_pool;
    const char *tell[DIALOGUE_WORDINGS];
    const char *ask[DIALOGUE_WORDINGS];
    const char *reply;   // to what is told; NULL for others' facts
    const char *correct; // NULL: it is not corrected
} dialogue_fact_row;

extern const dialogue_fact_row DIALOGUE_OWN[DIALOGUE_OWN_FACTS];       // of the user, as the demo models know them
extern const dialogue_fact_row DIALOGUE_OTHERS[DIALOGUE_OTHERS_FACTS]; // of a person with a name
extern const char *const DIALOGUE_CHAT[DIALOGUE_CHATS]; // questions of their own; the demo models know the first half

void dialogue_put(buf *out, const char *text, const char *value, const char *old, const char *person);

#endif
