/* Traces of experts: both forms read alike, incomplete tokens are left out, and nothing else than the form is accepted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "cache/expert_profile.h"
#include "cache/router_trace.h"

static const char JSON[] =
    "{\"request\":null,\"sequence\":0,\"position\":4,\"layer\":3,\"experts\":[1,0],\"weights\":[0.6,0.4]}\n"
    "{\"request\":\"0123456789abcdef\",\"sequence\":0,\"position\":5,\"layer\":2,\"experts\":[5,1],\"weights\":[0.6,0."
    "4]}\n"
    "{\"request\":\"0123456789abcdef\",\"sequence\":0,\"position\":5,\"layer\":3,\"experts\":[2,7],\"weights\":[1e-05,"
    "0.4]}\n"
    "{\"request\":null,\"sequence\":0,\"position\":6,\"layer\":2,\"experts\":[0,1],\"weights\":[0.6,0.4]}\n"
    "{\"request\":null,\"sequence\":0,\"position\":6,\"layer\":3,\"experts\":[7,3],\"weights\":[0.6,0.4]}\n";
static const char CSV[] = "request,sequence,position,layer,experts,weights\n"
                          ",0,4,3,1 0,0.6 0.4\n"
                          "0123456789abcdef,0,5,2,5 1,0.6 0.4\n"
                          "0123456789abcdef,0,5,3,2 7,1e-05 0.4\n"
                          ",0,6,2,0 1,0.6 0.4\n"
                          ",0,6,3,7 3,0.6 0.4\n";

static void check_known(const char *text)
{
    router_trace t;
    sw_err err = {0};
    assert_int_equal(router_trace_parse(&t, text, strlen(text), "known", &err), SW_OK);
    assert_int_equal(t.n_layers, 2);
    assert_int_equal(t.layers[0], 2);
    assert_int_equal(t.layers[1], 3);
    assert_int_equal(t.n_tokens, 2);
    assert_int_equal(t.n_used, 2);
    assert_int_equal(t.n_experts, 8);
    assert_int_equal(t.n_left_out, 1); // the first row is of a token whose other rows were overwritten
    assert_int_equal(router_trace_at(&t, 0, 0)[0], 5);
    assert_int_equal(router_trace_at(&t, 1, 0)[1], 7);
    assert_int_equal(router_trace_at(&t, 1, 1)[0], 7);
    uint64_t counts[2 * 8] = {0};
    router_trace_count(&t, 0, 2, 8, counts);
    assert_int_equal(counts[1], 2);
    assert_int_equal(counts[8 + 7], 2);
    assert_int_equal(counts[8 + 1], 0);
    router_trace_free(&t);
}

static void test_both_forms_read_alike(void **state)
{
    (void)state;
    check_known(JSON);
    check_known(CSV);
}

/* Two good rows, and then a bad one. */
static void refuse(const char *line, bool is_csv, const char *says)
{
    char text[4096];
    snprintf(text, sizeof text, "%s%s\n",
             is_csv
                 ? "request,sequence,position,layer,experts,weights\n,0,0,0,0 1,1 1\n,0,1,0,0 1,1 1\n"
                 : "{\"request\":null,\"sequence\":0,\"position\":0,\"layer\":0,\"experts\":[0,1],\"weights\":[1,1]}\n"
                   "{\"request\":null,\"sequence\":0,\"position\":1,\"layer\":0,\"experts\":[0,1],\"weights\":[1,1]}\n",
             line);
    router_trace t;
    sw_err err = {0};
    if (router_trace_parse(&t, text, strlen(text), "the file", &err) == SW_OK || strstr(err.msg, says) == NULL)
        fail_msg("%s: %s", line, err.msg);
    router_trace_free(&t);
}

