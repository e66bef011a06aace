/* The table of a placement: the same from a header as from a loaded model, row by row, and true to the addresses, so
 * that an expert which is elsewhere than requested shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "engine/tiers.h"
#include "spillway.h"
#include "support/golden.h"

typedef struct table {
    sw_placement_row *rows;
    size_t n;
} table;

static sw_plan *planned(const char *path, const sw_engine_options *o)
{
    sw_err err = {0};
    sw_model_file *file;
    sw_plan *plan = NULL;
    if (sw_model_file_open(&file, path, &err) != SW_OK || sw_plan_create(&plan, file, o, &err) != SW_OK)
        fail_msg("%s", err.msg);
    sw_model_file_close(file); // a plan needs it no longer
    return plan;
}

static sw_engine *opened(const char *path, const sw_engine_options *o)
{
    sw_err err = {0};
    sw_engine *e;
    if (sw_engine_open(&e, path, o, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return e;
}

static table of_engine(const sw_engine *e, sw_placement_detail detail)
{
    table t;
    assert_int_equal(sw_engine_placement(e, detail, &t.rows, &t.n, NULL), SW_OK);
    return t;
}

static uint64_t bytes_in(const table *t, sw_tier effective)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < t->n; i++)
        sum += t->rows[i].effective == effective ? t->rows[i].bytes : 0;
    return sum;
}

/* The rows of experts of a layer, in order, cover every expert once. */
static void check_experts(const table *t, const sw_model_info *info)
{
    for (int l = 0; l < info->n_layers; l++) {
        int next = 0;
        for (size_t i = 0; i < t->n; i++) {
            const sw_placement_row *const r = &t->rows[i];
            if (r->cls != SW_CLASS_EXPERTS || r->layer != l)
                continue;
            assert_int_equal(r->expert, next);
            assert_true(r->n_experts > 0);
            next += r->n_experts;
        }
        assert_true(next == 0 || next == info->n_experts);
    }
}

static void compare(const sw_plan *plan, const sw_engine *engine, sw_placement_detail detail)
{
    const table loaded = of_engine(engine, detail);
    table expected;
    assert_int_equal(sw_plan_placement(plan, detail, &expected.rows, &expected.n, NULL), SW_OK);
    assert_int_equal(loaded.n, expected.n);
    for (size_t i = 0; i < loaded.n; i++) {
        const sw_placement_row *const a = &loaded.rows[i], *const b = &expected.rows[i];
        assert_int_equal(a->cls, b->cls);
        assert_int_equal(a->layer, b->layer);
        assert_int_equal(a->expert, b->expert);
        assert_int_equal(a->n_experts, b->n_experts);
        assert_int_equal(a->requested, b->requested);
        assert_int_equal(a->effective, b->effective);
        assert_int_equal(a->bytes, b->bytes);
    }
    const sw_engine_state s = sw_plan_state(plan);
    assert_int_equal(bytes_in(&loaded, SW_TIER_RAM), s.weight_bytes_ram);
    assert_int_equal(bytes_in(&loaded, SW_TIER_VRAM), s.weight_bytes_vram);
    if (detail == SW_PLACEMENT_EXPERTS)
        check_experts(&loaded, sw_engine_info(engine));
    sw_placement_free(loaded.rows);
    sw_placement_free(expected.rows);
}

static void plan_is_engine(const golden *g, void *ud)
{
    const sw_engine_options *const o = ud;
    sw_plan *const plan = planned(g->path, o);
    sw_engine *const engine = opened(g->path, o);
    for (int detail = SW_PLACEMENT_CLASSES; detail <= SW_PLACEMENT_EXPERTS; detail++)
        compare(plan, engine, (sw_placement_detail)detail);
    const sw_engine_state a = sw_plan_state(plan), b = sw_engine_get_state(engine);
    assert_int_equal(a.n_threads, b.n_threads);
    assert_int_equal(a.n_ctx, b.n_ctx);
    assert_int_equal(a.n_seqs, b.n_seqs);
    assert_string_equal(a.backend, b.backend);
    assert_int_equal(a.kv_bytes_max, b.kv_bytes_max);
    assert_int_equal(a.kv_bytes_vram, b.kv_bytes_vram);
    assert_int_equal(a.buffer_bytes, b.buffer_bytes);
    assert_int_equal(a.loading_bytes, b.loading_bytes);
    assert_int_equal(a.n_weights, b.n_weights);
    for (size_t i = 0; i < a.n_weights; i++)
        assert_int_equal(a.weights[i].bytes, b.weights[i].bytes);
    assert_string_equal(a.placement_effect, b.placement_effect);
    assert_true(a.placement_note == NULL ? b.placement_note == NULL : strcmp(a.placement_note, b.placement_note) == 0);
    sw_engine_close(engine);
    sw_plan_free(plan);
}

