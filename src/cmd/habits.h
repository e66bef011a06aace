/* habits.h - options that users of similar programs type, and that choose nothing here.
 *
 * One that only asks for what happens anyway, or that cannot change an answer, is accepted with a note; one that asks
 * for something else is refused, by name and with what to do.  So no option is dropped in silence.
 */
#ifndef CMD_HABITS_H
#define CMD_HABITS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum habit_value { HABIT_NO_VALUE, HABIT_VALUE, HABIT_SWITCH } habit_value; // SWITCH: "on", "off", ... or none

typedef struct habit {
    const char *spellings; // with dashes, separated by spaces
    habit_value value;
    bool is_refused;
    const char *why;      // what follows "NAME has no effect: ", or "NAME: " if it is refused
    const char *variable; // llama-server's of the same meaning; NULL: it has none
} habit;

/* The habit of an option word of n bytes; NULL if there is none. */
const habit *habit_find(const char *word, size_t n);

/* Habit i; NULL after the last one. */
const habit *habit_at(size_t i);

/* Returns true if `word` may be the value of a HABIT_SWITCH. */
bool habit_is_switch_value(const char *word);

/* Returns true if word[0..n) is one of the spellings, which are separated by spaces. */
bool habit_has_spelling(const char *spellings, const char *word, size_t n);

#endif