static void test_a_row_of_another_form_is_refused(void **state)
{
    (void)state;
    static const char *const JSON_LINES[][2] = {
        {"{}", "request"},
        {"[]", "the file:3"},
        {"nonsense", "the file:3"},
        {"{\"request\":1,\"sequence\":0,\"position\":0,\"layer\":0,\"experts\":[0,1],\"weights\":[1,1]}", "request"},
        {"{\"request\":null,\"sequence\":0,\"position\":0,\"layer\":512,\"experts\":[0,1],\"weights\":[1,1]}", "layer"},
        {"{\"request\":null,\"sequence\":0,\"position\":0,\"layer\":0,\"experts\":[0,1024],\"weights\":[1,1]}",
         "experts"},
        {"{\"request\":null,\"sequence\":0,\"position\":0,\"layer\":0,\"experts\":[0,-1],\"weights\":[1,1]}",
         "experts"},
        {"{\"request\":null,\"sequence\":0,\"position\":0,\"layer\":0,\"experts\":[],\"weights\":[]}", "experts"},
        {"{\"request\":null,\"sequence\":0,\"position\":0,\"layer\":0,\"experts\":[1,1],\"weights\":[1,1]}", "twice"},
        {"{\"request\":null,\"sequence\":0,\"position\":0,\"layer\":0,\"experts\":[0,1],\"weights\":[1]}", "1 weights"},
        {"{\"request\":null,\"sequence\":0,\"position\":0,\"layer\":0,\"experts\":[0],\"weights\":[1]}", "1 experts"},
        {"{\"request\":null,\"sequence\":0,\"position\":0,\"layer\":0,\"experts\":[0,1],\"weights\":[\"1\",1]}",
         "weights"},
        {"{\"request\":null,\"sequence\":0,\"position\":0,\"layer\":0,\"experts\":[0,1],\"weights\":[1,1],\"x\":1}",
         "x"},
    };
    static const char *const CSV_LINES[] = {
        "0,0,0,0 1,1 1",
        "abc,0,0,0,0 1,1 1",
        ",0,0,0,0 1,1 1,",
        ",0,0,0,0 1,1 1 ",
        ",0,0,0,0  1,1 1",
        ",0,0,512,0 1,1 1",
        ",0,0,0,0 1024,1 1",
        ",0,0,0,0 -1,1 1",
        ",0,0,0,0 1,1 nan",
        ",0,0,0,0 1,1 0x1",
        ",256,0,0,0 1,1 1",
        ",0,0,0,0 1,1",
        ",0,0,0,0 0,1 1",
        ",0,0,0,,",
        ",0,0,0,0 1,1 1e999",
        ",0,99999999999,0,0,1",
        ",",
        ",0,0,0,0 1,1 1\r",
        " ",
    };
    for (size_t i = 0; i < sizeof JSON_LINES / sizeof JSON_LINES[0]; i++)
        refuse(JSON_LINES[i][0], false, JSON_LINES[i][1]);
    for (size_t i = 0; i < sizeof CSV_LINES / sizeof CSV_LINES[0]; i++)
        refuse(CSV_LINES[i], true, "the file:4");
}

static void test_a_trace_needs_two_tokens(void **state)
{
    (void)state;
    router_trace t;
    sw_err err = {0};
    assert_int_equal(router_trace_parse(&t, "", 0, "nothing", &err), SW_EFORMAT);
    router_trace_free(&t);
    sw_err_clear(&err);
    const char *const end = strchr(JSON, '\n');
    assert_int_equal(router_trace_parse(&t, JSON, (size_t)(end - JSON), "one row", &err), SW_EFORMAT);
    assert_non_null(strstr(err.msg, "one row has 1 tokens"));
    router_trace_free(&t);
}

static void test_a_trace_has_as_many_rows_as_a_server_keeps(void **state)
{
    (void)state;
    buf text;
    buf_init(&text, 1 << 28);
    buf_puts(&text, "request,sequence,position,layer,experts,weights\n");
    for (int i = 0; i < LIMIT_EXPERT_TRACE_ROWS; i++)
        buf_puts(&text, ",0,0,0,0,1\n");
    router_trace t;
    sw_err err = {0};
    assert_int_equal(router_trace_parse(&t, buf_str(&text), text.size, "full", &err), SW_OK);
    assert_int_equal(t.n_tokens, LIMIT_EXPERT_TRACE_ROWS);
    router_trace_free(&t);
    buf_puts(&text, ",0,0,0,0,1\n");
    assert_int_equal(router_trace_parse(&t, buf_str(&text), text.size, "more", &err), SW_ELIMIT);
    assert_non_null(strstr(err.msg, "EXPERT_TRACE_ROWS"));
    router_trace_free(&t);
    buf_free(&text);
}

