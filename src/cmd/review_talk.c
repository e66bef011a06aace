/* review_talk.c - answers on a terminal, one after another, and the line that a person types about each.
 *
 * The automatic checks of an answer are printed after the line, so that they do not decide it.  A line is stored before
 * the next answer is shown: whatever ends the program loses no line that was taken.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/escape.h"
#include "cmd/cmd_error.h"
#include "cmd/line_editor.h"
#include "cmd/review_session.h"
#include "cmd/terminal.h"
#include "cmd/wrap.h"
#include "report/format.h"
#include "report/report.h"
#include "review/review_auto.h"
#include "review/review_line.h"

enum { LINE_BYTES_MAX = 1 << 16 };

typedef struct review_state {
    const review_session *s;
    review_list list;
    review_record *given; // (list.n) the latest, by position in the list
    bool *is_given;       // (list.n)
    size_t at;            // position in the list
    arena *keep;          // notes
} review_state;

/* ---- what is shown ----------------------------------------------------------------------------------------------- */

/* A text from outside below its title, wrapped for the terminal. */
static void print_text(const char *title, const char *text, size_t n)
{
    buf safe, wrapped;
    wrap w;
    buf_init(&safe, REPORT_BYTES_MAX);
    buf_init(&wrapped, REPORT_BYTES_MAX);
    wrap_init(&w, terminal_columns_of(STDOUT_FILENO));
    escape_terminal(&safe, text, n);
    wrap_text(&w, buf_str(&safe), safe.size, &wrapped);
    wrap_flush(&w, &wrapped);
    printf("%s\n%s\n\n", title, buf_str(&wrapped));
    wrap_free(&w);
    buf_free(&safe);
    buf_free(&wrapped);
}

static void print_line(const char *text)
{
    cmd_print_safe(stdout, text);
    putchar('\n');
}

static void print_head(const review_state *r, const test_record *t)
{
    buf head;
    buf_init(&head, REPORT_BYTES_MAX);
    buf_printf(&head, "\n%zu of %zu: ", r->at + 1, r->list.n);
    if (r->s->choice.is_blind) {
        buf_puts(&head, t->plan.name);
    } else {
        format_name(&head, t);
        buf_printf(&head, ", %s, %s", format_model(r->s->run->subjects[t->subject].name), test_mode_name(t->mode));
    }
    buf_putc(&head, '\n');
    print_line(buf_str(&head));
    buf_free(&head);
}

static void print_answer(const review_state *r)
{
    const test_record *const t = &r->s->run->tests[r->list.tests[r->at]];
    char title[128], times[64];
    review_put_times(times, sizeof times, &r->s->analysis, t);
    print_head(r, t);
    print_text("Asked", t->plan.prompt, strlen(t->plan.prompt));
    if (t->plan.expected[0] != '\0')
        print_text("Expected", t->plan.expected, strlen(t->plan.expected));
    snprintf(title, sizeof title, "Answered (%s)", times);
    print_text(title, t->answer.text, t->answer.n_text);
    puts(REVIEW_LINE_HELP);
    if (r->is_given[r->at]) {
        buf line;
        buf_init(&line, LINE_BYTES_MAX);
        buf_puts(&line, "given: ");
        review_line_put(&line, &r->given[r->at]);
        print_line(buf_str(&line));
        buf_free(&line);
    }
    fflush(stdout);
}

static void print_automatic(const review_state *r)
{
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    review_put_automatic(&text, &r->s->analysis, &r->s->run->tests[r->list.tests[r->at]]);
    print_line(buf_str(&text));
    buf_free(&text);
}

static void print_help(void)
{
    puts("\nOne line scores an answer: three scores from 1 to 5 (content: says what was asked, whole\n"
         "and in order; accuracy: it is right; responsiveness: it came soon and fast enough), '-' for\n"
         "one that is not given; letters of flags (r repetition, w wrong, c cut, o odd); a note after\n"
         "a colon. The line is stored at once.\n\n"
         "  4 5 3          4 - 5 r w          5 5 5: well said          o: all in capitals\n\n"
         "  b  the answer before        s  skip this one        q  leave; the next call goes on here\n");
}

