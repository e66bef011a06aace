/* overview_summary.c - what several runs say together, in sentences.
 *
 * Every sentence is made of figures by a function that says nothing where they are missing: none is written by hand.
 */
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "figures/run_alike.h"
#include "overview/overview_names.h"
#include "overview/overview_parts.h"
#include "overview/overview_sections.h"
#include "overview/overview_sentences.h"
#include "report/format.h"

enum { UNALIKE_MAX = 8, DIFFERENCES_MAX = 3, VALUE_BYTES = 80 };

/* ---- what was measured ------------------------------------------------------------------------------------------- */

static void put_measured(linked_text *text, const overview *o)
{
    buf *const out = &text->text;
    int n_completed = 0, n_planned = 0;
    for (size_t i = 0; i < o->n_entries; i++) {
        n_completed += o->entries[i].n_completed;
        n_planned += o->entries[i].n_planned;
    }
    if (n_planned > 0)
        buf_printf(out, "%zu run%s measured %zu model%s in all; %d of %d streamed requests completed", o->n_runs,
                   o->n_runs == 1 ? "" : "s", o->n_entries, o->n_entries == 1 ? "" : "s", n_completed, n_planned);
}

static void put_differing(linked_text *text, const overview *o)
{
    buf *const out = &text->text;
    overview_list names;
    overview_list_init(&names);
    for (size_t c = 0; c < N_CONDITIONS; c++) {
        for (size_t i = 1; i < o->n_entries; i++) {
            if (o->entries[i].conditions[c] != o->entries[0].conditions[c]) {
                overview_list_add(&names, condition_name((condition)c));
                break;
            }
        }
    }
    buf_puts(out, names.n > 0 ? "The conditions differ in " : "All were measured under the same conditions");
    overview_list_put(out, &names);
}

/* ---- which may be compared --------------------------------------------------------------------------------------- */

static size_t count_group(const overview *o, int group)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n_entries; i++)
        n += o->entries[i].group == group;
    return n;
}

/* Groups of several entries. */
static void put_groups(linked_text *text, const overview *o)
{
    buf *const out = &text->text;
    size_t n_compared = 0;
    int n_groups = 0;
    for (int group = 0; group < o->n_groups; group++) {
        const size_t n = count_group(o, group);
        n_compared += n > 1 ? n : 0;
        n_groups += n > 1;
    }
    if (n_groups == 0) {
        buf_puts(out, "No two of them may be compared");
        return;
    }
    const char *const knob = o->knob != NULL ? o->knob : "the time at which they ran";
    if (n_compared == o->n_entries)
        buf_puts(out, "All");
    else
        buf_printf(out, "%zu of %zu", n_compared, o->n_entries);
    if (n_groups > 1)
        buf_printf(out, " are compared, in %d groups within which they differ in nothing but %s", n_groups, knob);
    else
        buf_printf(out, " differ in nothing but %s, and are compared", knob);
}

static void put_untold(linked_text *text, const overview *o)
{
    buf *const out = &text->text;
    overview_list names;
    overview_list_init(&names);
    for (size_t i = 0; run_part_name(i) != NULL && i < OVERVIEW_PARTS_MAX; i++) {
        if (o->is_untold[i])
            overview_list_add(&names, run_part_name(i));
    }
    const bool has_some = names.n > 0;
    buf_puts(out, has_some ? "Not every server tells its " : "");
    overview_list_put(out, &names);
    buf_puts(out, has_some ? "; whether they are equal is not known" : "");
}

/* Models by their names; another model has another placement anyway. */
static void put_difference(buf *out, const overview *o, const overview_entry *e, size_t part)
{
    const char *const name = run_part_name(part), *const text = o->texts[e->parts[part]];
    const size_t n_text = (size_t)overview_part_length(text);
    const size_t n = utf8_complete_prefix(text, n_text < VALUE_BYTES ? n_text : VALUE_BYTES);
    if (strcmp(name, "models") == 0)
        buf_printf(out, "models (%s)", e->model);
    else
        buf_printf(out, "%s (%.*s)", name, n > 0 ? (int)n : 4, n > 0 ? text : "none");
}

/* "cpu (EPYC), cores (96) and 2 more", of an entry outside of the largest group. */
static void put_differences(buf *out, const overview *o, const overview_entry *e)
{
    size_t parts[OVERVIEW_PARTS_MAX], n_put = 0;
    const size_t n = overview_differences(o, e, parts);
    bool is_other_model = false;
    for (size_t i = 0; i < n; i++) {
        is_other_model |= strcmp(run_part_name(parts[i]), "models") == 0; // it is before the placement
        if (is_other_model && strcmp(run_part_name(parts[i]), "placement") == 0)
            continue;
        if (n_put++ >= DIFFERENCES_MAX)
            continue;
        buf_puts(out, n_put > 1 ? ", " : "");
        put_difference(out, o, e, parts[i]);
    }
    if (n_put > DIFFERENCES_MAX)
        buf_printf(out, " and %zu more", n_put - DIFFERENCES_MAX);
}

