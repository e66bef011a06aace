/* harmony.c - a state machine over the messages that a Harmony model writes.
 *
 * A message is a header (role, channel, recipient), <|message|>, text, and an end token.  Markers are recognized by id,
 * so text is never mistaken for one.  Real output deviates from the format, and these deviations are accepted: two
 * channels in one header (the last counts), the recipient before or after the channel, spaces missing before
 * <|constrain|>, headers that never reach <|message|>.
 */
#include "chat/harmony.h"

#include <string.h>

/* Longer than any useful header; the rest is dropped. */
enum { HEADER_MAX = 4096 };

static const char CHANNEL[] = "<|channel|>", CONSTRAIN[] = "<|constrain|>";

void harmony_init(harmony *m, const vocabulary *v, parser_text *text)
{
    *m = (harmony){
        .state = HARMONY_IN_HEADER,
        .is_role_known = true, // the prompt ended in <|start|>assistant
        .start = vocab_find(v, "<|start|>"),
        .message = vocab_find(v, "<|message|>"),
        .channel = vocab_find(v, CHANNEL),
        .end = vocab_find(v, "<|end|>"),
        .v = v,
        .text = text,
    };
    buf_init(&m->header, HEADER_MAX);
}

void harmony_free(harmony *m)
{
    buf_free(&m->header);
}

/* ---- headers: role, channel, recipient ---- */

static bool starts_with(str_view s, const char *prefix)
{
    const size_t n = strlen(prefix);
    return s.size >= n && memcmp(s.data, prefix, n) == 0;
}

static str_view skip(str_view s, size_t n)
{
    return (str_view){s.data + n, s.size - n};
}

/* The number of bytes before white space or a marker. */
static size_t word_size(str_view s)
{
    size_t n = 0;
    while (n < s.size && vocab_leading_space(s.data + n, 1) == 0 && s.data[n] != '<')
        n++;
    return n;
}

enum { MAX_WORDS = 8 };

typedef struct header {
    str_view channel;          // the last one; data NULL: none
    str_view rest;             // what follows the channel's name
    str_view words[MAX_WORDS]; // without channels; further words are dropped
    size_t n_words;
} header;

/* Splits the text between <|start|> and <|message|> into channel and words. */
static header split_header(str_view s)
{
    header h = {.rest = s};
    while (s.size > 0) {
        const size_t n_space = vocab_leading_space(s.data, s.size);
        if (n_space > 0) {
            s = skip(s, n_space);
        } else if (starts_with(s, CHANNEL)) {
            s = skip(s, strlen(CHANNEL));
            h.channel = (str_view){s.data, word_size(s)};
            s = h.rest = skip(s, h.channel.size);
        } else {
            const size_t n_mark = starts_with(s, CONSTRAIN) ? strlen(CONSTRAIN) : s.data[0] == '<' ? 1 : 0;
            const size_t n = n_mark + word_size(skip(s, n_mark));
            if (h.n_words < MAX_WORDS)
                h.words[h.n_words++] = (str_view){s.data, n};
            s = skip(s, n);
        }
    }
    return h;
}

/* The word with "to=", or a bare word: the only one, or the one before the content type. */
static str_view recipient_of(const str_view *words, size_t n)
{
    for (size_t i = n; i > 0; i--) {
        if (starts_with(words[i - 1], "to="))
            return skip(words[i - 1], strlen("to="));
    }
    if (n >= 2 || (n == 1 && starts_with(words[0], CONSTRAIN)))
        n--;
    return n > 0 && !starts_with(words[n - 1], CONSTRAIN) ? words[n - 1] : (str_view){0};
}

/* Messages to tools are not shown to the user.  A message on the final channel is shown even if a stray word looks like
 * a recipient. */
static harmony_target target_of(const header *h, const str_view *words, size_t n_words)
{
    const str_view to = recipient_of(words, n_words);
    const bool is_for_user = to.size == 0 || str_view_eq(to, "assistant") || str_view_eq(to, "all") ||
                             (str_view_eq(h->channel, "final") && !starts_with(to, "functions."));
    if (!is_for_user)
        return HARMONY_HIDDEN;
    return str_view_eq(h->channel, "analysis") ? HARMONY_REASONING : HARMONY_CONTENT;
}

