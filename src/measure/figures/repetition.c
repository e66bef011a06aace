/* repetition.c - the measures of repetition.h, each in its own function.
 *
 * Equal words get equal numbers by sorting, and everything after that works on numbers: no hash table that a hostile
 * text could make slow.  Cost is O(n log n) in words, and O(256 n) at most for the search for a loop.
 */
#include "figures/repetition.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "figures/longest_repeat.h"
#include "figures/ngrams.h"

enum {
    WINDOW_WORDS = 200, // of window_max
    WINDOW_STEP = 50,
    LOOP_PERIOD_MAX = 256,   // words; a longer period is a repeated chapter, and costs time to find
    LOOP_SPAN_MIN = 24,      // words; shorter endings are rhetoric
    LINE_REPEAT_FAILURE = 5, // equal lines in a row
};

const char *repetition_verdict_name(repetition_verdict verdict)
{
    static const char *const NAMES[] = {"none", "suspicious", "degenerate"};
    return NAMES[verdict];
}

typedef struct word {
    const char *bytes;
    size_t n_bytes;
    size_t position; // index in the text, to restore the order after sorting
} word;

typedef struct words {
    word *items; // views into the text
    size_t n, cap;
} words;

/* The white space of Python's str.split(), on which the original score is defined; U+200B is not in it. */
static bool is_space(uint32_t cp)
{
    return (cp >= 0x09 && cp <= 0x0d) || (cp >= 0x1c && cp <= 0x20) || cp == 0x85 || cp == 0xa0 || cp == 0x1680 ||
           (cp >= 0x2000 && cp <= 0x200a) || cp == 0x2028 || cp == 0x2029 || cp == 0x202f || cp == 0x205f ||
           cp == 0x3000;
}

/* Scripts that are written without spaces between words. */
static bool is_unspaced(uint32_t cp)
{
    static const uint32_t RANGES[][2] = {{0x0e00, 0x0eff}, {0x1000, 0x109f}, {0x1780, 0x17ff}, {0x3040, 0x30ff},
                                         {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xf900, 0xfaff}, {0x20000, 0x323af}};
    for (size_t i = 0; i < sizeof RANGES / sizeof RANGES[0]; i++) {
        if (cp >= RANGES[i][0] && cp <= RANGES[i][1])
            return true;
    }
    return false;
}

/* Appends a word of at least one byte; returns false when memory is short. */
static bool push_word(words *w, const char *bytes, size_t n_bytes)
{
    if (n_bytes == 0)
        return true;
    if (!mem_grow(&w->items, &w->cap, w->n + 1, sizeof *w->items))
        return false;
    w->items[w->n] = (word){bytes, n_bytes, w->n};
    w->n++;
    return true;
}

/* Splits text at white space; `split_unspaced` makes each character of an unspaced script a word. */
static bool split(words *out, const char *text, size_t n, bool split_unspaced)
{
    size_t start = 0;
    for (size_t i = 0; i < n;) {
        uint32_t cp = 0xfffd;
        const int decoded = utf8_decode((const uint8_t *)text + i, n - i, &cp);
        const size_t len = decoded > 0 ? (size_t)decoded : 1;
        const bool is_unit = split_unspaced && decoded > 0 && is_unspaced(cp);
        const bool is_gap = decoded > 0 && is_space(cp);
        if (is_gap || is_unit) {
            if (!push_word(out, text + start, i - start) || (is_unit && !push_word(out, text + i, len)))
                return false;
            start = i + len;
        }
        i += len;
    }
    return push_word(out, text + start, n - start);
}

/* By bytes: equal words are equal byte by byte, and no order of letters matters. */
static int compare_words(const void *a, const void *b)
{
    const word *const x = a;
    const word *const y = b;
    const size_t n = x->n_bytes < y->n_bytes ? x->n_bytes : y->n_bytes;
    const int order = memcmp(x->bytes, y->bytes, n);
    return order != 0 ? order : (x->n_bytes > y->n_bytes) - (x->n_bytes < y->n_bytes);
}

/* Numbers the words of a text so that equal words have equal numbers.  The result is in text order; free it with
 * mem_free.  NULL when memory is short. */
static uint32_t *number_words(words *w)
{
    uint32_t *const ids = mem_calloc(w->n + 1, sizeof *ids);
    if (ids == NULL || w->n == 0)
        return ids;
    qsort(w->items, w->n, sizeof *w->items, compare_words);
    uint32_t id = 0;
    for (size_t i = 0; i < w->n; i++) {
        if (i > 0 && compare_words(&w->items[i - 1], &w->items[i]) != 0)
            id++;
        ids[w->items[i].position] = id;
    }
    return ids;
}

/* Three consecutive words, by number. */
typedef struct triple {
    uint32_t ids[3];
} triple;

static int compare_triples(const void *a, const void *b)
{
    const triple *const x = a;
    const triple *const y = b;
    for (int i = 0; i < 3; i++) {
        if (x->ids[i] != y->ids[i])
            return x->ids[i] < y->ids[i] ? -1 : 1;
    }
    return 0;
}

/* Repeated / all triples of ids[0..n); `scratch` has room for n of them.  The division is written R / T: 1 - D / T
 * rounds differently, and thresholds on the score are strict. */
static double score_of(const uint32_t *ids, size_t n, triple *scratch)
{
    if (n < 3)
        return 0;
    const size_t n_triples = n - 2;
    for (size_t i = 0; i < n_triples; i++)
        scratch[i] = (triple){{ids[i], ids[i + 1], ids[i + 2]}};
    qsort(scratch, n_triples, sizeof *scratch, compare_triples);
    size_t n_repeated = 0;
    for (size_t i = 1; i < n_triples; i++)
        n_repeated += compare_triples(&scratch[i - 1], &scratch[i]) == 0;
    return (double)n_repeated / (double)n_triples;
}