static bool is_first_of_group(const overview *o, const overview_entry *e)
{
    const overview_entry *first = o->entries;
    while (first->group != e->group)
        first++;
    return first == e;
}

/* A group is named once, by its number. */
static void put_unalike_entry(buf *out, const overview *o, const overview_entry *e)
{
    if (e->group >= 0 && count_group(o, e->group) > 1)
        buf_printf(out, "group %d", e->group + 1);
    else
        overview_put_name(out, o, e);
    if (e->group < 0) {
        buf_printf(out, " is not ranked: its run is %s",
                   o->runs[e->run].is_emulated ? "of an emulated GPU" : o->runs[e->run].status);
        return;
    }
    buf_puts(out, " differs in ");
    put_differences(out, o, e);
}

/* What is not compared with the first group, and why. */
static void put_unalike(linked_text *text, const overview *o)
{
    buf *const out = &text->text;
    size_t n = 0;
    for (size_t i = 0; i < o->n_entries; i++) {
        const overview_entry *const e = &o->entries[i];
        if (e->group == 0 || (e->group > 0 && !is_first_of_group(o, e)))
            continue;
        if (++n > UNALIKE_MAX)
            continue;
        buf_puts(out, n > 1 ? "; " : "");
        put_unalike_entry(out, o, e);
    }
    if (n > UNALIKE_MAX)
        buf_printf(out, "; and %zu more", n - UNALIKE_MAX);
}

/* ---- memory and readiness ---------------------------------------------------------------------------------------- */

/* A figure of every entry, not ranked: each is one value. */
static void put_memory(linked_text *text, const overview *o)
{
    const overview_entry *least = NULL, *most = NULL;
    for (size_t i = 0; i < o->n_entries; i++) {
        const overview_entry *const e = &o->entries[i];
        if (isnan(e->memory_bytes) || e->group < 0)
            continue;
        least = least == NULL || e->memory_bytes < least->memory_bytes ? e : least;
        most = most == NULL || e->memory_bytes > most->memory_bytes ? e : most;
    }
    if (least == NULL || least->memory_bytes == most->memory_bytes)
        return;
    char low[CELL_BYTES], high[CELL_BYTES], anchor[ANCHOR_BYTES];
    format_bytes(low, least->memory_bytes);
    format_bytes(high, most->memory_bytes);
    linked_text_puts(text, "The servers have from ");
    linked_text_link(text, overview_row_anchor(anchor, o, least), "%s", low);
    linked_text_puts(text, " (");
    overview_put_name(&text->text, o, least);
    linked_text_puts(text, ") to ");
    linked_text_link(text, overview_row_anchor(anchor, o, most), "%s", high);
    linked_text_puts(text, " (");
    overview_put_name(&text->text, o, most);
    linked_text_puts(text, ") of private memory at most");
}

static void put_readiness(linked_text *text, const overview *o)
{
    buf *const out = &text->text;
    for (int verdict = READINESS_READY; verdict <= READINESS_NOT_READY; verdict++) {
        overview_list names;
        overview_list_init(&names);
        for (size_t i = 0; i < o->n_entries; i++) {
            if ((int)o->entries[i].readiness == verdict)
                overview_list_add_entry(&names, o, &o->entries[i]);
        }
        if (names.n > 0)
            buf_printf(out, "%s%s: ", out->size > 0 ? "; " : "", readiness_name((readiness_verdict)verdict));
        overview_list_put(out, &names);
    }
}

static const struct {
    const char *topic;
    const char *target; // where its figures are
    void (*put)(linked_text *out, const overview *o);
} SENTENCES[] = {
    {"measured", "runs", put_measured},
    {"conditions", "conditions", put_differing},
    {"compared", "metrics", put_groups},
    {"not told", "conditions", put_untold},
    {"not compared", "runs", put_unalike},
    {"speed", "metrics", overview_put_speed},
    {"decode", "metrics", overview_put_decode},
    {"first token", "metrics", overview_put_first},
    {"quality", "metrics", overview_put_quality},
    {"repetition", "metrics", overview_put_repetition},
    {"memory", "models", put_memory},
    {"readiness", "criteria", put_readiness},
};

void overview_section_summary(document *doc, const overview *o)
{
    linked_text sentence;
    linked_text_init(&sentence, 1 << 20);
    doc_heading(doc, 2, "summary", "Summary");
    doc_facts(doc, DOC_FACTS);
    for (size_t i = 0; i < sizeof SENTENCES / sizeof *SENTENCES; i++) {
        linked_text_clear(&sentence);
        SENTENCES[i].put(&sentence, o);
        if (sentence.text.size == 0)
            continue;
        linked_text_puts(&sentence, ".");
        doc_put_link(doc, SENTENCES[i].target, SENTENCES[i].topic);
        doc_put_linked(doc, &sentence);
        doc_put(doc, "");
    }
    linked_text_free(&sentence);
}
