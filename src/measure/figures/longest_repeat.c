/* longest_repeat.c - a suffix array by doubling, the common prefixes of neighbours in it, and a search by length.
 *
 * If a piece of length L comes twice without overlap, so does one of L - 1; so L is found by halving.  For one L, the
 * suffixes that share their first L characters are neighbours in the array; the two that are farthest apart decide.
 * Cost is O(n log^2 n) whatever the text is.
 */
#include "figures/longest_repeat.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/utf8.h"

/* Where a suffix begins, and what it is sorted by: the ranks of its first half and of what follows. */
typedef struct suffix {
    uint64_t key;
    uint32_t start;
} suffix;

typedef struct suffix_array {
    size_t n;
    suffix *sorted;   // (n)
    uint32_t *rank;   // (n), of the suffix at each position; before sorting, its character
    uint32_t *common; // (n), characters that sorted[i] shares with sorted[i - 1]; common[0] is 0
} suffix_array;

static int compare_suffixes(const void *a, const void *b)
{
    const suffix *const x = a;
    const suffix *const y = b;
    return x->key != y->key ? (x->key < y->key ? -1 : 1) : (x->start > y->start) - (x->start < y->start);
}

/* Decodes at most LONGEST_REPEAT_TEXT_MAX + 1 characters; `out` may be NULL to count them. */
static size_t decode(const char *text, size_t n, uint32_t *out)
{
    size_t count = 0;
    for (size_t i = 0; i < n && count <= LONGEST_REPEAT_TEXT_MAX; count++) {
        uint32_t cp = 0;
        const int len = utf8_decode((const uint8_t *)text + i, n - i, &cp);
        if (out != NULL)
            out[count] = len > 0 ? cp : 0x110000u + (uint8_t)text[i];
        i += len > 0 ? (size_t)len : 1;
    }
    return count;
}

/* Gives equal keys equal ranks, from 1; returns true if all differ. */
static bool rank_suffixes(suffix_array *a)
{
    uint32_t rank = 0;
    for (size_t i = 0; i < a->n; i++) {
        rank += i == 0 || a->sorted[i].key != a->sorted[i - 1].key;
        a->rank[a->sorted[i].start] = rank;
    }
    return rank == a->n;
}

static void sort_suffixes(suffix_array *a)
{
    for (size_t i = 0; i < a->n; i++)
        a->sorted[i] = (suffix){a->rank[i], (uint32_t)i};
    qsort(a->sorted, a->n, sizeof *a->sorted, compare_suffixes);
    for (size_t half = 1; !rank_suffixes(a) && half < a->n; half *= 2) {
        for (size_t i = 0; i < a->n; i++) {
            const size_t start = a->sorted[i].start;
            const uint64_t rest = start + half < a->n ? a->rank[start + half] : 0;
            a->sorted[i].key = ((uint64_t)a->rank[start] << 32) | rest;
        }
        qsort(a->sorted, a->n, sizeof *a->sorted, compare_suffixes);
    }
}

/* By position: the suffix after this one shares at most one character less with its neighbour (Kasai and others). */
static void measure_common(suffix_array *a, const uint32_t *text)
{
    size_t shared = 0;
    for (size_t i = 0; i < a->n; i++) {
        const size_t place = a->rank[i] - 1;
        if (place == 0) {
            shared = 0;
            continue;
        }
        const size_t other = a->sorted[place - 1].start;
        while (i + shared < a->n && other + shared < a->n && text[i + shared] == text[other + shared])
            shared++;
        a->common[place] = (uint32_t)shared;
        shared -= shared > 0;
    }
}

static bool comes_twice(const suffix_array *a, size_t length)
{
    size_t first = 0, last = 0;
    for (size_t i = 0; i < a->n; i++) {
        const size_t start = a->sorted[i].start;
        if (a->common[i] < length) {
            first = last = start;
            continue;
        }
        first = start < first ? start : first;
        last = start > last ? start : last;
        if (last - first >= length)
            return true;
    }
    return false;
}

static size_t longest_length(const suffix_array *a)
{
    size_t low = 0, high = a->n / 2;
    while (low < high) {
        const size_t middle = (low + high + 1) / 2;
        if (comes_twice(a, middle))
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

sw_code longest_repeat_share(const char *text, size_t n, double *out, sw_err *err)
{
    const size_t length = decode(text, n, NULL);
    *out = length > LONGEST_REPEAT_TEXT_MAX ? NAN : 0;
    if (length < 2 || length > LONGEST_REPEAT_TEXT_MAX)
        return SW_OK;
    uint32_t *const characters = mem_calloc(length, sizeof *characters);
    suffix_array a = {.n = length,
                      .sorted = mem_calloc(length, sizeof *a.sorted),
                      .rank = mem_calloc(length, sizeof *a.rank),
                      .common = mem_calloc(length, sizeof *a.common)};
    const bool ok = characters != NULL && a.sorted != NULL && a.rank != NULL && a.common != NULL;
    if (ok) {
        decode(text, n, characters);
        decode(text, n, a.rank);
        sort_suffixes(&a);
        measure_common(&a, characters);
        *out = (double)longest_length(&a) / (double)length;
    }
    mem_free(characters);
    mem_free(a.sorted);
    mem_free(a.rank);
    mem_free(a.common);
    return ok ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory searching %zu bytes of text for a repeat", n);
}
