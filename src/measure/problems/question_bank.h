/* question_bank.h - questions with accepted answers, and prompts by domain, read from a file.
 *
 * Two files have this form: protocols/stress/facts.json (200 facts) and domains.json (specialist and general questions
 * and prompts of eight domains, and prompts that need two of them).  Both are in the program.  A file is read strictly,
 * and no question may be ambiguous by construction: an accepted form is written as checks fold words, no form is
 * within another one, no form is both accepted and a rival, no question comes twice, and a question that is repeated
 * as its own answer is not right.
 */
#ifndef PROBLEMS_QUESTION_BANK_H
#define PROBLEMS_QUESTION_BANK_H

#include "problems/problem.h"
#include "quality/word_list.h"
#include "spillway/error.h"

typedef struct bank_question {
    const char *text;
    const char *const *accepted; // (n_accepted); a number in digits also stands for its words
    size_t n_accepted;
    const char *const *rivals; // (n_rivals): likely wrong answers; what comes first in an answer counts
    size_t n_rivals;
    bool is_basic;  // the demo models learned it
    bool is_number; // judged by the numbers of the answer
} bank_question;

typedef struct bank_list {
    bank_question *items;
    size_t n;
} bank_list;

typedef struct bank_domain {
    const char *name;
    bank_list facts, specialist, general; // any may be empty
    const char *const *prompts;           // (n_prompts)
    size_t n_prompts;
} bank_domain;

/* A prompt that needs two domains. */
typedef struct bank_mixture {
    size_t domains[2]; // indices
    const char *prompt;
    term_group *holds; // (n_holds): what an answer that has both says
    size_t n_holds;
} bank_mixture;

typedef struct question_bank {
    const char *name;
    bank_domain *domains; // (n_domains)
    size_t n_domains;
    bank_mixture *mixtures; // (n_mixtures)
    size_t n_mixtures;
    arena *keep;
} question_bank;

typedef enum bank_file { BANK_FACTS, BANK_DOMAINS } bank_file;

/* `source` names the text in errors.  Errors: SW_EFORMAT (names line and member), SW_ELIMIT, SW_ENOMEM. */
SW_NODISCARD sw_code question_bank_parse(question_bank **out, const char *json, size_t n, const char *source,
                                         sw_err *err);
/* The file that is in the program. */
SW_NODISCARD sw_code question_bank_open(question_bank **out, bank_file file, sw_err *err);
void question_bank_free(question_bank *bank); // NULL is accepted

/* Judges an answer of any bytes.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code bank_judge(const bank_question *q, const char *text, size_t n, problem_outcome *out, sw_err *err);
/* How many of m->holds an answer of any bytes says.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code bank_count_held(const bank_mixture *m, const char *text, size_t n, size_t *out, sw_err *err);

#endif
