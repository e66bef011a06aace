/* work_ladder.c - prompts of growing length, up to what the context holds.
 *
 * The text of a rung says nothing in particular.  A server's tokens are not words: a first, short prompt shows how many
 * it counts, and every further one corrects that.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "protocol/filler.h"
#include "stress/workload.h"

enum { FRAME_TOKENS = 64, CALIBRATION_WORDS = 90 }; // of the chat template and the question

typedef struct ladder {
    double tokens_per_word;
    int words; // of the prompt under way
} ladder;

/* Rungs that do not fit are left out: their length is no less than the context. */
const char *work_ladder_begin(workload *w)
{
    ladder *const l = w->state = arena_alloc(w->keep, sizeof *l);
    if (l == NULL) {
        w->failed = SW_ENOMEM;
        return NULL;
    }
    *l = (ladder){.tokens_per_word = 1};
    w->n_sessions = 1;
    const int n_rungs = work_lengths_that_fit(w);
    w->n_planned = n_rungs > 0 ? n_rungs + 1 : 0; // and the calibration
    return w->n_planned == 0
               ? work_text(w, "the context of %d tokens is shorter than the shortest rung", (int)w->server.n_ctx)
               : NULL;
}

static const char *prompt_of(workload *w, int n_words)
{
    buf text;
    buf_init(&text, LIMIT_PROTOCOL_BYTES);
    filler_put(&text, n_words, (uint64_t)w->suite->seed);
    buf_puts(&text, "\n\nContinue this text.");
    const char *const kept = text.failed == SW_OK ? arena_copy(w->keep, buf_str(&text), text.size) : NULL;
    buf_free(&text);
    if (kept == NULL)
        w->failed = SW_ENOMEM;
    return kept;
}

static work_next next(workload *w, int session, double now_s, work_request *out, double *at_s)
{
    (void)now_s, (void)at_s;
    const int k = w->n_asked[session];
    if (k >= w->n_planned)
        return WORK_OVER;
    ladder *const l = w->state;
    const int length = k > 0 ? w->stage->lengths[k - 1] : 0;
    const char *const name = k > 0 ? work_text(w, "%d tokens", length) : "calibration";
    const int wanted = length > 2 * FRAME_TOKENS ? length - FRAME_TOKENS : FRAME_TOKENS;
    l->words = k > 0 ? (int)(wanted / l->tokens_per_word) : CALIBRATION_WORDS;
    work_ask(w, name, k > 0 ? work_text(w, "length=%d", length) : name, prompt_of(w, l->words), out);
    return WORK_ASK;
}

/* A server that tells no usage is asked for words. */
static void took(workload *w, int session, const work_request *request, const answer_record *answer, double now_s)
{
    (void)session, (void)request, (void)now_s;
    ladder *const l = w->state;
    l->tokens_per_word = work_tokens_per_word(answer, l->words, l->tokens_per_word);
}

const work_ops WORK_LADDER_OPS = {next, took, NULL};
