/* The temperature in effect: estimated from draws of a known sampler, and from those of a server whose clients ask for
 * one temperature and get another. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "hosts/temperature_probe.h"
#include "scripted_server.h"
#include "support/server_fixture.h"

/* ---- draws of a known sampler ------------------------------------------------------------------------------------ */

static double uniform(rng_state *r)
{
    return (double)(rng_next(r) >> 11) / 9007199254740992.0;
}

/* Draws at `temperature` from twenty tokens whose log-probabilities fall from 0 to -6. */
static temperature_draw draw_at(rng_state *r, double temperature)
{
    temperature_draw d = {.n = DRAW_TOKENS_MAX};
    double weights[DRAW_TOKENS_MAX], sum = 0;
    for (size_t i = 0; i < d.n; i++) {
        d.logprobs[i] = -6 * uniform(r);
        weights[i] = temperature > 0 ? exp(d.logprobs[i] / temperature) : 0;
        sum += weights[i];
        if (d.logprobs[i] > d.logprobs[d.drawn])
            d.drawn = i;
    }
    double rest = uniform(r) * sum;
    for (size_t i = 0; temperature > 0 && i < d.n; i++) {
        if (rest < weights[i]) {
            d.drawn = i;
            break;
        }
        rest -= weights[i];
    }
    return d;
}

static void test_an_estimate_is_near_the_truth_and_its_interval_holds_it(void **state)
{
    (void)state;
    static const double TEMPERATURES[] = {0.2, 0.3, 0.7, 1, 1.5};
    enum { N = 40, N_TRIES = 200 };
    for (size_t t = 0; t < sizeof TEMPERATURES / sizeof *TEMPERATURES; t++) {
        int n_outside = 0;
        double sum = 0;
        rng_state r;
        rng_seed(&r, t + 1);
        for (int try = 0; try < N_TRIES; try++) {
            temperature_draw draws[N];
            temperature_estimate e;
            for (int i = 0; i < N; i++)
                draws[i] = draw_at(&r, TEMPERATURES[t]);
            assert_true(temperature_draws_estimate(draws, N, &e));
            n_outside += TEMPERATURES[t] < e.low || TEMPERATURES[t] > e.high;
            sum += e.found;
        }
        assert_true(n_outside <= 4); // 3 in 1000 are expected, and the error is that of a large sample
        assert_true(fabs(sum / N_TRIES - TEMPERATURES[t]) < 0.1 * TEMPERATURES[t]);
    }
}

static void test_greedy_draws_have_a_temperature_of_0_with_an_upper_bound(void **state)
{
    (void)state;
    enum { N = 40 };
    temperature_draw draws[N];
    temperature_estimate e;
    rng_state r;
    rng_seed(&r, 9);
    for (int i = 0; i < N; i++)
        draws[i] = draw_at(&r, 0);
    assert_true(temperature_draws_estimate(draws, N, &e));
    assert_true(e.found == 0 && e.low == 0 && e.high > 0.01 && e.high < 0.3);
}

static void test_draws_without_a_choice_tell_nothing(void **state)
{
    (void)state;
    temperature_draw draws[40];
    temperature_estimate e;
    for (int i = 0; i < 40; i++)
        draws[i] = (temperature_draw){.logprobs = {-1, -1, -1}, .n = 3, .drawn = 1};
    assert_false(temperature_draws_estimate(draws, 40, &e)); // equally likely at every temperature
    rng_state r;
    rng_seed(&r, 3);
    for (int i = 0; i < 40; i++)
        draws[i] = draw_at(&r, 0.5);
    assert_false(temperature_draws_estimate(draws, 9, &e)); // too few
}

/* ---- a server, and a proxy that lies ----------------------------------------------------------------------------- */

static server_fixture fixture;

static int start_server(void **state)
{
    (void)state;
    server_fixture_start(&fixture, (server_options){.model = SPILLWAY_SOURCE_DIR "/models/demo-phimoe.gguf",
                                                    .model_dirs = "absent",
                                                    .body_timeout_s = 60,
                                                    .slow_client_timeout_s = 30,
                                                    .engine = {.n_ctx = 256}});
    server_fixture_until_ready(&fixture);
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    server_fixture_stop(&fixture);
    return 0;
}

/* Passes a request on; `ud`: the temperature that it has then (NULL: its own). */
static void pass_on(scripted_server *s, int fd, const char *request)
{
    char path[64] = "", body[4096];
    const char *const given = strstr(request, "\r\n\r\n"), *const at = strstr(given, "\"temperature\":");
    sscanf(request, "POST %63s", path);
    if (s->ud != NULL && at != NULL)
        snprintf(body, sizeof body, "%.*s\"temperature\":%s%s", (int)(at - given - 4), given + 4, (const char *)s->ud,
                 strchr(at, ','));
    else
        snprintf(body, sizeof body, "%s", given + 4);
    buf answer = server_fixture_ask(&fixture, "POST", path, body);
    scripted_server_send(fd, buf_str(&answer), answer.size);
    buf_free(&answer);
}

