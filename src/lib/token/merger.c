#include "token/merger.h"

#include "base/alloc.h"

void merger_free(symbol_merger *m)
{
    mem_free(m->symbols);
    mem_free(m->heap);
    *m = (symbol_merger){0};
}

void merger_clear(symbol_merger *m)
{
    m->n_symbols = 0;
    m->n_heap = 0;
}

bool merger_add(symbol_merger *m, size_t start, size_t size, int32_t id)
{
    if (!mem_grow(&m->symbols, &m->cap_symbols, m->n_symbols + 1, sizeof *m->symbols))
        return false;
    const size_t i = m->n_symbols++;
    m->symbols[i] = (symbol){.start = (uint32_t)start,
                             .size = (uint32_t)size,
                             .prev = i > 0 ? (uint32_t)i - 1 : SYMBOL_END,
                             .next = SYMBOL_END,
                             .id = id};
    if (i > 0)
        m->symbols[i - 1].next = (uint32_t)i;
    return true;
}

/* Best priority first, leftmost on ties. */
static bool is_before(const merge_candidate *a, const merge_candidate *b)
{
    return a->priority != b->priority ? a->priority < b->priority : a->left < b->left;
}

static bool push(symbol_merger *m, merge_candidate c)
{
    if (!mem_grow(&m->heap, &m->cap_heap, m->n_heap + 1, sizeof *m->heap))
        return false;
    size_t i = m->n_heap++;
    while (i > 0 && is_before(&c, &m->heap[(i - 1) / 2])) {
        m->heap[i] = m->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    m->heap[i] = c;
    return true;
}

static merge_candidate pop(symbol_merger *m)
{
    const merge_candidate top = m->heap[0];
    const merge_candidate last = m->heap[--m->n_heap];
    size_t i = 0;
    for (size_t child = 1; child < m->n_heap; child = 2 * i + 1) {
        if (child + 1 < m->n_heap && is_before(&m->heap[child + 1], &m->heap[child]))
            child++;
        if (!is_before(&m->heap[child], &last))
            break;
        m->heap[i] = m->heap[child];
        i = child;
    }
    m->heap[i] = last;
    return top;
}

/* Enters the pair that begins at symbol `left`, if it joins. */
static bool consider(symbol_merger *m, uint32_t left, merge_fn find, const void *ud)
{
    if (left == SYMBOL_END || m->symbols[left].next == SYMBOL_END)
        return true;
    const symbol *const l = &m->symbols[left], *const r = &m->symbols[l->next];
    merge_pair merge;
    if (!find(ud, l, r, &merge))
        return true;
    return push(m, (merge_candidate){
                       .priority = merge.priority, .left = left, .size = l->size + r->size, .result = merge.result});
}

/* A symbol only ever grows or vanishes, so the size of the pair says whether both are as they were. */
static bool is_stale(const symbol_merger *m, const merge_candidate *c)
{
    const symbol *const l = &m->symbols[c->left];
    return l->size == 0 || l->next == SYMBOL_END || l->size + m->symbols[l->next].size != c->size;
}

static void join(symbol_merger *m, const merge_candidate *c)
{
    symbol *const l = &m->symbols[c->left], *const r = &m->symbols[l->next];
    l->size = c->size;
    l->id = c->result;
    l->next = r->next;
    if (r->next != SYMBOL_END)
        m->symbols[r->next].prev = c->left;
    r->size = 0;
}

bool merger_run(symbol_merger *m, merge_fn find, const void *ud)
{
    for (size_t i = 0; i + 1 < m->n_symbols; i++) {
        if (!consider(m, (uint32_t)i, find, ud))
            return false;
    }
    while (m->n_heap > 0) {
        const merge_candidate c = pop(m);
        if (is_stale(m, &c))
            continue;
        join(m, &c);
        if (!consider(m, m->symbols[c.left].prev, find, ud) || !consider(m, c.left, find, ud))
            return false;
    }
    return true;
}
