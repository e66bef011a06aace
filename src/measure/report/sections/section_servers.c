/* section_servers.c - the conditions of every server, side by side. */
#include <string.h>

#include "base/buf.h"
#include "report/conditions.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

enum {
    SERVERS_MAX = 6, // side by side; more are in further tables
    CONDITION_BYTES_MAX = 1 << 20,
};

static const condition SHOWN[] = {
    CONDITION_SOFTWARE,  CONDITION_PARAMETERS, CONDITION_QUANTIZATION, CONDITION_FILE,
    CONDITION_FILE_SIZE, CONDITION_FILE_HASH,  CONDITION_KERNELS,      CONDITION_THREADS,
    CONDITION_CONTEXT,   CONDITION_KV_TYPE,    CONDITION_PLACEMENT,    CONDITION_SAMPLER,
};

typedef struct column_server {
    int subject, server;
} column_server;

static void put_condition(document *doc, condition which, const run_record *run, column_server of)
{
    buf text;
    buf_init(&text, CONDITION_BYTES_MAX);
    condition_put(&text, which, run, of.subject, of.server);
    doc_put(doc, doc_str(doc, &text));
    buf_free(&text);
}

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
    for (size_t row = 0; row < sizeof SHOWN / sizeof *SHOWN; row++) {
        doc_put(doc, condition_name(SHOWN[row]));
        for (int i = 0; i < n; i++)
            put_condition(doc, SHOWN[row], a->run, servers[i]);
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
