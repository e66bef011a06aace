/* cmd_serve.c - `spillway serve`: options to a server, which runs until it is interrupted. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "cmd/address_args.h"
#include "cmd/args.h"
#include "cmd/byte_count.h"
#include "cmd/cmd.h"
#include "cmd/engine_args.h"
#include "server/server.h"

enum { ALIAS_BYTES_MAX = 200 };

/* Refuses a list with an entry that is no origin; NULL is an empty list.  Errors: SW_EINVAL. */
static sw_code check_origins(const char *list, sw_err *err)
{
    char entry[128];
    while (list != NULL && *list != '\0') {
        list += strspn(list, ", ");
        const size_t n = strcspn(list, ", ");
        snprintf(entry, sizeof entry, "%.*s", (int)(n < sizeof entry ? n : sizeof entry - 1), list);
        const char *const colon = strstr(entry, "://");
        if (n > 0 && (colon == NULL || colon == entry || colon[3] == '\0'))
            return sw_fail(err, SW_EINVAL,
                           "--allow-origin takes origins such as app://NAME or vscode-webview://*, not '%s'", entry);
        list += n;
    }
    return SW_OK;
}

/* Refuses an alias of nothing, or one that is no name.  Errors: SW_EINVAL. */
static sw_code check_alias(const server_options *o, sw_err *err)
{
    if (o->alias == NULL)
        return SW_OK;
    const size_t n = strlen(o->alias);
    if (o->model == NULL)
        return sw_fail(err, SW_EINVAL, "--alias is another name for MODEL, but no MODEL is given");
    if (n == 0 || n > ALIAS_BYTES_MAX || !utf8_valid(o->alias, n))
        return sw_fail(err, SW_EINVAL, "--alias takes a name of 1 to %d bytes, not %zu", ALIAS_BYTES_MAX, n);
    return SW_OK;
}

static sw_code check_metrics_alias(const char *alias, sw_err *err)
{
    if (alias == NULL || strcmp(alias, "llamacpp") == 0 || strcmp(alias, "vllm") == 0)
        return SW_OK;
    return sw_fail(err, SW_EINVAL, "--metrics-alias takes llamacpp or vllm, not '%.60s'", alias);
}

/* *out is 0 for "auto".  Errors: SW_EINVAL. */
static sw_code read_ram(const char *text, uint64_t *out, sw_err *err)
{
    *out = 0;
    if (strcmp(text, "auto") == 0 || byte_count_parse(text, out))
        return SW_OK;
    return sw_fail(err, SW_EINVAL, "--ram takes a size such as 24G or 800MiB, or auto, not '%.60s'", text);
}

/* Reads the word of --api-generate; NULL: auto.  Errors: SW_EINVAL. */
static sw_code choose_generate(const char *word, server_generate *out, sw_err *err)
{
    static const char *const WORDS[] = {
        [SERVER_GENERATE_AUTO] = "auto", [SERVER_GENERATE_SHIMMY] = "shimmy", [SERVER_GENERATE_OLLAMA] = "ollama"};
    for (int i = 0; word != NULL && i < 3; i++) {
        if (strcmp(word, WORDS[i]) == 0) {
            *out = (server_generate)i;
            return SW_OK;
        }
    }
    return word == NULL ? SW_OK
                        : sw_fail(err, SW_EINVAL, "--api-generate takes shimmy, ollama or auto, not '%.40s'", word);
}

