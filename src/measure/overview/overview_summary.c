/* overview_summary.c - what several runs say together, in sentences.
 *
 * Every sentence is made of figures by a function that says nothing where they are missing: none is written by hand.
 */
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "figures/run_alike.h"
#include "overview/overview_parts.h"
#include "overview/overview_sections.h"
#include "report/format.h"

enum { NAMES_MAX = 6, UNALIKE_MAX = 8, DIFFERENCES_MAX = 3, VALUE_BYTES = 80 };

/* ---- lists of names ---------------------------------------------------------------------------------------------- */

/* "a, b and 3 more"; names are appended one by one. */
typedef struct name_list {
    buf text;
    size_t n;
} name_list;

static void list_init(name_list *list)
{
    buf_init(&list->text, 1 << 18);
    list->n = 0;
}

static void list_add(name_list *list, const char *name)
{
    if (list->n < NAMES_MAX)
        buf_printf(&list->text, "%s%s", list->n > 0 ? ", " : "", name);
    list->n++;
}

/* "gpt-oss of run 2", "run 2". */
static void put_name(buf *out, const overview *o, const overview_entry *e)
{
    if (o->n_runs > 1 && o->has_several_models)
        buf_printf(out, "%s of run %d", e->model, e->run + 1);
    else
        buf_puts(out, e->label);
}

static void list_add_entry(name_list *list, const overview *o, const overview_entry *e)
{
    buf name;
    buf_init(&name, 1 << 17);
    put_name(&name, o, e);
    list_add(list, buf_str(&name));
    buf_free_part(&name, &list->text);
}

/* Appends the list and frees it. */
static void list_put(buf *out, name_list *list)
{
    buf_puts(out, buf_str(&list->text));
    if (list->n > NAMES_MAX)
        buf_printf(out, " and %zu more", list->n - NAMES_MAX);
    out->failed = list->text.failed != SW_OK ? list->text.failed : out->failed;
    buf_free(&list->text);
}

/* ---- what was measured ------------------------------------------------------------------------------------------- */

static void put_measured(buf *out, const overview *o)
{
    int n_completed = 0, n_planned = 0;
    for (size_t i = 0; i < o->n_entries; i++) {
        n_completed += o->entries[i].n_completed;
        n_planned += o->entries[i].n_planned;
    }
    if (n_planned > 0)
        buf_printf(out, "%zu run%s measured %zu model%s in all; %d of %d streamed requests completed", o->n_runs,
                   o->n_runs == 1 ? "" : "s", o->n_entries, o->n_entries == 1 ? "" : "s", n_completed, n_planned);
}

static void put_differing(buf *out, const overview *o)
{
    name_list names;
    list_init(&names);
    for (size_t c = 0; c < N_OVERVIEW_CONDITIONS; c++) {
        for (size_t i = 1; i < o->n_entries; i++) {
            if (o->entries[i].conditions[c] != o->entries[0].conditions[c]) {
                list_add(&names, overview_condition_name(c));
                break;
            }
        }
    }
    buf_puts(out, names.n > 0 ? "The conditions differ in " : "All were measured under the same conditions");
    list_put(out, &names);
}

/* ---- which may be compared --------------------------------------------------------------------------------------- */

static size_t count_group(const overview *o, int group)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n_entries; i++)
        n += o->entries[i].group == group;
    return n;
}

static void put_group(buf *out, const overview *o)
{
    const size_t n = o->n_groups > 0 ? count_group(o, 0) : 0;
    if (n < 2) {
        buf_puts(out, "No two of them may be compared");
        return;
    }
    if (n == o->n_entries)
        buf_puts(out, "All");
    else
        buf_printf(out, "%zu of %zu", n, o->n_entries);
    buf_printf(out, " differ in nothing but %s, and are compared",
               o->knob != NULL ? o->knob : "the time at which they ran");
    int n_more = 0;
    for (int group = 1; group < o->n_groups; group++)
        n_more += count_group(o, group) > 1;
    if (n_more > 0)
        buf_printf(out, "; %d more group%s compared within %s", n_more, n_more == 1 ? " is" : "s are",
                   n_more == 1 ? "itself" : "themselves");
}

