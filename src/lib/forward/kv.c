/* kv.c - which sequence owns which page.  A page that is freed goes to its class's list and stays allocated. */
#include "forward/kv.h"

#include <string.h>

#include "base/alloc.h"

static tensor_type element_type(sw_kv_type type)
{
    return type == SW_KV_F16 ? TYPE_F16 : type == SW_KV_F32 ? TYPE_F32 : TYPE_Q8_0;
}

/* Pages that n positions in a row can touch. */
static int pages_touched(int n)
{
    return n > 0 ? (n + KV_PAGE - 2) / KV_PAGE + 1 : 0;
}

static int pages_of(int n_tokens)
{
    return (n_tokens + KV_PAGE - 1) / KV_PAGE;
}

/* What one step sees, and the windows of the marks and of the positions after them. */
static int window_pages(const kv_options *o)
{
    return pages_touched(o->n_window - 1 + o->n_batch) + KV_MARKS * pages_touched(o->n_window);
}

/* Of these, what holds something.  The later mark of a plan is the end of its prompt: no whole batch comes after it,
 * and a batch that ends there keeps its window anyway.  So a step sees one mark beside a batch, or all beside few
 * positions. */
static int filled_pages(const kv_options *o)
{
    const int window = pages_touched(o->n_window);
    const int prompt = pages_touched(o->n_window - 1 + o->n_batch) + (KV_MARKS - 1) * window;
    const int generation = (1 + KV_MARKS) * window;
    return prompt > generation ? prompt : generation;
}

static bool is_windowed(int class)
{
    return class % 2 == KV_WINDOWED;
}

/* The lists have room for every page that all sequences can own, so that giving pages back never allocates. */
static bool init_class(kv_cache *kv, kv_class *c)
{
    const int n_spare = c->n_bounded;
    size_t n_pages = (size_t)(c->n_bounded > 0 ? c->n_bounded : kv->n_pages_max);
    c->page_bytes = kv->head_bytes * kv->n_heads * c->n_layers;
    c->seqs = mem_calloc((size_t)kv->n_seqs, sizeof *c->seqs);
    c->free_pages = mem_calloc((size_t)kv->n_seqs * n_pages, sizeof *c->free_pages);
    bool ok = c->seqs != NULL && c->free_pages != NULL;
    for (int s = 0; s < kv->n_seqs && ok; s++) {
        c->seqs[s].pages = mem_calloc((size_t)kv->n_pages_max, sizeof *c->seqs[s].pages);
        c->seqs[s].spare = mem_calloc((size_t)n_spare, sizeof *c->seqs[s].spare);
        ok = c->seqs[s].pages != NULL && c->seqs[s].spare != NULL;
    }
    return ok;
}

/* Gives every layer its class. */
static void sort_layers(kv_cache *kv, const kv_options *o)
{
    // A context that is no longer than what windowed layers keep anyway has no use for them.
    const bool drops = o->n_window > 0 && o->n_window < o->n_ctx && window_pages(o) < kv->n_pages_max;
    for (size_t l = 0; l < o->n_layers; l++) {
        const int tier = o->tiers != NULL ? o->tiers[l] : TIER_RAM;
        const int class = 2 * tier + (drops && o->is_windowed[l] ? KV_WINDOWED : KV_FULL);
        kv->layers[l] = (struct kv_place){class, kv->classes[class].n_layers++};
    }
    for (int c = 0; c < KV_CLASSES; c++) {
        kv->classes[c].memory = o->memory[c / 2];
        kv->classes[c].n_bounded = drops && is_windowed(c) ? window_pages(o) : 0;
        kv->classes[c].n_filled = drops && is_windowed(c) ? filled_pages(o) : 0;
    }
}

