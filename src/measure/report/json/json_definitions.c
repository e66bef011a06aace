/* json_definitions.c - unit and meaning of every figure of the JSON report, by the object that has it.
 *
 * Formulas travel with the figures, since other tools use the same names for other things.
 */
#include "figures/readiness.h"
#include "report/json/json_parts.h"
#include "report/test_figures.h"

typedef struct definition {
    const char *name, *unit, *meaning;
} definition;

// clang-format off
static const definition STATISTICS[] = {
    {"n", "", "values"},
    {"min", "as its object", "smallest"},
    {"p50", "as its object", "percentile, linear interpolation; so p75, p90, p95, p99"},
    {"max", "as its object", "largest"},
    {"mean", "as its object", "sum / n"},
    {"sd", "as its object", "standard deviation, n - 1"},
    {"cv", "", "sd / mean"},
    {"low", "as its object", "lower end of the 95 % interval; so high"},
};
static const definition MODEL[] = {
    {"file_bytes", "B", "size of the model file"},
    {"parameters", "", "weights"},
    {"active_parameters", "", "weights that one token uses"},
    {"layers", "", "blocks of the model"},
    {"experts_per_layer", "", "routed experts"},
    {"experts_used", "", "routed experts of a token in each layer"},
    {"experts_shared", "", "experts that every token uses"},
    {"context_trained", "tok", "context of the model file"},
    {"steadiness", "", "median of the tests' pace, with its 95 % interval in steadiness_low and steadiness_high"},
    {"mark_mean", "", "mean content mark of the streamed answers, 1 to 5"},
    {"technical_passed", "", "technical checks of the streamed answers that passed"},
    {"technical_run", "", "of those that ran"},
    {"technical_accuracy", "", "technical_passed / technical_run"},
    {"cold_ttft_ms", "ms", "median first token of the cold requests"},
};
static const definition GOODPUT[] = {
    {"good", "", "requests that completed and met every objective"},
    {"asked", "", "requests that were sent"},
    {"attainment", "", "good / asked, with Wilson's 95 % interval in low and high"},
    {"per_s", "1/s", "good ones that ended in the steady window, per second of it"},
};
static const definition READING[] = {
    {"answers", "", "completed answers that have words and times"},
    {"first_word_ms", "ms", "request written to the first whole word, median"},
    {"first_sentence_ms", "ms", "request written to the first end of a sentence or line, median"},
    {"late_share", "", "share of the words that came later than 250 words a minute since the request"},
};
static const definition PRESERVATION[] = {
    {"pairs", "", "answers to the same prompt, repetition and seed on both sides; of mark and repetition: different pairs that have it"},
    {"equal", "", "pairs with the same text and, where told, the same tokens"},
    {"by_tokens", "", "pairs that were compared token by token; the others byte by byte"},
    {"common_share", "", "common prefix / the longer answer, mean of the pairs"},
    {"first_difference", "tok or B", "where the pair that parts first does, from 0; bytes if a pair has no tokens"},
    {"checks", "", "checks that ran on both sides"},
    {"checks_won", "", "that passed on the new side only"},
    {"checks_lost", "", "that passed on the base only"},
    {"checks_p_value", "", "McNemar's exact test of the different pairs, not below that of exchanging whole answers"},
    {"different_pairs", "", "pairs that are not a repetition of an earlier one"},
    {"mark_change", "", "mean difference of the content mark, new - base, all pairs"},
    {"repetition_change", "", "mean difference of the repetition, new - base, all pairs"},
    {"base", "", "mean of the base, different pairs"},
    {"new", "", "mean of the new side, different pairs"},
    {"difference", "", "new - base, with its 95 % interval in low and high"},
    {"p_value", "", "that a difference this large comes by chance: Student's t of the pairs"},
};
static const definition MEMORY[] = {
    {"saved_pct", "%", "100 * (vram_reference_bytes - vram_offloaded_bytes) / vram_reference_bytes; `kind` says whether it is measured"},
    {"claim_low_pct", "%", "published saving for this architecture, to claim_high_pct"},
    {"ceiling_pct", "%", "100 * bytes of routed experts / all bytes that a GPU can hold"},
    {"ceiling_without_table_pct", "%", "the same when the token table stays in RAM anyway"},
    {"vram_offloaded_bytes", "B", "of the server that offloads: highest sample, or by arithmetic"},
    {"vram_reference_bytes", "B", "of the server that does not"},
    {"ram_offloaded_bytes", "B", "private memory of the server that offloads, highest sample"},
    {"ram_reference_bytes", "B", "of the server that does not"},
    {"plan_vram_bytes", "B", "predicted by spillway plan"},
    {"plan_ram_bytes", "B", "predicted by spillway plan"},
    {"vram_allocated_bytes", "B", "that the server which offloads says it allocated in VRAM"},
    {"vram_process_bytes", "B", "GPU memory of its process by the driver, highest sample, the driver's context included"},
    {"vram_allocated_reference_bytes", "B", "the same of the server that does not offload"},
    {"vram_process_reference_bytes", "B", "the same of the server that does not offload"},
};
static const definition EXPERTS[] = {
    {"layers", "", "that have routers"},
    {"experts", "", "routed experts of a layer"},
    {"used", "", "experts of a token in each layer"},
    {"tokens", "tok", "that were routed"},
    {"coverage", "", "share of experts that were chosen at all, mean over the layers"},
    {"expected_coverage", "", "1 - (1 - used / experts)^tokens: that even routing would reach"},
    {"entropy_ratio", "", "-sum p ln p / ln experts; 1: all as often"},
    {"effective_experts", "", "e^(-sum p ln p)"},
    {"top_share", "", "share of the choices that went to the `used` experts chosen most"},
    {"hot_50", "", "fewest experts with half of the choices, in the layer that needs most; so hot_80, hot_95"},
    {"divergence", "", "Jensen-Shannon, base 2, of two tests: 0 equal shares, 1 no common expert"},
    {"p_value", "", "that tests of one distribution differ as much, Holm-corrected"},
};
static const definition SPEED[] = {
    {"token_bytes", "B", "weights, keys and values that are read for a generated token"},
    {"token_expert_bytes", "B", "of them, of routed experts"},
    {"kv_bytes", "B", "of them, keys and values at the mean context"},
    {"mean_context", "tok", "positions that a generated token sees"},
    {"effective_bandwidth", "B/s", "token_bytes * decode rate"},
    {"machine_bandwidth", "B/s", "memory read bandwidth that was measured beside the run"},
    {"bandwidth_share", "", "effective_bandwidth / machine_bandwidth"},
    {"roofline_tps", "tok/s", "machine_bandwidth / token_bytes"},
    {"server_cpu_share", "", "of all cores, the server's, while tests ran"},
    {"busy_share", "", "of the threads that the server computes with"},
    {"stall_share", "", "of the time of the tests"},
    {"foreign_load_share", "", "of all cores, other processes"},
    {"major_faults_per_s", "1/s", "of the server, while tests ran"},
    {"psi_memory_pct", "%", "of the time, tasks waited for memory; mean"},
};
static const definition SWEEP[] = {
    {"value", "", "of the setting that is varied"},
    {"completed", "", "answers"},
    {"degenerate", "", "answers whose repetition is degenerate"},
    {"repetition_mean", "", "of the answers"},
    {"repetition_max", "", "of the answers"},
    {"mark_mean", "", "content mark, 1 to 5"},
};
static const definition RESOURCE[] = {
    {"samples", "", "that have the figure"},
    {"median", "as its object", "of the samples"},
    {"added", "as its object", "of totals: last - first sample of each server"},
    {"per_s", "1/s of its object", "of totals: added / time"},
};
static const definition CRITERION[] = {
    {"figure", "as its row", "found, with its 95 % interval in low and high"},
    {"threshold", "as its row", "that is asked for"},
};

