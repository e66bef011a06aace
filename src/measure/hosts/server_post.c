/* server_post.c - a blocking request on a handle of its own, which a signal can end. */
#include "hosts/server_post.h"

#include <curl/curl.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "client/event_json.h"

enum { ANSWER_BYTES_MAX = 1 << 20 };

static size_t on_body(char *bytes, size_t size, size_t n, void *ud)
{
    buf *const body = ud;
    buf_append(body, bytes, n * size);
    return body->failed == SW_OK ? n * size : 0;
}

/* curl calls it about once a second, and more often while bytes move; another result than 0 ends the request. */
static int on_progress(void *ud, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    const atomic_bool *const cancel = ud;
    return cancel != NULL && atomic_load_explicit(cancel, memory_order_relaxed);
}

static sw_code read_answer(const chat_target *target, const char *path, CURL *easy, CURLcode verdict, const buf *answer,
                           json_t **out, sw_err *err)
{
    long status = 0;
    json_error_t why;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (verdict == CURLE_ABORTED_BY_CALLBACK)
        return sw_fail(err, SW_ECANCELED, "canceled while a question was answered");
    if (answer->failed == SW_ENOMEM)
        return sw_fail(err, SW_ENOMEM, "out of memory for an answer");
    if (answer->failed != SW_OK)
        return sw_fail(err, SW_EFORMAT, "%s%s sends more than %d bytes", target_base(target), path, ANSWER_BYTES_MAX);
    if (verdict != CURLE_OK)
        return sw_fail(err, SW_EIO, "%s%s: %s", target_base(target), path, curl_easy_strerror(verdict));
    if (status != 200)
        return sw_fail(err, SW_EINVAL, "%s%s answers HTTP %ld", target_base(target), path, status);
    *out = event_json_load(buf_str(answer), answer->size, &why);
    if (*out == NULL && event_json_is_no_memory(&why))
        return sw_fail(err, SW_ENOMEM, "out of memory for an answer");
    return *out != NULL ? SW_OK : sw_fail(err, SW_EFORMAT, "%s%s sends no JSON document", target_base(target), path);
}

sw_code server_post(const chat_target *target, const char *path, const char *body, double timeout_s,
                    const atomic_bool *cancel, json_t **out, sw_err *err)
{
    *out = NULL;
    buf answer;
    buf_init(&answer, ANSWER_BYTES_MAX);
    CURL *const easy = curl_easy_init();
    if (easy == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for a question");
    sw_code code = target_prepare(target, easy, path, body, err);
    if (code == SW_OK) {
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(timeout_s * 1000));
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
        curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
        curl_easy_setopt(easy, CURLOPT_XFERINFODATA, (void *)cancel);
        code = read_answer(target, path, easy, curl_easy_perform(easy), &answer, out, err);
    }
    curl_easy_cleanup(easy);
    buf_free(&answer);
    return code;
}

sw_code server_post_token(const chat_target *target, const char *model, double timeout_s, const atomic_bool *cancel,
                          sw_err *err)
{
    json_t *const request = json_pack("{s:s, s:[{s:s, s:s}], s:i}", "model", model, "messages", "role", "user",
                                      "content", "Hi", "max_tokens", 1);
    char *const body = request != NULL ? json_dumps(request, JSON_COMPACT) : NULL;
    json_t *answer = NULL;
    const sw_code code = body != NULL
                             ? server_post(target, "/v1/chat/completions", body, timeout_s, cancel, &answer, err)
                             : sw_fail(err, SW_ENOMEM, "out of memory for a question");
    json_decref(answer);
    json_decref(request);
    mem_free(body);
    return code;
}
