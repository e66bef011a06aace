/* openai_parts.h - contents that are arrays of parts, of which this build reads those that are text. */
#ifndef DIALECTS_OPENAI_PARTS_H
#define DIALECTS_OPENAI_PARTS_H

#include "dialects/message_list.h"

/* A kind of part that is text. */
typedef struct openai_part_kind {
    const char *type, *member; // the member holds the text
    bool is_assistants;        // only assistants have such parts
} openai_part_kind;

typedef struct openai_part_kinds {
    const openai_part_kind *kinds; // (n)
    size_t n;
    void (*append)(message_list *l, const char *text); // message_list_content or message_list_reasoning
    const char *readable;                              // which these are, for messages: "text parts"
} openai_part_kinds;

/* Appends the texts of `parts`, an array, to the last message of `l`.  Returns false with the fault
 * set. */
bool openai_parts_read(message_list *l, json_reader *r, const json_place *at, const json_t *parts,
                       const openai_part_kinds *known);

#endif
