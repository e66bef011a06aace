/* stress_protocol.c - reads suites, scales them, and joins built-in ones and files to the protocol of a run. */
#include "stress/stress_protocol.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/limits.h"
#include "protocol/protocol_text.h"
#include "stress/stress_suites.h"
#include "stress/stress_tables.h"

static const double SCALE_MIN = 1e-6, SCALE_MAX = 1000, DURATION_MAX = 30 * 24 * 3600.0;

/* ---- one document ------------------------------------------------------------------------------------------------ */

/* At least one request, and at least a second unless the file asks for less.  A duration that a command asks for is of
 * stages that ask. */
static void scale_stage(stress_stage *s, const stress_protocol *p)
{
    if (s->n_requests > 0)
        s->n_requests = (int)fmin(fmax(1, round(s->n_requests * p->scale)), 1e6);
    if (s->duration_s > 0 && p->duration_s > 0 && s->work != WORK_IDLE)
        s->duration_s = p->duration_s;
    else if (s->duration_s > 0)
        s->duration_s = fmax(fmin(1, s->duration_s), s->duration_s * p->scale);
}

static bool read_suites(json_reader *r, const json_place *at, const json_t *list, stress_protocol *p)
{
    const size_t n = json_array_size(list);
    if (n == 0 || n > STRESS_SUITES_MAX)
        return json_fail_type(r, at, "a list of 1 to 64 suites");
    p->suites = arena_alloc(r->keep, n * sizeof *p->suites);
    if (p->suites == NULL)
        return json_fail_memory(r);
    for (size_t i = 0; i < n; i++) {
        const json_place here = {at, NULL, i};
        stress_suite *const s = &p->suites[i];
        if (!stress_read_suite(r, &here, json_array_get(list, i), s))
            return false;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(p->suites[k].name, s->name) == 0)
                return json_fail(r, &here, JSON_FAULT_RANGE, "two suites have the name \"%.60s\"", s->name);
        }
        for (size_t k = 0; k < s->n_stages; k++)
            scale_stage(&s->stages[k], p);
    }
    p->n_suites = n;
    return true;
}

static bool take_suites(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    return read_suites(r, at, value, target);
}

/* Several suites, or one that is the document itself. */
static bool read_document(json_reader *r, const json_t *root, stress_protocol *p)
{
    // clang-format off
#define AT(member) offsetof(stress_protocol, member)
    static const json_field FIELDS[] = {
        {.name = "scale", .type = FIELD_DOUBLE, .offset = AT(scale), .min = SCALE_MIN, .max = SCALE_MAX},
        {.name = "duration_s", .type = FIELD_DOUBLE, .offset = AT(duration_s), .min = 0, .max = DURATION_MAX},
        {.name = "suites", .type = FIELD_CUSTOM, .take = take_suites, .is_required = true}, // after the scale
    };
#undef AT
    // clang-format on
    static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS, .refuse_unknown = true};
    if (json_object_get(root, "suites") != NULL)
        return json_read_object(r, NULL, root, &TABLE, p);
    p->suites = arena_alloc(r->keep, sizeof *p->suites);
    p->n_suites = 1;
    return p->suites != NULL ? stress_read_suite(r, NULL, root, p->suites) : json_fail_memory(r);
}

static bool keep_text(json_reader *r, stress_protocol *p, const char *json, size_t n)
{
    protocol_hash(json, n, p->hash);
    p->json = arena_copy(p->keep, json, n);
    return p->json != NULL || json_fail_memory(r);
}

static stress_protocol *create(void)
{
    stress_protocol *const p = mem_calloc(1, sizeof *p);
    if (p == NULL || (p->keep = arena_create()) == NULL) {
        mem_free(p);
        return NULL;
    }
    p->scale = 1;
    return p;
}

sw_code stress_protocol_parse(stress_protocol **out, const char *json, size_t n, const char *source, sw_err *err)
{
    *out = NULL;
    json_reader r = {.document = "a stress protocol"};
    json_t *const root =
        json_load_text(&r, json, n, &(json_load_options){LIMIT_PROTOCOL_BYTES, .refuse_repeated = true});
    stress_protocol *const p = root != NULL ? create() : NULL;
    if (p != NULL) {
        r.keep = p->keep;
        if (read_document(&r, root, p) && keep_text(&r, p, json, n))
            *out = p;
    } else if (root != NULL) {
        json_fail_memory(&r);
    }
    json_decref(root);
    if (*out != NULL)
        return SW_OK;
    stress_protocol_free(p);
    return protocol_fault(&r, json, n, source, err);
}

void stress_protocol_free(stress_protocol *p)
{
    if (p == NULL)
        return;
    arena_free(p->keep);
    mem_free(p);
}

sw_code stress_protocol_load(stress_protocol **out, const char *path, sw_err *err)
{
    char *text;
    size_t n;
    *out = NULL;
    sw_code code = file_slurp(path, LIMIT_PROTOCOL_BYTES, &text, &n, err);
    if (code != SW_OK)
        return code;
    code = stress_protocol_parse(out, text, n, path, err);
    mem_free(text);
    return code;
}

/* ---- several of them --------------------------------------------------------------------------------------------- */

static sw_code out_of_memory(sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory for a stress protocol");
}

