/* answer_words.c - cuts an answer into words, numbers and signs. */
#include "problems/answer_words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "problems/spelled_numbers.h"

enum { DIGITS_MAX = 40 };

typedef struct sign_name {
    const char *from;
    char to; // ' ': no sign
} sign_name;

/* What models write for a sign or a blank. */
static const sign_name SIGNS[] = {
    {"\\times", '*'},      {"\\cdot", '*'},       {"\\div", '/'},
    {"\xe2\x88\x92", '-'}, {"\xe2\x80\x93", '-'}, {"\xe2\x80\x91", '-'}, // minus, a dash, a hyphen
    {"\xc3\x97", '*'},     {"\xc2\xb7", '*'},     {"\xe2\x8b\x85", '*'}, // times, two dots
    {"\xc3\xb7", '/'},     {"\xe2\x89\x88", '='}, {"\xe2\x86\x92", '>'}, // divided by, about equal, an arrow
    {"\xc2\xa0", ' '},     {"\xe2\x80\xaf", ' '}, {"\xe2\x80\x9c", ' '}, // blanks that do not break, quotation marks
    {"\xe2\x80\x9d", ' '}, {"\xe2\x80\x94", ','}, {"\xe2\x9e\x9c", '>'},
};

typedef struct word_reader {
    const char *s;
    size_t n, i;
    unsigned sentence, line;
    bool has_words; // since the sentence began
    answer_words *out;
    arena *keep;
} word_reader;

static answer_word *add(word_reader *r, answer_word_kind kind)
{
    answer_word *const w = &r->out->items[r->out->n++];
    *w = (answer_word){.kind = kind, .s = "", .sentence = r->sentence, .line = r->line};
    r->has_words = true;
    return w;
}

static void end_sentence(word_reader *r)
{
    r->sentence += r->has_words;
    r->has_words = false;
}

static bool is_digit_at(const word_reader *r, size_t i)
{
    return i < r->n && isdigit((unsigned char)r->s[i]);
}

/* Three digits, and not a fourth one: what a comma between thousands has after it. */
static bool is_thousand_at(const word_reader *r, size_t i)
{
    return is_digit_at(r, i) && is_digit_at(r, i + 1) && is_digit_at(r, i + 2) && !is_digit_at(r, i + 3);
}

static bool may_negate(const word_reader *r)
{
    const answer_word *const last = r->out->n > 0 ? &r->out->items[r->out->n - 1] : NULL;
    if (last == NULL || !r->has_words || last->kind == ANSWER_WORD)
        return true;
    return last->kind == ANSWER_SIGN && last->sign != ')' && last->sign != '%';
}

static void read_number(word_reader *r, bool is_negative)
{
    char digits[DIGITS_MAX + 1];
    size_t k = 0;
    bool has_point = false;
    for (; r->i < r->n; r->i++) {
        const char c = r->s[r->i];
        const bool is_point = c == '.' && !has_point && is_digit_at(r, r->i + 1);
        const bool is_group = c == ',' && !has_point && is_thousand_at(r, r->i + 1);
        if (!isdigit((unsigned char)c) && !is_point && !is_group)
            break;
        has_point |= is_point;
        if (!is_group && k < DIGITS_MAX)
            digits[k++] = c;
    }
    digits[k] = '\0';
    const double value = strtod(digits, NULL);
    add(r, ANSWER_NUMBER)->value = is_negative ? -value : value;
}

/* The name of a sign at place i, or NULL. */
static const sign_name *sign_at(const word_reader *r, size_t i)
{
    if ((unsigned char)r->s[i] < 0x80 && r->s[i] != '\\')
        return NULL;
    for (size_t k = 0; k < sizeof SIGNS / sizeof *SIGNS; k++) {
        const size_t length = strlen(SIGNS[k].from);
        if (length <= r->n - i && memcmp(r->s + i, SIGNS[k].from, length) == 0)
            return &SIGNS[k];
    }
    return NULL;
}

/* The bytes of a minus sign here; 0: there is none. */
static size_t length_of_minus(const word_reader *r)
{
    const sign_name *const name = sign_at(r, r->i);
    return r->s[r->i] == '-' ? 1 : name != NULL && name->to == '-' ? strlen(name->from) : 0;
}

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) || (unsigned char)c >= 0x80 || c == '\'';
}

