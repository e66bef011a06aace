/* paper_fill.h - what fills each table of a white paper: its columns, and a row for each model or more. */
#ifndef REPORT_PAPER_FILL_H
#define REPORT_PAPER_FILL_H

#include "report/paper/paper_parts.h"

/* The columns of every table (number and name of the model), and then these n. */
void paper_put_columns(paper_table *t, const paper_column *columns, size_t n);
/* The first cells of a row. */
void paper_put_model(paper_table *t, const paper_model *m);

void paper_fill_architecture(paper_table *t, const paper_models *models);
void paper_fill_memory(paper_table *t, const paper_models *models);
void paper_fill_placement(paper_table *t, const paper_models *models);
void paper_fill_streaming(paper_table *t, const paper_models *models);
void paper_fill_answers(paper_table *t, const paper_models *models);
void paper_fill_quality(paper_table *t, const paper_models *models);
void paper_fill_experts(paper_table *t, const paper_models *models);
void paper_fill_servers(paper_table *t, const paper_models *models);
void paper_fill_cause(paper_table *t, const paper_models *models);
void paper_fill_temperature(paper_table *t, const paper_models *models);
void paper_fill_criteria(paper_table *t, const paper_models *models);

#endif
