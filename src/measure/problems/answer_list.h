/* answer_list.h - an answer as a list of words, numbers and signs.
 *
 * Internal to this room.
 */
#ifndef PROBLEMS_ANSWER_LIST_H
#define PROBLEMS_ANSWER_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef enum answer_word_kind { ANSWER_WORD, ANSWER_NUMBER, ANSWER_SIGN } answer_word_kind;

typedef struct answer_word {
    answer_word_kind kind;
    bool is_spelled;   // a number in words
    char sign;         // ANSWER_SIGN: one of + - * / = ( ) % : , ; | > <
    const char *s;     // ANSWER_WORD: in lower case, NUL-terminated; "" for others
    double value;      // ANSWER_NUMBER
    unsigned sentence; // counted from 0; a line break begins a new one
    unsigned line;
} answer_word;

typedef struct answer_words {
    answer_word *items;
    size_t n;
} answer_words;

#endif
