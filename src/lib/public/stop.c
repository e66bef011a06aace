/* stop.c - one Knuth-Morris-Pratt automaton per stop string, all fed byte by byte. */
#include "public/stop.h"

#include <string.h>

#include "base/alloc.h"

/* The failure table of the algorithm: how much of the string still matches after a mismatch that follows its first i +
 * 1 bytes. */
static void fill_borders(stop_string *s)
{
    s->fail[0] = 0;
    uint16_t k = 0;
    for (uint16_t i = 1; i < s->size; i++) {
        while (k > 0 && s->text[i] != s->text[k])
            k = s->fail[k - 1];
        if (s->text[i] == s->text[k])
            k++;
        s->fail[i] = k;
    }
}

sw_code stop_init(stop_matcher *s, const char *const *strings, size_t n, sw_err *err)
{
    *s = (stop_matcher){.n = n};
    buf_init(&s->held, LIMIT_ANSWER_BYTES);
    for (size_t i = 0; i < n; i++) {
        stop_string *const t = &s->strings[i];
        t->size = (uint16_t)strlen(strings[i]);
        t->text = mem_strdup(strings[i]);
        t->fail = mem_calloc(t->size, sizeof *t->fail);
        if (t->text == NULL || t->fail == NULL) {
            stop_clear(s);
            return sw_fail(err, SW_ENOMEM, "stop[%zu]: out of memory", i);
        }
        fill_borders(t);
    }
    return SW_OK;
}

void stop_clear(stop_matcher *s)
{
    for (size_t i = 0; i < s->n; i++) {
        mem_free(s->strings[i].text);
        mem_free(s->strings[i].fail);
    }
    buf_free(&s->held);
    *s = (stop_matcher){0};
}

/* Advances one automaton by one byte; true if its string is complete. */
static bool advance(stop_string *s, char c)
{
    while (s->matched > 0 && s->text[s->matched] != c)
        s->matched = s->fail[s->matched - 1];
    if (s->text[s->matched] == c)
        s->matched++;
    return s->matched == s->size;
}

/* Advances every automaton by one byte.  Returns the number of bytes at the end that belong to the longest complete
 * string, or if there is none to the longest incomplete one. */
static size_t advance_all(stop_matcher *s, char c)
{
    size_t complete = 0, begun = 0;
    for (size_t k = 0; k < s->n; k++) {
        const stop_string *const t = &s->strings[k];
        if (advance(&s->strings[k], c) && t->size > complete) {
            complete = t->size;
            s->which = k;
        }
        if (t->matched > begun)
            begun = t->matched;
    }
    s->has_matched = complete > 0;
    return s->has_matched ? complete : begun;
}

bool stop_feed(stop_matcher *s, const char *text, size_t n, buf *out)
{
    if (s->has_matched || n == 0)
        return s->has_matched;
    size_t n_read = 0, n_held = 0;
    while (n_read < n && !s->has_matched)
        n_held = advance_all(s, text[n_read++]);
    buf_append(&s->held, text, n_read);
    if (s->held.failed != SW_OK) {
        out->failed = s->held.failed;
        return s->has_matched;
    }
    const size_t n_clear = s->held.size - n_held;
    buf_append(out, s->held.data, n_clear);
    buf_consume(&s->held, s->has_matched ? s->held.size : n_clear);
    return s->has_matched;
}

void stop_flush(stop_matcher *s, buf *out)
{
    if (!s->has_matched)
        buf_append(out, s->held.data, s->held.size);
    buf_clear(&s->held);
}
