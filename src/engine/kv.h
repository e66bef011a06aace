/* kv.h - cached keys and values, in pages of 32 positions.
 *
 * A page holds its 32 positions for every layer and KV head.  A sequence owns its pages; freed pages go to a list and
 * are reused.  Memory is linear in the positions held: pages come one by one, as positions are reserved.
 *
 *   page = [layer][head]( keys | values ), as kernels.h lays them out
 */
#ifndef SW_KV_H
#define SW_KV_H

#include "kernels/kernels.h"
#include "spillway.h"

typedef struct sw_kv_seq {
    void **pages;
    int n_pages;
} sw_kv_seq;

typedef struct sw_kv {
    int n_layers, n_heads, d_k, d_v;
    const sw_kernels *k;
    sw_type type;      // F16, F32 or Q8_0
    size_t key_bytes;  // of the keys of one head of one layer in one page
    size_t head_bytes; // of keys and values of one head of one layer in one page
    size_t page_bytes;
    sw_kv_seq *seqs;
    int n_seqs, n_pages_max; // per sequence
    void **free_pages;
    size_t n_free, n_allocated;
} sw_kv;

/* False when memory is short. */
bool sw_kv_init(sw_kv *kv, int n_layers, int n_heads, int d_k, int d_v, sw_kv_type type, int n_seqs, int n_ctx);
void sw_kv_free(sw_kv *kv);

/* Makes room for n_tokens positions of a sequence; false when memory is short (what was there stays). */
bool sw_kv_reserve(sw_kv *kv, int seq, int n_tokens);
/* Gives back the pages behind the first n_tokens positions. */
void sw_kv_truncate(sw_kv *kv, int seq, int n_tokens);

/* Stores the key (d_k) and value (d_v) of one head at a reserved position. */
void sw_kv_store(const sw_kv *kv, int seq, int layer, int head, int position, const float *key, const float *value);

/* Where keys and values of pages [first, end) of one head stand, for sw_attend; end - first of each. */
void sw_kv_page_pointers(const sw_kv *kv, int seq, int layer, int head, int first, int end, const void **keys,
                         const void **values);

uint64_t sw_kv_bytes_per_token(const sw_kv *kv);

#endif
