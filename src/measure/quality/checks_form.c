/* checks_form.c - checks of how an answer is built: its length, headings, sections, steps, JSON and Markdown. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "quality/check.h"

static const double TOKENS_PER_WORD = 4.0 / 3; // of English, where a server sends no count

/* ---- length ----------------------------------------------------------------------------------------------------- */

void check_words(const check *c, const answer_view *v, check_result *out)
{
    const double n = (double)v->words.n;
    if (n < c->min)
        check_fail(out, "%zu words, at least %g are wanted", v->words.n, c->min);
    else if (c->max > 0 && (n > c->max || v->is_too_long))
        check_fail(out, "%zu words, at most %g are wanted", v->words.n, c->max);
    else
        check_pass(out, "%zu words", v->words.n);
}

/* The server's count without its reasoning, the tokens that were told, or an estimate. */
static double count_tokens(const answer_view *v)
{
    const answer_record *const a = v->answer;
    const int64_t n_reasoning = a->reasoning_tokens > 0 ? a->reasoning_tokens : 0;
    if (v->words.n > 0 && a->completion_tokens > n_reasoning && a->n_reasoning == 0)
        return (double)(a->completion_tokens - n_reasoning);
    return TOKENS_PER_WORD * (double)v->words.n;
}

void check_coverage(const check *c, const answer_view *v, check_result *out)
{
    const double share = count_tokens(v) / c->tokens;
    if (share < c->min)
        check_fail(out, "the answer uses %.0f %% of its %g tokens, at least %.0f %% are wanted", 100 * share, c->tokens,
                   100 * c->min);
    else
        check_pass(out, "the answer uses %.0f %% of its %g tokens", 100 * share, c->tokens);
}

/* ---- headings and steps ----------------------------------------------------------------------------------------- */

void check_headings(const check *c, const answer_view *v, check_result *out)
{
    int n = 0;
    for (size_t i = 0; i < v->blocks.n; i++)
        n += v->blocks.lines[i].kind == MD_HEADING;
    if (n < c->at_least)
        check_fail(out, "%d headings, at least %d are wanted", n, c->at_least);
    else
        check_pass(out, "%d headings", n);
}

/* Returns true if a heading, or the first words of an item, name the section. */
static bool has_section(const answer_view *v, const term_group *section)
{
    enum { LEAD_WORDS = 6 };
    unsigned n_lead = 0;
    for (size_t i = 0; i < v->words.n; i++) {
        const word *const w = &v->words.items[i];
        n_lead = i > 0 && v->words.items[i - 1].line == w->line ? n_lead + 1 : 0;
        const bool is_lead = w->kind == MD_HEADING || (w->kind != MD_CODE && n_lead < LEAD_WORDS);
        if (is_lead && term_group_at(section, &v->words, i) > 0)
            return true;
    }
    return false;
}

void check_sections(const check *c, const answer_view *v, check_result *out)
{
    int n = 0;
    const char *missing = "";
    for (size_t i = 0; i < c->any.n; i++) {
        if (has_section(v, &c->any.items[i]))
            n++;
        else
            missing = c->any.items[i].source;
    }
    if (n < c->at_least)
        check_fail(out, "%d of %zu sections, at least %d are wanted; one that is missing: '%.100s'", n, c->any.n,
                   c->at_least, missing);
    else
        check_pass(out, "%d of %zu sections", n, c->any.n);
}

int view_step_of(const md_line *l)
{
    const char *text = l->text;
    while (*text != '\0' && strchr("*_| ", *text) != NULL)
        text++;
    if (l->kind == MD_CODE)
        return -1;
    if (l->number >= 0)
        return l->number;
    if (strncasecmp(text, "step ", 5) == 0 && isdigit((unsigned char)text[5]))
        return atoi(text + 5) % 1000;
    if ((l->kind == MD_ROW || l->kind == MD_HEADING) && isdigit((unsigned char)*text))
        return atoi(text) % 1000;
    return l->kind == MD_ITEM ? 0 : -1;
}