bool kv_init(kv_cache *kv, const kv_options *o)
{
    *kv = (kv_cache){.n_heads = o->n_heads,
                     .d_k = o->d_k,
                     .d_v = o->d_v,
                     .k = kernels_get(),
                     .type = element_type(o->type),
                     .n_seqs = o->n_seqs,
                     .n_pages_max = pages_of(o->n_ctx),
                     .n_window = o->n_window};
    kv->key_bytes = kv_key_bytes(kv->type, o->d_k);
    kv->head_bytes = kv->key_bytes + kv_value_bytes(kv->type, o->d_v);
    kv->layers = mem_calloc(o->n_layers, sizeof *kv->layers);
    kv->marks = mem_calloc((size_t)o->n_seqs, sizeof *kv->marks);
    bool ok = kv->layers != NULL && kv->marks != NULL;
    if (ok)
        sort_layers(kv, o);
    for (int c = 0; c < KV_CLASSES && ok; c++)
        ok = kv->classes[c].n_layers == 0 || init_class(kv, &kv->classes[c]);
    for (int s = 0; s < o->n_seqs && ok; s++)
        kv_mark(kv, s, (const int[KV_MARKS]){-1, -1});
    if (!ok)
        kv_free(kv);
    return ok;
}

/* NaN in every type: in test builds a read of a page that was given up cannot go unseen. */
static void poison(const kv_class *c, void *page)
{
#ifdef SPILLWAY_POISON_PAGES
    if (c->memory.write == NULL)
        memset(page, 0xff, c->page_bytes);
#else
    (void)c;
    (void)page;
#endif
}

static void release(kv_class *c, void *page)
{
    poison(c, page);
    c->free_pages[c->n_free++] = page;
}

/* Spare pages go as well: the next reservation takes what it needs. */
static void truncate_pages(kv_class *c, kv_pages *s, int n_pages)
{
    while (s->end > n_pages) {
        void **const page = &s->pages[--s->end];
        if (*page != NULL) {
            release(c, *page);
            s->n_owned--;
        }
        *page = NULL;
    }
    s->n_owned -= s->n_spare;
    while (s->n_spare > 0)
        release(c, s->spare[--s->n_spare]);
    s->n_swept = 0;
}

static void free_class(const kv_cache *kv, kv_class *c)
{
    for (int s = 0; c->seqs != NULL && s < kv->n_seqs; s++) {
        if (c->seqs[s].pages != NULL && c->seqs[s].spare != NULL)
            truncate_pages(c, &c->seqs[s], 0);
        mem_free(c->seqs[s].pages);
        mem_free(c->seqs[s].spare);
    }
    for (size_t i = 0; i < c->n_free; i++)
        tier_free(&c->memory, c->free_pages[i], c->page_bytes);
    mem_free(c->free_pages);
    mem_free(c->seqs);
}

void kv_free(kv_cache *kv)
{
    for (int c = 0; c < KV_CLASSES; c++)
        free_class(kv, &kv->classes[c]);
    mem_free(kv->layers);
    mem_free(kv->marks);
    *kv = (kv_cache){0};
}

/* One more page for a sequence; NULL when memory is short. */
static void *take_page(kv_class *c, kv_pages *s)
{
    void *page;
    if (c->n_free > 0) {
        page = c->free_pages[--c->n_free];
    } else {
        page = tier_alloc(&c->memory, c->page_bytes);
        c->n_allocated += page != NULL;
    }
    s->n_owned += page != NULL;
    return page;
}

static bool reserve_full(kv_class *c, kv_pages *s, int wanted)
{
    while (s->end < wanted) {
        void *const page = take_page(c, s);
        if (page == NULL)
            return false;
        s->pages[s->end++] = page;
    }
    return true;
}

/* As spare pages: kv_advance decides which positions they hold. */
static bool reserve_windowed(kv_class *c, kv_pages *s, int wanted)
{
    if (wanted > c->n_bounded)
        wanted = c->n_bounded;
    while (s->n_owned < wanted) {
        void *const page = take_page(c, s);
        if (page == NULL)
            return false;
        s->spare[s->n_spare++] = page;
    }
    return true;
}

bool kv_reserve(kv_cache *kv, int seq, int n_tokens)
{
    const int wanted = pages_of(n_tokens);
    if (wanted > kv->n_pages_max)
        return false;
    bool ok = true;
    for (int i = 0; i < KV_CLASSES && ok; i++) {
        kv_class *const c = &kv->classes[i];
        if (c->n_layers > 0)
            ok = is_windowed(i) ? reserve_windowed(c, &c->seqs[seq], wanted) : reserve_full(c, &c->seqs[seq], wanted);
    }
    return ok;
}

/* Returns true if a mark keeps this page: it holds the marked position or one that it sees. */
static bool is_marked(const kv_cache *kv, int seq, int page)
{
    for (int i = 0; i < KV_MARKS; i++) {
        const int mark = kv->marks[seq][i];
        const int first = mark - kv->n_window + 1 > 0 ? mark - kv->n_window + 1 : 0;
        if (mark >= 0 && page >= first / KV_PAGE && page <= mark / KV_PAGE)
            return true;
    }
    return false;
}

