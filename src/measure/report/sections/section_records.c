/* section_records.c - everything that was stored about the run, its machine, models and servers, and how it is known.
 */
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "report/sections/anchors.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

enum { DIFFERENCES_BYTES_MAX = 1 << 20 };

/* ---- facts by their table ---------------------------------------------------------------------------------------- */

/* One word of a fact's name. */
static void put_word(buf *out, const char *word, size_t n)
{
    static const char *const WORDS[][2] = {{"gpu", "GPU"}, {"isa", "ISA"},   {"kv", "KV"},
                                           {"ram", "RAM"}, {"vram", "VRAM"}, {"ms", ""},
                                           {"pct", ""},    {"n", ""},        {"ctx", "context"}};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (strlen(WORDS[i][0]) == n && memcmp(WORDS[i][0], word, n) == 0) {
            word = WORDS[i][1];
            n = strlen(word);
            break;
        }
    }
    if (n > 0 && out->size > 0)
        buf_putc(out, ' ');
    buf_append(out, word, n);
}

/* "load_cold_ms" as words: "load cold"; units are beside the figure. */
static void put_fact_name(buf *out, const fact_id *id)
{
    for (const char *word = id->name; *word != '\0';) {
        const size_t n = strcspn(word, "_");
        put_word(out, word, n);
        word += n + (word[n] == '_');
    }
}

/* A number may have its interval as a text. */
static void put_fact(document *doc, const fact_record *fact)
{
    const fact_id *const id = &FACT_IDS[fact->name];
    char number[CELL_BYTES];
    buf name, note;
    buf_init(&name, 4096);
    buf_init(&note, 65536);
    put_fact_name(&name, id);
    buf_puts(&note, id->meaning);
    if (fact->source[0] != '\0')
        buf_printf(&note, " (%s)", fact->source);
    format_by_unit(number, fact->number, id->unit);
    if (strcmp(id->unit, "text") == 0)
        doc_fact(doc, doc_str(doc, &name), doc_str(doc, &note), "%s", fact->text);
    else if (fact->text[0] != '\0')
        doc_fact(doc, doc_str(doc, &name), doc_str(doc, &note), "%s (%s)", number, fact->text);
    else
        doc_fact(doc, doc_str(doc, &name), doc_str(doc, &note), "%s", number);
    buf_free(&name);
    buf_free(&note);
}

/* The facts about exactly this subject and server, but settings that differ, which have a place of their own. */
static void put_facts(document *doc, const run_record *run, int subject, int server)
{
    for (size_t i = 0; i < run->n_facts; i++) {
        const fact_record *const f = &run->facts[i];
        if (f->subject == subject && f->server == server && f->name != FACT_PROTOCOL_DIFFERENCE &&
            run_fact(run, subject, server, f->name) == f)
            put_fact(doc, f);
    }
}

/* ---- parts ------------------------------------------------------------------------------------------------------- */

void section_differences(document *doc, const run_analysis *a)
{
    const run_record *const run = a->run;
    buf all;
    buf_init(&all, DIFFERENCES_BYTES_MAX);
    for (size_t i = 0; i < run->n_facts; i++) {
        if (run->facts[i].name == FACT_PROTOCOL_DIFFERENCE)
            buf_printf(&all, "%s%s", all.size > 0 ? "; " : "", run->facts[i].text);
    }
    const char *const text = doc_str(doc, &all);
    if (text[0] != '\0')
        doc_remark(doc, TONE_OPEN, "Differs from the protocol: %s.", text);
    else if (doc->audience == FOR_PAGES)
        doc_paragraph(doc, "No setting is known to differ from the protocol.");
    buf_free(&all);
}

static size_t count_measured(const run_record *run)
{
    size_t n = 0;
    for (size_t i = 0; i < run->n_tests; i++)
        n += !run->tests[i].is_warmup;
    return n;
}

static void put_run(document *doc, const run_record *run)
{
    const run_info *const i = &run->info;
    char started[CELL_BYTES], finished[CELL_BYTES];
    format_time(started, i->started_unix_ms);
    format_time(finished, i->finished_unix_ms);
    doc_heading(doc, 3, NULL, "Run");
    doc_facts(doc, DOC_FACTS);
    doc_fact(doc, "status", "", "%s", i->status);
    doc_fact(doc, "started", "", "%s", started);
    doc_fact(doc, "finished", "", "%s", finished);
    doc_fact(doc, "protocol", "", "%s, %s", i->protocol_name, i->protocol_hash);
    doc_fact(doc, "requests", "measured, of those planned", "%zu of %d", count_measured(run), i->n_planned);
    doc_fact(doc, "sessions", "1, and one more each time that the run was resumed", "%d", i->n_sessions);
    doc_fact(doc, "fingerprint", "of all that identifies what was measured", "%s",
             i->fingerprint != NULL ? i->fingerprint : "");
    doc_fact(doc, "spillway", "", "%s", i->version);
    doc_fact(doc, "command", "", "%s", i->command);
    doc_fact(doc, "settings", "", "%s", i->options_json);
}

