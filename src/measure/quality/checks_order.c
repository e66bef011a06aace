/* checks_order.c - whether the sentences of a story are in their order.
 *
 * Order is measured against chance: a story's sentences are compared with random orders of the same sentences.  In the
 * right order neighbours share their rarer words, talk follows talk, a thing is "a lamp" before it is "the lamp", a
 * character is introduced before it is only named, what opens a story comes early and what closes it late, "one night"
 * comes before "from that day on".  A story whose order does that no better than most random ones has lost its order.
 * The same is done with paragraphs.  The random orders are the same in every run.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "quality/check.h"
#include "quality/names.h"

enum { UNITS_MAX = 240, ORDERS = 400, WORD_MIN = 5, WORDS_MAX = 4000, NAMES_MAX = 24 };

/* Of 19 stories, 17 had ranks above these; of 1,520 shuffled ones, 190. */
static const double SENTENCES_RANK_MIN = 0.925, PARAGRAPHS_RANK_MIN = 0.55;

/* ---- units: sentences or paragraphs ----------------------------------------------------------------------------- */

typedef struct unit {
    size_t first, end; // words
    double pull;       // to the end, or (negative) to the beginning
    bool needs_other;  // begins with a word that refers to what came before
} unit;

/* Two words by which a character is introduced: "Mira Okafor", "named Aria". */
typedef struct introduction {
    char words[2][32]; // folded
} introduction;

typedef struct story {
    const answer_view *v;
    introduction names[NAMES_MAX];
    size_t n_names;
    unit units[UNITS_MAX];
    size_t n;
    float near[UNITS_MAX][UNITS_MAX];   // what two units share if one follows the other
    float before[UNITS_MAX][UNITS_MAX]; // how much the first belongs before the second
    unsigned *n_uses;                   // (words): of the units that hold the word
} story;

static const char REFERRING[] =
    " he she it they his her their its him them but then and so however instead yet still that this these "
    "those afterwards later also because ";
static const char OPENING[] =
    " once named called built created designed laboratory lab year activated began programmed morning "
    "routine purpose usual first awoke booted launched new city company lived only never ";
static const char CLOSING[] =
    " finally last forever ever end goodbye since future peace understood learned smiled become became "
    "alive remembered alone farewell dawn years gone whispered together again longer today still joy love grief ";
/* What a unit that is not the first begins with: an event, and (late) its consequence. */
static const char EVENT_TIMES[] = " day night evening morning afternoon sunday monday tuesday friday ";
static const char LATER[] =
    " from after later when today now finally eventually since years weeks months next then and ";

static double pull_of(const story *s, size_t first, size_t end)
{
    double pull = 0;
    for (size_t i = first; i < end; i++) {
        pull -= word_is_one_of(&s->v->words.items[i], OPENING);
        pull += word_is_one_of(&s->v->words.items[i], CLOSING);
    }
    return pull / (double)(4 + end - first);
}

/* How the first words of a unit place it: "one night" opens the plot, "from that day on" closes it. */
static double place_of(const story *s, size_t first, size_t end)
{
    const word *const w = s->v->words.items + first;
    if (end - first < 3)
        return 0;
    if (strcmp(w[0].s, "one") == 0 && (word_is_one_of(&w[1], EVENT_TIMES) || word_is_one_of(&w[2], EVENT_TIMES)))
        return -0.3;
    const bool is_in_time = word_is_one_of(&w[0], " in the on that ");
    return word_is_one_of(&w[0], LATER) || (is_in_time && word_is_one_of(&w[1], LATER)) ||
                   (is_in_time && word_is_one_of(&w[2], " later when after that "))
               ? 0.3
               : 0;
}

static bool begins_unit(const answer_view *v, size_t i, bool are_paragraphs)
{
    const word *const w = &v->words.items[i];
    if (i == 0 || !are_paragraphs)
        return i == 0 || w->sentence != w[-1].sentence;
    for (unsigned line = w[-1].line; line < w->line; line++) {
        if (v->blocks.lines[line].kind == MD_BLANK)
            return true;
    }
    return false;
}

/* Headings belong to no unit: a title is at the top of a shuffled story too. */
static void list_units(story *s, bool are_paragraphs)
{
    const answer_view *const v = s->v;
    s->n = 0;
    for (size_t i = 0; i < v->words.n && s->n < UNITS_MAX;) {
        size_t end = i + 1;
        while (end < v->words.n && !begins_unit(v, end, are_paragraphs))
            end++;
        if (v->words.items[i].kind != MD_HEADING && end - i >= 3)
            s->units[s->n++] =
                (unit){i, end, pull_of(s, i, end) + place_of(s, i, end), word_is_one_of(&v->words.items[i], REFERRING)};
        i = end;
    }
}

