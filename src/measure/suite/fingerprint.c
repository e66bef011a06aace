/* fingerprint.c - hashes lines of "name=value", so that no value can pass for another name's. */
#include "suite/fingerprint.h"

#include <inttypes.h>
#include <math.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

/* What is known about a server and decides what it computes, and how fast. */
static const fact_name OF_SERVER[] = {FACT_N_CTX,   FACT_KV_TYPE,          FACT_N_THREADS,
                                      FACT_ISA,     FACT_BACKEND,          FACT_SAMPLER,
                                      FACT_N_SLOTS, FACT_EXPERTS_VERIFIED, FACT_MASKED_EXPERTS};
static const fact_name OF_MACHINE[] = {FACT_GPU_NAME, FACT_GPU_DRIVER, FACT_GPU_TOTAL_BYTES};

/* The length comes first: a value with a line end cannot begin a name. */
static void put_text(struct sha256_ctx *h, const char *name, const char *value)
{
    char line[96];
    const int n = snprintf(line, sizeof line, "%.40s=%zu:", name, strlen(value));
    sha256_update(h, (size_t)n, (const uint8_t *)line);
    sha256_update(h, strlen(value), (const uint8_t *)value);
    sha256_update(h, 1, (const uint8_t *)"\n");
}

static void put_number(struct sha256_ctx *h, const char *name, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", value);
    put_text(h, name, isnan(value) ? "-" : text);
}

static void put_facts(struct sha256_ctx *h, const run_record *run, int subject, int server, const fact_name *names,
                      size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const fact_record *const f = run_fact(run, subject, server, names[i]);
        if (f == NULL)
            continue;
        put_text(h, FACT_IDS[names[i]].name, f->text);
        put_number(h, FACT_IDS[names[i]].name, f->number);
    }
}

/* Keys and values grow while a server works: their bytes say nothing about what it is. */
static void put_placement(struct sha256_ctx *h, const run_record *run, int server)
{
    for (size_t i = 0; i < run->n_placement; i++) {
        const placement_row *const row = &run->placement[i];
        if (row->server != server || strcmp(row->tensor_class, "kv") == 0)
            continue;
        put_text(h, row->tensor_class, row->tier);
        put_number(h, row->tensor_class, (double)row->bytes);
    }
}

static void put_subject(struct sha256_ctx *h, const subject_record *s)
{
    put_text(h, "model", s->file_hash[0] != '\0' ? s->file_hash : s->name);
    put_text(h, "quantization", s->quantization);
}

/* Returns true if an earlier server of the run has the same model and side: a resumed run starts them again. */
static bool is_again(const run_record *run, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (run->servers[i].subject == run->servers[at].subject && run->servers[i].side == run->servers[at].side)
            return true;
    }
    return false;
}

static void put_servers(struct sha256_ctx *h, const run_record *run)
{
    for (size_t i = 0; i < run->n_servers; i++) {
        const server_record *const s = &run->servers[i];
        if (is_again(run, i))
            continue;
        put_text(h, "server", s->software);
        put_text(h, "side", server_side_name(s->side));
        put_facts(h, run, s->subject, (int)i, OF_SERVER, sizeof OF_SERVER / sizeof OF_SERVER[0]);
        put_placement(h, run, (int)i);
    }
}

/* The time budget changes how much is measured, not what. */
static void put_settings(struct sha256_ctx *h, const bench_options *o)
{
    for (int i = 0; i < N_SETTINGS; i++) {
        if (i != SETTING_TIME_BUDGET)
            put_number(h, SETTING_ROWS[i].name, o->settings.v[i]);
    }
    for (size_t i = 0; i < o->sweep.n; i++)
        put_number(h, "sweep", o->sweep.values[i]);
    put_number(h, "route", o->route);
    for (size_t i = 0; i < o->n_serve_options; i++)
        put_text(h, "option", o->serve_options[i]);
}

void fingerprint_of(const run_record *run, const bench_options *o, char out[FINGERPRINT_BYTES])
{
    struct sha256_ctx h;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&h);
    put_text(&h, "version", run->info.version);
    put_text(&h, "protocol", run->info.protocol_hash);
    put_text(&h, "cpu", run->info.cpu);
    put_text(&h, "os", run->info.os);
    put_number(&h, "cores", run->info.n_cores);
    put_number(&h, "memory", (double)run->info.memory_bytes);
    put_facts(&h, run, -1, -1, OF_MACHINE, sizeof OF_MACHINE / sizeof OF_MACHINE[0]);
    for (size_t i = 0; i < run->n_subjects; i++)
        put_subject(&h, &run->subjects[i]);
    put_servers(&h, run);
    put_settings(&h, o);
    sha256_digest(&h, sizeof digest, digest);
    int n = snprintf(out, FINGERPRINT_BYTES, "sha256:");
    for (size_t i = 0; i < sizeof digest; i++)
        n += snprintf(out + n, FINGERPRINT_BYTES - (size_t)n, "%02x", digest[i]);
}
