/* workload.h - which request is next: the one seam between the runner of a stage and the kinds of workloads.
 *
 * A workload knows sessions, answers and the time of its stage, and nothing of servers.  It is deterministic: a resumed
 * stage makes a new one and shows it the stored answers of each session, in order, and then goes on.
 */
#ifndef STRESS_WORKLOAD_H
#define STRESS_WORKLOAD_H

#include "client/chat_turn.h"
#include "problems/problem.h"
#include "stress/stress_plan.h"

/* What a workload may know of the server. */
typedef struct work_server {
    int64_t n_ctx; // tokens of its context; 0: not known
    bool is_spillway;
} work_server;

/* One request.  Its texts are valid until the session's answer has been taken. */
typedef struct work_request {
    test_plan plan; // name: of the prompt
    const char *item;
    const chat_turn *history; // (n_history)
    size_t n_history;
    const stress_route *route; // NULL: a stream of chat completions
    int leaves_after;          // the client leaves after so many pieces of text; 0: it stays
    double scheduled_s;        // of the stage's time; negative: when the session is ready
} work_request;

typedef enum work_next { WORK_ASK, WORK_WAIT, WORK_OVER } work_next;

typedef struct workload workload;

typedef struct work_ops {
    /* The next request of a session that has none under way, at `now_s` of the stage's time (INFINITY: whatever is
     * next).  WORK_WAIT sets *at_s to when it is due.  Error: SW_ENOMEM, in w->failed. */
    work_next (*next)(workload *w, int session, double now_s, work_request *out, double *at_s);
    /* The session's request was answered, at now_s; NULL: it makes no difference. */
    void (*took)(workload *w, int session, const work_request *request, const answer_record *answer, double now_s);
    /* Judges the answer of the session, which completed: *out in `keep`; NULL: answers are not judged.  Errors:
     * SW_ENOMEM, SW_ECANCELED. */
    sw_code (*judge)(workload *w, int session, const answer_record *answer, const check_options *options, arena *keep,
                     check_record **out, size_t *n_out, sw_err *err);
} work_ops;

struct workload {
    const work_ops *ops;
    const stress_suite *suite;
    const stress_stage *stage;
    work_server server;
    int n_sessions;
    int n_planned;   // requests; 0: as many as fit into the duration
    int *n_asked;    // (n_sessions) requests of each so far
    double *ready_s; // (n_sessions) when each may ask again
    void *state;     // of its kind
    arena *keep;     // of everything
    sw_code failed;
};

/* Frees what is not in the keep.  NULL is accepted. */
void workload_close(workload *w);

/* *skip_out is NULL, or why there is nothing to do with this server, in the keep; then *out is NULL.  Error: SW_ENOMEM.
 */
SW_NODISCARD sw_code workload_open(workload **out, const stress_suite *suite, const stress_stage *stage,
                                   const work_server *server, arena *keep, const char **skip_out, sw_err *err);

/* ---- for kinds of workloads -------------------------------------------------------------------------------------- */

/* Prompt number i of the suite, in turn, as a request with its item: "binary search/max=120/seed=1".  `n`: the number
 * of the request, which is in the seed if the stage's requests have seeds of their own. */
void work_ask_prompt(workload *w, size_t i, uint64_t n, work_request *out);
/* The same by the route of a session: the stage's in turn, as far as the server has them; and some clients leave. */
void work_ask_as_client(workload *w, int session, size_t i, uint64_t n, work_request *out);
/* How many of the stage's lengths, in their order, the server's context holds with an answer; all if it is not known.
 */
int work_lengths_that_fit(const workload *w);
/* What the server counts in a word, after it answered to a prompt of n_words; `before` if it does not tell. */
double work_tokens_per_word(const answer_record *answer, int n_words, double before);
/* A text in the keep; NULL, and w->failed set, if memory is short. */
const char *work_text(workload *w, const char *format, ...) SW_PRINTF(2, 3);

/* One check with that outcome, in `keep`.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code work_check(const char *name, const char *kind, problem_outcome outcome, const char *detail,
                                arena *keep, check_record **out, size_t *n_out, sw_err *err);
/* A request that asks `prompt` and nothing else, with the first of the stage's lengths. */
void work_ask(workload *w, const char *name, const char *item, const char *prompt, work_request *out);

extern const work_ops WORK_SESSIONS_OPS, WORK_TRANSPORTS_OPS, WORK_SECTIONS_OPS, WORK_LADDER_OPS, WORK_ARRIVALS_OPS,
    WORK_IDLE_OPS, WORK_PROBLEMS_OPS, WORK_QUESTIONS_OPS, WORK_CONVERSATION_OPS, WORK_SECRETS_OPS;
/* Fills in what is of this kind: sessions, planned requests, state.  The text is why it is skipped, or NULL. */
const char *work_transports_begin(workload *w);
const char *work_sections_begin(workload *w);
const char *work_ladder_begin(workload *w);
const char *work_arrivals_begin(workload *w);
const char *work_problems_begin(workload *w);
const char *work_questions_begin(workload *w);
const char *work_conversation_begin(workload *w);
const char *work_secrets_begin(workload *w);
/* Frees what is not in the keep. */
void work_questions_end(workload *w);

#endif
