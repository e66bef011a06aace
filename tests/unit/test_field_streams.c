/* Whole answers as other people's servers really send them (tests/data/field/streams), cut in several ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "figures/metrics.h"
#include "support/client_fixture.h"
#include "unit/scripted_server.h"

#define FOUR "one two three four "

typedef struct field_stream {
    const char *name;
    test_status status;
    const char *error, *reasoning, *text;
    int n_tokens;
    bool counted_events, counts_differ;
} field_stream;

// clang-format off
static const field_stream STREAMS[] = {
    {"reasoning-beside-null", TEST_COMPLETED, "", "think more ", "one two ", 4, false, false},
    {"reasoning-beside-null-cut", TEST_COMPLETED, "", "think more think more ", "", 4, false, false},
    {"empty-data", TEST_COMPLETED, "", "", FOUR, 4, false, false},
    {"done-with-space", TEST_COMPLETED, "", "", FOUR, 4, false, false},
    {"error-object", TEST_SERVER_ERROR, "engine process died", "", "one ", 1, true, false},
    {"json-error-with-200", TEST_SERVER_ERROR, "could not parse the output", "", "", 0, true, false},
    {"content-parts", TEST_COMPLETED, "", "think ", "one two three ", 4, false, false},
    {"invalid-utf8", TEST_COMPLETED, "", "", "one \uFFFDtwo three ", 4, false, false},
    {"usage-zero", TEST_COMPLETED, "", "", FOUR, 4, true, false},
    {"events-called-json", TEST_COMPLETED, "", "", FOUR, 4, false, false},
    {"big-integer", TEST_COMPLETED, "", "", FOUR, 4, false, false},
    {"control-crlf-comments", TEST_COMPLETED, "", "", FOUR, 4, false, false},
};
// clang-format on

static void check(const field_stream *wanted, const answer_record *a)
{
    const test_plan plan = {.name = wanted->name, .group = "g", .prompt = "p", .max_tokens = 8};
    test_metrics m;
    assert_string_equal(test_status_name(a->status), test_status_name(wanted->status));
    assert_non_null(strstr(a->error, wanted->error));
    assert_true(wanted->error[0] != '\0' || a->error[0] == '\0');
    assert_string_equal(a->reasoning, wanted->reasoning);
    assert_string_equal(a->text, wanted->text);
    assert_int_equal(metrics_of(&(test_record){.plan = plan, .answer = *a}, &m, NULL), SW_OK);
    assert_int_equal(m.n_tokens, wanted->n_tokens);
    assert_int_equal(a->n_arrivals, wanted->n_tokens);
    assert_int_equal(m.counted_events, wanted->counted_events);
    assert_int_equal(m.counts_differ, wanted->counts_differ);
}

/* Sends the file in pieces of this many bytes. */
static void ask(const field_stream *stream, const char *script, size_t n_script, size_t piece)
{
    scripted_server server = {.script = script, .n_script = n_script, .piece = piece};
    const test_plan plan = {.name = "n", .group = "g", .prompt = "p", .max_tokens = 8};
    assert_true(scripted_server_start(&server));
    client_fixture client = client_fixture_open(server.url, NULL);
    const answer_record answer = client_fixture_ask(&client, &plan, (transfer_options){0});
    check(stream, &answer);
    client_fixture_close(&client);
    scripted_server_stop(&server);
}

static void test_every_stream_of_the_field_means_what_it_should(void **state)
{
    (void)state;
    static const size_t PIECES[] = {0, 1, 7};
    for (size_t i = 0; i < sizeof STREAMS / sizeof STREAMS[0]; i++) {
        char path[512];
        char *script;
        size_t n;
        sw_err err = {0};
        snprintf(path, sizeof path, "%s/field/streams/%s.http", SPILLWAY_TEST_DATA, STREAMS[i].name);
        if (file_slurp(path, 65536, &script, &n, &err) != SW_OK)
            fail_msg("%s", err.msg);
        for (size_t k = 0; k < sizeof PIECES / sizeof PIECES[0]; k++)
            ask(&STREAMS[i], script, n, PIECES[k]);
        mem_free(script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_stream_of_the_field_means_what_it_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
