/* criterion_row.c - verdicts and their sentences. */
#include "figures/criterion_row.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

const char *criterion_verdict_name(criterion_verdict verdict)
{
    static const char *const NAMES[] = {"met", "failed", "inconclusive"};
    return NAMES[verdict];
}

void criterion_find(criterion_row *row, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(row->found, sizeof row->found, format, args);
    va_end(args);
    utf8_replace_invalid(row->found, strlen(row->found)); // a name may have been cut inside a character
}

criterion_verdict criterion_verdict_if(bool is_met)
{
    return is_met ? CRITERION_MET : CRITERION_FAILED;
}

bool criterion_is_completed(const summary_row *row)
{
    return row->test->answer.status == TEST_COMPLETED;
}

/* The streamed tests: what the protocol speaks of. */
const run_summary *criterion_streamed(const subject_analysis *s)
{
    return &s->modes[MODE_STREAM];
}
