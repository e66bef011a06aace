/* section_experts.c - which experts a model's tests used, and how unlike two tests are. */
#include <string.h>

#include "base/buf.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

enum {
    PAIRS_MAX = 36, // all pairs of nine tests
    MOST_CHOSEN = 4,
    EXPERTS_MAX = 1024,
};

// clang-format off
static const doc_column USE[] = {
    {"test", "", "", false, 0},
    {"tokens", "", "prompt included, all repetitions", true, 0},
    {"coverage", "%", "of the experts that were chosen at all, mean over the layers", true, 0},
    {"by chance", "%", "that so many tokens would reach if every expert were as likely", true, 0},
    {"entropy", "", "1: all experts as often", true, 0},
    {"effective", "", "experts: e to the entropy", true, 0},
    {"top share", "%", "of the choices, of the most chosen experts: as many as one token uses", true, 1},
    {"half", "", "fewest experts with half of the choices, largest over the layers", true, 1},
    {"80 %", "", "fewest experts with 80 % of the choices", true, 1},
    {"95 %", "", "fewest experts with 95 % of the choices", true, 1},
};
static const doc_column PAIRS[] = {
    {"test", "", "", false, 0},
    {"against", "", "", false, 0},
    {"divergence", "", "of Jensen and Shannon, 0 (the same experts) to 1, mean over the layers", true, 0},
    {"p", "", "of a permutation test, corrected for all pairs after Holm", true, 0},
};
static const doc_column HEAT[] = {
    {"test", "", "", false, 0},
    {"layer", "", "of those with experts, from 1", true, 0},
    {"most chosen", "", "experts, from 0, with their share of the layer's choices", false, 0},
};
// clang-format on

static void put_use(document *doc, const expert_use_figures *u)
{
    doc_put(doc, u->name);
    doc_putf(doc, "%lld", (long long)u->n_tokens);
    cell_percent(doc, u->coverage);
    cell_percent(doc, u->expected_coverage);
    cell_number(doc, u->entropy_ratio);
    cell_number(doc, u->effective_experts);
    cell_percent(doc, u->top_share);
    doc_putf(doc, "%d", u->hot_50);
    doc_putf(doc, "%d", u->hot_80);
    doc_putf(doc, "%d", u->hot_95);
}

static void put_pairs(document *doc, const expert_figures *f)
{
    if (f->n_pairs == 0)
        return;
    doc_group_begin(doc, "How unlike the experts of two tests are");
    doc_table(doc, "", PAIRS, sizeof PAIRS / sizeof *PAIRS);
    for (size_t i = 0; i < f->n_pairs && i < PAIRS_MAX; i++) {
        doc_put(doc, f->tests[f->pairs[i].a].name);
        doc_put(doc, f->tests[f->pairs[i].b].name);
        cell_number(doc, f->pairs[i].jsd);
        cell_number(doc, f->pairs[i].p_value);
    }
    doc_group_end(doc);
}

static void put_p_unit(document *doc, const char *unit)
{
    if (unit[0] == '\0')
        doc_paragraph(doc, "There are no p-values: too little was measured.");
    else if (strcmp(unit, "tokens") == 0)
        doc_paragraph(doc,
                      "For p-values, tokens changed places between tests. Tokens resemble their neighbours, so that "
                      "differences are found too easily; with repetitions, answers change places.");
    else
        doc_paragraph(doc, "For p-values, %s changed places between tests.", unit);
}

/* The most chosen experts of one layer. */
static void put_most_chosen(document *doc, const double *shares, int n_experts)
{
    buf text;
    bool is_put[EXPERTS_MAX] = {false};
    buf_init(&text, 4096);
    for (int k = 0; k < MOST_CHOSEN; k++) {
        int best = -1;
        for (int e = 0; e < n_experts && e < EXPERTS_MAX; e++)
            best = !is_put[e] && shares[e] > 0 && (best < 0 || shares[e] > shares[best]) ? e : best;
        if (best < 0)
            break;
        is_put[best] = true;
        buf_printf(&text, "%s%d (%.1f %%)", k > 0 ? ", " : "", best, 100 * shares[best]);
    }
    const char *const chosen = doc_str(doc, &text);
    doc_put(doc, chosen[0] != '\0' ? chosen : "-");
    buf_free(&text);
}

/* What the heatmap shows, for those who do not see it. */
static void put_heat(document *doc, const expert_figures *f, int subject)
{
    if (f->heat == NULL)
        return;
    doc_chart(doc, "experts", subject);
    doc_group_begin(doc, "Most chosen experts of every test and layer");
    doc_table(doc, "", HEAT, sizeof HEAT / sizeof *HEAT);
    for (size_t t = 0; t < f->n_tests; t++) {
        for (int layer = 0; layer < f->n_layers; layer++) {
            doc_put(doc, f->tests[t].name);
            doc_putf(doc, "%d", layer + 1);
            put_most_chosen(doc, f->heat + (t * (size_t)f->n_layers + (size_t)layer) * (size_t)f->n_experts,
                            f->n_experts);
        }
    }
    doc_group_end(doc);
}

void section_experts(document *doc, const subject_analysis *s)
{
    const expert_figures *const f = &s->experts;
    doc_heading(doc, 3, NULL, "Experts");
    if (f->n_tests == 0) {
        doc_paragraph(doc, "The server does not say which experts it used.");
        return;
    }
    doc_paragraph(doc,
                  "%d MoE layers with %d experts each, of which a token uses %d. Most experts are chosen at least "
                  "once after a few tokens in any case: compare coverage with chance, and see entropy.",
                  f->n_layers, f->n_experts, f->n_used);
    doc_table(doc, "Use of experts", USE, sizeof USE / sizeof *USE);
    put_use(doc, &f->all);
    for (size_t i = 0; i < f->n_tests; i++)
        put_use(doc, &f->tests[i]);
    put_heat(doc, f, s->index);
    put_pairs(doc, f);
    if (f->n_pairs > 0)
        put_p_unit(doc, f->p_value_unit);
    if (f->n_pairs > PAIRS_MAX)
        doc_paragraph(doc, "The %d most unlike of %zu pairs; --json has all.", PAIRS_MAX, f->n_pairs);
}
