/* readiness.c - the rule and its parts. */
#include "figures/readiness.h"

#include <string.h>

const char READINESS_RULE[] =
    "Not ready: the run is invalid or not complete, all-complete is not met, or one of loads-offloaded, smooth, "
    "no-loops, coherent, accurate and preserves-quality failed. Ready: every criterion is met; vram-saving, "
    "long-answer "
    "and preserves-quality may be inconclusive. Ready with limits: everything else, and the criteria named are the "
    "limits.";

static const char *const NEEDED[] = {"loads-offloaded", "smooth",   "no-loops",
                                     "coherent",        "accurate", "preserves-quality"};
static const char *const MAY_BE_OPEN[] = {"vram-saving", "long-answer", "preserves-quality"};

const char *readiness_name(readiness_verdict verdict)
{
    static const char *const NAMES[] = {"ready", "ready with limits", "not ready"};
    return NAMES[verdict];
}

static bool is_listed(const char *const *list, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i], id) == 0)
            return true;
    }
    return false;
}

static bool rules_out(const criterion_row *row)
{
    if (strcmp(row->id, "all-complete") == 0)
        return row->verdict != CRITERION_MET;
    return row->verdict == CRITERION_FAILED && is_listed(NEEDED, sizeof NEEDED / sizeof *NEEDED, row->id);
}

static bool limits(const criterion_row *row)
{
    return row->verdict == CRITERION_FAILED ||
           (row->verdict == CRITERION_INCONCLUSIVE &&
            !is_listed(MAY_BE_OPEN, sizeof MAY_BE_OPEN / sizeof *MAY_BE_OPEN, row->id));
}

/* Collects the rows of the model for which `decides` holds. */
static void collect(readiness *r, const criteria_list *criteria, int subject, bool (*decides)(const criterion_row *row))
{
    r->n_rows = 0;
    for (size_t i = 0; i < criteria->n && r->n_rows < sizeof r->rows / sizeof *r->rows; i++) {
        const criterion_row *const row = &criteria->rows[i];
        if (!row->is_expectation && row->subject == subject && decides(row))
            r->rows[r->n_rows++] = row;
    }
}

readiness readiness_of(const run_record *run, const criteria_list *criteria, int subject)
{
    static const char *const UNFIT[] = {"invalid", "aborted", "running"};
    readiness r = {.verdict = READINESS_NOT_READY, .why = ""};
    if (is_listed(UNFIT, sizeof UNFIT / sizeof *UNFIT, run->info.status))
        r.why = strcmp(run->info.status, "invalid") == 0 ? "the run is invalid" : "the run is not complete";
    collect(&r, criteria, subject, rules_out);
    if (r.n_rows > 0 || r.why[0] != '\0')
        return r;
    collect(&r, criteria, subject, limits);
    r.verdict = r.n_rows > 0 ? READINESS_WITH_LIMITS : READINESS_READY;
    return r;
}
