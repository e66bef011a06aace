/* findings_answers.c - which experts were used, and how many answers are right. */
#include <math.h>
#include <string.h>

#include "base/evenness.h"
#include "figures/expert_figures.h"
#include "figures/stress/stress_findings.h"

static const interval EXACT = {NAN, NAN};
static const char *const REASONING[] = {"reasoning", "consistency", "specialisation", NULL};
static const char *const CONVERSATION[] = {"conversation", "marathon", NULL};
static const char *const CONTEXT[] = {"context", "context-saturation", NULL};

/* ---- experts ----------------------------------------------------------------------------------------------------- */

/* Tokens after which experts that are chosen by lot have that coverage. */
static uint64_t tokens_by_chance(const expert_figures *e, double coverage)
{
    uint64_t n = 1;
    while (n < 100000 && evenness_expected_coverage((size_t)e->n_experts, (size_t)e->n_used, n) < coverage)
        n++;
    return n;
}

static void tell_experts(const expert_figures *e, stress_figures *out)
{
    const size_t n = (size_t)e->all.n_tokens;
    stress_figure_set(out, FIGURE_EXPERT_TOKENS, (double)n, EXACT, e->n_tests, "questions");
    stress_figure_set(out, FIGURE_EXPERT_EFFECTIVE, e->all.effective_experts, EXACT, n, "tokens");
    stress_figure_remark(out, FIGURE_EXPERT_EFFECTIVE, "of %d", e->n_experts);
    stress_figure_set(out, FIGURE_EXPERT_COVERAGE, e->all.coverage, EXACT, n, "tokens");
    stress_figure_remark(out, FIGURE_EXPERT_COVERAGE,
                         "chance alone reaches 70 %% with %llu tokens; effective experts %.1f of %d",
                         (unsigned long long)tokens_by_chance(e, 0.7), e->all.effective_experts, e->n_experts);
}

static sw_code find_experts(const stress_rows *rows, stress_figures *out, sw_err *err)
{
    expert_figures e;
    const sw_code code = expert_figures_brief_of(rows->run, rows->subject, &e, err);
    if (code == SW_OK && e.n_tests > 0 && !isnan(e.all.coverage)) {
        tell_experts(&e, out);
    } else {
        const stress_figure_id ids[] = {FIGURE_EXPERT_TOKENS, FIGURE_EXPERT_EFFECTIVE, FIGURE_EXPERT_COVERAGE};
        for (int i = 0; i < 3; i++)
            stress_figure_lack(out, ids[i], FIGURE_MISSING, "the server does not report which experts it uses");
    }
    expert_figures_free(&e);
    return code;
}

/* ---- right answers ----------------------------------------------------------------------------------------------- */

/* A check that was not run says nothing; of the others all must have passed. */
static bool is_checked(const test_record *t, bool *is_right)
{
    bool is_known = false;
    *is_right = true;
    for (size_t i = 0; i < t->n_checks; i++) {
        is_known = is_known || t->checks[i].outcome != CHECK_NOT_RUN;
        *is_right = *is_right && t->checks[i].outcome != CHECK_FAILED;
    }
    return is_known;
}

/* `item`: what the names of its items begin with; NULL: all. */
static void find_share(const stress_rows *rows, suite_names suites, const char *item, stress_figure_id id,
                       stress_figures *out)
{
    size_t n = 0, n_right = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const test_record *const t = rows->rows[i].test;
        bool is_right;
        if (!stress_row_is_of(rows, t, suites) || !is_checked(t, &is_right) ||
            (item != NULL && (t->item == NULL || strncmp(t->item, item, strlen(item)) != 0)))
            continue;
        n++;
        n_right += is_right && t->answer.status == TEST_COMPLETED;
    }
    if (n > 0)
        stress_figure_set(out, id, (double)n_right / (double)n, share_interval(n_right, n), n, "answers");
    else
        stress_figure_lack(out, id, FIGURE_MISSING, "no answer was checked for it");
}

sw_code findings_answers(const stress_rows *rows, stress_figures *out, sw_err *err)
{
    find_share(rows, REASONING, NULL, FIGURE_ACCURACY, out);
    find_share(rows, CONVERSATION, "dialogue/", FIGURE_RETENTION, out);
    find_share(rows, CONTEXT, "secrets/", FIGURE_RECALL, out);
    return find_experts(rows, out, err);
}
