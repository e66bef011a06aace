/* question_bank.c - reads banks of questions, and refuses what could be ambiguous. */
#include "problems/question_bank.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/strmap.h"
#include "problems/accepted_forms.h"
#include "problems/answer_words.h"
#include "json/json_line.h"

enum { DOMAINS_MAX = 64, QUESTIONS_MAX = 2000, FORMS_MAX = 16, TEXT_BYTES_MAX = 2000, FORM_BYTES_MAX = 80 };

extern const unsigned char embedded_protocols_stress_facts_json[];
extern const size_t embedded_protocols_stress_facts_json_size;
extern const unsigned char embedded_protocols_stress_domains_json[];
extern const size_t embedded_protocols_stress_domains_json_size;

/* ---- lists ------------------------------------------------------------------------------------------------------ */

typedef struct text_list {
    const char **items;
    size_t n;
} text_list;

/* Room for the entries of a list of 1 to `max`; NULL with the fault set. */
static void *make_list(json_reader *r, const json_place *at, const json_t *value, size_t max, size_t item_bytes)
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
                       text_list *out)
{
    static const json_field ROW = {.name = "", .type = FIELD_TEXT, .min = 1, .max = TEXT_BYTES_MAX};
    json_field row = ROW;
    row.max = (double)bytes_max;
    out->items = make_list(r, at, value, max, sizeof *out->items);
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

static bool take_forms(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    return read_texts(r, at, value, FORMS_MAX, FORM_BYTES_MAX, (text_list *)((char *)target + f->offset));
}

static bool take_prompts(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    return read_texts(r, at, value, QUESTIONS_MAX, TEXT_BYTES_MAX, (text_list *)((char *)target + f->offset));
}

/* ---- one question ----------------------------------------------------------------------------------------------- */

typedef struct question_fields {
    const char *text;
    text_list accepted, rivals;
    bool is_basic;
} question_fields;

static const json_field QUESTION[] = {
    {.name = "question",
     .type = FIELD_TEXT,
     .offset = offsetof(question_fields, text),
     .min = 1,
     .max = TEXT_BYTES_MAX,
     .is_required = true},
    {.name = "accepted",
     .type = FIELD_CUSTOM,
     .offset = offsetof(question_fields, accepted),
     .take = take_forms,
     .is_required = true},
    {.name = "rivals", .type = FIELD_CUSTOM, .offset = offsetof(question_fields, rivals), .take = take_forms},
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

static accepted_forms forms_of(const bank_question *q)
{
    return (accepted_forms){q->text, q->accepted, q->n_accepted, q->rivals, q->n_rivals};
}

/* Returns true if the text is judged so; otherwise sets the fault. */
static bool is_judged(json_reader *r, const json_place *at, const bank_question *q, const char *text, bool is_right)
{
    const accepted_forms forms = forms_of(q);
    problem_outcome outcome;
    if (accepted_judge(&forms, text, strlen(text), &outcome, NULL) != SW_OK)
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

static bool take_questions(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    bank_list *const out = (bank_list *)((char *)target + f->offset);
    out->items = make_list(r, at, value, QUESTIONS_MAX, sizeof *out->items);
    if (out->items == NULL)
        return false;
    for (; out->n < json_array_size(value); out->n++) {
        const json_place place = {at, NULL, out->n};
        if (!read_question(r, &place, json_array_get(value, out->n), &out->items[out->n]))
            return false;
    }
    return true;
}

/* ---- domains and mixtures --------------------------------------------------------------------------------------- */

typedef struct domain_fields {
    const char *name;
    bank_list facts, specialist, general;
    text_list prompts;
} domain_fields;

#define LIST_ROW(label, member)                                                                                        \
    {                                                                                                                  \
        .name = label, .type = FIELD_CUSTOM, .offset = offsetof(domain_fields, member), .take = take_questions         \
    }
static const json_field DOMAIN[] = {
    {.name = "name",
     .type = FIELD_TEXT,
     .offset = offsetof(domain_fields, name),
     .min = 1,
     .max = 60,
     .is_required = true},
    LIST_ROW("facts", facts),
    LIST_ROW("specialist", specialist),
    LIST_ROW("general", general),
    {.name = "prompts", .type = FIELD_CUSTOM, .offset = offsetof(domain_fields, prompts), .take = take_prompts},
};

static bool read_domain(json_reader *r, const json_place *at, const json_t *value, bank_domain *out)
{
    static const json_table TABLE = {DOMAIN, sizeof DOMAIN / sizeof *DOMAIN, .refuse_unknown = true};
    domain_fields f = {0};
    if (!json_is_object(value))
        return json_fail_type(r, at, "an object");
    if (!json_read_object(r, at, value, &TABLE, &f))
        return false;
    if (f.facts.n + f.specialist.n + f.general.n == 0)
        return json_fail(r, at, JSON_FAULT_MISSING, "a domain needs 'facts', 'specialist' or 'general'");
    *out = (bank_domain){f.name, f.facts, f.specialist, f.general, f.prompts.items, f.prompts.n};
    return true;
}

static bool take_domains(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    question_bank *const bank = target;
    bank->domains = make_list(r, at, value, DOMAINS_MAX, sizeof *bank->domains);
    if (bank->domains == NULL)
        return false;
    for (; bank->n_domains < json_array_size(value); bank->n_domains++) {
        const json_place place = {at, NULL, bank->n_domains};
        bank_domain *const d = &bank->domains[bank->n_domains];
        if (!read_domain(r, &place, json_array_get(value, bank->n_domains), d))
            return false;
        for (size_t i = 0; i < bank->n_domains; i++) {
            if (strcmp(bank->domains[i].name, d->name) == 0)
                return json_fail(r, &place, JSON_FAULT_RANGE, "two domains are named '%.60s'", d->name);
        }
    }
    return true;
}

typedef struct mixture_fields {
    text_list domains, holds;
    const char *prompt;
} mixture_fields;

static const json_field MIXTURE[] = {
    {.name = "domains",
     .type = FIELD_CUSTOM,
     .offset = offsetof(mixture_fields, domains),
     .take = take_forms,
     .is_required = true},
    {.name = "prompt",
     .type = FIELD_TEXT,
     .offset = offsetof(mixture_fields, prompt),
     .min = 1,
     .max = TEXT_BYTES_MAX,
     .is_required = true},
    {.name = "holds",
     .type = FIELD_CUSTOM,
     .offset = offsetof(mixture_fields, holds),
     .take = take_prompts,
     .is_required = true},
};

static bool find_domains(json_reader *r, const json_place *at, const question_bank *bank, const text_list *names,
                         bank_mixture *out)
{
    if (names->n != 2 || strcmp(names->items[0], names->items[1]) == 0)
        return json_fail(r, at, JSON_FAULT_RANGE, "a mixture is of two different domains");
    for (size_t k = 0; k < 2; k++) {
        size_t i = 0;
        while (i < bank->n_domains && strcmp(bank->domains[i].name, names->items[k]) != 0)
            i++;
        if (i == bank->n_domains)
            return json_fail(r, at, JSON_FAULT_RANGE, "no domain before this is named '%.60s'", names->items[k]);
        out->domains[k] = i;
    }
    return true;
}

static bool read_mixture(json_reader *r, const json_place *at, const json_t *value, const question_bank *bank,
                         bank_mixture *out)
{
    static const json_table TABLE = {MIXTURE, sizeof MIXTURE / sizeof *MIXTURE, .refuse_unknown = true};
    mixture_fields f = {0};
    if (!json_is_object(value))
        return json_fail_type(r, at, "an object");
    if (!json_read_object(r, at, value, &TABLE, &f) || !find_domains(r, at, bank, &f.domains, out))
        return false;
    out->prompt = f.prompt;
    out->n_holds = f.holds.n;
    out->holds = arena_alloc(r->keep, f.holds.n * sizeof *out->holds);
    for (size_t i = 0; i < f.holds.n; i++) {
        if (out->holds == NULL || !term_group_read(&out->holds[i], f.holds.items[i], r->keep))
            return json_fail_memory(r);
        if (out->holds[i].n == 0)
            return json_fail(r, at, JSON_FAULT_RANGE, "'%.60s' has no word", f.holds.items[i]);
    }
    return true;
}

static bool take_mixtures(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    question_bank *const bank = target;
    bank->mixtures = make_list(r, at, value, QUESTIONS_MAX, sizeof *bank->mixtures);
    if (bank->mixtures == NULL)
        return false;
    for (; bank->n_mixtures < json_array_size(value); bank->n_mixtures++) {
        const json_place place = {at, NULL, bank->n_mixtures};
        if (!read_mixture(r, &place, json_array_get(value, bank->n_mixtures), bank, &bank->mixtures[bank->n_mixtures]))
            return false;
    }
    return true;
}

/* ---- the whole bank --------------------------------------------------------------------------------------------- */

/* Domains come before mixtures here, whatever their order in the file. */
static const json_field BANK[] = {
    {.name = "name",
     .type = FIELD_TEXT,
     .offset = offsetof(question_bank, name),
     .min = 1,
     .max = 100,
     .is_required = true},
    {.name = "domains", .type = FIELD_CUSTOM, .take = take_domains, .is_required = true},
    {.name = "mixtures", .type = FIELD_CUSTOM, .take = take_mixtures},
};

static bool refuse_twin(json_reader *r, strmap *seen, const bank_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const char *const text = list->items[i].text;
        const strmap_result result = strmap_add(seen, text, strlen(text), 0);
        if (result == STRMAP_NOMEM)
            return json_fail_memory(r);
        if (result == STRMAP_EXISTS)
            return json_fail(r, NULL, JSON_FAULT_RANGE, "the question '%.80s' comes twice", text);
    }
    return true;
}

static bool refuse_twins(json_reader *r, const question_bank *bank)
{
    strmap seen;
    strmap_init(&seen);
    bool ok = true;
    for (size_t i = 0; ok && i < bank->n_domains; i++) {
        const bank_domain *const d = &bank->domains[i];
        ok = refuse_twin(r, &seen, &d->facts) && refuse_twin(r, &seen, &d->specialist) &&
             refuse_twin(r, &seen, &d->general);
    }
    strmap_free(&seen);
    return ok;
}

static sw_code fail(const json_reader *r, const char *json, size_t n, const char *source, sw_err *err)
{
    const sw_code code = r->fault.kind == JSON_FAULT_MEMORY ? SW_ENOMEM
                         : r->fault.kind == JSON_FAULT_SIZE ? SW_ELIMIT
                                                            : SW_EFORMAT;
    if (r->fault.path[0] == '\0')
        return sw_fail(err, code, "%s: %s", source, r->fault.message);
    return sw_fail(err, code, "%s: line %d: %s: %s", source, json_line_of(json, n, r->fault.path), r->fault.path,
                   r->fault.message);
}

sw_code question_bank_parse(question_bank **out, const char *json, size_t n, const char *source, sw_err *err)
{
    static const json_table TABLE = {BANK, sizeof BANK / sizeof *BANK, .refuse_unknown = true};
    const json_load_options options = {LIMIT_PROTOCOL_BYTES, .refuse_repeated = true};
    json_reader r = {.document = "a bank of questions"};
    question_bank *bank = mem_calloc(1, sizeof *bank);
    *out = NULL;
    if (bank == NULL || (bank->keep = arena_create()) == NULL) {
        question_bank_free(bank);
        return sw_fail(err, SW_ENOMEM, "out of memory reading %s", source);
    }
    r.keep = bank->keep;
    json_t *const root = json_load_text(&r, json, n, &options);
    const bool ok = root != NULL && (json_is_object(root) || json_fail_type(&r, NULL, "an object")) &&
                    json_read_object(&r, NULL, root, &TABLE, bank) && refuse_twins(&r, bank);
    json_decref(root);
    if (ok) {
        *out = bank;
        return SW_OK;
    }
    question_bank_free(bank);
    return fail(&r, json, n, source, err);
}

sw_code question_bank_open(question_bank **out, bank_file file, sw_err *err)
{
    if (file == BANK_FACTS)
        return question_bank_parse(out, (const char *)embedded_protocols_stress_facts_json,
                                   embedded_protocols_stress_facts_json_size, "the built-in facts", err);
    return question_bank_parse(out, (const char *)embedded_protocols_stress_domains_json,
                               embedded_protocols_stress_domains_json_size, "the built-in domains", err);
}

void question_bank_free(question_bank *bank)
{
    if (bank == NULL)
        return;
    arena_free(bank->keep);
    mem_free(bank);
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

sw_code bank_judge(const bank_question *q, const char *text, size_t n, problem_outcome *out, sw_err *err)
{
    const accepted_forms forms = forms_of(q);
    return accepted_judge(&forms, text, n, out, err);
}

static bool has_group(const term_group *group, const word_list *words)
{
    for (size_t i = 0; i < words->n; i++) {
        if (term_group_at(group, words, i) > 0)
            return true;
    }
    return false;
}

sw_code bank_count_held(const bank_mixture *m, const char *text, size_t n, size_t *out, sw_err *err)
{
    arena *const keep = arena_create();
    size_t n_clean = 0;
    const char *const clean = keep != NULL ? answer_clean(text, n, &n_clean, keep) : NULL;
    word_list words;
    const bool ok = clean != NULL && accepted_read_words(&words, clean, n_clean, keep);
    *out = 0;
    for (size_t i = 0; ok && i < m->n_holds; i++)
        *out += has_group(&m->holds[i], &words);
    arena_free(keep);
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory judging an answer");
}
