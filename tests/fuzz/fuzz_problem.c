/* Any bytes as an answer to a generated problem, a secret and a conversation: each is judged, within bounds, the same
 * way twice, and with a reason that can be shown.  The first three bytes choose the problem; code is not run. */
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "fuzz_check.h"
#include "problems/dialogue.h"
#include "problems/problem.h"
#include "problems/secret_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge_problem(const problem *p, const char *text, size_t n, arena *keep)
{
    // What is before the first line break is the reasoning, too.
    const char *const line = n > 0 ? memchr(text, '\n', n) : NULL;
    const problem_answer answer = {text, n, text, line != NULL ? (size_t)(line - text) : 0};
    problem_verdict v, again;
    check(problem_check(p, &answer, &(check_options){0}, keep, &v, NULL) == SW_OK);
    check(problem_check(p, &answer, &(check_options){0}, keep, &again, NULL) == SW_OK);
    check(v.outcome == again.outcome && v.steps_right == again.steps_right && v.n_false == again.n_false);
    check(v.outcome >= PROBLEM_RIGHT && v.outcome <= PROBLEM_NOT_RUN);
    check(v.steps_all == p->n_steps && v.steps_right >= 0 && v.steps_right <= v.steps_all && v.n_false >= 0);
    check(utf8_valid(v.reason, strlen(v.reason)) && strcmp(v.reason, again.reason) == 0);
}

static void judge_others(const char *text, size_t n, uint64_t seed, arena *keep)
{
    const secret s = {.value = "48213", .question = "What is the code?"};
    const dialogue *d;
    problem_outcome outcome;
    check(secret_judge(&s, text, n, &outcome, NULL) == SW_OK && outcome <= PROBLEM_UNREADABLE);
    check(dialogue_make((int)(seed % DIALOGUE_LEVELS), 10, seed, keep, &d, NULL) == SW_OK);
    for (int i = 0; i < d->n_turns; i++) {
        if (d->turns[i].accepted != NULL)
            check(dialogue_judge(&d->turns[i], text, n, &outcome, NULL) == SW_OK && outcome <= PROBLEM_UNREADABLE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    arena *const keep = arena_create();
    const problem *p;
    const int kind = data[0] % N_PROBLEM_KINDS, level = data[1] % PROBLEM_LEVELS;
    check(problem_make((problem_kind)kind, level, data[2], keep, &p, NULL) == SW_OK);
    judge_problem(p, (const char *)data + 3, size - 3, keep);
    if (kind == 0)
        judge_others((const char *)data + 3, size - 3, data[2], keep);
    arena_free(keep);
    return 0;
}
