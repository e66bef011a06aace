/* work_secrets.c - texts of growing length with secrets at nine depths, and a question for each.
 *
 * How many tokens a server counts in a word is found out as for a ladder: by a first, short text.
 */
#include <math.h>
#include <stdio.h>

#include "base/arena.h"
#include "problems/secret_text.h"
#include "stress/workload.h"

enum { FRAME_TOKENS = 96, CALIBRATION_TOKENS = 90 };

typedef struct secrets {
    double tokens_per_word;
    int words; // asked for in the text under way
    const secret_text *text;
    int rung; // of the text; -1: none
} secrets;

const char *work_secrets_begin(workload *w)
{
    secrets *const s = w->state = arena_alloc(w->keep, sizeof *s);
    if (s == NULL) {
        w->failed = SW_ENOMEM;
        return NULL;
    }
    *s = (secrets){.tokens_per_word = 1, .rung = -1};
    w->n_sessions = 1;
    for (size_t i = 0; i < w->stage->n_lengths; i++) {
        const int64_t needed = (int64_t)w->stage->lengths[i] + w->stage->max_tokens[0];
        if (w->server.n_ctx == 0 || needed <= w->server.n_ctx)
            w->n_planned = ((int)i + 1) * STRESS_DEPTHS + 1;
    }
    return w->n_planned == 0
               ? work_text(w, "the context of %d tokens is shorter than the shortest text", (int)w->server.n_ctx)
               : NULL;
}

/* The text of a rung: its secrets differ from those of other rungs. */
static void make_text(workload *w, int rung)
{
    static const double DEPTHS[STRESS_DEPTHS] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
    secrets *const s = w->state;
    const int length = rung >= 0 ? w->stage->lengths[rung] : CALIBRATION_TOKENS + FRAME_TOKENS;
    const int wanted = (int)((length - FRAME_TOKENS) / s->tokens_per_word);
    const bool is_single = w->stage->is_basic || rung < 0;
    s->words = wanted > SECRET_TOKENS_MIN ? wanted : SECRET_TOKENS_MIN;
    s->rung = rung;
    const secret_options options = {.n_tokens = s->words,
                                    .seed = (uint64_t)w->suite->seed + (uint64_t)(rung + 1),
                                    .depths = is_single ? &DEPTHS[STRESS_DEPTHS / 2] : DEPTHS,
                                    .n_depths = is_single ? 1 : STRESS_DEPTHS,
                                    .is_basic = w->stage->is_basic};
    if (secret_text_make(&options, w->keep, &s->text, NULL) != SW_OK)
        w->failed = SW_ENOMEM;
}

/* A basic text has one secret: another text for each depth. */
static void make_basic_text(workload *w, int rung, int depth)
{
    secrets *const s = w->state;
    const double at = 0.1 * (depth + 1);
    const secret_options options = {.n_tokens = s->words,
                                    .seed = (uint64_t)w->suite->seed + (uint64_t)(rung * STRESS_DEPTHS + depth),
                                    .depths = &at,
                                    .n_depths = 1,
                                    .is_basic = true};
    if (secret_text_make(&options, w->keep, &s->text, NULL) != SW_OK)
        w->failed = SW_ENOMEM;
}

static const secret *secret_of(const workload *w, int k)
{
    const secrets *const s = w->state;
    const size_t i = w->stage->is_basic || k == 0 ? 0 : (size_t)((k - 1) % STRESS_DEPTHS);
    return &s->text->secrets[i < s->text->n_secrets ? i : 0];
}

static work_next next(workload *w, int session, double now_s, work_request *out, double *at_s)
{
    (void)now_s, (void)at_s;
    secrets *const s = w->state;
    const int k = w->n_asked[session], rung = k > 0 ? (k - 1) / STRESS_DEPTHS : -1, depth = (k - 1) % STRESS_DEPTHS;
    if (k >= w->n_planned)
        return WORK_OVER;
    if (s->text == NULL || s->rung != rung)
        make_text(w, rung);
    if (w->failed == SW_OK && rung >= 0 && w->stage->is_basic)
        make_basic_text(w, rung, depth);
    if (w->failed != SW_OK)
        return WORK_OVER;
    const secret *const asked = secret_of(w, k);
    const char *const item =
        rung >= 0 ? work_text(w, "secrets/length=%d/depth=%.1f", w->stage->lengths[rung], 0.1 * (depth + 1))
                  : "calibration";
    work_ask(w, item, item, work_text(w, "%s\n\n%s", s->text->text, asked->question), out);
    out->plan.expected = asked->value;
    return WORK_ASK;
}

static void took(workload *w, int session, const work_request *request, const answer_record *answer, double now_s)
{
    (void)session, (void)request, (void)now_s;
    secrets *const s = w->state;
    if (answer->prompt_tokens > 0 && s->words > 0)
        s->tokens_per_word = fmax(0.2, (double)answer->prompt_tokens / s->words);
}

static sw_code judge(workload *w, int session, const answer_record *answer, const check_options *options, arena *keep,
                     check_record **out, size_t *n_out, sw_err *err)
{
    (void)options;
    const int k = w->n_asked[session];
    problem_outcome outcome;
    if (k == 0)
        return SW_OK;
    const sw_code code = secret_judge(secret_of(w, k), answer->text, answer->n_text, &outcome, err);
    return code == SW_OK ? work_check("the secret is found", "secret", outcome, problem_outcome_name(outcome), keep,
                                      out, n_out, err)
                         : code;
}

const work_ops WORK_SECRETS_OPS = {next, took, judge};