/* The highest score of any window, the last one included; of the whole text if it is shorter than a window. */
static double window_max_of(const uint32_t *ids, size_t n, triple *scratch)
{
    if (n <= WINDOW_WORDS)
        return score_of(ids, n, scratch);
    double max = score_of(ids + n - WINDOW_WORDS, WINDOW_WORDS, scratch);
    for (size_t start = 0; start + WINDOW_WORDS <= n; start += WINDOW_STEP) {
        const double score = score_of(ids + start, WINDOW_WORDS, scratch);
        max = score > max ? score : max;
    }
    return max;
}

/* The shortest period in which the end of the text repeats at least three times, over LOOP_SPAN_MIN words or more. */
static tail_loop tail_loop_of(const uint32_t *ids, size_t n)
{
    const size_t period_max = n / 3 < LOOP_PERIOD_MAX ? n / 3 : LOOP_PERIOD_MAX;
    for (size_t period = 1; period <= period_max; period++) {
        size_t n_equal = 0;
        while (n_equal + period < n && ids[n - 1 - n_equal] == ids[n - 1 - n_equal - period])
            n_equal++;
        const size_t span = n_equal + period;
        if (span >= 3 * period && span >= LOOP_SPAN_MIN)
            return (tail_loop){period, span / period, span, n - span};
    }
    return (tail_loop){0};
}

/* What is measured in units.  Returns false when memory is short. */
static bool measure_units(const uint32_t *ids, size_t n, repetition_score *out)
{
    out->tail_loop = tail_loop_of(ids, n);
    return ngrams_repeated(ids, n, out->rep_n);
}

/* Sets *line to the next line of *text without outer blanks; returns false at the end. */
static bool next_line(const char **text, const char *end, const char **line, size_t *n)
{
    if (*text >= end)
        return false;
    const char *const newline = memchr(*text, '\n', (size_t)(end - *text));
    const char *last = newline != NULL ? newline : end;
    const char *first = *text;
    *text = newline != NULL ? newline + 1 : end;
    while (first < last && strchr(" \t\r", *first) != NULL && *first != '\0')
        first++;
    while (last > first && strchr(" \t\r", last[-1]) != NULL && last[-1] != '\0')
        last--;
    *line = first;
    *n = (size_t)(last - first);
    return true;
}

/* The longest run of equal lines; blank lines neither end a run nor belong to it. */
static size_t line_repeat_max_of(const char *text, size_t n_bytes)
{
    const char *const end = text + n_bytes;
    const char *line;
    const char *previous = NULL;
    size_t n, n_previous = 0, run = 0, max = 0;
    while (next_line(&text, end, &line, &n)) {
        if (n == 0)
            continue;
        const bool is_equal = previous != NULL && n == n_previous && memcmp(line, previous, n) == 0;
        run = is_equal ? run + 1 : 1;
        max = run > max ? run : max;
        previous = line;
        n_previous = n;
    }
    return max;
}

/* Code and lists repeat words by nature, so their limit is higher, and nothing in them is merely suspicious.  The
 * limits are documented in docs/benchmark.md. */
static repetition_verdict verdict_of(const repetition_score *r, text_form form)
{
    const double window_limit = form == FORM_PROSE ? 0.5 : 0.8;
    if (r->tail_loop.period > 0 || r->line_repeat_max >= LINE_REPEAT_FAILURE || r->window_max > window_limit)
        return REPETITION_DEGENERATE;
    return form == FORM_PROSE && r->window_max > 0.3 ? REPETITION_SUSPICIOUS : REPETITION_NONE;
}

/* The scores of words; with `split_unspaced`, only score_units.  Words are the units too if `are_units`.  Returns false
 * when memory is short. */
static bool measure_words(const char *text, size_t n_bytes, bool split_unspaced, bool are_units, repetition_score *out)
{
    words w = {0};
    uint32_t *ids = NULL;
    triple *scratch = NULL;
    bool ok = split(&w, text, n_bytes, split_unspaced) && (ids = number_words(&w)) != NULL &&
              (scratch = mem_calloc(w.n + 1, sizeof *scratch)) != NULL;
    if (ok && split_unspaced) {
        out->score_units = score_of(ids, w.n, scratch);
    } else if (ok) {
        out->score = score_of(ids, w.n, scratch);
        out->window_max = window_max_of(ids, w.n, scratch);
        ok = !are_units || measure_units(ids, w.n, out);
    }
    mem_free(scratch);
    mem_free(ids);
    mem_free(w.items);
    return ok;
}

sw_code repetition_of(const char *text, size_t n_bytes, text_form form, repetition_score *out, sw_err *err)
{
    return repetition_of_tokens(text, n_bytes, NULL, 0, form, out, err);
}

sw_code repetition_of_tokens(const char *text, size_t n_bytes, const int32_t *ids, size_t n_ids, text_form form,
                             repetition_score *out, sw_err *err)
{
    *out = (repetition_score){0};
    if (!measure_words(text, n_bytes, false, ids == NULL, out) || !measure_words(text, n_bytes, true, false, out) ||
        (ids != NULL && !measure_units((const uint32_t *)ids, n_ids, out)))
        return sw_fail(err, SW_ENOMEM, "out of memory measuring the repetition of %zu bytes of text", n_bytes);
    out->line_repeat_max = line_repeat_max_of(text, n_bytes);
    out->verdict = verdict_of(out, form);
    return longest_repeat_share(text, n_bytes, &out->longest_repeat_share, err);
}
