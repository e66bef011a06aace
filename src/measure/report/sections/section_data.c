/* section_data.c - how a reader gets at the data: the tests as a file in the page, commands, and SQL for the raw rows.
 */
#include <inttypes.h>
#include <stdio.h>

#include "report/queries.h"
#include "report/report.h"
#include "report/sections/anchors.h"
#include "report/sections/sections.h"

enum {
    DOWNLOAD_BYTES_MAX = 1 << 20, // the page stays one that can be sent
    QUERY_BYTES_MAX = 65536,
};

static void put_download(document *doc, const run_analysis *a)
{
    buf csv;
    buf_init(&csv, DOWNLOAD_BYTES_MAX);
    report_csv(&csv, a);
    if (csv.failed == SW_ELIMIT)
        doc_paragraph(doc, "The tests as CSV are larger than this page should be: print them with the command below.");
    else
        doc_download(doc, "tests.csv", &csv);
    buf_free(&csv);
}

static void put_commands(document *doc, int64_t run)
{
    buf commands;
    buf_init(&commands, QUERY_BYTES_MAX);
    buf_printf(&commands,
               "spillway report results.sqlite:%" PRId64 " --format json   # all figures, all answers\n"
               "spillway report results.sqlite:%" PRId64 " --format jsonl  # the tests, one a line\n"
               "spillway report results.sqlite:%" PRId64 " --format csv    # the same as CSV\n"
               "spillway report results.sqlite:%" PRId64 " --paper DIR     # tables and drawings\n"
               "sqlite3 -header -csv results.sqlite \"SELECT ...\" # a query of those below\n",
               run, run, run, run);
    doc_heading(doc, 3, NULL, "Commands");
    doc_code(doc, NULL, "", doc_str(doc, &commands));
    buf_free(&commands);
}

static void put_queries(document *doc, int64_t run)
{
    char place[ANCHOR_BYTES];
    buf sql;
    buf_init(&sql, QUERY_BYTES_MAX);
    for (int i = 0; i < N_REPORT_QUERIES; i++) {
        const report_query *const q = &REPORT_QUERIES[i];
        buf_clear(&sql);
        report_query_put(&sql, q, run);
        snprintf(place, sizeof place, "query-%s", q->name);
        buf title;
        buf_init(&title, QUERY_BYTES_MAX);
        buf_printf(&title, "%s: %s", q->name, q->title);
        doc_code(doc, place, doc_str(doc, &title), doc_str(doc, &sql));
        buf_free(&title);
    }
    buf_free(&sql);
}

void section_data(document *doc, const run_analysis *a)
{
    const int64_t run = a->run->info.id;
    doc_heading(doc, 2, "raw-data", "Data and definitions");
    doc_paragraph(doc,
                  "Everything in this report is made from run %" PRId64
                  " of its store, results.sqlite (or the file that "
                  "bench --db named), a SQLite file with one row for each request, each piece of an answer that "
                  "arrived, each check and each sample.",
                  run);
    put_download(doc, a);
    put_commands(doc, run);
    section_definitions(doc, a);
    doc_heading(doc, 3, NULL, "Raw rows");
    doc_paragraph(doc, "Models, tests and repetitions are counted from 1, as in the addresses of this report's rows.");
    put_queries(doc, run);
}
