/* section_servers.c - the conditions of every server, side by side. */
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

enum {
    SERVERS_MAX = 6, // side by side; more are in further tables
    HASH_DIGITS = 12,
};

static const char *known(const char *text)
{
    return text[0] != '\0' ? text : "-";
}

static const char *text_fact(const run_record *run, int subject, int server, fact_name name)
{
    const fact_record *const fact = run_fact(run, subject, server, name);
    return fact != NULL ? fact->text : "";
}

/* One condition of a server; `server` is -1 where nothing is known but the model. */
typedef void put_condition_fn(document *doc, const run_record *run, const subject_record *s, int subject, int server);

static void put_parameters(document *doc, const run_record *run, const subject_record *s, int subject, int server)
{
    (void)run, (void)subject, (void)server;
    char all[CELL_BYTES], active[CELL_BYTES];
    format_count(all, (double)s->n_parameters);
    format_count(active, (double)s->n_active_parameters);
    doc_putf(doc, "%s%s%s", all, active[0] == '-' ? "" : ", active ", active[0] == '-' ? "" : active);
}

static void put_quantization(document *doc, const run_record *run, const subject_record *s, int subject, int server)
{
    (void)run, (void)subject, (void)server;
    doc_put(doc, known(s->quantization));
}

static void put_file(document *doc, const run_record *run, const subject_record *s, int subject, int server)
{
    (void)run, (void)subject, (void)server;
    doc_put(doc, known(format_model(s->file_name)));
}

static void put_file_size(document *doc, const run_record *run, const subject_record *s, int subject, int server)
{
    (void)run, (void)subject, (void)server;
    cell_bytes(doc, s->file_bytes > 0 ? (double)s->file_bytes : NAN);
}

/* The start of it: enough to tell files apart. */
static void put_hash(document *doc, const run_record *run, const subject_record *s, int subject, int server)
{
    (void)run, (void)subject, (void)server;
    size_t n = strcspn(s->file_hash, ":") + 1 + HASH_DIGITS, i = 0;
    for (; i < n && s->file_hash[i] > ' ' && s->file_hash[i] < 0x7f; i++)
        ;
    if (i == n && s->file_hash[n] != '\0') // the section of records has all of it
        doc_putf(doc, "%.*s...", (int)n, s->file_hash);
    else
        doc_put(doc, known(s->file_hash));
}

static void put_context(document *doc, const run_record *run, const subject_record *s, int subject, int server)
{
    (void)s;
    cell_by_unit(doc, run_number(run, subject, server, FACT_N_CTX), "tok");
}

static void put_threads(document *doc, const run_record *run, const subject_record *s, int subject, int server)
{
    (void)s;
    cell_by_unit(doc, run_number(run, subject, server, FACT_N_THREADS), "");
}

static void put_kernels(document *doc, const run_record *run, const subject_record *s, int subject, int server)
{
    (void)s;
    const char *const backend = text_fact(run, subject, server, FACT_BACKEND);
    const char *const isa = text_fact(run, subject, server, FACT_ISA);
    doc_putf(doc, "%s%s%s", backend, backend[0] != '\0' && isa[0] != '\0' ? ", " : "",
             isa[0] != '\0' || backend[0] != '\0' ? isa : "-");
}

static void put_kv_type(document *doc, const run_record *run, const subject_record *s, int subject, int server)
{
    (void)s;
    doc_put(doc, known(text_fact(run, subject, server, FACT_KV_TYPE)));
}

static void put_placement(document *doc, const run_record *run, const subject_record *s, int subject, int server)
{
    (void)s;
    const char *const found = text_fact(run, subject, server, FACT_EXPERTS_VERIFIED);
    doc_putf(doc, "%s%s", found[0] != '\0' ? "experts " : "-", found);
}

