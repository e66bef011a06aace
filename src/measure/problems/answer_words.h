/* answer_words.h - an answer as words, numbers and signs, and the number that is its result.
 *
 * Numbers are read as models write them: "1,234", "-5", "12.50", "forty-two", in LaTeX, with typographic signs.  Any
 * bytes can be read; what makes no sense becomes words that nothing matches.
 */
#ifndef PROBLEMS_ANSWER_WORDS_H
#define PROBLEMS_ANSWER_WORDS_H

#include "base/arena.h"
#include "problems/answer_list.h"

/* A copy of text[0..n) (NULL: none) in `keep` as valid UTF-8 without NUL, at most LIMIT_CHECK_ANSWER_BYTES of it;
 * *n_out bytes and a NUL.  NULL when memory is short. */
char *answer_clean(const char *text, size_t n, size_t *n_out, arena *keep);

/* Reads text[0..n); everything is in `keep`.  False when memory is short. */
bool answer_words_read(answer_words *out, const char *text, size_t n, arena *keep);

/* The end of the sentence that holds word i. */
size_t answer_sentence_end(const answer_words *a, size_t i);
/* Returns true if word i exists and is one of those in `list`, which has a blank before and after each. */
bool answer_word_is(const answer_words *a, size_t i, const char *list);

/* The result of the answer, where it says which number that is, or where its last numbers leave no doubt: what is in a
 * box, then what follows "answer", "result" or "final", then the last sentence that has a number; there what follows
 * the last "=" or "is".  False if it has no number. */
bool answer_result(const answer_words *a, double *out);

/* How many of values[0..n) the answer names, in this order. */
int answer_count_values(const answer_words *a, const double *values, int n);
/* How many sums "a + b = c" of the answer are not true. */
int answer_count_false_sums(const answer_words *a);

/* Of the texts names[0..n) (words in lower case with single blanks between), those that the words first .. end name, as
 * bits; n <= 32. */
unsigned answer_names(const answer_words *a, size_t first, size_t end, const char *const *names, int n);

#endif
