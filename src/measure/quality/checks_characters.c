/* checks_characters.c - whether a story keeps its characters from the beginning to the end. */
#include <ctype.h>
#include <string.h>

#include "quality/check.h"
#include "quality/names.h"

/* How often a name occurs, and in which thirds of the text, as bits. */
static int count_name(const answer_view *v, const char *name, size_t n, unsigned *thirds)
{
    int count = 0;
    *thirds = 0;
    for (const char *p = v->text; (p = strchr(p, name[0])) != NULL; p++) {
        if (strncmp(p, name, n) != 0)
            continue;
        if ((p > v->text && isalnum((unsigned char)p[-1])) || isalnum((unsigned char)p[n]))
            continue; // part of a longer word
        count++;
        *thirds |= 1u << (3 * (size_t)(p - v->text) / (v->n + 1));
    }
    return count;
}

static bool is_no_character(const char *name, size_t n)
{
    static const char *const OTHERS[] = {"AI", "I",  "Earth", "English", "API",  "The",
                                         "It", "We", "He",    "She",     "They", "You"};
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
        if (strlen(OTHERS[i]) == n && memcmp(OTHERS[i], name, n) == 0)
            return true;
    }
    return n < 2;
}

/* Returns true if the story is told by an "I" who speaks outside of quotes in its beginning or middle and in its end.
 */
static bool has_narrator(const answer_view *v)
{
    unsigned thirds = 0;
    int count = 0;
    bool is_quoted = false;
    for (size_t i = 0; i < v->n; i++) {
        const char c = v->text[i];
        is_quoted = c != '\n' && is_quoted != (c == '"');
        const bool is_word = c == 'I' && (i == 0 || isspace((unsigned char)v->text[i - 1])) &&
                             (v->text[i + 1] == ' ' || v->text[i + 1] == '\'');
        if (is_quoted || !is_word)
            continue;
        count++;
        thirds |= 1u << (3 * i / (v->n + 1));
    }
    return count >= 3 && (thirds & 4) != 0 && thirds != 4;
}

/* A character persists if its name occurs in the beginning or the middle and in the last third, three times or more. */
void check_characters(const check *c, const answer_view *v, check_result *out)
{
    enum { TRIED_MAX = 200, LAST_THIRD = 4 };
    int n_found = 0, n_tried = 0;
    const char *first = NULL, *seen[TRIED_MAX];
    for (size_t i = 2; i + 1 < v->n && n_tried < TRIED_MAX; i++) {
        const size_t n = name_is_at(v->text, i) ? name_length(v->text + i) : 0;
        bool is_new = n > 0 && !is_no_character(v->text + i, n);
        for (int k = 0; is_new && k < n_tried; k++)
            is_new = strncmp(seen[k], v->text + i, n) != 0 || isalnum((unsigned char)seen[k][n]);
        if (!is_new)
            continue;
        seen[n_tried++] = v->text + i;
        unsigned thirds;
        if (count_name(v, v->text + i, n, &thirds) < 3 || (thirds & LAST_THIRD) == 0 || thirds == LAST_THIRD)
            continue;
        first = first == NULL ? v->text + i : first;
        n_found++;
    }
    const bool is_told_by_one = has_narrator(v);
    n_found += is_told_by_one;
    if (n_found < c->at_least)
        check_fail(out, "%d characters are there from the beginning to the end, at least %d are wanted", n_found,
                   c->at_least);
    else
        check_pass(out, "%d characters, among them %.*s", n_found, first == NULL ? 1 : (int)name_length(first),
                   first == NULL ? "I" : first);
}