/* What the requests asked for, and what the server adds of its own. */
static void put_sampler(document *doc, const run_record *run, const subject_record *s, int subject, int server)
{
    (void)s;
    const char *const defaults = text_fact(run, subject, server, FACT_SAMPLER);
    const test_record *asked = NULL;
    for (size_t i = 0; i < run->n_tests && asked == NULL; i++) {
        const test_record *const t = &run->tests[i];
        asked = t->subject == subject && t->mode == MODE_STREAM && !t->is_warmup ? t : NULL;
    }
    if (asked != NULL)
        doc_putf(doc, "asked: temperature %.3g, seed %lld%s%s", asked->plan.temperature, (long long)asked->plan.seed,
                 defaults[0] != '\0' ? "; the server's own: " : "", defaults);
    else
        doc_put(doc, known(defaults));
}

static void put_software(document *doc, const run_record *run, const subject_record *s, int subject, int server)
{
    (void)s, (void)subject;
    doc_put(doc, known(server >= 0 ? run->servers[server].software : ""));
}

static const struct {
    const char *name;
    put_condition_fn *put;
} CONDITIONS[] = {
    {"server software", put_software},
    {"parameters", put_parameters},
    {"quantization", put_quantization},
    {"file", put_file},
    {"size", put_file_size},
    {"hash", put_hash},
    {"kernels", put_kernels},
    {"threads", put_threads},
    {"context", put_context},
    {"keys and values", put_kv_type},
    {"placement", put_placement},
    {"sampler", put_sampler},
};

typedef struct column_server {
    int subject, server;
} column_server;

/* "gpt-oss-demo", or with what distinguishes it: "gpt-oss-demo, reference, session 2". */
static const char *column_title(document *doc, const run_analysis *a, column_server c)
{
    const server_record *const s = c.server >= 0 ? &a->run->servers[c.server] : NULL;
    buf title;
    buf_init(&title, 65536);
    buf_puts(&title, a->subjects[c.subject].label);
    if (s != NULL && s->side == SIDE_REFERENCE)
        buf_puts(&title, ", reference");
    if (s != NULL && s->session > 0)
        buf_printf(&title, ", session %d", s->session + 1);
    const char *const text = doc_str(doc, &title);
    const char *const copy = doc->has_failed ? NULL : arena_copy(doc->keep, text, strlen(text));
    doc->has_failed |= copy == NULL;
    buf_free(&title);
    return copy;
}

static void put_servers(document *doc, const run_analysis *a, const column_server *servers, int n)
{
    doc_column *const columns = doc->has_failed ? NULL : arena_alloc(doc->keep, ((size_t)n + 1) * sizeof *columns);
    doc->has_failed = columns == NULL;
    if (columns == NULL)
        return;
    columns[0] = (doc_column){.title = "server", .unit = "", .meaning = ""};
    for (int i = 0; i < n; i++)
        columns[i + 1] = (doc_column){.title = column_title(doc, a, servers[i]), .unit = "", .meaning = ""};
    doc_table(doc, "", columns, n + 1);
    for (size_t row = 0; row < sizeof CONDITIONS / sizeof *CONDITIONS; row++) {
        doc_put(doc, CONDITIONS[row].name);
        for (int i = 0; i < n; i++)
            CONDITIONS[row].put(doc, a->run, &a->run->subjects[servers[i].subject], servers[i].subject,
                                servers[i].server);
    }
}

static bool has_server(const run_record *run, int subject)
{
    for (size_t i = 0; i < run->n_servers; i++) {
        if (run->servers[i].subject == subject)
            return true;
    }
    return false;
}

/* Adds a column; a full table is put. */
static void add(document *doc, const run_analysis *a, column_server servers[SERVERS_MAX], int *n, column_server next)
{
    servers[(*n)++] = next;
    if (*n == SERVERS_MAX) {
        put_servers(doc, a, servers, *n);
        *n = 0;
    }
}

/* Model by model; one that no server is known to have answered for has a column all the same. */
void section_servers(document *doc, const run_analysis *a)
{
    const run_record *const run = a->run;
    column_server servers[SERVERS_MAX];
    int n = 0;
    for (int subject = 0; subject < (int)run->n_subjects; subject++) {
        for (int server = 0; server < (int)run->n_servers; server++) {
            if (run->servers[server].subject == subject)
                add(doc, a, servers, &n, (column_server){subject, server});
        }
        if (!has_server(run, subject))
            add(doc, a, servers, &n, (column_server){subject, -1});
    }
    if (n > 0)
        put_servers(doc, a, servers, n);
}
