/* problem_arithmetic.c - sums: one of two numbers, three numbers, a short story, a chain of operations.
 *
 * Level 0 is what the demo models learned: one sum or difference of numbers up to 99.  The values of the steps differ
 * from all numbers of the question, so that repeating the question names no step.
 */
#include "problems/number_problem.h"

enum { ADD_SIDE = 90, N_PAIRS = ADD_SIDE * ADD_SIDE, TRIANGLE = ADD_SIDE * (ADD_SIDE + 1) / 2, LOWEST = 10 };

/* ---- level 0: one operation ------------------------------------------------------------------------------------- */

static const char *const PLUS[] = {"What is %d + %d?", "Calculate %d + %d", "What is %d plus %d?", "Add %d and %d.",
                                   "What is the sum of %d and %d?"};
static const char *const MINUS[] = {"What is %d - %d?", "Calculate %d - %d", "What is %d minus %d?",
                                    "How much is %d - %d?", "What is the difference between %d and %d?"};

static bool make_one(problem_draft *d)
{
    const int place = draw_part(&d->draw, N_PAIRS + TRIANGLE);
    const bool is_sum = place < N_PAIRS;
    int a = LOWEST + place % ADD_SIDE, b = LOWEST + place / ADD_SIDE;
    if (!is_sum) { // the pairs with b <= a, in rows of a
        int row = 0, rest = place - N_PAIRS;
        while (rest > row)
            rest -= ++row;
        a = LOWEST + row;
        b = LOWEST + rest;
    }
    const char *const *const words = is_sum ? PLUS : MINUS;
    buf_printf(&d->question, words[draw_wording(&d->draw, 5)], a, b);
    number_steps s = {0};
    number_steps_add(&s, is_sum ? a + b : a - b);
    return number_steps_keep(d, &s, NULL);
}

/* ---- level 1: two operations ------------------------------------------------------------------------------------ */

static bool make_two(problem_draft *d)
{
    const int a = 21 + draw_part(&d->draw, 79), b = 21 + draw_part(&d->draw, 79), c = 3 + draw_part(&d->draw, 17);
    const bool is_sum = draw_below(&d->draw, 2) == 0;
    number_steps s = {0};
    number_steps_add(&s, a + b);
    number_steps_add(&s, is_sum ? a + b + c : a + b - c);
    if (draw_wording(&d->draw, 2) == 0)
        buf_printf(&d->question, "What is %d + %d %c %d? Show each step and end with the result.", a, b,
                   is_sum ? '+' : '-', c);
    else
        buf_printf(&d->question, "Add %d and %d, then %s %d. What is the result? Show each step.", a, b,
                   is_sum ? "add" : "subtract", c);
    return number_steps_keep(d, &s, NULL);
}

/* ---- level 2: a story with four steps --------------------------------------------------------------------------- */

typedef struct goods {
    const char *place, *pack, *thing;
} goods;

static const goods GOODS[] = {{"A shop", "boxes", "pencils"},   {"A baker", "trays", "rolls"},
                              {"A school", "crates", "books"},  {"A farm", "baskets", "apples"},
                              {"A library", "shelves", "maps"}, {"A workshop", "bags", "screws"}};

static bool make_story(problem_draft *d)
{
    const goods *const g = &GOODS[draw_part(&d->draw, 6)];
    const int packs = 12 + draw_part(&d->draw, 28), each = 13 + draw_part(&d->draw, 37);
    const int gone = draw_range(&d->draw, 51, 99), more = draw_range(&d->draw, 3, 9),
              size = draw_range(&d->draw, 41, 49);
    buf_printf(
        &d->question,
        "%s has %d %s with %d %s in each. First %d of the %s are sold. Then %d more %s arrive, with %d %s in each. "
        "How many %s are there now? Show each step and end with the result.",
        g->place, packs, g->pack, each, g->thing, gone, g->thing, more, g->pack, size, g->thing, g->thing);
    number_steps s = {0};
    number_steps_add(&s, packs * each);
    number_steps_add(&s, packs * each - gone);
    number_steps_add(&s, more * size);
    number_steps_add(&s, packs * each - gone + more * size);
    return number_steps_keep(d, &s, g->thing);
}

/* ---- level 3: a chain of eight ---------------------------------------------------------------------------------- */

/* One operation on a value that stays whole and below 100,000; divisions come out even. */
static int chain_step(problem_draft *d, int value, int k)
{
    static const int DIVISORS[] = {7, 6, 5, 4, 3, 2};
    if (k % 3 == 1 && value > 700) {
        for (int i = 0; i < 6; i++) {
            if (value % DIVISORS[i] == 0) {
                buf_printf(&d->question, " Divide by %d.", DIVISORS[i]);
                return value / DIVISORS[i];
            }
        }
    }
    if (k % 3 == 0 && value < 2000) {
        const int factor = draw_range(&d->draw, 6, 19);
        buf_printf(&d->question, " Multiply by %d.", factor);
        return value * factor;
    }
    const int term = draw_range(&d->draw, 21, 89);
    const bool is_less = value > 300 && draw_below(&d->draw, 2) == 0;
    buf_printf(&d->question, is_less ? " Subtract %d." : " Add %d.", term);
    return is_less ? value - term : value + term;
}

static bool make_chain(problem_draft *d)
{
    int value = 100 + draw_part(&d->draw, 900);
    const int factor = 11 + draw_part(&d->draw, 29);
    buf_printf(&d->question, "Start with %d. Multiply by %d.", value, factor);
    number_steps s = {0};
    value *= factor;
    number_steps_add(&s, value);
    for (int k = 1; k < 8; k++) {
        value = chain_step(d, value, k);
        number_steps_add(&s, value);
    }
    buf_puts(&d->question, " What is the result? Show each step and end with the result.");
    return number_steps_keep(d, &s, NULL);
}

static bool make(problem_draft *d)
{
    static bool (*const LEVELS[PROBLEM_LEVELS])(problem_draft *) = {make_one, make_two, make_story, make_chain};
    return LEVELS[d->level](d);
}

const problem_kind_row PROBLEM_ARITHMETIC_ROW = {
    "arithmetic",
    {N_PAIRS + TRIANGLE, 79 * 79 * 17, 6 * 28 * 37, 900 * 29},
    make,
    number_problem_check,
};
