/* section_speed.c - why a model is as fast as it is. */

#include <math.h>

#include "report/format.h"
#include "report/sections/anchors.h"
#include "report/sections/sections.h"

static void put_fact(document *doc, const char *name, double value, const char *unit, const char *meaning)
{
    char cell[CELL_BYTES];
    format_by_unit(cell, value, unit);
    doc_fact(doc, name, meaning, "%s", isfinite(value) ? cell : "");
}

static void put_share(document *doc, const char *name, double share, const char *meaning)
{
    put_fact(doc, name, 100 * share, "%", meaning);
}

void section_speed(document *doc, const subject_analysis *s)
{
    const speed_cause *const c = &s->cause;
    doc_heading(doc, 3, anchor_part(s->index, "speed").text, "Speed and its cause");
    doc_paragraph(doc, "Bottleneck: %s (%s).", bottleneck_name(c->which), c->why);
    doc_facts(doc, DOC_FACTS);
    put_fact(doc, "bytes per token", c->token_bytes, "B", "weights, keys and values that one generated token reads");
    put_fact(doc, "of them experts", c->token_expert_bytes, "B", "routed experts");
    put_fact(doc, "of them keys and values", c->kv_bytes, "B", "at the mean context");
    put_fact(doc, "mean context", c->mean_context, "tok", "positions that a generated token sees");
    put_fact(doc, "effective bandwidth", c->effective_bandwidth, "B/s", "bytes per token x decode rate");
    put_fact(doc, "machine's bandwidth", c->machine_bandwidth, "B/s", "measured beside the run");
    put_share(doc, "share of it", c->share, "effective / machine's bandwidth");
    put_fact(doc, "roofline", c->roofline_tps, "tok/s", "machine's bandwidth / bytes per token");
    put_share(doc, "processor", c->server_cpu_share, "share of all cores that the server used while tests ran");
    put_share(doc, "busy threads", c->busy_share, "share of the threads that the server computes with");
    put_share(doc, "stalls", c->stall_share, "share of the time that was in stalls of the stream");
    put_share(doc, "foreign load", c->foreign_load_share, "share of all cores that other processes used");
    put_fact(doc, "page faults", c->major_faults_per_s, "/s", "of the server, that read storage");
    put_fact(doc, "waiting for memory", c->psi_memory_pct, "%", "pressure on memory");
    doc_fact(doc, "throttling", "the processor lowered its frequency for heat", "%s", c->is_throttled ? "yes" : "no");
}
