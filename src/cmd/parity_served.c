/* parity_served.c - one sequence after the other: both sides' answers, and then their positions. */
#include "cmd/parity_served.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "client/target.h"
#include "cmd/cmd_error.h"
#include "cmd/exit_code.h"
#include "cmd/json_print.h"
#include "cmd/parity_facts.h"
#include "cmd/parity_print.h"
#include "cmd/served_position.h"
#include "hosts/server_post.h"
#include "hosts/server_process.h"
#include "json/json_out.h"

enum { N_LIKELIEST = 20, ANSWER_S = 3600 };

/* A server that is asked. */
typedef struct served_side {
    const char *name;        // "a" or "b"
    server_process *process; // NULL: it was there
    chat_target *target;
    char *model;       // its id there
    json_t *placement; // as GET /v1/placement has it; NULL: the server has no such path
} served_side;

/* ---- sides ------------------------------------------------------------------------------------------------------ */

/* Starts `spillway serve` with a side's options.  Only one side is started, so the environment is its own. */
static sw_code start(served_side *side, const parity_command *command, const char **url_out, sw_err *err)
{
    static atomic_bool never; // Ctrl-C ends this process, and the server with it
    const char *words[PARITY_WORDS_MAX + 1] = {"--quiet"};
    memcpy(words + 1, command->words, command->n_words * sizeof *words);
    if (command->isa != NULL)
        setenv("SPILLWAY_ISA", command->isa, 1);
    const server_process_options options = {.model = command->model,
                                            .serve_options = words,
                                            .n_serve_options = command->n_words + 1,
                                            .log_path = "/dev/stderr",
                                            .clock = clock_system(),
                                            .cancel = &never};
    const sw_code code = server_process_start(&side->process, &options, err);
    return code == SW_OK ? server_process_url(side->process, url_out, err) : code;
}

/* The model to ask for: the only one, or that of the file's name. */
static sw_code find_model(served_side *side, const char *path, sw_err *err)
{
    char name[256];
    model_list list = {.n = 0};
    const char *const slash = strrchr(path, '/');
    snprintf(name, sizeof name, "%s", slash != NULL ? slash + 1 : path);
    char *const dot = strstr(name, ".gguf");
    if (dot != NULL)
        *dot = '\0';
    sw_code code = target_list_models(side->target, &list, err);
    if (code == SW_OK && list.n > 1 && !model_list_has(&list, name))
        code = sw_fail(err, SW_EINVAL, "side %s: %s has %zu models, and none is named '%s'", side->name,
                       target_base(side->target), list.n, name);
    if (code == SW_OK) {
        side->model = mem_strdup(list.n == 1 ? list.ids[0] : name);
        code = side->model != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory");
    }
    model_list_free(&list);
    return code;
}

/* What the server says about itself, with its version as a side's head has it. */
static sw_code learn(served_side *side, sw_err *err)
{
    json_t *document = NULL;
    sw_err none = {0};
    if (target_get_json(side->target, "/v1/placement", &document, &none) != SW_OK)
        return SW_OK;
    side->placement = json_deep_copy(json_array_get(json_object_get(document, "data"), 0));
    json_decref(document);
    if (side->placement == NULL)
        return SW_OK;
    json_put(&side->placement, "spillway", json_string(target_software(side->target)));
    return side->placement != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory");
}

static sw_code open_side(served_side *side, const parity_command *command, const char *url, sw_err *err)
{
    sw_code code = SW_OK;
    if (url == NULL)
        code = start(side, command, &url, err);
    if (code == SW_OK)
        code = target_open(&side->target, url, NULL, err);
    if (code == SW_OK)
        code = find_model(side, command->model, err);
    if (code == SW_OK) // loads the model, so that its placement is known
        code = server_post_token(side->target, side->model, ANSWER_S, NULL, err);
    return code == SW_OK ? learn(side, err) : code;
}

