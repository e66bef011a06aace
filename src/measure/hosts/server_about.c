/* server_about.c - asks for one document after the other until the program is known. */
#include "hosts/server_about.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "hosts/member.h"

static void name_it(server_about *about, const char *program, const char *version)
{
    snprintf(about->software, sizeof about->software, "%s%s%s", program, program[0] != '\0' ? " " : "", version);
    utf8_replace_invalid(about->software, strlen(about->software));
}

/* ---- documents of one program each ------------------------------------------------------------------------------- */

/* spillway and shimmy. */
static void read_health(server_about *about, const json_t *document, fact_list *facts)
{
    (void)facts;
    const char *const service = member_text(document, "service"), *const version = member_text(document, "version");
    if (service == NULL || version == NULL)
        return;
    name_it(about, service, version);
    about->is_spillway = strcmp(service, "spillway") == 0;
}

/* "temperature 0.3, top_k 40, ...", of the settings that the document has. */
static void put_sampler(const json_t *document, fact_list *facts)
{
    static const char *const NAMES[] = {"temperature",      "top_k",          "top_p",         "min_p",
                                        "typical_p",        "repeat_penalty", "repeat_last_n", "presence_penalty",
                                        "frequency_penalty"};
    char text[400] = "";
    size_t n = 0;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES && n < sizeof text; i++) {
        char path[64];
        snprintf(path, sizeof path, "default_generation_settings.params.%s", NAMES[i]);
        const double setting = member_setting(document, path);
        if (isfinite(setting))
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %.6g", n > 0 ? ", " : "", NAMES[i], setting);
    }
    fact_list_text(facts, FACT_SAMPLER, text, "/props");
}

/* llama-server, and whoever speaks like it. */
static void read_props(server_about *about, const json_t *document, fact_list *facts)
{
    const char *const build = member_text(document, "build_info");
    if (build != NULL && about->software[0] == '\0')
        name_it(about, strncmp(build, "spillway ", 9) == 0 ? "" : "llama-server", build);
    fact_list_number(facts, FACT_N_CTX, member_number(document, "default_generation_settings.n_ctx"), "/props");
    fact_list_number(facts, FACT_N_SLOTS, member_number(document, "total_slots"), "/props");
    put_sampler(document, facts);
}

static void read_ollama(server_about *about, const json_t *document, fact_list *facts)
{
    (void)facts;
    const char *const version = member_text(document, "version");
    if (version == NULL || about->software[0] != '\0')
        return;
    name_it(about, "Ollama", version);
    about->is_ollama = true;
}

static void read_vllm(server_about *about, const json_t *document, fact_list *facts)
{
    (void)facts;
    const char *const version = member_text(document, "version");
    if (version != NULL && about->software[0] == '\0')
        name_it(about, "vLLM", version);
}

/* ---- in their order ---------------------------------------------------------------------------------------------- */

typedef struct about_source {
    const char *path;
    void (*read)(server_about *about, const json_t *document, fact_list *facts);
    bool is_for_all; // asked even if the program is known already
} about_source;

// spillway answers /api/version as Ollama does, so it is asked before.
static const about_source SOURCES[] = {{"/health", read_health, true},
                                       {"/props", read_props, true},
                                       {"/api/version", read_ollama, false},
                                       {"/version", read_vllm, false}};

/* A server that does not answer is not asked further: each question may take seconds. */
sw_code server_about_read(server_about *out, chat_target *target, fact_list *facts, sw_err *err)
{
    sw_code code = SW_OK;
    *out = (server_about){0};
    for (size_t i = 0; i < sizeof SOURCES / sizeof *SOURCES && code != SW_EIO; i++) {
        json_t *document;
        sw_err why = {0};
        if (!SOURCES[i].is_for_all && out->software[0] != '\0')
            continue;
        code = target_get_json(target, SOURCES[i].path, &document, &why);
        if (code == SW_ENOMEM)
            return sw_fail(err, code, "%s", why.msg);
        if (document != NULL)
            SOURCES[i].read(out, document, facts);
        json_decref(document);
    }
    if (out->software[0] == '\0')
        name_it(out, "", target_software(target));
    return facts->failed ? sw_fail(err, SW_ENOMEM, "out of memory for what the server says of itself") : SW_OK;
}
