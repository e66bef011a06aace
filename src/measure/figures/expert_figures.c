/* expert_figures.c - sums of the counts of each test, then figures of layers and their means. */
#include "figures/expert_figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/evenness.h"
#include "figures/compare.h"
#include "figures/expert_permutation.h"

/* The counts of the streamed answers of a model, and the sums of each test. */
typedef struct expert_sums {
    size_t n_cells, n_answers, n_groups;
    const test_record **tests; // (n_groups) one of each test
    const uint64_t **answers;  // (n_answers)
    size_t *group_of;          // (n_answers)
    int64_t *answer_tokens;    // (n_answers)
    uint64_t *sums;            // (n_groups + 1, n_cells): the last are those of all tests
    int64_t *n_tokens;         // (n_groups + 1)
    uint64_t *row;             // (n_experts) scratch, because figures sort
} expert_sums;

/* Answers that tell as many layers and experts as the first one. */
static bool has_counts(const test_record *t, int subject, const expert_figures *f)
{
    const expert_counts *const c = &t->answer.experts;
    if (t->is_warmup || t->subject != subject || t->mode != MODE_STREAM || c->counts == NULL)
        return false;
    return f->n_layers == 0 ? c->n_layers > 0 && c->n_experts > 0
                            : c->n_layers == f->n_layers && c->n_experts == f->n_experts && c->n_used == f->n_used;
}

/* A test of a protocol has repetitions; in a stress run, requests of one prompt are a test. */
static bool is_same_test(const run_record *run, const test_record *a, const test_record *b)
{
    return run->n_stages > 0 ? strcmp(a->plan.name, b->plan.name) == 0 : a->index == b->index;
}

static size_t find_group(const run_record *run, expert_sums *s, const test_record *test)
{
    for (size_t i = 0; i < s->n_groups; i++) {
        if (is_same_test(run, s->tests[i], test))
            return i;
    }
    s->tests[s->n_groups] = test;
    return s->n_groups++;
}

