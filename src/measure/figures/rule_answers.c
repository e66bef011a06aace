/* rule_answers.c - what the answers say of themselves, against what was asked for. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "figures/run_rules.h"

static const double TEMPERATURE_TOLERANCE = 1e-4; // servers keep it in single precision
static const double DRAWS_TOLERANCE = 0.1;        // or a quarter of it: what is estimated from draws is not exact

enum { QUOTE_BYTES = 80 };

void rule_quote(buf *out, const char *text)
{
    char line[QUOTE_BYTES + 1];
    size_t n = strnlen(text, QUOTE_BYTES);
    n = utf8_complete_prefix(text, n);
    for (size_t i = 0; i < n; i++)
        line[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
    line[n] = '\0';
    utf8_replace_invalid(line, n);
    buf_printf(out, "'%s'", line);
}

/* Answers that break a rule: how many, and the first. */
typedef struct offenders {
    int n;
    const test_record *first;
} offenders;

static offenders find_answers(const run_record *run, bool (*breaks)(const run_record *run, const test_record *t))
{
    offenders found = {0};
    for (size_t i = 0; i < run->n_tests; i++) {
        if (breaks(run, &run->tests[i]) && found.n++ == 0)
            found.first = &run->tests[i];
    }
    return found;
}

/* "3 answers, the first to 'name': " */
static void put_offenders(buf *out, const offenders *found)
{
    buf_printf(out, "%d answer%s, %s ", found->n, found->n == 1 ? "" : "s", found->n == 1 ? "to" : "the first to");
    rule_quote(out, found->first->plan.name);
}

/* ---- model ------------------------------------------------------------------------------------------------------- */

/* A name that is a part of the other ("gpt-oss" and "gpt-oss-20b.gguf") is another spelling. */
static bool is_same_name(const char *a, const char *b)
{
    return b[0] != '\0' && (strstr(a, b) != NULL || strstr(b, a) != NULL);
}

static bool is_other_model(const run_record *run, const test_record *t)
{
    if (t->answer.model[0] == '\0' || t->subject < 0 || (size_t)t->subject >= run->n_subjects)
        return false;
    const subject_record *const s = &run->subjects[t->subject];
    return s->name[0] != '\0' && !is_same_name(t->answer.model, s->name) &&
           !is_same_name(t->answer.model, s->file_name);
}

void rule_model(const run_analysis *a, buf *out)
{
    const offenders found = find_answers(a->run, is_other_model);
    if (found.n == 0)
        return;
    put_offenders(out, &found);
    buf_puts(out, ", came from model ");
    rule_quote(out, found.first->answer.model);
    buf_puts(out, ", not from ");
    rule_quote(out, a->run->subjects[found.first->subject].name);
    buf_putc(out, '\n');
}

/* ---- cache and sampling ------------------------------------------------------------------------------------------ */

/* Servers that have a switch for it use nothing that they evaluated before; those that have none still have the prefix
 * of the chat format, which the tables show. */
static bool has_cache_switch(const run_record *run, const test_record *t)
{
    const char *const software = t->server >= 0 ? run->servers[t->server].software : "";
    return strncmp(software, "spillway", 8) == 0 || strncmp(software, "llama-server", 12) == 0;
}

static bool is_not_cold(const run_record *run, const test_record *t)
{
    return t->mode == MODE_COLD && !t->is_warmup && t->answer.cached_tokens > 0 && has_cache_switch(run, t);
}

void rule_cold_cache(const run_analysis *a, buf *out)
{
    const offenders found = find_answers(a->run, is_not_cold);
    if (found.n == 0)
        return;
    put_offenders(out, &found);
    buf_printf(out, ", asked without a prefix, used %" PRId64 " cached tokens\n", found.first->answer.cached_tokens);
}

static bool has_other_temperature(const run_record *run, const test_record *t)
{
    (void)run;
    return fabs(t->answer.temperature - t->plan.temperature) > TEMPERATURE_TOLERANCE; // false for NAN
}

/* Draws are of the temperature that most tests of a model ask for. */
static void check_draws(const run_record *run, int subject, int server, buf *out)
{
    const double found = run_number(run, subject, server, FACT_TEMPERATURE_FOUND);
    for (size_t i = 0; i < run->n_tests && !isnan(found); i++) {
        const test_record *const t = &run->tests[i];
        if (t->is_warmup || t->subject != subject || t->server != server || t->mode != MODE_STREAM)
            continue;
        const double asked = t->plan.temperature;
        if (fabs(found - asked) > fmax(DRAWS_TOLERANCE, asked / 4))
            buf_printf(out, "the server's draws are those of temperature %.2f, not of %.2f\n", found, asked);
        return;
    }
}

void rule_temperature(const run_analysis *a, buf *out)
{
    const offenders found = find_answers(a->run, has_other_temperature);
    if (found.n > 0) {
        put_offenders(out, &found);
        buf_printf(out, ", were sampled at temperature %g, not at %g\n", found.first->answer.temperature,
                   found.first->plan.temperature);
    }
    for (size_t i = 0; i < a->run->n_servers; i++)
        check_draws(a->run, a->run->servers[i].subject, (int)i, out);
}

/* Greedy answers do not depend on a seed. */
static bool has_other_seed(const run_record *run, const test_record *t)
{
    (void)run;
    return t->plan.temperature > 0 && t->plan.seed >= 0 && t->answer.seed >= 0 && t->answer.seed != t->plan.seed;
}

void rule_seed(const run_analysis *a, buf *out)
{
    const offenders found = find_answers(a->run, has_other_seed);
    if (found.n == 0)
        return;
    put_offenders(out, &found);
    buf_printf(out, ", used seed %" PRId64 ", not %" PRId64 "\n", found.first->answer.seed, found.first->plan.seed);
}

/* ---- no tokens --------------------------------------------------------------------------------------------------- */

void rule_no_tokens(const run_analysis *a, buf *out)
{
    for (size_t i = 0; i < a->n_subjects; i++) {
        size_t n_rows = 0;
        int n_completed = 0;
        for (int mode = 0; mode < N_TEST_MODES; mode++) {
            n_rows += a->subjects[i].modes[mode].n_rows;
            n_completed += a->subjects[i].modes[mode].n_completed;
        }
        if (n_rows == 0 || n_completed > 0)
            continue;
        buf_puts(out, "no test completed");
        if (a->n_subjects > 1) {
            buf_puts(out, ": ");
            rule_quote(out, a->subjects[i].subject->name);
        }
        buf_putc(out, '\n');
    }
}
