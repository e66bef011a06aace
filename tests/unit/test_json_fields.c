/* The strict reader of JSON: what it stores, and what it says of what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/faults.h"
#include "json/json_fields.h"
#include "json/json_out.h"

typedef struct sample {
    bool flag;
    int small;
    int64_t large;
    float narrow;
    double wide;
    const char *text;
    int choice;
    int n_items;
} sample;

/* An array of objects, each of which needs a "name". */
static bool take_items(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    static const json_field NAME[] = {{.name = "name", .type = FIELD_TEXT, .is_required = true}};
    static const json_table ITEM = {NAME, 1, .refuse_unknown = true};
    const char *name;
    if (!json_is_array(value))
        return json_fail_type(r, at, "an array");
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place place = {at, NULL, i};
        if (!json_read_object(r, &place, json_array_get(value, i), &ITEM, &name))
            return false;
        ((sample *)target)->n_items++;
    }
    return true;
}

static const json_choice COLOURS[] = {{"red", 3}, {"green", 4}, {NULL, 0}};
#define AT(member) .offset = offsetof(sample, member)
static const json_field FIELDS[] = {
    {.name = "flag", .type = FIELD_BOOL, AT(flag)},
    {.name = "small", .type = FIELD_INT, AT(small), .min = -1, .max = 10},
    {.name = "large", .type = FIELD_INT64, AT(large), .min = 0, .max = (double)INT64_MAX},
    {.name = "narrow", .type = FIELD_FLOAT, AT(narrow), .min = 0, .max = 1, .is_above_min = true},
    {.name = "wide", .type = FIELD_DOUBLE, AT(wide), .min = -2, .max = 2},
    {.name = "text", .type = FIELD_TEXT, AT(text), .min = 1, .max = 5},
    {.name = "choice", .type = FIELD_CHOICE, AT(choice), .choices = COLOURS},
    {.name = "items", .type = FIELD_CUSTOM, .take = take_items},
};
static const json_table TABLE = {FIELDS, sizeof FIELDS / sizeof *FIELDS, .null_is_absent = true,
                                 .refuse_unknown = true};

/* Texts of *out point into *keep. */
static json_fault read_sample(const char *text, arena *keep, sample *out)
{
    json_reader r = {.document = "the text", .keep = keep};
    json_t *const root = json_load_text(&r, text, strlen(text), &(json_load_options){1000, .refuse_repeated = true});
    if (root != NULL)
        json_read_object(&r, NULL, root, &TABLE, out);
    json_decref(root);
    return r.fault;
}

static void test_stores_members_by_type_and_leaves_the_others_alone(void **state)
{
    (void)state;
    arena *const keep = arena_create();
    sample s = {.wide = 7};
    const json_fault f = read_sample("{\"flag\":true,\"small\":-1,\"large\":9223372036854775807,\"narrow\":0.5,"
                                     "\"text\":\"five5\",\"choice\":\"green\",\"items\":[{\"name\":\"a\"},{\"name\":"
                                     "\"b\"}],\"wide\":null}",
                                     keep, &s);
    assert_int_equal(f.kind, JSON_FAULT_NONE);
    assert_true(s.flag && s.small == -1 && s.large == INT64_MAX && s.narrow == 0.5f && s.choice == 4);
    assert_string_equal(s.text, "five5");
    assert_int_equal(s.n_items, 2);
    assert_true(s.wide == 7);
    arena_free(keep);
}

