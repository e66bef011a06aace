/* Messages of WebSockets with spillway.v1: what the first look finds in them, and how answers are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dialects/shimmy.h"
#include "dialects/spillway_v1.h"
#include "support/event_lines.h"

static char id[DIALECT_CLIENT_ID_BYTES];
static api_error error;

static v1_message look(const char *text)
{
    error = (api_error){0};
    return spillway_v1_look(text, strlen(text), id, &error);
}

static void refuses(const char *text, const char *param)
{
    assert_int_equal(look(text), V1_REFUSED);
    assert_int_equal(error.what, API_INVALID_VALUE);
    assert_string_equal(error.param, param);
}

static void test_the_first_look_finds_type_and_id_wherever_they_are(void **state)
{
    (void)state;
    assert_int_equal(look("{\"type\":\"generate\",\"id\":\"a1\"}"), V1_GENERATE);
    assert_string_equal(id, "a1");
    assert_int_equal(
        look("\n{ \"x\" : {\"id\":\"no\",\"type\":\"cancel\"} , \"id\" : \"\xc3\xa9\", \"type\":\t\"cancel\"}"),
        V1_CANCEL);
    assert_string_equal(id, "\xc3\xa9");
    assert_int_equal(look("{\"t\":\"a\\\"},\",\"list\":[1,[\"]\",{}],\"}\"],\"type\":\"generate\",\"id\":\"b\"}"),
                     V1_GENERATE);
    assert_string_equal(id, "b");
}

static void test_a_message_without_type_or_id_is_refused_by_name(void **state)
{
    (void)state;
    char longest[DIALECT_CLIENT_ID_BYTES + 64];
    refuses("", "id");
    refuses("[]", "id");
    refuses("{\"type\":\"generate\"}", "id");
    refuses("{\"type\":\"generate\",\"id\":7}", "id");
    refuses("{\"type\":\"generate\",\"id\":\"\"}", "id");
    refuses("{\"type\":\"generate\",\"id\":\"a\\u0062\"}", "id");
    refuses("{\"type\":\"generate\",\"id\":\"a\xff\"}", "id");
    refuses("{\"type\":\"generate\",\"id\":\"a", "id");
    refuses("{\"a\":{\"type\":\"generate\",\"id\":\"a\"}}", "id");
    refuses("{\"id\":\"a\"}", "type");
    assert_string_equal(id, "a"); // so that the error can name it
    refuses("{\"id\":\"a\",\"type\":\"Generate\"}", "type");
    for (size_t n = DIALECT_CLIENT_ID_BYTES - 1; n <= DIALECT_CLIENT_ID_BYTES; n++) {
        char name[DIALECT_CLIENT_ID_BYTES + 1];
        memset(name, 'x', n);
        name[n] = '\0';
        snprintf(longest, sizeof longest, "{\"type\":\"cancel\",\"id\":\"%s\"}", name);
        assert_int_equal(look(longest), n < DIALECT_CLIENT_ID_BYTES ? V1_CANCEL : V1_REFUSED);
    }
}

static void test_no_cut_of_a_message_is_read_beyond_its_end(void **state)
{
    (void)state;
    static const char WHOLE[] = "{\"a\":\"\\\\\",\"b\":[{\"c\":1}],\"type\":\"generate\",\"id\":\"abc\"}";
    for (size_t n = 0; n < sizeof WHOLE - 1; n++) {
        char *const cut = malloc(n + 1); // so that a sanitizer sees one byte too many
        memcpy(cut, WHOLE, n);
        const v1_message kind = spillway_v1_look(cut, n, id, &error);
        assert_true(kind == V1_REFUSED || (kind == V1_GENERATE && n >= sizeof WHOLE - 2));
        free(cut);
    }
}

static void test_reads_a_prompt_or_messages(void **state)
{
    (void)state;
    static const char BODY[] =
        "{\"type\":\"generate\",\"id\":\"a\",\"prompt\":\"Hi\",\"system\":\"Be brief.\",\"max_tokens\":5,\"odd\":1}";
    static const char NONE[] = "{\"type\":\"generate\",\"id\":\"a\"}";
    generation_request r;
    assert_true(SPILLWAY_V1.parse(&r, BODY, sizeof BODY - 1, 7, &error));
    assert_true(r.stream && r.return_progress);
    assert_int_equal(r.core.n_messages, 2);
    assert_int_equal(r.core.max_tokens, 5);
    assert_string_equal(r.ignored, "odd");
    generation_request_free(&r);
    assert_false(SPILLWAY_V1.parse(&r, NONE, sizeof NONE - 1, 7, &error));
    assert_string_equal(error.param, "messages");
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static void test_every_message_names_its_request(void **state)
{
    (void)state;
    generation_head head = {
        .client_id = "a\"1", .request_id = "req-1", .model = "m", .ignored = "odd", .backend = "cpu", .n_choices = 1};
    int counter[4] = {0};
    assert_true(SPILLWAY_V1.state_bytes <= sizeof counter);
    event_lines lines;
    event_lines_init(&lines);
    dialect_stream s = {.sink = &lines.sink, .head = &head, .state = counter, .time_ms = 12.5};
    SPILLWAY_V1.accepted(&s, 3);
    event_lines_expect(
        &lines,
        "{\"type\":\"accepted\",\"id\":\"a\\\"1\",\"request_id\":\"req-1\",\"model\":\"m\",\"queue_position\":3,"
        "\"ignored\":\"odd\"}\n");
    SPILLWAY_V1.progress(&s, 0, &(sw_event){.n_prompt = 300, .n_cached = 1, .n_prompt_done = 128}, 4);
    event_lines_expect(
        &lines,
        "{\"type\":\"progress\",\"id\":\"a\\\"1\",\"total\":300,\"cache\":1,\"processed\":128,\"time_ms\":4.0}\n");
    SPILLWAY_V1.text(&s, 0, &(sw_event){.text = "Hm", .n_bytes = 2, .n_tokens = 1, .kind = SW_TEXT_REASONING});
    event_lines_expect(&lines, "{\"type\":\"token\",\"id\":\"a\\\"1\",\"index\":0,\"n\":1,\"text\":\"Hm\",\"kind\":"
                               "\"reasoning\",\"t_ms\":12.5}\n");
    SPILLWAY_V1.text(&s, 0, &(sw_event){.text = "a\nb", .n_bytes = 3, .n_tokens = 2});
    event_lines_expect(&lines, "{\"type\":\"token\",\"id\":\"a\\\"1\",\"index\":1,\"n\":2,\"text\":\"a\\nb\",\"kind\":"
                               "\"content\",\"t_ms\":12.5}\n");
    SPILLWAY_V1.end(&s, &(sw_event){.finish = SW_FINISH_CANCELED});
    assert_non_null(strstr(buf_str(&lines.text),
                           "{\"type\":\"done\",\"id\":\"a\\\"1\",\"finish_reason\":\"cancelled\",\"usage\":{"));
    buf_clear(&lines.text);
    api_error failure = {0};
    api_fail(&failure, API_QUEUE_FULL, NULL, "full");
    (SPILLWAY_V1.fail)(&s, &failure); // cmocka has a macro of this name
    event_lines_expect(
        &lines, "{\"type\":\"error\",\"id\":\"a\\\"1\",\"error\":{\"message\":\"full\",\"type\":\"rate_limit_error\","
                "\"param\":null,\"code\":\"queue_full\"}}\n");
    spillway_v1_write_error(&lines.text, "", &failure);
    assert_non_null(strstr(buf_str(&lines.text), "\"id\":null"));
    event_lines_free(&lines);
}

static void test_the_compatible_mode_sends_raw_text(void **state)
{
    (void)state;
    static const char BODY[] = "{\"prompt\":\"Hi\",\"stream\":false}";
    generation_request r;
    assert_true(SHIMMY_WS.parse(&r, BODY, sizeof BODY - 1, 7, &error));
    assert_true(r.stream);
    assert_string_equal(r.ignored, "stream");
    generation_request_free(&r);
    event_lines lines;
    event_lines_init(&lines);
    dialect_stream s = {.sink = &lines.sink};
    SHIMMY_WS.text(&s, 0, &(sw_event){.text = "a\nb", .n_bytes = 3});
    SHIMMY_WS.end(&s, &(sw_event){0});
    event_lines_expect(&lines, "a\nb\n{\"done\":true}\n");
    api_fail(&error, API_INTERNAL, NULL, "no \"luck\"");
    (SHIMMY_WS.fail)(&s, &error);
    event_lines_expect(&lines, "{\"error\":\"no \\\"luck\\\"\"}\n");
    event_lines_free(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_look_finds_type_and_id_wherever_they_are),
        cmocka_unit_test(test_a_message_without_type_or_id_is_refused_by_name),
        cmocka_unit_test(test_no_cut_of_a_message_is_read_beyond_its_end),
        cmocka_unit_test(test_reads_a_prompt_or_messages),
        cmocka_unit_test(test_every_message_names_its_request),
        cmocka_unit_test(test_the_compatible_mode_sends_raw_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
