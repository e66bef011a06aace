/* expert_mask.c - the words are read pair by pair; then every layer is asked whether what it keeps is enough. */
#include "model/expert_mask.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"

enum { NUMBER_MAX = 1000000, SHOWN_MAX = 40 /* bytes of a wrong pair */ };

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* Reads digits, and moves *at behind them; -1: there are none. */
static long read_number(const char **at)
{
    long n = **at >= '0' && **at <= '9' ? 0 : -1;
    for (; **at >= '0' && **at <= '9'; (*at)++)
        n = n < NUMBER_MAX ? 10 * n + (**at - '0') : n; // more is out of range anyway
    return n;
}

/* The layers first .. end of one pair. */
static sw_code find_layers(long layer, bool is_all, const hparams *h, size_t *first, size_t *end, sw_err *err)
{
    *first = is_all ? h->n_layers_dense : (size_t)layer;
    *end = is_all ? h->n_layers : *first + 1;
    if (h->n_expert == 0)
        return sw_fail(err, SW_EINVAL, "--mask-experts: no layer of this model has experts");
    if (!is_all && *first >= h->n_layers)
        return sw_fail(err, SW_EINVAL, "--mask-experts: there is no layer %ld; layers are 0 to %zu", layer,
                       h->n_layers - 1);
    if (!hparams_has_experts(h, *first))
        return sw_fail(err, SW_EINVAL, "--mask-experts: layer %ld has no experts; layers from %zu on have", layer,
                       h->n_layers_dense);
    return SW_OK;
}

/* Reads one pair, and moves *at behind it. */
static sw_code read_pair(expert_mask *m, const char **at, const hparams *h, sw_err *err)
{
    const char *const pair = *at;
    const bool is_all = *pair == '*';
    *at += is_all;
    const long layer = is_all ? 0 : read_number(at);
    const bool has_colon = **at == ':';
    *at += has_colon;
    const long expert = has_colon ? read_number(at) : -1;
    const int shown = (int)strcspn(pair, ",");
    if (layer < 0 || expert < 0 || (**at != ',' && **at != '\0'))
        return sw_fail(err, SW_EINVAL, "--mask-experts takes LAYER:EXPERT,..., such as 3:17,3:18,*:0, not '%.*s'",
                       shown < SHOWN_MAX ? shown : SHOWN_MAX, pair);
    size_t first, end;
    const sw_code code = find_layers(layer, is_all, h, &first, &end, err);
    if (code != SW_OK)
        return code;
    if ((size_t)expert >= h->n_expert)
        return sw_fail(err, SW_EINVAL, "--mask-experts: there is no expert %ld; a layer has experts 0 to %zu", expert,
                       h->n_expert - 1);
    for (size_t l = first; l < end; l++)
        m->is_masked[l * h->n_expert + (size_t)expert] = 1;
    return SW_OK;
}

/* ---- is enough left? --------------------------------------------------------------------------------------------- */

static size_t count_left(const uint8_t *is_masked, size_t n)
{
    size_t n_left = 0;
    for (size_t e = 0; e < n; e++)
        n_left += !is_masked[e];
    return n_left;
}

/* Any groups that have experts may be a token's: the ones that keep the fewest must have enough. */
static sw_code check_groups(const uint8_t *is_masked, size_t layer, const hparams *h, sw_err *err)
{
    const size_t size = h->n_expert / h->n_groups;
    size_t n_groups_of[LIMIT_MODEL_EXPERTS + 1] = {0}; // by the number of experts that they keep
    for (size_t g = 0; g < h->n_groups; g++) {
        const size_t n_left = count_left(is_masked + g * size, size);
        n_groups_of[n_left]++;
        if (n_left == 1 && size > 1 && h->arch.groups_by_top_two)
            return sw_fail(err, SW_EINVAL,
                           "--mask-experts: group %zu of layer %zu keeps one expert, but groups are compared by their "
                           "two best; leave it two or none",
                           g, layer);
    }
    size_t n_fewest = 0, n_groups_left = h->n_groups_used;
    for (size_t n = 1; n <= size; n++) {
        const size_t n_taken = n_groups_of[n] < n_groups_left ? n_groups_of[n] : n_groups_left;
        n_fewest += n_taken * n;
        n_groups_left -= n_taken;
    }
    if (n_fewest >= h->n_expert_used)
        return SW_OK;
    return sw_fail(
        err, SW_EINVAL,
        "--mask-experts: of layer %zu a token may use %zu groups that keep %zu experts together, but it uses "
        "%zu experts",
        layer, h->n_groups_used, n_fewest, h->n_expert_used);
}

static sw_code check_layer(const uint8_t *is_masked, size_t layer, const hparams *h, sw_err *err)
{
    const size_t n_left = count_left(is_masked, h->n_expert);
    if (n_left == h->n_expert)
        return SW_OK;
    if (n_left < h->n_expert_used)
        return sw_fail(err, SW_EINVAL, "--mask-experts: layer %zu keeps %zu of %zu experts, but a token uses %zu",
                       layer, n_left, h->n_expert, h->n_expert_used);
    return h->n_groups > 1 ? check_groups(is_masked, layer, h, err) : SW_OK;
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static void fill_list(expert_mask *m, const hparams *h)
{
    for (size_t l = 0; l < h->n_layers; l++) {
        for (size_t e = 0; e < h->n_expert; e++) {
            if (m->is_masked[l * h->n_expert + e])
                m->list[m->n++] = (sw_expert_id){(int)l, (int)e};
        }
    }
}

sw_code expert_mask_parse(expert_mask *out, const char *text, const hparams *h, sw_err *err)
{
    const size_t n_pairs = h->n_layers * h->n_expert;
    sw_code code = SW_OK;
    *out = (expert_mask){0};
    if (text == NULL)
        return SW_OK;
    out->is_masked = mem_calloc(n_pairs + 1, sizeof *out->is_masked);
    if (out->is_masked == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for --mask-experts");
    for (const char *at = text; code == SW_OK;) {
        code = read_pair(out, &at, h, err);
        if (*at++ != ',')
            break;
    }
    for (size_t l = h->n_layers_dense; l < h->n_layers && code == SW_OK; l++)
        code = check_layer(out->is_masked + l * h->n_expert, l, h, err);
    if (code != SW_OK)
        return code;
    out->list = mem_calloc(n_pairs - count_left(out->is_masked, n_pairs), sizeof *out->list);
    if (out->list == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for --mask-experts");
    fill_list(out, h);
    return SW_OK;
}

void expert_mask_free(expert_mask *mask)
{
    mem_free(mask->is_masked);
    mem_free(mask->list);
    *mask = (expert_mask){0};
}
