/* scanners.c - regular expressions as linear scans.
 *
 * A generic matcher backtracks, and long runs then cost quadratic time.  Each scanner here reads every character a
 * bounded number of times; SPILLWAY_COUNT_LOOKS lets a test prove it.
 */
#include "token/scanners.h"

#include <stdbool.h>

#include "token/char_class.h"

/* ---- building blocks: one look, and runs of it ---- */

#ifdef SPILLWAY_COUNT_LOOKS
uint64_t scan_n_looks;
#define COUNT_LOOK() ((void)scan_n_looks++)
#else
#define COUNT_LOOK() ((void)0)
#endif

/* Character i < p->n.  Every read of the text goes through here. */
static inline const scan_char *look(const scan_piece *p, size_t i)
{
    COUNT_LOOK();
    return &p->chars[i];
}

static bool has(const scan_piece *p, size_t i, unsigned classes)
{
    return i < p->n && (look(p, i)->classes & classes) != 0;
}

static bool is(const scan_piece *p, size_t i, uint32_t cp)
{
    return i < p->n && look(p, i)->cp == cp;
}

/* The end of the run of characters from i that are in one of the classes. */
static size_t run_of(const scan_piece *p, size_t i, unsigned classes)
{
    while (has(p, i, classes))
        i++;
    return i;
}

/* The same for characters that are in none of them. */
static size_t run_without(const scan_piece *p, size_t i, unsigned classes)
{
    while (i < p->n && (look(p, i)->classes & classes) == 0)
        i++;
    return i;
}

static size_t run_if(const scan_piece *p, size_t i, bool (*test)(uint32_t cp))
{
    while (i < p->n && test(look(p, i)->cp))
        i++;
    return i;
}

/* "X?C+": the run after the optional character if that run is not empty, else the run from i. */
static size_t optional_then_run(const scan_piece *p, size_t i, bool takes_first, unsigned classes)
{
    if (takes_first) {
        const size_t end = run_of(p, i + 1, classes);
        if (end > i + 1)
            return end;
    }
    return run_of(p, i, classes);
}

/* "X?C+" where C is a set of code points. */
static size_t white_then_run_if(const scan_piece *p, size_t i, bool (*test)(uint32_t cp))
{
    if (has(p, i, CC_SPACE)) {
        const size_t end = run_if(p, i + 1, test);
        if (end > i + 1)
            return end;
    }
    return run_if(p, i, test);
}

/* " ?[^...]+", where the excluded classes include white space. */
static size_t space_then_run_without(const scan_piece *p, size_t i, unsigned classes)
{
    const size_t from = is(p, i, ' ') ? i + 1 : i;
    const size_t end = run_without(p, from, classes);
    return end > from ? end : i;
}

/* "[\r\n]*" after the match from i to end; an empty match stays empty. */
static size_t then_newlines(const scan_piece *p, size_t i, size_t end)
{
    return end > i ? run_of(p, end, CC_NEWLINE) : i;
}

/* True if there is a character at i and it is in none of the classes. */
static bool is_other(const scan_piece *p, size_t i, unsigned classes)
{
    return i < p->n && (look(p, i)->classes & classes) == 0;
}

/* ---- contractions ---- */

/* A case-insensitive match folds by Unicode, so an "s" matches the long s, too. */
static uint32_t lower_at(const scan_piece *p, size_t i, bool any_case)
{
    enum { LONG_S = 0x17f };
    const uint32_t cp = i < p->n ? look(p, i)->cp : 0;
    if (any_case && cp == LONG_S)
        return 's';
    return any_case && cp >= 'A' && cp <= 'Z' ? cp - 'A' + 'a' : cp;
}

