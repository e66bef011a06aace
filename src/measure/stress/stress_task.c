/* stress_task.c - a stress protocol as the task of a session: what the session knows as its protocol, and the run. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "stress/stress_state.h"
#include "stress/stress_task.h"

static sw_code out_of_memory(sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory for a stress protocol");
}

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

static sw_code run(void *ud, const runner_options *options, runner_result *result, sw_err *err)
{
    const stress_task *const task = ud;
    (void)result; // no time budget
    return stress_run_all(task->protocol, options, err);
}

bench_task stress_task_begin(stress_task *task, const stress_choice *choice)
{
    *task = (stress_task){.choice = choice};
    return (bench_task){.ud = task, .load = load, .adopt = adopt, .run = run};
}

void stress_task_end(stress_task *task)
{
    stress_protocol_free(task->protocol);
    task->protocol = NULL;
}
