/* cmd_bench_review.c - `spillway bench review`: a person's scores of the answers of a run. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/rng.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/output_file.h"
#include "cmd/review_session.h"
#include "cmd/run_open.h"
#include "report/report.h"
#include "review/review_file.h"
#include "review/review_page.h"

static const char COMMAND[] = "bench review";

typedef struct review_args {
    const char *reviewer, *test, *model;
    const char *import, *page; // files
    bool is_blind, list, json, force;
} review_args;

/* One thing to do with a run that was loaded. */
typedef sw_code (*review_fn)(const review_args *a, const review_session *s, sw_err *err);

/* ---- actions ----------------------------------------------------------------------------------------------------- */

/* Returns how many of the reviews take the place of one. */
static size_t count_replaced(const run_record *run, const review_file *file)
{
    size_t n = 0;
    for (size_t i = 0; i < file->n; i++)
        n += run_review(run, file->reviews[i].test, file->reviews[i].reviewer) != NULL;
    return n;
}

static sw_code import_file(const review_args *a, const review_session *s, sw_err *err)
{
    review_file file;
    sw_code code = review_file_load(s->run, a->import, &file, err);
    if (code == SW_OK)
        code = store_put_reviews(s->store, s->run, file.reviews, file.n, err);
    if (code == SW_OK) {
        const size_t n_replaced = count_replaced(s->run, &file);
        printf("%zu reviews added, %zu replaced\n", file.n - n_replaced, n_replaced);
    }
    review_file_free(&file);
    return code;
}

static sw_code print_json(const review_args *a, const review_session *s, sw_err *err)
{
    (void)a;
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    const sw_code code = review_file_write(&text, s->run, s->run->reviews, s->run->n_reviews, err);
    if (code == SW_OK)
        fwrite(buf_str(&text), 1, text.size, stdout); // cmd_main reports a failure
    buf_free(&text);
    return code;
}

static sw_code list(const review_args *a, const review_session *s, sw_err *err)
{
    (void)a;
    if (s->run->n_reviews > 0)
        return review_print(s, err);
    fprintf(stderr, "there are no reviews; `spillway bench review RUN` on a terminal, or --page FILE, takes them\n");
    return SW_OK;
}

static sw_code write_page(const review_args *a, const review_session *s, sw_err *err)
{
    buf page;
    buf_init(&page, REPORT_BYTES_MAX);
    sw_code code = output_file_check(a->page, s->path, a->force, err);
    if (code == SW_OK)
        code = review_page(&page, &s->analysis, &s->choice, entropy_system(), err);
    if (code == SW_OK)
        code = file_put(a->page, page.data, page.size, err);
    buf_free(&page);
    return code;
}

static sw_code talk(const review_args *a, const review_session *s, sw_err *err)
{
    (void)a;
    return review_talk(s, err);
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

static sw_code open_session(review_session *s, const char *text, bool read_only, sw_err *err)
{
    run_name name = {0};
    s->keep = arena_create();
    sw_code code = s->keep != NULL ? run_name_parse(text, s->keep, &name, err)
                                   : sw_fail(err, SW_ENOMEM, "out of memory looking for a run");
    s->path = name.store;
    if (code == SW_OK)
        code = run_open(&s->store, &name, read_only, err);
    if (code == SW_OK)
        code = store_load_run(s->store, name.id, &s->run, err);
    if (code == SW_OK)
        code = run_analysis_of(s->run, &s->analysis, err);
    return code;
}

static void close_session(review_session *s)
{
    run_analysis_free(&s->analysis);
    run_record_free(s->run);
    store_close(s->store);
    arena_free(s->keep);
}

static int run_action(const review_args *a, review_fn action, bool read_only, const char *text)
{
    sw_err err = {0};
    review_session s = {.choice = {a->test, a->model, a->reviewer, a->is_blind}};
    sw_code code = open_session(&s, text, read_only, &err);
    if (code == SW_OK)
        code = action(a, &s, &err);
    close_session(&s);
    return cmd_end(COMMAND, code, &err);
}

/* ---- command line ------------------------------------------------------------------------------------------------ */

static int usage_error(const char *message)
{
    fprintf(stderr, "spillway %s: %s\n", COMMAND, message);
    return CMD_EXIT_USAGE;
}

static int choose(const review_args *a, const char *text)
{
    sw_err err = {0};
    const bool has_choice = a->test != NULL || a->model != NULL || a->reviewer[0] != '\0' || a->is_blind;
    if ((a->page != NULL) + (a->import != NULL) + a->list + a->json > 1)
        return usage_error("only one of --page, --import, --list and --json can be given");
    if (a->force && a->page == NULL)
        return usage_error("--force is for --page");
    if (has_choice && (a->import != NULL || a->list || a->json))
        return usage_error(
            "--test, --model, --reviewer and --blind choose what is asked; --list, --json and --import ask nothing");
    if (review_check_text(a->reviewer, LIMIT_REVIEWER_BYTES, "a reviewer's name", &err) != SW_OK)
        return usage_error(err.msg);
    if (a->list)
        return run_action(a, list, true, text);
    if (a->json)
        return run_action(a, print_json, true, text);
    if (a->import != NULL)
        return run_action(a, import_file, false, text);
    if (a->page != NULL)
        return run_action(a, write_page, true, text);
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !isatty(STDERR_FILENO))
        return usage_error("it asks on a terminal, and this is none; --page FILE writes a page to score on, --import "
                           "FILE reads what the "
                           "page saved, --list and --json print what is stored");
    return run_action(a, talk, false, text);
}

int cmd_bench_review(int argc, char **argv)
{
    review_args a = {.reviewer = ""};
    const arg_row rows[] = {
        {"reviewer", NULL, ARG_STRING, &a.reviewer, 0, 0, "NAME",
         "name that is stored with the scores and shown in reports (default: none)"},
        {"test", NULL, ARG_STRING, &a.test, 0, 0, "NAME", "ask about answers to this test only"},
        {"model", NULL, ARG_STRING, &a.model, 0, 0, "NAME", "ask about answers of this model only"},
        {"blind", NULL, ARG_FLAG, &a.is_blind, 0, 0, NULL,
         "hide the models' names, and mix their answers: the same way for a run and a reviewer"},
        {"page", NULL, ARG_STRING, &a.page, 0, 0, "FILE",
         "write a page to score on in a browser, which saves a file for --import"},
        FORCE_ARG_ROW(a.force),
        {"import", NULL, ARG_STRING, &a.import, 0, 0, "FILE", "store all scores of a file that a page saved, or none"},
        {"list", NULL, ARG_FLAG, &a.list, 0, 0, NULL, "print what is stored as a table"},
        {"json", NULL, ARG_FLAG, &a.json, 0, 0, NULL, "print what is stored as a file for --import"},
    };
    const arg_list args = {
        .command = COMMAND,
        .usage = "RUN [OPTIONS]",
        .description =
            "Takes a person's scores of the answers of a benchmark run: content, accuracy and\n"
            "responsiveness from 1 to 5, flags and a note. They are stored beside the automatic checks, which\n"
            "are shown only after an answer was scored, and reports show both and how far they agree.\n\n"
            "RUN is named as for `spillway runs`. On a terminal each answer is shown with its prompt, and what\n"
            "is typed is stored at once; the next call goes on with the first answer without a score.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 1,
        .max_positional = 1,
    };
    const char *text;
    size_t n_texts;
    const int status = args_parse(&args, argc, argv, &text, &n_texts);
    return status >= 0 ? status : choose(&a, text);
}
