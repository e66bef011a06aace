/* problem_crossing.c - river crossings: the answer is a list of moves, which is carried out.
 *
 * A move is read from a line ("3. goat", "4. nothing") or from a sentence ("The farmer takes the goat across and comes
 * back alone" is two).  The farmer is on the other side after every move, so directions need not be read.  An answer
 * that lists its moves again at the end is judged by its last list.
 */
#include <stdio.h>
#include <string.h>

#include "problems/problem_kinds.h"
#include "problems/river.h"

enum { N_NOUNS = 24, N_PERSONS = 4, N_SPACE = N_NOUNS * (N_NOUNS - 1) * N_PERSONS, TRIES = 200 };

static const char *const PERSONS[N_PERSONS] = {"farmer", "trader", "gardener", "shepherd"};
static const char PERSON_WORDS[] = " farmer trader gardener shepherd ";

static const char *const NOUNS[N_NOUNS] = {"wolf",   "goat",   "cabbage", "fox",  "goose", "hen",   "cat",  "dog",
                                           "mouse",  "rabbit", "carrot",  "lamb", "lion",  "sheep", "bear", "pumpkin",
                                           "cheese", "melon",  "parrot",  "owl",  "snake", "frog",  "duck", "cow"};

typedef struct crossing_detail {
    river r;
    const char *person;
    const char *names[RIVER_ITEMS_MAX];
} crossing_detail;

/* ---- making ----------------------------------------------------------------------------------------------------- */

static const struct {
    int items, capacity, conflicts, moves_min;
} LEVELS[PROBLEM_LEVELS] = {{2, 1, 0, 3}, {3, 1, 2, 7}, {4, 2, 3, 5}, {6, 2, 5, 7}};

static void forbid(river *r, int a, int b)
{
    r->conflicts[a] |= 1U << b;
    r->conflicts[b] |= 1U << a;
}

/* Random pairs, until the river can be crossed and the shortest way is long enough; else the pairs 0-1 and 1-2. */
static void draw_conflicts(river *r, problem_draw *d, int level)
{
    for (int try = 0; try < TRIES; try++) {
        memset(r->conflicts, 0, sizeof r->conflicts);
        for (int i = 0; i < LEVELS[level].conflicts; i++) {
            const int a = draw_below(d, r->n_items), b = draw_below(d, r->n_items - 1);
            forbid(r, a, b + (b >= a));
        }
        if (river_solve(r, NULL) >= LEVELS[level].moves_min)
            return;
    }
    memset(r->conflicts, 0, sizeof r->conflicts);
    forbid(r, 0, 1);
    forbid(r, 1, 2);
}

static void draw_names(crossing_detail *c, problem_draw *d)
{
    int order[N_NOUNS], first, second, n = 2;
    draw_pair(d, N_NOUNS, &first, &second);
    draw_order(d, N_NOUNS, order);
    c->names[0] = NOUNS[first];
    c->names[1] = NOUNS[second];
    for (int i = 0; n < c->r.n_items; i++) {
        if (order[i] != first && order[i] != second)
            c->names[n++] = NOUNS[order[i]];
    }
}

static void put_items(buf *out, const crossing_detail *c, unsigned items, const char *article)
{
    bool is_first = true;
    for (int i = 0; i < c->r.n_items; i++) {
        if (items >> i & 1U) {
            const bool is_last = items >> (i + 1) == 0;
            buf_printf(out, "%s%s%s", is_first ? "" : is_last ? " and " : ", ", article, c->names[i]);
            is_first = false;
        }
    }
    if (is_first)
        buf_puts(out, "nothing");
}

static void put_question(buf *q, const crossing_detail *c)
{
    buf_printf(q, "A %s has to bring ", c->person);
    put_items(q, c, (1U << c->r.n_items) - 1, "the ");
    buf_printf(q, " over a river. The boat holds the %s and at most %d of them, and only the %s can row. ", c->person,
               c->r.capacity, c->person);
    for (int a = 0; a < c->r.n_items; a++) {
        for (int b = a + 1; b < c->r.n_items; b++) {
            if (c->r.conflicts[a] >> b & 1U)
                buf_printf(q, "The %s and the %s must never be on one side without the %s. ", c->names[a], c->names[b],
                           c->person);
        }
    }
    buf_puts(q, "How can it be done? End with a numbered list of the crossings, there and back: each line says what is "
                "taken along, or \"nothing\".");
}