static void set_target(harmony *m, harmony_target target)
{
    m->target = target;
    m->text->kind = target == HARMONY_REASONING ? SW_TEXT_REASONING : SW_TEXT_CONTENT;
}

/* The number of words that are the role.  The message belongs to another role unless that word is "assistant". */
static size_t role_words(const harmony *m, const header *h)
{
    return m->is_role_known || h->n_words == 0 ? 0 : 1;
}

static bool is_assistant(const harmony *m, const header *h)
{
    return role_words(m, h) == 0 || str_view_eq(h->words[0], "assistant");
}

static header read_header(const harmony *m)
{
    return split_header((str_view){buf_str(&m->header), m->header.size});
}

/* ---- the text of a message ---- */

static void put_text(harmony *m, str_view text)
{
    parser_text_put(m->text, text);
    if (m->target == HARMONY_HIDDEN)
        buf_clear(&m->text->known);
    parser_text_emit(m->text, m->text->known.size);
}

static void end_message(harmony *m)
{
    parser_text_end(m->text);
    put_text(m, (str_view){"", 0});
    m->state = HARMONY_BETWEEN;
}

static void begin_message(harmony *m)
{
    const header h = read_header(m);
    const size_t n_role = role_words(m, &h);
    set_target(m, is_assistant(m, &h) ? target_of(&h, h.words + n_role, h.n_words - n_role) : HARMONY_HIDDEN);
    m->state = HARMONY_IN_CONTENT;
}

static void begin_header(harmony *m, bool is_role_known)
{
    buf_clear(&m->header);
    m->is_role_known = is_role_known;
    m->state = HARMONY_IN_HEADER;
}

/* The text of a header that never reached <|message|>: what follows its role and channel, up to a content type. */
static str_view stray_text(const harmony *m, const header *h)
{
    str_view text = h->rest;
    if (h->channel.data == NULL && role_words(m, h) == 1)
        text = skip(text, (size_t)(h->words[0].data + h->words[0].size - text.data));
    for (size_t n = 0; n < text.size; n++) {
        if (starts_with(skip(text, n), CONSTRAIN))
            text.size = n;
    }
    return vocab_leading_space(text.data, text.size) < text.size ? text : (str_view){"", 0};
}

/* Ends a header without <|message|>: its stray text becomes the message, unless it was meant for a tool. */
static void end_header(harmony *m)
{
    const header h = read_header(m);
    bool is_for_user = is_assistant(m, &h);
    for (size_t i = 0; i < h.n_words; i++)
        is_for_user = is_for_user && !starts_with(h.words[i], "to=");
    if (!is_for_user)
        set_target(m, HARMONY_HIDDEN);
    else if (h.channel.size > 0)
        set_target(m, target_of(&h, NULL, 0));
    put_text(m, stray_text(m, &h));
    end_message(m);
}

/* ---- the state machine ---- */

static bool ends_message(const harmony *m, int32_t id)
{
    return id == m->end || vocab_is_eog(m->v, id);
}

static void feed_header(harmony *m, int32_t id)
{
    const str_view piece = vocab_piece(m->v, id, true);
    if (id == m->message)
        begin_message(m);
    else if (ends_message(m, id))
        end_header(m);
    else if (id == m->start)
        begin_header(m, false);
    else
        buf_append(&m->header, piece.data, piece.size);
}

static void feed_content(harmony *m, int32_t id)
{
    if (id == m->start || id == m->channel) { // the end token is missing
        end_message(m);
        begin_header(m, id == m->channel);
        if (id == m->channel)
            feed_header(m, id);
    } else if (ends_message(m, id)) {
        end_message(m);
    } else {
        put_text(m, vocab_piece(m->v, id, false));
    }
}

void harmony_feed(harmony *m, int32_t id)
{
    switch (m->state) {
    case HARMONY_IN_HEADER: feed_header(m, id); break;
    case HARMONY_IN_CONTENT: feed_content(m, id); break;
    case HARMONY_BETWEEN:
        if (id == m->start)
            begin_header(m, false);
        break;
    }
}

void harmony_finish(harmony *m)
{
    if (m->state == HARMONY_IN_HEADER)
        end_header(m);
    else
        end_message(m);
}
