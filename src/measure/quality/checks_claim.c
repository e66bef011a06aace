/* checks_claim.c - what an answer says of something: words that follow each other in one sentence.
 *
 * "quicksort takes O(n log n)" and a table with a column "Quicksort" say the same.  So a statement is a list of groups
 * of terms that occur in this order within a sentence, at most `within` words apart, without words of a forbidden group
 * ("!...") between its neighbours.  Of several subjects, a statement belongs to the one that its place is about: the
 * head of its column or row, the subject that follows ("O(n) for X"), or the one that was named last.
 */
#include <string.h>

#include "quality/check.h"

typedef enum owner { OWNER_NONE, OWNER_SUBJECT, OWNER_RIVAL } owner;

enum { STEPS_MAX = 2000000, TABLE_ROWS_MAX = 64 };

typedef struct search {
    const check *c;
    const word_list *words;
    const md_line *lines;
    owner *named, *last; // (words->n): who is named at a word; who was named last, the word included
    size_t start;        // of the statement that is being looked at
    int steps;           // left for this statement; a text made to be slow finds nothing
} search;

/* ---- statements ------------------------------------------------------------------------------------------------- */

static bool has_between(const search *s, const term_group *group, size_t from, size_t end)
{
    for (size_t i = from; i < end; i++) {
        const size_t n = term_group_at(group, s->words, i);
        if (n > 0 && i + n <= end)
            return true;
    }
    return false;
}

/* ---- subjects --------------------------------------------------------------------------------------------------- */

static bool name_owners(search *s, arena *keep)
{
    const size_t n = s->words->n;
    s->named = arena_alloc(keep, (n + 1) * sizeof *s->named);
    s->last = arena_alloc(keep, (n + 1) * sizeof *s->last);
    for (size_t i = 0; s->named != NULL && s->last != NULL && i < n; i++) {
        const bool is_rival = term_group_at(&s->c->rivals, s->words, i) > 0;
        s->named[i] = is_rival ? OWNER_RIVAL : OWNER_NONE;
        if (term_group_at(&s->c->subject, s->words, i) > 0)
            s->named[i] = OWNER_SUBJECT;
        s->last[i] = s->named[i] != OWNER_NONE || i == 0 ? s->named[i] : s->last[i - 1];
    }
    return s->named != NULL && s->last != NULL;
}

/* Who is named in one cell of a line that is at word `near` or before it. */
static owner owner_of_cell(const search *s, size_t near, unsigned line, unsigned column)
{
    const word *const w = s->words->items;
    size_t i = near;
    while (i > 0 && w[i - 1].line >= line)
        i--;
    for (; i < s->words->n && w[i].line == line; i++) {
        if (w[i].column == column && s->named[i] != OWNER_NONE)
            return s->named[i];
    }
    return OWNER_NONE;
}

/* In a table: the head of the column, or else the first cell of the row. */
static owner owner_in_table(const search *s, size_t i)
{
    const word *const w = &s->words->items[i];
    unsigned head = w->line;
    while (head > 0 && w->line - head < TABLE_ROWS_MAX &&
           (s->lines[head - 1].kind == MD_ROW || s->lines[head - 1].kind == MD_ROW_RULE))
        head--;
    const owner column = owner_of_cell(s, i, head, w->column);
    return column != OWNER_NONE ? column : owner_of_cell(s, i, w->line, 1);
}

/* "... for quicksort": the subject that a link of the same sentence leads to, within three words. */
static owner owner_after(const search *s, size_t i, size_t end)
{
    static const char *const LINKS[] = {"for", "in", "of", "with", "by"};
    const word *const w = s->words->items;
    bool is_link = false;
    for (size_t k = 0; end < s->words->n && k < sizeof LINKS / sizeof *LINKS; k++)
        is_link |= strcmp(w[end].s, LINKS[k]) == 0;
    for (size_t k = end; is_link && k < s->words->n && k < end + 4 && w[k].sentence == w[i].sentence; k++) {
        if (s->named[k] != OWNER_NONE)
            return s->named[k];
    }
    return OWNER_NONE;
}

