/* problem_units.c - conversions: one step, two steps, a rate, and units that are invented.
 *
 * Level 0 is what the demo models learned: whole numbers of a unit in the next smaller one.
 */
#include "problems/number_problem.h"

typedef struct unit_step {
    const char *large, *small;
    int factor;
} unit_step;

/* ---- level 0 ---------------------------------------------------------------------------------------------------- */

static const unit_step ZEROS[] = {{"kilometers", "meters", 1000},  {"kilograms", "grams", 1000},
                                  {"liters", "milliliters", 1000}, {"meters", "centimeters", 100},
                                  {"euros", "cents", 100},         {"centimeters", "millimeters", 10}};
static const unit_step TABLES[] = {{"weeks", "days", 7}, {"hours", "minutes", 60}, {"minutes", "seconds", 60}};

enum { N_ZEROS = 6 * 39, N_TABLES = 3 * 9, N_WORDINGS = 4 };

static bool make_single(problem_draft *d)
{
    const int wording = draw_part(&d->draw, N_WORDINGS), place = draw_part(&d->draw, N_ZEROS + N_TABLES);
    const bool is_table = place >= N_ZEROS;
    const unit_step *const u = is_table ? &TABLES[(place - N_ZEROS) / 9] : &ZEROS[place / 39];
    const int n = 2 + (is_table ? (place - N_ZEROS) % 9 : place % 39);
    if (wording == 0)
        buf_printf(&d->question, "How many %s are %d %s?", u->small, n, u->large);
    else if (wording == 1)
        buf_printf(&d->question, "Convert %d %s to %s.", n, u->large, u->small);
    else if (wording == 2)
        buf_printf(&d->question, "What is %d %s in %s?", n, u->large, u->small);
    else
        buf_printf(&d->question, "How many %s are in %d %s?", u->small, n, u->large);
    number_steps s = {0};
    number_steps_add(&s, n * u->factor);
    return number_steps_keep(d, &s, u->small);
}

/* ---- level 1: two steps, and an addend of the middle unit ------------------------------------------------------- */

static const unit_step CHAINS[][2] = {
    {{"weeks", "days", 7}, {"days", "hours", 24}},
    {{"hours", "minutes", 60}, {"minutes", "seconds", 60}},
    {{"kilometers", "meters", 1000}, {"meters", "centimeters", 100}},
    {{"meters", "centimeters", 100}, {"centimeters", "millimeters", 10}},
    {{"yards", "feet", 3}, {"feet", "inches", 12}},
    {{"tons", "kilograms", 1000}, {"kilograms", "grams", 1000}},
    {{"decades", "years", 10}, {"years", "months", 12}},
    {{"days", "hours", 24}, {"hours", "minutes", 60}},
};

static bool make_double(problem_draft *d)
{
    const unit_step *const c = CHAINS[draw_part(&d->draw, 8)];
    const int n = 4 + draw_part(&d->draw, 27), more = 2 + draw_part(&d->draw, 5);
    buf_printf(&d->question, "How many %s are %d %s and %d %s? Show each step and end with the result.", c[1].small, n,
               c[0].large, more, c[0].small);
    number_steps s = {0};
    number_steps_add(&s, n * c[0].factor);
    number_steps_add(&s, n * c[0].factor + more);
    number_steps_add(&s, (n * c[0].factor + more) * c[1].factor);
    return number_steps_keep(d, &s, c[1].small);
}

/* ---- level 2: a rate -------------------------------------------------------------------------------------------- */

static bool make_rate(problem_draft *d)
{
    static const char *const THINGS[] = {"A pump moves", "A tap fills", "A machine bottles", "A spring delivers"};
    const int per_minute = 4 + draw_part(&d->draw, 36), hours = 2 + draw_part(&d->draw, 12);
    const int minutes = 5 * (1 + draw_part(&d->draw, 11)), thing = draw_below(&d->draw, 4);
    buf_printf(
        &d->question,
        "%s %d liters a minute. How many milliliters are that in %d hours and %d minutes? Show each step and end "
        "with the result.",
        THINGS[thing], per_minute, hours, minutes);
    number_steps s = {0};
    number_steps_add(&s, hours * 60);
    number_steps_add(&s, hours * 60 + minutes);
    number_steps_add(&s, (hours * 60 + minutes) * per_minute);
    number_steps_add(&s, 1000.0 * (hours * 60 + minutes) * per_minute);
    return number_steps_keep(d, &s, "milliliters");
}

/* ---- level 3: five invented units ------------------------------------------------------------------------------- */

enum { N_INVENTED = 5, N_NAMES = 16 };
static const char *const NAMES[N_NAMES] = {"zorps", "blips", "frims", "ticks", "quells", "drabs", "morts", "pings",
                                           "vands", "lurks", "grobs", "hoons", "snabs",  "trums", "wicks", "thrums"};

/* The relations in random order: the chain must be found. */
static void put_relations(problem_draft *d, const int *names, const int *factors)
{
    int order[N_INVENTED - 1];
    draw_order(&d->draw, N_INVENTED - 1, order);
    for (int i = 0; i < N_INVENTED - 1; i++) {
        const int k = order[i];
        buf_printf(&d->question, "%d %s are as much as one of the %s. ", factors[k], NAMES[names[k + 1]],
                   NAMES[names[k]]);
    }
}

static bool make_invented(problem_draft *d)
{
    int names[N_NAMES], factors[N_INVENTED - 1];
    const int n = 5 + draw_part(&d->draw, 45);
    for (int i = 0; i < N_INVENTED - 1; i++)
        factors[i] = 2 + draw_part(&d->draw, 8);
    draw_order(&d->draw, N_NAMES, names);
    put_relations(d, names, factors);
    number_steps s = {0};
    double value = n;
    for (int i = 0; i < N_INVENTED - 1; i++)
        number_steps_add(&s, value *= factors[i]);
    buf_printf(&d->question, "How many %s are %d %s? Show each step and end with the result.",
               NAMES[names[N_INVENTED - 1]], n, NAMES[names[0]]);
    return number_steps_keep(d, &s, NAMES[names[N_INVENTED - 1]]);
}

static bool make(problem_draft *d)
{
    static bool (*const LEVELS[PROBLEM_LEVELS])(problem_draft *) = {make_single, make_double, make_rate, make_invented};
    return LEVELS[d->level](d);
}

const problem_kind_row PROBLEM_UNITS_ROW = {
    "units",
    {N_WORDINGS * (N_ZEROS + N_TABLES), 8 * 27 * 5, 36 * 12 * 11, 45 * 8 * 8 * 8 * 8},
    make,
    number_problem_check,
};
