/* jug_words.h - the words of an answer about two jugs: which jug is named where, which numbers, and what is done. */
#ifndef QUALITY_JUG_WORDS_H
#define QUALITY_JUG_WORDS_H

#include "quality/word_list.h"

enum { SMALL_JUG, LARGE_JUG, N_JUGS, NO_JUG = -1 };

extern const int JUG_GALLONS[N_JUGS];

typedef struct jug_words {
    const word *w; // (n), of the answer
    size_t n;
    char alias[N_JUGS]; // "jug A": its letter; 0: none
} jug_words;

typedef enum jug_verb { JUG_NONE, JUG_FILL, JUG_POUR, JUG_EMPTY, JUG_TOP, JUG_USE } jug_verb;

/* Finds letters that stand for jugs: "Jug A (5 gallons)", "the 5-gallon jug (jug A)". */
void jug_words_learn(jug_words *j);

/* As word_is_one_of, of word i, which need not exist. */
bool jug_words_has(const jug_words *j, size_t i, const char *list);

/* A number of one digit, in a digit or a word; -1. */
int jug_words_value(const jug_words *j, size_t i);

/* The jug that is named at word i: "5-gallon", "five gallon jug", "larger jug", "jug B"; with `is_bare`, "5" too. */
int jug_words_jug(const jug_words *j, size_t i, bool is_bare);

/* What the word i tells to do. */
jug_verb jug_words_verb(const jug_words *j, size_t i);

#endif
