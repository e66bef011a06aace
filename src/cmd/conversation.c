/* conversation.c - a list of messages with owned texts. */
#include "cmd/conversation.h"

#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "cmd/output_file.h"
#include "json/json_fields.h"
#include "json/json_out.h"

static const char *const ROLES[] = {
    [SW_ROLE_SYSTEM] = "system", [SW_ROLE_USER] = "user", [SW_ROLE_ASSISTANT] = "assistant"};

enum { N_ROLES = sizeof ROLES / sizeof ROLES[0] };

void conversation_free(conversation *c)
{
    conversation_cut(c, 0);
    mem_free(c->messages);
    *c = (conversation){0};
}

void conversation_cut(conversation *c, size_t n)
{
    while (c->n > n)
        mem_free((char *)c->messages[--c->n].content);
}

sw_code conversation_add(conversation *c, sw_role role, const char *text, sw_err *err)
{
    char *const copy = mem_strdup(text);
    if (copy == NULL || !mem_grow(&c->messages, &c->cap, c->n + 1, sizeof *c->messages)) {
        mem_free(copy);
        return sw_fail(err, SW_ENOMEM, "chat: out of memory");
    }
    c->messages[c->n++] = (sw_message){.role = role, .content = copy};
    return SW_OK;
}

bool conversation_drop_oldest(conversation *c)
{
    size_t end = c->n_system + 1; // behind the oldest question and what answers it
    while (end < c->n && c->messages[end].role != SW_ROLE_USER)
        end++;
    if (end >= c->n)
        return false;
    for (size_t i = c->n_system; i < end; i++)
        mem_free((char *)c->messages[i].content);
    memmove(c->messages + c->n_system, c->messages + end, (c->n - end) * sizeof *c->messages);
    c->n -= end - c->n_system;
    return true;
}

sw_code conversation_set_system(conversation *c, const char *text, sw_err *err)
{
    const bool is_wanted = text != NULL && text[0] != '\0';
    if (is_wanted) {
        const sw_code code = conversation_add(c, SW_ROLE_SYSTEM, text, err);
        if (code != SW_OK)
            return code;
    }
    const sw_message added = is_wanted ? c->messages[--c->n] : (sw_message){0};
    if (c->n_system > 0) {
        mem_free((char *)c->messages[0].content);
        memmove(c->messages, c->messages + 1, --c->n * sizeof *c->messages);
    }
    if (is_wanted) {
        memmove(c->messages + 1, c->messages, c->n++ * sizeof *c->messages);
        c->messages[0] = added;
    }
    c->n_system = is_wanted;
    return SW_OK;
}

/* ---- the file ------------------------------------------------------------------------------------------------- */

sw_code conversation_save(const conversation *c, const char *path, sw_err *err)
{
    sw_code code = output_file_check(path, NULL, /*force=*/false, err);
    if (code != SW_OK)
        return code;
    json_t *list = json_array();
    for (size_t i = 0; i < c->n; i++)
        json_push(&list, json_pack("{ss, ss}", "role", ROLES[c->messages[i].role], "content", c->messages[i].content));
    json_t *root = json_object();
    json_put(&root, "messages", list);
    buf text;
    buf_init(&text, 8 * (size_t)LIMIT_PROMPT_BYTES);
    json_write(&text, root);
    buf_putc(&text, '\n');
    code = text.failed == SW_OK ? file_put(path, text.data, text.size, err)
                                : sw_fail(err, text.failed, "%s: the conversation is too large to be written", path);
    buf_free(&text);
    return code;
}

/* Adds one message of a file.  Errors: SW_EFORMAT, SW_ENOMEM. */
static sw_code add_from_json(conversation *c, const json_t *message, const char *path, sw_err *err)
{
    const char *const role = json_string_value(json_object_get(message, "role"));
    const char *const content = json_string_value(json_object_get(message, "content"));
    for (int r = 0; role != NULL && content != NULL && r < N_ROLES; r++) {
        if (strcmp(role, ROLES[r]) != 0)
            continue;
        if (r == SW_ROLE_SYSTEM && c->n > 0)
            break;
        c->n_system += r == SW_ROLE_SYSTEM;
        return conversation_add(c, (sw_role)r, content, err);
    }
    return sw_fail(err, SW_EFORMAT,
                   "%s: messages[%zu] has no 'role' (system at the beginning, user, assistant) or no 'content' as text",
                   path, c->n);
}

sw_code conversation_load(conversation *c, const char *path, sw_err *err)
{
    char *text;
    size_t n;
    sw_code code = file_slurp(path, LIMIT_PROMPT_BYTES, &text, &n, err);
    if (code != SW_OK)
        return code;
    json_reader reader = {.document = "the conversation"};
    json_t *const root = json_load_text(&reader, text, n, &(json_load_options){.bytes_max = LIMIT_PROMPT_BYTES});
    mem_free(text);
    const json_t *const list = json_object_get(root, "messages");
    if (root == NULL)
        code = sw_fail(err, SW_EFORMAT, "%s: %s", path, reader.fault.message);
    else if (!json_is_array(list) || json_array_size(list) > LIMIT_MESSAGES)
        code = sw_fail(err, SW_EFORMAT, "%s has no list 'messages' of at most %d", path, LIMIT_MESSAGES);
    conversation loaded = {0};
    for (size_t i = 0; code == SW_OK && i < json_array_size(list); i++)
        code = add_from_json(&loaded, json_array_get(list, i), path, err);
    json_decref(root);
    if (code != SW_OK) {
        conversation_free(&loaded);
        return code;
    }
    conversation_free(c);
    *c = loaded;
    return SW_OK;
}