static void test_a_plan_is_what_the_engine_reports_row_by_row(void **state)
{
    (void)state;
    const sw_engine_options o = {.n_threads = 1, .n_seqs = 3, .kv_type = SW_KV_Q8_0, .n_gpu_layers = 1};
    assert_true(golden_for_each(plan_is_engine, (void *)&o) >= 8);
}

/* ---- a second tier, whose memory is this machine's --------------------------------------------------------------- */

enum { MOVED_LAYER = 1, MOVED_EXPERT = 3 };

static void move_one(void *ud, const hparams *h, model_placement *p)
{
    (void)ud;
    if (h->n_expert > MOVED_EXPERT)
        placement_set_expert(p, MOVED_LAYER, MOVED_EXPERT, TIER_VRAM);
}

static const engine_tiers WITH_VRAM = {.devices = {{.vram_bytes = 1 << 30}}, .n_devices = 1};
static const engine_tiers MISPLACED = {.devices = {{.vram_bytes = 1 << 30}}, .n_devices = 1, .place = move_one};

static void test_an_accelerator_shows_what_is_there(void **state)
{
    (void)state;
    tiers_set(&WITH_VRAM);
    const sw_engine_options o = {.n_threads = 1, .cpu_moe = true, .is_strict = true};
    assert_true(golden_for_each(plan_is_engine, &(sw_engine_options){.n_threads = 1, .n_cpu_moe = 1}) >= 8);
    sw_engine *const e = opened(SPILLWAY_SOURCE_DIR "/models/demo-gpt-oss.gguf", &o);
    const table t = of_engine(e, SW_PLACEMENT_CLASSES);
    assert_int_equal(t.n, 4);
    for (size_t i = 0; i < t.n; i++) {
        const bool stays = t.rows[i].cls == SW_CLASS_EXPERTS || t.rows[i].cls == SW_CLASS_EMBEDDING;
        const sw_tier expected = stays ? SW_TIER_RAM : SW_TIER_VRAM;
        assert_int_equal(t.rows[i].effective, expected);
        assert_int_equal(t.rows[i].requested, expected);
    }
    const sw_engine_state s = sw_engine_get_state(e);
    assert_null(s.placement_note);
    assert_string_equal(s.placement_effect, "full");
    assert_int_equal(s.kv_bytes_vram, s.kv_bytes_max);
    sw_placement_free(t.rows);
    sw_engine_close(e);
    tiers_set(NULL);
}

/* The rows that are not as requested. */
static size_t misplaced(const table *t, sw_placement_row *out)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (t->rows[i].requested != t->rows[i].effective) {
            *out = t->rows[i];
            n++;
        }
    }
    return n;
}

/* In each detail; and the answers stay the same, since the other tier computes, too. */
static void one_elsewhere(const golden *g)
{
    const sw_engine_options o = {
        .n_threads = 1, .n_ctx = 128, .n_batch = 64, .cpu_moe = true, .compat = GOLDEN_OPTIONS.compat};
    float *const expected = golden_evaluate(g, g->path, &o, g->n_prefill);
    tiers_set(&MISPLACED);
    float *const actual = golden_evaluate(g, g->path, &o, g->n_prefill);
    assert_memory_equal(actual, expected, GOLDEN_POSITIONS * g->n_vocab * sizeof *actual);
    sw_engine *const e = opened(g->path, &o);
    sw_placement_row row = {0};
    for (int detail = SW_PLACEMENT_CLASSES; detail <= SW_PLACEMENT_EXPERTS; detail++) {
        const table t = of_engine(e, (sw_placement_detail)detail);
        assert_int_equal(misplaced(&t, &row), 1);
        assert_int_equal(row.cls, SW_CLASS_EXPERTS);
        assert_int_equal(row.requested, SW_TIER_RAM);
        assert_int_equal(row.effective, SW_TIER_VRAM);
        assert_int_equal(row.layer, detail == SW_PLACEMENT_CLASSES ? -1 : MOVED_LAYER);
        if (detail == SW_PLACEMENT_EXPERTS)
            check_experts(&t, sw_engine_info(e));
        sw_placement_free(t.rows);
    }
    assert_int_equal(row.expert, MOVED_EXPERT);
    assert_int_equal(row.n_experts, 1);
    sw_engine_close(e);
    tiers_set(NULL);
    free(actual);
    free(expected);
}

