/* Experts that are masked: what the option takes and refuses, and that models of every gating compute as if these
 * experts did not exist. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/model_lm.h"
#include "engine/model_lm_state.h"
#include "gguf/gguf.h"
#include "model/expert_mask.h"
#include "support/golden.h"
#include "support/temp_dir.h"

enum { TOKENS = 3, TEXT_BYTES = 256 };

/* ---- the option -------------------------------------------------------------------------------------------------- */

/* Layers 1 to 3 of 8 experts. */
static hparams shape(size_t n_used, size_t n_groups, size_t n_groups_used, bool by_top_two)
{
    return (hparams){.arch = {.groups_by_top_two = by_top_two},
                     .n_layers = 4,
                     .n_layers_dense = 1,
                     .n_expert = 8,
                     .n_expert_used = n_used,
                     .n_groups = n_groups,
                     .n_groups_used = n_groups_used};
}

static void expect_refused(const char *text, const hparams *h, const char *expected)
{
    expert_mask m;
    sw_err err = {0};
    assert_int_equal(expert_mask_parse(&m, text, h, &err), SW_EINVAL);
    if (strstr(err.msg, expected) == NULL)
        fail_msg("'%s': %s", text, err.msg);
    expert_mask_free(&m);
}

/* `expected` as LAYER:EXPERT with blanks between. */
static void expect_mask(const char *text, const hparams *h, const char *expected)
{
    expert_mask m;
    sw_err err = {0};
    char got[TEXT_BYTES] = "";
    if (expert_mask_parse(&m, text, h, &err) != SW_OK)
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < m.n; i++) {
        const size_t n = strlen(got);
        assert_int_equal(m.is_masked[(size_t)m.list[i].layer * h->n_expert + (size_t)m.list[i].expert], 1);
        snprintf(got + n, sizeof got - n, "%s%d:%d", i > 0 ? " " : "", m.list[i].layer, m.list[i].expert);
    }
    assert_string_equal(got, expected);
    expert_mask_free(&m);
}

static void test_the_option_names_layers_and_experts(void **state)
{
    (void)state;
    const hparams h = shape(2, 1, 1, false), dense = {.n_layers = 4};
    static const char *const WORDS[] = {"",     ",",     "3",      "3:",   ":3",    "3:1,",      ",3:1",   "3:1,,2:1",
                                        "-1:2", "1:-2",  "1:+2",   "**:1", "1:*",   "1:2-3",     " 1:2",   "1:2 ",
                                        "1:2;", "1:2:3", "1:0x1f", "a:b",  "1.0:2", "\xff:\xff", "1:2,\n", "*1:2"};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        expect_refused(WORDS[i], &h, "--mask-experts takes LAYER:EXPERT,..., such as");
    expect_refused("4:0", &h, "there is no layer 4; layers are 0 to 3");
    expect_refused("99999999999999999999999:0", &h, "there is no layer");
    expect_refused("1:99999999999999999999999", &h, "there is no expert");
    expect_refused("1:8", &h, "there is no expert 8; a layer has experts 0 to 7");
    expect_refused("0:1", &h, "layer 0 has no experts; layers from 1 on have");
    expect_refused("1:0", &dense, "no layer of this model has experts");
    expect_refused("*:0", &dense, "no layer of this model has experts");
    expect_mask("1:3", &h, "1:3");
    expect_mask("3:7,1:003,3:7,3:0", &h, "1:3 3:0 3:7");
    expect_mask("*:5,2:1", &h, "1:5 2:1 2:5 3:5");
    expect_mask(NULL, &h, "");
}

static void test_every_layer_keeps_as_many_as_a_token_uses(void **state)
{
    (void)state;
    const hparams h = shape(6, 1, 1, false);
    expect_mask("1:0,1:1", &h, "1:0 1:1");
    expect_refused("1:0,1:1,1:2", &h, "layer 1 keeps 5 of 8 experts, but a token uses 6");
    expect_refused("3:1,3:2,*:0", &h, "layer 3 keeps 5 of 8 experts");
}

