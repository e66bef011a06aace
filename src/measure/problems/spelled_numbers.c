/* spelled_numbers.c - "one hundred and forty-two" as a number. */
#include "problems/spelled_numbers.h"

#include <string.h>

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

void spelled_numbers_merge(answer_words *a)
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
