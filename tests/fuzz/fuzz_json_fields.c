/* fuzz_json_fields.c - any bytes as a document for the strict reader, with a table that has every type of member.
 *
 * Either all values are in the ranges of their rows, or there is one fault with a sentence about it.  The first byte
 * chooses how strict the reader is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "fuzz_check.h"
#include "json/json_fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { N_TOKENS_MAX = 100, TEXT_MAX = 8, DOCUMENT_MAX = 1 << 14, N_ITEMS_MAX = 16 };
#define WIDE_MAX 1e300

typedef struct sample {
    bool flag;
    int small;
    int64_t large;
    float narrow;
    double wide;
    const char *text;
    int choice;
    size_t n_items;
    int sum;
} sample;

/* An array of numbers, read by the row of `small`. */
static bool take_items(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    static const json_field ITEM = {.name = "item", .type = FIELD_INT, .min = 0, .max = 9};
    sample *const s = target;
    if (!json_is_array(value))
        return json_fail_type(r, at, "an array");
    if (json_array_size(value) > N_ITEMS_MAX)
        return json_fail(r, at, JSON_FAULT_SIZE, "at most %d items", (int)N_ITEMS_MAX);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place place = {at, NULL, i};
        int item = -1;
        if (!json_read_value(r, &ITEM, &place, json_array_get(value, i), &item))
            return false;
        check(item >= 0 && item <= 9);
        s->sum += item;
        s->n_items++;
    }
    return true;
}

static const json_choice COLOURS[] = {{"red", 3}, {"green", 4}, {NULL, 0}};
#define AT(member) .offset = offsetof(sample, member)
static const json_field FIELDS[] = {
    {.name = "flag", .type = FIELD_BOOL, AT(flag)},
    {.name = "small", .type = FIELD_INT, AT(small), .min = -1, .max = N_TOKENS_MAX},
    {.name = "large", .type = FIELD_INT64, AT(large), .min = 0, .max = (double)INT64_MAX},
    {.name = "narrow", .type = FIELD_FLOAT, AT(narrow), .min = 0, .max = 1, .is_above_min = true},
    {.name = "wide", .type = FIELD_DOUBLE, AT(wide), .min = -WIDE_MAX, .max = WIDE_MAX},
    {.name = "text", .type = FIELD_TEXT, AT(text), .min = 1, .max = TEXT_MAX},
    {.name = "choice", .type = FIELD_CHOICE, AT(choice), .choices = COLOURS},
    {.name = "items", .type = FIELD_CUSTOM, .take = take_items},
};

static void check_sample(const sample *s)
{
    check(s->small >= -1 && s->small <= N_TOKENS_MAX);
    check(s->large >= 0);
    check(s->narrow > 0 && s->narrow <= 1);
    check(s->wide >= -WIDE_MAX && s->wide <= WIDE_MAX);
    check(s->text == NULL ||
          (utf8_valid(s->text, strlen(s->text)) && s->text[0] != '\0' && strlen(s->text) <= TEXT_MAX));
    check(s->choice == 3 || s->choice == 4);
    check(s->n_items <= N_ITEMS_MAX && s->sum <= (int)(9 * s->n_items));
}

static void check_fault(const json_fault *f)
{
    check(f->kind != JSON_FAULT_NONE && f->kind != JSON_FAULT_MEMORY && f->message[0] != '\0');
    check(memchr(f->path, '\0', sizeof f->path) != NULL && memchr(f->message, '\0', sizeof f->message) != NULL);
    check(utf8_valid(f->path, strlen(f->path)) && utf8_valid(f->message, strlen(f->message)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const json_load_options load = {.bytes_max = DOCUMENT_MAX, .refuse_repeated = (data[0] & 1) != 0};
    const json_table table = {FIELDS, sizeof FIELDS / sizeof *FIELDS, .null_is_absent = (data[0] & 2) != 0,
                              .refuse_unknown = (data[0] & 4) != 0};
    arena *const keep = (data[0] & 8) != 0 ? arena_create() : NULL;
    json_reader r = {.document = "the sample", .keep = keep};
    sample s = {.narrow = 1, .choice = 3};
    json_t *const document = json_load_text(&r, (const char *)data + 1, size - 1, &load);
    check((document == NULL) == (r.fault.kind != JSON_FAULT_NONE));
    const bool ok = document != NULL && json_read_object(&r, NULL, document, &table, &s);
    check(ok == (r.fault.kind == JSON_FAULT_NONE));
    if (ok)
        check_sample(&s);
    else
        check_fault(&r.fault);
    json_decref(document);
    arena_free(keep);
    return 0;
}