static bool holds(const story *s, const unit *u, const word *w)
{
    for (size_t i = u->first; i < u->end; i++) {
        if (strcmp(s->v->words.items[i].s, w->s) == 0)
            return true;
    }
    return false;
}

static void count_uses(story *s)
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
static float shared(const story *s, const unit *a, const unit *b)
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
static float introduced(const story *s, const unit *a, const unit *b)
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

static void list_names(story *s)
{
    const char *const text = s->v->text;
    for (size_t i = 2; i + 1 < s->v->n && s->n_names < NAMES_MAX; i++) {
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
static int naming(const story *s, const unit *u, const introduction *one)
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
        int how[UNITS_MAX];
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
static float talked(const story *s, const unit *a, const unit *b)
{
    const md_line *const from = line_of(s, a->end - 1);
    const md_line *const to = line_of(s, b->first);
    if (from == to || !begins_with_quote(to))
        return 0;
    return holds_question(from) ? 1.0f : begins_with_quote(from) ? 0.4f : 0;
}

static void compare_units(story *s)
{
    for (size_t a = 0; a < s->n; a++) {
        for (size_t b = 0; b < s->n; b++) {
            s->near[a][b] = a == b ? 0 : shared(s, &s->units[a], &s->units[b]) + talked(s, &s->units[a], &s->units[b]);
            s->before[a][b] = a == b ? 0 : introduced(s, &s->units[a], &s->units[b]);
        }
    }
    compare_names(s);
}

/* ---- order ------------------------------------------------------------------------------------------------------ */

/* How well an order of the units fits; only comparisons of two orders mean something. */
static double fit_of(const story *s, const size_t *order)
{
    double near = 0, before = 0, pull = 0;
    for (size_t k = 0; k < s->n; k++) {
        const size_t u = order[k];
        near += k + 1 < s->n ? (double)s->near[u][order[k + 1]] : 0;
        near += k + 2 < s->n ? 0.5 * (double)s->near[u][order[k + 2]] : 0;
        pull += s->units[u].pull * (2.0 * (double)k / (double)s->n - 1);
        for (size_t m = k + 1; m < s->n; m++)
            before += (double)s->before[u][order[m]] - (double)s->before[order[m]][u];
    }
    return near + 2 * before + 6 * pull - (s->units[order[0]].needs_other ? 4 : 0);
}

/* The share of random orders that fit worse than the order of the answer; those that fit as well count half. */
static double rank_of_order(const story *s)
{
    size_t order[UNITS_MAX];
    rng_state random;
    double n_worse = 0;
    for (size_t i = 0; i < s->n; i++)
        order[i] = i;
    const double fit = fit_of(s, order);
    rng_seed(&random, 42);
    for (int k = 0; k < ORDERS; k++) {
        for (size_t i = s->n - 1; i > 0; i--) {
            const size_t other = (size_t)(rng_next(&random) % (i + 1));
            const size_t unit_index = order[i];
            order[i] = order[other];
            order[other] = unit_index;
        }
        const double now = fit_of(s, order);
        n_worse += now < fit ? 1 : now > fit ? 0 : 0.5;
    }
    return n_worse / ORDERS;
}

static double rank_units(story *s, bool are_paragraphs)
{
    list_units(s, are_paragraphs);
    if (s->n < 4)
        return are_paragraphs ? 1 : 0;
    count_uses(s);
    compare_units(s);
    return rank_of_order(s);
}

void check_order(const check *c, const answer_view *v, check_result *out)
{
    (void)c;
    if (v->words.n > WORDS_MAX) {
        check_fail(out, "%zu words are no short story, at most %d are looked at", v->words.n, (int)WORDS_MAX);
        return;
    }
    story *const s = arena_alloc(v->keep, sizeof *s);
    unsigned *const n_uses = arena_alloc(v->keep, (v->words.n + 1) * sizeof *n_uses);
    if (s == NULL || n_uses == NULL) {
        out->failed = SW_ENOMEM;
        return;
    }
    s->v = v;
    s->n_uses = n_uses;
    list_names(s);
    const double sentences = rank_units(s, false), paragraphs = rank_units(s, true);
    const bool is_kept = sentences >= SENTENCES_RANK_MIN && paragraphs >= PARAGRAPHS_RANK_MIN;
    const char *const form = "%.0f %% of random orders of its sentences fit worse, and %.0f %% of its paragraphs";
    if (is_kept)
        check_pass(out, form, 100 * sentences, 100 * paragraphs);
    else
        check_fail(out, form, 100 * sentences, 100 * paragraphs);
}