/* A page that no query sees any more becomes a spare one, and spare ones hold the new positions: nothing is allocated.
 */
static void advance_windowed(const kv_cache *kv, kv_class *c, int seq, int begin, int end)
{
    kv_pages *const s = &c->seqs[seq];
    const int first_seen = begin - kv->n_window + 1 > 0 ? begin - kv->n_window + 1 : 0;
    for (; s->n_swept < first_seen / KV_PAGE; s->n_swept++) {
        void **const page = &s->pages[s->n_swept];
        if (*page == NULL || is_marked(kv, seq, s->n_swept))
            continue;
        poison(c, *page);
        s->spare[s->n_spare++] = *page;
        *page = NULL;
    }
    for (int page = begin / KV_PAGE; page < pages_of(end); page++) {
        if (s->pages[page] == NULL)
            s->pages[page] = s->spare[--s->n_spare];
    }
    s->end = pages_of(end) > s->end ? pages_of(end) : s->end;
}

void kv_advance(kv_cache *kv, int seq, int begin, int end)
{
    for (int i = 0; i < KV_CLASSES; i++) {
        if (is_windowed(i) && kv->classes[i].n_layers > 0)
            advance_windowed(kv, &kv->classes[i], seq, begin, end);
    }
}

/* Any class of windowed layers: the same pages are there in all of them.  NULL: no layer drops pages. */
static const kv_class *any_windowed(const kv_cache *kv)
{
    for (int i = 0; i < KV_CLASSES; i++) {
        if (is_windowed(i) && kv->classes[i].n_layers > 0)
            return &kv->classes[i];
    }
    return NULL;
}

int kv_resumable(const kv_cache *kv, int seq, int n_tokens)
{
    const kv_class *const c = any_windowed(kv);
    if (c == NULL)
        return n_tokens;
    void *const *const pages = c->seqs[seq].pages;
    for (int n = n_tokens; n > 0;) {
        const int first_seen = n - kv->n_window + 1 > 0 ? n - kv->n_window + 1 : 0;
        int page = (n - 1) / KV_PAGE;
        while (page >= first_seen / KV_PAGE && pages[page] != NULL)
            page--;
        if (page < first_seen / KV_PAGE)
            return n;
        n = page * KV_PAGE; // every window in between would see a position of the page that is missing, or end in it
    }
    return 0;
}

void kv_truncate(kv_cache *kv, int seq, int n_tokens)
{
    for (int i = 0; i < KV_MARKS; i++) {
        if (kv->marks[seq][i] > n_tokens)
            kv->marks[seq][i] = -1;
    }
    for (int i = 0; i < KV_CLASSES; i++) {
        if (kv->classes[i].n_layers > 0)
            truncate_pages(&kv->classes[i], &kv->classes[i].seqs[seq], pages_of(n_tokens));
    }
}

void kv_mark(kv_cache *kv, int seq, const int marks[KV_MARKS])
{
    memcpy(kv->marks[seq], marks, sizeof kv->marks[seq]);
    for (int i = 0; i < KV_CLASSES; i++) {
        if (is_windowed(i) && kv->classes[i].n_layers > 0)
            kv->classes[i].seqs[seq].n_swept = 0; // what earlier marks kept may go
    }
}

uint64_t kv_tier_bytes(const kv_cache *kv, weight_tier tier, int n_tokens)
{
    const int n_pages = pages_of(n_tokens);
    uint64_t sum = 0;
    for (int i = 2 * (int)tier; i <= 2 * (int)tier + KV_WINDOWED; i++) {
        const kv_class *const c = &kv->classes[i];
        const int most = c->memory.alloc == NULL ? c->n_filled : c->n_bounded;
        sum += (uint64_t)(most > 0 && n_pages > most ? most : n_pages) * c->page_bytes;
    }
    return sum;
}

uint64_t kv_bytes(const kv_cache *kv, int n_tokens)
{
    uint64_t sum = 0;
    for (int tier = 0; tier < N_TIERS; tier++)
        sum += kv_tier_bytes(kv, (weight_tier)tier, n_tokens);
    return sum;
}
