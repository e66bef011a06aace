/* section_stress.c - a stress run: the verdict of each criterion, faults, stages, sessions, lengths. */
#include "figures/stress/stress_analysis.h"

#include <math.h>

#include "report/sections/anchors.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

/* ---- verdicts ---------------------------------------------------------------------------------------------------- */

static doc_tone tone_of(stress_verdict verdict)
{
    return verdict == STRESS_MET ? TONE_GOOD : verdict == STRESS_NOT_MET ? TONE_BAD : TONE_OPEN;
}

// clang-format off
static const doc_column VERDICTS[] = {
    {"criterion", "", "", false, 0},
    {"verdict", "", "inconclusive: too little was measured to decide; invalid: what was asked for did not take effect", false, 0},
    {"found", "", "with its 95 % interval, if it is an estimate, and from how much", false, 0},
    {"asked", "", "", false, 1},
};
static const doc_column FAULTS[] = {
    {"fault", "", "", false, 0},
    {"found", "", "certain (corrected p-value below 1 %), and larger than a trifle", false, 0},
    {"how much", "", "", false, 0},
};
// clang-format on

static void put_verdicts(document *doc, const stress_analysis *x)
{
    doc_table(doc, "Verdicts", VERDICTS, sizeof VERDICTS / sizeof *VERDICTS);
    for (size_t i = 0; i < x->n_judgements; i++) {
        const stress_judgement *const j = &x->judgements[i];
        doc_put(doc, j->criterion->id);
        doc_put_tone(doc, tone_of(j->verdict), stress_verdict_name(j->verdict));
        doc_put(doc, j->found);
        doc_put(doc, j->criterion->asked);
    }
}

static void put_faults(document *doc, const stress_analysis *x)
{
    doc_table(doc, "Faults that show only over many requests", FAULTS, sizeof FAULTS / sizeof *FAULTS);
    for (int i = 0; i < N_FAULTS; i++) {
        const fault_row *const row = &x->faults.rows[i];
        doc_put(doc, fault_name((fault_kind)i));
        if (isnan(row->p_value))
            doc_put(doc, "-");
        else
            doc_put_tone(doc, row->is_found ? TONE_BAD : TONE_GOOD, row->is_found ? "yes" : "no");
        doc_put(doc, row->found);
    }
}

/* ---- stages ------------------------------------------------------------------------------------------------------ */

// clang-format off
static const doc_column STAGES[] = {
    {"suite", "", "", false, 0},
    {"stage", "", "", false, 0},
    {"requests", "", "that were sent", true, 0},
    {"failed", "", "of them", true, 0},
    {"time", "s", "under way", true, 0},
    {"ended", "", "", false, 0},
};
// clang-format on

static void count_stage(const run_record *run, int stage, int64_t *n, int64_t *n_failed)
{
    *n = *n_failed = 0;
    for (size_t i = 0; i < run->n_tests; i++) {
        const test_record *const t = &run->tests[i];
        *n += t->stage == stage;
        *n_failed += t->stage == stage && t->answer.status != TEST_COMPLETED && t->answer.status != TEST_CANCELED;
    }
}

static void put_stages(document *doc, const run_record *run, int subject)
{
    doc_table(doc, "Stages", STAGES, sizeof STAGES / sizeof *STAGES);
    for (size_t i = 0; i < run->n_stages; i++) {
        const stage_record *const stage = &run->stages[i];
        int64_t n, n_failed;
        if (stage->subject != subject)
            continue;
        count_stage(run, (int)i, &n, &n_failed);
        doc_put(doc, stage->suite);
        doc_put(doc, stage->name);
        cell_integer(doc, n);
        cell_integer(doc, n_failed);
        cell_number(doc, (double)stage->spent_ms / 1e3);
        doc_putf(doc, "%s%s%s", stage_ending_name(stage->ending), stage->reason[0] != '\0' ? ": " : "", stage->reason);
    }
}

/* ---- sessions side by side --------------------------------------------------------------------------------------- */

// clang-format off
static const doc_column LEVELS[] = {
    {"sessions", "", "", true, 0},
    {"all", "tok/s", "of all together, while all are under way", true, 0},
    {"each", "tok/s", "", true, 0},
    {"the law says", "tok/s", "of each", true, 2},
    {"fairness", "", "Jain's index: 1 if all got the same", true, 1},
    {"slowest", "", "session, over the mean", true, 1},
    {"first token", "ms", "p95; of few answers the longest", true, 0},
    {"failed", "", "", true, 1},
};
// clang-format on

