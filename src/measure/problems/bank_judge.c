/* bank_judge.c - answers to questions and prompts of a bank. */
#include "problems/accepted_forms.h"
#include "problems/answer_words.h"
#include "problems/question_bank.h"

sw_code bank_judge(const bank_question *q, const char *text, size_t n, problem_outcome *out, sw_err *err)
{
    const accepted_forms forms = {q->text, q->accepted, q->n_accepted, q->rivals, q->n_rivals};
    return accepted_judge(&forms, text, n, out, err);
}

static bool has_group(const term_group *group, const word_list *words)
{
    for (size_t i = 0; i < words->n; i++) {
        if (term_group_at(group, words, i) > 0)
            return true;
    }
    return false;
}

sw_code bank_count_held(const bank_mixture *m, const char *text, size_t n, size_t *out, sw_err *err)
{
    arena *const keep = arena_create();
    size_t n_clean = 0;
    const char *const clean = keep != NULL ? answer_clean(text, n, &n_clean, keep) : NULL;
    word_list words;
    const bool ok = clean != NULL && accepted_read_words(&words, clean, n_clean, keep);
    *out = 0;
    for (size_t i = 0; ok && i < m->n_holds; i++)
        *out += has_group(&m->holds[i], &words);
    arena_free(keep);
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory judging an answer");
}
