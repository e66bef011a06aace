/* checks_end.c - whether an answer comes to its end, and whether it goes round in circles before that. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "quality/check.h"

/* ---- the end ---------------------------------------------------------------------------------------------------- */

/* Words after which a sentence goes on. */
static const char *const UNFINISHED[] = {
    "a",     "an",    "the",  "and",  "or",  "but",  "of",    "to",     "in",  "on",      "at",    "for",
    "with",  "by",    "from", "as",   "is",  "are",  "was",   "were",   "be",  "that",    "which", "this",
    "these", "their", "its",  "his",  "her", "my",   "your",  "our",    "if",  "because", "while", "when",
    "into",  "than",  "then", "such", "can", "will", "would", "should", "not", "has",     "have",
};

static bool is_unfinished(const word *w)
{
    for (size_t i = 0; i < sizeof UNFINISHED / sizeof *UNFINISHED; i++) {
        if (strcmp(w->s, UNFINISHED[i]) == 0)
            return true;
    }
    return false;
}

/* Returns true if the text ends with a mark that ends sentences, with a closing mark or bracket, or with a picture. */
static bool ends_with_mark(const md_line *l)
{
    static const char *const DASHES[] = {"\xe2\x80\x93", "\xe2\x80\x94"};
    for (size_t i = 0; i < 2; i++) {
        if (l->n >= 3 && memcmp(l->text + l->n - 3, DASHES[i], 3) == 0)
            return false;
    }
    const unsigned char last = l->n > 0 ? (unsigned char)l->text[l->n - 1] : ' ';
    return strchr(".!?\"')]}*_`$|>", last) != NULL || last >= 0x80;
}

static bool ends_story(const answer_view *v)
{
    const word *const w = v->words.items + v->words.n;
    return v->words.n >= 2 && strcmp(w[-2].s, "the") == 0 && strcmp(w[-1].s, "end") == 0;
}

static size_t count_stars(const md_line *l)
{
    size_t n = 0;
    for (size_t i = 0; i + 1 < l->n; i++) {
        if (l->text[i] == '*' && l->text[i + 1] == '*')
            n++, i++;
    }
    return n;
}

static bool has_open_pair(const md_line *l)
{
    int n_open = 0, n_ticks = 0;
    for (size_t i = 0; i < l->n; i++) {
        n_open += (l->text[i] == '(') - (l->text[i] == ')' && n_open > 0);
        n_ticks += l->text[i] == '`';
    }
    return n_open > 0 || n_ticks % 2 != 0 || count_stars(l) % 2 != 0;
}

/* Returns true if items of this answer end without a mark: more of those before line `last` than with one. */
static bool items_have_no_mark(const markdown *m, size_t last)
{
    int n_bare = 0, n_marked = 0;
    for (size_t i = 0; i < last; i++) {
        if (m->lines[i].kind != MD_ITEM)
            continue;
        if (ends_with_mark(&m->lines[i]))
            n_marked++;
        else
            n_bare++;
    }
    return n_bare > n_marked;
}

static const char *fault_of_end(const answer_view *v)
{
    const markdown *const m = &v->blocks;
    size_t i = m->n;
    while (i > 0 && (m->lines[i - 1].kind == MD_BLANK || m->lines[i - 1].kind == MD_RULE))
        i--;
    if (i == 0 || v->words.n == 0)
        return "there is no text";
    const md_line *const l = &m->lines[i - 1];
    const word *const last = &v->words.items[v->words.n - 1];
    if (m->n_codes > 0 && !m->codes[m->n_codes - 1].is_closed)
        return "a block of code is not closed";
    if (l->kind == MD_FENCE || ends_story(v))
        return NULL;
    if (l->kind == MD_HEADING && l->level > 0)
        return "it ends with a heading";
    if (l->kind == MD_ROW)
        return l->n > 1 && l->text[l->n - 1] == '|' ? NULL : "it ends within a row of a table";
    if (has_open_pair(l))
        return "a bracket or mark of the last line is open";
    if (ends_with_mark(l))
        return NULL;
    if (is_unfinished(last))
        return "it ends within a sentence";
    return l->kind == MD_ITEM && items_have_no_mark(m, i - 1) ? NULL : "it ends within a sentence";
}

void check_complete(const check *c, const answer_view *v, check_result *out)
{
    (void)c;
    const char *const finish = v->answer->finish_reason;
    const char *const fault = v->is_too_long ? "it has no end" : fault_of_end(v);
    if (fault != NULL)
        check_fail(out, "%s", fault);
    else if (finish != NULL && strcmp(finish, "length") == 0)
        check_fail(out, "the limit of tokens ended it");
    else
        check_pass(out, "it ends with the end of a sentence, item or block");
}

/* ---- circles ---------------------------------------------------------------------------------------------------- */

/* A sentence as a range of words, ordered by what it says. */
typedef struct sentence {
    const word *words;
    size_t n;
} sentence;

static int compare_sentences(const void *a, const void *b)
{
    const sentence *const x = a;
    const sentence *const y = b;
    for (size_t i = 0; i < x->n && i < y->n; i++) {
        const int order = strcmp(x->words[i].s, y->words[i].s);
        if (order != 0)
            return order;
    }
    return (x->n > y->n) - (x->n < y->n);
}

/* Sentences, or lines of code, of at least four words. */
static size_t list_sentences(const answer_view *v, sentence *out)
{
    enum { WORDS_MIN = 4 };
    size_t n = 0;
    for (size_t i = 0; i < v->words.n;) {
        size_t end = i + 1;
        while (end < v->words.n && v->words.items[end].sentence == v->words.items[i].sentence)
            end++;
        if (end - i >= WORDS_MIN)
            out[n++] = (sentence){&v->words.items[i], end - i};
        i = end;
    }
    return n;
}

/* An answer loops if one sentence comes five times and the copies are a third of all sentences, or if copies are more
 * than half of many.  Pouring from jug to jug takes fewer. */
void check_no_loop(const check *c, const answer_view *v, check_result *out)
{
    enum { REPEATS_MIN = 5, MANY = 12 };
    (void)c;
    sentence *const sentences = arena_alloc(v->keep, (v->words.n + 1) * sizeof *sentences);
    if (sentences == NULL) {
        out->failed = SW_ENOMEM;
        return;
    }
    const size_t n = list_sentences(v, sentences);
    qsort(sentences, n, sizeof *sentences, compare_sentences);
    size_t n_copies = 0, run = 1, longest = n > 0;
    for (size_t i = 1; i < n; i++) {
        run = compare_sentences(&sentences[i - 1], &sentences[i]) == 0 ? run + 1 : 1;
        n_copies += run > 1;
        longest = run > longest ? run : longest;
    }
    if (v->words.n == 0)
        check_fail(out, "there is no text");
    else if ((longest >= REPEATS_MIN && 3 * n_copies >= n) || (n >= MANY && 2 * n_copies > n))
        check_fail(out, "%zu of %zu sentences were there before, one comes %zu times", n_copies, n, longest);
    else
        check_pass(out, "%zu of %zu sentences were there before", n_copies, n);
}
