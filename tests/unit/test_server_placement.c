/* GET /v1/placement: the table of what is loaded, from the allocations, with one expert that is elsewhere than
 * requested. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "engine/tiers.h"
#include "support/server_fixture.h"

static server_fixture fixture;

/* Asks, and parses the body of an answer with this status. */
static json_t *ask(const char *path, int status)
{
    buf answer = server_fixture_ask(&fixture, "GET", path, "");
    if (server_fixture_status(&answer) != status)
        fail_msg("GET %s: not %d: %s", path, status, buf_str(&answer));
    const char *const body = strstr(buf_str(&answer), "\r\n\r\n");
    json_t *const document = json_loads(body + 4, 0, NULL);
    assert_non_null(document);
    buf_free(&answer);
    return document;
}

static void refused(const char *path, int status, const char *code)
{
    json_t *const document = ask(path, status);
    assert_string_equal(json_string_value(json_object_get(json_object_get(document, "error"), "code")), code);
    json_decref(document);
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static json_int_t number_of(const json_t *object, const char *key)
{
    assert_true(json_is_integer(json_object_get(object, key)));
    return json_integer_value(json_object_get(object, key));
}

/* The only model's object; belongs to the document. */
static const json_t *only(const json_t *document)
{
    const json_t *const data = json_object_get(document, "data");
    assert_string_equal(text_of(document, "object"), "list");
    assert_int_equal(json_array_size(data), 1);
    return json_array_get(data, 0);
}

static json_int_t sum_of(const json_t *weights)
{
    json_int_t sum = 0;
    size_t i;
    const json_t *row;
    json_array_foreach(weights, i, row) sum += number_of(row, "bytes");
    return sum;
}

/* ---- the stub, and what is not known ----------------------------------------------------------------------------- */

static int start_stub(void **state)
{
    (void)state;
    server_fixture_start(
        &fixture,
        (server_options){
            .model = "stub:", .body_timeout_s = 60, .slow_client_timeout_s = 30, .engine = {.n_gpu_layers = 5}});
    server_fixture_until_ready(&fixture);
    return 0;
}

static void test_an_option_without_effect_has_a_reason(void **state)
{
    (void)state;
    json_t *const document = ask("/v1/placement", 200);
    const json_t *const placement = json_object_get(only(document), "placement");
    assert_string_equal(text_of(only(document), "model"), "stub");
    assert_string_equal(text_of(placement, "effect"), "none");
    assert_non_null(strstr(text_of(placement, "reason"), "--n-gpu-layers"));
    assert_int_equal(json_array_size(json_object_get(only(document), "weights")), 0);
    json_decref(document);
}

static void test_what_is_not_known_is_refused(void **state)
{
    (void)state;
    refused("/v1/placement?model=absent", 404, "model_not_found");
    refused("/v1/placement?detail=rows", 400, "invalid_value");
    refused("/v1/placement?details=experts", 400, "unsupported_parameter");
    refused("/v1/placement?model=%zz", 400, "invalid_value");
}

static int stop(void **state)
{
    (void)state;
    server_fixture_stop(&fixture);
    return 0;
}

/* ---- a model, one of whose experts was moved --------------------------------------------------------------------- */

static void move_one(void *ud, const hparams *h, model_placement *p)
{
    (void)ud;
    (void)h;
    placement_set_expert(p, 2, 5, TIER_VRAM);
}

static int start_moved(void **state)
{
    (void)state;
    static const engine_tiers MOVED = {.devices = {{.vram_bytes = 1 << 30}}, .n_devices = 1, .place = move_one};
    tiers_set(&MOVED);
    server_fixture_start(&fixture, (server_options){.model = SPILLWAY_SOURCE_DIR "/models/demo-gpt-oss.gguf",
                                                    .model_dirs = "absent",
                                                    .body_timeout_s = 60,
                                                    .slow_client_timeout_s = 30,
                                                    .engine = {.cpu_moe = true, .n_ctx = 256}});
    server_fixture_until_ready(&fixture);
    return 0;
}

static int stop_moved(void **state)
{
    stop(state);
    tiers_set(NULL);
    return 0;
}

static void test_an_expert_elsewhere_than_requested_shows(void **state)
{
    (void)state;
    json_t *const document = ask("/v1/placement?detail=experts&model=demo-gpt-oss.gguf", 200);
    const json_t *const weights = json_object_get(only(document), "weights"), *row;
    size_t i;
    int n_moved = 0, n_experts = 0;
    json_array_foreach(weights, i, row)
    {
        const bool is_expert = strcmp(text_of(row, "class"), "experts") == 0;
        n_experts += is_expert ? (int)number_of(row, "n_experts") : 0;
        if (strcmp(text_of(row, "requested"), text_of(row, "effective")) == 0)
            continue;
        n_moved++;
        assert_true(is_expert);
        assert_int_equal(number_of(row, "layer"), 2);
        assert_int_equal(number_of(row, "expert"), 5);
        assert_int_equal(number_of(row, "n_experts"), 1);
        assert_string_equal(text_of(row, "requested"), "ram");
        assert_string_equal(text_of(row, "effective"), "vram");
    }
    assert_int_equal(n_moved, 1);
    assert_int_equal(n_experts, 4 * 16);
    json_decref(document);
}

static void test_each_detail_has_the_same_bytes(void **state)
{
    (void)state;
    static const char *const PATHS[] = {"/v1/placement", "/v1/placement?detail=layers", "/v1/placement?detail=experts"};
    json_int_t bytes[3];
    for (int i = 0; i < 3; i++) {
        json_t *const document = ask(PATHS[i], 200);
        const json_t *const model = only(document), *const kv = json_object_get(model, "kv");
        bytes[i] = sum_of(json_object_get(model, "weights"));
        assert_string_equal(text_of(model, "object"), "placement");
        assert_string_equal(text_of(json_object_get(model, "placement"), "effect"), "full");
        assert_string_equal(text_of(kv, "type"), "f16");
        assert_string_equal(text_of(json_object_get(model, "compute"), "backend"), "cpu");
        assert_true(number_of(json_object_get(model, "compute"), "threads") > 0);
        assert_int_equal(number_of(kv, "bytes_max"), number_of(json_object_get(kv, "tiers"), "vram"));
        assert_true(number_of(json_object_get(model, "total"), "ram") >
                    number_of(json_object_get(model, "buffers"), "bytes"));
        json_decref(document);
    }
    assert_true(bytes[0] > 2000000);
    assert_int_equal(bytes[0], bytes[1]);
    assert_int_equal(bytes[0], bytes[2]);
}

/* ---- nothing is loaded ------------------------------------------------------------------------------------------- */

static int start_empty(void **state)
{
    (void)state;
    server_fixture_start(&fixture, (server_options){.model_dirs = SPILLWAY_SOURCE_DIR "/models",
                                                    .body_timeout_s = 60,
                                                    .slow_client_timeout_s = 30});
    return 0;
}

static void test_without_a_loaded_model_there_is_no_table(void **state)
{
    (void)state;
    refused("/v1/placement", 503, "no_model");
    refused("/v1/placement?model=demo-phimoe", 503, "no_model");
}

int main(void)
{
    const struct CMUnitTest stub[] = {
        cmocka_unit_test(test_an_option_without_effect_has_a_reason),
        cmocka_unit_test(test_what_is_not_known_is_refused),
    };
    const struct CMUnitTest moved[] = {
        cmocka_unit_test(test_an_expert_elsewhere_than_requested_shows),
        cmocka_unit_test(test_each_detail_has_the_same_bytes),
    };
    const struct CMUnitTest empty[] = {cmocka_unit_test(test_without_a_loaded_model_there_is_no_table)};
    int n_failed = cmocka_run_group_tests_name("placement of the stub", stub, start_stub, stop);
    n_failed += cmocka_run_group_tests_name("placement with a moved expert", moved, start_moved, stop_moved);
    return n_failed + cmocka_run_group_tests_name("placement of nothing", empty, start_empty, stop);
}
