/* grid_clues.h - a logic grid: values of several categories, each at one place, clues about them, and a solver.
 *
 * Internal to this room.  The solver tries all assignments that no clue refuses, so "one solution" is proved.
 */
#ifndef PROBLEMS_GRID_CLUES_H
#define PROBLEMS_GRID_CLUES_H

#include <stdbool.h>

#include "problems/problem_draw.h"

enum {
    GRID_PLACES_MAX = 5,
    GRID_CATEGORIES_MAX = 4,
    GRID_CLUES_MAX = 40,
    GRID_VALUES = GRID_CATEGORIES_MAX * GRID_PLACES_MAX
};

typedef enum grid_clue_kind {
    CLUE_AT,     // a is at `place`
    CLUE_NOT_AT, // a is not at `place`
    CLUE_SAME,   // a and b are at one place
    CLUE_LEFT,   // a is directly left of b
    CLUE_BEFORE, // a is somewhere left of b
    CLUE_NEXT    // a and b are neighbours
} grid_clue_kind;

/* A value is category * GRID_PLACES_MAX + number. */
typedef struct grid_clue {
    grid_clue_kind kind;
    int a, b, place;
} grid_clue;

typedef struct grid {
    int n_places, n_categories;
    int at[GRID_VALUES]; // of every value: its place
    grid_clue clues[GRID_CLUES_MAX];
    int n_clues;
} grid;

/* Draws a solution, and clues that have no other one; none of them can be left out. */
void grid_make(grid *g, problem_draw *d);
/* How many assignments fit the clues, counted up to `max`. */
int grid_count_solutions(const grid *g, int max);
/* Returns true if the clue holds of the places at[]. */
bool grid_clue_holds(const grid_clue *c, const int *at);

#endif
