/* river.h - a farmer, a boat, and items of which some must not be left together: moves, and the shortest way over.
 *
 * Internal to this room.  Sets of items are bits.
 */
#ifndef PROBLEMS_RIVER_H
#define PROBLEMS_RIVER_H

#include <stdbool.h>

enum { RIVER_ITEMS_MAX = 6, RIVER_MOVES_MAX = 64 };

typedef struct river {
    int n_items, capacity;               // of the boat, besides the farmer
    unsigned conflicts[RIVER_ITEMS_MAX]; // those that item i must not be left with
} river;

typedef struct river_state {
    unsigned over; // items on the far side
    bool is_over;  // the farmer
} river_state;

typedef enum river_fault { RIVER_FINE, RIVER_TOO_MANY, RIVER_NOT_HERE, RIVER_LEFT_ALONE } river_fault;

/* The farmer crosses with `items`; *state changes only if that breaks no rule. */
river_fault river_move(const river *r, river_state *state, unsigned items);
bool river_is_crossed(const river *r, const river_state *state);
/* Moves of the shortest way, at most RIVER_MOVES_MAX; -1 if there is no way.  moves may be NULL. */
int river_solve(const river *r, unsigned *moves);

#endif
