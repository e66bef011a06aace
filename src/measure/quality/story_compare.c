/* story_compare.c - rare words, things, characters and talk that connect the units of a story. */
#include "quality/story_compare.h"

#include <ctype.h>
#include <string.h>

#include "quality/names.h"

enum { WORD_MIN = 5 };

/* ---- words ------------------------------------------------------------------------------------------------------ */

static bool holds(const story *s, const story_unit *u, const word *w)
{
    for (size_t i = u->first; i < u->end; i++) {
        if (strcmp(s->v->words.items[i].s, w->s) == 0)
            return true;
    }
    return false;
}

void story_count_uses(story *s)
{
    for (size_t u = 0; u < s->n; u++) {
        for (size_t i = s->units[u].first; i < s->units[u].end; i++) {
            s->n_uses[i] = 0;
            for (size_t k = 0; s->v->words.items[i].n >= WORD_MIN && k < s->n; k++)
                s->n_uses[i] += holds(s, &s->units[k], &s->v->words.items[i]);
        }
    }
}

/* Rare words that two units share; a word of half of the story connects nothing. */
static float shared(const story *s, const story_unit *a, const story_unit *b)
{
    float sum = 0;
    for (size_t i = a->first; i < a->end; i++) {
        const unsigned n = s->n_uses[i];
        if (n >= 2 && holds(s, b, &s->v->words.items[i]))
            sum += 1.0f / (float)(n - 1);
    }
    return sum;
}

/* "a lamp" in one unit and "the lamp" in another. */
static float introduced(const story *s, const story_unit *a, const story_unit *b)
{
    float sum = 0;
    const word *const w = s->v->words.items;
    for (size_t i = a->first; i + 1 < a->end; i++) {
        if (!word_is_one_of(&w[i], " a an ") || w[i + 1].n < 3)
            continue;
        const word *const noun = i + 2 < a->end && w[i + 2].n >= WORD_MIN ? &w[i + 2] : &w[i + 1];
        for (size_t k = b->first; k + 1 < b->end; k++) {
            const bool is_known = word_is_one_of(&w[k], " the her his its their ");
            sum += is_known && (strcmp(w[k + 1].s, w[i + 1].s) == 0 || strcmp(w[k + 1].s, noun->s) == 0);
        }
    }
    return sum;
}

/* ---- introductions ---------------------------------------------------------------------------------------------- */

static void fold_name(char out[32], const char *name, size_t n)
{
    for (size_t i = 0; i < n && i < 31; i++)
        out[i] = (char)tolower((unsigned char)name[i]);
    out[n < 31 ? n : 31] = '\0';
}

void story_list_names(story *s)
{
    const char *const text = s->v->text;
    for (size_t i = 2; i + 1 < s->v->n && s->n_names < STORY_NAMES_MAX; i++) {
        const size_t n = name_is_at(text, i) ? name_length(text + i) : 0;
        const char *const next = text + i + n + 1;
        const bool is_full =
            n > 1 && next[-1] == ' ' && isupper((unsigned char)next[0]) && isalnum((unsigned char)next[1]);
        const bool is_called =
            n > 1 && i > 6 && (memcmp(text + i - 6, "named ", 6) == 0 || memcmp(text + i - 7, "called ", 7) == 0);
        introduction *const one = &s->names[s->n_names];
        if (is_called) {
            fold_name(one->words[0], text[i - 6] == 'n' ? "named" : "called", text[i - 6] == 'n' ? 5 : 6);
            fold_name(one->words[1], text + i, n);
        } else if (is_full) {
            fold_name(one->words[0], text + i, n);
            fold_name(one->words[1], next, name_length(next));
        }
        s->n_names += is_called || is_full;
    }
}

/* How often the unit names the character: 0, 1, or 2 for an introduction. */
static int naming(const story *s, const story_unit *u, const introduction *one)
{
    int found = 0;
    for (size_t i = u->first; i < u->end; i++) {
        const char *const w = s->v->words.items[i].s;
        if (i + 1 < u->end && strcmp(w, one->words[0]) == 0 && strcmp(s->v->words.items[i + 1].s, one->words[1]) == 0)
            return 2;
        const bool is_first = strcmp(one->words[0], "named") != 0 && strcmp(one->words[0], "called") != 0;
        found |= (is_first && strcmp(w, one->words[0]) == 0) || strcmp(w, one->words[1]) == 0;
    }
    return found;
}

/* A unit that introduces a character belongs before those that only name it. */
static void compare_names(story *s)
{
    for (size_t k = 0; k < s->n_names; k++) {
        int how[STORY_UNITS_MAX];
        for (size_t u = 0; u < s->n; u++)
            how[u] = naming(s, &s->units[u], &s->names[k]);
        for (size_t a = 0; a < s->n; a++) {
            for (size_t b = 0; how[a] == 2 && b < s->n; b++)
                s->before[a][b] += how[b] == 1 ? 1 : 0;
        }
    }
}

/* ---- talk ------------------------------------------------------------------------------------------------------- */

static const md_line *line_of(const story *s, size_t i)
{
    return &s->v->blocks.lines[s->v->words.items[i].line];
}

static bool begins_with_quote(const md_line *l)
{
    return l->n > 3 && (l->text[0] == '"' || memcmp(l->text, "\xe2\x80\x9c", 3) == 0);
}

static bool holds_question(const md_line *l)
{
    return begins_with_quote(l) && memchr(l->text, '?', l->n) != NULL;
}

/* Who speaks is answered: talk follows talk, and more so a question. */
static float talked(const story *s, const story_unit *a, const story_unit *b)
{
    const md_line *const from = line_of(s, a->end - 1);
    const md_line *const to = line_of(s, b->first);
    if (from == to || !begins_with_quote(to))
        return 0;
    return holds_question(from) ? 1.0f : begins_with_quote(from) ? 0.4f : 0;
}

void story_compare_units(story *s)
{
    for (size_t a = 0; a < s->n; a++) {
        for (size_t b = 0; b < s->n; b++) {
            s->near[a][b] = a == b ? 0 : shared(s, &s->units[a], &s->units[b]) + talked(s, &s->units[a], &s->units[b]);
            s->before[a][b] = a == b ? 0 : introduced(s, &s->units[a], &s->units[b]);
        }
    }
    compare_names(s);
}
