/* kv.h - cached keys and values, in pages of 32 positions.
 *
 * Layers come in two classes: *full* ones, whose queries see every earlier position, and *windowed* ones.  A page holds
 * its 32 positions for every layer and KV head of one class.  A sequence owns its pages; freed ones go to a list and
 * are reused.  Memory of full layers is linear in the positions held: pages come one by one, as positions are reserved.
 * Of windowed layers a sequence keeps the pages that the next step can see, those of a few *marks*, and no others; so
 * it can be cut back only to positions whose window is still there (sw_kv_resumable).
 *
 *   page = [layer of the class][head]( keys | values ), as kernels.h lays them out
 */
#ifndef SW_KV_H
#define SW_KV_H

#include "kernels/kernels.h"
#include "spillway.h"

enum { SW_KV_MARKS = 2 };

/* One class of layers of one sequence. */
typedef struct sw_kv_pages {
    void **pages; // (n_pages_max): NULL where dropped or not there yet
    int end;      // pages from here on were never there
    int n_owned;  // those there, and spare ones
    void **spare; // (n_window_pages): reserved, but no page yet; windowed layers only
    int n_spare;
    int n_swept; // pages before this one are dropped or marked
} sw_kv_pages;

typedef struct sw_kv_class {
    int n_layers;
    int n_bounded;     // pages that a sequence needs at most; 0: without bound
    size_t page_bytes; // 0: there are no such layers
    sw_kv_pages *seqs; // (n_seqs)
    void **free_pages;
    size_t n_free, n_allocated;
} sw_kv_class;

typedef struct sw_kv_options {
    int n_layers, n_heads, d_k, d_v;
    sw_kv_type type;
    int n_seqs, n_ctx;
    int n_window;            // visible positions in windowed layers; 0: there are none
    const bool *is_windowed; // (n_layers); not kept
    int n_batch;             // positions of one step, at most
} sw_kv_options;

enum { SW_KV_FULL, SW_KV_WINDOWED, SW_KV_CLASSES };

typedef struct sw_kv {
    int n_heads, d_k, d_v;
    const sw_kernels *k;
    sw_type type;            // F16, F32 or Q8_0
    size_t key_bytes;        // of the keys of one head of one layer in one page
    size_t head_bytes;       // of keys and values
    int n_seqs, n_pages_max; // per sequence
    int n_window;
    struct sw_kv_place {
        int class, index; // of a layer in its class
    } * layers;
    int (*marks)[SW_KV_MARKS]; // (n_seqs): positions that a sequence may be cut back to; -1: none
    sw_kv_class classes[SW_KV_CLASSES];
} sw_kv;

/* False when memory is short. */
bool sw_kv_init(sw_kv *kv, const sw_kv_options *options);
void sw_kv_free(sw_kv *kv);

/* Makes sure that a sequence can hold n_tokens positions in all; false when memory is short (what was there stays). */
bool sw_kv_reserve(sw_kv *kv, int seq, int n_tokens);

/* Before a step stores positions [begin, end) of a sequence, which are reserved: drops what no window from `begin` on
 * sees.  end - begin <= n_batch; allocates nothing. */
void sw_kv_advance(sw_kv *kv, int seq, int begin, int end);

/* The largest n <= n_tokens such that all that position n sees is there; n_tokens positions were stored. */
int sw_kv_resumable(const sw_kv *kv, int seq, int n_tokens);
/* Gives back the pages behind the first n_tokens positions; n_tokens is resumable.  Forgets marks behind them. */
void sw_kv_truncate(sw_kv *kv, int seq, int n_tokens);
/* From now on keeps the windows of these positions and of the ones after them, so that the sequence can be cut back
 * there; replaces earlier marks. */
void sw_kv_mark(sw_kv *kv, int seq, const int marks[SW_KV_MARKS]);

/* Stores the key (d_k) and value (d_v) of one head at a position that sw_kv_advance announced. */
void sw_kv_store(const sw_kv *kv, int seq, int layer, int head, int position, const float *key, const float *value);

/* Where keys and values of pages [first, end) of one head stand, for sw_attend; end - first of each. */
void sw_kv_page_pointers(const sw_kv *kv, int seq, int layer, int head, int first, int end, const void **keys,
                         const void **values);

/* What a sequence of n_tokens positions takes at most. */
uint64_t sw_kv_bytes(const sw_kv *kv, int n_tokens);

#endif