/* First the sizes, because sums are allocated by them. */
static sw_code collect_answers(const run_record *run, int subject, expert_figures *f, expert_sums *s, sw_err *err)
{
    s->tests = mem_calloc(run->n_tests + 1, sizeof *s->tests);
    s->answers = mem_calloc(run->n_tests + 1, sizeof *s->answers);
    s->group_of = mem_calloc(run->n_tests + 1, sizeof *s->group_of);
    s->answer_tokens = mem_calloc(run->n_tests + 1, sizeof *s->answer_tokens);
    if (s->tests == NULL || s->answers == NULL || s->group_of == NULL || s->answer_tokens == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the experts of %zu tests", run->n_tests);
    for (size_t i = 0; i < run->n_tests; i++) {
        const test_record *const t = &run->tests[i];
        if (!has_counts(t, subject, f))
            continue;
        f->n_layers = t->answer.experts.n_layers;
        f->n_experts = t->answer.experts.n_experts;
        f->n_used = t->answer.experts.n_used;
        s->group_of[s->n_answers] = find_group(run, s, t);
        s->answer_tokens[s->n_answers] = t->answer.experts.n_tokens;
        s->answers[s->n_answers++] = t->answer.experts.counts;
    }
    s->n_cells = (size_t)f->n_layers * (size_t)f->n_experts;
    return SW_OK;
}

static sw_code sum_up_tests(const run_record *run, int subject, const expert_figures *f, expert_sums *s, sw_err *err)
{
    s->sums = mem_calloc((s->n_groups + 1) * s->n_cells + 1, sizeof *s->sums);
    s->n_tokens = mem_calloc(s->n_groups + 1, sizeof *s->n_tokens);
    s->row = mem_calloc((size_t)f->n_experts + 1, sizeof *s->row);
    if (s->sums == NULL || s->n_tokens == NULL || s->row == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the experts of %zu tests", s->n_groups);
    size_t answer = 0;
    for (size_t i = 0; i < run->n_tests; i++) {
        if (!has_counts(&run->tests[i], subject, f))
            continue;
        const size_t group = s->group_of[answer];
        s->n_tokens[group] += run->tests[i].answer.experts.n_tokens;
        s->n_tokens[s->n_groups] += run->tests[i].answer.experts.n_tokens;
        for (size_t cell = 0; cell < s->n_cells; cell++) {
            s->sums[group * s->n_cells + cell] += s->answers[answer][cell];
            s->sums[s->n_groups * s->n_cells + cell] += s->answers[answer][cell];
        }
        answer++;
    }
    return SW_OK;
}

/* ---- figures of one test ----------------------------------------------------------------------------------------- */

static int larger(int a, size_t b)
{
    return (size_t)a > b ? a : (int)b;
}

/* Means over the layers in which anything was chosen. */
static expert_use_figures use_of(const expert_figures *f, const expert_sums *s, size_t group, const char *name)
{
    expert_use_figures u = {.name = name, .n_tokens = s->n_tokens[group]};
    const size_t n = (size_t)f->n_experts;
    double n_layers = 0;
    for (size_t layer = 0; layer < (size_t)f->n_layers; layer++) {
        memcpy(s->row, s->sums + group * s->n_cells + layer * n, n * sizeof *s->row);
        const evenness e = evenness_of(s->row, n);
        if (e.total == 0)
            continue;
        n_layers++;
        u.coverage += e.coverage;
        u.entropy_ratio += e.entropy_ratio;
        u.effective_experts += e.effective;
        u.top_share += evenness_top_share(s->row, n, (size_t)f->n_used);
        u.hot_50 = larger(u.hot_50, evenness_hot(s->row, n, 0.5));
        u.hot_80 = larger(u.hot_80, evenness_hot(s->row, n, 0.8));
        u.hot_95 = larger(u.hot_95, evenness_hot(s->row, n, 0.95));
    }
    u.coverage /= n_layers; // of none: NAN
    u.entropy_ratio /= n_layers;
    u.effective_experts /= n_layers;
    u.top_share /= n_layers;
    u.expected_coverage = evenness_expected_coverage(n, (size_t)f->n_used, (uint64_t)u.n_tokens);
    return u;
}

static void fill_heat(const expert_figures *f, const expert_sums *s, double *heat)
{
    const size_t n = (size_t)f->n_experts, n_rows = s->n_groups * (size_t)f->n_layers;
    for (size_t row = 0; row < n_rows; row++) {
        double total = 0;
        for (size_t i = 0; i < n; i++)
            total += (double)s->sums[row * n + i];
        for (size_t i = 0; i < n; i++)
            heat[row * n + i] = total > 0 ? (double)s->sums[row * n + i] / total : 0;
    }
}

/* ---- two tests --------------------------------------------------------------------------------------------------- */

static double bits(double share, double mean)
{
    return share > 0 ? share * log2(share / mean) : 0;
}

/* Jensen-Shannon divergence of two lists of shares: 0 for equal ones, 1 for ones without a common expert. */
static double divergence_of(const double *p, const double *q, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (bits(p[i], (p[i] + q[i]) / 2) + bits(q[i], (p[i] + q[i]) / 2)) / 2;
    return sum;
}

static double mean_divergence(const expert_figures *f, size_t n_cells, size_t a, size_t b)
{
    double sum = 0;
    const size_t n = (size_t)f->n_experts;
    for (size_t i = 0; i < n_cells; i += n)
        sum += divergence_of(f->heat + a * n_cells + i, f->heat + b * n_cells + i, n);
    return sum / f->n_layers;
}

static int most_unlike_first(const void *a, const void *b)
{
    const expert_divergence *const x = a, *const y = b;
    return x->jsd != y->jsd ? (x->jsd < y->jsd) - (x->jsd > y->jsd) : x->a != y->a ? x->a - y->a : x->b - y->b;
}

static sw_code compare_tests(expert_figures *f, const expert_sums *s, uint64_t seed, sw_err *err)
{
    const size_t n = s->n_groups, n_pairs = n * (n - 1) / 2;
    const expert_groups groups = {.n_groups = n,
                                  .n_answers = s->n_answers,
                                  .n_layers = (size_t)f->n_layers,
                                  .n_experts = (size_t)f->n_experts,
                                  .answers = s->answers,
                                  .group_of = s->group_of,
                                  .sums = s->sums,
                                  .n_tokens = s->answer_tokens};
    double *const p_values = mem_calloc(n_pairs + 1, sizeof *p_values);
    f->pairs = mem_calloc(n_pairs + 1, sizeof *f->pairs);
    sw_code code = p_values != NULL && f->pairs != NULL
                       ? expert_p_values(&groups, seed, p_values, &f->p_value_unit, err)
                       : sw_fail(err, SW_ENOMEM, "out of memory for %zu pairs of tests", n_pairs);
    if (code == SW_OK)
        code = holm_correct(p_values, n_pairs, err);
    for (size_t a = 0; code == SW_OK && a < n; a++) {
        for (size_t b = a + 1; b < n; b++) {
            const double jsd = mean_divergence(f, s->n_cells, a, b);
            f->pairs[f->n_pairs++] = (expert_divergence){(int)a, (int)b, jsd, p_values[expert_pair_index(a, b, n)]};
        }
    }
    if (code == SW_OK)
        qsort(f->pairs, f->n_pairs, sizeof *f->pairs, most_unlike_first);
    mem_free(p_values);
    return code;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static sw_code fill_figures(expert_figures *f, const expert_sums *s, sw_err *err)
{
    f->tests = mem_calloc(s->n_groups, sizeof *f->tests);
    f->heat = mem_calloc(s->n_groups * s->n_cells, sizeof *f->heat);
    if (f->tests == NULL || f->heat == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the experts of %zu tests", s->n_groups);
    f->n_tests = s->n_groups;
    for (size_t i = 0; i < s->n_groups; i++)
        f->tests[i] = use_of(f, s, i, s->tests[i]->plan.name);
    f->all = use_of(f, s, s->n_groups, "all tests");
    fill_heat(f, s, f->heat);
    return SW_OK;
}

/* seed NULL: tests are not compared. */
static sw_code make(const run_record *run, int subject, const uint64_t *seed, expert_figures *out, sw_err *err)
{
    *out = (expert_figures){.p_value_unit = ""};
    expert_sums s = {0};
    sw_code code = collect_answers(run, subject, out, &s, err);
    if (code == SW_OK && s.n_groups > 0)
        code = sum_up_tests(run, subject, out, &s, err);
    if (code == SW_OK && s.n_groups > 0)
        code = fill_figures(out, &s, err);
    if (code == SW_OK && s.n_groups > 0 && seed != NULL)
        code = compare_tests(out, &s, *seed, err);
    mem_free(s.tests);
    mem_free(s.answers);
    mem_free(s.group_of);
    mem_free(s.answer_tokens);
    mem_free(s.sums);
    mem_free(s.n_tokens);
    mem_free(s.row);
    return code;
}

sw_code expert_figures_of(const run_record *run, int subject, uint64_t seed, expert_figures *out, sw_err *err)
{
    return make(run, subject, &seed, out, err);
}

sw_code expert_figures_brief_of(const run_record *run, int subject, expert_figures *out, sw_err *err)
{
    return make(run, subject, NULL, out, err);
}

void expert_figures_free(expert_figures *figures)
{
    mem_free(figures->tests);
    mem_free(figures->pairs);
    mem_free(figures->heat);
    *figures = (expert_figures){.p_value_unit = ""};
}
