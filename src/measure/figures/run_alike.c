/* run_alike.c - every part of both runs as a text, and the texts compared. */
#include "figures/run_alike.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"

enum { PART_BYTES_MAX = 1 << 20, NO_FACT = -1 };

/* A number as it was stored, or a text. */
static void put_fact(buf *out, const fact_record *f)
{
    if (f == NULL)
        buf_puts(out, "-");
    else if (!isnan(f->number))
        buf_printf(out, "%.17g", f->number);
    else
        buf_puts(out, f->text);
}

/* ---- of the run -------------------------------------------------------------------------------------------------- */

static void put_version(const run_record *run, int subject, int fact, buf *out)
{
    (void)subject, (void)fact;
    buf_puts(out, run->info.version);
}

static void put_protocol(const run_record *run, int subject, int fact, buf *out)
{
    (void)subject, (void)fact;
    buf_printf(out, "%s %s", run->info.protocol_name, run->info.protocol_hash);
}

/* Settings that differ from the protocol's. */
static void put_settings(const run_record *run, int subject, int fact, buf *out)
{
    (void)subject, (void)fact;
    for (size_t i = 0; i < run->n_facts; i++) {
        if (run->facts[i].name == FACT_PROTOCOL_DIFFERENCE)
            buf_printf(out, "%s; ", run->facts[i].text);
    }
}

static void put_cpu(const run_record *run, int subject, int fact, buf *out)
{
    (void)subject, (void)fact;
    buf_puts(out, run->info.cpu);
}

static void put_cores(const run_record *run, int subject, int fact, buf *out)
{
    (void)subject, (void)fact;
    buf_printf(out, "%d", run->info.n_cores);
}

static void put_memory(const run_record *run, int subject, int fact, buf *out)
{
    (void)subject, (void)fact;
    buf_printf(out, "%" PRIu64, run->info.memory_bytes);
}

static void put_os(const run_record *run, int subject, int fact, buf *out)
{
    (void)subject, (void)fact;
    buf_puts(out, run->info.os);
}

static void put_run_fact(const run_record *run, int subject, int fact, buf *out)
{
    (void)subject;
    put_fact(out, run_fact(run, -1, -1, (fact_name)fact));
}

/* ---- of models and servers --------------------------------------------------------------------------------------- */

/* A file is known by its hash, whatever its name. */
static void put_models(const run_record *run, int subject, int fact, buf *out)
{
    (void)fact;
    for (size_t i = 0; i < run->n_subjects; i++) {
        const subject_record *const s = &run->subjects[i];
        if (subject < 0 || (size_t)subject == i)
            buf_printf(out, "%s %s; ", s->file_hash[0] != '\0' ? s->file_hash : s->name, s->quantization);
    }
}

/* Returns true if an earlier server has the same model and side: a resumed run starts them again. */
static bool is_again(const run_record *run, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (run->servers[i].subject == run->servers[at].subject && run->servers[i].side == run->servers[at].side)
            return true;
    }
    return false;
}

/* The first server of each side; of one model only what was measured, not its reference. */
static bool is_put(const run_record *run, int subject, size_t server)
{
    const server_record *const s = &run->servers[server];
    return (subject < 0 || (s->subject == subject && s->side != SIDE_REFERENCE)) && !is_again(run, server);
}

static void put_software(const run_record *run, int subject, int fact, buf *out)
{
    (void)fact;
    for (size_t i = 0; i < run->n_servers; i++) {
        if (is_put(run, subject, i))
            buf_printf(out, "%s (%s); ", run->servers[i].software, server_side_name(run->servers[i].side));
    }
}

static void put_server_fact(const run_record *run, int subject, int fact, buf *out)
{
    for (size_t i = 0; i < run->n_servers; i++) {
        if (!is_put(run, subject, i))
            continue;
        put_fact(out, run_fact(run, run->servers[i].subject, (int)i, (fact_name)fact));
        buf_puts(out, "; ");
    }
}

static bool is_told_apart(const char *tensor_class)
{
    return strcmp(tensor_class, "kv") != 0 && strcmp(tensor_class, "buffers") != 0;
}

/* Keys and values grow while a server works, and its working memory follows from its threads and batch: their bytes say
 * nothing about what it is. */
static void put_placement(const run_record *run, int subject, int fact, buf *out)
{
    (void)fact;
    for (size_t i = 0; i < run->n_placement; i++) {
        const placement_row *const row = &run->placement[i];
        const bool is_known = row->server >= 0 && (size_t)row->server < run->n_servers;
        if (is_known && is_put(run, subject, (size_t)row->server) && is_told_apart(row->tensor_class))
            buf_printf(out, "%s in %s: %" PRIu64 "; ", row->tensor_class, row->tier, row->bytes);
    }
}