static void put_machine(document *doc, const run_record *run)
{
    const run_info *const i = &run->info;
    char memory[CELL_BYTES];
    doc_heading(doc, 3, NULL, "Machine");
    doc_facts(doc, DOC_FACTS);
    doc_fact(doc, "processor", "", "%s, %d cores", i->cpu, i->n_cores);
    format_bytes(memory, i->memory_bytes > 0 ? (double)i->memory_bytes : NAN);
    doc_fact(doc, "RAM installed", "", "%s", memory);
    doc_fact(doc, "operating system", "", "%s", i->os);
    put_facts(doc, run, -1, -1);
}

// clang-format off
static const doc_column MODELS[] = {
    {"model", "", "as the server calls it", false, 0},
    {"family", "", "", false, 0},
    {"quantization", "", "", false, 0},
    {"parameters", "", "", true, 0},
    {"active", "", "parameters that one token uses", true, 0},
    {"layers", "", "", true, 0},
    {"experts", "", "per layer", true, 0},
    {"used", "", "experts per token", true, 0},
    {"shared", "", "experts that every token uses", true, 1},
    {"trained on", "tok", "context", true, 0},
    {"size", "", "of the file", true, 0},
};
// clang-format on

static const char *known(const char *text)
{
    return text[0] != '\0' ? text : "-";
}

static void put_model(document *doc, const subject_analysis *analysis)
{
    const subject_record *const s = analysis->subject;
    char cell[CELL_BYTES];
    doc_put(doc, analysis->label);
    doc_put(doc, known(s->family));
    doc_put(doc, known(s->quantization));
    format_count(cell, (double)s->n_parameters);
    doc_put(doc, cell);
    format_count(cell, (double)s->n_active_parameters);
    doc_put(doc, cell);
    const int counts[] = {s->n_layers, s->n_experts, s->n_experts_used, s->n_experts_shared, s->n_ctx_train};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        cell_integer(doc, counts[i] > 0 ? counts[i] : -1);
    cell_bytes(doc, s->file_bytes > 0 ? (double)s->file_bytes : NAN);
    doc_row_anchor(doc, anchor_part(analysis->index, "architecture").text);
}

static void put_models(document *doc, const run_analysis *a)
{
    doc_heading(doc, 3, NULL, "Models");
    doc_table(doc, "", MODELS, sizeof MODELS / sizeof *MODELS);
    for (size_t i = 0; i < a->n_subjects; i++)
        put_model(doc, &a->subjects[i]);
    for (size_t i = 0; i < a->n_subjects; i++) {
        const subject_record *const s = a->subjects[i].subject;
        doc_heading(doc, 4, NULL, a->subjects[i].label);
        doc_facts(doc, DOC_FACTS);
        doc_fact(doc, "file", "", "%s", known(s->file_name));
        doc_fact(doc, "hash", "of header, size and spread blocks of the file", "%s", known(s->file_hash));
        put_facts(doc, a->run, (int)i, -1);
    }
}

/* One list per server process: where it was, how it was started, and everything that is known about it. */
static void put_server(document *doc, const run_analysis *a, size_t i)
{
    const run_record *const run = a->run;
    const server_record *const s = &run->servers[i];
    buf title;
    buf_init(&title, 65536);
    const bool has_subject = s->subject >= 0 && (size_t)s->subject < run->n_subjects;
    buf_printf(&title, "Server %zu: %s, %s", i + 1, has_subject ? a->subjects[s->subject].label : "-",
               server_side_name(s->side));
    if (s->session > 0)
        buf_printf(&title, ", session %d", s->session + 1);
    doc_heading(doc, 4, NULL, doc_str(doc, &title));
    buf_free(&title);
    doc_facts(doc, DOC_FACTS);
    doc_fact(doc, "software", "", "%s", s->software);
    doc_fact(doc, "address", "", "%s", s->url);
    doc_fact(doc, "command", "", "%s", s->command);
    put_facts(doc, run, s->subject, (int)i);
    put_facts(doc, run, -1, (int)i);
}

void section_records(document *doc, const run_analysis *a)
{
    doc_heading(doc, 2, "records", "Conditions in full");
    put_run(doc, a->run);
    put_machine(doc, a->run);
    put_models(doc, a);
    doc_heading(doc, 3, NULL, "Servers");
    for (size_t i = 0; i < a->run->n_servers; i++)
        put_server(doc, a, i);
    if (a->run->n_servers == 0)
        doc_paragraph(doc, "The server at %s. Nothing else is known about it.", a->run->info.url);
}
