/* answer_words.c - cuts an answer into words, numbers and signs. */
#include "problems/answer_words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

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
    bool is_after_space;
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

/* "**" is markup; one star between blanks is a product. */
static bool skip_markup(word_reader *r)
{
    const char c = r->s[r->i];
    if (c == '*' && r->i + 1 < r->n && r->s[r->i + 1] == '*') {
        r->i += 2;
        return true;
    }
    return false;
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

static bool read_one(word_reader *r)
{
    const char c = r->s[r->i];
    if (isspace((unsigned char)c)) {
        if (c == '\n') {
            end_sentence(r);
            r->line++;
        }
        r->i++;
        return true;
    }
    if (isdigit((unsigned char)c)) {
        read_number(r, false);
        return true;
    }
    const size_t n_minus = length_of_minus(r);
    if (n_minus > 0 && is_digit_at(r, r->i + n_minus) && may_negate(r)) {
        r->i += n_minus;
        read_number(r, true);
        return true;
    }
    if (is_times(r)) {
        add(r, ANSWER_SIGN)->sign = '*';
        r->i++;
        return true;
    }
    if (skip_markup(r) || read_sign(r))
        return true;
    if (is_letter(c))
        return read_word(r);
    if (c == '.' || c == '!' || c == '?')
        end_sentence(r);
    r->i++;
    return true;
}

/* ---- numbers in words ------------------------------------------------------------------------------------------- */

/* The value of a word of a number, and 100 or 1000 for those that multiply; -1. */
static int spelled_value(const answer_word *w)
{
    static const char *const SMALL[] = {
        "zero", "one",    "two",    "three",    "four",     "five",    "six",     "seven",     "eight",    "nine",
        "ten",  "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
    static const char *const TENS[] = {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};
    if (w->kind != ANSWER_WORD)
        return -1;
    for (int i = 0; i < 20; i++) {
        if (strcmp(w->s, SMALL[i]) == 0)
            return i;
    }
    for (int i = 0; i < 8; i++) {
        if (strcmp(w->s, TENS[i]) == 0)
            return 20 + 10 * i;
    }
    return strcmp(w->s, "hundred") == 0 ? 100 : strcmp(w->s, "thousand") == 0 ? 1000 : -1;
}

/* Returns true if the word at i, of that value, goes on with a number whose last part has the value `last`. */
static bool goes_on(int last, int value)
{
    if (value >= 100)
        return last < value;
    return last >= 100 || (last >= 20 && value > 0 && value < 10);
}

/* The number in words that is being read. */
typedef struct spelled {
    double whole, part; // thousands; what is below them
    int last;           // the value of the last word; -1: none
} spelled;

static void add_spelled(spelled *s, int value)
{
    if (value == 1000) {
        s->whole += (s->part > 0 ? s->part : 1) * 1000;
        s->part = 0;
    } else {
        s->part = value == 100 ? (s->part > 0 ? s->part : 1) * 100 : s->part + value;
    }
    s->last = value;
}

/* Returns true if word i joins parts of a number: "forty-two", "one hundred and five". */
static bool joins_parts(const answer_words *a, size_t i, int last)
{
    const answer_word *const w = &a->items[i];
    if (last < 0 || i + 1 >= a->n || !((w->kind == ANSWER_SIGN && w->sign == '-') || strcmp(w->s, "and") == 0))
        return false;
    const int next = spelled_value(&a->items[i + 1]);
    return next >= 0 && goes_on(last, next) && (w->kind == ANSWER_SIGN || last >= 100);
}

/* The end of the number in words that begins at word i, which is i if there is none, and its value. */
static size_t read_spelled(const answer_words *a, size_t i, double *out)
{
    spelled s = {.last = -1};
    const unsigned sentence = a->items[i].sentence;
    while (i < a->n && a->items[i].sentence == sentence) {
        if (joins_parts(a, i, s.last))
            i++;
        const int value = spelled_value(&a->items[i]);
        if (value < 0 || (s.last >= 0 && !goes_on(s.last, value)))
            break;
        add_spelled(&s, value);
        i++;
    }
    *out = s.whole + s.part;
    return i;
}

/* What "300 thousand" multiplies by; 1. */
static double scale_after(const answer_words *a, size_t i)
{
    if (i >= a->n || a->items[i].kind != ANSWER_WORD)
        return 1;
    return strcmp(a->items[i].s, "thousand") == 0  ? 1e3
           : strcmp(a->items[i].s, "million") == 0 ? 1e6
           : strcmp(a->items[i].s, "billion") == 0 ? 1e9
                                                   : 1;
}

/* Words of numbers become numbers, in place. */
static void merge_spelled(answer_words *a)
{
    size_t kept = 0;
    for (size_t i = 0; i < a->n;) {
        answer_word w = a->items[i];
        double value = 0;
        size_t end = read_spelled(a, i, &value);
        if (end > i) {
            w.kind = ANSWER_NUMBER;
            w.is_spelled = true;
            w.s = "";
            w.value = value;
        }
        end = end > i ? end : i + 1;
        const double scale = w.kind == ANSWER_NUMBER ? scale_after(a, end) : 1;
        w.value *= scale;
        a->items[kept++] = w;
        i = end + (scale > 1);
    }
    a->n = kept;
}

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
    merge_spelled(out);
    return true;
}
