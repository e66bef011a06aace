/* bank_reader.c - reads questions with their forms, and refuses what could be ambiguous. */
#include "problems/bank_reader.h"

#include <string.h>

#include "problems/accepted_forms.h"

enum { FORMS_MAX = 16, FORM_BYTES_MAX = 80 };

void *bank_make_list(json_reader *r, const json_place *at, const json_t *value, size_t max, size_t item_bytes)
{
    const size_t n = json_array_size(value);
    if (n == 0) {
        json_fail_type(r, at, "a list with at least one entry");
        return NULL;
    }
    if (n > max) {
        json_fail(r, at, JSON_FAULT_SIZE, "the list has %zu entries, at most %zu are taken", n, max);
        return NULL;
    }
    void *const items = arena_alloc(r->keep, n * item_bytes);
    if (items == NULL)
        json_fail_memory(r);
    return items;
}

static bool read_texts(json_reader *r, const json_place *at, const json_t *value, size_t max, size_t bytes_max,
                       bank_texts *out)
{
    static const json_field ROW = {.name = "", .type = FIELD_TEXT, .min = 1, .max = BANK_TEXT_BYTES_MAX};
    json_field row = ROW;
    row.max = (double)bytes_max;
    out->items = bank_make_list(r, at, value, max, sizeof *out->items);
    if (out->items == NULL)
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place place = {at, NULL, i};
        if (!json_read_value(r, &row, &place, json_array_get(value, i), &out->items[i]))
            return false;
        out->n++;
    }
    return true;
}

bool bank_take_forms(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    return read_texts(r, at, value, FORMS_MAX, FORM_BYTES_MAX, (bank_texts *)((char *)target + f->offset));
}

bool bank_take_prompts(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    return read_texts(r, at, value, BANK_QUESTIONS_MAX, BANK_TEXT_BYTES_MAX,
                      (bank_texts *)((char *)target + f->offset));
}

/* ---- one question ----------------------------------------------------------------------------------------------- */

typedef struct question_fields {
    const char *text;
    bank_texts accepted, rivals;
    bool is_basic;
} question_fields;

static const json_field QUESTION[] = {
    {.name = "question",
     .type = FIELD_TEXT,
     .offset = offsetof(question_fields, text),
     .min = 1,
     .max = BANK_TEXT_BYTES_MAX,
     .is_required = true},
    {.name = "accepted",
     .type = FIELD_CUSTOM,
     .offset = offsetof(question_fields, accepted),
     .take = bank_take_forms,
     .is_required = true},
    {.name = "rivals", .type = FIELD_CUSTOM, .offset = offsetof(question_fields, rivals), .take = bank_take_forms},
    {.name = "basic", .type = FIELD_BOOL, .offset = offsetof(question_fields, is_basic)},
};

/* Returns true if the form is a number, or is what its words are when they are folded. */
static bool is_folded(json_reader *r, const json_place *at, const char *form, word_list *words)
{
    char joined[FORM_BYTES_MAX + 2] = "";
    if (!accepted_read_words(words, form, strlen(form), r->keep))
        return json_fail_memory(r);
    for (size_t i = 0; i < words->n && strlen(joined) + words->items[i].n + 1 < sizeof joined; i++) {
        strcat(joined, i > 0 ? " " : "");
        strcat(joined, words->items[i].s);
    }
    return accepted_is_number(form) || strcmp(joined, form) == 0 ||
           json_fail(r, at, JSON_FAULT_RANGE, "'%.80s' is not as words are folded: write '%.80s'", form, joined);
}

typedef struct read_form {
    const char *text;
    word_list words;
    bool is_accepted;
} read_form;

/* Returns true if an answer with one of the forms could have the other one too. */
static bool overlap(const read_form *a, const read_form *b)
{
    size_t place;
    if (accepted_is_number(a->text) || accepted_is_number(b->text))
        return strcmp(a->text, b->text) == 0;
    const bool is_within = accepted_find(&a->words, &b->words, &place) || accepted_find(&b->words, &a->words, &place);
    return is_within && (a->is_accepted == b->is_accepted || a->words.n == b->words.n);
}

/* Every form is folded, none is within another one of its kind, and none is of both kinds. */
static bool refuse_overlaps(json_reader *r, const json_place *at, const question_fields *f)
{
    read_form forms[2 * FORMS_MAX];
    for (size_t i = 0; i < f->accepted.n + f->rivals.n; i++) {
        const bool is_accepted = i < f->accepted.n;
        forms[i].text = is_accepted ? f->accepted.items[i] : f->rivals.items[i - f->accepted.n];
        forms[i].is_accepted = is_accepted;
        if (!is_folded(r, at, forms[i].text, &forms[i].words))
            return false;
        for (size_t k = 0; k < i; k++) {
            if (overlap(&forms[i], &forms[k]))
                return json_fail(r, at, JSON_FAULT_RANGE, "the forms '%.80s' and '%.80s' overlap", forms[k].text,
                                 forms[i].text);
        }
    }
    return true;
}

/* Returns true if the text is judged so; otherwise sets the fault. */
static bool is_judged(json_reader *r, const json_place *at, const bank_question *q, const char *text, bool is_right)
{
    problem_outcome outcome;
    if (bank_judge(q, text, strlen(text), &outcome, NULL) != SW_OK)
        return json_fail_memory(r);
    return (outcome == PROBLEM_RIGHT) == is_right ||
           json_fail(r, at, JSON_FAULT_RANGE, "'%.80s' is judged as a %s answer to '%.80s'", text,
                     is_right ? "wrong" : "right", q->text);
}

/* Every form alone is judged as what it is, and saying the question again is no right answer. */
static bool refuse_misjudged(json_reader *r, const json_place *at, const bank_question *q)
{
    for (size_t i = 0; i < q->n_accepted; i++) {
        if (!is_judged(r, at, q, q->accepted[i], true))
            return false;
    }
    for (size_t i = 0; i < q->n_rivals; i++) {
        if (!is_judged(r, at, q, q->rivals[i], false))
            return false;
    }
    return is_judged(r, at, q, q->text, false);
}

static bool read_question(json_reader *r, const json_place *at, const json_t *value, bank_question *out)
{
    static const json_table TABLE = {QUESTION, sizeof QUESTION / sizeof *QUESTION, .refuse_unknown = true};
    question_fields f = {0};
    if (!json_is_object(value))
        return json_fail_type(r, at, "an object");
    if (!json_read_object(r, at, value, &TABLE, &f) || !refuse_overlaps(r, at, &f))
        return false;
    *out = (bank_question){.text = f.text,
                           .accepted = f.accepted.items,
                           .n_accepted = f.accepted.n,
                           .rivals = f.rivals.items,
                           .n_rivals = f.rivals.n,
                           .is_basic = f.is_basic};
    for (size_t i = 0; i < out->n_accepted; i++)
        out->is_number |= accepted_is_number(out->accepted[i]);
    return refuse_misjudged(r, at, out);
}

bool bank_take_questions(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    bank_list *const out = (bank_list *)((char *)target + f->offset);
    out->items = bank_make_list(r, at, value, BANK_QUESTIONS_MAX, sizeof *out->items);
    if (out->items == NULL)
        return false;
    for (; out->n < json_array_size(value); out->n++) {
        const json_place place = {at, NULL, out->n};
        if (!read_question(r, &place, json_array_get(value, out->n), &out->items[out->n]))
            return false;
    }
    return true;
}
