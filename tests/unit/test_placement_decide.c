/* How VRAM is filled: what options ask for, what pays most per byte, rules of --override-tensor, and what fits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "model/placement_decide.h"
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
            const uint64_t taken = placement_vram_bytes(&p, &f.sizes, TIER_VRAM);
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
    assert_true(placement_vram_bytes(&p, &f.sizes, TIER_VRAM) > WORKING + 1);
    placement_free(&p);
    p = placed(&f, UINT64_MAX, (placement_options){.n_cpu_moe = 1});
    placement_machine m = {.bytes = {[TIER_VRAM] = placement_vram_bytes(&p, &f.sizes, TIER_VRAM)}};
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

/* ---- several devices --------------------------------------------------------------------------------------------- */

enum { DEVICES = 3 };

static model_placement split_over(const fixture *f, const uint64_t budgets[DEVICES], placement_options o)
{
    model_placement p;
    placement_machine m = {.bytes = {[TIER_RAM] = 1 << 30}};
    memcpy(&m.bytes[TIER_VRAM], budgets, DEVICES * sizeof *budgets);
    assert_true(placement_init(&p, &f->h, &f->sizes, &m, &o));
    assert_true(is_decided(&p));
    return p;
}

static uint64_t all_bytes(const fixture *f)
{
    return weights_bytes(&f->whole) + f->h.n_layers * KV_BYTES;
}

/* Attention of neighbours is together, in the order of the devices. */
static void expect_in_order(const model_placement *p)
{
    for (size_t l = 1; l < p->n_layers; l++)
        assert_true(p->attention[l] >= p->attention[l - 1]);
}

/* Budgets of any size and proportion: no device is exceeded, and where there is twice the room that all takes, all is
 * in VRAM. */
static void test_devices_of_any_size_are_filled_and_never_exceeded(void **state)
{
    (void)state;
    enum { STEPS = 40 };
    static const uint64_t PARTS[][DEVICES] = {{1, 1, 0}, {1, 1, 1}, {5, 1, 2}, {1, 2, 9}, {0, 3, 1}};
    for (int arch = 0; arch < TINY_N_ARCHS; arch++) {
        fixture f;
        open_fixture(&f, (tiny_arch)arch);
        for (size_t k = 0; k < sizeof PARTS / sizeof *PARTS; k++) {
            const uint64_t sum = PARTS[k][0] + PARTS[k][1] + PARTS[k][2];
            for (uint64_t i = 1; i <= STEPS; i++) {
                uint64_t budgets[DEVICES];
                for (int d = 0; d < DEVICES; d++)
                    budgets[d] = PARTS[k][d] > 0 ? WORKING + 2 * all_bytes(&f) * i / STEPS * PARTS[k][d] / sum : 0;
                model_placement p = split_over(&f, budgets, (placement_options){0});
                for (int d = 0; d < DEVICES; d++)
                    assert_true(placement_vram_bytes(&p, &f.sizes, tier_of_device(d)) <= budgets[d]);
                expect_in_order(&p);
                for (size_t l = f.h.n_layers_dense; l < f.h.n_layers && i == STEPS; l++)
                    assert_int_equal(placement_expert_tiers(&p, l) & 1u << TIER_RAM, 0);
                placement_free(&p);
            }
        }
        close_fixture(&f);
    }
}

static void test_layers_are_split_by_bytes_and_the_head_is_last(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f, TINY_GPT_OSS);
    const uint64_t enough = WORKING + all_bytes(&f);
    model_placement p = split_over(&f, (uint64_t[]){enough, enough, 0}, (placement_options){0});
    assert_int_equal(p.output, tier_of_device(1));
    assert_int_equal(p.attention[0], tier_of_device(0));
    assert_int_equal(p.attention[f.h.n_layers - 1], tier_of_device(1));
    for (size_t l = 0; l < f.h.n_layers; l++)
        assert_int_equal(placement_expert_tiers(&p, l), 1u << p.attention[l]); // with their router
    placement_free(&p);
    // -ngl and --n-cpu-moe mean VRAM of any device.
    p = split_over(&f, (uint64_t[]){enough, enough, enough}, (placement_options){.n_gpu_layers = 1});
    assert_int_equal(p.attention[0], TIER_RAM);
    assert_true(tier_is_vram(p.attention[f.h.n_layers - 1]));
    placement_free(&p);
    close_fixture(&f);
}

/* An expert for which its layer's device has no room goes to another one; a hot one before the others. */
static void test_single_experts_are_on_any_device(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f, TINY_GPT_OSS);
    const size_t n_experts = f.h.n_layers * f.h.n_expert;
    uint64_t dense = all_bytes(&f) - f.whole.blocks[TIER_RAM].expert_bytes, one = f.sizes.expert[0];
    double *const heat = calloc(n_experts, sizeof *heat);
    assert_non_null(heat);
    heat[f.h.n_expert - 1] = 1; // of layer 0
    // The last device holds all that is not an expert, the first one nothing but experts.
    const uint64_t budgets[DEVICES] = {WORKING + one, WORKING + dense, 0};
    model_placement p = split_over(&f, budgets, (placement_options){.heat = heat, .n_cpu_moe = 0});
    size_t n_there = 0;
    for (size_t i = 0; i < n_experts; i++)
        n_there += p.experts[i] == tier_of_device(0);
    assert_int_equal(n_there, 1);
    assert_int_equal(p.experts[f.h.n_expert - 1], tier_of_device(0));
    free(heat);
    placement_free(&p);
    close_fixture(&f);
}

