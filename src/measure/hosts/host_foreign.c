/* host_foreign.c - where another program's model is, as far as it can be seen from outside.
 *
 * Its log says most, then what it claims itself, then the memory of its process.  None of them is certain, and each row
 * and sentence says where it is from.
 */
#include <math.h>
#include <string.h>

#include "hosts/host.h"
#include "hosts/host_state.h"
#include "hosts/log_evidence.h"
#include "hosts/member.h"
#include "hosts/process_evidence.h"
#include "hosts/process_model.h"
#include "hosts/server_post.h"
#include "hosts/subject_file.h"

enum { EVIDENCE_BYTES = 4096, LOG_BYTES_MAX = 4 << 20, OLLAMA_LOAD_SECONDS = 600 };

/* What is concluded so far. */
typedef struct conclusion {
    experts_place place;
    const char *source;
    buf evidence; // sentences of all sources
} conclusion;

/* The first source that knows is the one that counts; those after it are evidence. */
static void conclude(conclusion *c, experts_place place, const char *source)
{
    if (c->place == EXPERTS_NOT_KNOWN && place != EXPERTS_NOT_KNOWN) {
        c->place = place;
        c->source = source;
    }
}

static void begin_sentence(conclusion *c)
{
    if (c->evidence.size > 0)
        buf_puts(&c->evidence, ". ");
}

static model_bytes bytes_of(const bench_subject *s)
{
    model_bytes m = {NAN, NAN, NAN};
    for (size_t i = 0; i < s->n_facts; i++) {
        m.experts = s->facts[i].name == FACT_EXPERT_BYTES ? s->facts[i].number : m.experts;
        m.table = s->facts[i].name == FACT_TOKEN_TABLE_BYTES ? s->facts[i].number : m.table;
    }
    if (s->record.file_bytes > 0)
        m.weights = (double)s->record.file_bytes;
    return m;
}

/* Of the model that is measured; if its file is not known, of the one that the server's process has open. */
static sw_code find_bytes(const bench_host *h, model_bytes *out, sw_err *err)
{
    char path[PATH_MAX];
    bench_subject found;
    sw_err why = {0};
    *out = bytes_of(h->o.subject);
    if (h->o.subject->path != NULL || h->pid == 0 || !process_model_path(h->pid, path))
        return SW_OK;
    const sw_code code = subject_file_read(&found, path, h->keep, &why);
    if (code == SW_OK)
        *out = bytes_of(&found);
    return code == SW_ENOMEM ? sw_fail(err, code, "%s", why.msg) : SW_OK;
}

/* ---- sources ----------------------------------------------------------------------------------------------------- */

static sw_code look_at_log(bench_host *h, const model_bytes *m, conclusion *c, sw_err *err)
{
    buf log;
    buf_init(&log, LOG_BYTES_MAX);
    const bool is_there = h->pid != 0 && process_model_log(h->pid, &log);
    const log_sums sums = log_evidence_read(buf_str(&log), is_there ? log.size : 0);
    buf_free(&log);
    if (sums.n_lines == 0)
        return SW_OK;
    conclude(c, log_evidence_place(&sums, m, &c->evidence), "log");
    return log_evidence_rows(&sums, h->keep, &h->rows, &h->n_rows, err);
}

/* Ollama's own list of what is loaded; NULL: it has none.  It loads with the first request. */
static sw_code ask_ollama(bench_host *h, json_t **out, sw_err *err)
{
    sw_err why = {0};
    *out = NULL;
    sw_code code = server_post_token(h->target, host_model(h), OLLAMA_LOAD_SECONDS, h->o.cancel, &why);
    if (code != SW_ECANCELED && code != SW_ENOMEM)
        code = target_get_json(h->target, "/api/ps", out, &why);
    return code == SW_ECANCELED || code == SW_ENOMEM ? sw_fail(err, code, "%s", why.msg) : SW_OK;
}

static experts_place claimed_place(double in_vram, double all)
{
    if (in_vram == 0)
        return EXPERTS_IN_RAM;
    return in_vram >= all ? EXPERTS_IN_VRAM : EXPERTS_NOT_KNOWN; // a part may be experts or others
}

/* Of one model: all its bytes, and those in VRAM. */
static sw_code take_claim(bench_host *h, const json_t *entry, conclusion *c, sw_err *err)
{
    const double all = member_number(entry, "size"), in_vram = member_number(entry, "size_vram");
    if (!(all > 0) || !(in_vram >= 0 && in_vram <= all))
        return SW_OK;
    begin_sentence(c);
    buf_printf(&c->evidence, "Ollama's own word, so not certain: %.3f of %.3f GB are in VRAM", in_vram / 1e9,
               all / 1e9);
    conclude(c, claimed_place(in_vram, all), "/api/ps");
    if (h->n_rows > 0)
        return SW_OK;
    h->rows = arena_alloc(h->keep, 2 * sizeof *h->rows);
    if (h->rows == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the placement of a model");
    const placement_row row = {.server = -1, .tensor_class = "all", .requested = "", .source = "/api/ps"};
    for (int i = 0; i < 2; i++) {
        const double bytes = i == 0 ? all - in_vram : in_vram;
        if (bytes > 0) {
            h->rows[h->n_rows] = row;
            h->rows[h->n_rows].tier = i == 0 ? "ram" : "vram";
            h->rows[h->n_rows++].bytes = (uint64_t)bytes;
        }
    }
    return SW_OK;
}

static sw_code look_at_claim(bench_host *h, conclusion *c, sw_err *err)
{
    json_t *document;
    sw_code code = h->about.is_ollama ? ask_ollama(h, &document, err) : SW_OK;
    if (!h->about.is_ollama || code != SW_OK)
        return code;
    const json_t *const models = member_at(document, "models");
    for (size_t i = 0; i < json_array_size(models) && code == SW_OK; i++) {
        const json_t *const entry = json_array_get(models, i);
        const char *const name = member_text(entry, "name");
        if (name != NULL && strcmp(name, host_model(h)) == 0)
            code = take_claim(h, entry, c, err);
    }
    json_decref(document);
    return code;
}

static sw_code look_at_process(bench_host *h, const model_bytes *m, conclusion *c, sw_err *err)
{
    begin_sentence(c);
    conclude(c, process_evidence_place(&h->loaded, m, &c->evidence), "process");
    return h->n_rows > 0 ? SW_OK : process_evidence_rows(&h->loaded, h->keep, &h->rows, &h->n_rows, err);
}

sw_code host_learn_foreign(bench_host *h, sw_err *err)
{
    model_bytes m;
    conclusion c = {.place = EXPERTS_NOT_KNOWN, .source = "process"};
    buf_init(&c.evidence, EVIDENCE_BYTES);
    sw_code code = find_bytes(h, &m, err);
    if (code == SW_OK)
        code = look_at_log(h, &m, &c, err);
    if (code == SW_OK)
        code = look_at_claim(h, &c, err);
    if (code == SW_OK)
        code = look_at_process(h, &m, &c, err);
    fact_list_text(&h->facts, FACT_EXPERTS_VERIFIED, experts_place_name(c.place), c.source);
    fact_list_text(&h->facts, FACT_EXPERTS_EVIDENCE, buf_str(&c.evidence), c.source);
    buf_free(&c.evidence);
    return code;
}
