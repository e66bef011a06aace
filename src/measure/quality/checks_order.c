/* checks_order.c - whether the sentences of a story are in their order.
 *
 * Order is measured against chance: a story's sentences are compared with random orders of the same sentences.  In the
 * right order neighbours share their rarer words, talk follows talk, a thing is "a lamp" before it is "the lamp", a
 * character is introduced before it is only named, what opens a story comes early and what closes it late, "one night"
 * comes before "from that day on".  A story whose order does that no better than most random ones has lost its order.
 * The same is done with paragraphs.  The random orders are the same in every run.
 */
#include <string.h>

#include "base/rng.h"
#include "quality/story_compare.h"

enum { ORDERS = 400, WORDS_MAX = 4000 };

/* Of 19 stories, 17 had ranks above these; of 1,520 shuffled ones, 190. */
static const double SENTENCES_RANK_MIN = 0.925, PARAGRAPHS_RANK_MIN = 0.55;

/* ---- units: sentences or paragraphs ----------------------------------------------------------------------------- */

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
    for (size_t i = 0; i < v->words.n && s->n < STORY_UNITS_MAX;) {
        size_t end = i + 1;
        while (end < v->words.n && !begins_unit(v, end, are_paragraphs))
            end++;
        if (v->words.items[i].kind != MD_HEADING && end - i >= 3)
            s->units[s->n++] = (story_unit){i, end, pull_of(s, i, end) + place_of(s, i, end),
                                            word_is_one_of(&v->words.items[i], REFERRING)};
        i = end;
    }
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
    size_t order[STORY_UNITS_MAX];
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
    story_count_uses(s);
    story_compare_units(s);
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
    story_list_names(s);
    const double sentences = rank_units(s, false), paragraphs = rank_units(s, true);
    const bool is_kept = sentences >= SENTENCES_RANK_MIN && paragraphs >= PARAGRAPHS_RANK_MIN;
    const char *const form = "%.0f %% of random orders of its sentences fit worse, and %.0f %% of its paragraphs";
    if (is_kept)
        check_pass(out, form, 100 * sentences, 100 * paragraphs);
    else
        check_fail(out, form, 100 * sentences, 100 * paragraphs);
}
