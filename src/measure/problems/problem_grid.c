/* problem_grid.c - logic grids: who lives where, with what; and, at level 0, three persons in order.
 *
 * Level 0 is what the demo models learned.  In the others every place of a grid is a line of the answer; the steps are
 * its cells.
 */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "problems/grid_clues.h"
#include "problems/order_problem.h"
#include "problems/word_pools.h"

/* ---- grids ------------------------------------------------------------------------------------------------------ */

typedef struct grid_detail {
    grid g;
    const char *words[GRID_CATEGORIES_MAX][GRID_PLACES_MAX]; // in lower case
} grid_detail;

typedef struct grid_category {
    const char *title;
    const char *const *pool;
    int n;
    const char *phrase; // a value in a clue
} grid_category;

static const grid_category CATEGORIES[GRID_CATEGORIES_MAX] = {
    {"name", POOL_NAMES, N_POOL_NAMES, "%s"},
    {"pet", POOL_ANIMALS, N_POOL_ANIMALS, "the owner of the %s"},
    {"drink", POOL_DRINKS, N_POOL_DRINKS, "the person who drinks %s"},
    {"car", POOL_COLOURS, N_POOL_COLOURS, "the driver of the %s car"},
};

/* The values of a category: the first two of names are what tells the problems apart. */
static void draw_values(problem_draft *d, int category, const char **out, int n)
{
    int order[N_POOL_NAMES], first = 0, second = 0;
    const grid_category *const c = &CATEGORIES[category];
    if (category == 0)
        draw_pair(&d->draw, c->n, &first, &second);
    draw_order(&d->draw, c->n, order);
    int k = 0;
    if (category == 0) {
        out[k++] = c->pool[first];
        out[k++] = c->pool[second];
    }
    for (int i = 0; k < n; i++) {
        if (category != 0 || (order[i] != first && order[i] != second))
            out[k++] = c->pool[order[i]];
    }
}

static void put_value(buf *out, const char *const words[][GRID_PLACES_MAX], int value, bool is_first)
{
    char text[80];
    const int c = value / GRID_PLACES_MAX;
    buf phrase;
    buf_init(&phrase, sizeof text);
    // The formats are those of CATEGORIES, each with one %s.
    const char *const mark = strstr(CATEGORIES[c].phrase, "%s");
    buf_append(&phrase, CATEGORIES[c].phrase, (size_t)(mark - CATEGORIES[c].phrase));
    buf_printf(&phrase, "%s%s", words[c][value % GRID_PLACES_MAX], mark + 2);
    if (is_first && phrase.size > 0)
        phrase.data[0] = (char)toupper((unsigned char)phrase.data[0]);
    buf_puts(out, buf_str(&phrase));
    buf_free_part(&phrase, out);
}

static void put_clue(buf *out, const char *const words[][GRID_PLACES_MAX], const grid_clue *c)
{
    static const char *const RELATIONS[] = {
        [CLUE_SAME] = " is ",
        [CLUE_LEFT] = " lives directly to the left of ",
        [CLUE_BEFORE] = " lives somewhere to the left of ",
        [CLUE_NEXT] = " lives next to ",
    };
    put_value(out, words, c->a, true);
    if (c->kind == CLUE_AT || c->kind == CLUE_NOT_AT) {
        buf_printf(out, " %s in house %d.\n", c->kind == CLUE_AT ? "lives" : "does not live", c->place + 1);
        return;
    }
    buf_puts(out, RELATIONS[c->kind]);
    put_value(out, words, c->b, false);
    buf_puts(out, ".\n");
}

static void put_question(problem_draft *d, const grid *g, const char *const words[][GRID_PLACES_MAX])
{
    buf *const q = &d->question;
    buf_printf(q, "%d houses are in a row, numbered 1 to %d from left to right. One person lives in each.\n",
               g->n_places, g->n_places);
    for (int c = 0; c < g->n_categories; c++) {
        buf_printf(q, "The %ss are, in no order: ", CATEGORIES[c].title);
        for (int v = 0; v < g->n_places; v++)
            buf_printf(q, "%s%s", words[c][v], v + 1 < g->n_places ? ", " : ".\n");
    }
    buf_puts(q, "Clues:\n");
    for (int i = 0; i < g->n_clues; i++) {
        buf_printf(q, "%d. ", i + 1);
        put_clue(q, words, &g->clues[i]);
    }
    buf_puts(q, "Who lives where, and with what? End with one line per house, such as \"House 1: ");
    for (int c = 0; c < g->n_categories; c++)
        buf_printf(q, "%s%s", CATEGORIES[c].title, c + 1 < g->n_categories ? ", " : "\".");
}

/* The value of a category that is at a place. */
static int value_at(const grid *g, int category, int place)
{
    int v = 0;
    while (g->at[category * GRID_PLACES_MAX + v] != place)
        v++;
    return v;
}

