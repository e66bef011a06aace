/* generate_prompt.c - one question as a chat of its own, or text that is continued. */
#include "dialects/generate_prompt.h"

#include "base/alloc.h"
#include "dialects/generation_fields.h"
#include "dialects/message_list.h"
#include "dialects/openai_messages.h"

/* *out is the string `name` of the document; NULL: it has none. */
static bool read_string(json_reader *r, const json_t *document, const char *name, const char **out)
{
    const json_place at = {NULL, name, 0};
    const json_t *const value = json_object_get(document, name);
    *out = json_string_value(value);
    return *out != NULL || value == NULL || json_is_null(value) || json_fail_type(r, &at, "a string");
}

static bool ask(generation_request *g, json_reader *r, const char *system, const char *prompt)
{
    message_list l;
    message_list_begin(&l, g, r);
    bool ok = true;
    if (system != NULL) {
        ok = message_list_add(&l, NULL, SW_ROLE_SYSTEM);
        message_list_content(&l, system);
    }
    ok = ok && message_list_add(&l, NULL, SW_ROLE_USER);
    message_list_content(&l, prompt);
    ok = ok && message_list_end(&l);
    message_list_free(&l);
    return ok;
}

static bool continue_text(generation_request *g, json_reader *r, const char *prompt)
{
    g->prompts = mem_calloc(1, sizeof *g->prompts);
    if (g->prompts == NULL)
        return json_fail_memory(r);
    g->prompt_name = "prompt";
    g->prompts[0].text = prompt;
    g->n_prompts = 1;
    return true;
}

bool generate_prompt_read(generation_request *g, json_reader *r, bool is_raw)
{
    const json_place at = {NULL, "prompt", 0};
    const json_t *const messages = json_object_get(g->document, "messages");
    const bool has_messages = messages != NULL && !json_is_null(messages);
    const char *prompt, *system;
    if (!read_string(r, g->document, "prompt", &prompt) || !read_string(r, g->document, "system", &system))
        return false;
    if (has_messages && (prompt != NULL || is_raw))
        return json_fail(r, &at, JSON_FAULT_RANGE,
                         "prompt and messages cannot both be given, and raw needs a prompt; leave messages out");
    if (has_messages)
        return openai_messages_read_after(g, r, system, messages);
    g->loads_only = prompt == NULL || prompt[0] == '\0';
    if (g->loads_only)
        return true;
    if (is_raw && system != NULL)
        generation_ignore(g, "system");
    return is_raw ? continue_text(g, r, prompt) : ask(g, r, system, prompt);
}
