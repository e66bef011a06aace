/* grid_clues.c - draws a solution, lists clues that hold of it, and leaves out what is not needed. */
#include "problems/grid_clues.h"

#include <stdlib.h>

enum { NOWHERE = -1, TRIES = 400, GRID_TRIES = 20, CLUES_FIRST = 8, CLUES_MORE = 4 };

bool grid_clue_holds(const grid_clue *c, const int *at)
{
    const int a = at[c->a], b = at[c->b];
    switch (c->kind) {
    case CLUE_AT: return a == c->place;
    case CLUE_NOT_AT: return a != c->place;
    case CLUE_SAME: return a == b;
    case CLUE_LEFT: return a + 1 == b;
    case CLUE_BEFORE: return a < b;
    case CLUE_NEXT: return abs(a - b) == 1;
    }
    return false;
}

/* ---- the solver ------------------------------------------------------------------------------------------------- */

typedef struct grid_search {
    const grid *g;
    int at[GRID_VALUES];
    const grid_clue *about[GRID_VALUES][GRID_CLUES_MAX];
    int n_about[GRID_VALUES];
    unsigned taken[GRID_CATEGORIES_MAX]; // places, as bits
    int n_found, max;
} grid_search;

/* Returns true if no clue about `value` is broken of which both values are placed. */
static bool may_be(const grid_search *s, int value)
{
    for (int i = 0; i < s->n_about[value]; i++) {
        const grid_clue *const c = s->about[value][i];
        if (s->at[c->a] != NOWHERE && s->at[c->b] != NOWHERE && !grid_clue_holds(c, s->at))
            return false;
    }
    return true;
}

/* Lists the clues of each value. */
static void list_clues(grid_search *s)
{
    for (int i = 0; i < s->g->n_clues; i++) {
        const grid_clue *const c = &s->g->clues[i];
        s->about[c->a][s->n_about[c->a]++] = c;
        if (c->b != c->a)
            s->about[c->b][s->n_about[c->b]++] = c;
    }
}

/* The places that a value may be at, as bits. */
static unsigned places_of(grid_search *s, int value)
{
    unsigned places = 0;
    for (int place = 0; place < s->g->n_places; place++) {
        if (s->taken[value / GRID_PLACES_MAX] >> place & 1U)
            continue;
        s->at[value] = place;
        places |= may_be(s, value) ? 1U << place : 0;
    }
    s->at[value] = NOWHERE;
    return places;
}

/* The value that has the fewest places left; -1 if all are placed. */
static int choose_value(grid_search *s, unsigned *places)
{
    int best = -1;
    for (int c = 0; c < s->g->n_categories; c++) {
        for (int value = c * GRID_PLACES_MAX; value < c * GRID_PLACES_MAX + s->g->n_places; value++) {
            const unsigned its = s->at[value] == NOWHERE ? places_of(s, value) : ~0U;
            if (its != ~0U && (best < 0 || __builtin_popcount(its) < __builtin_popcount(*places))) {
                best = value;
                *places = its;
            }
        }
    }
    return best;
}

/* Tries all places of a value, and all of the rest for each. */
static void search(grid_search *s)
{
    unsigned places = 0;
    const int value = choose_value(s, &places);
    if (value < 0) {
        s->n_found++;
        return;
    }
    for (int place = 0; place < s->g->n_places && s->n_found < s->max; place++) {
        if ((places >> place & 1U) == 0)
            continue;
        s->at[value] = place;
        s->taken[value / GRID_PLACES_MAX] |= 1U << place;
        search(s);
        s->taken[value / GRID_PLACES_MAX] &= ~(1U << place);
        s->at[value] = NOWHERE;
    }
}

int grid_count_solutions(const grid *g, int max)
{
    grid_search s = {.g = g, .max = max};
    for (int i = 0; i < GRID_VALUES; i++)
        s.at[i] = NOWHERE;
    list_clues(&s);
    search(&s);
    return s.n_found;
}

/* ---- making ----------------------------------------------------------------------------------------------------- */

/* A random value that is at `place`. */
static int draw_value_at(const grid *g, problem_draw *d, int place)
{
    int value = draw_below(d, g->n_categories) * GRID_PLACES_MAX;
    while (g->at[value] != place)
        value++;
    return value;
}