/* Appends what a text that was parsed before holds: one suite, or several. */
static sw_code append(json_t *suites, const char *text, size_t n, sw_err *err)
{
    json_t *const root = json_loadb(text, n, 0, NULL);
    json_t *const several = json_object_get(root, "suites");
    const int failed = several != NULL ? json_array_extend(suites, several) : json_array_append(suites, root);
    json_decref(root);
    return failed == 0 ? SW_OK : out_of_memory(err);
}

static sw_code append_built_in(json_t *suites, const char *name, bool is_scenario, sw_err *err)
{
    const built_in_suite *const suite = stress_suite_find(name, is_scenario);
    if (suite == NULL)
        return sw_fail(err, SW_EINVAL, "there is no %s '%.100s'; `spillway stress --list` shows which there are",
                       is_scenario ? "scenario" : "suite", name);
    return append(suites, (const char *)suite->json, *suite->size, err);
}

static sw_code append_file(json_t *suites, const char *path, sw_err *err)
{
    stress_protocol *p;
    sw_code code = stress_protocol_load(&p, path, err);
    if (code != SW_OK)
        return code;
    code = append(suites, p->json, strlen(p->json), err);
    stress_protocol_free(p);
    return code;
}

static sw_code append_all(json_t *suites, const stress_choice *c, sw_err *err)
{
    sw_code code = SW_OK;
    const bool is_default = c->n_suites + c->n_scenarios + c->n_files == 0;
    for (size_t i = 0; code == SW_OK && is_default && i < N_STRESS_SUITES; i++) {
        if (!STRESS_SUITES[i].is_scenario)
            code = append_built_in(suites, STRESS_SUITES[i].name, false, err);
    }
    for (size_t i = 0; code == SW_OK && i < c->n_suites; i++)
        code = append_built_in(suites, c->suites[i], false, err);
    for (size_t i = 0; code == SW_OK && i < c->n_scenarios; i++)
        code = append_built_in(suites, c->scenarios[i], true, err);
    for (size_t i = 0; code == SW_OK && i < c->n_files; i++)
        code = append_file(suites, c->files[i], err);
    return code;
}

sw_code stress_protocol_choose(stress_protocol **out, const stress_choice *c, sw_err *err)
{
    *out = NULL;
    json_t *const suites = json_array();
    if (suites == NULL)
        return out_of_memory(err);
    sw_code code = append_all(suites, c, err);
    json_t *const root =
        code == SW_OK ? json_pack("{s:f, s:f, s:O}", "scale", c->scale, "duration_s", c->duration_s, "suites", suites)
                      : NULL;
    char *const text = root != NULL ? json_dumps(root, JSON_INDENT(1)) : NULL;
    if (code == SW_OK)
        code = text != NULL ? stress_protocol_parse(out, text, strlen(text), "the chosen suites", err)
                            : out_of_memory(err);
    free(text); // jansson allocates it
    json_decref(root);
    json_decref(suites);
    return code;
}

/* ---- how much it is ---------------------------------------------------------------------------------------------- */

int stress_stage_requests(const stress_suite *suite, const stress_stage *s)
{
    switch (s->work) {
    case WORK_SESSIONS: return s->n_sessions * s->n_requests;
    case WORK_TRANSPORTS: return (int)(suite->n_prompts * s->n_routes) * (s->n_requests > 0 ? s->n_requests : 1);
    case WORK_SECTIONS: return s->n_requests * (int)suite->n_prompts;
    case WORK_LADDER: return (int)s->n_lengths + 1;
    case WORK_PROBLEMS: return s->n_requests * (int)(s->n_problems * s->n_levels);
    case WORK_QUESTIONS: return s->n_requests; // 0: all of the bank
    case WORK_CONVERSATION:
        return s->duration_s > 0 ? 0 : s->n_sessions * s->n_turns * (s->n_requests > 0 ? s->n_requests : 1);
    case WORK_SECRETS: return (int)s->n_lengths * STRESS_DEPTHS + 1;
    case WORK_ARRIVALS:
        return s->n_requests > 0 ? s->n_requests : (int)fmin(s->duration_s * s->arrivals.rate + 1, STRESS_SESSIONS_MAX);
    default: return 0;
    }
}

static double mean_max_tokens(const stress_stage *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->n_max_tokens; i++)
        sum += s->max_tokens[i];
    return s->n_max_tokens > 0 ? sum / (double)s->n_max_tokens : 0;
}

double stress_stage_tokens(const stress_suite *suite, const stress_stage *s, double tps)
{
    const int n = stress_stage_requests(suite, s);
    return n > 0 ? n * mean_max_tokens(s) : s->duration_s * tps * s->n_sessions;
}

double stress_stage_seconds(const stress_suite *suite, const stress_stage *s, double tps)
{
    const int n = stress_stage_requests(suite, s);
    if (s->work == WORK_ARRIVALS)
        return n / s->arrivals.rate + mean_max_tokens(s) / tps;
    const double asked_s = n > 0 ? n * (mean_max_tokens(s) / tps + s->think_s) / s->n_sessions : s->duration_s;
    return s->duration_s > 0 ? fmin(asked_s, s->duration_s) : asked_s;
}
