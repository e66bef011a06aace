/* fuzz_report.c - a run whose every text and number is hostile, through all writers of reports.
 *
 * Names, prompts, answers and errors come from a server or from a results file of unknown origin.  Whatever they are:
 * a page has no markup of theirs, a table no row of theirs, a terminal no control character, and JSON is JSON.
 */
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "fuzz_check.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    SUBJECTS_MAX = 2,
    SERVERS_MAX = 2,
    ROWS_MAX = 2,
    TESTS_MAX = 3,
    CHECKS_MAX = 2,
    ARRIVALS_MAX = 4,
    EXPERTS_MAX = 8,
    SAMPLES_MAX = 3
};

/* ---- a run from bytes -------------------------------------------------------------------------------------------- */

typedef struct source {
    const uint8_t *at, *end;
    char texts[1 << 16]; // NUL-terminated, one after another
    size_t n_texts;
} source;

static uint8_t next_byte(source *s)
{
    return s->at < s->end ? *s->at++ : 0;
}

/* One byte, or the eight after it: numbers of both sizes are frequent. */
static int64_t next_int(source *s)
{
    uint64_t v = next_byte(s);
    if (v < 0xf0)
        return (int64_t)v - 2;
    v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | next_byte(s);
    return (int64_t)v;
}

static double next_double(source *s)
{
    const int64_t v = next_int(s);
    double x;
    memcpy(&x, &v, sizeof x);
    return v == 0 ? NAN : v > 0 && v < 0x100 ? (double)v / 8 : x;
}

/* A length and that many bytes, as a record has them: NUL ends a text, and it is valid UTF-8 (results/record.h). */
static const char *next_text(source *s, size_t *n_out)
{
    const size_t left = (size_t)(s->end - s->at), wanted = next_byte(s);
    size_t n = wanted < left ? wanted : left;
    n = n < sizeof s->texts - s->n_texts - 1 ? n : sizeof s->texts - s->n_texts - 1;
    n = n < (size_t)(s->end - s->at) ? n : (size_t)(s->end - s->at);
    char *const text = s->texts + s->n_texts;
    memcpy(text, s->at, n);
    text[n] = '\0';
    for (size_t i = 0; text[i] != '\0';) {
        uint32_t cp;
        const int length = utf8_decode((const uint8_t *)text + i, strlen(text + i), &cp);
        text[i] = length > 0 ? text[i] : '?';
        i += length > 0 ? (size_t)length : 1;
    }
    s->at += n;
    s->n_texts += n + 1;
    if (n_out != NULL)
        *n_out = strlen(text);
    return text;
}

typedef struct hostile_run {
    run_record run;
    subject_record subjects[SUBJECTS_MAX];
    server_record servers[SERVERS_MAX];
    placement_row placement[ROWS_MAX];
    fact_record facts[ROWS_MAX];
    test_record tests[TESTS_MAX];
    check_record checks[TESTS_MAX][CHECKS_MAX];
    arrival arrivals[TESTS_MAX][ARRIVALS_MAX];
    uint64_t experts[TESTS_MAX][EXPERTS_MAX];
    resource_sample samples[SAMPLES_MAX];
} hostile_run;

static void fill_info(source *s, run_info *i)
{
    const char **const strings[] = {
        &i->status,        &i->reasons,       &i->fingerprint,  &i->version, &i->url, &i->model, &i->protocol_name,
        &i->protocol_hash, &i->protocol_json, &i->options_json, &i->command, &i->cpu, &i->os};
    for (size_t k = 0; k < sizeof strings / sizeof strings[0]; k++)
        *strings[k] = next_text(s, NULL);
    i->id = next_int(s);
    i->started_unix_ms = next_int(s);
    i->finished_unix_ms = next_int(s);
    i->n_cores = (int)next_int(s);
    i->memory_bytes = (uint64_t)next_int(s);
    i->n_sessions = (int)next_int(s);
    i->n_planned = (int)next_int(s);
}

/* Positions are those of the record: the store checks them. */
static int next_position(source *s, size_t n)
{
    return (int)(next_byte(s) % (n + 1)) - 1;
}

static void fill_subjects(source *s, hostile_run *h)
{
    h->run.subjects = h->subjects;
    h->run.n_subjects = 1 + next_byte(s) % SUBJECTS_MAX;
    for (size_t k = 0; k < h->run.n_subjects; k++) {
        subject_record *const m = &h->subjects[k];
        *m = (subject_record){next_text(s, NULL), next_text(s, NULL),    next_text(s, NULL),    next_text(s, NULL),
                              next_text(s, NULL), (uint64_t)next_int(s), (uint64_t)next_int(s), (uint64_t)next_int(s),
                              (int)next_int(s),   (int)next_int(s),      (int)next_int(s),      (int)next_int(s),
                              (int)next_int(s)};
    }
    h->run.servers = h->servers;
    h->run.n_servers = next_byte(s) % (SERVERS_MAX + 1);
    for (size_t k = 0; k < h->run.n_servers; k++)
        h->servers[k] = (server_record){(int)(next_byte(s) % h->run.n_subjects),
                                        (server_side)(next_byte(s) % 3),
                                        (int)next_int(s),
                                        next_text(s, NULL),
                                        next_text(s, NULL),
                                        next_text(s, NULL),
                                        next_int(s)};
}

