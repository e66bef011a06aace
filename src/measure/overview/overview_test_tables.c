/* overview_test_tables.c - test by test: rates, first tokens, and checks where entries differ in them. */
#include <math.h>

#include "overview/overview_sections.h"
#include "report/sections/cells.h"

static const overview_test *find(const overview_entry *e, int test)
{
    for (size_t i = 0; i < e->n_tests; i++) {
        if (e->tests[i].test == test)
            return &e->tests[i];
    }
    return NULL;
}

/* The tests of a table. */
typedef struct test_list {
    const overview *o;
    int items[OVERVIEW_TESTS_MAX];
    size_t n;
} test_list;

static const char *test_name(const void *ctx, size_t i)
{
    const test_list *const list = ctx;
    return list->o->tests[list->items[i]].name;
}

static void put_rate(document *doc, const void *ctx, const overview_entry *e, size_t i)
{
    const overview_test *const t = find(e, ((const test_list *)ctx)->items[i]);
    cell_number(doc, t != NULL ? t->overall_tps : NAN);
}

static void put_first(document *doc, const void *ctx, const overview_entry *e, size_t i)
{
    const overview_test *const t = find(e, ((const test_list *)ctx)->items[i]);
    cell_number(doc, t != NULL ? t->ttft_ms : NAN);
}

static void put_checks(document *doc, const void *ctx, const overview_entry *e, size_t i)
{
    const overview_test *const t = find(e, ((const test_list *)ctx)->items[i]);
    cell_ratio(doc, t != NULL ? t->n_passed : 0, t != NULL ? t->n_run : 0);
}

/* Returns true if the share of passed checks of a test is not the same in all entries that have it. */
static bool has_difference(const overview *o, int test)
{
    const overview_test *before = NULL;
    for (size_t i = 0; i < o->n_entries; i++) {
        const overview_test *const t = find(&o->entries[i], test);
        if (t == NULL || t->n_run == 0)
            continue;
        if (before != NULL && (int64_t)before->n_passed * t->n_run != (int64_t)t->n_passed * before->n_run)
            return true;
        before = t;
    }
    return false;
}

static void put_grid(document *doc, const test_list *list, const char *title,
                     void (*put)(document *doc, const void *ctx, const overview_entry *e, size_t i))
{
    const overview_grid grid = {
        .title = title, .corner = "test", .n = list->n, .name = test_name, .put = put, .ctx = list, .is_number = true};
    overview_put_grid(doc, list->o, &grid);
}

void overview_section_tests(document *doc, const overview *o)
{
    test_list all = {.o = o}, differing = {.o = o};
    for (size_t i = 0; i < o->n_tests; i++) {
        all.items[all.n++] = (int)i;
        if (has_difference(o, (int)i))
            differing.items[differing.n++] = (int)i;
    }
    doc_heading(doc, 2, "tests", "Test by test");
    put_grid(doc, &all, "Average rate, tok/s, mean of the repetitions", put_rate);
    put_grid(doc, &all, "First token, ms, mean of the repetitions", put_first);
    if (differing.n > 0)
        put_grid(doc, &differing, "Checks that passed, of those that ran, where the runs differ", put_checks);
    else
        doc_paragraph(doc, "The same share of the checks passed in every run, test by test.");
    if (o->n_tests_left_out > 0)
        doc_paragraph(doc, "%zu answers are to tests beyond the first %d; the reports of the runs have them.",
                      o->n_tests_left_out, OVERVIEW_TESTS_MAX);
}