static bool make(problem_draft *d)
{
    crossing_detail *const c = arena_alloc(d->keep, sizeof *c);
    unsigned moves[RIVER_MOVES_MAX];
    if (c == NULL)
        return false;
    c->r = (river){.n_items = LEVELS[d->level].items, .capacity = LEVELS[d->level].capacity};
    c->person = PERSONS[draw_part(&d->draw, N_PERSONS)];
    draw_names(c, &d->draw);
    draw_conflicts(&c->r, &d->draw, d->level);
    put_question(&d->question, c);
    d->n_steps = river_solve(&c->r, moves);
    for (int i = 0; i < d->n_steps; i++) {
        buf_printf(&d->expected, "%s%d. ", i > 0 ? "\n" : "", i + 1);
        put_items(&d->expected, c, moves[i], "");
    }
    d->detail = c;
    return true;
}

/* ---- reading moves ---------------------------------------------------------------------------------------------- */

static const char MOVING[] = " take takes taking took bring brings bringing brought carry carries carrying ferry "
                             "ferries move moves moving row rows "
                             "rowing cross crosses crossing transport transports sail sails load loads ";
static const char RETURNING[] = " return returns returning returned back comes goes come go ";
static const char NOTHING[] = " nothing alone empty none ";
/* What comes after these in a clause stays where it is. */
static const char STAYING[] =
    " leaving leaves leave while so because where which who safely remain remains stays stay eat eats ";
/* A clause with one of these says what is not done. */
static const char NOT_DONE[] = " not cannot can't don't never if must would could ";

typedef struct clause {
    size_t first, end;
    bool begins_line;
} clause;

static bool is_sign(const answer_words *a, size_t i, char sign)
{
    return i < a->n && a->items[i].kind == ANSWER_SIGN && a->items[i].sign == sign;
}

/* Returns true if a new clause begins at word i: after a sentence's end, at "then", and at a verb after "and". */
static bool begins_clause(const answer_words *a, size_t i)
{
    if (a->items[i].sentence != a->items[i - 1].sentence || is_sign(a, i - 1, ';') || is_sign(a, i - 1, '>'))
        return true;
    if (answer_word_is(a, i, " then "))
        return true;
    if (!answer_word_is(a, i - 1, " and ") && !is_sign(a, i - 1, ',') && !is_sign(a, i - 1, ':'))
        return false;
    const size_t verb = answer_word_is(a, i, " then he she they the ") ? i + 1 : i;
    return answer_word_is(a, verb, MOVING) || answer_word_is(a, verb, RETURNING) ||
           (answer_word_is(a, verb, PERSON_WORDS) && answer_word_is(a, verb + 1, MOVING));
}

/* "1." is a sentence of its own before the words of its line, and belongs to them. */
static bool is_line_number(const answer_words *a, size_t i)
{
    return a->items[i].kind == ANSWER_NUMBER && i + 1 < a->n && a->items[i + 1].line == a->items[i].line &&
           a->items[i + 1].sentence != a->items[i].sentence;
}

static clause next_clause(const answer_words *a, size_t i)
{
    const bool begins_line = i == 0 || a->items[i].line != a->items[i - 1].line;
    while (is_line_number(a, i))
        i++;
    clause c = {i, i + 1, begins_line};
    while (c.end < a->n && !begins_clause(a, c.end))
        c.end++;
    return c;
}

static bool has_word(const answer_words *a, const clause *c, const char *list)
{
    for (size_t i = c->first; i < c->end; i++) {
        if (answer_word_is(a, i, list))
            return true;
    }
    return false;
}

