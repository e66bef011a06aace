/* stub.c - logits from a hash: one word is likely, another less so, and after a number of words the end token is. */
#include "engine/stub.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "forward/pooled.h"

/* The first words of the list begin an answer; the others follow and include their space. */
enum { N_OPENERS = 16 };

// clang-format off
static const char *const WORDS[] = {
    "The", "Any", "Each", "Every", "One", "This", "That", "Some", "Here", "There", "When", "Before", "After", "Under",
    "Beyond", "Between",
    " water", " river", " stone", " gate", " valley", " bridge", " mill", " wheel", " stream", " lake", " shore",
    " harbor", " island", " mountain", " forest", " meadow", " garden", " orchard", " field", " village", " road",
    " path", " wall", " tower", " roof", " window", " door", " lamp", " fire", " smoke", " cloud", " rain", " snow",
    " wind", " storm", " sun", " moon", " star", " morning", " evening", " night", " winter", " summer", " spring",
    " autumn", " bird", " fish", " horse", " fox", " owl", " bee", " tree", " leaf", " root", " seed", " bread",
    " salt", " honey", " apple", " copper", " iron", " glass", " paper", " cloth", " rope", " boat", " sail", " anchor",
    " compass", " map", " letter", " book", " song", " drum", " bell", " clock", " engine", " lever", " spillway",
    " and", " or", " but", " while", " because", " until", " near", " above", " below", " across", " through", " with",
    " without", " from", " into", " over", " is", " was", " becomes", " holds", " carries", " turns", " opens",
    " closes", " rises", " falls", " runs", " rests", " waits", " grows", " fades", " shines", " speaks", " listens",
    " finds", " keeps", " gives", " takes", " makes", " builds", " mends", " moves", " stays", " returns", " leaves",
    " small", " large", " old", " new", " bright", " dark", " quiet", " loud", " warm", " cold", " deep", " high",
    " slow", " quick", " soft", " hard", " clear", " green", " blue", " red", " grey", " golden", " silver", " empty",
    " full", " open", " plain", " gentle", " steady", " careful", " caf\u00e9", " na\u00efve", " \u00e9lan",
    " \u03a9mega", " \u5ddd", " \U0001F30A", " always", " often", " seldom", " never", " again", " slowly", " here",
    " there", " once", " twice", " today", " the", " a", " its", " every", ", and", ", then", ". The", ". Then", "; yet", ": a",
};
static const char *const CONTROLS[] = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
// clang-format on

enum {
    N_BYTES = 256,
    N_WORDS = sizeof WORDS / sizeof WORDS[0],
    N_CONTROLS = sizeof CONTROLS / sizeof CONTROLS[0],
};

/* The tokens of one sequence. */
typedef struct history {
    int32_t *ids;
    size_t n, cap;
} history;

typedef struct stub {
    language_model lm;
    history *seqs; // (n_seqs)
    float *logits; // (n_batch, n_vocab)
    int32_t end_id;
    const sw_clock *clock;
    uint64_t step_ns; // of a step that produces tokens
} stub;

static bool is_word(int32_t id)
{
    return id >= N_BYTES && id < N_BYTES + N_WORDS;
}

/* FNV-1a (Fowler, Noll, Vo) over token ids. */
static uint64_t hash_ids(const int32_t *ids, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (uint32_t)ids[i]) * 0x100000001b3u;
    return h;
}

/* Prompts contain bytes and markers, never words, so the words at the end of a history are the answer so far.  All
 * tokens before them seed the length and the words of the answer.  One word gets a logit of 10 and another 7, so
 * sampling at a low temperature depends on the prompt alone, and at a high one on the seed too. */
static void fill_logits(const stub *s, const history *h, float *row)
{
    size_t n_prompt = h->n;
    while (n_prompt > 0 && is_word(h->ids[n_prompt - 1]))
        n_prompt--;
    const size_t i = h->n - n_prompt; // words so far
    rng_state rng;
    rng_seed(&rng, hash_ids(h->ids, n_prompt));
    const size_t length = STUB_ANSWER_MIN + rng_next(&rng) % (STUB_ANSWER_MAX - STUB_ANSWER_MIN + 1);
    for (int id = 0; id < s->lm.n_vocab; id++)
        row[id] = -100;
    if (i >= length) {
        row[s->end_id] = 10;
        return;
    }
    rng_seed(&rng, rng_next(&rng) + i);
    const uint64_t first = i == 0 ? 0 : N_OPENERS, n = i == 0 ? N_OPENERS : N_WORDS - N_OPENERS;
    row[N_BYTES + first + rng_next(&rng) % n] = 7;
    row[N_BYTES + first + rng_next(&rng) % n] = 10;
}