static void test_groups_keep_as_many_as_they_need(void **state)
{
    (void)state;
    const hparams pairs = shape(3, 4, 2, true), by_best = shape(3, 4, 2, false), halves = shape(3, 2, 1, true);
    expect_refused("1:0", &pairs, "group 0 of layer 1 keeps one expert");
    expect_mask("1:2,1:3", &pairs, "1:2 1:3");
    expect_mask("1:0,1:1,1:2,1:3", &pairs, "1:0 1:1 1:2 1:3");
    expect_mask("1:7", &by_best, "1:7");
    expect_refused("1:7,1:5", &by_best,
                   "of layer 1 a token may use 2 groups that keep 2 experts together, but it uses 3 experts");
    expect_mask("1:0,1:1,1:2,1:3,1:4", &by_best, "1:0 1:1 1:2 1:3 1:4");
    expect_mask("1:0", &halves, "1:0");
    expect_refused("1:0,1:3", &halves, "a token may use 1 groups that keep 2 experts");
}

/* ---- models ------------------------------------------------------------------------------------------------------ */

/* What an engine makes of the first tokens. */
typedef struct answer {
    hparams h;
    float *logits;      // (TOKENS, n_vocab)
    sw_expert_use *use; // NULL: the model has no experts
} answer;

static answer answer_of(const golden *g, const char *path, const char *mask, int n_threads)
{
    const sw_engine_options o = {
        .n_threads = n_threads, .n_ctx = 64, .n_seqs = 1, .n_batch = 2, .devices = "none", .mask_experts = mask};
    gguf_file *file;
    language_model *lm = NULL;
    sw_err err = {0};
    if (gguf_open(&file, path, &err) != SW_OK || model_lm_open(&lm, file, &o, &err) != SW_OK)
        fail_msg("%s: %s", g->name, err.msg);
    answer a = {.h = ((const model_lm *)lm)->h, .logits = malloc(TOKENS * g->n_vocab * sizeof(float))};
    assert_non_null(a.logits);
    assert_true(lm->ops->reserve(lm, 0, TOKENS));
    for (size_t i = 0, n = 0; i < TOKENS; i += n) {
        const float *logits;
        int32_t bad;
        n = TOKENS - i < 2 ? TOKENS - i : 2;
        if (lm->ops->step(lm, g->tokens + i, n, &logits, &bad, &err) != SW_OK)
            fail_msg("%s: %s", g->name, err.msg);
        memcpy(a.logits + i * g->n_vocab, logits, n * g->n_vocab * sizeof *logits);
    }
    a.use = lm->experts != NULL ? expert_log_snapshot(lm->experts, SW_EXPERTS_SINCE_OPEN, false) : NULL;
    lm->ops->close(lm);
    gguf_close(file);
    return a;
}

static void free_answer(answer *a)
{
    sw_expert_use_free(a->use);
    free(a->logits);
}

static bool same(const golden *g, const answer *a, const answer *b)
{
    return memcmp(a->logits, b->logits, TOKENS * g->n_vocab * sizeof *a->logits) == 0;
}

/* Of the first layer with experts: one that is used, or not; -1: there is none. */
static int find_expert(const answer *a, bool is_used)
{
    for (int e = 0; e < a->use->n_experts; e++) {
        if ((a->use->counts[e] > 0) == is_used)
            return e;
    }
    return -1;
}

/* Names expert e, and with it its group where groups are compared. */
static void name_mask(char *text, const answer *a, int e, int *first, int *end)
{
    const int size = a->use->n_experts / (int)a->h.n_groups;
    size_t n = 0;
    *first = a->h.n_groups > 1 ? e / size * size : e;
    *end = a->h.n_groups > 1 ? *first + size : e + 1;
    for (int i = *first; i < *end; i++)
        n += (size_t)snprintf(text + n, TEXT_BYTES - n, "%s%d:%d", n > 0 ? "," : "", a->use->first_layer, i);
}

/* Except that in a softmax over all experts its share goes to the others: then the layer still chooses the same. */
static void masking_an_unused_one_changes_nothing(const golden *g, const answer *plain, int *n_found)
{
    char mask[TEXT_BYTES];
    const int e = find_expert(plain, false);
    if (e < 0 || plain->h.n_groups > 1)
        return;
    snprintf(mask, sizeof mask, "%d:%d", plain->use->first_layer, e);
    const bool is_share = plain->h.arch.gating == GATE_SOFTMAX;
    answer a = answer_of(g, g->path, mask, 1);
    assert_memory_equal(a.use->counts, plain->use->counts, (size_t)a.use->n_experts * sizeof *a.use->counts);
    assert_true(is_share || same(g, plain, &a));
    free_answer(&a);
    n_found[is_share]++;
}

