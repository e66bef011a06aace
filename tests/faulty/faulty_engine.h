/* faulty_engine.h - a language model that computes nothing: its answers follow from the prompt and the request's seed,
 * their times from a seed of the process, and one fault may be planted.
 *
 * A sound engine answers equal requests equally, takes about the same time for each token, uses all experts and
 * remembers what a prompt says ("The code of NAME is NUMBER."), save for prompts of its own choice.
 */
#ifndef FAULTY_ENGINE_H
#define FAULTY_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

enum { ENGINE_LAYERS = 2, ENGINE_EXPERTS = 16, ENGINE_USED = 2, ENGINE_TOKENS_MAX = 4096, ENGINE_TOKENS_PER_EVENT = 6 };

typedef enum planted_fault {
    PLANTED_NONE,
    PLANTED_LEAK,    // 100 KB of each request stay
    PLANTED_SLOWING, // 20 % more time per token from the tenth minute on
    PLANTED_UNUSED,  // one expert is never used
    PLANTED_LOOPS,   // one prompt in ten is answered with a loop at the end
    PLANTED_CHANGED, // one answer in 500 has another word
    PLANTED_USAGE,   // one answer in twenty is told to be a tenth longer
    PLANTED_UNFAIR,  // prompts that begin with "[0]" are served a quarter slower
    PLANTED_FORGETS, // what is further back than 2,048 words
    N_PLANTED,
} planted_fault;

/* "none", "leak", ...; -1 for an unknown name. */
int planted_fault_from_name(const char *name);

typedef struct faulty_engine {
    planted_fault fault;
    rng_state rng;
    double drift;                                  // of the time per token, for a while
    double shares[ENGINE_LAYERS * ENGINE_EXPERTS]; // of choices
    uint64_t started_ns;
    void **leaked; // (n_leaked)
    size_t n_leaked;
} faulty_engine;

void faulty_engine_init(faulty_engine *engine, planted_fault fault, uint64_t seed, uint64_t now_ns);
void faulty_engine_free(faulty_engine *engine);

typedef struct faulty_question {
    const char *prompt; // all of the conversation
    int64_t seed, max_tokens;
} faulty_question;

typedef struct expert_half {
    int64_t n_tokens;
    uint64_t counts[ENGINE_LAYERS * ENGINE_EXPERTS];
} expert_half;

typedef struct faulty_answer {
    char *text;
    size_t *ends;     // (n_tokens) of each token in `text`
    uint64_t *due_ns; // (n_tokens) when each is there
    int64_t n_tokens, told_tokens, prompt_tokens;
    expert_half experts[2]; // prompt, generated
} faulty_answer;

/* Free it with faulty_answer_free.  False: memory is short. */
bool faulty_engine_answer(faulty_engine *engine, const faulty_question *question, uint64_t now_ns, faulty_answer *out);
void faulty_answer_free(faulty_answer *answer);

#endif