static void put_solution(problem_draft *d, const grid *g, const char *const words[][GRID_PLACES_MAX])
{
    for (int place = 0; place < g->n_places; place++) {
        buf_printf(&d->expected, "%sHouse %d:", place > 0 ? "\n" : "", place + 1);
        for (int c = 0; c < g->n_categories; c++)
            buf_printf(&d->expected, "%s %s", c > 0 ? "," : "", words[c][value_at(g, c, place)]);
    }
}

static bool make_grid(problem_draft *d)
{
    grid_detail *const detail = arena_alloc(d->keep, sizeof *detail);
    const char *words[GRID_CATEGORIES_MAX][GRID_PLACES_MAX] = {0};
    if (detail == NULL)
        return false;
    grid *const g = &detail->g;
    g->n_places = 2 + d->level;
    g->n_categories = 1 + d->level;
    for (int c = 0; c < g->n_categories; c++) {
        draw_values(d, c, words[c], g->n_places);
        for (int v = 0; v < g->n_places; v++) {
            detail->words[c][v] = pool_lower(words[c][v], d->keep);
            if (detail->words[c][v] == NULL)
                return false;
        }
    }
    grid_make(g, &d->draw);
    const char *const(*const w)[GRID_PLACES_MAX] = (const char *const(*)[GRID_PLACES_MAX])words;
    put_question(d, g, w);
    put_solution(d, g, w);
    d->n_steps = g->n_places * g->n_categories;
    d->detail = detail;
    return true;
}

/* The house that a line is about: the number after "house", else the first number of its first words; -1. */
static int line_house(const answer_words *a, size_t first, size_t end, int n_places)
{
    static const char *const ORDINALS[] = {" first ", " second ", " third ", " fourth ", " fifth "};
    int found = -1;
    for (size_t i = first; i < end && i < first + 6; i++) {
        const answer_word *const w = &a->items[i];
        const bool is_named = i > first && answer_word_is(a, i - 1, " house houses place position ");
        for (int k = 0; k < n_places; k++) {
            const bool is_it =
                w->kind == ANSWER_NUMBER ? fabs(w->value - k - 1) < 1e-9 : answer_word_is(a, i, ORDINALS[k]);
            if (is_it && (is_named || found < 0))
                found = k;
        }
    }
    return found;
}

/* The one value of a category that a line names; -1. */
static int line_value(const answer_words *a, size_t first, size_t end, const grid_detail *d, int category)
{
    const unsigned found = answer_names(a, first, end, d->words[category], d->g.n_places);
    for (int v = 0; v < d->g.n_places; v++) {
        if (found == 1U << v)
            return v;
    }
    return -1;
}

/* Reads the last line of each house that names one value of every category into cells[place][category]; returns how
 * many houses have one. */
static int read_cells(const answer_words *a, const grid_detail *d, int cells[][GRID_CATEGORIES_MAX])
{
    unsigned has_line = 0;
    for (size_t i = 0; i < a->n;) {
        size_t end = i;
        int values[GRID_CATEGORIES_MAX] = {0}, n_known = 0;
        while (end < a->n && a->items[end].line == a->items[i].line)
            end++;
        const int place = line_house(a, i, end, d->g.n_places);
        for (int c = 0; place >= 0 && c < d->g.n_categories; c++)
            n_known += (values[c] = line_value(a, i, end, d, c)) >= 0;
        if (place >= 0 && n_known == d->g.n_categories) {
            memcpy(cells[place], values, sizeof values);
            has_line |= 1U << place;
        }
        i = end;
    }
    return __builtin_popcount(has_line);
}

static sw_code check_grid(const problem *p, const problem_check_input *in, problem_verdict *out)
{
    const grid_detail *const d = p->detail;
    int cells[GRID_PLACES_MAX][GRID_CATEGORIES_MAX];
    memset(cells, 0xff, sizeof cells); // all -1
    const int n_lines = read_cells(&in->words, d, cells);
    for (int place = 0; place < d->g.n_places; place++) {
        for (int c = 0; c < d->g.n_categories; c++)
            out->steps_right += cells[place][c] == value_at(&d->g, c, place);
    }
    if (n_lines < d->g.n_places)
        return verdict_set(out, in, PROBLEM_UNREADABLE, "%d of %d houses have a line with all that is in them", n_lines,
                           d->g.n_places);
    return verdict_set(out, in, out->steps_right == out->steps_all ? PROBLEM_RIGHT : PROBLEM_WRONG,
                       "%d of %d values are where they belong", out->steps_right, out->steps_all);
}

static bool make(problem_draft *d)
{
    return d->level == 0 ? order_problem_make(d) : make_grid(d);
}

static sw_code check_answer(const problem *p, const problem_check_input *in, problem_verdict *out)
{
    return p->level == 0 ? order_problem_check(p, in, out) : check_grid(p, in, out);
}

const problem_kind_row PROBLEM_GRID_ROW = {
    "grid",
    {ORDER_SPACE, N_POOL_NAMES *(N_POOL_NAMES - 1), N_POOL_NAMES *(N_POOL_NAMES - 1), N_POOL_NAMES *(N_POOL_NAMES - 1)},
    make,
    check_answer,
};