static void fill_facts(source *s, hostile_run *h)
{
    h->run.placement = h->placement;
    h->run.n_placement = h->run.n_servers > 0 ? next_byte(s) % (ROWS_MAX + 1) : 0;
    for (size_t k = 0; k < h->run.n_placement; k++)
        h->placement[k] = (placement_row){(int)(next_byte(s) % h->run.n_servers),
                                          next_text(s, NULL),
                                          next_text(s, NULL),
                                          (uint64_t)next_int(s),
                                          next_text(s, NULL),
                                          next_text(s, NULL)};
    h->run.facts = h->facts;
    h->run.n_facts = next_byte(s) % (ROWS_MAX + 1);
    for (size_t k = 0; k < h->run.n_facts; k++)
        h->facts[k] = (fact_record){next_position(s, h->run.n_subjects),
                                    next_position(s, h->run.n_servers),
                                    (fact_name)(next_byte(s) % N_FACT_NAMES),
                                    next_double(s),
                                    next_text(s, NULL),
                                    next_text(s, NULL)};
}

static void fill_experts(source *s, expert_counts *e, uint64_t *counts)
{
    e->n_layers = next_byte(s) % 3;
    e->n_experts = e->n_layers > 0 ? 1 + next_byte(s) % (EXPERTS_MAX / 2) : 0;
    e->n_used = e->n_layers > 0 ? 1 + next_byte(s) % e->n_experts : 0;
    e->n_tokens = next_int(s);
    e->counts = counts;
    for (int k = 0; k < e->n_layers * e->n_experts; k++)
        counts[k] = next_byte(s);
}

static void fill_answer(source *s, answer_record *a, arrival *arrivals)
{
    a->status = (test_status)(next_byte(s) % N_TEST_STATUS);
    a->error = next_text(s, NULL);
    a->finish_reason = next_text(s, NULL);
    a->model = next_text(s, NULL);
    a->fingerprint = next_text(s, NULL);
    a->text = next_text(s, &a->n_text);
    a->reasoning = next_text(s, &a->n_reasoning);
    a->http_status = (int)next_int(s);
    int64_t *const numbers[] = {&a->scheduled_ns,     &a->connect_ns,    &a->headers_ns,    &a->first_event_ns,
                                &a->end_ns,           &a->prompt_tokens, &a->cached_tokens, &a->completion_tokens,
                                &a->reasoning_tokens, &a->seed};
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
        *numbers[k] = next_int(s);
    double *const times[] = {&a->temperature, &a->queue_ms, &a->prompt_ms, &a->decode_ms};
    for (size_t k = 0; k < sizeof times / sizeof times[0]; k++)
        *times[k] = next_double(s);
    a->arrivals = arrivals;
    a->n_arrivals = next_byte(s) % (ARRIVALS_MAX + 1);
    for (size_t k = 0; k < a->n_arrivals; k++)
        arrivals[k] = (arrival){next_int(s), (uint32_t)next_int(s), next_byte(s), (next_byte(s) & 1) != 0};
}

static void fill_test(source *s, hostile_run *h, size_t k)
{
    test_record *const t = &h->tests[k];
    t->plan = (test_plan){next_text(s, NULL), next_text(s, NULL), next_text(s, NULL), (text_form)(next_byte(s) % 3),
                          (int)next_int(s),   next_double(s),     next_int(s),        next_text(s, NULL)};
    t->subject = (int)(next_byte(s) % h->run.n_subjects);
    t->server = next_position(s, h->run.n_servers);
    t->mode = (test_mode)(next_byte(s) % N_TEST_MODES);
    t->variant = next_text(s, NULL);
    t->is_warmup = (next_byte(s) & 3) == 3;
    t->index = (int)next_int(s);
    t->repeat = (int)next_int(s);
    t->start_ms = next_int(s);
    fill_answer(s, &t->answer, h->arrivals[k]);
    fill_experts(s, &t->answer.experts, h->experts[k]);
    t->checks = h->checks[k];
    t->n_checks = next_byte(s) % (CHECKS_MAX + 1);
    for (size_t i = 0; i < t->n_checks; i++)
        h->checks[k][i] = (check_record){next_text(s, NULL),
                                         next_text(s, NULL),
                                         (next_byte(s) & 1) != 0,
                                         next_double(s),
                                         (check_outcome)(next_byte(s) % 3),
                                         next_text(s, NULL)};
}

