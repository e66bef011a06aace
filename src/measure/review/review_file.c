/* review_file.c - reads a file of reviews: all of it is good, or none is used. */
#include "review/review_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/limits.h"
#include "json/json_fields.h"
#include "json/json_line.h"

enum { POSITION_MAX = 1000 * 1000 * 1000, HASH_BYTES_MAX = 256 };
#define UNIX_MS_MAX 1e14 // in the year 5138

#define NUMBER(owner, member, name_)                                                                                   \
    {                                                                                                                  \
        .name = (name_), .type = FIELD_INT, .offset = offsetof(owner, member), .max = POSITION_MAX,                    \
        .is_required = true                                                                                            \
    }
#define TEXT(owner, member, name_, max_)                                                                               \
    {                                                                                                                  \
        .name = (name_), .type = FIELD_TEXT, .offset = offsetof(owner, member), .max = (max_), .is_required = true     \
    }
#define TIME(owner, member, name_)                                                                                     \
    {                                                                                                                  \
        .name = (name_), .type = FIELD_INT64, .offset = offsetof(owner, member), .max = UNIX_MS_MAX,                   \
        .is_required = true                                                                                            \
    }
#define TAKE(name_, take_)                                                                                             \
    {                                                                                                                  \
        .name = (name_), .type = FIELD_CUSTOM, .is_required = true, .take = (take_)                                    \
    }
#define TABLE(fields)                                                                                                  \
    {                                                                                                                  \
        (fields), sizeof(fields) / sizeof *(fields), .refuse_unknown = true                                            \
    }

/* ---- tests by what they are ------------------------------------------------------------------------------------- */

typedef const test_record *test_pointer;

static int compare(int a, int b)
{
    return (a > b) - (a < b);
}

static int by_key(const void *a, const void *b)
{
    const test_record *const x = *(const test_pointer *)a, *const y = *(const test_pointer *)b;
    int order = compare(x->subject, y->subject);
    order = order != 0 ? order : compare((int)x->mode, (int)y->mode);
    order = order != 0 ? order : compare(x->index, y->index);
    order = order != 0 ? order : compare(x->repeat, y->repeat);
    return order != 0 ? order : strcmp(x->variant, y->variant);
}

/* What is read, and where. */
typedef struct reading {
    const run_record *run;
    test_pointer *tests; // (n_tests) the measured ones, by key
    size_t n_tests;
    review_file *file;
} reading;

static bool list_tests(json_reader *r, reading *in)
{
    in->tests = arena_alloc(r->keep, (in->run->n_tests + 1) * sizeof *in->tests);
    if (in->tests == NULL)
        return json_fail_memory(r);
    for (size_t i = 0; i < in->run->n_tests; i++) {
        if (!in->run->tests[i].is_warmup)
            in->tests[in->n_tests++] = &in->run->tests[i];
    }
    qsort(in->tests, in->n_tests, sizeof *in->tests, by_key);
    return true;
}

/* ---- one review ------------------------------------------------------------------------------------------------- */

typedef struct review_fields {
    review_record review;
    const char *mode;
    test_record test; // its key
} review_fields;

/* 1 to 5, or null. */
static bool take_score(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    static const json_field SCORE = {.type = FIELD_INT, .min = REVIEW_SCORE_MIN, .max = REVIEW_SCORE_MAX};
    return json_is_null(value) || json_read_value(r, &SCORE, at, value, (char *)target + f->offset);
}

static bool take_flags(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    bool *const flags = ((review_fields *)target)->review.flags;
    if (!json_is_array(value))
        return json_fail_type(r, at, "an array of flags");
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place here = {at, NULL, i};
        const char *const name = json_string_value(json_array_get(value, i));
        const int flag = name != NULL ? review_flag_from_name(name) : -1;
        if (flag < 0)
            return json_fail(r, &here, JSON_FAULT_RANGE, "a flag is repetition, wrong, cut or odd");
        if (flags[flag])
            return json_fail(r, &here, JSON_FAULT_RANGE, "the flag '%s' comes twice", name);
        flags[flag] = true;
    }
    return true;
}