static void put_law(document *doc, const degradation_law *law)
{
    char cost[CELL_BYTES], range[CELL_BYTES], error[CELL_BYTES];
    if (isnan(law->cost))
        return;
    format_number(cost, law->cost);
    format_range(range, law->cost_range.low, law->cost_range.high);
    format_percent(error, law->residual);
    doc_paragraph(doc,
                  "Each further session costs a session %s of its time alone%s%s (0: nothing; 1: they share one "
                  "processor). The law r(n) = R / (1 + (n - 1) c) is off by %s %% on average.",
                  cost, range[0] != '\0' ? ", 95 %: " : "", range, error);
}

static void put_levels(document *doc, const stress_analysis *x)
{
    if (x->n_levels == 0)
        return;
    doc_table(doc, "Sessions side by side", LEVELS, sizeof LEVELS / sizeof *LEVELS);
    for (size_t i = 0; i < x->n_levels; i++) {
        const session_level *const level = &x->levels[i];
        cell_integer(doc, level->n_sessions);
        cell_number(doc, level->total_tps);
        cell_number(doc, level->total_tps / level->n_sessions);
        cell_number(doc, degradation_at(&x->law, level->n_sessions));
        cell_score(doc, level->jain);
        cell_score(doc, level->least);
        cell_number(doc, level->ttft_p95_ms);
        cell_integer(doc, (int64_t)level->n_failed);
    }
    put_law(doc, &x->law);
}

/* ---- lengths ----------------------------------------------------------------------------------------------------- */

// clang-format off
static const doc_column RUNGS[] = {
    {"context", "tok", "of the prompt, as the server counts", true, 0},
    {"stage", "", "", false, 1},
    {"answers", "", "", true, 1},
    {"prompt", "tok/s", "", true, 0},
    {"first token", "ms", "", true, 0},
    {"decode", "tok/s", "", true, 0},
};
static const doc_column PARTS[] = {
    {"tokens", "", "of the answer", false, 0},
    {"answers", "", "that are as long", true, 1},
    {"decode", "tok/s", "all of their tokens over all of their time", true, 0},
    {"slowest", "tok/s", "answer", true, 1},
    {"fastest", "tok/s", "answer", true, 1},
};
// clang-format on

static void put_rungs(document *doc, const run_record *run, const stress_analysis *x)
{
    char recovery[CELL_BYTES];
    if (x->n_rungs == 0)
        return;
    doc_table(doc, "Lengths of the context", RUNGS, sizeof RUNGS / sizeof *RUNGS);
    for (size_t i = 0; i < x->n_rungs; i++) {
        const context_rung *const rung = &x->rungs[i];
        cell_integer(doc, rung->prompt_tokens);
        doc_put(doc, rung->stage >= 0 ? run->stages[rung->stage].name : "-");
        cell_integer(doc, (int64_t)rung->n);
        cell_number(doc, rung->prefill_tps);
        cell_number(doc, rung->ttft_ms);
        cell_number(doc, rung->decode_tps);
    }
    format_number(recovery, x->recovery);
    if (!isnan(x->recovery))
        doc_paragraph(doc, "After the longest, the first token of a short prompt took %s of the time before.",
                      recovery);
}

static void put_sections(document *doc, const stress_analysis *x)
{
    if (x->n_sections == 0)
        return;
    doc_table(doc, "Along long answers", PARTS, sizeof PARTS / sizeof *PARTS);
    for (size_t i = 0; i < x->n_sections; i++) {
        const answer_section *const s = &x->sections[i];
        doc_putf(doc, "%zu to %zu", i * SECTION_TOKENS, (i + 1) * SECTION_TOKENS);
        cell_integer(doc, (int64_t)s->n_answers);
        cell_number(doc, s->tps);
        cell_number(doc, s->least);
        cell_number(doc, s->most);
    }
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

void section_stress_verdicts(document *doc, const run_analysis *a)
{
    for (size_t i = 0; i < a->n_subjects; i++) {
        if (a->subjects[i].stress == NULL)
            continue;
        doc_heading(doc, 3, NULL, a->subjects[i].label);
        put_verdicts(doc, a->subjects[i].stress);
        put_faults(doc, a->subjects[i].stress);
    }
}

void section_stress(document *doc, const run_analysis *a, const subject_analysis *s)
{
    if (s->stress == NULL)
        return;
    put_stages(doc, a->run, s->index);
    put_levels(doc, s->stress);
    put_rungs(doc, a->run, s->stress);
    put_sections(doc, s->stress);
}
