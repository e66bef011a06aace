/* word_list.h - an answer as folded words, and terms that are found among them.
 *
 * Folding makes one word of what models write differently: case, markup, LaTeX, typographic signs, hyphens between
 * words.  A cost such as "$\mathcal{O}(n \log_2 n)$" is one word, "o(nlogn)".  Terms are folded by the same function,
 * so that a protocol says "O(n log n)" and finds all of them.
 */
#ifndef QUALITY_WORD_LIST_H
#define QUALITY_WORD_LIST_H

#include "quality/markdown.h"

typedef struct word {
    const char *s; // folded, NUL-terminated
    unsigned n;
    unsigned line;     // of the Markdown
    unsigned sentence; // numbered from 0; an item, a heading and a row begin new ones
    unsigned column;   // cell of its row
    md_kind kind;      // of its line
} word;

typedef struct word_list {
    word *items;
    size_t n;
    size_t n_sentences;
} word_list;

/* Everything is in `keep`.  False when memory is short. */
bool word_list_read(word_list *out, const markdown *text, arena *keep);

/* One way to say something: words in a row.  A word that ends in "*" is the beginning of a word. */
typedef struct term {
    word *words;
    size_t n;
} term;

/* Ways to say the same thing, as a protocol writes them: "left|lower half|first". */
typedef struct term_group {
    const char *source;
    term *terms; // (n)
    size_t n;
    bool is_forbidden; // the source begins with "!"
} term_group;

/* False when memory is short.  A group without a word has n == 0. */
bool term_group_read(term_group *out, const char *source, arena *keep);

/* The words that the group's longest fitting term takes at position i of the list; 0: none fits. */
size_t term_group_at(const term_group *group, const word_list *list, size_t i);

/* Returns true if two folded words are the same, where `pattern` may end in "*". */
bool word_fits(const word *pattern, const word *w);

/* Returns true if the word is one of those in `list`, which has a blank before and after each. */
bool word_is_one_of(const word *w, const char *list);

#endif
