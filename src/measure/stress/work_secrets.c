/* work_secrets.c - texts of growing length with secrets at nine depths, and a question for each; or, in words that
 * small models know, conversations of that length.
 *
 * How many tokens a server counts in a word is found out as for a ladder: by a first, short text.
 */
#include <stdio.h>

#include "base/arena.h"
#include "problems/secret_chat.h"
#include "problems/secret_text.h"
#include "stress/workload.h"

enum { FRAME_TOKENS = 96, CALIBRATION_TOKENS = 90 };

typedef struct secrets {
    double tokens_per_word;
    int words;        // asked for in the text under way
    const char *text; // before the questions; "": a conversation
    chat_turn *said;  // (n_said) of a conversation
    size_t n_said;
    const secret *secrets; // (n_secrets)
    size_t n_secrets;
    int rung; // of them; NOTHING: none is made yet
} secrets;

enum { NOTHING = -2, CALIBRATION = -1 };

/* How many secrets a text or a conversation has. */
static int n_depths(const workload *w)
{
    return w->stage->is_basic ? CHAT_SECRETS_MAX : STRESS_DEPTHS;
}

const char *work_secrets_begin(workload *w)
{
    secrets *const s = w->state = arena_alloc(w->keep, sizeof *s);
    if (s == NULL) {
        w->failed = SW_ENOMEM;
        return NULL;
    }
    *s = (secrets){.tokens_per_word = 1, .rung = NOTHING};
    w->n_sessions = 1;
    const int n_rungs = work_lengths_that_fit(w);
    w->n_planned = n_rungs > 0 ? n_rungs * n_depths(w) + 1 : 0; // and the calibration
    return w->n_planned == 0
               ? work_text(w, "the context of %d tokens is shorter than the shortest text", (int)w->server.n_ctx)
               : NULL;
}

static void make_text(workload *w, const secret_options *options)
{
    secrets *const s = w->state;
    const secret_text *text;
    if (secret_text_make(options, w->keep, &text, NULL) != SW_OK) {
        w->failed = SW_ENOMEM;
        return;
    }
    s->text = text->text;
    s->n_said = 0;
    s->secrets = text->secrets;
    s->n_secrets = text->n_secrets;
}

static void make_chat(workload *w, const secret_options *options)
{
    secrets *const s = w->state;
    const secret_chat *chat;
    if (secret_chat_make(options, w->keep, &chat, NULL) != SW_OK ||
        (s->said = arena_alloc(w->keep, (2 * chat->n_exchanges + 1) * sizeof *s->said)) == NULL) {
        w->failed = SW_ENOMEM;
        return;
    }
    s->n_said = 0;
    for (size_t i = 0; i < chat->n_exchanges; i++) {
        s->said[s->n_said++] = (chat_turn){false, chat->exchanges[i].user};
        s->said[s->n_said++] = (chat_turn){true, chat->exchanges[i].assistant};
    }
    s->text = "";
    s->secrets = chat->secrets;
    s->n_secrets = chat->n_secrets;
}

/* What a rung is asked about: its secrets differ from those of other rungs. */
static void make_rung(workload *w, int rung)
{
    static const double DEPTHS[STRESS_DEPTHS] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
    secrets *const s = w->state;
    const int length = rung >= 0 ? w->stage->lengths[rung] : CALIBRATION_TOKENS + FRAME_TOKENS;
    const int wanted = (int)((length - FRAME_TOKENS) / s->tokens_per_word);
    s->words = wanted > SECRET_TOKENS_MIN ? wanted : SECRET_TOKENS_MIN;
    s->rung = rung;
    const secret_options options = {.n_tokens = s->words,
                                    .seed = (uint64_t)w->suite->seed + (uint64_t)(rung + 1),
                                    .depths = rung >= 0 ? DEPTHS : &DEPTHS[STRESS_DEPTHS / 2],
                                    .n_depths = rung >= 0 ? (size_t)n_depths(w) : 1,
                                    .is_basic = w->stage->is_basic};
    if (w->stage->is_basic)
        make_chat(w, &options);
    else
        make_text(w, &options);
}

static const secret *secret_of(const workload *w, int k)
{
    const secrets *const s = w->state;
    const size_t i = k > 0 ? (size_t)((k - 1) % n_depths(w)) : 0;
    return &s->secrets[i < s->n_secrets ? i : 0];
}

static work_next next(workload *w, int session, double now_s, work_request *out, double *at_s)
{
    (void)now_s, (void)at_s;
    secrets *const s = w->state;
    const int k = w->n_asked[session], rung = k > 0 ? (k - 1) / n_depths(w) : CALIBRATION;
    if (k >= w->n_planned)
        return WORK_OVER;
    if (s->rung != rung)
        make_rung(w, rung);
    if (w->failed != SW_OK)
        return WORK_OVER;
    const secret *const asked = secret_of(w, k);
    const char *const item =
        k > 0 ? work_text(w, "secrets/length=%d/depth=%.2f", w->stage->lengths[rung], asked->depth) : "calibration";
    const char *const prompt = s->n_said > 0 ? asked->question : work_text(w, "%s\n\n%s", s->text, asked->question);
    work_ask(w, item, item, prompt, out);
    out->history = s->said;
    out->n_history = s->n_said;
    out->plan.expected = asked->value;
    return WORK_ASK;
}

static void took(workload *w, int session, const work_request *request, const answer_record *answer, double now_s)
{
    (void)session, (void)request, (void)now_s;
    secrets *const s = w->state;
    s->tokens_per_word = work_tokens_per_word(answer, s->words, s->tokens_per_word);
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
