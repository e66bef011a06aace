/* work_conversation.c - sessions that talk: what the user tells, follow-ups, corrections, and questions that need what
 * was said before.  All that was said goes with each request, as clients do it. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "problems/dialogue.h"
#include "stress/workload.h"

/* One session's conversation under way. */
typedef struct talk {
    const dialogue *dialogue;
    uint64_t seed;
    chat_turn said[2 * DIALOGUE_TURNS_MAX]; // (n_said) what was said, both sides
    size_t n_said;
} talk;

const char *work_conversation_begin(workload *w)
{
    talk *const talks = w->state = arena_alloc(w->keep, (size_t)w->n_sessions * sizeof *talks);
    if (talks == NULL) {
        w->failed = SW_ENOMEM;
        return NULL;
    }
    memset(talks, 0, (size_t)w->n_sessions * sizeof *talks);
    const int n = w->stage->n_requests > 0 ? w->stage->n_requests : 1;
    w->n_planned = w->stage->duration_s > 0 ? 0 : w->n_sessions * w->stage->n_turns * n;
    return NULL;
}

/* Begins the session's next conversation; each has a seed of its own. */
static void begin(workload *w, int session, int number)
{
    talk *const t = &((talk *)w->state)[session];
    t->seed = (uint64_t)w->suite->seed + (uint64_t)number * (uint64_t)w->n_sessions + (uint64_t)session;
    t->n_said = 0;
    if (dialogue_make(w->stage->levels[0], w->stage->n_turns, t->seed, w->keep, &t->dialogue, NULL) != SW_OK)
        w->failed = SW_ENOMEM;
}

static work_next next(workload *w, int session, double now_s, work_request *out, double *at_s)
{
    talk *const t = &((talk *)w->state)[session];
    const int k = w->n_asked[session], n = w->stage->n_turns;
    if (w->n_planned > 0 && k >= w->n_planned / w->n_sessions)
        return WORK_OVER;
    *at_s = w->ready_s[session];
    if (now_s < *at_s)
        return WORK_WAIT;
    if (k % n == 0 && (t->dialogue == NULL || t->n_said > 0))
        begin(w, session, k / n);
    if (w->failed != SW_OK)
        return WORK_OVER;
    const dialogue_turn *const turn = &t->dialogue->turns[k % n];
    const char *const item =
        work_text(w, "dialogue/%d/seed=%llu/turn=%d", w->stage->levels[0], (unsigned long long)t->seed, k % n + 1);
    work_ask(w, dialogue_turn_name(turn->kind), item, turn->text, out);
    out->plan.max_tokens = w->stage->max_tokens[(size_t)(k % n) % w->stage->n_max_tokens];
    out->plan.expected = turn->accepted != NULL ? turn->accepted : "";
    out->history = t->said;
    out->n_history = t->n_said;
    return WORK_ASK;
}

static void took(workload *w, int session, const work_request *request, const answer_record *answer, double now_s)
{
    talk *const t = &((talk *)w->state)[session];
    const char *const text = arena_copy(w->keep, answer->text, answer->n_text);
    if (text == NULL) {
        w->failed = SW_ENOMEM;
        return;
    }
    t->said[t->n_said++] = (chat_turn){false, request->plan.prompt};
    t->said[t->n_said++] = (chat_turn){true, text};
    w->ready_s[session] = now_s + w->stage->think_s;
}

static sw_code judge(workload *w, int session, const answer_record *answer, const check_options *options, arena *keep,
                     check_record **out, size_t *n_out, sw_err *err)
{
    (void)options;
    const talk *const t = &((talk *)w->state)[session];
    const dialogue_turn *const turn = &t->dialogue->turns[w->n_asked[session] % w->stage->n_turns];
    problem_outcome outcome;
    char detail[128];
    if (turn->accepted == NULL)
        return SW_OK;
    const sw_code code = dialogue_judge(turn, answer->text, answer->n_text, &outcome, err);
    if (code != SW_OK)
        return code;
    snprintf(detail, sizeof detail, "%s; it was told in turn %d", problem_outcome_name(outcome), turn->told_at + 1);
    return work_check("what was said is known", "memory", outcome, detail, keep, out, n_out, err);
}

const work_ops WORK_CONVERSATION_OPS = {next, took, judge};
