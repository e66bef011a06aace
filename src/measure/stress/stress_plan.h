/* stress_plan.h - a stress protocol in memory: suites and scenarios, each a list of stages.
 *
 * A stage is one measured stretch: a kind of workload and its parameters.  Files say what is asked at full length; the
 * scale and the duration that a command asks for are part of the protocol of its run, and are in the stages here.
 */
#ifndef STRESS_STRESS_PLAN_H
#define STRESS_STRESS_PLAN_H

#include "client/transfer.h"
#include "figures/stress/stress_criteria.h"
#include "protocol/protocol_plan.h"

enum {
    STRESS_LIST_MAX = 32, // lengths, routes, options of the server
    STRESS_SESSIONS_MAX = 1024,
    STRESS_STAGES_MAX = 256, // of a suite
    STRESS_SUITES_MAX = 64,
    STRESS_DEPTHS = 9, // of secrets: 10 % to 90 %
};

/* Kinds of workloads: X(NAME, "name", "meaning"). */
// clang-format off
#define STRESS_WORK_TABLE(X) \
    X(SESSIONS,     "sessions",     "sessions side by side, each asking one prompt after the other") \
    X(TRANSPORTS,   "transports",   "each prompt by each route") \
    X(SECTIONS,     "sections",     "a long text, a section in each request") \
    X(LADDER,       "ladder",       "prompts of growing length") \
    X(ARRIVALS,     "arrivals",     "requests at moments that no answer changes") \
    X(IDLE,         "idle",         "nothing is asked, and the server is watched") \
    X(PROBLEMS,     "problems",     "generated problems, whose answers are checked") \
    X(QUESTIONS,    "questions",    "questions of a bank, with accepted answers, and prompts by domain") \
    X(CONVERSATION, "conversation", "exchanges in which later questions need what was said before") \
    X(SECRETS,      "secrets",      "long texts with secrets, and a question for each")
// clang-format on

#define STRESS_WORK_ENUM(name, text, meaning) WORK_##name,
typedef enum stress_work { STRESS_WORK_TABLE(STRESS_WORK_ENUM) N_STRESS_WORKS } stress_work;
#undef STRESS_WORK_ENUM

const char *stress_work_name(stress_work work);
/* Returns true if it asks the prompts of its suite. */
bool stress_work_asks_prompts(int work);

/* What a stage of questions takes from the banks: X(NAME, "name"). */
// clang-format off
#define STRESS_QUESTIONS_TABLE(X) \
    X(FACTS, "facts") X(PROMPTS, "prompts") X(SPECIALIST, "specialist") X(GENERAL, "general") X(MIXTURES, "mixtures")
// clang-format on
#define STRESS_QUESTIONS_ENUM(name, text) QUESTIONS_##name,
typedef enum stress_questions { STRESS_QUESTIONS_TABLE(STRESS_QUESTIONS_ENUM) N_STRESS_QUESTIONS } stress_questions;
#undef STRESS_QUESTIONS_ENUM

typedef struct stress_prompt {
    const char *name, *text;
    text_form form;
} stress_prompt;

/* By which route, and streamed or not. */
typedef struct stress_route {
    const char *name; // "json", "sse", "generate", "websocket", "ndjson"
    transfer_route route;
    bool is_whole;
    bool is_of_spillway; // other servers do not have it
} stress_route;

extern const stress_route STRESS_ROUTES[];
extern const size_t N_STRESS_ROUTES;

typedef struct stress_stage {
    const char *name;
    int work; // a stress_work
    int n_sessions;
    int n_requests;                  // of each session, or of all sections; 0: as many as fit into duration_s
    double duration_s;               // 0: until the requests have ended
    double think_s;                  // between an answer and the session's next request
    int max_tokens[STRESS_LIST_MAX]; // of the prompts, in turn
    size_t n_max_tokens;
    int lengths[STRESS_LIST_MAX]; // LADDER: of prompts, in tokens
    size_t n_lengths;
    const stress_route *routes[STRESS_LIST_MAX];
    size_t n_routes;               // TRANSPORTS: of each prompt; SESSIONS, ARRIVALS: of the sessions, in turn
    double leave_share;            // of requests whose client leaves after a few tokens
    protocol_settings arrivals;    // ARRIVALS: process, rate, burstiness
    bool ignores_eos;              // answers go on until max_tokens
    bool avoids_prefix;            // prompts are evaluated anew
    bool has_own_seeds;            // each request has a seed of its own; else each prompt has
    int problems[STRESS_LIST_MAX]; // PROBLEMS: their kinds
    size_t n_problems;
    int levels[STRESS_LIST_MAX]; // PROBLEMS, CONVERSATION (one)
    size_t n_levels;
    int n_turns;                        // CONVERSATION: exchanges
    int questions;                      // QUESTIONS: a stress_questions
    bool is_basic;                      // QUESTIONS, SECRETS: only what the demo models learned
    bool restarts;                      // the stage begins with a fresh server
    bool is_reference;                  // the server does not offload
    const char *serve[STRESS_LIST_MAX]; // more options of the server
    size_t n_serve;
} stress_stage;

typedef struct stress_suite {
    const char *name;
    bool is_scenario;
    const char *title, *description;
    double temperature;
    int64_t seed;
    stress_prompt *prompts;
    size_t n_prompts;
    stress_stage *stages;
    size_t n_stages;
} stress_suite;

typedef struct stress_protocol {
    double scale;      // of requests and durations that files give; 1
    double duration_s; // of stages that ask for a time; 0: as files give them, scaled
    stress_suite *suites;
    size_t n_suites;          // 0: a file of criteria alone
    stress_criteria criteria; // that the document has; none: the built-in ones are in effect
    const char *json;         // one document with all of it
    char hash[32];
    arena *keep;
} stress_protocol;

#endif