/* False when memory is short. */
static bool read_word(word_reader *r)
{
    const size_t first = r->i;
    while (r->i < r->n && (is_letter(r->s[r->i]) || is_digit_at(r, r->i)) && sign_at(r, r->i) == NULL)
        r->i++;
    char *const text = arena_copy(r->keep, r->s + first, r->i - first);
    if (text == NULL)
        return false;
    for (char *c = text; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    add(r, ANSWER_WORD)->s = text;
    return true;
}

static bool read_sign(word_reader *r)
{
    const sign_name *const name = sign_at(r, r->i);
    const char sign = name != NULL ? name->to : r->s[r->i];
    if (name == NULL && strchr("+-*/=()%:,;|><", sign) == NULL)
        return false;
    if (sign != ' ')
        add(r, ANSWER_SIGN)->sign = sign;
    r->i += name != NULL ? strlen(name->from) : 1;
    return true;
}

/* Returns true if the last word is a number, or a word right after one: "3 boxes". */
static bool is_after_number(const word_reader *r)
{
    const size_t n = r->out->n;
    const answer_word *const w = r->out->items;
    return r->has_words && n > 0 &&
           (w[n - 1].kind == ANSWER_NUMBER ||
            (w[n - 1].kind == ANSWER_WORD && n > 1 && w[n - 2].kind == ANSWER_NUMBER));
}

/* "x" between numbers is a product. */
static bool is_times(const word_reader *r)
{
    size_t next = r->i + 1;
    while (next < r->n && r->s[next] == ' ')
        next++;
    return (r->s[r->i] == 'x' || r->s[r->i] == 'X') && is_digit_at(r, next) && is_after_number(r);
}

static void read_space(word_reader *r)
{
    if (r->s[r->i] == '\n') {
        end_sentence(r);
        r->line++;
    }
    r->i++;
}

/* A number with its sign; returns false if none begins here. */
static bool read_signed(word_reader *r)
{
    const size_t n_minus = is_digit_at(r, r->i) ? 0 : length_of_minus(r);
    if (!is_digit_at(r, r->i + n_minus) || (n_minus > 0 && !may_negate(r)))
        return false;
    r->i += n_minus;
    read_number(r, n_minus > 0);
    return true;
}

/* A sign, or "x" for a product; "**" is markup.  Returns false if none begins here. */
static bool read_any_sign(word_reader *r)
{
    if (r->s[r->i] == '*' && r->i + 1 < r->n && r->s[r->i + 1] == '*') {
        r->i += 2;
        return true;
    }
    if (!is_times(r))
        return read_sign(r);
    add(r, ANSWER_SIGN)->sign = '*';
    r->i++;
    return true;
}

/* False when memory is short. */
static bool read_one(word_reader *r)
{
    const char c = r->s[r->i];
    if (isspace((unsigned char)c)) {
        read_space(r);
        return true;
    }
    if (read_signed(r) || read_any_sign(r))
        return true;
    if (is_letter(c))
        return read_word(r);
    if (c == '.' || c == '!' || c == '?')
        end_sentence(r);
    r->i++;
    return true;
}

/* ---- the whole
 * --------------------------------------------------------------------------------------------------------- */

char *answer_clean(const char *text, size_t n, size_t *n_out, arena *keep)
{
    n = text == NULL ? 0 : n <= LIMIT_CHECK_ANSWER_BYTES ? n : utf8_complete_prefix(text, LIMIT_CHECK_ANSWER_BYTES);
    char *const copy = arena_copy(keep, n > 0 ? text : "", n);
    if (copy == NULL)
        return NULL;
    utf8_replace_invalid(copy, n);
    for (char *nul = copy; (nul = memchr(nul, '\0', n - (size_t)(nul - copy))) != NULL;)
        *nul = ' ';
    *n_out = n;
    return copy;
}

bool answer_words_read(answer_words *out, const char *text, size_t n, arena *keep)
{
    out->n = 0;
    out->items = arena_alloc(keep, (n + 1) * sizeof *out->items);
    if (out->items == NULL)
        return false;
    word_reader r = {.s = text, .n = n, .out = out, .keep = keep};
    while (r.i < n) {
        if (!read_one(&r))
            return false;
    }
    spelled_numbers_merge(out);
    return true;
}
