/* harmony_header.c - reads a header word by word: role, channel, recipient, content type, and words that mean nothing.
 *
 * Without <|message|> only the first words can belong to the header, since the others are the text of the answer.
 */
#include "chat/harmony_header.h"

#include <string.h>
#include <strings.h>

#include "token/vocab.h" // vocab_leading_space

typedef enum channel { NO_CHANNEL, OTHER_CHANNEL, ANALYSIS, COMMENTARY, FINAL } channel;

static const char *const CHANNELS[] = {[ANALYSIS] = "analysis", [COMMENTARY] = "commentary", [FINAL] = "final"};

static const char ASSISTANT[] = "assistant", FUNCTIONS[] = "functions.", TO[] = "to=";

typedef struct header_reader {
    str_view left; // not read yet
    harmony_role role;
    harmony_ending ending;
    bool is_role_read;
    channel channel;
    bool is_of_other;  // the role is another party's
    bool to_functions; // the recipient is a function ...
    bool to_tool;      // ... or another tool
    size_t n_words;    // since the last channel or role: neither of these
    size_t n_text;     // of them, those that can be text
    const char *body;  // where the text begins if <|message|> is missing
} header_reader;

/* ---- words ---- */

static str_view skip(str_view s, size_t n)
{
    return (str_view){s.data + n, s.size - n};
}

static bool starts_with(str_view s, const char *prefix)
{
    const size_t n = strlen(prefix);
    return s.size >= n && memcmp(s.data, prefix, n) == 0;
}

/* True if the word is the beginning of the text, or all of it. */
static bool begins(str_view word, const char *text)
{
    return word.size > 0 && word.size <= strlen(text) && memcmp(word.data, text, word.size) == 0;
}

static bool is_one_of(str_view word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_view_eq(word, list[i]))
            return true;
    }
    return false;
}

static bool is_marker(char c)
{
    return (uint8_t)c == HARMONY_CHANNEL_BYTE || (uint8_t)c == HARMONY_CONSTRAIN_BYTE;
}

