/* secret_text.h - a text of a given length with secrets at given depths, and a question for each.
 *
 * Recall over a long context is measured with it.  The text is filler (protocol/filler.h), a secret is a sentence with
 * a random number of five digits; nothing but the text tells it, so a right answer is no guess.
 */
#ifndef PROBLEMS_SECRET_TEXT_H
#define PROBLEMS_SECRET_TEXT_H

#include "problems/problem.h"

enum { SECRETS_MAX = 32, SECRET_TOKENS_MIN = 64, SECRET_TOKENS_MAX = 4194304 };

/* Counts the tokens of text[0..n); negative: unknown, and they are estimated. */
typedef int64_t (*secret_count_fn)(const char *text, size_t n, void *ud);

typedef struct secret_options {
    int n_tokens; // about as many, from SECRET_TOKENS_MIN to SECRET_TOKENS_MAX
    uint64_t seed;
    const double *depths;  // (n_depths), each from 0 (the beginning) to 1, ascending
    size_t n_depths;       // 1 to SECRETS_MAX
    bool is_basic;         // in words that the demo models learned; one secret, of two digits
    secret_count_fn count; // NULL: a word or sign counts as one token
    void *ud;
} secret_options;

typedef struct secret {
    double depth;         // where it is, as a share of the text's bytes
    const char *value;    // "48213"
    const char *question; // to be asked after the text
} secret;

/* What is wrong with options, for both forms of context: at most `secrets_max` depths.  Error: SW_EINVAL. */
SW_NODISCARD sw_code secret_options_check(const secret_options *o, size_t secrets_max, sw_err *err);
/* The tokens of text[0..n), counted or estimated. */
int64_t secret_count_tokens(const secret_options *o, const char *text, size_t n);

typedef struct secret_text {
    const char *text; // (n_text)
    size_t n_text;
    int64_t n_tokens; // as counted or estimated
    secret *secrets;  // (n_secrets)
    size_t n_secrets;
} secret_text;

/* *out is in `keep`.  Errors: SW_EINVAL (names the option), SW_ENOMEM. */
SW_NODISCARD sw_code secret_text_make(const secret_options *options, arena *keep, const secret_text **out, sw_err *err);

/* Judges an answer of any bytes.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code secret_judge(const secret *s, const char *text, size_t n, problem_outcome *out, sw_err *err);

#endif