static void test_names_kind_and_place_of_the_first_error(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        json_fault_kind kind;
        const char *path, *message;
    } CASES[] = {
        {"[]", JSON_FAULT_TYPE, "", "the text must be a JSON object"},
        {"{", JSON_FAULT_SYNTAX, "", "line 1, column 1"},
        {"{\"small\":1,\"small\":2}", JSON_FAULT_SYNTAX, "", "duplicate object key"},
        {"{\"text\":\"\xff\"}", JSON_FAULT_SYNTAX, "", "unable to decode byte 0xff"},
        {"{\"text\":\"\\u0000\"}", JSON_FAULT_SYNTAX, "", "\\u0000"},
        {"{\"large\":9223372036854775808}", JSON_FAULT_SYNTAX, "", "too big integer"},
        {"{\"flag\":1}", JSON_FAULT_TYPE, "flag", "flag must be true or false"},
        {"{\"small\":1.5}", JSON_FAULT_TYPE, "small", "small must be a whole number"},
        {"{\"small\":11}", JSON_FAULT_RANGE, "small", "small must be a whole number from -1 to 10, got 11"},
        {"{\"narrow\":0}", JSON_FAULT_RANGE, "narrow", "narrow must be a number above 0 to 1, got 0"},
        {"{\"narrow\":1e-60}", JSON_FAULT_RANGE, "narrow", "got 0"},
        {"{\"wide\":\"1\"}", JSON_FAULT_TYPE, "wide", "wide must be a number"},
        {"{\"wide\":2.5}", JSON_FAULT_RANGE, "wide", "wide must be a number from -2 to 2, got 2.5"},
        {"{\"text\":5}", JSON_FAULT_TYPE, "text", "text must be a string"},
        {"{\"text\":\"sixsix\"}", JSON_FAULT_RANGE, "text", "text must be a text of 1 to 5 bytes, got 6"},
        {"{\"choice\":\"blue\"}", JSON_FAULT_RANGE, "choice", "choice must be one of red, green, got 'blue'"},
        {"{\"items\":[{\"name\":\"a\"},{}]}", JSON_FAULT_MISSING, "items[1].name", "items[1].name is required"},
        {"{\"items\":[7]}", JSON_FAULT_TYPE, "items[0]", "items[0] must be an object"},
        {"{\"items\":[{\"name\":\"a\",\"nam\":1}]}", JSON_FAULT_UNKNOWN, "items[0].nam", "items[0].nam is not a known"},
        {"{\"smal\":1}", JSON_FAULT_UNKNOWN, "smal", "smal is not a known member of the text"},
    };
    arena *const keep = arena_create();
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        sample s = {0};
        const json_fault f = read_sample(CASES[i].text, keep, &s);
        if (f.kind != CASES[i].kind || strcmp(f.path, CASES[i].path) != 0 ||
            strstr(f.message, CASES[i].message) == NULL)
            fail_msg("%s: kind %d at '%s': %s", CASES[i].text, (int)f.kind, f.path, f.message);
    }
    arena_free(keep);
}

static void test_replaces_nul_in_strings_on_request(void **state)
{
    (void)state;
    static const char TEXT[] = "{\"a\":\"x\\u0000y\\u0000\",\"b\":[[\"\\u0000\"],\"\\\\u0000\"],\"c\":5}";
    json_reader r = {.document = "the text"};
    json_t *const root = json_load_text(&r, TEXT, sizeof TEXT - 1, &(json_load_options){1000, .replace_nul = true});
    assert_int_equal(r.fault.kind, JSON_FAULT_NONE);
    assert_string_equal(json_string_value(json_object_get(root, "a")), "x\xef\xbf\xbdy\xef\xbf\xbd");
    const json_t *const b = json_object_get(root, "b");
    assert_string_equal(json_string_value(json_array_get(json_array_get(b, 0), 0)), "\xef\xbf\xbd");
    assert_string_equal(json_string_value(json_array_get(b, 1)), "\\u0000");
    json_decref(root);
    static const char NAME[] = "{\"a\\u0000\":1}"; // would name another member
    assert_null(json_load_text(&r, NAME, sizeof NAME - 1, &(json_load_options){1000, .replace_nul = true}));
    assert_int_equal(r.fault.kind, JSON_FAULT_SYNTAX);
}

static json_fault_kind load_nested(size_t n)
{
    char text[2 * LIMIT_JSON_DEPTH + 3] = "";
    memset(text, '[', n);
    memset(text + n, ']', n);
    json_reader r = {.document = "the text"};
    json_decref(json_load_text(&r, text, 2 * n, &(json_load_options){.bytes_max = sizeof text}));
    return r.fault.kind;
}

static void test_bounds_size_and_nesting(void **state)
{
    (void)state;
    assert_int_equal(load_nested(LIMIT_JSON_DEPTH), JSON_FAULT_NONE);
    assert_int_equal(load_nested(LIMIT_JSON_DEPTH + 1), JSON_FAULT_DEPTH);
    json_reader r = {.document = "the text"};
    json_decref(json_load_text(&r, "[ ]", 3, &(json_load_options){.bytes_max = 3}));
    assert_int_equal(r.fault.kind, JSON_FAULT_NONE);
    assert_null(json_load_text(&r, "[  ]", 4, &(json_load_options){.bytes_max = 3}));
    assert_int_equal(r.fault.kind, JSON_FAULT_SIZE);
}

static void test_cuts_a_long_path_and_a_long_text_at_a_character(void **state)
{
    (void)state;
    json_reader r = {.document = "the text"};
    const json_place top = {NULL,
                            "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
                            "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac",
                            0};
    const json_place below = {&top, top.name, 0}, at = {&below, top.name, 0};
    assert_false(json_fail_type(&r, &at, "shorter"));
    assert_int_equal(strlen(r.fault.path), sizeof r.fault.path - 1);
    json_t *const text = json_string(r.fault.path); // NULL if it is not UTF-8
    assert_non_null(text);
    json_decref(text);
}