static size_t contraction(const scan_piece *p, size_t i, bool any_case)
{
    if (!is(p, i, '\''))
        return i;
    const uint32_t a = lower_at(p, i + 1, any_case), b = lower_at(p, i + 2, any_case);
    if (a == 's' || a == 't' || a == 'm' || a == 'd')
        return i + 2;
    const bool is_long = (a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l');
    return is_long ? i + 3 : i;
}

size_t scan_contraction(const scan_piece *p, size_t i)
{
    return contraction(p, i, false);
}

size_t scan_contraction_any_case(const scan_piece *p, size_t i)
{
    return contraction(p, i, true);
}

/* ---- words ---- */

enum { ENDS_PREFIX = CC_NEWLINE | CC_LETTER | CC_NUMBER };

size_t scan_spaced_letters(const scan_piece *p, size_t i)
{
    return optional_then_run(p, i, is(p, i, ' '), CC_LETTER);
}

size_t scan_white_letters(const scan_piece *p, size_t i)
{
    return optional_then_run(p, i, has(p, i, CC_SPACE), CC_LETTER);
}

size_t scan_prefixed_letters(const scan_piece *p, size_t i)
{
    return optional_then_run(p, i, is_other(p, i, ENDS_PREFIX), CC_LETTER);
}

size_t scan_prefixed_letters_marks(const scan_piece *p, size_t i)
{
    return optional_then_run(p, i, is_other(p, i, ENDS_PREFIX), CC_LETTER | CC_MARK);
}

size_t scan_deepseek_v3_word(const scan_piece *p, size_t i)
{
    const unsigned not_prefix = CC_NEWLINE | CC_LETTER | CC_PUNCT | CC_SYMBOL;
    return optional_then_run(p, i, is_other(p, i, not_prefix), CC_LETTER | CC_MARK);
}

size_t scan_deepseek_letters(const scan_piece *p, size_t i)
{
    return white_then_run_if(p, i, char_is_deepseek_letter);
}

size_t scan_punct_word(const scan_piece *p, size_t i)
{
    if (i >= p->n || !char_is_ascii_punct(look(p, i)->cp))
        return i;
    const size_t end = run_if(p, i + 1, char_is_ascii_letter);
    return end > i + 1 ? end : i;
}

/* "U*W+" at i.  Uncased letters and marks are in both classes, so when no W follows the run of U, the run gives back
 * up to its last character that is also a W. */
static size_t capitals_then_small(const scan_piece *p, size_t i)
{
    const size_t upper_end = run_of(p, i, CC_UPPER);
    const size_t end = run_of(p, upper_end, CC_LOWER);
    if (end > upper_end)
        return end;
    for (size_t c = upper_end; c > i; c--) {
        if (has(p, c - 1, CC_LOWER))
            return c;
    }
    return i;
}

/* "U+W*" at i, where "U*W+" did not match: then no W follows. */
static size_t capitals(const scan_piece *p, size_t i)
{
    return run_of(p, i, CC_UPPER);
}

/* "P?U*W+|P?U+W*": each alternative first after the prefix, then without it. */
size_t scan_cased_word(const scan_piece *p, size_t i)
{
    static size_t (*const ALTERNATIVES[])(const scan_piece *, size_t) = {capitals_then_small, capitals};
    const bool has_prefix = is_other(p, i, ENDS_PREFIX);
    for (size_t a = 0; a < sizeof ALTERNATIVES / sizeof *ALTERNATIVES; a++) {
        const size_t after_prefix = has_prefix ? ALTERNATIVES[a](p, i + 1) : i;
        if (has_prefix && after_prefix > i + 1)
            return after_prefix;
        const size_t end = ALTERNATIVES[a](p, i);
        if (end > i)
            return end;
    }
    return i;
}

size_t scan_cased_word_contraction(const scan_piece *p, size_t i)
{
    const size_t end = scan_cased_word(p, i);
    return end > i ? scan_contraction_any_case(p, end) : i;
}

/* ---- numbers ---- */

static size_t numbers_up_to(const scan_piece *p, size_t i, size_t max)
{
    size_t end = i;
    while (end - i < max && has(p, end, CC_NUMBER))
        end++;
    return end;
}

size_t scan_number(const scan_piece *p, size_t i)
{
    return numbers_up_to(p, i, 1);
}

size_t scan_three_numbers(const scan_piece *p, size_t i)
{
    return numbers_up_to(p, i, 3);
}

size_t scan_numbers(const scan_piece *p, size_t i)
{
    return run_of(p, i, CC_NUMBER);
}

size_t scan_spaced_numbers(const scan_piece *p, size_t i)
{
    return optional_then_run(p, i, is(p, i, ' '), CC_NUMBER);
}

size_t scan_three_digits(const scan_piece *p, size_t i)
{
    for (size_t d = i; d < i + 3; d++) {
        if (d >= p->n || look(p, d)->cp < '0' || look(p, d)->cp > '9')
            return i;
    }
    return i + 3;
}

/* ---- punctuation, symbols, and scripts of their own ---- */

enum { NOT_SYMBOL = CC_SPACE | CC_LETTER | CC_NUMBER };

size_t scan_spaced_symbols(const scan_piece *p, size_t i)
{
    return space_then_run_without(p, i, NOT_SYMBOL);
}

size_t scan_symbols_newlines(const scan_piece *p, size_t i)
{
    return then_newlines(p, i, space_then_run_without(p, i, NOT_SYMBOL));
}

size_t scan_symbols_newlines_slash(const scan_piece *p, size_t i)
{
    size_t end = space_then_run_without(p, i, NOT_SYMBOL);
    while (end > i && (has(p, end, CC_NEWLINE) || is(p, end, '/')))
        end++;
    return end;
}

size_t scan_no_mark_symbols(const scan_piece *p, size_t i)
{
    return then_newlines(p, i, space_then_run_without(p, i, NOT_SYMBOL | CC_MARK));
}

size_t scan_punct_newlines(const scan_piece *p, size_t i)
{
    return then_newlines(p, i, optional_then_run(p, i, is(p, i, ' '), CC_PUNCT | CC_SYMBOL));
}

size_t scan_white_punct(const scan_piece *p, size_t i)
{
    return optional_then_run(p, i, has(p, i, CC_SPACE), CC_PUNCT);
}

size_t scan_deepseek_symbols(const scan_piece *p, size_t i)
{
    return white_then_run_if(p, i, char_is_deepseek_symbol);
}

static bool is_ascii_math(uint32_t cp)
{
    return cp == '$' || cp == '+' || (cp >= '<' && cp <= '>') || cp == '^' || cp == '~' || cp == '|';
}

size_t scan_default_punct(const scan_piece *p, size_t i)
{
    while (has(p, i, CC_PUNCT) || (i < p->n && is_ascii_math(look(p, i)->cp)))
        i++;
    return i;
}

size_t scan_falcon_punct(const scan_piece *p, size_t i)
{
    size_t end = scan_default_punct(p, i);
    while (is(p, end, '`'))
        end = scan_default_punct(p, end + 1);
    return end;
}

size_t scan_deepseek_cjk(const scan_piece *p, size_t i)
{
    return run_if(p, i, char_is_deepseek_cjk);
}

size_t scan_deepseek_v3_cjk(const scan_piece *p, size_t i)
{
    return run_if(p, i, char_is_deepseek_v3_cjk);
}

/* ---- white space ---- */

size_t scan_newline(const scan_piece *p, size_t i)
{
    return has(p, i, CC_NEWLINE) ? i + 1 : i;
}

/* Up to and including the last line break of the run. */
size_t scan_space_newlines(const scan_piece *p, size_t i)
{
    size_t end = run_of(p, i, CC_SPACE);
    while (end > i && !has(p, end - 1, CC_NEWLINE))
        end--;
    return end;
}

/* The last character of a run is left for the word that follows, unless the piece ends there. */
size_t scan_spaces_but_last(const scan_piece *p, size_t i)
{
    const size_t end = run_of(p, i, CC_SPACE);
    return end > i && end < p->n ? end - 1 : end;
}

size_t scan_spaces(const scan_piece *p, size_t i)
{
    return run_of(p, i, CC_SPACE);
}

/* Matches only at the start of a run: a run that reaches the end of the piece matches there.  Without the look at the
 * previous character, a long run would be scanned once for each of its characters. */
size_t scan_final_spaces(const scan_piece *p, size_t i)
{
    if (i > 0 && has(p, i - 1, CC_SPACE))
        return i;
    const size_t end = run_of(p, i, CC_SPACE);
    return end == p->n ? end : i;
}