static void test_an_expert_elsewhere_than_requested_shows(void **state)
{
    (void)state;
    golden_with("gpt-oss-mxfp4", one_elsewhere);
}

/* ---- filling an accelerator -------------------------------------------------------------------------------------- */

static uint64_t vram_taken(const sw_engine_state *s)
{
    return s->weight_bytes_vram + s->kv_bytes_vram;
}

/* From nothing to everything, in steps: no step takes more than there is, and all give the same logits. */
static void any_vram(const golden *g)
{
    enum { STEPS = 6 };
    sw_engine_options o = {.n_threads = 1, .n_ctx = 128, .n_batch = 64, .n_seqs = 1, .compat = GOLDEN_OPTIONS.compat};
    float *const expected = golden_evaluate(g, g->path, &o, g->n_prefill);
    tiers_set(&WITH_VRAM);
    sw_engine *all = opened(g->path, &o);
    const sw_engine_state most = sw_engine_get_state(all);
    const uint64_t everything = vram_taken(&most);
    sw_engine_close(all);
    for (uint64_t i = 1; i <= STEPS; i++) {
        o.vram_bytes = everything * i / STEPS;
        sw_engine *const e = opened(g->path, &o);
        const sw_engine_state s = sw_engine_get_state(e);
        assert_true(vram_taken(&s) <= o.vram_bytes);
        assert_true(i < STEPS || vram_taken(&s) == everything);
        assert_null(s.placement_note);
        sw_engine_close(e);
        float *const actual = golden_evaluate(g, g->path, &o, g->n_prefill);
        assert_memory_equal(actual, expected, GOLDEN_POSITIONS * g->n_vocab * sizeof *actual);
        free(actual);
    }
    tiers_set(NULL);
    free(expected);
}

static void test_any_amount_of_vram_is_filled_and_gives_the_same_bits(void **state)
{
    (void)state;
    golden_with("gpt-oss-mxfp4", any_vram);
    golden_with("deepseek-q4_k", any_vram);
}

static void expect_refused(sw_engine_options o, sw_code code, const char *expected)
{
    sw_err err = {0};
    sw_engine *e;
    o.n_threads = 1;
    assert_int_equal(sw_engine_open(&e, SPILLWAY_SOURCE_DIR "/models/demo-gpt-oss.gguf", &o, &err), code);
    if (strstr(err.msg, expected) == NULL)
        fail_msg("%s", err.msg);
}

static void test_what_does_not_fit_is_refused_with_what_does(void **state)
{
    (void)state;
    static const double HEAT[4] = {1, 0, 0, 0};
    const engine_tiers small = {.devices = {{.vram_bytes = 2500000}}, .n_devices = 1};
    tiers_set(&small);
    expect_refused((sw_engine_options){.n_gpu_layers = 99, .n_seqs = 1, .n_ctx = 512}, SW_ENOMEM,
                   "; it fits with --n-cpu-moe ");
    expect_refused((sw_engine_options){.n_gpu_layers = 99, .n_seqs = 64}, SW_ENOMEM,
                   "0 B to work in), but may take only 2.50 MB");
    expect_refused((sw_engine_options){.vram_bytes = 3000000}, SW_ENOMEM, "--vram asks for");
    expect_refused((sw_engine_options){.override_tensors = "nothing=GPU", .is_strict = true}, SW_EINVAL,
                   "has no effect");
    expect_refused((sw_engine_options){.override_tensors = "attn"}, SW_EINVAL, "REGEX=DEVICE");
    expect_refused((sw_engine_options){.expert_heat = HEAT, .heat_layers = 1, .heat_experts = 4}, SW_EINVAL,
                   "the profile of experts is of a model with 1 layers of 4");
    tiers_set(NULL);
    expect_refused((sw_engine_options){.vram_bytes = 1, .is_strict = true}, SW_EINVAL, "--vram has no effect");
    expect_refused((sw_engine_options){.override_tensors = "attn=GPU", .is_strict = true}, SW_EINVAL,
                   "--override-tensor has no effect");
}