/* Returns true if the clause is a move, and sets what is taken along. */
static bool read_move(const answer_words *a, const clause *c, const crossing_detail *d, unsigned *items)
{
    size_t end = c->first;
    while (end < c->end && !answer_word_is(a, end, STAYING))
        end++;
    *items = answer_names(a, c->first, end, d->names, d->r.n_items);
    const clause taken = {c->first, end, c->begins_line};
    const bool has_load = *items != 0 || has_word(a, &taken, NOTHING);
    // "After returning" says again what was done; "after that" does not.
    const bool is_again =
        answer_word_is(a, c->first, " after once when ") && !answer_word_is(a, c->first + 1, " that this ");
    if (is_again || has_word(a, &taken, NOT_DONE))
        return false;
    if (has_word(a, &taken, RETURNING) || (has_word(a, &taken, MOVING) && has_load))
        return true;
    return c->begins_line && has_load && end - c->first <= 8 && !has_word(a, c, " is are ") &&
           !has_word(a, c, PERSON_WORDS);
}

/* ---- carrying out ----------------------------------------------------------------------------------------------- */

typedef struct crossing_run {
    river_state state;
    int n_moves, n_right;
    river_fault fault; // of the first wrong move
    bool is_crossed;
} crossing_run;

static crossing_run carry_out(const answer_words *a, size_t first, const crossing_detail *d)
{
    crossing_run run = {0};
    for (size_t i = first; i < a->n && !run.is_crossed && run.fault == RIVER_FINE;) {
        const clause c = next_clause(a, i);
        unsigned items;
        if (read_move(a, &c, d, &items)) {
            run.n_moves++;
            run.fault = river_move(&d->r, &run.state, items);
            run.n_right += run.fault == RIVER_FINE;
            run.is_crossed = river_is_crossed(&d->r, &run.state);
        }
        i = c.end;
    }
    return run;
}

/* Returns true if a list begins on the line of word i: it is numbered 1. */
static bool begins_list(const answer_words *a, size_t i)
{
    if (i > 0 && a->items[i].line == a->items[i - 1].line)
        return false;
    const size_t at = answer_word_is(a, i, " step move crossing ") || is_sign(a, i, '|') ? i + 1 : i;
    return at < a->n && a->items[at].kind == ANSWER_NUMBER && a->items[at].value > 0.5 && a->items[at].value < 1.5;
}

/* The last list with at least two moves; else the whole answer. */
static crossing_run judge_last(const answer_words *a, const crossing_detail *d)
{
    enum { LISTS_MAX = 16 }; // that are looked at, from the end
    int n_lists = 0;
    for (size_t i = a->n; i > 0 && n_lists < LISTS_MAX; i--) {
        if (!begins_list(a, i - 1))
            continue;
        const crossing_run run = carry_out(a, i - 1, d);
        if (run.n_moves >= 2)
            return run;
        n_lists++;
    }
    return carry_out(a, 0, d);
}

static sw_code check_answer(const problem *p, const problem_check_input *in, problem_verdict *out)
{
    static const char *const FAULTS[] = {
        [RIVER_TOO_MANY] = "the boat cannot hold all that is taken",
        [RIVER_NOT_HERE] = "something is taken that is on the other side",
        [RIVER_LEFT_ALONE] = "two are left alone that must not be",
    };
    const crossing_run run = judge_last(&in->words, p->detail);
    out->steps_right = run.n_right < p->n_steps ? run.n_right : p->n_steps;
    if (run.n_moves == 0)
        return verdict_set(out, in, PROBLEM_UNREADABLE, "the answer has no crossing");
    if (run.fault != RIVER_FINE)
        return verdict_set(out, in, PROBLEM_WRONG, "crossing %d: %s", run.n_moves, FAULTS[run.fault]);
    if (!run.is_crossed)
        return verdict_set(out, in, PROBLEM_WRONG, "after %d crossings not all are over", run.n_moves);
    return verdict_set(out, in, PROBLEM_RIGHT, "all are over after %d crossings", run.n_moves);
}

const problem_kind_row PROBLEM_CROSSING_ROW = {
    "crossing",
    {N_SPACE, N_SPACE, N_SPACE, N_SPACE},
    make,
    check_answer,
};
