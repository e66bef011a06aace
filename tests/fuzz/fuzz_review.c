/* Any bytes as a file of reviews, and as a typed line: refused with a reason, or every review is of a measured test,
 * says something, and is the same after it was written and read again. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "fuzz_check.h"
#include "review/review_file.h"
#include "review/review_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The run that the corpus names: two models, two tests, and a warm-up. */
static test_record tests[] = {
    {.subject = 0, .index = 0, .variant = "", .is_warmup = true},
    {.subject = 0, .index = 0, .variant = ""},
    {.subject = 0, .index = 1, .variant = ""},
    {.subject = 1, .index = 0, .variant = "temperature=0.7", .mode = MODE_SWEEP},
};
static subject_record subjects[2];
static const run_record RUN = {
    .info = {.started_unix_ms = 1, .fingerprint = "f", .protocol_hash = "p"},
    .subjects = subjects,
    .n_subjects = 2,
    .tests = tests,
    .n_tests = 4,
};

static void check_review(const review_record *r)
{
    check(r->test >= 1 && r->test < 4 && review_says_something(r) && r->unix_ms >= 0);
    check(utf8_valid(r->reviewer, strlen(r->reviewer)) && utf8_valid(r->note, strlen(r->note)));
    for (int i = 0; i < N_REVIEW_SCORES; i++)
        check(r->scores[i] >= 0 && r->scores[i] <= REVIEW_SCORE_MAX);
}

static void check_written(const review_file *file)
{
    review_file again;
    buf text;
    buf_init(&text, LIMIT_REVIEW_FILE_BYTES);
    check(review_file_write(&text, &RUN, file->reviews, file->n, NULL) == SW_OK);
    check(review_file_read(&RUN, buf_str(&text), text.size, "written", &again, NULL) == SW_OK && again.n == file->n);
    for (size_t i = 0; i < again.n; i++)
        check(strcmp(again.reviews[i].note, file->reviews[i].note) == 0);
    review_file_free(&again);
    buf_free(&text);
}

static void read_line(const uint8_t *data, size_t size)
{
    char *const line = mem_strndup((const char *)data, size);
    review_record r = {.test = 1, .reviewer = ""}, again;
    sw_err err = {0};
    const sw_code code = review_line_read(line, &r, &err);
    check((code == SW_OK) == (err.msg[0] == '\0'));
    if (code == SW_OK) {
        buf text;
        buf_init(&text, SIZE_MAX);
        check_review(&r);
        review_line_put(&text, &r);
        check(review_line_read(buf_str(&text), &again, NULL) == SW_OK && strcmp(again.note, r.note) == 0);
        buf_free(&text);
    }
    mem_free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    review_file file;
    sw_err err = {0};
    read_line(data, size);
    const sw_code code = review_file_read(&RUN, (const char *)data, size, "input", &file, &err);
    check((code == SW_OK) == (err.msg[0] == '\0'));
    for (size_t i = 0; code == SW_OK && i < file.n; i++)
        check_review(&file.reviews[i]);
    if (code == SW_OK)
        check_written(&file);
    review_file_free(&file);
    return 0;
}
