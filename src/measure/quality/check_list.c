/* check_list.c - reads and tries the checks of a test. */
#include "quality/check_list.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "quality/check.h"

enum { DETAIL_BYTES_MAX = 400 };

struct check_list {
    check *items;
    size_t n;
};

/* The place of the check with that name among the first `end`; `end` if there is none. */
static size_t find_check(const check_list *list, size_t end, const char *name)
{
    for (size_t i = 0; i < end; i++) {
        if (strcmp(list->items[i].name, name) == 0)
            return i;
    }
    return end;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static bool read_check(json_reader *r, const json_place *at, const json_t *value, check *out)
{
    const json_place kind_at = {at, "kind", 0};
    if (!json_is_object(value))
        return json_fail_type(r, at, "an object");
    const json_t *const kind = json_object_get(value, "kind");
    if (kind == NULL)
        return json_fail_missing(r, &kind_at);
    *out = (check){.weight = 1, .at_least = 1, .within = 25};
    out->kind = json_is_string(kind) ? check_kind_find(json_string_value(kind)) : NULL;
    if (out->kind == NULL)
        return json_fail_type(r, &kind_at, CHECK_KIND_NAMES);
    return json_read_object(r, at, value, &out->kind->table, out) &&
           (out->kind->is_complete == NULL || out->kind->is_complete(r, at, out));
}

/* Returns true if every check that another needs comes before it. */
static bool know_needs(json_reader *r, const json_place *at, const check_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const json_place one = {at, NULL, i}, needs = {&one, "needs", 0};
        for (size_t k = 0; k < list->items[i].n_needs; k++) {
            const char *const name = list->items[i].needs[k];
            if (find_check(list, i, name) == i)
                return json_fail(r, &needs, JSON_FAULT_RANGE, "no check before this one is named '%.80s'", name);
        }
    }
    return true;
}

static bool refuse_twin_names(json_reader *r, const json_place *at, const check_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        if (find_check(list, i, list->items[i].name) < i)
            return json_fail(r, at, JSON_FAULT_RANGE, "two checks of a test are named '%.80s'", list->items[i].name);
    }
    return true;
}

bool check_list_read(json_reader *r, const json_place *at, const json_t *value, const check_list **out)
{
    *out = NULL;
    const size_t n = json_array_size(value);
    if (!json_is_array(value))
        return json_fail_type(r, at, "a list of checks");
    if (n > LIMIT_CHECKS)
        return json_fail(r, at, JSON_FAULT_SIZE, "a test has %zu checks, at most %d are taken", n, LIMIT_CHECKS);
    check_list *const list = arena_alloc(r->keep, sizeof *list);
    if (list == NULL || (list->items = arena_alloc(r->keep, (n + 1) * sizeof *list->items)) == NULL)
        return json_fail_memory(r);
    for (; list->n < n; list->n++) {
        const json_place place = {at, NULL, list->n};
        if (!read_check(r, &place, json_array_get(value, list->n), &list->items[list->n]))
            return false;
    }
    if (!refuse_twin_names(r, at, list) || !know_needs(r, at, list))
        return false;
    *out = list;
    return true;
}

size_t check_list_size(const check_list *list)
{
    return list != NULL ? list->n : 0;
}

/* ---- trying ----------------------------------------------------------------------------------------------------- */

static void set(check_result *out, check_outcome outcome, const char *format, va_list args)
{
    char text[DETAIL_BYTES_MAX];
    out->outcome = outcome;
    vsnprintf(text, sizeof text, format, args);
    buf_clear(&out->detail);
    buf_puts(&out->detail, text);
}

void check_pass(check_result *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set(out, CHECK_PASSED, format, args);
    va_end(args);
}

void check_fail(check_result *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set(out, CHECK_FAILED, format, args);
    va_end(args);
}

void check_skip(check_result *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set(out, CHECK_NOT_RUN, format, args);
    va_end(args);
}

