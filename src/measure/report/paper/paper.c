/* paper.c - the files of a white paper, and data.md, which says what each of them is. */
#include "report/paper/paper.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "base/folder.h"
#include "report/format.h"
#include "report/paper/paper_parts.h"

enum { FILE_BYTES_MAX = 256 * 1024 * 1024, PATH_BYTES_MAX = 65536 };

typedef struct paper_writer {
    const char *dir;
    paper_models models;
    buf guide; // data.md
    sw_err *err;
} paper_writer;

/* Writes the content to dir/name, and empties it. */
static sw_code put_file(paper_writer *w, buf *content, const char *name)
{
    const sw_code code = folder_put(w->dir, name, content, w->err);
    buf_clear(content);
    return code;
}

/* "name.ext", or "name-3.ext" of the third model. */
static void file_name(char out[64], const paper_about *about, const paper_model *model, const char *ext)
{
    if (model != NULL)
        snprintf(out, 64, "%s-%d.%s", about->name, model->number, ext);
    else
        snprintf(out, 64, "%s.%s", about->name, ext);
}

static sw_code put_query(paper_writer *w, buf *content, const paper_about *about)
{
    char name[64];
    file_name(name, about, NULL, "sql");
    buf_puts(content, about->query);
    return put_file(w, content, name);
}

