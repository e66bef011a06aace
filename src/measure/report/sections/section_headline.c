/* section_headline.c - what was measured, what the run is worth, and why it is worth no more. */
#include <string.h>

#include "base/buf.h"
#include "report/format.h"
#include "report/sections/sections.h"

enum { TITLE_BYTES_MAX = 65536 };

typedef struct status_meaning {
    const char *status, *meaning;
    doc_tone tone;
} status_meaning;

static const status_meaning MEANINGS[] = {
    {"ok", "all tests completed", TONE_GOOD},
    {"failed_threshold", "a test or a criterion failed", TONE_BAD},
    {"regressed", "worse than its baseline", TONE_BAD},
    {"not_steady", "the speed drifted while it was measured", TONE_OPEN},
    {"inconclusive", "too little was measured to decide", TONE_OPEN},
    {"invalid", "what was measured is not what was asked for", TONE_BAD},
    {"aborted", "the run is not complete", TONE_BAD},
    {"running", "the run is not complete", TONE_OPEN},
};

/* A status of a newer spillway is shown as it is. */
static status_meaning meaning_of(const char *status)
{
    for (size_t i = 0; i < sizeof MEANINGS / sizeof *MEANINGS; i++) {
        if (strcmp(status, MEANINGS[i].status) == 0)
            return MEANINGS[i];
    }
    return (status_meaning){status, "", TONE_BAD};
}

static void put_reasons(document *doc, const char *reasons, doc_tone tone)
{
    while (*reasons != '\0') {
        const size_t n = strcspn(reasons, "\n");
        if (n > 0)
            doc_remark(doc, tone, "%.*s", (int)(n < 4096 ? n : 4096), reasons);
        reasons += n + (reasons[n] == '\n');
    }
}

static bool is_invalid(const run_analysis *a)
{
    return strcmp(a->run->info.status, "invalid") == 0;
}

void section_status(document *doc, const run_analysis *a)
{
    const run_info *const info = &a->run->info;
    const status_meaning m = meaning_of(info->status);
    char started[CELL_BYTES];
    buf line;
    buf_init(&line, 65536);
    buf_printf(&line, "%s%s%s", m.status, m.meaning[0] != '\0' ? ": " : "", m.meaning);
    format_time(started, info->started_unix_ms);
    doc_badge(doc, m.tone, doc_str(doc, &line), started);
    buf_free(&line);
    if (is_invalid(a))
        doc_remark(doc, TONE_BAD,
                   "This run is INVALID. Its figures are kept, but they must not be ranked or compared.");
    put_reasons(doc, info->reasons != NULL ? info->reasons : "", m.tone == TONE_GOOD ? TONE_OPEN : m.tone);
}

/* The server of --url that all models were asked at; "" if the benchmark started servers itself, or it says no name. */
static const char *given_software(const run_record *run)
{
    for (size_t i = 0; i < run->n_servers; i++) {
        if (run->servers[i].side != SIDE_GIVEN || strcmp(run->servers[i].software, run->servers[0].software) != 0)
            return "";
    }
    return run->n_servers > 0 ? run->servers[0].software : "";
}

void headline_put(buf *out, const run_analysis *a)
{
    const char *const software = given_software(a->run);
    buf_puts(out, a->run->n_stages > 0 ? "Stress run of " : "Benchmark of ");
    if (a->n_subjects == 1)
        buf_puts(out, a->subjects[0].label);
    else
        buf_printf(out, "%zu models", a->n_subjects);
    buf_printf(out, "%s%s", software[0] != '\0' ? " on " : "", software);
}

/* How to read the links. */
static void put_way(document *doc)
{
    linked_text text;
    linked_text_init(&text, TITLE_BYTES_MAX);
    linked_text_puts(&text, "A figure leads to the row that it was made from, and the row of a test to its answer. ");
    linked_text_link(&text, "raw-data", "Data and definitions");
    linked_text_puts(&text, " has the raw rows and what every figure means.");
    doc_paragraph_linked(doc, &text);
    linked_text_free(&text);
}

/* A terminal has the status at its end; that a run is invalid must be seen before its figures, too. */
void section_headline(document *doc, const run_analysis *a)
{
    buf title;
    buf_init(&title, TITLE_BYTES_MAX);
    headline_put(&title, a);
    doc_heading(doc, 1, NULL, doc_str(doc, &title));
    buf_free(&title);
    doc->audience = is_invalid(a) ? FOR_ALL : FOR_PAGES;
    section_status(doc, a);
    doc->audience = FOR_PAGES;
    put_way(doc);
    doc->audience = FOR_ALL;
}