/* The bytes before white space or a marker. */
static str_view word_of(str_view s)
{
    size_t n = 0;
    while (n < s.size && vocab_leading_space(s.data + n, 1) == 0 && !is_marker(s.data[n]))
        n++;
    return (str_view){s.data, n};
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name_char(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
}

/* The bytes that can be a tool's name: letters, digits, and dots between them. */
static str_view name_of(str_view s)
{
    size_t n = 0;
    while (n < s.size && (is_name_char(s.data[n]) || s.data[n] == '.'))
        n++;
    while (n > 0 && s.data[n - 1] == '.')
        n--;
    return (str_view){s.data, n};
}

static void advance(header_reader *r, size_t n)
{
    r->left = skip(r->left, n);
}

static void skip_space(header_reader *r)
{
    advance(r, vocab_leading_space(r->left.data, r->left.size));
}

/* True if nothing but white space precedes what is left of the body. */
static bool is_body_blank(const header_reader *r)
{
    const size_t n = (size_t)(r->left.data - r->body);
    return vocab_leading_space(r->body, n) == n;
}

/* ---- recipients ---- */

/* "name.name": a tool of a namespace, such as container.exec. */
static bool is_dotted(str_view name)
{
    const char *const dot = memchr(name.data, '.', name.size);
    return dot != NULL && is_letter(name.data[0]) && is_letter(dot[1]); // a name never ends in a dot
}

static bool is_tool(str_view word)
{
    const str_view name = name_of(word);
    return name.size > 0 && (str_view_eq(name, "python") || str_view_eq(name, "browser") || is_dotted(name));
}

static bool names_function(str_view word)
{
    for (size_t i = 0; i < word.size; i++) {
        if (starts_with(skip(word, i), FUNCTIONS))
            return true;
    }
    return false;
}

/* After "to=" every name is a tool's, unless a person or a part of the format has it. */
static void read_recipient(header_reader *r, str_view to)
{
    static const char *const NO_TOOLS[] = {"assistant", "all",      "user",       "users", "human",
                                           "everyone",  "analysis", "commentary", "final", "system",
                                           "developer", "me",       "none"};
    const str_view name = name_of(to);
    r->to_functions = r->to_functions || names_function(to);
    if (name.size > 0 && is_letter(name.data[0]) && !is_one_of(name, NO_TOOLS, sizeof NO_TOOLS / sizeof *NO_TOOLS))
        r->to_tool = true;
}

/* A word without "to=" is a recipient only if it looks like a tool. */
static void read_bare_word(header_reader *r, str_view word)
{
    if (r->ending == HARMONY_ENDED_BY_MESSAGE) {
        r->to_functions = r->to_functions || names_function(word);
        r->to_tool = r->to_tool || is_tool(word);
    } else if (r->n_words == 1) {
        r->to_functions = r->to_functions || starts_with(word, FUNCTIONS);
        r->to_tool = r->to_tool || (r->ending == HARMONY_ENDED_BY_CALL && is_tool(word));
    }
}

/* ---- roles and channels ---- */

/* The channel whose name the text begins with; *n_out is the name's size. */
static channel known_channel(str_view s, size_t *n_out)
{
    for (channel c = ANALYSIS; c <= FINAL; c++) {
        const size_t n = strlen(CHANNELS[c]);
        if (s.size >= n && strncasecmp(s.data, CHANNELS[c], n) == 0) {
            *n_out = n;
            return c;
        }
    }
    return NO_CHANNEL;
}

static bool is_begun_channel(str_view word)
{
    return begins(word, CHANNELS[ANALYSIS]) || begins(word, CHANNELS[COMMENTARY]) || begins(word, CHANNELS[FINAL]);
}

/* A new channel begins the header anew; what it names stays if the name was read. */
static void begin_body(header_reader *r)
{
    r->body = r->left.data;
    r->n_words = r->n_text = 0;
    r->is_role_read = true;
}

/* After a channel marker.  A name that is not known is text if <|message|> never comes, unless it was cut. */
static void read_channel(header_reader *r)
{
    advance(r, 1);
    skip_space(r);
    begin_body(r);
    size_t n;
    r->channel = known_channel(r->left, &n);
    if (r->channel != NO_CHANNEL) {
        advance(r, n);
        begin_body(r);
        return;
    }
    r->channel = OTHER_CHANNEL;
    if (!is_begun_channel(word_of(r->left)))
        return; // an ordinary word
    advance(r, word_of(r->left).size);
    begin_body(r);
}

/* The type of the content, such as "json", after its marker. */
static void read_content_type(header_reader *r)
{
    const bool is_first = is_body_blank(r);
    advance(r, 1);
    skip_space(r);
    size_t n = 0;
    while (n < r->left.size && is_name_char(r->left.data[n]))
        n++;
    advance(r, n);
    if (is_first)
        r->body = r->left.data;
}

/* "assistant", perhaps more than once, and perhaps with the channel's name after it.  False: it is another word. */
static bool read_assistant(header_reader *r, str_view word)
{
    str_view rest = word;
    while (starts_with(rest, ASSISTANT))
        rest = skip(rest, strlen(ASSISTANT));
    const bool is_cut = rest.size == word.size && r->role == HARMONY_ROLE_DUE && begins(word, ASSISTANT);
    if (rest.size == word.size && !is_cut)
        return false;
    size_t n;
    const channel c = known_channel(rest, &n);
    if (c != NO_CHANNEL) {
        advance(r, (size_t)(rest.data - word.data) + n);
        r->channel = c;
        begin_body(r);
        return true;
    }
    advance(r, word.size);
    if (is_cut || (rest.size == 0 && r->role != HARMONY_ROLE_GIVEN))
        begin_body(r);
    return true;
}

/* The first word of a header without a channel so far.  False: it is no role. */
static bool read_role(header_reader *r, str_view word)
{
    static const char *const OTHERS[] = {"user", "system", "developer", "tool"};
    r->is_role_read = true;
    if (read_assistant(r, word))
        return true;
    if (r->role == HARMONY_ROLE_GIVEN || (r->role == HARMONY_ROLE_MAYBE && r->ending != HARMONY_ENDED_BY_MESSAGE))
        return false;
    r->is_of_other = is_one_of(name_of(word), OTHERS, sizeof OTHERS / sizeof *OTHERS) || is_tool(word);
    if (r->is_of_other)
        advance(r, word.size);
    return r->is_of_other;
}

/* ---- all of it ---- */

static void read_word(header_reader *r)
{
    const str_view word = word_of(r->left);
    if (!r->is_role_read && read_role(r, word))
        return;
    const bool was_blank = is_body_blank(r);
    size_t n;
    advance(r, word.size);
    r->n_words++;
    const bool can_be_header = r->ending == HARMONY_ENDED_BY_MESSAGE || r->n_words <= 2;
    if (can_be_header && starts_with(word, TO)) {
        read_recipient(r, skip(word, strlen(TO)));
        if (was_blank)
            r->body = r->left.data;
        return;
    }
    const channel c = known_channel(word, &n);
    if (r->ending == HARMONY_ENDED_BY_MESSAGE && r->channel == NO_CHANNEL && c != NO_CHANNEL && n == word.size) {
        r->channel = c; // its marker is missing
        return;
    }
    read_bare_word(r, word);
    r->n_text++;
}

/* On the final channel a stray word is no recipient, unless it names a function. */
static harmony_target target_of(const header_reader *r)
{
    if (r->is_of_other || r->to_functions || (r->to_tool && r->channel != FINAL))
        return HARMONY_HIDDEN;
    return r->channel == ANALYSIS ? HARMONY_REASONING : HARMONY_CONTENT;
}

/* Junk in a header is short; the content types that models write without a marker are no text either. */
static bool has_text(const header_reader *r, str_view body)
{
    static const char *const TYPES[] = {"json", "code", "text"};
    enum { WORDS_OF_A_TEXT = 3 };
    if (r->channel != FINAL)
        return r->n_text >= WORDS_OF_A_TEXT;
    const str_view first = word_of(skip(body, vocab_leading_space(body.data, body.size)));
    return r->n_text > 1 || (r->n_text == 1 && !is_one_of(first, TYPES, sizeof TYPES / sizeof *TYPES));
}

harmony_header harmony_read_header(str_view text, harmony_role role, harmony_ending ending)
{
    header_reader r = {.left = text, .role = role, .ending = ending, .body = text.data};
    for (skip_space(&r); r.left.size > 0; skip_space(&r)) {
        const uint8_t c = (uint8_t)r.left.data[0];
        if (c == HARMONY_CHANNEL_BYTE)
            read_channel(&r);
        else if (c == HARMONY_CONSTRAIN_BYTE)
            read_content_type(&r);
        else
            read_word(&r);
    }
    const str_view body = {r.body, (size_t)(text.data + text.size - r.body)};
    return (harmony_header){.target = target_of(&r), .body = body, .has_text = has_text(&r, body)};
}
