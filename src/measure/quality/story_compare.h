/* story_compare.h - the units of a story (sentences or paragraphs), and what speaks for one being near or before
 * another. */
#ifndef QUALITY_STORY_COMPARE_H
#define QUALITY_STORY_COMPARE_H

#include "quality/check.h"

enum { STORY_UNITS_MAX = 240, STORY_NAMES_MAX = 24 };

typedef struct story_unit {
    size_t first, end; // words
    double pull;       // to the end, or (negative) to the beginning
    bool needs_other;  // begins with a word that refers to what came before
} story_unit;

/* Two words by which a character is introduced: "Mira Okafor", "named Aria". */
typedef struct introduction {
    char words[2][32]; // folded
} introduction;

typedef struct story {
    const answer_view *v;
    introduction names[STORY_NAMES_MAX];
    size_t n_names;
    story_unit units[STORY_UNITS_MAX];
    size_t n;
    float near[STORY_UNITS_MAX][STORY_UNITS_MAX];   // what two units share if one follows the other
    float before[STORY_UNITS_MAX][STORY_UNITS_MAX]; // how much the first belongs before the second
    unsigned *n_uses;                               // (words): of the units that hold the word
} story;

/* Finds the characters that are introduced; once for a story. */
void story_list_names(story *s);
/* Counts in how many units each word is, then fills `near` and `before`; for each list of units. */
void story_count_uses(story *s);
void story_compare_units(story *s);

#endif