#define GROUP(name, rows) {name, rows, sizeof rows / sizeof *rows}
static const struct {
    const char *name;
    const definition *rows;
    size_t n;
} GROUPS[] = {
    GROUP("statistics", STATISTICS), GROUP("model", MODEL), GROUP("goodput", GOODPUT), GROUP("reading", READING),
    GROUP("preservation", PRESERVATION), GROUP("memory", MEMORY), GROUP("experts", EXPERTS), GROUP("speed", SPEED),
    GROUP("sweep", SWEEP), GROUP("resource", RESOURCE), GROUP("criterion", CRITERION),
};
// clang-format on

static void define(json_t **group, const char *name, const char *unit, const char *meaning)
{
    json_put(group, name, json_pack("{s:s, s:s}", "unit", unit, "meaning", meaning));
}

static json_t *group_json(const definition *rows, size_t n)
{
    json_t *group = json_object();
    for (size_t i = 0; i < n; i++)
        define(&group, rows[i].name, rows[i].unit, rows[i].meaning);
    return group;
}

/* What has a table of its own elsewhere. */
static void put_tables(json_t **all)
{
    json_t *tests = json_object(), *modes = json_object(), *resources = json_object(), *facts = json_object();
    for (int i = 0; i < N_TEST_FIGURES; i++)
        define(&tests, TEST_FIGURES[i].name, TEST_FIGURES[i].unit, TEST_FIGURES[i].definition);
    for (int i = 0; i < N_MODE_FIGURES; i++)
        define(&modes, MODE_FIGURES[i].name, MODE_FIGURES[i].unit, MODE_FIGURES[i].definition);
    for (int i = 0; i < N_SAMPLE_FIGURES; i++)
        define(&resources, SAMPLE_FIGURE_IDS[i].name, SAMPLE_FIGURE_IDS[i].unit, SAMPLE_FIGURE_IDS[i].meaning);
    for (int i = 0; i < N_FACT_NAMES; i++)
        define(&facts, FACT_IDS[i].name, FACT_IDS[i].unit, FACT_IDS[i].meaning);
    json_put(all, "tests", tests);
    json_put(all, "modes", modes);
    json_put(all, "resources", resources);
    json_put(all, "facts", facts);
}

json_t *json_of_definitions(void)
{
    json_t *all = json_object();
    put_tables(&all);
    for (size_t i = 0; i < sizeof GROUPS / sizeof *GROUPS; i++)
        json_put(&all, GROUPS[i].name, group_json(GROUPS[i].rows, GROUPS[i].n));
    json_put(&all, "mark", json_string(CONTENT_RUBRIC));
    json_put(&all, "readiness", json_string(READINESS_RULE));
    return all;
}