static void fill(source *s, hostile_run *h)
{
    fill_info(s, &h->run.info);
    fill_subjects(s, h);
    fill_facts(s, h);
    h->run.tests = h->tests;
    h->run.n_tests = next_byte(s) % (TESTS_MAX + 1);
    for (size_t k = 0; k < h->run.n_tests; k++)
        fill_test(s, h, k);
    h->run.samples = h->samples;
    h->run.n_samples = next_byte(s) % (SAMPLES_MAX + 1);
    for (size_t k = 0; k < h->run.n_samples; k++) {
        h->samples[k] = (resource_sample){.t_ms = next_int(s),
                                          .server = next_position(s, h->run.n_servers),
                                          .test_index = (int)next_int(s),
                                          .values = sample_values_none()};
        for (int i = 0; i < N_SAMPLE_FIGURES; i++)
            h->samples[k].values.v[i] = next_double(s);
    }
}

/* ---- what writers may write -------------------------------------------------------------------------------------- */

static int count(const char *text, const char *needle)
{
    int n = 0;
    for (const char *p = text; (p = strstr(p, needle)) != NULL; p++)
        n++;
    return n;
}

/* Everything before the page's own code, which is half a megabyte and the same in every page: the script of the data is
 * the only one there. */
static void check_html(buf *out)
{
    char *const code = strstr(out->data, "<script nonce=\"");
    check(code != NULL);
    *code = '\0';
    const char *const page = out->data;
    check(utf8_valid(page, (size_t)(code - page)) && strlen(page) == (size_t)(code - page));
    check(count(page, "<script") == 1 && count(page, "</script") == 1 && count(page, "<!--") == 0);
    check(count(page, "<img") + count(page, "<iframe") + count(page, "<svg") == 0);
}

/* Returns the length of the fence that a line opens or closes, or 0. */
static size_t fence_of(const char *line)
{
    const size_t n = strspn(line, "`");
    return n >= 3 ? n : 0;
}

/* Outside of fences, no line has HTML, and the number of headings says whether a text got out of its place. */
static void check_markdown(const buf *out, const run_analysis *analysis)
{
    size_t n_headings = 0, n_rows = analysis->n_subjects + analysis->run->n_servers, fence = 0;
    for (size_t i = 0; i < analysis->n_subjects; i++) {
        for (int mode = 0; mode < N_TEST_MODES; mode++)
            n_rows += analysis->subjects[i].modes[mode].n_rows;
    }
    for (const char *line = out->data; line != NULL && *line != '\0';) {
        const char *const newline = strchr(line, '\n');
        const size_t n = fence_of(line);
        if (fence > 0 && n == fence && newline == line + n)
            fence = 0;
        else if (fence == 0 && n > 0)
            fence = n;
        else if (fence == 0) {
            n_headings += strncmp(line, "#### ", 5) == 0; // models, servers and answers
            check(newline != NULL && memchr(line, '<', (size_t)(newline - line)) == NULL);
        }
        line = newline != NULL ? newline + 1 : NULL;
    }
    check(fence == 0 && n_headings == n_rows);
}

static void check_text(const buf *out)
{
    check(utf8_valid(out->data, out->size));
    for (size_t i = 0; i < out->size; i++)
        check((unsigned char)out->data[i] >= 0x20 || out->data[i] == '\n' || out->data[i] == '\t');
}

static void check_json(const buf *out)
{
    json_t *const document = json_loadb(out->data, out->size, 0, NULL);
    check(json_is_object(document));
    json_decref(document);
}

static void check_chart_data(const buf *out)
{
    for (size_t i = 0; i < out->size; i++)
        check(out->data[i] >= 0x20 && out->data[i] != '<');
    check_json(out);
}

static void write_all(const run_analysis *analysis)
{
    buf out;
    buf_init(&out, REPORT_BYTES_MAX);
    for (int width = 0; width <= 80; width += 40) { // 0: as wide as the table is
        report_text(&out, analysis, width);
        check(out.failed == SW_OK);
        check_text(&out);
        buf_clear(&out);
    }
    report_markdown(&out, analysis);
    check(out.failed == SW_OK);
    check_markdown(&out, analysis);
    buf_clear(&out);
    check(report_html(&out, analysis, NULL, NULL) == SW_OK);
    (void)buf_str(&out);
    check_html(&out);
    buf_clear(&out);
    check(report_json(&out, analysis, NULL) == SW_OK);
    check_json(&out);
    buf_clear(&out);
    check(report_chart_data(&out, analysis, NULL) == SW_OK);
    check_chart_data(&out);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static source s;
    static hostile_run h;
    s.at = data;
    s.end = data + size;
    s.n_texts = 0;
    memset(&h, 0, sizeof h);
    fill(&s, &h);
    run_analysis analysis;
    check(run_analysis_of(&h.run, &analysis, NULL) == SW_OK);
    write_all(&analysis);
    run_analysis_free(&analysis);
    return 0;
}
