/* parity_print.c - positions are named by their sequence and their place in it, both from 0. */
#include "cmd/parity_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd_error.h"
#include "cmd/json_print.h"
#include "cmd/json_text.h"
#include "json/json_out.h"

/* A position among all, as its sequence and its place in it. */
typedef struct place {
    size_t sequence, position;
} place;

static place place_of(const token_lines *lines, size_t at)
{
    place p = {.position = at};
    size_t n;
    for (p.sequence = 0; p.sequence + 1 < lines->n_lines; p.sequence++) {
        (void)token_lines_at(lines, p.sequence, &n);
        if (p.position < n)
            break;
        p.position -= n;
    }
    return p;
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

void parity_print_facts(const parity_facts *facts)
{
    printf("%-16s  %-22s  %-22s\n", "", "a", "b");
    for (size_t i = 0; i < facts->n; i++) {
        const parity_fact *const f = &facts->items[i];
        printf("%-16s  ", f->name);
        cmd_print_safe(stdout, f->a);
        printf("%*s  ", strlen(f->a) < 22 ? (int)(22 - strlen(f->a)) : 0, "");
        cmd_print_safe(stdout, f->b);
        printf("%*s%s\n", strlen(f->b) < 22 ? (int)(22 - strlen(f->b)) : 0, "", f->differs ? "  differs" : "");
    }
}

static void print_differences(const parity_result *r)
{
    const logit_parity *const s = r->sums;
    const place first = place_of(r->lines, s->first), kl = place_of(r->lines, s->kl_max_at);
    const place most = place_of(r->lines, s->max_difference_at);
    const size_t n_other = s->n_positions - s->n_top_same;
    printf("not equal: %zu of %zu positions have the same bits; a %016" PRIx64 ", b %016" PRIx64 "\n", s->n_equal,
           s->n_positions, s->hash_a, s->hash_b);
    printf("first difference     sequence %zu, position %zu\n", first.sequence, first.position);
    printf("KL divergence        mean %.3g, max %.3g (sequence %zu, position %zu), nats\n",
           s->kl_sum / (double)s->n_positions, s->kl_max, kl.sequence, kl.position);
    printf("max difference       %.3g of two logits (sequence %zu, position %zu)\n", s->max_difference, most.sequence,
           most.position);
    printf("same likeliest token %zu of %zu positions", s->n_top_same, s->n_positions);
    if (n_other > 0)
        printf("; of the other %zu, %zu %s (gap below %g)", n_other, s->n_top_near,
               s->n_top_near == 1 ? "is a near tie" : "are near ties", s->near_tie);
    putchar('\n');
}

void parity_print_text(const parity_result *r)
{
    const logit_parity *const s = r->sums;
    putchar('\n');
    if (s->n_equal == s->n_positions)
        printf("equal, %zu positions of %zu sequences, hash %016" PRIx64 "\n", s->n_positions, r->lines->n_lines,
               s->hash_a);
    else
        print_differences(r);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static json_t *hash_json(uint64_t hash)
{
    return json_sprintf("%016" PRIx64, hash);
}

static json_t *place_json(const parity_result *r, size_t at)
{
    const place p = place_of(r->lines, at);
    return json_pack("{s:I, s:I}", "sequence", (json_int_t)p.sequence, "position", (json_int_t)p.position);
}

static json_t *row_json(const parity_result *r, size_t at)
{
    const parity_row *const row = &r->rows[at];
    const logit_difference *const d = &row->difference;
    json_t *j = place_json(r, at);
    json_put(&j, "hash_a", hash_json(row->hash_a));
    json_put(&j, "hash_b", hash_json(row->hash_b));
    if (d->is_equal)
        return j;
    json_put(&j, "kl", json_figure(d->kl));
    json_put(&j, "max_difference", json_figure(d->max_difference));
    json_put(&j, "likeliest_a", json_integer((json_int_t)d->top_a));
    json_put(&j, "likeliest_b", json_integer((json_int_t)d->top_b));
    if (d->top_a != d->top_b)
        json_put(&j, "gap", json_figure(d->top_gap));
    return j;
}

static json_t *differs_json(const parity_facts *facts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < facts->n; i++) {
        if (facts->items[i].differs)
            json_push(&list, json_string(facts->items[i].name));
    }
    return list;
}

static void put_figures(json_t **root, const parity_result *r)
{
    const logit_parity *const s = r->sums;
    const bool is_equal = s->n_equal == s->n_positions;
    json_put(root, "equal", json_boolean(is_equal));
    json_put(root, "n_positions", json_integer((json_int_t)s->n_positions));
    json_put(root, "n_equal", json_integer((json_int_t)s->n_equal));
    json_put(root, "hash_a", hash_json(s->hash_a));
    json_put(root, "hash_b", hash_json(s->hash_b));
    json_put(root, "first_difference", is_equal ? json_null() : place_json(r, s->first));
    json_put(root, "kl_mean", json_figure(s->kl_sum / (double)s->n_positions));
    json_put(root, "kl_max", json_figure(s->kl_max));
    json_put(root, "max_difference", json_figure(s->max_difference));
    json_put(root, "n_same_likeliest", json_integer((json_int_t)s->n_top_same));
    json_put(root, "n_near_ties", json_integer((json_int_t)s->n_top_near));
    json_put(root, "near_tie", json_figure(s->near_tie));
}

bool parity_print_json(const parity_result *r)
{
    json_t *root = json_pack("{s:o, s:o}", "model", json_text(r->model), "differs", differs_json(r->facts));
    json_put(&root, "a", json_deep_copy(r->head_a));
    json_put(&root, "b", json_deep_copy(r->head_b));
    put_figures(&root, r);
    json_t *rows = json_array();
    for (size_t i = 0; i < r->sums->n_positions; i++)
        json_push(&rows, row_json(r, i));
    json_put(&root, "positions", rows);
    const bool ok = json_print(root, JSON_INDENT(2));
    json_decref(root);
    return ok;
}
