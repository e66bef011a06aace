/* secret_chat.c - small talk of the demo models' world, with facts between. */
#include "problems/secret_chat.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "problems/dialogue_facts.h"
#include "problems/problem_draw.h"
#include "problems/word_pools.h"

enum { MARK_TOKENS = 8, N_TALK = 9, SPACE = 1 << 20, MESSAGE_BYTES_MAX = 400 };

/* No word of it is a value that users tell. */
static const secret_exchange TALK[N_TALK] = {
    {"Tell me a joke.", "Why do programmers prefer dark mode? Because light attracts bugs."},
    {"Give me a good joke.", "How does the ocean say hello? It waves."},
    {"How many days are in a week?", "A week has seven days."},
    {"What is the opposite of full?", "The opposite of full is empty."},
    {"What is the largest planet?", "Jupiter is the largest planet of the solar system."},
    {"What do plants need to grow?",
     "Plants need light, air and good soil. They turn sunlight into energy for growth."},
    {"What is the opposite of hot?", "The opposite of hot is cold."},
    {"Thank you!", "You are welcome! I am glad to help."},
    {"What is the opposite of fast?", "The opposite of fast is slow."},
};

typedef struct chat_writer {
    const secret_options *options;
    problem_draw draw;
    arena *keep;
    secret_exchange *exchanges; // (n), of mem_grow
    size_t n, cap;
    int64_t n_tokens, talk_tokens[N_TALK];
    int rows[DIALOGUE_OWN_FACTS];
    secret *secrets;
    size_t n_secrets;
    bool failed;
} chat_writer;

static int64_t count_exchange(const chat_writer *w, const secret_exchange *e)
{
    return MARK_TOKENS + secret_count_tokens(w->options, e->user, strlen(e->user)) +
           secret_count_tokens(w->options, e->assistant, strlen(e->assistant));
}

static void add_exchange(chat_writer *w, secret_exchange e, int64_t n_tokens)
{
    if (!mem_grow(&w->exchanges, &w->cap, w->n + 1, sizeof *w->exchanges)) {
        w->failed = true;
        return;
    }
    w->exchanges[w->n++] = e;
    w->n_tokens += n_tokens;
}

/* A wording with its value; NULL when memory is short. */
static const char *put_value(chat_writer *w, const char *wording, const char *value)
{
    buf text;
    buf_init(&text, MESSAGE_BYTES_MAX);
    dialogue_put(&text, wording, value, "", "");
    const char *const kept = text.failed == SW_OK ? arena_copy(w->keep, buf_str(&text), text.size) : NULL;
    buf_free(&text);
    w->failed |= kept == NULL;
    return kept;
}

static void add_secret(chat_writer *w)
{
    const dialogue_fact_row *const row = &DIALOGUE_OWN[w->rows[w->n_secrets]];
    secret *const s = &w->secrets[w->n_secrets++];
    char number[8];
    snprintf(number, sizeof number, "%d", draw_range(&w->draw, 10, 99));
    const char *const value = row->pool != NULL ? row->pool[draw_below(&w->draw, row->n_pool)] : number;
    const secret_exchange e = {put_value(w, row->tell[draw_wording(&w->draw, DIALOGUE_WORDINGS)], value),
                               put_value(w, row->reply, value)};
    *s = (secret){(double)w->n_tokens, pool_lower(value, w->keep), row->ask[draw_wording(&w->draw, DIALOGUE_WORDINGS)]};
    w->failed |= s->value == NULL;
    if (!w->failed)
        add_exchange(w, e, count_exchange(w, &e));
}

static void write_all(chat_writer *w)
{
    const secret_options *const o = w->options;
    for (int i = 0; i < N_TALK; i++)
        w->talk_tokens[i] = count_exchange(w, &TALK[i]);
    while ((w->n_tokens < o->n_tokens || w->n_secrets < o->n_depths) && !w->failed) {
        const bool is_due =
            w->n_secrets < o->n_depths && (double)w->n_tokens >= o->depths[w->n_secrets] * o->n_tokens - MARK_TOKENS;
        const int talk = draw_below(&w->draw, N_TALK);
        if (is_due)
            add_secret(w);
        else
            add_exchange(w, TALK[talk], w->talk_tokens[talk]);
    }
    for (size_t i = 0; i < w->n_secrets; i++)
        w->secrets[i].depth /= (double)w->n_tokens;
}

sw_code secret_chat_make(const secret_options *options, arena *keep, const secret_chat **out, sw_err *err)
{
    *out = NULL;
    const sw_code code = secret_options_check(options, CHAT_SECRETS_MAX, err);
    if (code != SW_OK)
        return code;
    chat_writer w = {
        .options = options, .keep = keep, .secrets = arena_alloc(keep, options->n_depths * sizeof(secret))};
    secret_chat *const made = arena_alloc(keep, sizeof *made);
    draw_begin(&w.draw, options->seed, SPACE, 300);
    draw_order(&w.draw, DIALOGUE_OWN_FACTS, w.rows);
    w.failed = made == NULL || w.secrets == NULL;
    if (!w.failed)
        write_all(&w);
    secret_exchange *const kept = w.failed ? NULL : arena_alloc(keep, w.n * sizeof *kept);
    if (kept != NULL) {
        memcpy(kept, w.exchanges, w.n * sizeof *kept);
        *made = (secret_chat){kept, w.n, w.n_tokens, w.secrets, w.n_secrets};
        *out = made;
    }
    mem_free(w.exchanges);
    return *out != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory making a conversation with secrets");
}