/* ---- the comparison ---------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*put)(const run_record *run, int subject, int fact, buf *out);
    int fact;
    bool is_shared; // held by a shared file
} PARTS[] = {
    // clang-format off
    {"version", put_version, NO_FACT, true},
    {"protocol", put_protocol, NO_FACT, true},
    {"settings", put_settings, NO_FACT, false},
    {"models", put_models, NO_FACT, true},
    {"server", put_software, NO_FACT, true},
    {"placement", put_placement, NO_FACT, false},
    {"experts_verified", put_server_fact, FACT_EXPERTS_VERIFIED, false},
    {"n_ctx", put_server_fact, FACT_N_CTX, false},
    {"kv_type", put_server_fact, FACT_KV_TYPE, false},
    {"n_threads", put_server_fact, FACT_N_THREADS, false},
    {"n_slots", put_server_fact, FACT_N_SLOTS, false},
    {"isa", put_server_fact, FACT_ISA, false},
    {"backend", put_server_fact, FACT_BACKEND, false},
    {"sampler", put_server_fact, FACT_SAMPLER, false},
    {"cpu", put_cpu, NO_FACT, true},
    {"cores", put_cores, NO_FACT, true},
    {"memory", put_memory, NO_FACT, true},
    {"os", put_os, NO_FACT, true},
    {"gpu_name", put_run_fact, FACT_GPU_NAME, true},
    {"gpu_driver", put_run_fact, FACT_GPU_DRIVER, false},
    {"gpu_total_bytes", put_run_fact, FACT_GPU_TOTAL_BYTES, false},
    // clang-format on
};

enum { N_PARTS = sizeof PARTS / sizeof PARTS[0] };

const char *run_part_name(size_t i)
{
    return i < N_PARTS ? PARTS[i].name : NULL;
}

void run_part_put(buf *out, const run_record *run, size_t part, int subject)
{
    PARTS[part].put(run, subject, PARTS[part].fact, out);
}

/* N_PARTS: there is none. */
static size_t find_part(const char *name)
{
    size_t i = 0;
    while (i < N_PARTS && strcmp(PARTS[i].name, name) != 0)
        i++;
    return i;
}

bool run_part_is_shared(const char *name)
{
    const size_t i = find_part(name);
    return i < N_PARTS && PARTS[i].is_shared;
}

static void cut(char out[RUN_VALUE_BYTES], const char *text)
{
    size_t length = strlen(text);
    if (length >= 2 && strcmp(text + length - 2, "; ") == 0)
        length -= 2; // what ends every item of a list
    const size_t n = utf8_complete_prefix(text, length < RUN_VALUE_BYTES ? length : RUN_VALUE_BYTES - 1);
    memcpy(out, n > 0 ? text : "-", n > 0 ? n : 1);
    out[n > 0 ? n : 1] = '\0';
}

/* The texts that differ only where they are cut are shown alike, and differ all the same. */
static sw_code compare_part(const run_record *a, const run_record *b, size_t part, run_differences *out, sw_err *err)
{
    buf of_a, of_b;
    buf_init(&of_a, PART_BYTES_MAX);
    buf_init(&of_b, PART_BYTES_MAX);
    run_part_put(&of_a, a, part, -1);
    run_part_put(&of_b, b, part, -1);
    const bool ok = of_a.failed == SW_OK && of_b.failed == SW_OK;
    if (ok && strcmp(buf_str(&of_a), buf_str(&of_b)) != 0) {
        run_difference *const d = &out->items[out->n++];
        d->part = PARTS[part].name;
        cut(d->a, buf_str(&of_a));
        cut(d->b, buf_str(&of_b));
    }
    buf_free(&of_a);
    buf_free(&of_b);
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory comparing the %s of two runs", PARTS[part].name);
}

sw_code run_alike(const run_record *a, const run_record *b, const char *knob, run_differences *out, sw_err *err)
{
    *out = (run_differences){0};
    if (knob != NULL && find_part(knob) == N_PARTS)
        return sw_fail(err, SW_EINVAL, "runs have no part '%.40s' that a comparison could be of", knob);
    out->items = mem_calloc(N_PARTS, sizeof *out->items);
    if (out->items == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory comparing two runs");
    sw_code code = SW_OK;
    for (size_t i = 0; code == SW_OK && i < N_PARTS; i++) {
        if (knob == NULL || strcmp(PARTS[i].name, knob) != 0)
            code = compare_part(a, b, i, out, err);
    }
    return code;
}

void run_differences_free(run_differences *differences)
{
    mem_free(differences->items);
    *differences = (run_differences){0};
}
