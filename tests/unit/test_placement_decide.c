/* How VRAM is filled: what options ask for, what pays most per byte, rules of --override-tensor, and what fits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "model/placement_rules.h"
#include "model/placement_sizes.h"
#include "support/gguf_case.h"
#include "support/tiny_model.h"

/* A model that is planned with everything in RAM, and the bytes of its units. */
typedef struct fixture {
    gguf_file *g;
    hparams h;
    model_weights whole;
    placement_sizes sizes;
} fixture;

enum { KV_BYTES = 1000, WORKING = 5000 };

static void open_fixture(fixture *f, tiny_arch arch)
{
    sw_err err = {0};
    uint64_t kv[LIMIT_MODEL_LAYERS];
    gguf_again(&gguf_built);
    tiny_build(&gguf_built, arch, TINY_NO_TOKEN);
    *f = (fixture){.g = gguf_opened(&gguf_built)};
    if (hparams_read(f->g, false, &f->h, &err) != SW_OK || weights_plan(f->g, &f->h, NULL, &f->whole, &err) != SW_OK)
        fail_msg("%s", err.msg);
    for (size_t l = 0; l < f->h.n_layers; l++)
        kv[l] = KV_BYTES;
    assert_true(placement_sizes_init(&f->sizes, &f->h, &f->whole, kv, WORKING));
}

static void close_fixture(fixture *f)
{
    placement_sizes_free(&f->sizes);
    weights_free(&f->whole);
    gguf_close(f->g);
}

static model_placement placed(const fixture *f, uint64_t vram, placement_options o)
{
    model_placement p;
    const placement_machine m = {.bytes = {[TIER_RAM] = 1 << 30, [TIER_VRAM] = vram}};
    assert_true(placement_init(&p, &f->h, &f->sizes, &m, &o));
    return p;
}

/* Bytes of the blocks that loading would fill, with keys and values and working memory as the fixture has them. */
static uint64_t planned_vram(const fixture *f, const model_placement *p)
{
    sw_err err = {0};
    model_weights w;
    if (weights_plan(f->g, &f->h, p, &w, &err) != SW_OK)
        fail_msg("%s", err.msg);
    uint64_t sum = w.blocks[TIER_VRAM].n_bytes;
    for (size_t l = 0; l < f->h.n_layers; l++)
        sum += p->attention[l] == TIER_VRAM ? KV_BYTES : 0;
    weights_free(&w);
    return sum > 0 ? sum + WORKING : 0;
}

static bool is_decided(const model_placement *p)
{
    bool is = p->embedding < N_TIERS && p->output < N_TIERS;
    for (size_t l = 0; l < p->n_layers; l++)
        is = is && p->attention[l] < N_TIERS && p->ffn[l] < N_TIERS;
    for (size_t i = 0; i < p->n_layers * p->n_expert; i++)
        is = is && p->experts[i] < N_TIERS;
    return is;
}

/* ---- filling ----------------------------------------------------------------------------------------------------- */

/* What each family puts into any budget is decided, fits, is what loading takes, and grows with the budget. */
static void test_any_budget_is_filled_and_never_exceeded(void **state)
{
    (void)state;
    enum { STEPS = 200 };
    for (int arch = 0; arch < TINY_N_ARCHS; arch++) {
        fixture f;
        open_fixture(&f, (tiny_arch)arch);
        const uint64_t all = weights_bytes(&f.whole) + f.h.n_layers * KV_BYTES + WORKING;
        uint64_t before = 0;
        for (uint64_t i = 1; i <= STEPS; i++) {
            const uint64_t budget = all * i / STEPS + 1;
            model_placement p = placed(&f, budget, (placement_options){0});
            const uint64_t taken = placement_vram_bytes(&p, &f.sizes);
            assert_true(is_decided(&p));
            assert_true(taken <= budget);
            assert_true(planned_vram(&f, &p) <= taken);
            assert_true(taken >= before || taken + f.sizes.expert[f.h.n_layers - 1] >= before);
            before = taken;
            placement_free(&p);
        }
        close_fixture(&f);
    }
}