/* ---- profiles --------------------------------------------------------------------------------------------------- */

static void test_a_profile_reads_as_it_was_written(void **state)
{
    (void)state;
    router_trace t;
    expert_profile p, again;
    sw_err err = {0};
    buf text;
    buf_init(&text, 1 << 20);
    assert_int_equal(router_trace_parse(&t, JSON, strlen(JSON), "known", &err), SW_OK);
    assert_int_equal(expert_profile_from_trace(&p, &t, 9, &err), SW_OK);
    expert_profile_write(&text, &p);
    assert_int_equal(expert_profile_parse(&again, buf_str(&text), text.size, "written", &err), SW_OK);
    assert_int_equal(again.n_layers, 2);
    assert_int_equal(again.n_experts, 9);
    assert_int_equal(again.n_tokens, 2);
    assert_memory_equal(again.layers, p.layers, 2 * sizeof *p.layers);
    assert_memory_equal(again.counts, p.counts, 18 * sizeof *p.counts);
    double *const heat = expert_profile_heat(&again);
    assert_true(heat[1] == 1 && heat[5] == 0.5 && heat[9 + 7] == 1 && heat[8] == 0);
    mem_free(heat);
    router_trace_free(&t);
    expert_profile_free(&p);
    expert_profile_free(&again);
    buf_free(&text);
}

static void test_what_is_no_profile_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[][2] = {
        {"", "no profile"},
        {"[]", "object"},
        {"{\"n_expert_used\":1,\"n_tokens\":1,\"layers\":[]}", "n_expert"},
        {"{\"n_expert\":2,\"n_expert_used\":1,\"n_tokens\":0,\"layers\":[{\"layer\":0,\"counts\":[0,0]}]}", "n_tokens"},
        {"{\"n_expert\":1025,\"n_expert_used\":1,\"n_tokens\":1,\"layers\":[]}", "n_expert"},
        {"{\"n_expert\":2,\"n_expert_used\":1,\"n_tokens\":1,\"layers\":[]}", "layers"},
        {"{\"n_expert\":2,\"n_expert_used\":1,\"n_tokens\":1,\"layers\":[1]}", "layers[0]"},
        {"{\"n_expert\":2,\"n_expert_used\":1,\"n_tokens\":1,\"layers\":[{\"layer\":0,\"counts\":[1]}]}",
         "n_expert, 2"},
        {"{\"n_expert\":2,\"n_expert_used\":1,\"n_tokens\":1,\"layers\":[{\"layer\":0,\"counts\":[2,0]}]}", "n_tokens"},
        {"{\"n_expert\":2,\"n_expert_used\":1,\"n_tokens\":1,\"layers\":[{\"layer\":0,\"counts\":[-1,0]}]}", "0 to"},
        {"{\"n_expert\":1,\"n_expert_used\":1,\"n_tokens\":1,\"layers\":[{\"layer\":1,\"counts\":[1]},{\"layer\":1,"
         "\"counts\":[1]}]}",
         "ascend"},
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        expert_profile p;
        sw_err err = {0};
        if (expert_profile_parse(&p, BAD[i][0], strlen(BAD[i][0]), "bad.json", &err) != SW_EFORMAT ||
            strstr(err.msg, BAD[i][1]) == NULL)
            fail_msg("%s: %s", BAD[i][0], err.msg);
        expert_profile_free(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_forms_read_alike),
        cmocka_unit_test(test_a_row_of_another_form_is_refused),
        cmocka_unit_test(test_a_trace_needs_two_tokens),
        cmocka_unit_test(test_a_trace_has_as_many_rows_as_a_server_keeps),
        cmocka_unit_test(test_a_profile_reads_as_it_was_written),
        cmocka_unit_test(test_what_is_no_profile_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
