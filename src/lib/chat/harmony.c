/* harmony.c - parsing what a Harmony model generates.
 *
 * The model writes messages: a header (role, channel, recipient), <|message|>, text, and an end token.  Markers are
 * recognised by id, so text can never be mistaken for one.  Real output has quirks, and all of them are tolerated: two
 * channels in one header (the last counts), the recipient before or after the channel, spaces missing before
 * <|constrain|>, headers that never reach <|message|>.
 */
#include <string.h>

#include "chat/parser.h"

/* Longer than any header that a model means seriously; the rest is dropped. */
enum { HEADER_MAX = 4096 };

static const char CHANNEL[] = "<|channel|>", CONSTRAIN[] = "<|constrain|>";

void harmony_init(chat_parser *p)
{
    p->harmony = (harmony){
        .state = HARMONY_IN_HEADER,
        .is_role_known = true, // the prompt ended in <|start|>assistant
        .start = vocab_find(p->v, "<|start|>"),
        .message = vocab_find(p->v, "<|message|>"),
        .channel = vocab_find(p->v, CHANNEL),
        .end = vocab_find(p->v, "<|end|>"),
    };
    buf_init(&p->harmony.header, HEADER_MAX);
}

/* ---- headers ---- */

static bool starts_with(str_view s, const char *prefix)
{
    const size_t n = strlen(prefix);
    return s.size >= n && memcmp(s.data, prefix, n) == 0;
}

static str_view skip(str_view s, size_t n)
{
    return (str_view){s.data + n, s.size - n};
}

/* The bytes before white space or a marker. */
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

/* Takes apart the text between <|start|> and <|message|>. */
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

/* The word with "to=".  Without one a bare word: the only one, or the one before the content type. */
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

/* Messages to tools are nobody's reading, but an answer stays one even if a stray word looks like a recipient. */
static harmony_target target_of(const header *h, const str_view *words, size_t n_words)
{
    const str_view to = recipient_of(words, n_words);
    const bool is_for_user = to.size == 0 || str_view_eq(to, "assistant") || str_view_eq(to, "all") ||
                             (str_view_eq(h->channel, "final") && !starts_with(to, "functions."));
    if (!is_for_user)
        return HARMONY_HIDDEN;
    return str_view_eq(h->channel, "analysis") ? HARMONY_REASONING : HARMONY_CONTENT;
}

static void set_target(chat_parser *p, harmony_target target)
{
    p->harmony.target = target;
    p->kind = target == HARMONY_REASONING ? SW_TEXT_REASONING : SW_TEXT_CONTENT;
}

/* How many of the words are the role; one that is not the assistant's makes the message somebody else's. */
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

/* ---- text ---- */

static void put_text(chat_parser *p, str_view text, const text_sink *sink)
{
    detok_feed(&p->detok, text.data, text.size, &p->text);
    if (p->harmony.target == HARMONY_HIDDEN)
        buf_clear(&p->text);
    parser_emit(p, p->text.size, sink);
}

static void end_message(chat_parser *p, const text_sink *sink)
{
    detok_flush(&p->detok, &p->text);
    put_text(p, (str_view){"", 0}, sink);
    p->harmony.state = HARMONY_BETWEEN;
}

static void begin_message(chat_parser *p)
{
    const header h = read_header(&p->harmony);
    const size_t n_role = role_words(&p->harmony, &h);
    set_target(p, is_assistant(&p->harmony, &h) ? target_of(&h, h.words + n_role, h.n_words - n_role) : HARMONY_HIDDEN);
    p->harmony.state = HARMONY_IN_CONTENT;
}

static void begin_header(chat_parser *p, bool is_role_known)
{
    buf_clear(&p->harmony.header);
    p->harmony.is_role_known = is_role_known;
    p->harmony.state = HARMONY_IN_HEADER;
}

/* What a header that never reached <|message|> says after its role and channel, up to a content type. */
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

/* A header that ends without <|message|>: its stray text is taken for the message, unless it was meant for a tool. */
static void end_header(chat_parser *p, const text_sink *sink)
{
    const header h = read_header(&p->harmony);
    bool is_for_user = is_assistant(&p->harmony, &h);
    for (size_t i = 0; i < h.n_words; i++)
        is_for_user = is_for_user && !starts_with(h.words[i], "to=");
    if (!is_for_user)
        set_target(p, HARMONY_HIDDEN);
    else if (h.channel.size > 0)
        set_target(p, target_of(&h, NULL, 0));
    put_text(p, stray_text(&p->harmony, &h), sink);
    end_message(p, sink);
}

/* ---- the state machine ---- */

static bool ends_message(const chat_parser *p, int32_t id)
{
    return id == p->harmony.end || vocab_is_eog(p->v, id);
}

static void feed_header(chat_parser *p, int32_t id, const text_sink *sink)
{
    const str_view piece = vocab_piece(p->v, id, true);
    if (id == p->harmony.message)
        begin_message(p);
    else if (ends_message(p, id))
        end_header(p, sink);
    else if (id == p->harmony.start)
        begin_header(p, false);
    else
        buf_append(&p->harmony.header, piece.data, piece.size);
}

static void feed_content(chat_parser *p, int32_t id, const text_sink *sink)
{
    if (id == p->harmony.start || id == p->harmony.channel) { // the end token was forgotten
        end_message(p, sink);
        begin_header(p, id == p->harmony.channel);
        if (id == p->harmony.channel)
            feed_header(p, id, sink);
    } else if (ends_message(p, id)) {
        end_message(p, sink);
    } else {
        put_text(p, vocab_piece(p->v, id, false), sink);
    }
}

void harmony_feed(chat_parser *p, int32_t id, const text_sink *sink)
{
    switch (p->harmony.state) {
    case HARMONY_IN_HEADER: feed_header(p, id, sink); break;
    case HARMONY_IN_CONTENT: feed_content(p, id, sink); break;
    case HARMONY_BETWEEN:
        if (id == p->harmony.start)
            begin_header(p, false);
        break;
    }
}

void harmony_finish(chat_parser *p, const text_sink *sink)
{
    if (p->harmony.state == HARMONY_IN_HEADER)
        end_header(p, sink);
    else
        end_message(p, sink);
}