static void put_guide_head(buf *guide, const paper_about *about, const char *files)
{
    buf_printf(guide, "\n## %s\n\n%s\n\nFiles: %s. The rows that it is made of:\n\n```sql\n%s```\n", about->title,
               about->definition, files, about->query);
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static void put_definitions(buf *guide, const paper_table *t)
{
    buf_puts(guide, "\n| column | unit | meaning |\n|---|---|---|\n");
    for (size_t i = 0; i < t->n_columns; i++) {
        const paper_column *const c = &t->columns[i];
        buf_printf(guide, "| `%s` | %s | ", c->name, strcmp(c->unit, "text") == 0 ? "" : c->unit);
        escape_markdown_cell(guide, c->meaning, strlen(c->meaning));
        buf_puts(guide, " |\n");
    }
}

static const struct {
    const char *ext;
    void (*write)(buf *out, const paper_table *table);
} FORMS[] = {{"csv", paper_table_csv}, {"md", paper_table_markdown}, {"tex", paper_table_latex}};

static sw_code put_table(paper_writer *w, buf *content, const paper_table_maker *maker)
{
    const paper_about *const about = &maker->about;
    paper_table table;
    char name[64], files[128];
    paper_table_init(&table, about);
    maker->fill(&table, &w->models);
    sw_code code = table.has_failed ? sw_fail(w->err, SW_ENOMEM, "out of memory for the table %s", about->name) : SW_OK;
    for (size_t i = 0; code == SW_OK && i < sizeof FORMS / sizeof *FORMS; i++) {
        file_name(name, about, NULL, FORMS[i].ext);
        FORMS[i].write(content, &table);
        code = put_file(w, content, name);
    }
    if (code == SW_OK)
        code = put_query(w, content, about);
    snprintf(files, sizeof files, "`%s.csv`, `%s.md`, `%s.tex`", about->name, about->name, about->name);
    put_guide_head(&w->guide, about, files);
    put_definitions(&w->guide, &table);
    paper_table_free(&table);
    return code;
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

/* One drawing; nothing is written if there is nothing to draw. */
static sw_code put_drawing(paper_writer *w, buf *content, const paper_figure_maker *maker, const paper_model *model,
                           buf *files)
{
    char name[64];
    sw_code code = maker->draw(content, &maker->about, &w->models, model, w->err);
    if (code != SW_OK || (content->size == 0 && content->failed == SW_OK))
        return code;
    file_name(name, &maker->about, model, "svg");
    buf_printf(files, "%s`%s`", files->size > 0 ? ", " : "", name);
    return put_file(w, content, name);
}

static sw_code put_figure(paper_writer *w, buf *content, const paper_figure_maker *maker)
{
    buf files;
    buf_init(&files, FILE_BYTES_MAX);
    sw_code code = SW_OK;
    if (!maker->is_per_model)
        code = put_drawing(w, content, maker, NULL, &files);
    for (size_t i = 0; maker->is_per_model && code == SW_OK && i < w->models.n; i++)
        code = put_drawing(w, content, maker, &w->models.items[i], &files);
    if (code == SW_OK)
        code = put_query(w, content, &maker->about);
    put_guide_head(&w->guide, &maker->about, files.size > 0 ? buf_str(&files) : "none, because nothing was measured");
    buf_free_part(&files, &w->guide);
    return code;
}

/* ---- data.md ----------------------------------------------------------------------------------------------------- */

static void put_cell(buf *out, const char *text)
{
    escape_markdown_cell(out, text, strlen(text));
    buf_puts(out, " | ");
}

static void put_run(buf *out, size_t number, const run_info *info)
{
    char time[CELL_BYTES], memory[CELL_BYTES];
    format_time(time, info->started_unix_ms);
    format_bytes(memory, info->memory_bytes > 0 ? (double)info->memory_bytes : NAN);
    buf_printf(out, "| %zu | %" PRId64 " | %s | ", number, info->id, time);
    put_cell(out, info->status);
    put_cell(out, info->protocol_name);
    put_cell(out, info->protocol_hash);
    put_cell(out, info->fingerprint);
    put_cell(out, info->cpu);
    buf_printf(out, "%d | %s | ", info->n_cores, memory);
    put_cell(out, info->os);
    escape_markdown_cell(out, info->version, strlen(info->version));
    buf_puts(out, " |\n");
}

static void put_lists(paper_writer *w, const run_analysis *runs, size_t n_runs)
{
    buf *const out = &w->guide;
    buf_puts(out, "# Data of a benchmark\n\n"
                  "Made by `spillway report RUN... --paper DIR` from stored runs. Each table and figure below has its "
                  "definition and a query, `NAME.sql`, that gives the stored rows that it is made of:\n\n"
                  "    sqlite3 -cmd '.parameter set :run ID' results.sqlite <NAME.sql\n\n"
                  "CSV files have all columns, Markdown and LaTeX those that fit a page. What does not exist is empty "
                  "or `-`.\n\n## Runs\n\n"
                  "| run | ID in its store | began | status | protocol | its hash | fingerprint | processor | cores | "
                  "memory | system | spillway |\n|--:|--:|---|---|---|---|---|---|--:|--:|---|---|\n");
    for (size_t i = 0; i < n_runs; i++)
        put_run(out, i + 1, &runs[i].run->info);
    buf_puts(out, "\n## Models\n\n| n | run | position | model |\n|--:|--:|--:|---|\n");
    for (size_t i = 0; i < w->models.n; i++) {
        const paper_model *const m = &w->models.items[i];
        buf_printf(out, "| %d | %d | %d | ", m->number, m->run + 1, m->subject->index);
        escape_markdown_cell(out, m->subject->subject->name, strlen(m->subject->subject->name));
        buf_puts(out, " |\n");
    }
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static paper_model *list_models(const run_analysis *runs, size_t n_runs, size_t *n_out)
{
    size_t n = 0;
    for (size_t i = 0; i < n_runs; i++)
        n += runs[i].n_subjects;
    paper_model *const models = mem_calloc(n + 1, sizeof *models);
    *n_out = 0;
    for (size_t i = 0; models != NULL && i < n_runs; i++) {
        for (size_t k = 0; k < runs[i].n_subjects; k++) {
            const int number = (int)*n_out + 1;
            models[(*n_out)++] = (paper_model){(int)i, number, &runs[i], &runs[i].subjects[k]};
        }
    }
    return models;
}

static sw_code put_all(paper_writer *w, buf *content)
{
    sw_code code = SW_OK;
    for (size_t i = 0; code == SW_OK && i < N_PAPER_TABLES; i++)
        code = put_table(w, content, &PAPER_TABLES[i]);
    for (size_t i = 0; code == SW_OK && i < N_PAPER_FIGURES; i++)
        code = put_figure(w, content, &PAPER_FIGURES[i]);
    return code == SW_OK ? put_file(w, &w->guide, "data.md") : code;
}

sw_code paper_write(const run_analysis *runs, size_t n_runs, const char *dir, sw_err *err)
{
    paper_writer w = {.dir = dir, .err = err};
    paper_model *const models = list_models(runs, n_runs, &w.models.n);
    if (models == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the data of a paper");
    buf content;
    buf_init(&content, FILE_BYTES_MAX);
    buf_init(&w.guide, FILE_BYTES_MAX);
    w.models.items = models;
    put_lists(&w, runs, n_runs);
    const sw_code code = put_all(&w, &content);
    buf_free(&content);
    buf_free(&w.guide);
    mem_free(models);
    return code;
}