static void close_side(served_side *side)
{
    target_close(side->target);
    server_process_stop(side->process);
    json_decref(side->placement);
    mem_free(side->model);
}

/* ---- questions -------------------------------------------------------------------------------------------------- */

static char *question(const char *model, const int32_t *ids, size_t n)
{
    json_t *prompt = json_array();
    for (size_t i = 0; i < n; i++)
        json_push(&prompt, json_integer(ids[i]));
    json_t *root =
        json_pack("{s:s, s:i, s:b, s:i}", "model", model, "max_tokens", 0, "echo", 1, "logprobs", N_LIKELIEST);
    json_put(&root, "prompt", prompt);
    buf text;
    buf_init(&text, LIMIT_HTTP_BODY_BYTES);
    json_write(&text, root);
    return buf_take(&text);
}

/* The member `logprobs` of the answer, with a list entry for each of the n tokens; NULL after an error. */
static json_t *ask(const served_side *side, const int32_t *ids, size_t n, sw_err *err)
{
    char *const body = question(side->model, ids, n);
    json_t *answer = NULL;
    if (body == NULL)
        (void)sw_fail(err, SW_ENOMEM, "out of memory");
    else if (server_post(side->target, "/v1/completions", body, ANSWER_S, NULL, &answer, err) != SW_OK)
        answer = NULL;
    mem_free(body);
    const json_t *const choice = json_array_get(json_object_get(answer, "choices"), 0);
    json_t *const logprobs = json_incref(json_object_get(choice, "logprobs"));
    const bool is_whole = json_array_size(json_object_get(logprobs, "token_logprobs")) == n &&
                          json_array_size(json_object_get(logprobs, "top_logprobs")) == n;
    json_decref(answer);
    if (is_whole)
        return logprobs;
    json_decref(logprobs);
    (void)sw_fail(err, SW_EFORMAT, "side %s: %s does not return the log-probabilities of a prompt's tokens", side->name,
                  target_base(side->target));
    return NULL;
}

/* What is said after token i - 1 is at entry i. */
static void compare_answers(logit_parity *sums, const json_t *a, const json_t *b, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const json_t *const top_a = json_array_get(json_object_get(a, "top_logprobs"), i);
        const json_t *const top_b = json_array_get(json_object_get(b, "top_logprobs"), i);
        const double next_a = json_number_value(json_array_get(json_object_get(a, "token_logprobs"), i));
        const double next_b = json_number_value(json_array_get(json_object_get(b, "token_logprobs"), i));
        const logit_difference d = served_position(top_a, top_b, next_a, next_b);
        logit_parity_put(sums, &d);
    }
}

static sw_code compare_lines(logit_parity *sums, const parity_served *p, const served_side *a, const served_side *b,
                             sw_err *err)
{
    for (size_t i = 0; i < p->lines->n_lines; i++) {
        size_t n;
        const int32_t *const ids = token_lines_at(p->lines, i, &n);
        json_t *const from_a = ask(a, ids, n, err), *const from_b = from_a != NULL ? ask(b, ids, n, err) : NULL;
        if (from_b != NULL)
            compare_answers(sums, from_a, from_b, n);
        json_decref(from_a);
        json_decref(from_b);
        if (from_b == NULL)
            return err->code;
    }
    return sums->n_positions > 0
               ? SW_OK
               : sw_fail(err, SW_EINVAL, "no prompt has two tokens: of a last token nothing is known");
}

/* ---- the result ------------------------------------------------------------------------------------------------- */

