/* store_row.c - every number is bounded and every text copied here, and nowhere else. */
#include "results/store_row.h"

#include <math.h>

#include "base/utf8.h"

row row_begin(result_store *store, const char *sql, int64_t id, arena *keep, const char *doing, sw_err *err)
{
    row r = {.store = store, .keep = keep, .doing = doing, .err = err};
    r.code = store_prepare(store, sql, &r.statement, err);
    if (r.code == SW_OK)
        store_bind(r.statement, "i", id);
    return r;
}

bool row_next(row *r)
{
    if (r->code != SW_OK)
        return false;
    r->column = 0;
    const int step = sqlite3_step(r->statement);
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        r->code = store_fail(r->store, r->doing, r->err);
    return step == SQLITE_ROW;
}

sw_code row_end(row *r)
{
    sqlite3_finalize(r->statement);
    r->statement = NULL;
    return r->code;
}

void row_damaged(row *r, const char *what)
{
    if (r->code == SW_OK)
        r->code = sw_fail(r->err, SW_EFORMAT, "%s is damaged: %s; use a copy of the file", r->store->path, what);
}

void row_out_of_memory(row *r)
{
    if (r->code == SW_OK)
        r->code = sw_fail(r->err, SW_ENOMEM, "out of memory loading a run from %s", r->store->path);
}

/* Names the column under way. */
static void wrong_column(row *r, const char *wanted)
{
    if (r->code == SW_OK)
        r->code = sw_fail(r->err, SW_EFORMAT, "%s is damaged: column '%s' holds no %s; use a copy of the file",
                          r->store->path, sqlite3_column_name(r->statement, r->column), wanted);
}

int64_t row_integer(row *r, int64_t min, int64_t max)
{
    const int64_t value = sqlite3_column_int64(r->statement, r->column++);
    return value < min ? min : value > max ? max : value;
}

int row_int(row *r, int min)
{
    return (int)row_integer(r, min, 1000 * 1000 * 1000);
}

uint64_t row_count(row *r)
{
    return (uint64_t)row_integer(r, 0, ROW_NUMBER_MAX);
}

double row_double(row *r)
{
    const bool is_null = sqlite3_column_type(r->statement, r->column) == SQLITE_NULL;
    const double value = sqlite3_column_double(r->statement, r->column++);
    return is_null || !isfinite(value) ? NAN : value;
}

int row_position(row *r, size_t n)
{
    const bool is_null = sqlite3_column_type(r->statement, r->column) == SQLITE_NULL;
    const int64_t value = is_null ? -1 : sqlite3_column_int64(r->statement, r->column);
    if (!is_null && (value < 0 || (uint64_t)value >= n))
        wrong_column(r, "position in its list");
    r->column++;
    return r->code == SW_OK ? (int)value : -1;
}

/* SQLite's text is valid only until the next step. */
const char *row_text(row *r, size_t *n_out)
{
    const char *text = "";
    size_t n = 0;
    if (sqlite3_column_type(r->statement, r->column) == SQLITE_TEXT) {
        text = (const char *)sqlite3_column_text(r->statement, r->column);
        n = (size_t)sqlite3_column_bytes(r->statement, r->column);
    } else {
        wrong_column(r, "text");
    }
    char *const copy = text != NULL ? arena_copy(r->keep, text, n) : NULL;
    if (copy != NULL)
        utf8_replace_invalid(copy, n);
    else
        row_out_of_memory(r);
    if (n_out != NULL)
        *n_out = copy != NULL ? n : 0;
    r->column++;
    return copy != NULL ? copy : "";
}

const char *row_string(row *r)
{
    return row_text(r, NULL);
}

const uint8_t *row_blob(row *r, size_t *n_out)
{
    const int type = sqlite3_column_type(r->statement, r->column);
    if (type != SQLITE_BLOB && type != SQLITE_NULL)
        wrong_column(r, "bytes");
    const uint8_t *const bytes = type == SQLITE_BLOB ? sqlite3_column_blob(r->statement, r->column) : NULL;
    *n_out = bytes != NULL ? (size_t)sqlite3_column_bytes(r->statement, r->column) : 0;
    r->column++;
    return bytes;
}
