/* A warning is there if a figure would mislead without it, says how far, and is not there otherwise. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "figures/run_warnings.h"
#include "support/record_maker.h"

enum { N_TESTS = 4 };

/* Two models of two tests each, with memory, so that there is nothing to warn of. */
typedef struct scene {
    run_record run;
    test_record tests[N_TESTS];
    subject_record subjects[2];
    server_record servers[2];
    resource_sample samples[2];
    fact_record facts[2];
} scene;

static scene *set_up(void)
{
    static scene s;
    s = (scene){0};
    s.run = record_run(s.tests, N_TESTS);
    for (int i = 0; i < 2; i++) {
        s.subjects[i] = s.run.subjects[0];
        s.servers[i] = s.run.servers[0];
        s.servers[i].subject = i;
        s.samples[i] = (resource_sample){.server = i, .values = sample_values_none()};
        s.samples[i].values.v[SAMPLE_PRIVATE] = 1e9;
    }
    for (int i = 0; i < N_TESTS; i++) {
        s.tests[i] = record_test(MODE_STREAM, i % 2, 0);
        s.tests[i].subject = s.tests[i].server = i / 2;
    }
    s.run.info.status = "ok";
    s.run.subjects = s.subjects;
    s.run.servers = s.servers;
    s.run.samples = s.samples;
    s.run.facts = s.facts;
    s.run.n_subjects = s.run.n_servers = s.run.n_samples = 2;
    return &s;
}

/* The only warning is this one, of this model, and holds these words; id NULL: there is none. */
static void assert_warning(const scene *s, const char *id, int subject, const char *words)
{
    run_analysis a;
    run_warnings w;
    assert_int_equal(run_analysis_of(&s->run, &a, NULL), SW_OK);
    assert_int_equal(run_warnings_of(&a, &w, NULL), SW_OK);
    if (w.n != (id != NULL))
        fail_msg("%zu warnings, first: %s", w.n, w.n > 0 ? w.items[0].sentence : "");
    if (id != NULL) {
        assert_string_equal(w.items[0].id, id);
        assert_int_equal(w.items[0].subject, subject);
        if (strstr(w.items[0].sentence, words) == NULL)
            fail_msg("%s", w.items[0].sentence);
    }
    run_warnings_free(&w);
    run_analysis_free(&a);
}

/* Event counts of one token each are told by the maker of these records; servers of others do not tell them. */
static void hide_counts(test_record *test)
{
    for (size_t i = 0; i < test->answer.n_arrivals; i++)
        ((arrival *)test->answer.arrivals)[i].n_tokens = 0;
}

static void test_a_good_run_has_no_warnings(void **state)
{
    (void)state;
    assert_warning(set_up(), NULL, 0, "");
}

static void test_events_and_tokens_matter_only_if_the_server_does_not_say(void **state)
{
    (void)state;
    scene *s = set_up();
    s->tests[2].answer.completion_tokens = 45; // 4 tokens of a header
    ((arrival *)s->tests[2].answer.arrivals)[0].n_tokens = 5;
    assert_warning(s, NULL, 0, "");
    hide_counts(&s->tests[2]);
    assert_warning(s, "events-are-not-tokens", 1,
                   "1 answer (~) came in 41 events, and the server counts 45 tokens without saying which came when");
    assert_warning(s, "events-are-not-tokens", 1, "up to 10 % too slow");
    s->tests[2].answer.completion_tokens = 41;
    assert_warning(s, NULL, 0, "");
}

static void test_missing_counts_are_said(void **state)
{
    (void)state;
    scene *s = set_up();
    s->tests[0].answer.completion_tokens = -1;
    assert_warning(s, NULL, 0, ""); // the events' own counts are known
    hide_counts(&s->tests[0]);
    assert_warning(s, "counted-events", 0, "for 1 answer (*)");
}

static void test_missing_rates_have_their_reasons(void **state)
{
    (void)state;
    scene *s = set_up();
    s->tests[0].answer.n_arrivals = s->tests[0].answer.completion_tokens = 10;
    s->tests[1].answer.completion_tokens = 100;
    assert_warning(s, "no-decode-rate", 0,
                   "2 of 2 answers have no decode rate (-) (1: fewer events than half the tokens; 1: fewer than 20 "
                   "different arrival times).");
    s->tests[1].answer.completion_tokens = 41;
    assert_warning(s, "no-decode-rate", 0,
                   "1 of 2 answers have no decode rate (-), and the rate of the run is that of");
}

static void test_what_all_models_have_is_said_once(void **state)
{
    (void)state;
    scene *s = set_up();
    for (int i = 0; i < N_TESTS; i++)
        s->tests[i].answer.cached_tokens = 7;
    assert_warning(s, "warm-prefix", -1, "2 first tokens (w) had a warm prefix: 14 of 40 prompt tokens were cached");
    s->tests[0].answer.cached_tokens = s->tests[1].answer.cached_tokens = 0;
    assert_warning(s, "warm-prefix", 1, "14 of 40");
}

static void test_memory_that_was_not_measured_has_its_reason(void **state)
{
    (void)state;
    scene *s = set_up();
    s->samples[1].values.v[SAMPLE_PRIVATE] = NAN;
    assert_warning(s, "no-memory", 1, "a proxy holds no model");
    s->facts[0] = (fact_record){1, 1, FACT_WATCH_NOTE, NAN, "it runs on another machine", ""};
    s->run.n_facts = 1;
    assert_warning(s, "no-memory", 1, "not measured: it runs on another machine.");
}

static void test_other_warnings(void **state)
{
    (void)state;
    scene *s = set_up();
    s->run.info.status = "aborted";
    assert_warning(s, "incomplete", -1, "--resume");
    s = set_up();
    s->run.info.n_sessions = 3;
    assert_warning(s, "resumed", -1, "3 server processes");
    s = set_up();
    s->tests[0].answer.scheduled_ns = -150000000;
    assert_warning(s, "late-client", 0, "150 ms later");
    s = set_up();
    s->tests[3].answer.text = "a\na\na\na\na\na\n";
    s->tests[3].answer.n_text = 12;
    assert_warning(s, "repetition", 1, "1 answer (!) repeats itself");
    s = set_up();
    for (int i = 20; i < 41; i++)
        ((arrival *)s->tests[3].answer.arrivals)[i].t_ns += 1500000000;
    assert_warning(s, "stalls", 1, "stalled 1 time, for up to 1.5 s");
    s = set_up();
    const uint64_t counts[] = {5, 1, 1, 1}, others[] = {1, 5, 1, 1};
    s->tests[0].answer.experts = (expert_counts){1, 4, 1, 8, counts};
    s->tests[1].answer.experts = (expert_counts){1, 4, 1, 8, others};
    assert_warning(s, "p-values-of-tokens", 0, "too easily");
    s = set_up();
    s->facts[0] = (fact_record){1, -1, FACT_EXPERT_BYTES, 8e9, "", ""};
    s->facts[1] = (fact_record){1, -1, FACT_PLACEABLE_BYTES, 10e9, "", ""};
    s->run.n_facts = 2;
    assert_warning(s, "computed-saving", 1, "not measured");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_run_has_no_warnings),
        cmocka_unit_test(test_events_and_tokens_matter_only_if_the_server_does_not_say),
        cmocka_unit_test(test_missing_counts_are_said),
        cmocka_unit_test(test_missing_rates_have_their_reasons),
        cmocka_unit_test(test_what_all_models_have_is_said_once),
        cmocka_unit_test(test_memory_that_was_not_measured_has_its_reason),
        cmocka_unit_test(test_other_warnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