static void print_text(const logit_parity *s, size_t n_sequences)
{
    const size_t n_other = s->n_positions - s->n_top_same;
    if (s->n_equal == s->n_positions) {
        printf("\nequal within %g, %zu positions of %zu sequences\n", SERVED_TOLERANCE, s->n_positions, n_sequences);
        return;
    }
    printf("\nnot equal: %zu of %zu positions are within %g; the first that is not is number %zu\n", s->n_equal,
           s->n_positions, SERVED_TOLERANCE, s->first);
    printf("KL divergence        mean %.3g, max %.3g (number %zu), nats, at least\n",
           s->kl_sum / (double)s->n_positions, s->kl_max, s->kl_max_at);
    printf("max difference       %.3g of two log-probabilities (number %zu)\n", s->max_difference,
           s->max_difference_at);
    printf("same likeliest token %zu of %zu positions; of the other %zu, %zu near ties (gap below %g)\n", s->n_top_same,
           s->n_positions, n_other, s->n_top_near, s->near_tie);
}

static bool print_json(const logit_parity *s, const served_side *a, const served_side *b)
{
    const bool is_equal = s->n_equal == s->n_positions;
    json_t *root = json_pack("{s:s, s:s, s:O?, s:O?}", "url_a", target_base(a->target), "url_b", target_base(b->target),
                             "a", a->placement, "b", b->placement);
    json_put(&root, "equal", json_boolean(is_equal));
    json_put(&root, "tolerance", json_figure(SERVED_TOLERANCE));
    json_put(&root, "n_positions", json_integer((json_int_t)s->n_positions));
    json_put(&root, "n_equal", json_integer((json_int_t)s->n_equal));
    json_put(&root, "first_difference", is_equal ? json_null() : json_integer((json_int_t)s->first));
    json_put(&root, "kl_mean", json_figure(s->kl_sum / (double)s->n_positions));
    json_put(&root, "kl_max", json_figure(s->kl_max));
    json_put(&root, "max_difference", json_figure(s->max_difference));
    json_put(&root, "n_same_likeliest", json_integer((json_int_t)s->n_top_same));
    json_put(&root, "n_near_ties", json_integer((json_int_t)s->n_top_near));
    json_put(&root, "near_tie", json_figure(s->near_tie));
    const bool ok = json_print(root, JSON_INDENT(2));
    json_decref(root);
    return ok;
}

/* Prints what both sides are, and returns true if they may differ: two servers of spillway that are alike do not. */
static bool may_differ(const parity_served *p, const served_side *a, const served_side *b)
{
    parity_facts facts;
    parity_facts_read(&facts, a->placement, b->placement, NULL, NULL);
    if (!p->as_json) {
        printf("a is %s, b is %s\n\n", target_base(a->target), target_base(b->target));
        if (a->placement != NULL || b->placement != NULL)
            parity_print_facts(&facts);
    }
    const bool is_known = a->placement != NULL && b->placement != NULL;
    return strcmp(target_base(a->target), target_base(b->target)) != 0 && (!is_known || facts.n_different > 0);
}

static int compare(const parity_served *p, const served_side *a, const served_side *b, sw_err *err)
{
    logit_parity sums = logit_parity_begin(p->near_tie);
    if (!may_differ(p, a, b)) {
        fprintf(stderr, "spillway parity: nothing was compared: both sides are the same in effect\n");
        return CMD_EXIT_INVALID;
    }
    if (compare_lines(&sums, p, a, b, err) != SW_OK)
        return cmd_fail("parity", err);
    if (p->as_json && !print_json(&sums, a, b))
        return CMD_EXIT_FAILURE;
    if (!p->as_json)
        print_text(&sums, p->lines->n_lines);
    return sums.n_equal == sums.n_positions ? CMD_EXIT_OK : CMD_EXIT_THRESHOLD;
}

int parity_served_run(const parity_served *p)
{
    sw_err err = {0};
    served_side a = {.name = "a"}, b = {.name = "b"};
    sw_code code = open_side(&a, p->a, p->url_a, &err);
    if (code == SW_OK)
        code = open_side(&b, p->b, p->url_b, &err);
    const int status = code == SW_OK ? compare(p, &a, &b, &err) : cmd_fail("parity", &err);
    close_side(&a);
    close_side(&b);
    return status;
}