/* ---- options without effect -------------------------------------------------------------------------------------- */

static void test_a_strict_option_without_effect_is_refused_before_weights_are_read(void **state)
{
    (void)state;
    sw_err err = {0};
    sw_engine *e;
    sw_plan *plan;
    sw_model_file *file;
    const sw_engine_options o = {.n_threads = 1, .n_gpu_layers = 99, .is_strict = true};
    const char *const path = SPILLWAY_SOURCE_DIR "/models/demo-gpt-oss.gguf";
    assert_int_equal(sw_engine_open(&e, path, &o, &err), SW_EINVAL);
    assert_string_equal(err.msg, "--n-gpu-layers 99 has no effect: there is no accelerator, all weights are in RAM");
    assert_int_equal(sw_model_file_open(&file, path, &err), SW_OK);
    assert_int_equal(sw_plan_create(&plan, file, &o, &err), SW_EINVAL);
    assert_null(plan);
    sw_model_file_close(file);
    sw_err_clear(&err);
    assert_int_equal(sw_engine_open(&e, "stub:", &o, &err), SW_EINVAL);
    assert_non_null(strstr(err.msg, "the stub has no weights"));
}

static void test_the_stub_has_no_rows(void **state)
{
    (void)state;
    sw_engine *const e = opened("stub:", &(sw_engine_options){.cpu_moe = true});
    const table t = of_engine(e, SW_PLACEMENT_EXPERTS);
    assert_int_equal(t.n, 0);
    assert_string_equal(sw_engine_get_state(e).placement_effect, "none");
    assert_non_null(sw_engine_get_state(e).placement_note);
    sw_engine_close(e);
}

/* ---- short memory ------------------------------------------------------------------------------------------------ */

static size_t n_left;

static void *resize(void *ud, void *p, size_t size)
{
    (void)ud;
    if (size == 0) {
        free(p);
        return NULL;
    }
    return n_left-- == 0 ? NULL : realloc(p, size);
}

static void test_short_memory_is_an_error_and_loses_nothing(void **state)
{
    (void)state;
    static const mem_allocator FAILING = {.resize = resize};
    sw_engine *const e = opened(SPILLWAY_SOURCE_DIR "/models/demo-gpt-oss.gguf", &(sw_engine_options){.n_threads = 1});
    sw_code code = SW_ENOMEM;
    size_t n = 0;
    for (; code != SW_OK; n++) {
        sw_placement_row *rows;
        size_t n_rows;
        n_left = n;
        mem_set_allocator(&FAILING);
        code = sw_engine_placement(e, SW_PLACEMENT_EXPERTS, &rows, &n_rows, NULL);
        assert_true(code == SW_OK || (code == SW_ENOMEM && rows == NULL && n_rows == 0));
        sw_placement_free(rows);
        mem_set_allocator(NULL);
    }
    assert_true(n > 1);
    sw_engine_close(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_plan_is_what_the_engine_reports_row_by_row),
        cmocka_unit_test(test_an_accelerator_shows_what_is_there),
        cmocka_unit_test(test_an_expert_elsewhere_than_requested_shows),
        cmocka_unit_test(test_any_amount_of_vram_is_filled_and_gives_the_same_bits),
        cmocka_unit_test(test_what_does_not_fit_is_refused_with_what_does),
        cmocka_unit_test(test_a_strict_option_without_effect_is_refused_before_weights_are_read),
        cmocka_unit_test(test_the_stub_has_no_rows),
        cmocka_unit_test(test_short_memory_is_an_error_and_loses_nothing),
    };
    return cmocka_run_group_tests_name("placement table", tests, NULL, NULL);
}
