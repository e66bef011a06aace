/* check_kinds.c - the kinds of checks as data: the members that each takes, and the function that tries it. */
#include <string.h>

#include "base/alloc.h"
#include "quality/check.h"

enum {
    TEXT_BYTES_MAX = 4096,
    LIST_MAX = 256,
    TERM_BYTES_MAX = 2000,
    CASES_BYTES_MAX = 65536,
    STATEMENT_GROUPS_MAX = 8
};

/* The variable of a row. */
static void *member(const json_field *f, void *target)
{
    return (char *)target + f->offset;
}

/* ---- members that need more than a row -------------------------------------------------------------------------- */

static bool read_group(json_reader *r, const json_place *at, const json_t *value, term_group *out)
{
    const char *const source = json_string_value(value);
    if (source == NULL || source[0] == '\0' || json_string_length(value) > TERM_BYTES_MAX)
        return json_fail_type(r, at, "a text of terms with | between them");
    const char *const kept = arena_copy(r->keep, source, json_string_length(value));
    if (kept == NULL || !term_group_read(out, kept, r->keep))
        return json_fail_memory(r);
    return out->n > 0 || json_fail(r, at, JSON_FAULT_RANGE, "'%.60s' has no word", source);
}

static bool take_group(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    return read_group(r, at, value, member(f, target));
}

/* Returns true if `value` is a list with at least one entry and no more than LIST_MAX. */
static bool is_list(json_reader *r, const json_place *at, const json_t *value, const char *wanted)
{
    const size_t n = json_array_size(value);
    if (n == 0)
        return json_fail_type(r, at, wanted);
    return n <= LIST_MAX ||
           json_fail(r, at, JSON_FAULT_SIZE, "a list of a check has at most %d entries, not %zu", LIST_MAX, n);
}

/* Room in the reader's arena for the entries of a list, of `item_bytes` each; NULL with the fault set. */
static void *make_list(json_reader *r, const json_place *at, const json_t *value, const char *wanted, size_t item_bytes)
{
    void *const items =
        is_list(r, at, value, wanted) ? arena_alloc(r->keep, json_array_size(value) * item_bytes) : NULL;
    if (items == NULL)
        json_fail_memory(r); // unless there is a fault already
    return items;
}

static bool read_groups(json_reader *r, const json_place *at, const json_t *value, term_groups *out)
{
    out->items = make_list(r, at, value, "a list of terms", sizeof *out->items);
    if (out->items == NULL)
        return false;
    for (; out->n < json_array_size(value); out->n++) {
        const json_place place = {at, NULL, out->n};
        if (!read_group(r, &place, json_array_get(value, out->n), &out->items[out->n]))
            return false;
    }
    return true;
}

static bool take_groups(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    return read_groups(r, at, value, member(f, target));
}

static bool take_statements(json_reader *r, const json_field *f, const json_place *at, const json_t *value,
                            void *target)
{
    statements *const out = member(f, target);
    out->items = make_list(r, at, value, "a list of statements", sizeof *out->items);
    if (out->items == NULL)
        return false;
    for (; out->n < json_array_size(value); out->n++) {
        const json_place place = {at, NULL, out->n};
        term_groups *const one = &out->items[out->n];
        if (!read_groups(r, &place, json_array_get(value, out->n), one))
            return false;
        if (one->n > STATEMENT_GROUPS_MAX)
            return json_fail(r, &place, JSON_FAULT_SIZE, "a statement has %zu groups, at most %d are taken", one->n,
                             STATEMENT_GROUPS_MAX);
        for (size_t i = 1; i < one->n; i++) {
            if (one->items[i].is_forbidden && one->items[i - 1].is_forbidden)
                return json_fail(r, &place, JSON_FAULT_RANGE, "two forbidden groups of a statement are neighbours");
        }
        if (one->items[0].is_forbidden || one->items[one->n - 1].is_forbidden)
            return json_fail(r, &place, JSON_FAULT_RANGE, "a statement begins and ends with words that it holds");
    }
    return true;
}

/* Lists for the sandbox, kept as JSON. */
static bool keep_json(json_reader *r, const json_place *at, const json_t *value, const char **out)
{
    char *const text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
    if (text == NULL)
        return json_fail_memory(r);
    const size_t n = strlen(text);
    *out = n <= CASES_BYTES_MAX ? arena_copy(r->keep, text, n) : "";
    mem_free(text);
    if (n > CASES_BYTES_MAX)
        return json_fail(r, at, JSON_FAULT_SIZE, "a list of %zu bytes, at most %d are taken", n, CASES_BYTES_MAX);
    return *out != NULL || json_fail_memory(r);
}