static void put_untold(buf *out, const overview *o)
{
    name_list names;
    list_init(&names);
    for (size_t i = 0; run_part_name(i) != NULL && i < OVERVIEW_PARTS_MAX; i++) {
        if (o->is_untold[i])
            list_add(&names, run_part_name(i));
    }
    const bool has_some = names.n > 0;
    buf_puts(out, has_some ? "Not every server tells its " : "");
    list_put(out, &names);
    buf_puts(out, has_some ? "; whether they are equal is not known" : "");
}

/* "cpu (EPYC), cores (96) and 2 more parts", of an entry outside of the largest group. */
static void put_differences(buf *out, const overview *o, const overview_entry *e)
{
    size_t parts[OVERVIEW_PARTS_MAX];
    const size_t n = overview_differences(o, e, parts);
    for (size_t i = 0; i < n && i < DIFFERENCES_MAX; i++) {
        const char *const text = o->texts[e->parts[parts[i]]];
        const size_t n_text = (size_t)overview_part_length(text);
        buf_printf(out, "%s%s (%.*s)", i > 0 ? ", " : "", run_part_name(parts[i]),
                   (int)utf8_complete_prefix(text, n_text < VALUE_BYTES ? n_text : VALUE_BYTES), text);
    }
    if (n > DIFFERENCES_MAX)
        buf_printf(out, " and %zu more", n - DIFFERENCES_MAX);
}

static void put_unalike(buf *out, const overview *o)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n_entries; i++) {
        const overview_entry *const e = &o->entries[i];
        if (e->group == 0)
            continue;
        if (++n > UNALIKE_MAX)
            continue;
        buf_puts(out, n > 1 ? "; " : "");
        put_name(out, o, e);
        buf_putc(out, ' ');
        if (e->group < 0) {
            buf_printf(out, "is not ranked: its run is %s", o->runs[e->run].status);
        } else {
            buf_puts(out, "differs in ");
            put_differences(out, o, e);
        }
    }
    if (n > UNALIKE_MAX)
        buf_printf(out, "; and %zu more", n - UNALIKE_MAX);
}

/* ---- metrics ----------------------------------------------------------------------------------------------------- */

/* How a sentence speaks of a metric. */
typedef struct metric_words {
    compare_metric metric;
    const char *best, *worst; // "the highest rate", "the lowest"
} metric_words;

static const metric_words SPEED = {COMPARE_OVERALL, "the highest rate over whole answers", "the lowest"};
static const metric_words DECODE = {COMPARE_DECODE, "the highest rate after the first token", "the lowest"};
static const metric_words FIRST = {COMPARE_TTFT, "the shortest time to the first token", "the longest"};
static const metric_words MARK = {COMPARE_MARK, "the highest content mark", "the lowest"};
static const metric_words REPEATED = {COMPARE_REPETITION, "the least repetition", "the most"};

static void put_value(buf *out, const overview_entry *e, compare_metric metric)
{
    const overview_figure *const f = &e->figures[metric];
    char median[CELL_BYTES], range[CELL_BYTES];
    format_unit(median, f->median, COMPARE_METRIC_ROWS[metric].unit);
    format_range(range, f->range.low, f->range.high);
    buf_printf(out, "median %s%s%s", median, range[0] != '\0' ? ", 95 %: " : "", range);
}

static const overview_entry *find_worst(const overview *o, compare_metric metric)
{
    const double sign = COMPARE_METRIC_ROWS[metric].higher_is_better ? -1 : 1;
    const overview_entry *worst = NULL;
    for (size_t i = 0; i < o->n_entries; i++) {
        const overview_entry *const e = &o->entries[i];
        if (e->group != 0 || e->figures[metric].n == 0)
            continue;
        if (worst == NULL || sign * e->figures[metric].median > sign * worst->figures[metric].median)
            worst = e;
    }
    return worst;
}

