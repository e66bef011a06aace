/* bench_facts.c - what is stored of a run before its first request: machine, settings, models.
 *
 * Invariant: the models are stored last, so that a run that has all of them has the rest too.
 */
#include <math.h>
#include <string.h>

#include "hosts/machine_facts.h"
#include "suite/bench_state.h"

/* Returns true if the weights that a token needs are known of a model: only then the bandwidth of memory says
 * something.
 */
static bool knows_weights(const bench_session *b)
{
    for (size_t i = 0; i < b->subjects.n; i++) {
        for (size_t k = 0; k < b->subjects.items[i].n_facts; k++) {
            const fact_record *const f = &b->subjects.items[i].facts[k];
            if (f->name == FACT_TOKEN_BYTES && f->number > 0)
                return true;
        }
    }
    return false;
}

sw_code bench_machine_facts(bench_session *b, const fact_record **out, size_t *n_out, sw_err *err)
{
    return machine_facts_of_run(b->dir, knows_weights(b), b->keep, out, n_out, err);
}

/* Appends what is known of the objectives; returns how many facts there are then. */
static size_t put_objectives(const protocol_settings *s, fact_record *facts, size_t n)
{
    const struct {
        fact_name name;
        double ms;
    } rows[] = {{FACT_OBJECTIVE_TTFT_MS, s->slo_ttft_ms},
                {FACT_OBJECTIVE_TPOT_MS, s->slo_tpot_ms},
                {FACT_OBJECTIVE_ITL_P99_MS, s->slo_itl_p99_ms},
                {FACT_OBJECTIVE_E2E_MS, s->slo_e2e_ms}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!isnan(rows[i].ms))
            facts[n++] = (fact_record){-1, -1, rows[i].name, rows[i].ms, "", "protocol"};
    }
    return n;
}

/* The settings in effect that reports need, and one fact for each line that differs from the protocol. */
static sw_code store_settings(bench_session *b, const char *skipped, sw_err *err)
{
    enum { FACTS_MAX = 2100 }; // the settings, and two for every test of a protocol
    fact_record *const facts = arena_alloc(b->keep, FACTS_MAX * sizeof *facts);
    char *const lines = arena_copy(b->keep, buf_str(&b->differences), b->differences.size);
    size_t n = 0;
    if (facts == NULL || lines == NULL)
        return bench_out_of_memory(err);
    if (skipped[0] != '\0')
        facts[n++] = (fact_record){-1, -1, FACT_REFERENCE_SKIPPED, NAN, skipped, "options"};
    n = put_objectives(&b->protocol->settings, facts, n);
    for (char *line = lines; *line != '\0' && n < FACTS_MAX;) {
        char *const end = strchr(line, '\n');
        *end = '\0';
        facts[n++] = (fact_record){-1, -1, FACT_PROTOCOL_DIFFERENCE, NAN, line, "options"};
        line = end + 1;
    }
    return store_add_facts(b->store, b->run_id, facts, n, err);
}

static sw_code store_subjects(bench_session *b, sw_err *err)
{
    sw_code code = SW_OK;
    for (size_t i = 0; code == SW_OK && i < b->subjects.n; i++) {
        const bench_subject *const s = &b->subjects.items[i];
        fact_record *const facts = arena_alloc(b->keep, (s->n_facts + 1) * sizeof *facts);
        if (facts == NULL)
            return bench_out_of_memory(err);
        for (size_t k = 0; k < s->n_facts; k++) {
            facts[k] = s->facts[k];
            facts[k].subject = (int)i;
        }
        code = store_put_subject(b->store, b->run_id, (int)i, &s->record, err);
        if (code == SW_OK)
            code = store_add_facts(b->store, b->run_id, facts, s->n_facts, err);
    }
    return code;
}

sw_code bench_describe(bench_session *b, const fact_record *machine, size_t n_machine, const char *skipped, sw_err *err)
{
    sw_code code = store_add_facts(b->store, b->run_id, machine, n_machine, err);
    if (code == SW_OK)
        code = store_settings(b, skipped, err);
    return code == SW_OK ? store_subjects(b, err) : code;
}
