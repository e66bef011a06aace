/* stress_runner.c - the stages of a run in their order: the server of each, and what it left undone.
 *
 * All stages are stored before the first one begins, so that a report of a run that was killed shows what is missing.
 */
#include "stress/stress_runner.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "stress/stress_state.h"
#include "json/json_out.h"

static const double ASSUMED_TPS = 10; // of a session, until its stage has ended; for the time left only

static sw_code out_of_memory(sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory for a stress run");
}

/* ---- the plan ---------------------------------------------------------------------------------------------------- */

static json_t *numbers_json(const int *numbers, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_push(&list, json_integer(numbers[i]));
    return list;
}

static json_t *texts_json(const char *const *texts, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_push(&list, json_string(texts[i]));
    return list;
}

/* What is in effect, with the names of the files; what a stage does not use is left out. */
static const char *parameters_of(const stress_suite *suite, const stress_stage *s, arena *keep)
{
    json_t *out = json_object();
    json_put(&out, "sessions", json_integer(s->n_sessions));
    if (s->n_requests > 0)
        json_put(&out, "requests", json_integer(s->n_requests));
    if (s->duration_s > 0)
        json_put(&out, "duration_s", json_real(s->duration_s));
    if (s->think_s > 0)
        json_put(&out, "think_s", json_real(s->think_s));
    if (s->n_max_tokens > 0)
        json_put(&out, "max_tokens", numbers_json(s->max_tokens, s->n_max_tokens));
    if (s->n_lengths > 0)
        json_put(&out, "lengths", numbers_json(s->lengths, s->n_lengths));
    if (s->arrivals.rate > 0)
        json_put(&out, "rate", json_real(s->arrivals.rate));
    if (s->n_serve > 0)
        json_put(&out, "serve", texts_json(s->serve, s->n_serve));
    json_put(&out, "ignore_eos", json_boolean(s->ignores_eos));
    json_put(&out, "fresh_prefix", json_boolean(s->avoids_prefix));
    json_put(&out, "restart", json_boolean(s->restarts));
    json_put(&out, "temperature", json_real(suite->temperature));
    buf text;
    buf_init(&text, LIMIT_PROTOCOL_BYTES);
    json_write(&text, out);
    const char *const kept = text.failed == SW_OK ? arena_copy(keep, buf_str(&text), text.size) : NULL;
    buf_free(&text);
    return kept;
}

static sw_code plan_stage(stress_run *run, int subject, const stress_suite *suite, const stress_stage *stage,
                          sw_err *err)
{
    planned_stage *const p = &run->stages[run->n++];
    *p = (planned_stage){
        .suite = suite,
        .stage = stage,
        .record = {.subject = subject,
                   .suite = suite->name,
                   .name = stage->name,
                   .work = stress_work_name((stress_work)stage->work),
                   .parameters = parameters_of(suite, stage, run->keep),
                   .n_planned = stress_stage_requests(suite, stage),
                   .planned_s = stage->duration_s,
                   .start_ms = -1,
                   .end_ms = -1,
                   .ending = STAGE_PLANNED,
                   .reason = ""},
        .work = stress_stage_tokens(suite, stage, ASSUMED_TPS),
    };
    return p->record.parameters != NULL ? SW_OK : out_of_memory(err);
}

static sw_code plan(stress_run *run, sw_err *err)
{
    const stress_protocol *const p = run->protocol;
    const size_t n_subjects = run->r.o->subjects->n;
    size_t n = 0;
    for (size_t i = 0; i < p->n_suites; i++)
        n += p->suites[i].n_stages;
    run->stages = arena_alloc(run->keep, (n * n_subjects + 1) * sizeof *run->stages);
    if (run->stages == NULL)
        return out_of_memory(err);
    sw_code code = SW_OK;
    for (size_t subject = 0; subject < n_subjects; subject++) {
        for (size_t i = 0; i < p->n_suites; i++) {
            for (size_t k = 0; code == SW_OK && k < p->suites[i].n_stages; k++)
                code = plan_stage(run, (int)subject, &p->suites[i], &p->suites[i].stages[k], err);
        }
    }
    return code;
}

/* Takes up what earlier sessions stored. */
static sw_code adopt_stages(stress_run *run, sw_err *err)
{
    const run_record *const stored = run->stored;
    if (stored->n_stages > run->n)
        return sw_fail(err, SW_EFORMAT, "the run has %zu stages, and its protocol %zu; start a new run",
                       stored->n_stages, run->n);
    for (size_t i = 0; i < stored->n_stages; i++) {
        const stage_record *const s = &stored->stages[i];
        stage_record *const own = &run->stages[i].record;
        if (strcmp(s->suite, own->suite) != 0 || strcmp(s->name, own->name) != 0 || s->subject != own->subject)
            return sw_fail(err, SW_EFORMAT, "stage %zu of the run is '%.60s', and of its protocol '%.60s'", i, s->name,
                           own->name);
        own->start_ms = s->start_ms;
        own->end_ms = s->end_ms;
        own->spent_ms = s->spent_ms;
        own->ending = s->ending;
        own->reason = s->reason;
    }
    return SW_OK;
}

