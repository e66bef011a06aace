/* accepted_forms.c - the first number or form of an answer decides. */
#include "problems/accepted_forms.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "problems/answer_words.h"

bool accepted_is_number(const char *form)
{
    char *end;
    if (!isdigit((unsigned char)form[0]))
        return false;
    strtod(form, &end);
    return *end == '\0' && strspn(form, "0123456789.") == strlen(form);
}

bool accepted_read_words(word_list *out, const char *text, size_t n, arena *keep)
{
    markdown blocks;
    return markdown_read(&blocks, text, n, keep) && word_list_read(out, &blocks, keep);
}

static bool fits_at(const word_list *list, const word_list *form, size_t at)
{
    if (form->n == 0 || form->n > list->n - at)
        return false;
    for (size_t k = 0; k < form->n; k++) {
        if (strcmp(list->items[at + k].s, form->items[k].s) != 0)
            return false;
    }
    return true;
}

bool accepted_find(const word_list *list, const word_list *form, size_t *at)
{
    for (size_t i = 0; i < list->n; i++) {
        if (fits_at(list, form, i)) {
            *at = i;
            return true;
        }
    }
    return false;
}

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

static bool has_number(const accepted_forms *f)
{
    for (size_t i = 0; i < f->n_accepted; i++) {
        if (accepted_is_number(f->accepted[i]))
            return true;
    }
    return false;
}

static bool has_value(const answer_words *a, double value)
{
    for (size_t i = 0; i < a->n; i++) {
        if (a->items[i].kind == ANSWER_NUMBER && fabs(a->items[i].value - value) < 1e-9)
            return true;
    }
    return false;
}

static bool accepts_value(const accepted_forms *f, double value)
{
    for (size_t i = 0; i < f->n_accepted; i++) {
        if (accepted_is_number(f->accepted[i]) && fabs(strtod(f->accepted[i], NULL) - value) < 1e-9)
            return true;
    }
    return false;
}

/* Years and other large numbers come with days: then smaller numbers do not count. */
static double least_value(const accepted_forms *f)
{
    double least = INFINITY;
    for (size_t i = 0; i < f->n_accepted; i++) {
        if (accepted_is_number(f->accepted[i]))
            least = fmin(least, strtod(f->accepted[i], NULL));
    }
    return least >= 1000 ? 1000 : -INFINITY;
}

/* Returns true if the answer works its result out: then numbers come before it. */
static bool is_worked(const answer_words *a)
{
    for (size_t i = 0; i < a->n; i++) {
        const bool is_equals = a->items[i].kind == ANSWER_SIGN && a->items[i].sign == '=';
        if (is_equals || answer_word_is(a, i, " so answer result therefore thus "))
            return true;
    }
    return false;
}

static bool judge_number(const accepted_forms *f, const char *text, size_t n, arena *keep, problem_outcome *out)
{
    answer_words asked, a;
    if (!answer_words_read(&asked, f->question, strlen(f->question), keep) || !answer_words_read(&a, text, n, keep))
        return false;
    const double least = least_value(f);
    double result;
    if (is_worked(&a) && answer_result(&a, &result)) {
        *out = accepts_value(f, result) ? PROBLEM_RIGHT : PROBLEM_WRONG;
        return true;
    }
    *out = a.n > 0 ? PROBLEM_WRONG : PROBLEM_UNREADABLE;
    for (size_t i = 0; i < a.n; i++) {
        const answer_word *const w = &a.items[i];
        const bool is_pronoun = w->is_spelled && fabs(w->value - 1) < 1e-9 && !accepts_value(f, 1); // "this one"
        if (w->kind != ANSWER_NUMBER || is_pronoun || w->value < least || has_value(&asked, w->value))
            continue;
        *out = accepts_value(f, w->value) ? PROBLEM_RIGHT : PROBLEM_WRONG;
        return true;
    }
    return true;
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

static bool is_denied(const word_list *list, size_t at)
{
    for (size_t i = at; i > 0 && i + 2 > at; i--) {
        if (strcmp(list->items[i - 1].s, "not") == 0 || strcmp(list->items[i - 1].s, "isn't") == 0)
            return list->items[i - 1].sentence == list->items[at].sentence;
    }
    return false;
}

/* The first place of any of the forms that is not denied; list->n if there is none.  Sets *longest to its words. */
static bool first_place(const word_list *list, const char *const *forms, size_t n_forms, arena *keep, size_t *place,
                        size_t *longest)
{
    *place = list->n;
    *longest = 0;
    for (size_t k = 0; k < n_forms; k++) {
        word_list form;
        if (!accepted_read_words(&form, forms[k], strlen(forms[k]), keep))
            return false;
        for (size_t i = 0; i < list->n && i <= *place; i++) {
            if (!fits_at(list, &form, i) || is_denied(list, i))
                continue;
            *longest = i < *place || form.n > *longest ? form.n : *longest;
            *place = i;
        }
    }
    return true;
}

static bool judge_words(const accepted_forms *f, const char *text, size_t n, arena *keep, problem_outcome *out)
{
    word_list list;
    size_t right, wrong, n_right, n_wrong;
    if (!accepted_read_words(&list, text, n, keep) ||
        !first_place(&list, f->accepted, f->n_accepted, keep, &right, &n_right) ||
        !first_place(&list, f->rivals, f->n_rivals, keep, &wrong, &n_wrong))
        return false;
    const bool is_right = right < list.n && (right < wrong || (right == wrong && n_right > n_wrong));
    *out = list.n == 0 ? PROBLEM_UNREADABLE : is_right ? PROBLEM_RIGHT : PROBLEM_WRONG;
    return true;
}

sw_code accepted_judge(const accepted_forms *forms, const char *text, size_t n, problem_outcome *out, sw_err *err)
{
    arena *const keep = arena_create();
    size_t n_clean = 0;
    const char *const clean = keep != NULL ? answer_clean(text, n, &n_clean, keep) : NULL;
    const bool ok = clean != NULL && (has_number(forms) ? judge_number(forms, clean, n_clean, keep, out)
                                                        : judge_words(forms, clean, n_clean, keep, out));
    arena_free(keep);
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory judging an answer");
}