/* Every allocation fails once: the result is an error about memory, and never bad syntax or a cut text. */
static void test_a_failed_allocation_is_never_taken_for_bad_json(void **state)
{
    (void)state;
    static const char TEXT[] = "{\"text\":\"five5\",\"wide\":1.2345678901234567890123,\"items\":[{\"name\":"
                               "\"a name that is longer than the first buffer of the parser\"}]}";
    long n = 0, n_live;
    for (bool has_failed = true; has_failed; n++) {
        sample s = {0};
        arena *const keep = arena_create();
        faults_alloc_begin(n);
        const json_fault f = read_sample(TEXT, keep, &s);
        has_failed = faults_alloc_end(&n_live) > n;
        assert_int_equal(f.kind, has_failed ? JSON_FAULT_MEMORY : JSON_FAULT_NONE);
        arena_free(keep);
    }
    assert_true(n > 10);
}

/* The buffer of a token doubles: whichever byte needs more room, the last one too, the reader stays inside it. */
static void test_a_token_whose_buffer_cannot_grow_ends_the_text(void **state)
{
    (void)state;
    char text[256];
    for (int length = 1; length < 100; length++) {
        const int n_text = snprintf(text, sizeof text, "{\"%0*d\":[\"\\n%0*d\",1]}", length, 0, length, 0);
        long n = 0, n_live;
        for (bool has_failed = true; has_failed; n++) {
            json_reader r = {.document = "the text"};
            faults_alloc_begin(n);
            json_t *const root = json_load_text(&r, text, (size_t)n_text, &(json_load_options){.bytes_max = 1000});
            json_decref(root);
            has_failed = faults_alloc_end(&n_live) > n;
            assert_int_equal(r.fault.kind, has_failed ? JSON_FAULT_MEMORY : JSON_FAULT_NONE);
            assert_int_equal(n_live, 0);
        }
        assert_true(n > 5);
    }
}

static void test_a_failed_allocation_never_leaves_a_nul(void **state)
{
    (void)state;
    static const char TEXT[] = "{\"a\":[\"x\\u0000y\",\"\\u0000\"]}";
    long n = 0, n_live;
    for (bool has_failed = true; has_failed; n++) {
        json_reader r = {.document = "the text"};
        faults_alloc_begin(n);
        json_t *const root = json_load_text(&r, TEXT, sizeof TEXT - 1, &(json_load_options){1000, .replace_nul = true});
        has_failed = faults_alloc_end(&n_live) > n;
        assert_int_equal(r.fault.kind, has_failed ? JSON_FAULT_MEMORY : JSON_FAULT_NONE);
        assert_true(has_failed == (root == NULL));
        json_decref(root);
    }
    assert_true(n > 5);
}

static void build(buf *out)
{
    json_t *list = json_array(), *document = json_object();
    for (int i = 0; i < 20; i++)
        json_push(&list, json_pack("{s:i, s:o}", "i", i, "half", json_number(i / 2.0)));
    json_put(&document, "list", list);
    json_put(&document, "name", json_string("x"));
    json_write(out, document);
}

static void test_a_document_is_written_whole_or_not_at_all(void **state)
{
    (void)state;
    buf whole, out;
    buf_init(&whole, 1 << 16);
    build(&whole);
    assert_int_equal(whole.failed, SW_OK);
    long n = 0, n_live;
    for (bool has_failed = true; has_failed; n++) {
        buf_init(&out, 1 << 16);
        faults_alloc_begin(n);
        build(&out);
        has_failed = faults_alloc_end(&n_live) > n;
        if (out.failed == SW_OK)
            assert_string_equal(buf_str(&out), buf_str(&whole));
        else
            assert_true(has_failed && out.failed == SW_ENOMEM);
        buf_free(&out);
    }
    assert_true(n > 50);
    buf_free(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stores_members_by_type_and_leaves_the_others_alone),
        cmocka_unit_test(test_names_kind_and_place_of_the_first_error),
        cmocka_unit_test(test_replaces_nul_in_strings_on_request),
        cmocka_unit_test(test_bounds_size_and_nesting),
        cmocka_unit_test(test_cuts_a_long_path_and_a_long_text_at_a_character),
        cmocka_unit_test(test_a_failed_allocation_is_never_taken_for_bad_json),
        cmocka_unit_test(test_a_token_whose_buffer_cannot_grow_ends_the_text),
        cmocka_unit_test(test_a_failed_allocation_never_leaves_a_nul),
        cmocka_unit_test(test_a_document_is_written_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
