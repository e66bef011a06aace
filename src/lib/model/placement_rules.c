/* placement_rules.c - every tensor of the plan is looked up in the rules, and its unit takes the tier that is found. */
#include "model/placement_rules.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "model/weights_item.h"

typedef struct rule {
    regex_t regex;
    uint8_t tier;  // a weight_tier, or TIER_ANY
    char *text;    // "REGEX=DEVICE"
    bool is_found; // in some name
} rule;

struct placement_rules {
    rule *rules;
    size_t n;
};

/* ---- reading ----------------------------------------------------------------------------------------------------- */

void placement_rules_free(placement_rules *rules)
{
    for (size_t i = 0; rules != NULL && i < rules->n; i++) {
        regfree(&rules->rules[i].regex);
        mem_free(rules->rules[i].text);
    }
    if (rules != NULL)
        mem_free(rules->rules);
    mem_free(rules);
}

/* r->text is "REGEX=DEVICE"; a regular expression may hold the sign, too, a device cannot. */
static sw_code parse_rule(rule *r, const device_names *devices, sw_err *err)
{
    char *const sign = strrchr(r->text, '=');
    if (sign == NULL || sign == r->text)
        return sw_fail(err, SW_EINVAL, "--override-tensor takes REGEX=DEVICE, not '%s'", r->text);
    if (!device_names_find(devices, sign + 1, &r->tier))
        return sw_fail(err, SW_EINVAL, "--override-tensor '%s': a device is CPU or GPU%s, not '%s'", r->text,
                       device_names_list(devices).text, sign + 1);
    char why[128];
    *sign = '\0';
    const int failed = regcomp(&r->regex, r->text, REG_EXTENDED | REG_NOSUB);
    *sign = '=';
    if (failed == 0)
        return SW_OK;
    regerror(failed, &r->regex, why, sizeof why);
    return sw_fail(err, failed == REG_ESPACE ? SW_ENOMEM : SW_EINVAL,
                   "--override-tensor '%s': the regular expression is wrong: %s", r->text, why);
}

static size_t count_rules(const char *text)
{
    size_t n = 1;
    for (; *text != '\0'; text++)
        n += *text == ',';
    return n;
}

sw_code placement_rules_parse(const char *text, const device_names *devices, placement_rules **out, sw_err *err)
{
    static const char SHORT[] = "out of memory reading the rules of --override-tensor";
    const size_t n = count_rules(text);
    *out = NULL;
    if (n > LIMIT_OVERRIDE_RULES)
        return sw_fail(err, SW_EINVAL, "--override-tensor: %zu rules are more than %d", n, (int)LIMIT_OVERRIDE_RULES);
    placement_rules *const list = mem_calloc(1, sizeof *list);
    if (list == NULL || (list->rules = mem_calloc(n, sizeof *list->rules)) == NULL) {
        mem_free(list);
        return sw_fail(err, SW_ENOMEM, SHORT);
    }
    sw_code code = SW_OK;
    for (const char *at = text; code == SW_OK && list->n < n; at += strcspn(at, ",") + 1) {
        rule *const r = &list->rules[list->n];
        const size_t length = strcspn(at, ",");
        r->text = mem_calloc(1, length + 1);
        if (r->text == NULL) {
            code = sw_fail(err, SW_ENOMEM, SHORT);
            break;
        }
        memcpy(r->text, at, length);
        code = parse_rule(r, devices, err);
        if (code == SW_OK)
            list->n++;
        else
            mem_free(r->text);
    }
    if (code == SW_OK)
        *out = list;
    else
        placement_rules_free(list);
    return code;
}

/* ---- deciding ---------------------------------------------------------------------------------------------------- */

/* The first rule that is found in a name, or NULL. */
static rule *rule_of(const placement_rules *rules, const char *name)
{
    for (size_t i = 0; i < rules->n; i++) {
        if (regexec(&rules->rules[i].regex, name, 0, NULL, 0) == 0) {
            rules->rules[i].is_found = true;
            return &rules->rules[i];
        }
    }
    return NULL;
}

/* What the names of a unit say, beside its tier: the rule that decided it, and whether another matrix has none. */
enum { MARK_RULE = 0x7f /* its number from 1 */, MARK_UNNAMED = 0x80 };

_Static_assert((int)LIMIT_OVERRIDE_RULES <= (int)MARK_RULE, "a rule's number fits a mark");

typedef struct deciding {
    const placement_rules *rules;
    model_placement *out;  // tiers
    model_placement marks; // of the same units
    char name[64];         // names that the planner found are shorter
    char *note;
    size_t size;
    sw_code code;
    sw_err *err;
} deciding;

/* The unit of an item; `expert` matters only to routed experts. */
static uint8_t *unit_of(const model_placement *p, const weights_item *item, size_t expert)
{
    switch (item->cls) {
    case SW_CLASS_EXPERTS: return &p->experts[(size_t)item->layer * p->n_expert + expert];
    case SW_CLASS_ATTENTION: return &p->attention[item->layer];
    case SW_CLASS_FFN: return &p->ffn[item->layer];
    case SW_CLASS_EMBEDDING: return (uint8_t *)&p->embedding;
    default: return (uint8_t *)&p->output;
    }
}