/* A random clue that holds; of CLUE_SAME both values may be one. */
static grid_clue draw_clue(const grid *g, problem_draw *d)
{
    // How often each kind is drawn: clues that tell more, more often.
    static const grid_clue_kind KINDS[] = {CLUE_SAME, CLUE_SAME, CLUE_LEFT, CLUE_LEFT,   CLUE_NEXT,
                                           CLUE_NEXT, CLUE_NEXT, CLUE_AT,   CLUE_BEFORE, CLUE_NOT_AT};
    const grid_clue_kind kind = KINDS[draw_below(d, (int)(sizeof KINDS / sizeof *KINDS))];
    const int n = g->n_places, first = draw_below(d, n - 1), later = draw_range(d, first + 1, n - 1);
    const int any = draw_below(d, n);
    if (kind == CLUE_SAME)
        return (grid_clue){kind, draw_value_at(g, d, any), draw_value_at(g, d, any), 0};
    if (kind == CLUE_AT || kind == CLUE_NOT_AT) {
        const int value = draw_value_at(g, d, any), not_there = (any + 1 + draw_below(d, n - 1)) % n;
        return (grid_clue){kind, value, value, kind == CLUE_AT ? any : not_there};
    }
    const int left = draw_value_at(g, d, first), right = draw_value_at(g, d, kind == CLUE_BEFORE ? later : first + 1);
    const bool is_turned = kind == CLUE_NEXT && draw_below(d, 2) == 0;
    return is_turned ? (grid_clue){kind, right, left, 0} : (grid_clue){kind, left, right, 0};
}

static bool has_clue(const grid *g, const grid_clue *c)
{
    for (int i = 0; i < g->n_clues; i++) {
        const grid_clue *const o = &g->clues[i];
        const bool is_turned = o->a == c->b && o->b == c->a && c->kind != CLUE_LEFT && c->kind != CLUE_BEFORE;
        if (o->kind == c->kind && o->place == c->place && ((o->a == c->a && o->b == c->b) || is_turned))
            return true;
    }
    return false;
}

/* Returns true if the clue gives a place away, and another one does so already. */
static bool gives_second_place(const grid *g, const grid_clue *c)
{
    for (int i = 0; i < g->n_clues && c->kind == CLUE_AT; i++) {
        if (g->clues[i].kind == CLUE_AT)
            return true;
    }
    return false;
}

/* Adds random clues until there are n. */
static void add_clues(grid *g, problem_draw *d, int n)
{
    for (int i = 0; i < TRIES && g->n_clues < n; i++) {
        const grid_clue c = draw_clue(g, d);
        const bool is_empty = c.kind == CLUE_SAME && c.a == c.b;
        if (!is_empty && !gives_second_place(g, &c) && !has_clue(g, &c))
            g->clues[g->n_clues++] = c;
    }
}

/* The clues that always leave one solution: every value's place in a row of neighbours.  For draws that were poor. */
static void add_all_places(grid *g)
{
    g->n_clues = 0;
    for (int c = 0; c < g->n_categories; c++) {
        for (int v = 0; v < g->n_places; v++) {
            const int value = c * GRID_PLACES_MAX + v;
            g->clues[g->n_clues++] = (grid_clue){CLUE_AT, value, value, g->at[value]};
        }
    }
}

/* Removes every clue without which there is still one solution. */
static void remove_needless(grid *g)
{
    for (int i = g->n_clues - 1; i >= 0; i--) {
        const grid_clue kept = g->clues[i];
        g->clues[i] = g->clues[--g->n_clues];
        if (grid_count_solutions(g, 2) == 1)
            continue;
        g->clues[g->n_clues++] = g->clues[i];
        g->clues[i] = kept;
    }
}

/* Draws a solution, and clues until it is the only one; false if they never were enough. */
static bool draw_grid(grid *g, problem_draw *d)
{
    for (int c = 0; c < g->n_categories; c++)
        draw_order(d, g->n_places, g->at + c * GRID_PLACES_MAX);
    g->n_clues = 0;
    for (int n = CLUES_FIRST; n <= GRID_CLUES_MAX; n += CLUES_MORE) {
        add_clues(g, d, n);
        if (grid_count_solutions(g, 2) == 1)
            return true;
    }
    return false;
}

void grid_make(grid *g, problem_draw *d)
{
    bool is_solved = false;
    for (int try = 0; try < GRID_TRIES && !is_solved; try++)
        is_solved = draw_grid(g, d);
    if (!is_solved)
        add_all_places(g);
    remove_needless(g);
}