int cmd_serve(int argc, char **argv)
{
    server_options o = {.ping_interval_s = 15, .body_timeout_s = 60, .slow_client_timeout_s = 30};
    engine_args engine = {0};
    address_args address = {.port = -1};
    long n_seqs = 4, n_trace_rows = 0, n_models_max = LIMIT_LOADED_MODELS;
    double stub_rate = 0, keep_alive_s = -1;
    const char *ram = "auto";
    const char *generate_as = NULL;
    // clang-format off
    const arg_row rows[] = {
        ADDRESS_ARG_ROWS(address),
        {"model-dirs", NULL, ARG_STRING, &o.model_dirs, 0, 0, "'A;B'", "folders with GGUF files, or stores of Ollama (default: ./models and the usual places, see docs/commands.md)"},
        ENGINE_ARG_ROWS(engine),
        DATE_ARG_ROW(engine),
        {"parallel", "-np", ARG_INT, &n_seqs, 1, LIMIT_SEQUENCES, "N", "sequences decoded together (default: 4)"},
        {"ram", NULL, ARG_STRING, &ram, 0, 0, "BYTES", "memory for weights and caches of all loaded models, such as 24G; auto: nine tenths of what is available at the start (default: auto)"},
        {"max-loaded", NULL, ARG_INT, &n_models_max, 1, LIMIT_LOADED_MODELS, "N", "models loaded at once; the one unused for longest makes room (default: as many as --ram allows)"},
        {"keep-alive", NULL, ARG_DOUBLE, &keep_alive_s, -1, 1e9, "S", "seconds of idleness after which a model is unloaded; 0: after each request; -1: never (default: -1)"},
        {"metrics-alias", NULL, ARG_STRING, &o.metrics_alias, 0, 0, "NAME", "llamacpp or vllm: /metrics also has that server's names (default: neither)"},
        {"alias", "-a", ARG_STRING, &o.alias, 0, 0, "NAME", "name of MODEL for clients (default: that of its file)"},
        {"api-generate", NULL, ARG_STRING, &generate_as, 0, 0, "WHOSE", "whose requests /api/generate takes: shimmy, ollama, or auto, which looks at them (default: auto)"},
        {"api-key", NULL, ARG_STRING, &o.api_key, 0, 0, "KEY", "require this key for chat requests"},
        {"default-model", NULL, ARG_STRING, &o.default_model, 0, 0, "NAME", "model of requests that name none (default: the loaded one, else the first)"},
        {"any-model-name", NULL, ARG_FLAG, &o.any_model_name, 0, 0, NULL, "answer requests for unknown models with that model (default: only if MODEL is the only one known)"},
        {"allow-origin", NULL, ARG_STRING, &o.allow_origin, 0, 0, "LIST", "origins that may call besides pages of this machine, such as 'app://obsidian.md,vscode-webview://*'"},
        {"cors-any", NULL, ARG_FLAG, &o.cors_any, 0, 0, NULL, "accept requests from any web page (default: only pages of this machine)"},
        {"sse-ping-interval", NULL, ARG_DOUBLE, &o.ping_interval_s, 0, 3600, "S", "seconds of silence after which a stream sends a comment; 0: never (default: 15)"},
        {"body-timeout", NULL, ARG_DOUBLE, &o.body_timeout_s, 0.1, 3600, "S", "seconds within which a request's body must arrive (default: 60)"},
        {"slow-client-timeout", NULL, ARG_DOUBLE, &o.slow_client_timeout_s, 0.1, 3600, "S", "seconds without reading after which a client's connection is closed (default: 30)"},
        {"expert-trace", NULL, ARG_INT, &n_trace_rows, 0, LIMIT_EXPERT_TRACE_ROWS, "N", "rows of chosen experts, one per token and layer, that /v1/experts/trace keeps (default: 0, none)"},
        {"stub-rate", NULL, ARG_DOUBLE, &stub_rate, 0, 1e6, "R", "tokens per second of the model 'stub:' (default: 0, no limit)"},
        {"verbose", "-v", ARG_FLAG, &o.verbose, 0, 0, NULL, "print a line per request on standard error"},
        {"quiet", "-q", ARG_FLAG, &o.quiet, 0, 0, NULL, "print only errors on standard error"},
    };
    // clang-format on
    const arg_list args = {
        .command = "serve",
        .usage = "[MODEL] [OPTIONS]",
        .description =
            "Serves models over the HTTP interfaces of OpenAI, Anthropic, Ollama and shimmy.  MODEL "
            "is a GGUF file, the name of one in the model folders, or 'stub:', a model of fixed words for tests.\n"
            "The first line on standard output is the URL.  Ctrl-C ends the server.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .max_positional = 1,
        .model = ARG_MODEL_AS_GIVEN};
    size_t n_positional;
    const int status = args_parse(&args, argc, argv, &o.model, &n_positional);
    if (status >= 0)
        return status;
    char host[128];
    o.address = host;
    sw_err err = {0};
    sw_code code = address_args_resolve(&address, host, sizeof host, &o.port, &err);
    if (code == SW_OK)
        code = check_origins(o.allow_origin, &err);
    if (code == SW_OK && o.quiet && o.verbose)
        code = sw_fail(&err, SW_EINVAL, "--quiet and --verbose are opposites; give one of them");
    if (code == SW_OK)
        code = check_alias(&o, &err);
    if (code == SW_OK)
        code = choose_generate(generate_as, &o.generate_as, &err);
    if (code == SW_OK)
        code = engine_args_resolve(&engine, &o.engine, &err);
    if (code == SW_OK)
        code = check_metrics_alias(o.metrics_alias, &err);
    if (code == SW_OK)
        code = read_ram(ram, &o.memory_bytes_max, &err);
    o.n_models_max = (int)n_models_max;
    o.has_keep_alive = keep_alive_s >= 0;
    o.keep_alive_s = keep_alive_s;
    o.engine.n_seqs = (int)n_seqs;
    o.engine.expert_trace = (int)n_trace_rows;
    o.engine.stub_tokens_per_s = stub_rate;
    if (code == SW_OK)
        code = server_run(&o, &err);
    return cmd_end("serve", code, &err);
}
