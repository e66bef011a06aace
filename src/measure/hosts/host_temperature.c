/* host_temperature.c - the temperature in effect as a fact about a server. */
#include <stdio.h>

#include "hosts/host.h"
#include "hosts/host_state.h"
#include "hosts/temperature_probe.h"

static void put_found(fact_list *facts, const temperature_probe_result *r)
{
    char interval[64];
    fact_list_text(facts, FACT_TEMPERATURE_SOURCE, r->is_known ? "draws" : "not verified",
                   r->is_known ? "measured" : r->reason);
    if (!r->is_known)
        return;
    snprintf(interval, sizeof interval, "%.3g to %.3g", r->estimate.low, r->estimate.high);
    fact_list_number_text(facts, FACT_TEMPERATURE_FOUND, r->estimate.found, interval, "measured");
}

sw_code host_probe_temperature(bench_host *h, double asked, bool *agrees_out, sw_err *err)
{
    temperature_probe_result result;
    *agrees_out = true;
    if (h->about.is_spillway) {
        fact_list_text(&h->facts, FACT_TEMPERATURE_SOURCE, "answer", "sampling");
        return SW_OK;
    }
    const temperature_probe_options options = {
        .target = h->target, .model = host_model(h), .temperature = asked, .clock = h->o.clock, .cancel = h->o.cancel};
    const sw_code code = temperature_probe_run(&result, &options, err);
    if (code != SW_OK)
        return code;
    put_found(&h->facts, &result);
    *agrees_out = !result.is_known || result.agrees;
    return h->facts.failed ? sw_fail(err, SW_ENOMEM, "out of memory for facts about a server") : SW_OK;
}
