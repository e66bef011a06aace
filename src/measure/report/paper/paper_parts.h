/* paper_parts.h - the tables and figures of a white paper, one function each. */
#ifndef REPORT_PAPER_PARTS_H
#define REPORT_PAPER_PARTS_H

#include "figures/analysis.h"
#include "report/paper/paper_table.h"

/* The models of all runs, with one number each: n of every table. */
typedef struct paper_model {
    int run;    // position in the list of runs, from 0
    int number; // from 1, over all runs
    const run_analysis *analysis;
    const subject_analysis *subject;
} paper_model;

typedef struct paper_models {
    const paper_model *items;
    size_t n;
} paper_models;

typedef struct paper_table_maker {
    paper_about about;
    void (*fill)(paper_table *table, const paper_models *models); // columns and rows
} paper_table_maker;

enum { N_PAPER_TABLES = 11 };
extern const paper_table_maker PAPER_TABLES[N_PAPER_TABLES];

/* A figure of all models (`model` is NULL), or one of each. */
typedef struct paper_figure_maker {
    paper_about about;
    bool is_per_model;
    /* Returns SW_OK without appending anything if there is nothing to draw.  Error: SW_ENOMEM. */
    sw_code (*draw)(buf *out, const paper_about *about, const paper_models *models, const paper_model *model,
                    sw_err *err);
} paper_figure_maker;

enum { N_PAPER_FIGURES = 5 };
extern const paper_figure_maker PAPER_FIGURES[N_PAPER_FIGURES];

#endif