static sw_code store_plan(stress_run *run, sw_err *err)
{
    sw_code code = adopt_stages(run, err);
    for (size_t i = run->stored->n_stages; code == SW_OK && i < run->n; i++)
        code = stage_save(run, (int)i, err);
    for (size_t i = 0; i < run->stored->n_tests; i++) {
        const test_record *const t = &run->stored->tests[i];
        if (t->stage >= 0) {
            run->n_ended++;
            run->next_index = t->index >= run->next_index ? t->index + 1 : run->next_index;
        }
    }
    for (size_t i = 0; i < run->n; i++) {
        run->r.progress.n_tests += run->stages[i].record.n_planned;
        run->r.progress.work_total += run->stages[i].work;
    }
    return code;
}

/* ---- one stage --------------------------------------------------------------------------------------------------- */

static void name_stage(stress_run *run, int position)
{
    static const test_plan NONE = {.name = "", .group = "", .prompt = "", .expected = ""};
    runner_progress *const p = &run->r.progress;
    const stage_record *const s = &run->stages[position].record;
    buf text;
    buf_init(&text, 1024);
    buf_printf(&text, "%s, %s", s->suite, s->name);
    // A display keeps the name for longer than the run is under way.
    const char *const mode = text.failed == SW_OK ? arena_copy(run->protocol->keep, buf_str(&text), text.size) : NULL;
    buf_free(&text);
    p->mode = mode != NULL ? mode : "";
    p->model = run->r.has_models ? run->r.o->subjects->items[s->subject].record.name : "";
    p->plan = &NONE;
    p->number = run->n_ended + 1;
    p->work_done = run->work_before;
}

/* Why this stage cannot be run with a server that runs already; NULL: it can. */
static const char *skip_reason(const stress_run *run, const stress_stage *s)
{
    if (run->r.o->bench->url == NULL)
        return NULL;
    return s->restarts       ? "a server of --url is not restarted"
           : s->n_serve > 0  ? "a server of --url keeps the options that it was started with"
           : s->is_reference ? "a server of --url has one placement: there is no other side"
                             : NULL;
}

/* The server of the stage: opened, stored and warm.  Its failures are in run->r.trouble. */
static sw_code ready_host(stress_run *run, const planned_stage *p, sw_err *err)
{
    runner *const r = &run->r;
    const stress_stage *const s = p->stage;
    const bench_step first = {
        .subject = p->record.subject,
        .side = s->is_reference                                     ? SIDE_REFERENCE
                : r->o->bench->url != NULL || r->o->bench->is_plain ? SIDE_GIVEN
                                                                    : SIDE_OFFLOADED,
    };
    if (s->restarts)
        host_pool_close_all(r->o->hosts);
    host_pool_set_options(r->o->hosts, s->serve, s->n_serve);
    runner_report(r, RUNNER_LOADING);
    r->host = NULL;
    r->trouble = host_pool_get(r->o->hosts, first.subject, first.side, &r->host, &r->trouble_err);
    if (r->trouble == SW_ECANCELED || r->trouble == SW_ENOMEM) {
        *err = r->trouble_err;
        return r->trouble;
    }
    if (r->trouble != SW_OK) {
        r->host = NULL;
        return SW_OK;
    }
    const sw_code code = host_pool_store(r->o->hosts, r->host, err);
    return code == SW_OK && !r->host->is_warm ? warmup_run(r, &first, err) : code;
}

/* A stage that could not begin says why. */
static sw_code end_unbegun(stress_run *run, int position, stage_ending ending, const char *reason, sw_err *err)
{
    stage_record *const s = &run->stages[position].record;
    s->ending = ending;
    s->reason = reason;
    const sw_code code = stage_save(run, position, err);
    s->reason = "";
    return code;
}

