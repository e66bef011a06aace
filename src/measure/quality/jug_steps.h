/* jug_steps.h - one step of an answer about two jugs: its verb, the jugs that belong to it, and what they hold after
 * it. */
#ifndef QUALITY_JUG_STEPS_H
#define QUALITY_JUG_STEPS_H

#include "quality/check.h"
#include "quality/jug_words.h"

typedef struct jugs {
    const answer_view *v;
    jug_words text;
    int amount[N_JUGS]; // gallons
    int last;           // the jug that was named last
    int n_steps;        // that were carried out
    size_t step;        // where the last one begins
    bool is_solved;
    size_t wrong_at; // a statement of amounts that is not true; n: none
    int wrong_amount, true_amount;
} jugs;

/* The jugs of a step, and how they are joined to it. */
typedef struct jug_parts {
    int object, from, into; // NO_JUG
    bool is_out;            // "out", "away": onto the ground
    bool is_in;             // "pour it in": into the other jug
    int amount;             // "pour 2 gallons"; -1
} jug_parts;

/* The end of the clause that begins at `at`: another verb, a word that begins a consequence, or the sentence's end.  A
 * second clause of the same sentence is a step of its own unless it says what for ("to fill"). */
size_t jug_steps_clause_end(const jugs *j, size_t at);
/* Reads the clause of the verb at `at`; it ends before `end`. */
jug_parts jug_steps_read_clause(jugs *j, size_t at, size_t end);
/* Does what the clause before `end` says; nothing if it names no jug. */
void jug_steps_carry_out(jugs *j, jug_verb what, const jug_parts *p, size_t end);
/* "Use the 5-gallon jug to fill the 3-gallon jug": returns `end`. */
size_t jug_steps_use(jugs *j, size_t at, size_t end);

#endif
