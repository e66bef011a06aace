/* cmd_serve.c - `spillway serve`: options to a server, which runs until it is interrupted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cmd/address_args.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/engine_args.h"
#include "server/server.h"

/* Splits "ADDR:PORT" or "[ADDR]:PORT", or accepts "auto", into out->address and out->port (-1: auto).  `bind` is
 * modified and must outlive *out.  Returns false if it is none of these. */
static bool parse_bind(char *bind, server_options *out)
{
    out->address = "127.0.0.1";
    if (strcmp(bind, "auto") == 0) {
        out->port = -1;
        return true;
    }
    char *const colon = strrchr(bind, ':');
    char *end;
    if (colon == NULL || colon[1] < '0' || colon[1] > '9')
        return false;
    const long port = strtol(colon + 1, &end, 10);
    if (*end != '\0' || port > 65535 || colon == bind)
        return false;
    *colon = '\0';
    if (bind[0] == '[' && colon[-1] == ']') {
        colon[-1] = '\0';
        bind++;
    }
    out->address = strcmp(bind, "localhost") == 0 ? "127.0.0.1" : bind;
    out->port = (int)port;
    return true;
}

/* Returns true if every entry of the list is an origin; otherwise copies the first that is not. */
static bool check_origins(const char *list, char *bad, size_t size)
{
    while (list != NULL && *list != '\0') {
        list += strspn(list, ", ");
        const size_t n = strcspn(list, ", ");
        snprintf(bad, size, "%.*s", (int)(n < size ? n : size - 1), list);
        const char *const colon = strstr(bad, "://");
        if (n > 0 && (colon == NULL || colon == bad || colon[3] == '\0'))
            return false;
        list += n;
    }
    return true;
}

int cmd_serve(int argc, char **argv)
{
    server_options o = {
        .model_dirs = "./models", .ping_interval_s = 15, .body_timeout_s = 60, .slow_client_timeout_s = 30};
    engine_args engine = {0};
    address_args address = {.port = -1};
    long n_seqs = 4, n_trace_rows = 0;
    double stub_rate = 0;
    // clang-format off
    const arg_row rows[] = {
        ADDRESS_ARG_ROWS(address),
        {"model-dirs", NULL, ARG_STRING, &o.model_dirs, 0, 0, "'A;B'", "folders with GGUF files (default: ./models)"},
        ENGINE_ARG_ROWS(engine),
        DATE_ARG_ROW(engine),
        {"parallel", "-np", ARG_INT, &n_seqs, 1, LIMIT_SEQUENCES, "N", "sequences decoded together (default: 4)"},
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
    };
    // clang-format on
    const arg_list args = {.command = "serve",
                           .usage = "[MODEL] [OPTIONS]",
                           .description =
                               "Serves models over an OpenAI-compatible HTTP interface.  MODEL is a GGUF file, the "
                               "name of one in the model folders, or 'stub:', a model of fixed words for tests.\n"
                               "The first line on standard output is the URL.  Ctrl-C ends the server.",
                           .rows = rows,
                           .n_rows = sizeof rows / sizeof rows[0],
                           .max_positional = 1,
                           .model = ARG_MODEL_AS_GIVEN};
    size_t n_positional;
    const int status = args_parse(&args, argc, argv, &o.model, &n_positional);
    if (status >= 0)
        return status;
    char bind_option[128], bind_text[128]; // parse_bind cuts this one; o.address points into it
    sw_err bad = {0};
    if (address_args_text(&address, bind_option, sizeof bind_option, &bad) != SW_OK)
        return cmd_fail("serve", &bad);
    snprintf(bind_text, sizeof bind_text, "%s", bind_option);
    if (!parse_bind(bind_text, &o)) {
        fprintf(stderr, "spillway serve: --bind takes ADDR:PORT or auto, not '%s'\n", bind_option);
        return CMD_EXIT_USAGE;
    }
    char bad_origin[128];
    if (!check_origins(o.allow_origin, bad_origin, sizeof bad_origin)) {
        fprintf(stderr,
                "spillway serve: --allow-origin takes origins such as app://NAME or vscode-webview://*, not '%s'\n",
                bad_origin);
        return CMD_EXIT_USAGE;
    }
    sw_err err = {0};
    if (engine_args_resolve(&engine, &o.engine, &err) != SW_OK)
        return cmd_fail("serve", &err);
    o.engine.n_seqs = (int)n_seqs;
    o.engine.expert_trace = (int)n_trace_rows;
    o.engine.stub_tokens_per_s = stub_rate;
    return server_run(&o, &err) == SW_OK ? CMD_EXIT_OK : cmd_fail("serve", &err);
}
