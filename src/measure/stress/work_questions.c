/* work_questions.c - questions of the banks: facts with accepted answers, questions and prompts of a domain, and
 * prompts that need two domains. */
#include <stdio.h>

#include "base/arena.h"
#include "problems/question_bank.h"
#include "stress/workload.h"

/* One that is asked.  Of a prompt only the text is set. */
typedef struct asked_question {
    const char *text, *group, *item;
    const bank_question *question; // NULL: it has no accepted answer
    const bank_mixture *mixture;   // NULL: it is none
} asked_question;

typedef struct questions {
    question_bank *bank;
    asked_question *items; // (n), domains in turn
    size_t n, cap;
} questions;

void work_questions_end(workload *w)
{
    questions *const q = w->state;
    if (q != NULL)
        question_bank_free(q->bank);
}

/* ---- which ------------------------------------------------------------------------------------------------------- */

static const bank_list *list_of(const bank_domain *d, int which)
{
    return which == QUESTIONS_FACTS ? &d->facts : which == QUESTIONS_SPECIALIST ? &d->specialist : &d->general;
}

static void add(workload *w, const char *group, const bank_question *question, const bank_mixture *mixture,
                const char *text, size_t number)
{
    static const char *const NAMES[N_STRESS_QUESTIONS] = {"fact", "prompt", "specialist", "general", "mixture"};
    questions *const q = w->state;
    if (q->n == q->cap || (question != NULL && w->stage->is_basic && !question->is_basic))
        return;
    q->items[q->n++] = (asked_question){
        .text = text,
        .group = group,
        .item = work_text(w, "%s/%s/%zu", NAMES[w->stage->questions], group, number),
        .question = question,
        .mixture = mixture,
    };
}

/* The i-th of each domain, so that a short stage has asked of all. */
static void collect(workload *w)
{
    questions *const q = w->state;
    const int which = w->stage->questions;
    for (size_t i = 0, n_before = SIZE_MAX; q->n != n_before || i < 2; i++) {
        n_before = q->n;
        for (size_t k = 0; k < q->bank->n_domains; k++) {
            const bank_domain *const d = &q->bank->domains[k];
            const bank_list *const list = list_of(d, which);
            if (which == QUESTIONS_PROMPTS && i < d->n_prompts)
                add(w, d->name, NULL, NULL, d->prompts[i], i);
            else if (which != QUESTIONS_PROMPTS && which != QUESTIONS_MIXTURES && i < list->n)
                add(w, d->name, &list->items[i], NULL, list->items[i].text, i);
        }
    }
    for (size_t i = 0; which == QUESTIONS_MIXTURES && i < q->bank->n_mixtures; i++) {
        const bank_mixture *const m = &q->bank->mixtures[i];
        const char *const group =
            work_text(w, "%s+%s", q->bank->domains[m->domains[0]].name, q->bank->domains[m->domains[1]].name);
        add(w, group, NULL, m, m->prompt, i);
    }
}

static size_t n_of(const question_bank *bank)
{
    size_t n = bank->n_mixtures;
    for (size_t i = 0; i < bank->n_domains; i++) {
        const bank_domain *const d = &bank->domains[i];
        n += d->facts.n + d->specialist.n + d->general.n + d->n_prompts;
    }
    return n;
}

const char *work_questions_begin(workload *w)
{
    questions *const q = w->state = arena_alloc(w->keep, sizeof *q);
    const bank_file file = w->stage->questions == QUESTIONS_FACTS ? BANK_FACTS : BANK_DOMAINS;
    if (q != NULL)
        *q = (questions){0};
    if (q == NULL || question_bank_open(&q->bank, file, NULL) != SW_OK) {
        w->failed = SW_ENOMEM;
        return NULL;
    }
    q->cap = n_of(q->bank);
    q->items = arena_alloc(w->keep, (q->cap + 1) * sizeof *q->items);
    if (q->items == NULL) {
        w->failed = SW_ENOMEM;
        return NULL;
    }
    collect(w);
    w->n_sessions = 1;
    w->n_planned = w->stage->n_requests > 0 && (size_t)w->stage->n_requests < q->n ? w->stage->n_requests : (int)q->n;
    return w->n_planned == 0 ? "the bank has no such questions" : NULL;
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static work_next next(workload *w, int session, double now_s, work_request *out, double *at_s)
{
    (void)now_s, (void)at_s;
    const questions *const q = w->state;
    const int k = w->n_asked[session];
    if (k >= w->n_planned)
        return WORK_OVER;
    const asked_question *const a = &q->items[k];
    work_ask(w, a->item, a->item, a->text, out);
    out->plan.group = a->group;
    if (a->question != NULL && a->question->n_accepted > 0)
        out->plan.expected = a->question->accepted[0];
    return WORK_ASK;
}

/* An answer to a mixture is right if it says something of each part. */
static sw_code judge_mixture(const bank_mixture *m, const answer_record *answer, problem_outcome *out, char *detail,
                             size_t size, sw_err *err)
{
    size_t n_held;
    const sw_code code = bank_count_held(m, answer->text, answer->n_text, &n_held, err);
    *out = n_held == m->n_holds ? PROBLEM_RIGHT : PROBLEM_WRONG;
    snprintf(detail, size, "%zu of %zu parts", n_held, m->n_holds);
    return code;
}

static sw_code judge(workload *w, int session, const answer_record *answer, const check_options *options, arena *keep,
                     check_record **out, size_t *n_out, sw_err *err)
{
    (void)options;
    const asked_question *const a = &((questions *)w->state)->items[w->n_asked[session]];
    problem_outcome outcome = PROBLEM_NOT_RUN;
    char detail[64] = "";
    sw_code code = SW_OK;
    if (a->question == NULL && a->mixture == NULL)
        return SW_OK;
    if (a->mixture != NULL)
        code = judge_mixture(a->mixture, answer, &outcome, detail, sizeof detail, err);
    else
        code = bank_judge(a->question, answer->text, answer->n_text, &outcome, err);
    if (detail[0] == '\0')
        snprintf(detail, sizeof detail, "%s", problem_outcome_name(outcome));
    return code == SW_OK ? work_check("the answer is accepted", "fact", outcome, detail, keep, out, n_out, err) : code;
}

const work_ops WORK_QUESTIONS_OPS = {next, NULL, judge};