/* The detail as a line that any sink may show: valid UTF-8 without a hidden character or line break. */
static const char *clean_detail(const buf *detail, arena *keep)
{
    char *const text = arena_copy(keep, buf_str(detail), detail->size);
    if (text == NULL)
        return NULL;
    utf8_replace_invalid(text, detail->size);
    for (size_t i = 0; i < detail->size;) {
        uint32_t cp = 0;
        const int n = utf8_decode((const uint8_t *)text + i, detail->size - i, &cp);
        if (escape_is_hidden(cp) || cp == '\n' || cp == '\r' || cp == '\t')
            memset(text + i, ' ', (size_t)n);
        i += n > 0 ? (size_t)n : 1;
    }
    return text;
}

/* The answer is bounded, so that an endless one costs no more than a long one. */
static bool view_answer(answer_view *v, const answer_record *answer)
{
    v->answer = answer;
    v->n = answer->text != NULL ? answer->n_text : 0;
    v->is_too_long = v->n > LIMIT_CHECK_ANSWER_BYTES;
    if (v->is_too_long)
        v->n = utf8_complete_prefix(answer->text, LIMIT_CHECK_ANSWER_BYTES);
    v->text = arena_copy(v->keep, v->n > 0 ? answer->text : "", v->n);
    return v->text != NULL && markdown_read(&v->blocks, v->text, v->n, v->keep) &&
           word_list_read(&v->words, &v->blocks, v->keep);
}

static sw_code try_one(const check *c, const answer_view *v, arena *keep, check_record *out, sw_err *err)
{
    check_result result = {.outcome = CHECK_FAILED};
    buf_init(&result.detail, DETAIL_BYTES_MAX);
    c->kind->try(c, v, &result);
    *out = (check_record){c->name, c->kind->name, c->is_technical, c->weight, result.outcome, ""};
    out->name = arena_copy(keep, c->name, strlen(c->name)); // a record outlives the protocol
    out->detail = clean_detail(&result.detail, keep);
    if (result.detail.failed == SW_ENOMEM)
        result.failed = SW_ENOMEM;
    buf_free(&result.detail);
    if (result.failed == SW_ECANCELED)
        return sw_fail(err, SW_ECANCELED, "canceled while the checks of an answer were tried");
    return result.failed == SW_OK && out->name != NULL && out->detail != NULL
               ? SW_OK
               : sw_fail(err, SW_ENOMEM, "out of memory trying the checks of an answer");
}

/* A check that passed has failed if one that it needs has. */
static void apply_needs(const check_list *list, size_t i, check_record *records)
{
    const check *const c = &list->items[i];
    for (size_t k = 0; k < c->n_needs && records[i].outcome == CHECK_PASSED; k++) {
        if (records[find_check(list, i, c->needs[k])].outcome != CHECK_FAILED)
            continue;
        records[i].outcome = CHECK_FAILED;
        records[i].detail = "a check failed that this one needs";
    }
}

static sw_code try_all(const check_list *list, answer_view *v, const answer_record *answer, arena *keep,
                       check_record *out, sw_err *err)
{
    if (v->keep == NULL || !view_answer(v, answer))
        return sw_fail(err, SW_ENOMEM, "out of memory reading an answer");
    for (size_t i = 0; i < list->n; i++) {
        const sw_code code = try_one(&list->items[i], v, keep, &out[i], err);
        if (code != SW_OK)
            return code;
        apply_needs(list, i, out);
    }
    return SW_OK;
}

sw_code check_list_try(const check_list *list, const answer_record *answer, const check_options *options, arena *keep,
                       check_record **out, sw_err *err)
{
    *out = NULL;
    if (check_list_size(list) == 0)
        return SW_OK;
    check_record *const records = arena_alloc(keep, list->n * sizeof *records);
    if (records == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory trying the checks of an answer");
    answer_view view = {.options = options, .keep = arena_create()};
    const sw_code code = try_all(list, &view, answer, keep, records, err);
    arena_free(view.keep);
    if (code == SW_OK)
        *out = records;
    return code;
}