/* Ordered steps: the longest count from 1, where a number may come twice (a heading and its list). */
void check_steps(const check *c, const answer_view *v, check_result *out)
{
    int n_items = 0, longest = 0, last = 0;
    for (size_t i = 0; i < v->blocks.n; i++) {
        const int step = view_step_of(&v->blocks.lines[i]);
        n_items += step >= 0;
        if (step <= 0)
            continue;
        if (step == 1)
            last = 1;
        else if (step == last + 1)
            last = step;
        longest = last > longest ? last : longest;
    }
    const int n = c->is_ordered ? longest : n_items;
    const char *const what = c->is_ordered ? "steps in order" : "items of lists";
    if (n < c->at_least)
        check_fail(out, "%d %s, at least %d are wanted", n, what, c->at_least);
    else
        check_pass(out, "%d %s", n, what);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static bool has_member(const json_t *value, const char *name)
{
    const json_t *const first = json_is_array(value) ? json_array_get(value, 0) : value;
    return json_object_get(first, name) != NULL;
}

/* Returns true if text[0..n) is a JSON object or list with every member that the check names. */
static bool is_json(const check *c, const char *text, size_t n, const char **why, check_result *out)
{
    json_reader r = {.document = "the JSON"};
    const json_load_options options = {.bytes_max = LIMIT_CHECK_ANSWER_BYTES, .replace_nul = true};
    json_t *const value = json_load_text(&r, text, n, &options);
    *why = value != NULL ? "" : "it is not JSON";
    if (r.fault.kind == JSON_FAULT_MEMORY)
        out->failed = SW_ENOMEM;
    for (size_t i = 0; value != NULL && i < c->any.n; i++) {
        if (!has_member(value, c->any.items[i].source))
            *why = "a member is missing";
    }
    json_decref(value);
    return **why == '\0';
}

void check_json(const check *c, const answer_view *v, check_result *out)
{
    int n_good = 0;
    const char *why = "there is none", *bad = NULL;
    for (size_t i = 0; i < v->blocks.n_codes; i++) {
        const md_code *const code = &v->blocks.codes[i];
        const char *const first = code->n > 0 ? code->text + strspn(code->text, " \t\r\n") : "";
        if (*first != '{' && *first != '[')
            continue;
        if (is_json(c, code->text, code->n, &why, out))
            n_good++;
        else
            bad = why;
    }
    if (v->blocks.n_codes == 0 && v->n > 0 && is_json(c, v->text, v->n, &why, out))
        n_good++;
    if (n_good < c->at_least)
        check_fail(out, "%d blocks of good JSON, at least %d are wanted: %s", n_good, c->at_least,
                   bad != NULL ? bad : why);
    else
        check_pass(out, "%d blocks of good JSON", n_good);
}

/* ---- Markdown --------------------------------------------------------------------------------------------------- */

/* The first line whose cells are not those of the row above it; 0 if there is none. */
static size_t uneven_row(const markdown *m)
{
    for (size_t i = 1; i < m->n; i++) {
        const md_line *const above = &m->lines[i - 1];
        const md_line *const l = &m->lines[i];
        const bool are_rows =
            (l->kind == MD_ROW || l->kind == MD_ROW_RULE) && (above->kind == MD_ROW || above->kind == MD_ROW_RULE);
        if (are_rows && markdown_count_cells(l) != markdown_count_cells(above))
            return i;
    }
    return 0;
}

/* The first heading that is two levels or more below the one before it; 0 if there is none. */
static size_t skipped_heading(const markdown *m)
{
    int level = 0;
    for (size_t i = 0; i < m->n; i++) {
        const md_line *const l = &m->lines[i];
        if (l->kind != MD_HEADING || l->level == 0)
            continue;
        if (level > 0 && l->level > level + 1)
            return i;
        level = l->level;
    }
    return 0;
}

void check_markdown(const check *c, const answer_view *v, check_result *out)
{
    (void)c;
    const markdown *const m = &v->blocks;
    const size_t row = uneven_row(m), heading = skipped_heading(m);
    if (v->words.n == 0)
        check_fail(out, "there is no text");
    else if (m->n_codes > 0 && !m->codes[m->n_codes - 1].is_closed)
        check_fail(out, "a block of code is not closed");
    else if (row > 0)
        check_fail(out, "line %zu: a row of a table has %zu cells, the one above it %zu", row + 1,
                   markdown_count_cells(&m->lines[row]), markdown_count_cells(&m->lines[row - 1]));
    else if (heading > 0)
        check_fail(out, "line %zu: a heading of level %d skips a level", heading + 1, m->lines[heading].level);
    else
        check_pass(out, "well formed");
}