/* From the last layer on, then the head, then experts, whole layers first. */
static void test_the_order_is_attention_head_experts(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f, TINY_GPT_OSS);
    const size_t n = f.h.n_layers;
    uint64_t budget = WORKING + f.sizes.attention[n - 1];
    model_placement p = placed(&f, budget, (placement_options){0});
    assert_int_equal(p.attention[n - 1], TIER_VRAM);
    assert_int_equal(p.attention[n - 2], TIER_RAM);
    assert_int_equal(p.output, TIER_RAM);
    placement_free(&p);
    for (size_t l = 0; l + 1 < n; l++)
        budget += f.sizes.attention[l];
    budget += f.sizes.output;
    p = placed(&f, budget, (placement_options){0});
    assert_int_equal(p.attention[0], TIER_VRAM);
    assert_int_equal(p.output, TIER_VRAM);
    for (size_t i = 0; i < n * f.h.n_expert; i++)
        assert_int_equal(p.experts[i], TIER_RAM);
    placement_free(&p);
    budget += f.sizes.expert[n - 1] * f.h.n_expert + f.sizes.expert[n - 2];
    p = placed(&f, budget, (placement_options){0});
    assert_int_equal(placement_expert_tiers(&p, n - 1), 1u << TIER_VRAM);
    assert_int_equal(p.experts[(n - 2) * f.h.n_expert], TIER_VRAM);
    assert_int_equal(p.experts[(n - 2) * f.h.n_expert + 1], TIER_RAM);
    assert_int_equal(p.embedding, TIER_RAM);
    placement_free(&p);
    close_fixture(&f);
}

/* DeepSeek's first layer has no experts: a profile begins with the second. */
static void test_the_most_used_experts_come_first(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f, TINY_DEEPSEEK);
    const size_t n_moe = f.h.n_layers - f.h.n_layers_dense, n = n_moe * f.h.n_expert;
    double *const heat = calloc(n, sizeof *heat);
    assert_non_null(heat);
    heat[0] = 0.5;
    heat[n - 1] = 0.25;
    const uint64_t unused = f.h.ties_output ? 0 : f.sizes.embedding;
    const uint64_t others =
        weights_bytes(&f.whole) - f.whole.blocks[TIER_RAM].expert_bytes - unused + KV_BYTES * f.h.n_layers;
    const uint64_t one = f.sizes.expert[f.h.n_layers - 1];
    model_placement p = placed(&f, WORKING + others + one, (placement_options){.heat = heat});
    assert_int_equal(p.experts[f.h.n_layers_dense * f.h.n_expert], TIER_VRAM);
    assert_int_equal(p.experts[f.h.n_layers * f.h.n_expert - 1], TIER_RAM);
    placement_free(&p);
    p = placed(&f, WORKING + others + 2 * one, (placement_options){.heat = heat});
    assert_int_equal(p.experts[f.h.n_layers * f.h.n_expert - 1], TIER_VRAM);
    placement_free(&p);
    free(heat);
    close_fixture(&f);
}

/* What is asked for is not made smaller: the caller sees that it does not fit, and is told what does. */
static void test_an_explicit_option_is_not_made_to_fit(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f, TINY_GPT_OSS);
    char advice[64];
    model_placement p = placed(&f, WORKING + 1, (placement_options){.n_gpu_layers = 1});
    assert_int_equal(p.attention[f.h.n_layers - 1], TIER_VRAM);
    assert_true(placement_vram_bytes(&p, &f.sizes) > WORKING + 1);
    placement_free(&p);
    p = placed(&f, UINT64_MAX, (placement_options){.n_cpu_moe = 1});
    placement_machine m = {.bytes = {[TIER_VRAM] = placement_vram_bytes(&p, &f.sizes)}};
    placement_free(&p);
    placement_suggest(advice, sizeof advice, &f.h, &f.sizes, &m);
    assert_string_equal(advice, "--n-cpu-moe 1");
    m.bytes[TIER_VRAM] = WORKING + f.sizes.attention[f.h.n_layers - 1];
    placement_suggest(advice, sizeof advice, &f.h, &f.sizes, &m);
    assert_string_equal(advice, "--cpu-moe --n-gpu-layers 1");
    m.bytes[TIER_VRAM] = WORKING;
    placement_suggest(advice, sizeof advice, &f.h, &f.sizes, &m);
    assert_string_equal(advice, "");
    close_fixture(&f);
}

/* ---- rules ------------------------------------------------------------------------------------------------------- */

static char note[1024];

static model_placement ruled(const fixture *f, const char *text)
{
    sw_err err = {0};
    placement_rules *rules;
    model_placement p = {0};
    note[0] = '\0';
    if (placement_rules_parse(text, &rules, &err) != SW_OK ||
        placement_rules_decide(rules, &f->h, &f->whole, &p, note, sizeof note, &err) != SW_OK)
        fail_msg("%s", err.msg);
    placement_rules_free(rules);
    return p;
}

