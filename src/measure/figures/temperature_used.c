/* temperature_used.c - what the answer says goes before what its server's draws show. */
#include "figures/temperature_used.h"

#include <math.h>

temperature_used temperature_used_of(const run_record *run, const test_record *test)
{
    const fact_record *const source = run_fact(run, test->subject, test->server, FACT_TEMPERATURE_SOURCE);
    const fact_record *const found = run_fact(run, test->subject, test->server, FACT_TEMPERATURE_FOUND);
    const bool is_told = !isnan(test->answer.temperature);
    temperature_used t = {.value = test->answer.temperature, .interval = "", .source = "not verified"};
    if (!is_told && found != NULL) {
        t.value = found->number;
        t.interval = found->text;
    }
    if (source != NULL && source->text[0] != '\0')
        t.source = source->text;
    else if (is_told)
        t.source = "answer";
    return t;
}
