/* review_page.c - the page on which a person scores answers: they are its data, which its script shows as text. */
#include "review/review_page.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/limits.h"
#include "report/format.h"
#include "report/json/json_parts.h"
#include "report/page.h"
#include "report/report.h"
#include "review/review_auto.h"
#include "review/review_file.h"
#include "review/review_parts.h"
#include "json/json_out.h"

enum { POINTS_MAX = 1000 };

extern const unsigned char embedded_web_dist_review_js[];
extern const size_t embedded_web_dist_review_js_size;
extern const unsigned char embedded_web_dist_review_css[];
extern const size_t embedded_web_dist_review_css_size;
extern const unsigned char embedded_web_src_review_html[];
extern const size_t embedded_web_src_review_html_size;

/* ---- data -------------------------------------------------------------------------------------------------------- */

/* A text from outside, with what cannot be seen written as such. */
static json_t *visible(const char *text, size_t n)
{
    buf safe;
    buf_init(&safe, REPORT_BYTES_MAX);
    escape_terminal(&safe, text, n);
    json_t *const value = safe.failed == SW_OK ? json_stringn(buf_str(&safe), safe.size) : NULL;
    buf_free(&safe);
    return value;
}

static json_t *visible_string(const char *text)
{
    return visible(text, strlen(text));
}

static json_t *name_json(const test_record *t, bool is_blind)
{
    buf name;
    buf_init(&name, REPORT_BYTES_MAX);
    if (is_blind)
        buf_puts(&name, t->plan.name);
    else
        format_name(&name, t);
    json_t *const value = name.failed == SW_OK ? visible_string(buf_str(&name)) : NULL;
    buf_free(&name);
    return value;
}

static json_t *automatic_json(const run_analysis *a, const test_record *t)
{
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    review_put_automatic(&text, a, t);
    json_t *const value = text.failed == SW_OK ? visible_string(buf_str(&text)) : NULL;
    buf_free(&text);
    return value;
}

/* When the text came, for playing it again: [milliseconds, bytes until then], at most POINTS_MAX. */
static json_t *arrivals_json(const answer_record *a)
{
    json_t *list = json_array();
    const size_t step = a->n_arrivals / POINTS_MAX + 1;
    int64_t n_bytes = 0;
    for (size_t i = 0; i < a->n_arrivals; i++) {
        n_bytes += a->arrivals[i].is_reasoning ? 0 : a->arrivals[i].n_bytes;
        if (n_bytes > 0 && (i % step == 0 || i + 1 == a->n_arrivals))
            json_push(&list, json_pack("[I, I]", (json_int_t)(a->arrivals[i].t_ns / 1000000), (json_int_t)n_bytes));
    }
    return list;
}

static json_t *answer_json(const run_analysis *a, const review_choice *choice, int at)
{
    const test_record *const t = &a->run->tests[at];
    const review_record *const given = run_review(a->run, at, choice->reviewer);
    char times[64];
    review_put_times(times, sizeof times, a, t);
    json_t *answer = json_object();
    json_put(&answer, "key", review_json_of_test(t));
    json_put(&answer, "name", name_json(t, choice->is_blind));
    json_put(&answer, "model",
             choice->is_blind ? json_null() : visible_string(format_model(a->run->subjects[t->subject].name)));
    json_put(&answer, "times", json_string(times));
    json_put(&answer, "prompt", visible_string(t->plan.prompt));
    json_put(&answer, "expected", visible_string(t->plan.expected));
    json_put(&answer, "answer", visible(t->answer.text, t->answer.n_text));
    json_put(&answer, "arrivals", arrivals_json(&t->answer));
    json_put(&answer, "automatic", automatic_json(a, t));
    json_put(&answer, "given", given != NULL ? review_json_of_scores(given) : json_null());
    return answer;
}

/* The name of the saved file: "reviews-", the time at which the run began as digits, ".json". */
static json_t *file_json(const run_record *run)
{
    char time[CELL_BYTES], name[CELL_BYTES + 16];
    size_t n = (size_t)snprintf(name, sizeof name, "reviews-");
    format_time(time, run->info.started_unix_ms);
    for (const char *p = time; *p != '\0' && *p != 'U'; p++) {
        if (*p >= '0' && *p <= '9')
            name[n++] = *p;
        else if (*p == ' ' && p[1] != 'U')
            name[n++] = '-';
    }
    snprintf(name + n, sizeof name - n, ".json");
    return json_string(name);
}

static json_t *data_json(const run_analysis *a, const review_choice *choice, const review_list *list)
{
    json_t *answers = json_array(), *data = json_object();
    for (size_t i = 0; i < list->n; i++)
        json_push(&answers, answer_json(a, choice, list->tests[i]));
    json_put(&data, "version", json_integer(REVIEW_FILE_VERSION));
    json_put(&data, "run", review_json_of_run(a->run));
    json_put(&data, "file", file_json(a->run));
    json_put(&data, "reviewer", json_string(choice->reviewer));
    json_put(&data, "reviewer_bytes", json_integer(LIMIT_REVIEWER_BYTES));
    json_put(&data, "note_bytes", json_integer(LIMIT_REVIEW_NOTE_BYTES));
    json_put(&data, "answers", answers);
    return data;
}

/* ---- the page ---------------------------------------------------------------------------------------------------- */

static void put_page(buf *out, const buf *data, const sw_entropy *entropy)
{
    char nonce[PAGE_NONCE_BYTES];
    page_nonce(nonce, entropy);
    page_begin(out, "Scores of answers", (page_bundle){embedded_web_dist_review_css, embedded_web_dist_review_css_size},
               nonce);
    buf_append(out, embedded_web_src_review_html, embedded_web_src_review_html_size);
    page_end_with_script(out, nonce, data,
                         (page_bundle){embedded_web_dist_review_js, embedded_web_dist_review_js_size});
}

sw_code review_page(buf *out, const run_analysis *analysis, const review_choice *choice, const sw_entropy *entropy,
                    sw_err *err)
{
    review_list list;
    buf data;
    buf_init(&data, out->max);
    sw_code code = review_list_of(analysis->run, choice, &list, err);
    if (code == SW_OK)
        code = json_append(&data, data_json(analysis, choice, &list), JSON_COMPACT | JSON_ENSURE_ASCII, err);
    review_list_free(&list);
    put_page(out, &data, entropy);
    buf_free_part(&data, out);
    return code != SW_OK || out->failed == SW_OK ? code : sw_fail(err, out->failed, "the page is too large");
}
