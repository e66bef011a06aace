/* reading.c - walks an answer's text and the arrivals of its bytes side by side. */
#include "figures/reading.h"

#include <math.h>

#include "base/alloc.h"

/* Which arrival brought the byte that is looked at; arrivals of reasoning bring none. */
typedef struct cursor {
    const answer_record *answer;
    size_t next; // arrival
    size_t end;  // of the bytes that came so far
    int64_t t_ns;
} cursor;

/* The time at which byte `at` was there; the end of the answer for bytes that no arrival brought. */
static double time_of(cursor *c, size_t at)
{
    const answer_record *const a = c->answer;
    while (c->end <= at && c->next < a->n_arrivals) {
        const arrival *const e = &a->arrivals[c->next++];
        c->end += e->is_reasoning ? 0 : e->n_bytes;
        c->t_ns = e->t_ns;
    }
    return (double)(c->end > at ? c->t_ns : a->end_ns) / 1e6;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Returns true if a sentence or a line ends with the word before `at`. */
static bool ends_sentence(const answer_record *a, size_t at)
{
    const char last = a->text[at - 1];
    return last == '.' || last == '!' || last == '?' || (at < a->n_text && a->text[at] == '\n');
}

/* A word is whole when the character after it is there, or the answer has ended. */
static void add_word(answer_reading *r, cursor *c, size_t at)
{
    const double ms = at < c->answer->n_text ? time_of(c, at) : (double)c->answer->end_ns / 1e6;
    r->n_words++;
    r->n_late += ms > (double)r->n_words * 60000 / READING_WORDS_PER_MINUTE;
    if (r->n_words == 1)
        r->first_word_ms = ms;
    if (isnan(r->first_sentence_ms) && (ends_sentence(c->answer, at) || at == c->answer->n_text))
        r->first_sentence_ms = ms;
}

answer_reading answer_reading_of(const answer_record *answer)
{
    answer_reading r = {.first_word_ms = NAN, .first_sentence_ms = NAN};
    cursor c = {.answer = answer};
    if (answer->n_arrivals == 0 || answer->end_ns < 0)
        return r;
    for (size_t i = 1; i <= answer->n_text; i++) {
        const bool is_end = i == answer->n_text || is_space(answer->text[i]);
        if (is_end && !is_space(answer->text[i - 1]))
            add_word(&r, &c, i);
    }
    if (r.n_words > 0 && isnan(r.first_sentence_ms)) // the answer ends with white space
        r.first_sentence_ms = (double)answer->end_ns / 1e6;
    return r;
}

sw_code reading_figures_of(const run_summary *summary, reading_figures *out, sw_err *err)
{
    *out = (reading_figures){0, NAN, NAN, NAN};
    double *const words = mem_calloc(2 * summary->n_rows + 1, sizeof *words);
    if (words == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the reading times of %zu answers", summary->n_rows);
    double *const sentences = words + summary->n_rows;
    size_t n_words = 0, n_late = 0;
    for (size_t i = 0; i < summary->n_rows; i++) {
        const answer_record *const a = &summary->rows[i].test->answer;
        const answer_reading r = answer_reading_of(a);
        if (a->status != TEST_COMPLETED || r.n_words == 0)
            continue;
        words[out->n_answers] = r.first_word_ms;
        sentences[out->n_answers++] = r.first_sentence_ms;
        n_words += r.n_words;
        n_late += r.n_late;
    }
    if (out->n_answers > 0) {
        out->first_word_ms = stats_of(words, out->n_answers).p50;
        out->first_sentence_ms = stats_of(sentences, out->n_answers).p50;
        out->late_share = (double)n_late / (double)n_words;
    }
    mem_free(words);
    return SW_OK;
}
