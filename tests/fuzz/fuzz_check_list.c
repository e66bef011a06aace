/* Any bytes as checks and, after a NUL, as an answer: the checks are refused with a path, or each has an outcome and a
 * detail that can be shown.  Code is not run. */
#include <stdint.h>
#include <string.h>

#include "base/escape.h"
#include "base/utf8.h"
#include "fuzz_check.h"
#include "quality/check_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_record_of(const check_record *r)
{
    const size_t n = strlen(r->detail);
    check(r->name[0] != '\0' && r->kind[0] != '\0' && r->weight > 0 && r->weight <= 100);
    check(r->outcome == CHECK_PASSED || r->outcome == CHECK_FAILED || r->outcome == CHECK_NOT_RUN);
    check(utf8_valid(r->detail, n));
    for (size_t i = 0; i < n;) {
        uint32_t cp = 0;
        i += (size_t)utf8_decode((const uint8_t *)r->detail + i, n - i, &cp);
        check(!escape_is_hidden(cp) && cp != '\n' && cp != '\t');
    }
}

static void try_answer(const check_list *list, arena *keep, const char *text, size_t n)
{
    const answer_record answer = {.text = text, .n_text = n, .finish_reason = "stop", .completion_tokens = -1};
    check_record *records, *again;
    check(check_list_try(list, &answer, &(check_options){0}, keep, &records, NULL) == SW_OK);
    check(check_list_try(list, &answer, &(check_options){0}, keep, &again, NULL) == SW_OK);
    for (size_t i = 0; i < check_list_size(list); i++) {
        check_record_of(&records[i]);
        check(records[i].outcome == again[i].outcome && strcmp(records[i].detail, again[i].detail) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *const nul = size > 0 ? memchr(data, '\0', size) : NULL;
    const size_t n_json = nul != NULL ? (size_t)(nul - data) : size;
    arena *const keep = arena_create();
    json_reader r = {.document = "the checks", .keep = keep};
    const json_load_options options = {.bytes_max = 1 << 20, .refuse_repeated = true, .replace_nul = true};
    json_t *const value = json_load_text(&r, (const char *)data, n_json, &options);
    const check_list *list = NULL;
    if (value != NULL) {
        const bool ok = check_list_read(&r, NULL, value, &list);
        check(ok == (r.fault.kind == JSON_FAULT_NONE) && ok == (list != NULL));
    }
    char *const text = arena_copy(keep, nul != NULL ? (const char *)nul + 1 : "", nul != NULL ? size - n_json - 1 : 0);
    const size_t n = strlen(text); // an answer holds no NUL
    utf8_replace_invalid(text, n);
    if (list != NULL)
        try_answer(list, keep, text, n);
    json_decref(value);
    arena_free(keep);
    return 0;
}