/* ---- what is typed ----------------------------------------------------------------------------------------------- */

static sw_code store(review_state *r, const char *line, sw_err *err)
{
    review_record review = {
        .test = r->list.tests[r->at],
        .reviewer = r->s->choice.reviewer,
        .unix_ms = clock_unix_s(clock_system()) * 1000,
    };
    sw_err wrong = {0};
    if (review_line_read(line, &review, &wrong) != SW_OK) {
        print_line(wrong.msg);
        return SW_OK;
    }
    review.note = arena_copy(r->keep, review.note, strlen(review.note));
    if (review.note == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory storing a review");
    const sw_code code = store_put_reviews(r->s->store, r->s->run, &review, 1, err);
    if (code != SW_OK)
        return code;
    r->given[r->at] = review;
    r->is_given[r->at] = true;
    print_automatic(r);
    r->at++;
    return SW_OK;
}

/* Obeys one line; false in *goes_on_out after the last. */
static sw_code obey(review_state *r, const char *line, bool *goes_on_out, sw_err *err)
{
    const size_t before = r->at;
    sw_code code = SW_OK;
    if (strcmp(line, "q") == 0) {
        *goes_on_out = false;
        return SW_OK;
    }
    if (strcmp(line, "b") == 0)
        r->at -= r->at > 0;
    else if (strcmp(line, "s") == 0)
        r->at++;
    else if (line[0] == '\0' || strcmp(line, "?") == 0)
        print_help();
    else
        code = store(r, line, err);
    *goes_on_out = r->at < r->list.n;
    if (code == SW_OK && *goes_on_out && (r->at != before || strcmp(line, "b") == 0))
        print_answer(r);
    fflush(stdout);
    return code;
}

static sw_code take_lines(review_state *r, line_editor *e, sw_err *err)
{
    sw_code code = SW_OK;
    bool goes_on = true;
    buf line;
    buf_init(&line, LINE_BYTES_MAX);
    print_answer(r);
    while (code == SW_OK && goes_on && line_editor_next(e, &line)) {
        if (line.failed != SW_OK)
            print_line("the line is too long");
        else
            code = obey(r, buf_str(&line), &goes_on, err);
    }
    buf_free(&line);
    return code;
}

/* ---- begin and end ----------------------------------------------------------------------------------------------- */

/* What the reviewer gave before; the dialog begins at the first answer without. */
static sw_code recall(review_state *r, sw_err *err)
{
    r->given = mem_calloc(r->list.n, sizeof *r->given);
    r->is_given = mem_calloc(r->list.n, sizeof *r->is_given);
    r->keep = arena_create();
    if (r->given == NULL || r->is_given == NULL || r->keep == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory listing reviews");
    r->at = r->list.n;
    for (size_t i = r->list.n; i-- > 0;) {
        const review_record *const given = run_review(r->s->run, r->list.tests[i], r->s->choice.reviewer);
        r->is_given[i] = given != NULL;
        if (given != NULL)
            r->given[i] = *given;
        else
            r->at = i;
    }
    return SW_OK;
}

static void print_progress(const review_state *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->list.n; i++)
        n += r->is_given[i];
    printf("%zu of %zu answers have scores\n", n, r->list.n);
}

static sw_code run_dialog(review_state *r, sw_err *err)
{
    if (r->at == r->list.n) // all of them: the last can be changed
        r->at = r->list.n - 1;
    print_progress(r);
    puts("? explains what to type, q leaves.");
    line_editor *editor;
    terminal_begin_chat();
    sw_code code = line_editor_open(&editor, /*keeps_history=*/false, err);
    if (code == SW_OK)
        code = take_lines(r, editor, err);
    line_editor_close(editor);
    terminal_end_chat();
    print_progress(r);
    return code;
}

sw_code review_talk(const review_session *s, sw_err *err)
{
    review_state r = {.s = s};
    sw_code code = review_list_of(s->run, &s->choice, &r.list, err);
    if (code == SW_OK)
        code = recall(&r, err);
    if (code == SW_OK)
        code = run_dialog(&r, err);
    mem_free(r.given);
    mem_free(r.is_given);
    arena_free(r.keep);
    review_list_free(&r.list);
    return code;
}
