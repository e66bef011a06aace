/* filler.c - sentences of one form, with words drawn from lists. */
#include "protocol/filler.h"

#include "base/rng.h"

static const char *const ADJECTIVES[] = {"old",  "small", "quiet", "green", "long",  "open",  "early", "dark",
                                         "warm", "new",   "tall",  "grey",  "clear", "round", "plain", "deep"};
static const char *const NOUNS[] = {"river", "road", "house",  "garden", "market",  "bridge", "window",  "field",
                                    "boat",  "hill", "letter", "table",  "village", "clock",  "station", "school"};
static const char *const VERBS[] = {"crosses", "follows", "meets", "holds", "leaves", "passes", "shows", "keeps",
                                    "finds",   "needs",   "joins", "turns", "opens",  "hides",  "takes", "moves"};

enum { N_WORDS = 16 };

static const char *draw(rng_state *rng, const char *const words[N_WORDS])
{
    return words[rng_next(rng) % N_WORDS];
}

/* Nine tokens, the full stop included. */
static int put_sentence(buf *out, rng_state *rng)
{
    const char *const a = draw(rng, ADJECTIVES);
    const char *const b = draw(rng, NOUNS);
    const char *const c = draw(rng, VERBS);
    const char *const d = draw(rng, ADJECTIVES);
    buf_printf(out, "The %s %s %s the %s %s today. ", a, b, c, d, draw(rng, NOUNS));
    return 9;
}

void filler_put(buf *out, int n_tokens, uint64_t seed)
{
    rng_state rng;
    rng_seed(&rng, seed);
    while (n_tokens > 0 && out->failed == SW_OK)
        n_tokens -= put_sentence(out, &rng);
}
