/* stress_protocol.c - reads suites and criteria, and scales suites. */
#include "stress/stress_protocol.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/limits.h"
#include "figures/stress/criteria_file.h"
#include "protocol/protocol_text.h"
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

static bool take_criteria(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    return stress_criteria_read(r, at, value, &((stress_protocol *)target)->criteria);
}

static bool take_nothing(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)r, (void)f, (void)at, (void)value, (void)target;
    return true;
}

/* A file of criteria alone: all of it but the version goes to the protocol. */
typedef struct criteria_fields {
    stress_protocol *protocol;
    int64_t version;
} criteria_fields;

static bool take_list(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    return take_criteria(r, f, at, value, ((criteria_fields *)target)->protocol);
}

static bool read_criteria(json_reader *r, const json_t *root, stress_protocol *p)
{
    // clang-format off
    static const json_field FIELDS[] = {
        {.name = "$schema", .type = FIELD_CUSTOM, .take = take_nothing},
        {.name = "version", .type = FIELD_INT64, .offset = offsetof(criteria_fields, version), .min = 1, .max = 1, .is_required = true},
        {.name = "criteria", .type = FIELD_CUSTOM, .take = take_list, .is_required = true},
    };
    // clang-format on
    static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS, .refuse_unknown = true};
    criteria_fields f = {.protocol = p};
    return json_read_object(r, NULL, root, &TABLE, &f);
}

/* Several suites, or one that is the document itself, or criteria without any. */
static bool read_document(json_reader *r, const json_t *root, stress_protocol *p)
{
    // clang-format off
#define AT(member) offsetof(stress_protocol, member)
    static const json_field FIELDS[] = {
        {.name = "scale", .type = FIELD_DOUBLE, .offset = AT(scale), .min = SCALE_MIN, .max = SCALE_MAX},
        {.name = "duration_s", .type = FIELD_DOUBLE, .offset = AT(duration_s), .min = 0, .max = DURATION_MAX},
        {.name = "criteria", .type = FIELD_CUSTOM, .take = take_criteria},
        {.name = "suites", .type = FIELD_CUSTOM, .take = take_suites, .is_required = true}, // after the scale
    };
#undef AT
    // clang-format on
    static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof *FIELDS, .refuse_unknown = true};
    if (json_object_get(root, "suites") != NULL)
        return json_read_object(r, NULL, root, &TABLE, p);
    if (json_object_get(root, "criteria") != NULL)
        return read_criteria(r, root, p);
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