/* Those of the largest group that are not told apart from the best, which is the first. */
static void put_ties(buf *out, const overview *o, const overview_entry *best, compare_metric metric)
{
    name_list names;
    list_init(&names);
    for (size_t i = 0; i < o->n_entries; i++) {
        const overview_entry *const e = &o->entries[i];
        if (e->group == 0 && e != best && e->figures[metric].n > 0 && !e->figures[metric].is_behind)
            list_add_entry(&names, o, e);
    }
    list_put(out, &names);
}

static void put_metric(buf *out, const overview *o, const metric_words *words)
{
    const overview_entry *const best = overview_best(o, 0, words->metric), *const worst = find_worst(o, words->metric);
    if (best == NULL)
        return;
    const bool is_sure = overview_is_sure(o, 0, words->metric);
    put_name(out, o, best);
    buf_printf(out, " %s %s (", is_sure ? "surely has" : "shows", words->best);
    put_value(out, best, words->metric);
    buf_puts(out, ")");
    if (!is_sure) {
        buf_puts(out, ", but is not told apart from ");
        put_ties(out, o, best, words->metric);
    }
    if (worst != best) {
        buf_puts(out, "; ");
        put_name(out, o, worst);
        buf_printf(out, " has %s (", words->worst);
        put_value(out, worst, words->metric);
        buf_puts(out, ")");
    }
}

static void put_speed(buf *out, const overview *o)
{
    put_metric(out, o, &SPEED);
}

static void put_decode(buf *out, const overview *o)
{
    put_metric(out, o, &DECODE);
}

static void put_first(buf *out, const overview *o)
{
    put_metric(out, o, &FIRST);
}

static void put_quality(buf *out, const overview *o)
{
    put_metric(out, o, &MARK);
}

static void put_repetition(buf *out, const overview *o)
{
    put_metric(out, o, &REPEATED);
}

/* ---- memory and readiness ---------------------------------------------------------------------------------------- */

/* A figure of every entry, not ranked: each is one value. */
static void put_memory(buf *out, const overview *o)
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
    char low[CELL_BYTES], high[CELL_BYTES];
    format_bytes(low, least->memory_bytes);
    format_bytes(high, most->memory_bytes);
    buf_printf(out, "The servers have from %s (", low);
    put_name(out, o, least);
    buf_printf(out, ") to %s (", high);
    put_name(out, o, most);
    buf_puts(out, ") of private memory at most");
}

static void put_readiness(buf *out, const overview *o)
{
    for (int verdict = READINESS_READY; verdict <= READINESS_NOT_READY; verdict++) {
        name_list names;
        list_init(&names);
        for (size_t i = 0; i < o->n_entries; i++) {
            if ((int)o->entries[i].readiness == verdict)
                list_add_entry(&names, o, &o->entries[i]);
        }
        if (names.n > 0)
            buf_printf(out, "%s%s: ", out->size > 0 ? "; " : "", readiness_name((readiness_verdict)verdict));
        list_put(out, &names);
    }
}

static const struct {
    const char *topic;
    const char *target; // where its figures are
    void (*put)(buf *out, const overview *o);
} SENTENCES[] = {
    {"measured", "runs", put_measured},    {"conditions", "conditions", put_differing},
    {"compared", "metrics", put_group},    {"not told", "conditions", put_untold},
    {"not compared", "runs", put_unalike}, {"speed", "metrics", put_speed},
    {"decode", "metrics", put_decode},     {"first token", "metrics", put_first},
    {"quality", "metrics", put_quality},   {"repetition", "metrics", put_repetition},
    {"memory", "models", put_memory},      {"readiness", "criteria", put_readiness},
};

void overview_section_summary(document *doc, const overview *o)
{
    buf sentence;
    buf_init(&sentence, 1 << 20);
    doc_heading(doc, 2, "summary", "Summary");
    doc_facts(doc, DOC_FACTS);
    for (size_t i = 0; i < sizeof SENTENCES / sizeof *SENTENCES; i++) {
        buf_clear(&sentence);
        SENTENCES[i].put(&sentence, o);
        if (sentence.size == 0)
            continue;
        buf_putc(&sentence, '.');
        doc_put_link(doc, SENTENCES[i].target, SENTENCES[i].topic);
        doc_put(doc, doc_str(doc, &sentence));
        doc_put(doc, "");
    }
    buf_free(&sentence);
}