/* Vectors follow their matrices: norms, biases, sinks; and routers their attention. */
static bool decides(const deciding *d, const weights_item *item)
{
    return item->is_matrix && item->cls != SW_CLASS_OTHER && strstr(d->name, "ffn_gate_inp.") == NULL;
}

static void add_note(deciding *d, const char *fmt, const char *text, const char *what)
    __attribute__((format(printf, 2, 0)));

static void add_note(deciding *d, const char *fmt, const char *text, const char *what)
{
    const size_t n = strlen(d->note);
    if (n > 0 && n < d->size)
        snprintf(d->note + n, d->size - n, "; ");
    const size_t at = strlen(d->note);
    snprintf(d->note + at, d->size - at, fmt, text, what);
}

/* One matrix of a unit is named by a rule, or by none (NULL). */
static void decide_unit(deciding *d, uint8_t *unit, uint8_t *mark, const rule *r)
{
    if (r == NULL) {
        *mark |= MARK_UNNAMED;
        return;
    }
    if (*unit != TIER_UNDECIDED && *unit != r->tier && d->code == SW_OK)
        d->code = sw_fail(d->err, SW_EINVAL,
                          "--override-tensor '%s' and '%s' tear apart what computes together, at %s: give both one "
                          "device",
                          d->rules->rules[(*mark & MARK_RULE) - 1].text, r->text, d->name);
    *unit = r->tier;
    if ((*mark & MARK_RULE) == 0)
        *mark |= (uint8_t)(r - d->rules->rules + 1);
}

static void decide_item(deciding *d, const weights_item *item)
{
    snprintf(d->name, sizeof d->name, "%.*s", (int)item->tensor->name.size, item->tensor->name.data);
    if (!decides(d, item))
        return;
    const rule *const r = rule_of(d->rules, d->name);
    const size_t n = item->cls == SW_CLASS_EXPERTS ? item->n_stacked : 1;
    for (size_t i = 0; i < n; i++)
        decide_unit(d, unit_of(d->out, item, item->first + i), unit_of(&d->marks, item, item->first + i), r);
}

/* An expert's own name counts if its rule comes before that of its matrices. */
static void decide_expert(deciding *d, size_t at)
{
    uint8_t *const mark = &d->marks.experts[at];
    snprintf(d->name, sizeof d->name, "blk.%zu.expert.%zu", at / d->out->n_expert, at % d->out->n_expert);
    const rule *const r = rule_of(d->rules, d->name);
    const size_t number = r != NULL ? (size_t)(r - d->rules->rules) + 1 : 0;
    if (number == 0 || ((*mark & MARK_RULE) != 0 && (size_t)(*mark & MARK_RULE) <= number))
        return;
    d->out->experts[at] = r->tier;
    *mark = (uint8_t)number;
}

/* Says once per rule that it moved more than it named. */
static void note_unit(deciding *d, uint8_t mark, const char *what, bool *is_noted)
{
    const size_t number = mark & MARK_RULE;
    if ((mark & MARK_UNNAMED) == 0 || number == 0 || is_noted[number])
        return;
    is_noted[number] = true;
    add_note(d, "--override-tensor '%s' names a part of %s, which stays together: all of it is placed so",
             d->rules->rules[number - 1].text, what);
}

static void note_all(deciding *d)
{
    bool is_noted[MARK_RULE + 1] = {false};
    for (size_t l = 0; l < d->out->n_layers; l++) {
        note_unit(d, d->marks.attention[l], "a layer's attention", is_noted);
        note_unit(d, d->marks.ffn[l], "a layer's dense block", is_noted);
    }
    for (size_t i = 0; i < d->out->n_layers * d->out->n_expert; i++)
        note_unit(d, d->marks.experts[i], "an expert", is_noted);
    for (size_t i = 0; i < d->rules->n; i++) {
        if (!d->rules->rules[i].is_found)
            add_note(d, "--override-tensor '%s' has no effect: %s", d->rules->rules[i].text,
                     "no tensor of this model matches before another rule does");
    }
}

static bool init_tables(deciding *d, const hparams *h)
{
    if (!placement_init_undecided(d->out, h) || !placement_init_undecided(&d->marks, h))
        return false;
    d->marks.embedding = d->marks.output = 0;
    memset(d->marks.attention, 0, h->n_layers);
    memset(d->marks.ffn, 0, h->n_layers);
    memset(d->marks.experts, 0, h->n_layers * h->n_expert);
    return true;
}

sw_code placement_rules_decide(const placement_rules *rules, const hparams *h, const model_weights *whole,
                               model_placement *out, char *note, size_t size, sw_err *err)
{
    deciding d = {.rules = rules, .out = out, .note = note, .size = size, .err = err};
    *out = (model_placement){0};
    if (!init_tables(&d, h)) {
        placement_free(&d.marks);
        return sw_fail(err, SW_ENOMEM, "out of memory placing the tensors");
    }
    for (size_t i = 0; i < rules->n; i++)
        rules->rules[i].is_found = false;
    for (size_t i = 0; i < whole->n_items; i++)
        decide_item(&d, &whole->items[i]);
    for (size_t l = h->n_layers_dense; l < h->n_layers; l++) {
        for (size_t e = 0; e < h->n_expert; e++)
            decide_expert(&d, l * h->n_expert + e);
    }
    note_all(&d);
    placement_free(&d.marks);
    return d.code;
}