/* Returns true if a statement is about the subject: i is its first word (in a table its last), `end` where it ends.  If
 * nothing is named before it, the whole answer is about the subject. */
static bool is_about_subject(const search *s, size_t i, size_t end)
{
    if (s->c->subject.n == 0)
        return true;
    const owner near = s->words->items[i].kind == MD_ROW ? owner_in_table(s, i) : owner_after(s, i, end);
    return (near != OWNER_NONE ? near : s->last[i]) != OWNER_RIVAL;
}

/* ---- a statement in its sentence -------------------------------------------------------------------------------- */

/* Returns true if words i and k may belong to one statement: in a table, a cell goes with itself and with the head of
 * its row. */
static bool are_joined(const search *s, size_t i, size_t k)
{
    const word *const w = s->words->items;
    return w[i].sentence == w[k].sentence && (w[k].kind != MD_ROW || w[i].column == w[k].column || w[i].column == 1);
}

/* Returns true if group g of the statement and those after it occur after the words first .. end of the group before,
 * and the whole is about the subject.  A forbidden group is before one that is not. */
static bool follows(search *s, const term_groups *one, size_t g, size_t first, size_t end)
{
    if (g == one->n)
        return is_about_subject(s, s->words->items[first].kind == MD_ROW ? first : s->start, end);
    const term_group *const forbidden = one->items[g].is_forbidden ? &one->items[g] : NULL;
    const term_group *const wanted = &one->items[g + (forbidden != NULL)];
    const size_t next = g + 1 + (forbidden != NULL);
    for (size_t i = end; i < s->words->n && i < end + (size_t)s->c->within && s->steps-- > 0; i++) {
        if (s->words->items[i].sentence != s->words->items[first].sentence)
            return false;
        const size_t n = are_joined(s, first, i) ? term_group_at(wanted, s->words, i) : 0;
        if (n > 0 && (forbidden == NULL || !has_between(s, forbidden, end, i)) && follows(s, one, next, i, i + n))
            return true;
    }
    return false;
}

/* ---- the check -------------------------------------------------------------------------------------------------- */

/* The first word of a place where the statement is made of the subject, outside of code; words->n if there is none. */
static size_t find_statement(search *s, const term_groups *one)
{
    s->steps = STEPS_MAX;
    for (size_t i = 0; i < s->words->n; i++) {
        const bool is_code = s->words->items[i].kind == MD_CODE;
        const size_t n = is_code ? 0 : term_group_at(&one->items[0], s->words, i);
        s->start = i;
        if (n > 0 && follows(s, one, 1, i, i + n))
            return i;
    }
    return s->words->n;
}

/* The words around a place, for the reader of a detail. */
static void quote(const answer_view *v, size_t at, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = at; i < v->words.n && i < at + 12 && v->words.items[i].sentence == v->words.items[at].sentence;
         i++) {
        const size_t n = v->words.items[i].n;
        if (used + n + 2 > size)
            return;
        memcpy(out + used, v->words.items[i].s, n);
        used += n;
        out[used++] = ' ';
        out[used] = '\0';
    }
}

void check_claim(const check *c, const answer_view *v, check_result *out)
{
    char words[200];
    search s = {.c = c, .words = &v->words, .lines = v->blocks.lines};
    if (!name_owners(&s, v->keep)) {
        out->failed = SW_ENOMEM;
        return;
    }
    for (size_t i = 0; i < c->never.n + c->says.n; i++) {
        const bool is_wrong = i < c->never.n;
        const size_t at = find_statement(&s, is_wrong ? &c->never.items[i] : &c->says.items[i - c->never.n]);
        if (at == v->words.n)
            continue;
        quote(v, at, words, sizeof words);
        if (is_wrong)
            check_fail(out, "it says: %s", words);
        else
            check_pass(out, "it says: %s", words);
        return;
    }
    check_fail(out, "no sentence says so");
}