static void test_rules_move_whole_units(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f, TINY_GPT_OSS);
    model_placement p = ruled(&f, "blk\\.1\\.ffn_.*_exps=CPU,attn_=cpu,^output=CUDA0,token_embd=GPU");
    assert_string_equal(note, "");
    for (size_t l = 0; l < f.h.n_layers; l++) {
        assert_int_equal(p.attention[l], TIER_RAM);
        assert_int_equal(p.experts[l * f.h.n_expert], l == 1 ? (int)TIER_RAM : (int)TIER_UNDECIDED);
    }
    assert_int_equal(p.output, TIER_VRAM);
    assert_int_equal(p.embedding, TIER_VRAM);
    placement_free(&p);
    p = ruled(&f, "blk\\.0\\.expert\\.2$=GPU,blk\\.0\\.ffn_up_exps=CPU");
    assert_int_equal(p.experts[2], TIER_VRAM);
    assert_int_equal(p.experts[1], TIER_RAM);
    assert_non_null(strstr(note, "names a part of an expert"));
    placement_free(&p);
    p = ruled(&f, "blk=CPU,blk\\.0=GPU");
    assert_int_equal(p.attention[0], TIER_RAM);
    assert_non_null(strstr(note, "'blk\\.0=GPU' has no effect"));
    placement_free(&p);
    close_fixture(&f);
}

/* A rule counts more than an option, and filling goes around it. */
static void test_rules_overrule_options(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f, TINY_GPT_OSS);
    model_placement rules = ruled(&f, "blk\\.0\\.expert\\.2$=GPU,blk\\.1\\.attn_=CPU");
    model_placement p = placed(&f, UINT64_MAX, (placement_options){.cpu_moe = true, .rules = &rules});
    assert_int_equal(p.experts[2], TIER_VRAM);
    assert_int_equal(p.experts[1], TIER_RAM);
    assert_int_equal(p.attention[1], TIER_RAM);
    assert_int_equal(p.attention[0], TIER_VRAM);
    placement_free(&p);
    p = placed(&f, 0, (placement_options){.rules = &rules});
    assert_int_equal(p.experts[2], TIER_RAM); // there is no accelerator
    placement_free(&p);
    placement_free(&rules);
    close_fixture(&f);
}

static void expect_refused(const fixture *f, const char *text, const char *expected)
{
    sw_err err = {0};
    placement_rules *rules;
    model_placement p = {0};
    sw_code code = placement_rules_parse(text, &rules, &err);
    if (code == SW_OK)
        code = placement_rules_decide(rules, &f->h, &f->whole, &p, note, sizeof note, &err);
    placement_rules_free(rules);
    placement_free(&p);
    assert_int_equal(code, SW_EINVAL);
    if (strstr(err.msg, expected) == NULL)
        fail_msg("'%s' gives: %s", text, err.msg);
}

static void test_wrong_rules_are_named(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f, TINY_GPT_OSS);
    expect_refused(&f, "", "REGEX=DEVICE");
    expect_refused(&f, "attn", "REGEX=DEVICE");
    expect_refused(&f, "=CPU", "REGEX=DEVICE");
    expect_refused(&f, "attn=CPU,", "REGEX=DEVICE");
    expect_refused(&f, "attn=TPU", "a device is CPU or GPU, not 'TPU'");
    expect_refused(&f, "attn=", "a device is CPU or GPU, not ''");
    expect_refused(&f, "(attn=CPU", "regular expression is wrong");
    expect_refused(&f, "gate_exps=CPU,up_exps=GPU", "tear apart");
    char many[(LIMIT_OVERRIDE_RULES + 1) * 7] = "";
    for (int i = 0; i <= LIMIT_OVERRIDE_RULES; i++)
        strcat(many, i > 0 ? ",a=CPU" : "a=CPU");
    expect_refused(&f, many, "65 rules are more than 64");
    close_fixture(&f);
}

static void test_as_many_rules_as_there_may_be(void **state)
{
    (void)state;
    sw_err err = {0};
    placement_rules *rules;
    char many[LIMIT_OVERRIDE_RULES * 7] = "";
    for (int i = 0; i < LIMIT_OVERRIDE_RULES; i++)
        strcat(many, i > 0 ? ",a=CPU" : "a=CPU");
    assert_int_equal(placement_rules_parse(many, &rules, &err), SW_OK);
    placement_rules_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_budget_is_filled_and_never_exceeded),
        cmocka_unit_test(test_the_order_is_attention_head_experts),
        cmocka_unit_test(test_the_most_used_experts_come_first),
        cmocka_unit_test(test_an_explicit_option_is_not_made_to_fit),
        cmocka_unit_test(test_rules_move_whole_units),
        cmocka_unit_test(test_rules_overrule_options),
        cmocka_unit_test(test_wrong_rules_are_named),
        cmocka_unit_test(test_as_many_rules_as_there_may_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
