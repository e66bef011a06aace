/* kv.h - cached keys and values, in pages of 32 positions.
 *
 * Layers come in classes: *full* ones, whose queries see every earlier position, and *windowed* ones, each in the tier
 * that computes its attention.  A page holds its 32 positions for every layer and KV head of one class, in the memory
 * of the class's tier: it may be an address that only the tier's backend reads and writes.  A sequence owns its pages;
 * freed ones go to a list and are reused.  Memory of full layers is linear in the positions held: pages come one by
 * one, as positions are reserved. Of windowed layers a sequence keeps the pages that the next step can see, those of a
 * few *marks*, and no others; so it can be cut back only to positions whose window is still there (kv_resumable).
 *
 *   page = [layer of the class][head]( keys | values ), as kernels.h lays them out
 */
#ifndef FORWARD_KV_H
#define FORWARD_KV_H

#include "kernels/kernels.h"
#include "model/tier.h"
#include "spillway.h"

enum { KV_MARKS = 2 };

/* One class of layers of one sequence. */
typedef struct kv_pages {
    void **pages; // (n_pages_max): NULL where dropped or not there yet
    int end;      // pages from here on were never there
    int n_owned;  // those there, and spare ones
    void **spare; // (n_window_pages): reserved, but no page yet; windowed layers only
    int n_spare;
    int n_swept; // pages before this one are dropped or marked
} kv_pages;

typedef struct kv_class {
    size_t n_layers;
    int n_bounded;     // pages that a sequence needs at most; 0: without bound
    int n_filled;      // of them, those that ever hold something
    size_t page_bytes; // 0: there are no such layers
    tier_memory memory;
    kv_pages *seqs; // (n_seqs)
    void **free_pages;
    size_t n_free, n_allocated;
} kv_class;

typedef struct kv_options {
    size_t n_layers, n_heads; // heads: of each layer
    size_t d_k, d_v;          // elements of a head's key and value
    sw_kv_type type;
    int n_seqs, n_ctx;
    int n_window;            // visible positions in windowed layers; 0: there are none
    const bool *is_windowed; // (n_layers); not kept
    int n_batch;             // positions of one step, at most
    const uint8_t *tiers;    // (n_layers): a weight_tier each; NULL: all in RAM; not kept
    tier_memory memory[N_TIERS];
} kv_options;

/* Classes: of tier t they are 2 t + KV_FULL and 2 t + KV_WINDOWED. */
enum { KV_FULL, KV_WINDOWED, KV_CLASSES = 2 * N_TIERS };

typedef struct kv_cache {
    size_t n_heads, d_k, d_v;
    const kernels *k;
    tensor_type type;        // F16, F32 or Q8_0
    size_t key_bytes;        // of the keys of one head of one layer in one page
    size_t head_bytes;       // of keys and values
    int n_seqs, n_pages_max; // per sequence
    int n_window;
    struct kv_place {
        int class;
        size_t index; // of a layer in its class
    } * layers;
    int (*marks)[KV_MARKS]; // (n_seqs): positions that a sequence may be cut back to; -1: none
    kv_class classes[KV_CLASSES];
} kv_cache;

/* False when memory is short. */
bool kv_init(kv_cache *kv, const kv_options *options);
void kv_free(kv_cache *kv);

/* Allocates pages until a sequence can hold n_tokens positions in all.  False when memory is short; the pages that were
 * there stay. */
bool kv_reserve(kv_cache *kv, int seq, int n_tokens);

/* Before a step stores positions [begin, end) of a sequence, which are reserved: drops what no window from `begin` on
 * sees.  end - begin <= n_batch; allocates nothing. */
void kv_advance(kv_cache *kv, int seq, int begin, int end);

/* The largest n <= n_tokens such that all that position n sees is there; n_tokens positions were stored. */
int kv_resumable(const kv_cache *kv, int seq, int n_tokens);
/* Frees the pages after position n_tokens, which is resumable, and forgets the marks after it. */
void kv_truncate(kv_cache *kv, int seq, int n_tokens);
/* Keeps the windows of these positions and of the ones after them from now on, so that the sequence can be cut back to
 * them; replaces earlier marks. */
void kv_mark(kv_cache *kv, int seq, const int marks[KV_MARKS]);

/* One head of one layer of one sequence. */
typedef struct kv_head {
    int seq;
    size_t layer, head;
} kv_head;

/* Stores the key (d_k) and value (d_v) of a position that kv_advance announced. */
void kv_store(const kv_cache *kv, const kv_head *of, int position, const float *key, const float *value);

/* Where the keys and values of pages [first, end) are, for attend_args; end - first of each. */
void kv_page_pointers(const kv_cache *kv, const kv_head *of, int first, int end, const void **keys,
                      const void **values);

/* Bytes that a sequence of n_tokens positions takes at most: in all, and of one tier.  Pages of this machine's memory
 * that never hold anything take none. */
uint64_t kv_bytes(const kv_cache *kv, int n_tokens);
uint64_t kv_tier_bytes(const kv_cache *kv, weight_tier tier, int n_tokens);

#endif