static bool take_names(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    if (!is_list(r, at, value, "a list of names"))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place place = {at, NULL, i};
        if (json_string_length(json_array_get(value, i)) == 0)
            return json_fail_type(r, &place, "a name");
    }
    return keep_json(r, at, value, member(f, target));
}

static bool take_cases(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    if (!is_list(r, at, value, "a list of cases"))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place place = {at, NULL, i};
        const json_t *const one = json_array_get(value, i);
        if (json_array_size(one) < 2 || !json_is_array(json_array_get(one, 0)))
            return json_fail_type(r, &place, "a list of arguments and the results that are right for them");
    }
    return keep_json(r, at, value, member(f, target));
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static bool take_kind(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)r, (void)f, (void)at, (void)value, (void)target; // read before the others, since it chooses their table
    return true;
}

static bool take_needs(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    check *const c = target;
    c->needs = make_list(r, at, value, "a list of names of checks", sizeof *c->needs);
    if (c->needs == NULL)
        return false;
    for (; c->n_needs < json_array_size(value); c->n_needs++) {
        const json_place place = {at, NULL, c->n_needs};
        const json_t *const name = json_array_get(value, c->n_needs);
        if (json_string_length(name) == 0)
            return json_fail_type(r, &place, "the name of a check");
        c->needs[c->n_needs] = arena_copy(r->keep, json_string_value(name), json_string_length(name));
        if (c->needs[c->n_needs] == NULL)
            return json_fail_memory(r);
    }
    return true;
}

static const json_choice PARTS[] = {{"all", PART_ALL},
                                    {"prose", PART_PROSE},
                                    {"code", PART_CODE},
                                    {"headings", PART_HEADINGS},
                                    {"beginning", PART_BEGINNING},
                                    {"middle", PART_MIDDLE},
                                    {"end", PART_END},
                                    {NULL, 0}};

// clang-format off
#define AT(member) .offset = offsetof(check, member)
#define NAME_ROWS                                                                                                      \
    {.name = "name", .type = FIELD_TEXT, AT(name), .min = 1, .max = 200, .is_required = true},                         \
    {.name = "kind", .type = FIELD_CUSTOM, .take = take_kind, .is_required = true},                                    \
    {.name = "technical", .type = FIELD_BOOL, AT(is_technical)},                                                       \
    {.name = "weight", .type = FIELD_DOUBLE, AT(weight), .min = 0, .is_above_min = true, .max = 100}
#define NEEDS_ROW {.name = "needs", .type = FIELD_CUSTOM, .take = take_needs}
#define GROUPS(member) .type = FIELD_CUSTOM, AT(member), .take = take_groups
#define AT_LEAST_ROW {.name = "at_least", .type = FIELD_INT, AT(at_least), .min = 1, .max = 1000}
#define PART_ROW {.name = "in", .type = FIELD_CHOICE, AT(part), .choices = PARTS}
#define SHARE_ROW {.name = "min", .type = FIELD_DOUBLE, AT(min), .min = 0, .max = 1, .is_required = true}
#define LIST_ROW(text, member, required) {.name = text, GROUPS(member), .is_required = required}

static const json_field PLAIN[] = {NAME_ROWS, NEEDS_ROW};
static const json_field ALONE[] = {NAME_ROWS}; // what fails these lowers the mark, so nothing else may
static const json_field CONTAINS[] = {NAME_ROWS, NEEDS_ROW, LIST_ROW("all", all, false), LIST_ROW("any", any, false),
    LIST_ROW("none", none, false), AT_LEAST_ROW, PART_ROW};
static const json_field CLAIM[] = {NAME_ROWS, NEEDS_ROW,
    {.name = "says", .type = FIELD_CUSTOM, AT(says), .take = take_statements, .is_required = true},
    {.name = "never", .type = FIELD_CUSTOM, AT(never), .take = take_statements},
    {.name = "subject", .type = FIELD_CUSTOM, AT(subject), .take = take_group},
    {.name = "rivals", .type = FIELD_CUSTOM, AT(rivals), .take = take_group},
    {.name = "within", .type = FIELD_INT, AT(within), .min = 1, .max = 100}};
static const json_field TOPIC[] = {NAME_ROWS, NEEDS_ROW, LIST_ROW("any", any, true), AT_LEAST_ROW, SHARE_ROW};
static const json_field LANGUAGE[] = {NAME_ROWS, NEEDS_ROW, LIST_ROW("any", any, true), SHARE_ROW};
static const json_field NUMBER[] = {NAME_ROWS, NEEDS_ROW,
    {.name = "equals", .type = FIELD_DOUBLE, AT(equals), .min = -1e12, .max = 1e12, .is_required = true},
    {.name = "tolerance", .type = FIELD_DOUBLE, AT(tolerance), .min = 0, .max = 1e12},
    LIST_ROW("unit", any, false)};