#define SCORE_FIELD(name_, text_)                                                                                      \
    {.name = (text_),                                                                                                  \
     .type = FIELD_CUSTOM,                                                                                             \
     .offset = offsetof(review_fields, review.scores[SCORE_##name_]),                                                  \
     .is_required = true,                                                                                              \
     .take = take_score},

/* Finds the test that the review is of. */
static bool find_test(json_reader *r, const json_place *at, reading *in, review_fields *v)
{
    const int mode = test_mode_from_name(v->mode);
    v->test.mode = (test_mode)mode;
    const test_pointer key = &v->test;
    const test_pointer *const found =
        mode >= 0 && in->n_tests > 0 ? bsearch(&key, in->tests, in->n_tests, sizeof *in->tests, by_key) : NULL;
    if (found == NULL)
        return json_fail(r, at, JSON_FAULT_RANGE, "the run has no test %d, repetition %d, of model %d in mode '%.20s'",
                         v->test.index, v->test.repeat, v->test.subject, v->mode);
    v->review.test = (int)(*found - in->run->tests);
    return true;
}

static bool read_review(json_reader *r, const json_place *at, const json_t *value, reading *in, review_record *out)
{
    static const json_field FIELDS[] = {
        NUMBER(review_fields, test.subject, "model"),
        TEXT(review_fields, mode, "mode", HASH_BYTES_MAX),
        TEXT(review_fields, test.variant, "variant", HASH_BYTES_MAX),
        NUMBER(review_fields, test.index, "test"),
        NUMBER(review_fields, test.repeat, "repeat"),
        TEXT(review_fields, review.reviewer, "reviewer", LIMIT_REVIEWER_BYTES),
        REVIEW_SCORES(SCORE_FIELD) TAKE("flags", take_flags),
        TEXT(review_fields, review.note, "note", LIMIT_REVIEW_NOTE_BYTES),
        TIME(review_fields, review.unix_ms, "unix_ms"),
    };
    static const json_table REVIEW = TABLE(FIELDS);
    review_fields v = {0};
    if (!json_read_object(r, at, value, &REVIEW, &v) || !find_test(r, at, in, &v))
        return false;
    if (!review_says_something(&v.review))
        return json_fail(r, at, JSON_FAULT_RANGE, "a review has a score, a flag or a note");
    *out = v.review;
    return true;
}

/* ---- the file --------------------------------------------------------------------------------------------------- */

static int by_test_and_reviewer(const void *a, const void *b)
{
    const review_record *const x = a, *const y = b;
    const int order = compare(x->test, y->test);
    return order != 0 ? order : strcmp(x->reviewer, y->reviewer);
}

static bool take_reviews(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    reading *const in = target;
    if (!json_is_array(value))
        return json_fail_type(r, at, "an array of reviews");
    review_file *const file = in->file;
    const size_t n = json_array_size(value);
    file->reviews = arena_alloc(r->keep, (n + 1) * sizeof *file->reviews);
    if (file->reviews == NULL)
        return json_fail_memory(r);
    for (; file->n < n; file->n++) {
        const json_place here = {at, NULL, file->n};
        if (!read_review(r, &here, json_array_get(value, file->n), in, &file->reviews[file->n]))
            return false;
    }
    qsort(file->reviews, n, sizeof *file->reviews, by_test_and_reviewer);
    for (size_t i = 1; i < n; i++) {
        if (by_test_and_reviewer(&file->reviews[i - 1], &file->reviews[i]) == 0)
            return json_fail(r, at, JSON_FAULT_RANGE, "two reviews are of one test and reviewer");
    }
    return true;
}

typedef struct run_fields {
    int64_t started_unix_ms;
    const char *fingerprint, *protocol_hash;
} run_fields;

static bool take_run(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    static const json_field FIELDS[] = {
        TIME(run_fields, started_unix_ms, "started_unix_ms"),
        TEXT(run_fields, fingerprint, "fingerprint", HASH_BYTES_MAX),
        TEXT(run_fields, protocol_hash, "protocol_hash", HASH_BYTES_MAX),
    };
    static const json_table RUN = TABLE(FIELDS);
    run_fields run = {0};
    const run_info *const wanted = &((reading *)target)->run->info;
    if (!json_read_object(r, at, value, &RUN, &run))
        return false;
    if (run.started_unix_ms != wanted->started_unix_ms || strcmp(run.fingerprint, wanted->fingerprint) != 0 ||
        strcmp(run.protocol_hash, wanted->protocol_hash) != 0)
        return json_fail(r, at, JSON_FAULT_UNSUPPORTED,
                         "the reviews are of another run, which began at %" PRId64 " ms; this one began at %" PRId64
                         " ms",
                         run.started_unix_ms, wanted->started_unix_ms);
    return true;
}

/* Looked at first, so that a file of a newer spillway is named as such, whatever else is new in it. */
static bool check_version(json_reader *r, const json_t *root)
{
    const json_place at = {NULL, "spillway_reviews", 0};
    const json_t *const version = json_object_get(root, "spillway_reviews");
    if (!json_is_integer(version))
        return json_fail(r, NULL, JSON_FAULT_TYPE, "it has no whole number spillway_reviews: it is no file of reviews");
    return json_integer_value(version) == REVIEW_FILE_VERSION ||
           json_fail(r, &at, JSON_FAULT_UNSUPPORTED_VALUE,
                     "this spillway reads version %d of reviews; use the spillway that made the page",
                     (int)REVIEW_FILE_VERSION);
}

static bool take_version(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)r, (void)f, (void)at, (void)value, (void)target;
    return true; // checked
}

/* The run before the reviews, whose tests are its own. */
static bool read_file(json_reader *r, const json_t *root, reading *in)
{
    static const json_field FIELDS[] = {
        TAKE("spillway_reviews", take_version),
        TAKE("run", take_run),
        TAKE("reviews", take_reviews),
    };
    static const json_table FILE_TABLE = TABLE(FIELDS);
    return check_version(r, root) && list_tests(r, in) && json_read_object(r, NULL, root, &FILE_TABLE, in);
}

static sw_code code_of(json_fault_kind kind)
{
    switch (kind) {
    case JSON_FAULT_MEMORY: return SW_ENOMEM;
    case JSON_FAULT_SIZE: return SW_ELIMIT;
    case JSON_FAULT_UNSUPPORTED_VALUE: return SW_EUNSUPPORTED;
    case JSON_FAULT_UNSUPPORTED: return SW_EINVAL;
    default: return SW_EFORMAT;
    }
}

/* The line is told where the fault is in a member; faults of syntax have it in their message. */
static sw_code fail(const json_reader *r, const char *text, size_t n, const char *source, sw_err *err)
{
    if (r->fault.path[0] == '\0')
        return sw_fail(err, code_of(r->fault.kind), "%s: %s", source, r->fault.message);
    return sw_fail(err, code_of(r->fault.kind), "%s: line %d, %s: %s", source, json_line_of(text, n, r->fault.path),
                   r->fault.path, r->fault.message);
}

sw_code review_file_read(const run_record *run, const char *text, size_t n, const char *source, review_file *out,
                         sw_err *err)
{
    *out = (review_file){.keep = arena_create()};
    json_reader r = {.document = "a file of reviews", .keep = out->keep};
    reading in = {.run = run, .file = out};
    if (out->keep == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory reading reviews");
    json_t *const root =
        json_load_text(&r, text, n, &(json_load_options){LIMIT_REVIEW_FILE_BYTES, .refuse_repeated = true});
    const bool ok = root != NULL && read_file(&r, root, &in);
    json_decref(root);
    return ok ? SW_OK : fail(&r, text, n, source, err);
}

sw_code review_file_load(const run_record *run, const char *path, review_file *out, sw_err *err)
{
    char *text;
    size_t n;
    *out = (review_file){0};
    sw_code code = file_slurp(path, LIMIT_REVIEW_FILE_BYTES, &text, &n, err);
    if (code != SW_OK)
        return code;
    code = review_file_read(run, text, n, path, out, err);
    mem_free(text);
    return code;
}

void review_file_free(review_file *file)
{
    arena_free(file->keep);
    *file = (review_file){0};
}
