/* paper.h - the data of a white paper: the protocol's data collection of stored runs as tables (CSV, Markdown, LaTeX)
 * and figures (SVG), each with its definition and with the SQL that gives the rows that it is made of.
 */
#ifndef REPORT_PAPER_H
#define REPORT_PAPER_H

#include "figures/analysis.h"

/* Writes all files into `dir`, which is made if it does not exist; files of earlier calls are replaced.  Errors:
 * SW_EIO, SW_ELIMIT, SW_ENOMEM. */
SW_NODISCARD sw_code paper_write(const run_analysis *runs, size_t n_runs, const char *dir, sw_err *err);

#endif
