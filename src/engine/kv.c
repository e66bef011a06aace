#include "engine/kv.h"

#include <string.h>

#include "base/alloc.h"
#include "quant/half.h"

static sw_type element_type(sw_kv_type type)
{
    return type == SW_KV_F16 ? SW_F16 : type == SW_KV_F32 ? SW_F32 : SW_Q8_0;
}

bool sw_kv_init(sw_kv *kv, int n_layers, int n_heads, int d_k, int d_v, sw_kv_type type, int n_seqs, int n_ctx)
{
    *kv = (sw_kv){.n_layers = n_layers,
                  .n_heads = n_heads,
                  .d_k = d_k,
                  .d_v = d_v,
                  .k = sw_kernels_get(),
                  .type = element_type(type),
                  .n_seqs = n_seqs};
    kv->n_pages_max = (n_ctx + SW_KV_PAGE - 1) / SW_KV_PAGE;
    kv->key_bytes = sw_kv_key_bytes(kv->type, d_k);
    kv->head_bytes = kv->key_bytes + sw_kv_value_bytes(kv->type, d_v);
    kv->page_bytes = kv->head_bytes * (size_t)n_heads * (size_t)n_layers;
    kv->seqs = sw_calloc((size_t)n_seqs, sizeof *kv->seqs);
    kv->free_pages = sw_calloc((size_t)n_seqs * (size_t)kv->n_pages_max, sizeof *kv->free_pages);
    bool ok = kv->seqs != NULL && kv->free_pages != NULL;
    for (int s = 0; s < n_seqs && ok; s++) {
        kv->seqs[s].pages = sw_calloc((size_t)kv->n_pages_max, sizeof *kv->seqs[s].pages);
        ok = kv->seqs[s].pages != NULL;
    }
    if (!ok)
        sw_kv_free(kv);
    return ok;
}

void sw_kv_free(sw_kv *kv)
{
    for (int s = 0; kv->seqs != NULL && s < kv->n_seqs; s++) {
        if (kv->seqs[s].pages != NULL)
            sw_kv_truncate(kv, s, 0);
        sw_free(kv->seqs[s].pages);
    }
    for (size_t i = 0; i < kv->n_free; i++)
        sw_big_free(kv->free_pages[i], kv->page_bytes);
    sw_free(kv->free_pages);
    sw_free(kv->seqs);
    *kv = (sw_kv){0};
}

bool sw_kv_reserve(sw_kv *kv, int seq, int n_tokens)
{
    sw_kv_seq *const s = &kv->seqs[seq];
    const int wanted = (n_tokens + SW_KV_PAGE - 1) / SW_KV_PAGE;
    if (wanted > kv->n_pages_max)
        return false;
    while (s->n_pages < wanted) {
        void *page;
        if (kv->n_free > 0) {
            page = kv->free_pages[--kv->n_free];
        } else {
            page = sw_big_alloc(kv->page_bytes);
            if (page == NULL)
                return false;
            kv->n_allocated++;
        }
        s->pages[s->n_pages++] = page;
    }
    return true;
}

void sw_kv_truncate(sw_kv *kv, int seq, int n_tokens)
{
    sw_kv_seq *const s = &kv->seqs[seq];
    const int kept = (n_tokens + SW_KV_PAGE - 1) / SW_KV_PAGE;
    while (s->n_pages > kept) {
        void *const page = s->pages[--s->n_pages];
#ifdef SW_POISON_PAGES
        memset(page, 0xff, kv->page_bytes); // NaN in both types: a read of a freed page cannot go unseen
#endif
        kv->free_pages[kv->n_free++] = page;
    }
}

static uint8_t *head_at(const sw_kv *kv, int seq, int layer, int head, int page)
{
    const size_t index = (size_t)layer * (size_t)kv->n_heads + (size_t)head;
    return (uint8_t *)kv->seqs[seq].pages[page] + index * kv->head_bytes;
}

static void store_f16(const sw_kv *kv, uint8_t *p, size_t at, const float *key, const float *value)
{
    const size_t d_k = (size_t)kv->d_k, d_v = (size_t)kv->d_v;
    uint16_t *const keys = (uint16_t *)(void *)p, *const values = (uint16_t *)(void *)(p + kv->key_bytes);
    for (size_t i = 0; i < d_k; i++)
        keys[i * SW_KV_PAGE + at] = sw_f16_from_f32(key[i]);
    for (size_t i = 0; i < d_v; i++)
        values[at * d_v + i] = sw_f16_from_f32(value[i]);
}

static void store_f32(const sw_kv *kv, uint8_t *p, size_t at, const float *key, const float *value)
{
    const size_t d_k = (size_t)kv->d_k, d_v = (size_t)kv->d_v;
    float *const keys = (float *)(void *)p, *const values = (float *)(void *)(p + kv->key_bytes);
    for (size_t i = 0; i < d_k; i++)
        keys[i * SW_KV_PAGE + at] = key[i];
    memcpy(values + at * d_v, value, d_v * sizeof *value);
}

/* Codes and F16 scales of n elements, the last group filled up with zeros. */
static void quantize(const sw_kv *kv, const float *x, int n, int8_t code[SW_HEAD_MAX], uint16_t *scales, size_t at)
{
    float padded[SW_HEAD_MAX] = {0}, scale[SW_HEAD_MAX / SW_GROUP];
    int16_t sum[SW_HEAD_MAX / 16];
    const size_t n_groups = sw_kv_groups(n);
    memcpy(padded, x, (size_t)n * sizeof *x);
    kv->k->quantize(padded, n_groups * SW_GROUP, code, scale, sum);
    for (size_t g = 0; g < n_groups; g++)
        scales[g * SW_KV_PAGE + at] = sw_f16_from_f32(scale[g]);
}

static void store_q8(const sw_kv *kv, uint8_t *p, size_t at, const float *key, const float *value)
{
    int8_t code[SW_HEAD_MAX];
    uint8_t *const values = p + kv->key_bytes;
    quantize(kv, key, kv->d_k, code, (uint16_t *)(void *)(p + sw_kv_key_codes(kv->d_k)), at);
    for (size_t i = 0; i < sw_kv_groups(kv->d_k) * SW_GROUP; i += 4)
        memcpy(p + i * SW_KV_PAGE + 4 * at, code + i, 4);
    quantize(kv, value, kv->d_v, code, (uint16_t *)(void *)(values + sw_kv_value_codes(kv->d_v)), at);
    memcpy(values + at * (size_t)kv->d_v, code, (size_t)kv->d_v);
}

void sw_kv_store(const sw_kv *kv, int seq, int layer, int head, int position, const float *key, const float *value)
{
    uint8_t *const p = head_at(kv, seq, layer, head, position / SW_KV_PAGE);
    const size_t at = (size_t)(position % SW_KV_PAGE);
    if (kv->type == SW_F16)
        store_f16(kv, p, at, key, value);
    else if (kv->type == SW_F32)
        store_f32(kv, p, at, key, value);
    else
        store_q8(kv, p, at, key, value);
}

void sw_kv_page_pointers(const sw_kv *kv, int seq, int layer, int head, int first, int end, const void **keys,
                         const void **values)
{
    for (int page = first; page < end; page++) {
        const uint8_t *const p = head_at(kv, seq, layer, head, page);
        keys[page - first] = p;
        values[page - first] = p + kv->key_bytes;
    }
}

uint64_t sw_kv_bytes_per_token(const sw_kv *kv)
{
    return kv->page_bytes / SW_KV_PAGE;
}
