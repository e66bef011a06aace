/* store_reviews.c - what people say of answers: written, and read again.
 *
 * A test is found by what it is in its run, not by its row: reviews are made of a run that was loaded, and copied with
 * a run to another store.  Each reviewer has one review of a test, the latest.
 */
#include <inttypes.h>

#include "base/alloc.h"
#include "results/store.h"
#include "results/store_insert.h"
#include "results/store_load.h"
#include "results/store_row.h"
#include "results/store_schema.h"

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static const char INSERT[] = "INSERT OR REPLACE INTO review (test_id, " REVIEW_COLUMNS ")"
                             " SELECT id, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16 FROM test"
                             " WHERE phase = 'measure' AND run_id = ?1 AND subject = ?2 AND mode = ?3 AND variant = ?4"
                             " AND test_index = ?5 AND repeat = ?6";

/* NULL for a score that was not given. */
static int score_or_null(const review_record *r, review_score score)
{
    return r->scores[score] != 0 ? r->scores[score] : -1;
}

static sw_code insert_one(result_store *store, sqlite3_stmt *s, int64_t run_id, const test_record *t,
                          const review_record *r, sw_err *err)
{
    store_bind(s, "inssnnspppnnnnsi", run_id, t->subject, test_mode_name(t->mode), t->variant, t->index, t->repeat,
               r->reviewer, score_or_null(r, SCORE_CONTENT), score_or_null(r, SCORE_ACCURACY),
               score_or_null(r, SCORE_RESPONSIVENESS), (int)r->flags[FLAG_REPETITION], (int)r->flags[FLAG_WRONG],
               (int)r->flags[FLAG_CUT], (int)r->flags[FLAG_ODD], r->note, r->unix_ms);
    const sw_code code = store_step(store, s, "store a review", err);
    if (code == SW_OK && (t->is_warmup || sqlite3_changes(store->db) == 0))
        return sw_fail(err, SW_ENOTFOUND, "%s has no measured test '%.100s' (repetition %d) in run %" PRId64,
                       store->path, t->plan.name, t->repeat + 1, run_id);
    return code;
}

sw_code store_insert_reviews(result_store *store, int64_t run_id, const run_record *run, const review_record *reviews,
                             size_t n, sw_err *err)
{
    sqlite3_stmt *s;
    sw_code code = store_prepare(store, INSERT, &s, err);
    for (size_t i = 0; code == SW_OK && i < n; i++)
        code = insert_one(store, s, run_id, &run->tests[reviews[i].test], &reviews[i], err);
    sqlite3_finalize(s);
    return code;
}

sw_code store_put_reviews(result_store *store, const run_record *run, const review_record *reviews, size_t n,
                          sw_err *err)
{
    static const char DOING[] = "store reviews";
    const sw_code code = store_begin(store, DOING, err);
    return code != SW_OK
               ? code
               : store_end(store, store_insert_reviews(store, run->info.id, run, reviews, n, err), DOING, err);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* Tests are numbered in the order in which store_load_tests reads them. */
static const char LOAD[] = "SELECT position, " REVIEW_COLUMNS " FROM"
                           " (SELECT id, row_number() OVER (ORDER BY id) - 1 AS position FROM test WHERE run_id = ?1)"
                           " JOIN review ON test_id = id ORDER BY position, reviewer";

static void read_review(row *r, const run_record *run, review_record *v)
{
    v->test = row_position(r, run->n_tests);
    if (v->test < 0 || run->tests[v->test].is_warmup)
        row_damaged(r, "a review is not of a measured test");
    v->reviewer = row_string(r);
    for (int i = 0; i < N_REVIEW_SCORES; i++)
        v->scores[i] = (int)row_integer(r, 0, REVIEW_SCORE_MAX); // NULL reads as 0
    for (int i = 0; i < N_REVIEW_FLAGS; i++)
        v->flags[i] = row_int(r, 0) != 0;
    v->note = row_string(r);
    v->unix_ms = row_integer(r, 0, ROW_NUMBER_MAX);
}

sw_code store_load_reviews(result_store *store, run_record *run, sw_err *err)
{
    row r = row_begin(store, LOAD, run->info.id, run->keep, "read the reviews", err);
    size_t cap = 0;
    while (row_next(&r)) {
        if (!mem_grow(&run->reviews, &cap, run->n_reviews + 1, sizeof *run->reviews)) {
            row_out_of_memory(&r);
            break;
        }
        review_record *const v = &run->reviews[run->n_reviews++];
        *v = (review_record){0};
        read_review(&r, run, v);
    }
    return row_end(&r);
}