static const json_field REGEX[] = {NAME_ROWS, NEEDS_ROW, AT_LEAST_ROW,
    {.name = "pattern", .type = FIELD_TEXT, AT(pattern), .min = 1, .max = 200, .is_required = true}};
static const json_field WORDS[] = {NAME_ROWS, NEEDS_ROW,
    {.name = "min", .type = FIELD_DOUBLE, AT(min), .min = 0, .max = 1e6},
    {.name = "max", .type = FIELD_DOUBLE, AT(max), .min = 1, .max = 1e6}};
static const json_field COVERAGE[] = {NAME_ROWS, NEEDS_ROW, SHARE_ROW,
    {.name = "tokens", .type = FIELD_DOUBLE, AT(tokens), .min = 1, .max = 1e6, .is_required = true}};
static const json_field COUNTED[] = {NAME_ROWS, NEEDS_ROW, AT_LEAST_ROW};
static const json_field SECTIONS[] = {NAME_ROWS, NEEDS_ROW, AT_LEAST_ROW, LIST_ROW("any", any, true)};
static const json_field STEPS[] = {NAME_ROWS, NEEDS_ROW, AT_LEAST_ROW,
    {.name = "ordered", .type = FIELD_BOOL, AT(is_ordered)}};
static const json_field JSON_BLOCKS[] = {NAME_ROWS, NEEDS_ROW, AT_LEAST_ROW, LIST_ROW("members", any, false)};
static const json_field PARSES[] = {NAME_ROWS, NEEDS_ROW,
    {.name = "optional", .type = FIELD_BOOL, AT(is_optional)}};
static const json_field PYTHON[] = {NAME_ROWS, NEEDS_ROW, {.name = "optional", .type = FIELD_BOOL, AT(is_optional)},
    {.name = "any_name", .type = FIELD_BOOL, AT(has_any_name)},
    {.name = "in_place", .type = FIELD_BOOL, AT(is_in_place)},
    {.name = "function", .type = FIELD_CUSTOM, AT(function), .take = take_names, .is_required = true},
    {.name = "cases", .type = FIELD_CUSTOM, AT(cases), .take = take_cases, .is_required = true}};

static bool has_terms(json_reader *r, const json_place *at, const check *c)
{
    return c->all.n + c->any.n + c->none.n > 0 ||
           json_fail(r, at, JSON_FAULT_MISSING, "a check of kind 'contains' needs 'all', 'any' or 'none'");
}

#define TABLE(rows) {.fields = (rows), .n = sizeof(rows) / sizeof *(rows), .refuse_unknown = true}
static const check_kind KINDS[] = {
    {"contains", TABLE(CONTAINS), check_contains, has_terms},
    {"claim", TABLE(CLAIM), check_claim, NULL},
    {"topic", TABLE(TOPIC), check_topic, NULL},
    {"language", TABLE(LANGUAGE), check_language, NULL},
    {"number", TABLE(NUMBER), check_number, NULL},
    {"regex", TABLE(REGEX), check_regex, check_regex_is_bounded},
    {"words", TABLE(WORDS), check_words, NULL},
    {"coverage", TABLE(COVERAGE), check_coverage, NULL},
    {"headings", TABLE(COUNTED), check_headings, NULL},
    {"sections", TABLE(SECTIONS), check_sections, NULL},
    {"steps", TABLE(STEPS), check_steps, NULL},
    {"json", TABLE(JSON_BLOCKS), check_json, NULL},
    {"markdown", TABLE(PLAIN), check_markdown, NULL},
    {"complete", TABLE(ALONE), check_complete, NULL},
    {"no_loop", TABLE(ALONE), check_no_loop, NULL},
    {"python_parses", TABLE(PARSES), check_python_parses, NULL},
    {"python", TABLE(PYTHON), check_python, NULL},
    {"jugs", TABLE(PLAIN), check_jugs, NULL},
    {"characters", TABLE(COUNTED), check_characters, NULL},
    {"order", TABLE(PLAIN), check_order, NULL},
};
// clang-format on

const char CHECK_KIND_NAMES[] = "contains, claim, topic, language, number, regex, words, coverage, headings, sections, "
                                "steps, json, markdown, complete, no_loop, python_parses, python, jugs, characters or "
                                "order";

const check_kind *check_kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        if (strcmp(KINDS[i].name, name) == 0)
            return &KINDS[i];
    }
    return NULL;
}
