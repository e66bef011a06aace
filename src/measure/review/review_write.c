/* review_write.c - reviews as a file. */
#include "report/json/json_parts.h"
#include "review/review_file.h"
#include "review/review_parts.h"

json_t *review_json_of_run(const run_record *run)
{
    return json_pack("{s:I, s:s, s:s}", "started_unix_ms", (json_int_t)run->info.started_unix_ms, "fingerprint",
                     run->info.fingerprint, "protocol_hash", run->info.protocol_hash);
}

json_t *review_json_of_test(const test_record *t)
{
    return json_pack("{s:i, s:s, s:s, s:i, s:i}", "model", t->subject, "mode", test_mode_name(t->mode), "variant",
                     t->variant, "test", t->index, "repeat", t->repeat);
}

static json_t *flags_json(const review_record *r)
{
    json_t *flags = json_array();
    for (int i = 0; i < N_REVIEW_FLAGS; i++) {
        if (r->flags[i])
            json_push(&flags, json_string(review_flag_name((review_flag)i)));
    }
    return flags;
}

json_t *review_json_of_scores(const review_record *r)
{
    json_t *json = json_object();
    for (int i = 0; i < N_REVIEW_SCORES; i++)
        json_put(&json, review_score_name((review_score)i),
                 r->scores[i] != 0 ? json_integer(r->scores[i]) : json_null());
    json_put(&json, "flags", flags_json(r));
    json_put(&json, "note", json_string(r->note));
    json_put(&json, "unix_ms", json_integer(r->unix_ms));
    return json;
}

static json_t *review_json(const run_record *run, const review_record *r)
{
    json_t *json = review_json_of_test(&run->tests[r->test]), *const scores = review_json_of_scores(r);
    json_put(&json, "reviewer", json_string(r->reviewer));
    if (scores == NULL || json_object_update(json, scores) != 0) {
        json_decref(json);
        json = NULL;
    }
    json_decref(scores);
    return json;
}

sw_code review_file_write(buf *out, const run_record *run, const review_record *reviews, size_t n, sw_err *err)
{
    json_t *list = json_array(), *file = json_object();
    for (size_t i = 0; i < n; i++)
        json_push(&list, review_json(run, &reviews[i]));
    json_put(&file, "spillway_reviews", json_integer(REVIEW_FILE_VERSION));
    json_put(&file, "run", review_json_of_run(run));
    json_put(&file, "reviews", list);
    const sw_code code = json_append(out, file, JSON_INDENT(1) | JSON_ENSURE_ASCII, err);
    buf_putc(out, '\n');
    return code != SW_OK || out->failed == SW_OK ? code : sw_fail(err, out->failed, "the reviews are too large");
}
