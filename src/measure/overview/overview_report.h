/* overview_report.h - several runs side by side for a reader and for programs.  Texts from outside are escaped for
 * their form.  All take a judged overview.
 */
#ifndef OVERVIEW_OVERVIEW_REPORT_H
#define OVERVIEW_OVERVIEW_REPORT_H

#include "overview/overview.h"
#include "report/document.h"

/* Appends all blocks; a terminal has the short form. */
void overview_document(document *doc, const overview *o);
void overview_text(buf *out, const overview *o, int width);
void overview_markdown(buf *out, const overview *o);
/* One page without scripts that needs no network. */
void overview_html(buf *out, const overview *o);
/* A line for each entry, below one with the names of the figures (RFC 4180). */
void overview_csv(buf *out, const overview *o);
/* One document, schema 1, with the figures of every entry, test and metric.  Errors: SW_ENOMEM, SW_ELIMIT. */
SW_NODISCARD sw_code overview_json(buf *out, const overview *o, sw_err *err);

/* Writes overview.md and overview.html into `dir`, each whole or not at all. */
SW_NODISCARD sw_code overview_write(const overview *o, const char *dir, sw_err *err);

#endif
