/* bank_reader.h - the lists of a bank of questions, for the tables of its objects.
 *
 * Internal to this room.
 */
#ifndef PROBLEMS_BANK_READER_H
#define PROBLEMS_BANK_READER_H

#include "problems/question_bank.h"
#include "json/json_fields.h"

enum { BANK_QUESTIONS_MAX = 2000, BANK_TEXT_BYTES_MAX = 2000 };

typedef struct bank_texts {
    const char **items;
    size_t n;
} bank_texts;

/* Room for the entries of a list of 1 to `max`; NULL with the fault set. */
void *bank_make_list(json_reader *r, const json_place *at, const json_t *value, size_t max, size_t item_bytes);

/* For rows of a table: bank_texts of short forms and of prompts, and a bank_list. */
bool bank_take_forms(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target);
bool bank_take_prompts(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target);
bool bank_take_questions(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target);

#endif
