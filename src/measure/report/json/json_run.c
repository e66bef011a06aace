/* json_run.c - what identifies a run: protocol, machine, servers with their placement, facts. */
#include <math.h>
#include <string.h>

#include "report/format.h"
#include "report/json/json_parts.h"
#include "report/run_objectives.h"

/* Sizes are exact, other numbers as long as figures are. */
static json_t *number_json(const fact_record *fact)
{
    const bool is_size = strcmp(FACT_IDS[fact->name].unit, "B") == 0 && fabs(fact->number) < 0x1p53;
    return is_size ? json_integer((json_int_t)fact->number) : json_figure(fact->number);
}

static json_t *fact_json(const fact_record *fact)
{
    const bool is_text = strcmp(FACT_IDS[fact->name].unit, "text") == 0;
    return json_pack("{s:o, s:s, s:s}", "value", is_text ? json_string(fact->text) : number_json(fact), "unit",
                     FACT_IDS[fact->name].unit, "source", fact->source);
}

/* The latest of each name; settings that differ are a list of their own. */
json_t *json_of_facts(const run_record *run, int subject, int server)
{
    json_t *facts = json_object();
    for (size_t i = 0; i < run->n_facts; i++) {
        const fact_record *const f = &run->facts[i];
        if (f->subject == subject && f->server == server && f->name != FACT_PROTOCOL_DIFFERENCE)
            json_put(&facts, FACT_IDS[f->name].name, fact_json(f));
    }
    return facts;
}

static json_t *differences_json(const run_record *run)
{
    json_t *list = json_array();
    for (size_t i = 0; i < run->n_facts; i++) {
        if (run->facts[i].name == FACT_PROTOCOL_DIFFERENCE)
            json_push(&list, json_string(run->facts[i].text));
    }
    return list;
}

static json_t *reasons_json(const char *reasons)
{
    json_t *list = json_array();
    while (reasons != NULL && *reasons != '\0') {
        const size_t n = strcspn(reasons, "\n");
        if (n > 0)
            json_push(&list, json_stringn(reasons, n));
        reasons += n + (reasons[n] == '\n');
    }
    return list;
}

static json_t *machine_json(const run_info *i)
{
    return json_pack("{s:s, s:s, s:i, s:o}", "cpu", i->cpu, "os", i->os, "cores", i->n_cores, "memory_bytes",
                     i->memory_bytes > 0 ? json_integer((json_int_t)i->memory_bytes) : json_null());
}

/* Of goodput; null: none. */
static json_t *objectives_json(const run_record *run)
{
    const objectives o = run_objectives(run);
    return json_pack("{s:o, s:o, s:o, s:o}", "ttft_ms", json_figure(o.ttft_ms), "tpot_ms", json_figure(o.tpot_ms),
                     "itl_p99_ms", json_figure(o.itl_p99_ms), "e2e_ms", json_figure(o.e2e_ms));
}

json_t *json_of_run(const run_record *run)
{
    const run_info *const i = &run->info;
    char started[CELL_BYTES];
    format_time(started, i->started_unix_ms);
    json_t *json =
        json_pack("{s:I, s:s, s:I, s:I, s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "id",
                  (json_int_t)i->id, "started", started, "started_unix_ms", (json_int_t)i->started_unix_ms,
                  "finished_unix_ms", (json_int_t)i->finished_unix_ms, "status", i->status, "reasons",
                  reasons_json(i->reasons), "fingerprint", i->fingerprint != NULL ? i->fingerprint : "", "spillway",
                  i->version, "url", i->url, "model", i->model, "protocol", i->protocol_name, "protocol_hash",
                  i->protocol_hash, "command", i->command, "sessions", i->n_sessions, "planned", i->n_planned);
    json_put(&json, "machine", machine_json(i));
    json_put(&json, "objectives", objectives_json(run));
    json_put(&json, "differences", differences_json(run));
    json_put(&json, "facts", json_of_facts(run, -1, -1));
    return json;
}

static json_t *placement_json(const run_record *run, int server)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < run->n_placement; i++) {
        const placement_row *const p = &run->placement[i];
        if (p->server == server)
            json_push(&rows, json_pack("{s:s, s:s, s:s, s:I, s:s}", "tensors", p->tensor_class, "tier", p->tier,
                                       "requested", p->requested, "bytes", (json_int_t)p->bytes, "source", p->source));
    }
    return rows;
}

json_t *json_of_servers(const run_record *run)
{
    json_t *list = json_array();
    for (size_t i = 0; i < run->n_servers; i++) {
        const server_record *const s = &run->servers[i];
        json_t *server = json_pack("{s:i, s:s, s:i, s:s, s:s, s:s, s:I}", "model", s->subject, "side",
                                   server_side_name(s->side), "session", s->session, "url", s->url, "software",
                                   s->software, "command", s->command, "started_ms", (json_int_t)s->started_ms);
        json_put(&server, "facts", json_of_facts(run, s->subject, (int)i));
        json_put(&server, "placement", placement_json(run, (int)i));
        json_push(&list, server);
    }
    return list;
}
