/* secret_text.c - filler cut at ends of sentences, with secrets between. */
#include "problems/secret_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "problems/accepted_forms.h"
#include "problems/problem_draw.h"
#include "problems/word_pools.h"
#include "protocol/filler.h"

enum { TEXT_BYTES_MAX = 1 << 28, ROUNDS = 4, N_PLACES = N_POOL_COLOURS * N_POOL_THINGS, SPACE = 90000 };

/* ---- secrets ---------------------------------------------------------------------------------------------------- */

static const char *keep_format(arena *keep, const char *before, const char *value, const char *after)
{
    char text[200];
    const int n = snprintf(text, sizeof text, "%s%s%s", before, value, after);
    return arena_copy(keep, text, (size_t)n);
}

/* Places and numbers of one text differ from each other. */
static bool draw_secrets(const secret_options *o, arena *keep, secret *secrets, const char **sentences)
{
    problem_draw d;
    int places[N_PLACES];
    draw_begin(&d, o->seed, SPACE, 77);
    const int first = draw_part(&d, SPACE);
    draw_order(&d, N_PLACES, places);
    for (size_t i = 0; i < o->n_depths; i++) {
        char value[16], place[60];
        const char *const colour = POOL_COLOURS[places[i] % N_POOL_COLOURS];
        const char *const thing = POOL_THINGS[places[i] / N_POOL_COLOURS];
        // Steps of 2777 go through all numbers, so the first SECRETS_MAX differ.
        snprintf(value, sizeof value, "%d", 10000 + (first + 2777 * (int)i) % SPACE);
        snprintf(place, sizeof place, "The code of the %s %s is ", colour, thing);
        secrets[i].value = keep_format(keep, "", value, "");
        sentences[i] = keep_format(keep, place, value, ". ");
        snprintf(place, sizeof place, "%s %s", colour, thing);
        secrets[i].question = keep_format(keep, "What is the code of the ", place, "? Answer with the number only.");
        if (secrets[i].value == NULL || sentences[i] == NULL || secrets[i].question == NULL)
            return false;
    }
    return true;
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

/* Words and signs. */
static int64_t estimate(const char *text, size_t n)
{
    int64_t n_tokens = 0;
    for (size_t i = 0; i < n; i++) {
        const bool is_word = isalnum((unsigned char)text[i]);
        n_tokens += is_word ? i == 0 || !isalnum((unsigned char)text[i - 1]) : !isspace((unsigned char)text[i]);
    }
    return n_tokens;
}

int64_t secret_count_tokens(const secret_options *o, const char *text, size_t n)
{
    const int64_t n_tokens = o->count != NULL ? o->count(text, n, o->ud) : -1;
    return n_tokens >= 0 ? n_tokens : estimate(text, n);
}

/* The first end of a sentence at or after `at`: the place after its full stop and blank. */
static size_t sentence_end(const char *text, size_t n, size_t at)
{
    while (at > 0 && at < n && !(at >= 2 && text[at - 2] == '.' && text[at - 1] == ' '))
        at++;
    return at;
}

/* Filler of about n_filler tokens, with each secret where its depth says. */
static void write_text(const secret_options *o, int n_filler, const char *const *sentences, secret *secrets, buf *out)
{
    buf filler;
    size_t done = 0;
    buf_init(&filler, TEXT_BYTES_MAX);
    filler_put(&filler, n_filler, o->seed);
    buf_clear(out);
    for (size_t i = 0; i < o->n_depths; i++) {
        const size_t end = sentence_end(buf_str(&filler), filler.size, (size_t)((double)filler.size * o->depths[i]));
        buf_append(out, buf_str(&filler) + done, end - done);
        secrets[i].depth = (double)out->size;
        buf_puts(out, sentences[i]);
        done = end;
    }
    buf_append(out, buf_str(&filler) + done, filler.size - done);
    buf_free_part(&filler, out);
    for (size_t i = 0; i < o->n_depths && out->size > 0; i++)
        secrets[i].depth /= (double)out->size;
}

/* Writes the text again with more or less filler until its tokens are within 1 % of those that are wanted. */
static int64_t fit_text(const secret_options *o, const char *const *sentences, secret *secrets, buf *out)
{
    int64_t n_tokens = 0;
    double n_filler = o->n_tokens;
    for (int round = 0; round < ROUNDS && out->failed == SW_OK; round++) {
        write_text(o, (int)n_filler, sentences, secrets, out);
        n_tokens = secret_count_tokens(o, buf_str(out), out->size);
        if (n_tokens <= 0 ||
            (n_tokens * 100 >= (int64_t)o->n_tokens * 99 && n_tokens * 100 <= (int64_t)o->n_tokens * 101))
            break;
        n_filler = n_filler * o->n_tokens / (double)n_tokens;
        n_filler = n_filler < 9 ? 9 : n_filler > SECRET_TOKENS_MAX ? SECRET_TOKENS_MAX : n_filler;
    }
    return n_tokens;
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

sw_code secret_options_check(const secret_options *o, size_t secrets_max, sw_err *err)
{
    if (o->n_tokens < SECRET_TOKENS_MIN || o->n_tokens > SECRET_TOKENS_MAX)
        return sw_fail(err, SW_EINVAL, "a context with secrets has %d to %d tokens, not %d", SECRET_TOKENS_MIN,
                       SECRET_TOKENS_MAX, o->n_tokens);
    if (o->n_depths == 0 || o->n_depths > secrets_max)
        return sw_fail(err, SW_EINVAL, "1 to %zu secrets can be hidden, not %zu", secrets_max, o->n_depths);
    for (size_t i = 0; i < o->n_depths; i++) {
        if (!(o->depths[i] >= (i > 0 ? o->depths[i - 1] : 0) && o->depths[i] <= 1))
            return sw_fail(err, SW_EINVAL, "depths of secrets ascend from 0 to 1; depth %zu is %g", i, o->depths[i]);
    }
    return SW_OK;
}

sw_code secret_text_make(const secret_options *options, arena *keep, const secret_text **out, sw_err *err)
{
    const char *sentences[SECRETS_MAX];
    buf text;
    *out = NULL;
    const sw_code code = secret_options_check(options, SECRETS_MAX, err);
    if (code != SW_OK)
        return code;
    secret_text *const made = arena_alloc(keep, sizeof *made);
    secret *const secrets = arena_alloc(keep, options->n_depths * sizeof *secrets);
    buf_init(&text, TEXT_BYTES_MAX);
    if (made != NULL && secrets != NULL && draw_secrets(options, keep, secrets, sentences)) {
        const int64_t n_tokens = fit_text(options, sentences, secrets, &text);
        const char *const kept = text.failed == SW_OK ? arena_copy(keep, buf_str(&text), text.size) : NULL;
        *made = (secret_text){kept, text.size, n_tokens, secrets, options->n_depths};
        *out = kept != NULL ? made : NULL;
    }
    buf_free(&text);
    return *out != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory making a text with secrets");
}

sw_code secret_judge(const secret *s, const char *text, size_t n, problem_outcome *out, sw_err *err)
{
    const char *const accepted[] = {s->value};
    const accepted_forms forms = {s->question, accepted, 1, NULL, 0};
    return accepted_judge(&forms, text, n, out, err);
}
