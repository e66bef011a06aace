/* overview_sentences.c - who has the best of a metric, whether that is sure, and who has the worst. */
#include "overview/overview_sentences.h"

#include <math.h>

#include "overview/overview_names.h"
#include "overview/overview_sections.h"
#include "report/format.h"

enum { GROUPS_MAX = 4 };

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

/* The figure leads to the entry's row in the table of the metric. */
static void put_value(linked_text *out, const overview *o, const overview_entry *e, compare_metric metric)
{
    const overview_figure *const f = &e->figures[metric];
    char anchor[ANCHOR_BYTES];
    char median[CELL_BYTES], range[CELL_BYTES];
    format_unit(median, f->median, COMPARE_METRIC_ROWS[metric].unit);
    format_range(range, f->range.low, f->range.high);
    linked_text_puts(out, "median ");
    linked_text_link(out, overview_metric_anchor(anchor, o, e, metric), "%s", median);
    linked_text_printf(out, "%s%s", range[0] != '\0' ? ", 95 %: " : "", range);
}

static const overview_entry *find_worst(const overview *o, int group, compare_metric metric)
{
    const double sign = COMPARE_METRIC_ROWS[metric].higher_is_better ? -1 : 1;
    const overview_entry *worst = NULL;
    for (size_t i = 0; i < o->n_entries; i++) {
        const overview_entry *const e = &o->entries[i];
        if (e->group != group || e->figures[metric].n == 0)
            continue;
        if (worst == NULL || sign * e->figures[metric].median > sign * worst->figures[metric].median)
            worst = e;
    }
    return worst;
}

/* Those of its group that are not told apart from the best. */
static void put_ties(linked_text *out, const overview *o, const overview_entry *best, compare_metric metric)
{
    overview_list names;
    overview_list_init(&names);
    for (size_t i = 0; i < o->n_entries; i++) {
        const overview_entry *const e = &o->entries[i];
        if (e->group == best->group && e != best && e->figures[metric].n > 0 && !e->figures[metric].is_behind)
            overview_list_add_entry(&names, o, e);
    }
    overview_list_put(&out->text, &names);
}

static void put_best(linked_text *out, const overview *o, const overview_entry *best, const metric_words *words)
{
    const bool is_sure = overview_is_sure(o, best->group, words->metric);
    const overview_entry *const worst = find_worst(o, best->group, words->metric);
    overview_put_name(&out->text, o, best);
    linked_text_printf(out, " %s %s (", is_sure ? "surely has" : "shows", words->best);
    put_value(out, o, best, words->metric);
    linked_text_puts(out, ")");
    if (!is_sure) {
        linked_text_puts(out, ", but is not told apart from ");
        put_ties(out, o, best, words->metric);
    }
    if (worst != best) {
        linked_text_puts(out, "; ");
        overview_put_name(&out->text, o, worst);
        linked_text_printf(out, " has %s (", words->worst);
        put_value(out, o, worst, words->metric);
        linked_text_puts(out, ")");
    }
}

/* A sentence for each of the first groups. */
static void put_metric(linked_text *out, const overview *o, const metric_words *words)
{
    int n = 0;
    for (int group = 0; group < o->n_groups; group++) {
        const overview_entry *const best = overview_best(o, group, words->metric);
        if (best == NULL || ++n > GROUPS_MAX)
            continue;
        linked_text_puts(out, n > 1 ? ". " : "");
        put_best(out, o, best, words);
    }
    if (n > GROUPS_MAX)
        linked_text_printf(out, ". %d more groups are in the tables", n - GROUPS_MAX);
}

void overview_put_speed(linked_text *out, const overview *o)
{
    put_metric(out, o, &SPEED);
}

void overview_put_decode(linked_text *out, const overview *o)
{
    put_metric(out, o, &DECODE);
}

void overview_put_first(linked_text *out, const overview *o)
{
    put_metric(out, o, &FIRST);
}

void overview_put_quality(linked_text *out, const overview *o)
{
    put_metric(out, o, &MARK);
}

void overview_put_repetition(linked_text *out, const overview *o)
{
    put_metric(out, o, &REPEATED);
}
