/* record.c - the names of statuses, modes, facts and figures, as they are stored and reported. */
#include "results/record.h"

#include <math.h>
#include <string.h>

/* The position of `name` among `n` names, or -1. */
static int find_name(const char *name, const char *const *names, int n)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(name, names[i]) == 0)
            return i;
    }
    return -1;
}

#define STATUS_NAME(name, text) text,
static const char *const STATUS_NAMES[] = {TEST_STATUS_TABLE(STATUS_NAME)};
#undef STATUS_NAME

const char *test_status_name(test_status status)
{
    return STATUS_NAMES[status];
}

// A store of a newer spillway may have a status that this one does not know; it is not a success.
test_status test_status_from_name(const char *name)
{
    const int status = find_name(name, STATUS_NAMES, N_TEST_STATUS);
    return status < 0 ? TEST_INCOMPLETE : (test_status)status;
}

static const char *const FORM_NAMES[] = {"prose", "code", "list"};

const char *text_form_name(text_form form)
{
    return FORM_NAMES[form];
}

int text_form_from_name(const char *name)
{
    return find_name(name, FORM_NAMES, sizeof FORM_NAMES / sizeof *FORM_NAMES);
}

#define MODE_NAME(name, text, meaning) text,
static const char *const MODE_NAMES[] = {TEST_MODE_TABLE(MODE_NAME)};
#undef MODE_NAME

const char *test_mode_name(test_mode mode)
{
    return MODE_NAMES[mode];
}

int test_mode_from_name(const char *name)
{
    return find_name(name, MODE_NAMES, N_TEST_MODES);
}

static const char *const OUTCOME_NAMES[] = {"passed", "failed", "not run"};

const char *check_outcome_name(check_outcome outcome)
{
    return OUTCOME_NAMES[outcome];
}

check_outcome check_outcome_from_name(const char *name)
{
    const int outcome = find_name(name, OUTCOME_NAMES, sizeof OUTCOME_NAMES / sizeof *OUTCOME_NAMES);
    return outcome < 0 ? CHECK_NOT_RUN : (check_outcome)outcome;
}

#define ENDING_NAME(name, text) text,
static const char *const ENDING_NAMES[] = {STAGE_ENDING_TABLE(ENDING_NAME)};
#undef ENDING_NAME

const char *stage_ending_name(stage_ending ending)
{
    return ENDING_NAMES[ending];
}

stage_ending stage_ending_from_name(const char *name)
{
    const int ending = find_name(name, ENDING_NAMES, N_STAGE_ENDINGS);
    return ending < 0 ? STAGE_CUT : (stage_ending)ending;
}

bool stage_is_over(stage_ending ending)
{
    return ending == STAGE_DONE || ending == STAGE_SKIPPED;
}

static const char *const SIDE_NAMES[] = {"offloaded", "reference", "given"};

const char *server_side_name(server_side side)
{
    return SIDE_NAMES[side];
}

server_side server_side_from_name(const char *name)
{
    const int side = find_name(name, SIDE_NAMES, sizeof SIDE_NAMES / sizeof *SIDE_NAMES);
    return side < 0 ? SIDE_GIVEN : (server_side)side;
}

#define REVIEW_NAME(name, text) text,
static const char *const SCORE_NAMES[] = {REVIEW_SCORES(REVIEW_NAME)};
static const char *const FLAG_NAMES[] = {REVIEW_FLAGS(REVIEW_NAME)};
#undef REVIEW_NAME

const char *review_score_name(review_score score)
{
    return SCORE_NAMES[score];
}

const char *review_flag_name(review_flag flag)
{
    return FLAG_NAMES[flag];
}

int review_flag_from_name(const char *name)
{
    return find_name(name, FLAG_NAMES, N_REVIEW_FLAGS);
}

/* ---- facts and samples ------------------------------------------------------------------------------------------- */

#define FACT_ID(name, text, unit, meaning) {text, unit, meaning},
const fact_id FACT_IDS[N_FACT_NAMES] = {FACT_NAMES(FACT_ID)};
#undef FACT_ID

int fact_from_name(const char *name)
{
    for (int i = 0; i < N_FACT_NAMES; i++) {
        if (strcmp(name, FACT_IDS[i].name) == 0)
            return i;
    }
    return -1;
}

// The latest counts: a resumed run measures some facts again.
const fact_record *run_fact(const run_record *run, int subject, int server, fact_name name)
{
    for (size_t i = run->n_facts; i-- > 0;) {
        const fact_record *const f = &run->facts[i];
        if (f->name == name && f->subject == subject && f->server == server)
            return f;
    }
    return NULL;
}

double run_number(const run_record *run, int subject, int server, fact_name name)
{
    const fact_record *const f = run_fact(run, subject, server, name);
    return f != NULL ? f->number : NAN;
}

bool run_is_emulated(const run_record *run)
{
    for (size_t i = 0; i < run->n_facts; i++) {
        if (run->facts[i].name == FACT_DEVICE_EMULATED && strcmp(run->facts[i].text, "yes") == 0)
            return true;
    }
    return false;
}

#define SAMPLE_ID(name, text, unit, meaning) {text, unit, meaning},
const sample_figure_id SAMPLE_FIGURE_IDS[N_SAMPLE_FIGURES] = {SAMPLE_FIGURES(SAMPLE_ID)};
#undef SAMPLE_ID

sample_values sample_values_none(void)
{
    sample_values values;
    for (int i = 0; i < N_SAMPLE_FIGURES; i++)
        values.v[i] = NAN;
    return values;
}

/* ---- reviews ----------------------------------------------------------------------------------------------------- */

const review_record *run_review(const run_record *run, int test, const char *reviewer)
{
    for (size_t i = 0; i < run->n_reviews; i++) {
        if (run->reviews[i].test == test && strcmp(run->reviews[i].reviewer, reviewer) == 0)
            return &run->reviews[i];
    }
    return NULL;
}
