/* bank_file.c - reads whole banks of questions: domains, mixtures, and no question twice. */
#include "problems/bank_reader.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/strmap.h"
#include "json/json_line.h"

enum { DOMAINS_MAX = 64 };

extern const unsigned char embedded_protocols_stress_facts_json[];
extern const size_t embedded_protocols_stress_facts_json_size;
extern const unsigned char embedded_protocols_stress_domains_json[];
extern const size_t embedded_protocols_stress_domains_json_size;

/* ---- domains and mixtures --------------------------------------------------------------------------------------- */

typedef struct domain_fields {
    const char *name;
    bank_list facts, specialist, general;
    bank_texts prompts;
} domain_fields;

#define LIST_ROW(label, member)                                                                                        \
    {                                                                                                                  \
        .name = label, .type = FIELD_CUSTOM, .offset = offsetof(domain_fields, member), .take = bank_take_questions    \
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
    {.name = "prompts", .type = FIELD_CUSTOM, .offset = offsetof(domain_fields, prompts), .take = bank_take_prompts},
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
    bank->domains = bank_make_list(r, at, value, DOMAINS_MAX, sizeof *bank->domains);
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
    bank_texts domains, holds;
    const char *prompt;
} mixture_fields;

static const json_field MIXTURE[] = {
    {.name = "domains",
     .type = FIELD_CUSTOM,
     .offset = offsetof(mixture_fields, domains),
     .take = bank_take_forms,
     .is_required = true},
    {.name = "prompt",
     .type = FIELD_TEXT,
     .offset = offsetof(mixture_fields, prompt),
     .min = 1,
     .max = BANK_TEXT_BYTES_MAX,
     .is_required = true},
    {.name = "holds",
     .type = FIELD_CUSTOM,
     .offset = offsetof(mixture_fields, holds),
     .take = bank_take_prompts,
     .is_required = true},
};

static bool find_domains(json_reader *r, const json_place *at, const question_bank *bank, const bank_texts *names,
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
    bank->mixtures = bank_make_list(r, at, value, BANK_QUESTIONS_MAX, sizeof *bank->mixtures);
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
