/* accepted_forms.h - answers that are accepted for a question, found in a text by their folded words.
 *
 * Internal to this room; questions of banks, secrets and conversations share it.
 */
#ifndef PROBLEMS_ACCEPTED_FORMS_H
#define PROBLEMS_ACCEPTED_FORMS_H

#include "problems/problem.h"
#include "quality/word_list.h"

typedef struct accepted_forms {
    const char *question;
    const char *const *accepted;
    size_t n_accepted;
    const char *const *rivals;
    size_t n_rivals;
} accepted_forms;

/* Returns true if the form is a number in digits, with a point or without. */
bool accepted_is_number(const char *form);

/* Reads text[0..n) as folded words; everything is in `keep`.  False when memory is short. */
bool accepted_read_words(word_list *out, const char *text, size_t n, arena *keep);

/* Returns true if the words of `form` are among those of `list`, in a row; *at is where. */
bool accepted_find(const word_list *list, const word_list *form, size_t *at);

/* Judges an answer of any bytes.  If a form is a number, the result of a worked answer counts, and else the first
 * number that is not in the question.  If none is, the form counts that comes first, accepted or rival, and is not
 * denied by a "not" before it.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code accepted_judge(const accepted_forms *forms, const char *text, size_t n, problem_outcome *out,
                                    sw_err *err);

#endif