static sw_code run_stage(stress_run *run, int position, sw_err *err)
{
    planned_stage *const p = &run->stages[position];
    const char *const skip = skip_reason(run, p->stage);
    name_stage(run, position);
    if (skip != NULL)
        return end_unbegun(run, position, STAGE_SKIPPED, skip, err);
    sw_code code = ready_host(run, p, err);
    name_stage(run, position); // the warm-up has other names
    if (code == SW_OK && run->r.trouble != SW_OK)
        return end_unbegun(run, position, STAGE_FAILED, run->r.trouble_err.msg, err);
    if (code == SW_OK)
        code = stage_run_missing(run, position, err);
    return code;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

/* The first server that failed is the one that is reported; another model may still be run. */
static sw_code run_all(stress_run *run, sw_err *err)
{
    sw_err first_err = {0};
    sw_code code = SW_OK, first = SW_OK;
    for (size_t i = 0; code == SW_OK && i < run->n; i++) {
        if (!stage_is_over(run->stages[i].record.ending))
            code = run_stage(run, (int)i, err);
        run->work_before += run->stages[i].work;
        if (run->r.trouble != SW_OK && first == SW_OK) {
            first = run->r.trouble;
            first_err = run->r.trouble_err;
        }
        if (run->r.trouble != SW_OK && run->r.o->bench->url != NULL)
            break;
        run->r.trouble = SW_OK;
    }
    if (code == SW_OK && first != SW_OK) {
        *err = first_err;
        code = first;
    }
    return code;
}

static sw_code run_task(void *ud, const runner_options *options, runner_result *result, sw_err *err)
{
    const stress_task *const task = ud;
    run_record *stored = NULL;
    stress_run run = {
        .r = {.o = options,
              .samples = mem_calloc(WATCH_KEPT, sizeof *run.r.samples),
              .raw_samples = mem_calloc(WATCH_KEPT, sizeof *run.r.raw_samples),
              .has_models = options->subjects->n > 1,
              .has_modes = true,
              .n_warmups = options->n_warmups,
              .begin_ns = clock_now_ns(options->bench->clock),
              .progress = {.model = "", .mode = ""}},
        .protocol = task->protocol,
        .keep = arena_create(),
    };
    (void)result;
    sw_code code = run.keep != NULL && run.r.samples != NULL && run.r.raw_samples != NULL
                       ? store_load_run(options->store, options->run_id, &stored, err)
                       : out_of_memory(err);
    run.stored = stored;
    if (code == SW_OK)
        code = plan(&run, err);
    if (code == SW_OK)
        code = store_plan(&run, err);
    if (code == SW_OK)
        code = run_all(&run, err);
    run_record_free(stored);
    arena_free(run.keep);
    mem_free(run.r.samples);
    mem_free(run.r.raw_samples);
    return code;
}

/* ---- the task ---------------------------------------------------------------------------------------------------- */

/* The names of the suites, with commas between. */
static const char *name_of(const stress_protocol *p, arena *keep)
{
    buf text;
    buf_init(&text, 8192);
    buf_puts(&text, "stress: ");
    for (size_t i = 0; i < p->n_suites; i++)
        buf_printf(&text, "%s%s", i > 0 ? ", " : "", p->suites[i].name);
    const char *const name = text.failed == SW_OK ? arena_copy(keep, buf_str(&text), text.size) : NULL;
    buf_free(&text);
    return name;
}

/* A session knows protocols of benchmarks: this one has no tests, and one warm-up. */
static sw_code session_protocol(const stress_protocol *p, bench_protocol **out, sw_err *err)
{
    static const char EMPTY[] = "{\"version\": 1, \"name\": \"stress\", \"warmup\": {\"prompt\": \"Say hello.\", "
                                "\"max_tokens\": 8}, \"tests\": [{\"name\": \"-\", \"prompt\": \"-\", \"max_tokens\": "
                                "1}]}";
    const sw_code code = protocol_parse(out, EMPTY, strlen(EMPTY), "the session's protocol", NULL, err);
    if (code != SW_OK)
        return code;
    bench_protocol *const own = *out;
    own->n_tests = 0;
    own->settings.temperature = p->suites[0].temperature;
    own->name = name_of(p, own->keep);
    own->json = p->json;
    memcpy(own->hash, p->hash, sizeof own->hash);
    if (own->name != NULL)
        return SW_OK;
    protocol_free(own);
    *out = NULL;
    return out_of_memory(err);
}

static sw_code load(void *ud, bench_protocol **out, sw_err *err)
{
    stress_task *const task = ud;
    const sw_code code = stress_protocol_choose(&task->protocol, task->choice, err);
    return code == SW_OK ? session_protocol(task->protocol, out, err) : code;
}

static sw_code adopt(void *ud, bench_protocol **out, const char *json, sw_err *err)
{
    stress_task *const task = ud;
    const sw_code code = stress_protocol_parse(&task->protocol, json, strlen(json), "the stored run's protocol", err);
    return code == SW_OK ? session_protocol(task->protocol, out, err) : code;
}

bench_task stress_task_begin(stress_task *task, const stress_choice *choice)
{
    *task = (stress_task){.choice = choice};
    return (bench_task){.ud = task, .load = load, .adopt = adopt, .run = run_task};
}

void stress_task_end(stress_task *task)
{
    stress_protocol_free(task->protocol);
    task->protocol = NULL;
}
