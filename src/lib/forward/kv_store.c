/* kv_store.c - how the page of a type is filled and where it is read: the layouts that kernels.h draws. */
#include <string.h>

#include "forward/kv.h"
#include "quant/half.h"

static uint8_t *head_at(const kv_cache *kv, const kv_head *h, int page)
{
    const struct kv_place *const place = &kv->layers[h->layer];
    const size_t index = place->index * kv->n_heads + h->head;
    return (uint8_t *)kv->classes[place->class].seqs[h->seq].pages[page] + index * kv->head_bytes;
}

/* Keys are stored with the positions side by side, since scores of a page are computed for all of them at once. */
static void store_f16(const kv_cache *kv, uint8_t *p, size_t at, const float *key, const float *value)
{
    const size_t d_k = kv->d_k, d_v = kv->d_v;
    uint16_t *const keys = (uint16_t *)(void *)p, *const values = (uint16_t *)(void *)(p + kv->key_bytes);
    for (size_t i = 0; i < d_k; i++)
        keys[i * KV_PAGE + at] = f16_from_f32(key[i]);
    for (size_t i = 0; i < d_v; i++)
        values[at * d_v + i] = f16_from_f32(value[i]);
}

static void store_f32(const kv_cache *kv, uint8_t *p, size_t at, const float *key, const float *value)
{
    const size_t d_k = kv->d_k, d_v = kv->d_v;
    float *const keys = (float *)(void *)p, *const values = (float *)(void *)(p + kv->key_bytes);
    for (size_t i = 0; i < d_k; i++)
        keys[i * KV_PAGE + at] = key[i];
    memcpy(values + at * d_v, value, d_v * sizeof *value);
}

/* Codes and F16 scales of n elements, the last group filled up with zeros. */
static void quantize(const kv_cache *kv, const float *x, size_t n, int8_t code[HEAD_MAX], uint16_t *scales, size_t at)
{
    float padded[HEAD_MAX] = {0}, scale[HEAD_MAX / K_GROUP];
    int16_t sum[HEAD_MAX / 16];
    const code_rows codes = {.code = code, .scale = scale, .sum = sum};
    const size_t n_groups = kv_groups(n);
    memcpy(padded, x, n * sizeof *x);
    kv->k->quantize(padded, n_groups * K_GROUP, &codes);
    for (size_t g = 0; g < n_groups; g++)
        scales[g * KV_PAGE + at] = f16_from_f32(scale[g]);
}

static void store_q8(const kv_cache *kv, uint8_t *p, size_t at, const float *key, const float *value)
{
    int8_t code[HEAD_MAX];
    uint8_t *const values = p + kv->key_bytes;
    quantize(kv, key, kv->d_k, code, (uint16_t *)(void *)(p + kv_key_codes(kv->d_k)), at);
    for (size_t i = 0; i < kv_groups(kv->d_k) * K_GROUP; i += 4)
        memcpy(p + i * KV_PAGE + 4 * at, code + i, 4);
    quantize(kv, value, kv->d_v, code, (uint16_t *)(void *)(values + kv_value_codes(kv->d_v)), at);
    memcpy(values + at * kv->d_v, code, kv->d_v);
}

void kv_store(const kv_cache *kv, const kv_head *of, int position, const float *key, const float *value)
{
    uint8_t *const p = head_at(kv, of, position / KV_PAGE);
    const size_t at = (size_t)(position % KV_PAGE);
    if (kv->type == TYPE_F16)
        store_f16(kv, p, at, key, value);
    else if (kv->type == TYPE_F32)
        store_f32(kv, p, at, key, value);
    else
        store_q8(kv, p, at, key, value);
}

void kv_page_pointers(const kv_cache *kv, const kv_head *of, int first, int end, const void **keys, const void **values)
{
    for (int page = first; page < end; page++) {
        const uint8_t *const p = head_at(kv, of, page);
        keys[page - first] = p;
        values[page - first] = p + kv->key_bytes;
    }
}