static temperature_probe_result probe(const char *url, double temperature)
{
    chat_target *target;
    temperature_probe_result result;
    sw_err err = {0};
    assert_int_equal(target_open(&target, url, NULL, &err), SW_OK);
    const temperature_probe_options options = {
        .target = target, .model = "demo-phimoe", .temperature = temperature, .clock = clock_or_system(NULL)};
    if (temperature_probe_run(&result, &options, &err) != SW_OK)
        fail_msg("%s", err.msg);
    target_close(target);
    return result;
}

/* Asks for one temperature through a proxy that replaces it. */
static temperature_probe_result probe_through(char *replaced, double asked)
{
    scripted_server proxy = {.answer = pass_on, .ud = replaced};
    assert_true(scripted_server_start(&proxy));
    const temperature_probe_result result = probe(proxy.url, asked);
    scripted_server_stop(&proxy);
    return result;
}

static void test_the_temperature_that_was_asked_for_is_found(void **state)
{
    (void)state;
    static const double TEMPERATURES[] = {0, 0.3, 1};
    for (size_t i = 0; i < sizeof TEMPERATURES / sizeof *TEMPERATURES; i++) {
        const temperature_probe_result r = probe_through(NULL, TEMPERATURES[i]);
        if (!r.is_known || !r.agrees)
            fail_msg("asked for %g: %g (%g to %g) from %d draws %s", TEMPERATURES[i], r.estimate.found, r.estimate.low,
                     r.estimate.high, r.n_draws, r.reason);
        assert_in_range(r.n_draws, 20, 40); // the others drew a token that is not among the listed ones
    }
}

static void test_a_server_that_samples_at_another_temperature_is_found_out(void **state)
{
    (void)state;
    static const struct {
        double asked;
        char used[8];
    } LIES[] = {{0.3, "1.0"}, {0.3, "0.9"}, {1, "0.3"}, {0, "0.8"}, {0.9, "0"}};
    for (size_t i = 0; i < sizeof LIES / sizeof *LIES; i++) {
        char used[8];
        memcpy(used, LIES[i].used, sizeof used);
        const temperature_probe_result r = probe_through(used, LIES[i].asked);
        if (!r.is_known || r.agrees)
            fail_msg("asked for %g, got %s: %g (%g to %g) from %d draws", LIES[i].asked, used, r.estimate.found,
                     r.estimate.low, r.estimate.high, r.n_draws);
    }
}

static void say(scripted_server *s, int fd, const char *request)
{
    (void)request;
    char reply[1024];
    const char *const body = s->ud;
    const int n = snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    scripted_server_send(fd, reply, (size_t)n);
}

static void test_without_usable_probabilities_nothing_is_claimed(void **state)
{
    (void)state;
    static const char *const BODIES[] = {
        "{\"choices\":[{\"text\":\"x\"}]}",
        "{\"choices\":[{\"text\":\"x\",\"logprobs\":null}]}",
        "[]",
        "not JSON",
        "{\"choices\":[{\"logprobs\":{\"content\":[{\"token\":\"a\",\"logprob\":-1,\"top_logprobs\":[]}]}}]}",
        "{\"choices\":[{\"logprobs\":{\"tokens\":[\"a\"],\"top_logprobs\":[{\"a\":5,\"b\":1e999}]}}]}",
    };
    for (size_t i = 0; i < sizeof BODIES / sizeof *BODIES; i++) {
        scripted_server s = {.answer = say, .ud = (char *)BODIES[i]};
        assert_true(scripted_server_start(&s));
        const temperature_probe_result r = probe(s.url, 0.3);
        assert_false(r.is_known);
        assert_string_equal(r.reason, "the server gives no log-probabilities");
        assert_int_equal(s.n_read, 2); // one question by each route
        scripted_server_stop(&s);
    }
}

int main(void)
{
    const struct CMUnitTest pure[] = {
        cmocka_unit_test(test_an_estimate_is_near_the_truth_and_its_interval_holds_it),
        cmocka_unit_test(test_greedy_draws_have_a_temperature_of_0_with_an_upper_bound),
        cmocka_unit_test(test_draws_without_a_choice_tell_nothing),
        cmocka_unit_test(test_without_usable_probabilities_nothing_is_claimed),
    };
    const struct CMUnitTest served[] = {
        cmocka_unit_test(test_the_temperature_that_was_asked_for_is_found),
        cmocka_unit_test(test_a_server_that_samples_at_another_temperature_is_found_out),
    };
    const int n_failed = cmocka_run_group_tests_name("estimates", pure, NULL, NULL);
    return n_failed + cmocka_run_group_tests_name("a server", served, start_server, stop_server);
}
