/* dialogue.h - conversations of 10 to 40 exchanges in which later questions need what was said before.
 *
 * Only what the user says is made here; the answers are those of the model that is measured.  A turn says what a right
 * answer to it holds and which earlier turn it needs, so retention is the share of right answers by distance.  After a
 * correction the later value counts.
 */
#ifndef PROBLEMS_DIALOGUE_H
#define PROBLEMS_DIALOGUE_H

#include "problems/problem.h"

enum {
    DIALOGUE_TURNS_MIN = 10,
    DIALOGUE_TURNS_MAX = 40,
    DIALOGUE_LEVELS = 3, // 0: what the demo models learned; 1: corrections, switches, returns; 2: several persons too
    DIALOGUE_RIVALS_MAX = 8
};

typedef enum dialogue_turn_kind {
    TURN_FACT,       // the user tells something
    TURN_QUESTION,   // and asks for it
    TURN_CHAT,       // something else, whose answer is not judged
    TURN_SUM,        // a sum
    TURN_FOLLOW_UP,  // one that goes on with the last result
    TURN_CORRECTION, // what was told was wrong: another value
    TURN_SWITCH,     // the subject is changed
    TURN_RETURN      // and the first one taken up again, with a question
} dialogue_turn_kind;

typedef struct dialogue_turn {
    dialogue_turn_kind kind;
    const char *text;
    int told_at;                             // the turn that a right answer needs; -1: none
    const char *accepted;                    // what a right answer holds, folded; NULL: the answer is not judged
    const char *rivals[DIALOGUE_RIVALS_MAX]; // (n_rivals): values that were corrected, or of other persons
    size_t n_rivals;
} dialogue_turn;

typedef struct dialogue {
    dialogue_turn turns[DIALOGUE_TURNS_MAX];
    int n_turns;
    int n_judged;
} dialogue;

const char *dialogue_turn_name(dialogue_turn_kind kind);

/* *out and its texts are in `keep`.  The last turns ask for what was not asked for before.  Errors: SW_EINVAL (names
 * the value), SW_ENOMEM. */
SW_NODISCARD sw_code dialogue_make(int level, int n_turns, uint64_t seed, arena *keep, const dialogue **out,
                                   sw_err *err);

/* Judges an answer of any bytes to a turn that is judged.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code dialogue_judge(const dialogue_turn *turn, const char *text, size_t n, problem_outcome *out,
                                    sw_err *err);

/* Appends the turns with what a right answer holds, as people read them. */
void dialogue_print(const dialogue *d, buf *out);

#endif
