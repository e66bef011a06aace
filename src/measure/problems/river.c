/* river.c - the rules of the crossing, and a search over all states, nearest first. */
#include "problems/river.h"

#include <string.h>

enum { STATES_MAX = 1 << (RIVER_ITEMS_MAX + 1), UNSEEN = -1 };

static bool is_safe(const river *r, unsigned alone)
{
    for (int i = 0; i < r->n_items; i++) {
        if (alone >> i & 1U && (alone & r->conflicts[i]) != 0)
            return false;
    }
    return true;
}

river_fault river_move(const river *r, river_state *state, unsigned items)
{
    const unsigned all = (1U << r->n_items) - 1, here = state->is_over ? state->over : all & ~state->over;
    if (__builtin_popcount(items) > r->capacity)
        return RIVER_TOO_MANY;
    if ((items & ~here) != 0)
        return RIVER_NOT_HERE;
    if (!is_safe(r, here & ~items))
        return RIVER_LEFT_ALONE;
    state->over ^= items;
    state->is_over = !state->is_over;
    return RIVER_FINE;
}

bool river_is_crossed(const river *r, const river_state *state)
{
    return state->is_over && state->over == (1U << r->n_items) - 1;
}

static int number_of(const river_state *s)
{
    return (int)(s->over << 1) | s->is_over;
}

typedef struct river_search {
    river_state queue[STATES_MAX];
    int n, from[STATES_MAX]; // the state before, by number; UNSEEN
    unsigned by[STATES_MAX]; // the move that led there
} river_search;

/* Adds the states that one move leads to. */
static void add_next(const river *r, river_search *s, river_state at)
{
    for (unsigned items = 0; items < 1U << r->n_items; items++) {
        river_state next = at;
        if (river_move(r, &next, items) != RIVER_FINE || s->from[number_of(&next)] != UNSEEN)
            continue;
        s->from[number_of(&next)] = number_of(&at);
        s->by[number_of(&next)] = items;
        s->queue[s->n++] = next;
    }
}

/* The moves that led to a state, first to last. */
static int trace_back(const river_search *s, int state, unsigned *moves)
{
    int n = 0;
    for (int at = state; at != 0; at = s->from[at])
        n++;
    for (int at = state, k = n; at != 0 && moves != NULL; at = s->from[at])
        moves[--k] = s->by[at];
    return n;
}

int river_solve(const river *r, unsigned *moves)
{
    river_search s = {.n = 1};
    memset(s.from, 0xff, sizeof s.from); // UNSEEN
    s.from[0] = 0;
    for (int i = 0; i < s.n; i++) {
        if (river_is_crossed(r, &s.queue[i])) {
            const int n = trace_back(&s, number_of(&s.queue[i]), NULL);
            return n <= RIVER_MOVES_MAX ? trace_back(&s, number_of(&s.queue[i]), moves) : -1;
        }
        add_next(r, &s, s.queue[i]);
    }
    return -1;
}