static void test_the_device_that_is_short_is_named(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f, TINY_GPT_OSS);
    placement_machine m = {.bytes = {1 << 30, WORKING + 1, WORKING + all_bytes(&f)}};
    model_placement rules;
    assert_true(placement_init_undecided(&rules, &f.h));
    rules.attention[0] = (uint8_t)tier_of_device(0);
    model_placement p;
    assert_true(placement_init(&p, &f.h, &f.sizes, &m, &(placement_options){.rules = &rules}));
    assert_int_equal(placement_short_device(&p, &f.sizes, &m), tier_of_device(0));
    placement_free(&p);
    rules.attention[0] = (uint8_t)tier_of_device(1);
    assert_true(placement_init(&p, &f.h, &f.sizes, &m, &(placement_options){.rules = &rules}));
    assert_int_equal(placement_short_device(&p, &f.sizes, &m), TIER_RAM);
    placement_free(&p);
    placement_free(&rules);
    close_fixture(&f);
}

/* ---- rules ------------------------------------------------------------------------------------------------------- */

static const device_names NO_NAMES;
static char note[1024];

static model_placement ruled(const fixture *f, const char *text)
{
    sw_err err = {0};
    placement_rules *rules;
    model_placement p = {0};
    note[0] = '\0';
    if (placement_rules_parse(text, &NO_NAMES, &rules, &err) != SW_OK ||
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
    assert_int_equal(p.output, TIER_ANY);
    assert_int_equal(p.embedding, TIER_ANY);
    placement_free(&p);
    p = ruled(&f, "blk\\.0\\.expert\\.2$=GPU,blk\\.0\\.ffn_up_exps=CPU");
    assert_int_equal(p.experts[2], TIER_ANY);
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
    sw_code code = placement_rules_parse(text, &NO_NAMES, &rules, &err);
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

/* By name, by number, and as other engines spell it; without devices any of them, since no rule has an effect. */
static void test_rules_name_devices(void **state)
{
    (void)state;
    static const struct {
        device_names devices;
        const char *word;
        int tier; // -1: refused
    } ROWS[] = {
        {{{"cuda:0", "cuda:3"}, 2}, "cuda:3", TIER_VRAM + 1},
        {{{"cuda:0", "cuda:3"}, 2}, "CUDA3", TIER_VRAM + 1},
        {{{"cuda:0", "cuda:3"}, 2}, "GPU1", TIER_VRAM + 1},
        {{{"cuda:0", "cuda:3"}, 2}, "gpu0", TIER_VRAM},
        {{{"cuda:0", "cuda:3"}, 2}, "GPU", TIER_ANY},
        {{{"cuda:0", "cuda:3"}, 2}, "cpu", TIER_RAM},
        {{{"cuda:0", "cuda:3"}, 2}, "GPU2", -1},
        {{{"cuda:0", "cuda:3"}, 2}, "CUDA1", -1},
        {{{"cuda:0", "cuda:3"}, 2}, "cuda:", -1},
        {{{"emu:8MiB", "emu:8MiB#2"}, 2}, "emu:8MiB#2", TIER_VRAM + 1},
        {{{"emu:8MiB", "emu:8MiB#2"}, 2}, "CUDA0", -1},
        {{{NULL}, 0}, "cuda:7", TIER_ANY},
        {{{NULL}, 0}, "emu:1GiB", TIER_ANY},
        {{{NULL}, 0}, "GPU9", TIER_ANY},
        {{{NULL}, 0}, "GPUs", -1},
        {{{NULL}, 0}, "GPU0000", -1},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        uint8_t tier = 0;
        const bool is = device_names_find(&ROWS[i].devices, ROWS[i].word, &tier);
        if (is != (ROWS[i].tier >= 0) || (is && tier != ROWS[i].tier))
            fail_msg("%s: %d", ROWS[i].word, is ? tier : -1);
    }
    assert_string_equal(device_names_list(&ROWS[0].devices).text, ", GPU0 (cuda:0), GPU1 (cuda:3)");
}

static void test_as_many_rules_as_there_may_be(void **state)
{
    (void)state;
    sw_err err = {0};
    placement_rules *rules;
    char many[LIMIT_OVERRIDE_RULES * 7] = "";
    for (int i = 0; i < LIMIT_OVERRIDE_RULES; i++)
        strcat(many, i > 0 ? ",a=CPU" : "a=CPU");
    assert_int_equal(placement_rules_parse(many, &NO_NAMES, &rules, &err), SW_OK);
    placement_rules_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_budget_is_filled_and_never_exceeded),
        cmocka_unit_test(test_the_order_is_attention_head_experts),
        cmocka_unit_test(test_the_most_used_experts_come_first),
        cmocka_unit_test(test_an_explicit_option_is_not_made_to_fit),
        cmocka_unit_test(test_devices_of_any_size_are_filled_and_never_exceeded),
        cmocka_unit_test(test_layers_are_split_by_bytes_and_the_head_is_last),
        cmocka_unit_test(test_single_experts_are_on_any_device),
        cmocka_unit_test(test_the_device_that_is_short_is_named),
        cmocka_unit_test(test_rules_move_whole_units),
        cmocka_unit_test(test_rules_name_devices),
        cmocka_unit_test(test_rules_overrule_options),
        cmocka_unit_test(test_wrong_rules_are_named),
        cmocka_unit_test(test_as_many_rules_as_there_may_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
