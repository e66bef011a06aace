/* answer_sections.c - the time of each part of an answer, summed over answers. */
#include "figures/stress/answer_sections.h"

#include <math.h>

#include "base/alloc.h"
#include "figures/gaps.h"

static void add_part(answer_section *section, double *ms, double part_ms)
{
    const double tps = 1000 * SECTION_TOKENS / part_ms;
    section->least = section->n_answers == 0 ? tps : fmin(section->least, tps);
    section->most = fmax(section->most, tps);
    section->n_answers++;
    *ms += part_ms;
    section->tps = 1000 * SECTION_TOKENS * (double)section->n_answers / *ms;
}

/* `moments` has room for its arrivals, `ms` a sum for each section.  Returns how many sections it has. */
static size_t add_answer(const answer_record *a, weighted_value *moments, double *ms, answer_section *out, size_t max)
{
    const size_t n = gaps_moments(a, moments);
    double all = 0;
    for (size_t i = 1; i < n; i++)
        all += (double)moments[i].weight;
    const size_t n_sections = (size_t)(all / SECTION_TOKENS);
    for (size_t k = 0; k < n_sections && k < max; k++) {
        const double begin = (double)k * SECTION_TOKENS / all, end = (double)(k + 1) * SECTION_TOKENS / all;
        add_part(&out[k], &ms[k], gaps_time_of_part(moments, n, begin, end));
    }
    return n_sections;
}

static size_t most_arrivals(const stress_rows *rows)
{
    size_t most = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const size_t n = rows->rows[i].test->answer.n_arrivals;
        most = n > most ? n : most;
    }
    return most;
}

sw_code answer_sections_of(const stress_rows *rows, suite_names suites, answer_section *out, size_t max, size_t *n_out,
                           sw_err *err)
{
    weighted_value *const moments = mem_calloc(most_arrivals(rows) + 1, sizeof *moments);
    double *const ms = mem_calloc(max + 1, sizeof *ms);
    const bool ok = moments != NULL && ms != NULL;
    *n_out = 0;
    for (size_t k = 0; k < max; k++)
        out[k] = (answer_section){.tps = NAN};
    for (size_t i = 0; ok && i < rows->n; i++) {
        const summary_row *const row = &rows->rows[i];
        if (!stress_row_is_completed(row) || !stress_row_is_of(rows, row->test, suites))
            continue;
        const size_t n = add_answer(&row->test->answer, moments, ms, out, max);
        *n_out = n > *n_out ? n : *n_out;
    }
    mem_free(moments);
    mem_free(ms);
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory for the sections of %zu answers", rows->n);
}