static sw_code stub_step(language_model *lm, const batch_token *tokens, size_t n, const float **logits_out,
                         int32_t *bad_seq_out, sw_err *err)
{
    stub *const s = (stub *)lm;
    *bad_seq_out = -1;
    assert(n <= (size_t)lm->n_batch);
    size_t n_rows = 0;
    for (size_t i = 0; i < n; i++) {
        const batch_token *const t = &tokens[i];
        history *const h = &s->seqs[t->seq];
        assert((size_t)t->pos == h->n && t->pos < lm->n_ctx);
        if (!mem_grow(&h->ids, &h->cap, h->n + 1, sizeof *h->ids))
            return sw_fail(err, SW_ENOMEM, "stub: out of memory for sequence %d", t->seq);
        h->ids[h->n++] = t->id;
        if (t->wants_logits)
            fill_logits(s, h, s->logits + n_rows++ * (size_t)lm->n_vocab);
    }
    if (n_rows > 0 && s->step_ns > 0)
        clock_sleep_ns(s->clock, s->step_ns);
    *logits_out = s->logits;
    return SW_OK;
}

static void stub_truncate(language_model *lm, int32_t seq, int32_t n_keep)
{
    history *const h = &((stub *)lm)->seqs[seq];
    assert((size_t)n_keep <= h->n);
    h->n = (size_t)n_keep;
}

static bool stub_reserve(language_model *lm, int32_t seq, int32_t n_tokens)
{
    (void)seq;
    return n_tokens <= lm->n_ctx;
}

/* A direction that all tokens of the history seed. */
static sw_code stub_embedding(language_model *lm, int32_t seq, float *out, sw_err *err)
{
    const history *const h = &((const stub *)lm)->seqs[seq];
    double direction[STUB_EMBD];
    rng_state rng;
    rng_seed(&rng, hash_ids(h->ids, h->n));
    for (int i = 0; i < STUB_EMBD; i++)
        direction[i] = (double)rng_float(&rng) - 0.5;
    return pooled_unit(direction, STUB_EMBD, out) ? SW_OK : sw_fail(err, SW_ENUMERIC, "stub: an embedding of zeros");
}

static void stub_close(language_model *lm)
{
    stub *const s = (stub *)lm;
    for (int i = 0; s->seqs != NULL && i < lm->n_seqs; i++)
        mem_free(s->seqs[i].ids);
    mem_free(s->seqs);
    mem_free(s->logits);
    mem_free(s);
}

sw_code stub_vocab(vocabulary **out, sw_err *err)
{
    return vocab_synthetic(out, WORDS, N_WORDS, CONTROLS, N_CONTROLS, err);
}

static int or_default(int value, int fallback)
{
    return value > 0 ? value : fallback;
}

sw_code stub_open(language_model **out, const vocabulary *vocab, const sw_engine_options *options,
                  const sw_clock *clock, sw_err *err)
{
    static const lm_ops OPS = {.step = stub_step,
                               .truncate = stub_truncate,
                               .reserve = stub_reserve,
                               .close = stub_close,
                               .embedding = stub_embedding};
    *out = NULL;
    stub *const s = mem_calloc(1, sizeof *s);
    if (s == NULL)
        return sw_fail(err, SW_ENOMEM, "stub: out of memory");
    s->lm = (language_model){.ops = &OPS,
                             .n_vocab = vocab_size(vocab),
                             .n_ctx = or_default(options->n_ctx, SW_DEFAULT_CTX),
                             .n_seqs = or_default(options->n_seqs, 4),
                             .n_batch = or_default(options->n_batch, 256),
                             .n_embd = STUB_EMBD};
    if (s->lm.n_batch < s->lm.n_seqs)
        s->lm.n_batch = s->lm.n_seqs;
    s->end_id = vocab_find(vocab, "<|im_end|>");
    s->clock = clock;
    s->step_ns = options->stub_tokens_per_s > 0 ? (uint64_t)(1e9 / options->stub_tokens_per_s) : 0;
    s->seqs = mem_calloc((size_t)s->lm.n_seqs, sizeof *s->seqs);
    s->logits = mem_calloc((size_t)s->lm.n_batch * (size_t)s->lm.n_vocab, sizeof *s->logits);
    if (s->seqs == NULL || s->logits == NULL) {
        stub_close(&s->lm);
        return sw_fail(err, SW_ENOMEM, "stub: out of memory");
    }
    *out = &s->lm;
    return SW_OK;
}