static void masking_a_used_one_leaves_it_unused(const golden *g, const answer *plain)
{
    char mask[TEXT_BYTES];
    int first, end;
    uint64_t n_pairs = 0;
    name_mask(mask, plain, find_expert(plain, true), &first, &end);
    answer a = answer_of(g, g->path, mask, 1), by_three = answer_of(g, g->path, mask, 3);
    for (int e = 0; e < a.use->n_experts; e++) {
        n_pairs += a.use->counts[e];
        assert_true(e < first || e >= end || a.use->counts[e] == 0);
    }
    assert_int_equal(n_pairs, TOKENS * a.use->n_used);
    assert_false(same(g, plain, &a));
    assert_true(same(g, &a, &by_three));
    for (size_t i = 0; i < TOKENS * g->n_vocab; i++)
        assert_true(isfinite(a.logits[i]));
    free_answer(&a);
    free_answer(&by_three);
}

static void mask_model(const golden *g, void *ud)
{
    answer plain = answer_of(g, g->path, NULL, 1);
    if (plain.use != NULL) {
        masking_an_unused_one_changes_nothing(g, &plain, ud);
        masking_a_used_one_leaves_it_unused(g, &plain);
    }
    free_answer(&plain);
}

static void test_models_of_every_gating_never_use_a_masked_expert(void **state)
{
    (void)state;
    int n_found[2] = {0};
    assert_true(golden_for_each(mask_model, n_found) >= 8);
    assert_true(n_found[0] >= 2 && n_found[1] >= 2);
}

/* A copy of the file whose router has minus infinity as the bias of expert e. */
static void write_biased(const char *from, const char *to, const char *tensor, int e)
{
    static uint8_t buffer[1 << 16];
    const float never = -INFINITY;
    gguf_file *file;
    assert_int_equal(gguf_open(&file, from, NULL), SW_OK);
    const gguf_tensor *const t = gguf_find_tensor(file, tensor);
    assert_true(t != NULL && t->bytes == t->ne[0] * sizeof never);
    FILE *const in = fopen(from, "rb"), *const out = fopen(to, "wb");
    assert_true(in != NULL && out != NULL);
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, in)) > 0;)
        assert_int_equal(fwrite(buffer, 1, n, out), n);
    assert_int_equal(fseek(out, (long)(t->offset + (size_t)e * sizeof never), SEEK_SET), 0);
    assert_int_equal(fwrite(&never, sizeof never, 1, out), 1);
    fclose(in);
    fclose(out);
    gguf_close(file);
}

static void biased_file_is_masked_model(const golden *g)
{
    const temp_path path = temp_file("biased.gguf");
    char mask[TEXT_BYTES];
    answer plain = answer_of(g, g->path, NULL, 1);
    const int e = find_expert(&plain, true);
    snprintf(mask, sizeof mask, "0:%d", e);
    write_biased(g->path, path.s, "blk.0.ffn_gate_inp.bias", e);
    answer masked = answer_of(g, g->path, mask, 1), biased = answer_of(g, path.s, NULL, 1);
    assert_true(same(g, &masked, &biased));
    assert_false(same(g, &masked, &plain));
    free_answer(&plain);
    free_answer(&masked);
    free_answer(&biased);
}

static void test_a_masked_expert_is_one_whose_file_says_minus_infinity(void **state)
{
    (void)state;
    golden_with("gpt-oss-mxfp4", biased_file_is_masked_model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_option_names_layers_and_experts),
        cmocka_unit_test(test_every_layer_keeps_as_many_as_a_token_uses),
        cmocka_unit_test(test_groups_keep_as_many_as_they_need),
        cmocka_unit_test(test_models_of_every_gating_never_use_a_masked_expert),
        cmocka_unit_test(test_a_masked_expert_is_one_whose_file_says_minus_infinity),
    };
    return cmocka_run_group_tests_name("masked experts", tests, NULL, NULL);
}
