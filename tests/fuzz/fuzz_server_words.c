/* What a measured server says and writes: any bytes as its log, and any document as its table of placement. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/event_json.h"
#include "hosts/log_evidence.h"
#include "hosts/placement_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rows(const placement_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i].bytes == 0 || rows[i].tier[0] == '\0' || rows[i].tensor_class[0] == '\0')
            abort();
    }
}

static void read_log(const char *text, size_t n, arena *keep)
{
    static const model_bytes SIZES[] = {{NAN, NAN, NAN}, {12e9, 10e9, 0.5e9}, {1, 1, 1}};
    const log_sums sums = log_evidence_read(text, n);
    placement_row *rows;
    size_t n_rows;
    buf evidence;
    buf_init(&evidence, 4096);
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        const experts_place place = log_evidence_place(&sums, &SIZES[i], &evidence);
        if (evidence.size == 0 || evidence.failed != SW_OK || (sums.n_lines == 0 && place != EXPERTS_NOT_KNOWN))
            abort();
    }
    if (log_evidence_rows(&sums, keep, &rows, &n_rows, NULL) == SW_OK)
        check_rows(rows, n_rows);
    buf_free(&evidence);
}

static void read_table(const char *text, size_t n, arena *keep)
{
    json_error_t why;
    json_t *const document = event_json_load(text, n, &why);
    const json_t *const table = placement_table_of(document, "m");
    placement_row *rows;
    size_t n_rows;
    fact_list facts;
    buf evidence;
    buf_init(&evidence, 4096);
    fact_list_init(&facts, keep);
    placement_table_facts(table, &facts);
    (void)placement_table_experts(table, &evidence);
    if (evidence.size == 0 || evidence.failed != SW_OK)
        abort();
    for (size_t i = 0; i < facts.n; i++) {
        if (isnan(facts.items[i].number) == (facts.items[i].text[0] == '\0'))
            abort();
    }
    if (placement_table_rows(table, keep, &rows, &n_rows, NULL) == SW_OK)
        check_rows(rows, n_rows);
    buf_free(&evidence);
    json_decref(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *const keep = arena_create();
    read_log((const char *)data, size, keep);
    read_table((const char *)data, size, keep);
    arena_free(keep);
    return 0;
}
