/* target.c - checks an address and a key once, and makes the small requests that prepare a benchmark.
 *
 * Each target has one curl handle of its own for these; what is measured runs on handles of its transfers.
 */
#include "client/target.h"

#include <curl/curl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/rng.h"
#include "client/address.h"
#include "client/connect_error.h"
#include "client/event_json.h"
#include "client/request_lines.h"

enum {
    QUICK_TIMEOUT_MS = 5000,      // of health and model list requests
    BODY_BYTES_MAX = 1024 * 1024, // of their answers
    SOFTWARE_BYTES = 200          // of a Server header; a longer one is cut
};

/* What transfers learn, on whatever thread they are. */
typedef struct target_notes {
    atomic_uint refused; // bits of question_drop
    _Atomic uint64_t nonce;
} target_notes;

struct chat_target {
    char *base; // URL without trailing "/" and "/v1"
    int port;   // 0: the server is not on this machine
    request_lines lines;
    target_notes *notes;
    CURL *easy;                       // of the small requests
    buf body;                         // the last answer to one
    CURLcode verdict;                 // on the last of them
    char software[SOFTWARE_BYTES];    // its Server header, or ""
    char curl_error[CURL_ERROR_SIZE]; // what curl says of its failure, or ""
};

/* Once per process: curl_global_init is not safe to call from two threads. */
static void init_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static sw_code out_of_memory(sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory preparing requests");
}

static size_t on_body(char *bytes, size_t size, size_t n, void *ud)
{
    chat_target *const t = ud;
    buf_append(&t->body, bytes, n * size);
    return t->body.failed == SW_OK ? n * size : 0;
}

/* Keeps what follows "Server:"; every line of the headers comes here by itself. */
static size_t on_header(char *line, size_t size, size_t n, void *ud)
{
    chat_target *const t = ud;
    static const char NAME[] = "server:";
    const size_t n_name = sizeof NAME - 1;
    size_t end = n * size;
    if (end < n_name || strncasecmp(line, NAME, n_name) != 0)
        return n * size;
    size_t start = n_name;
    while (end > start && strchr("\r\n\t ", line[end - 1]) != NULL)
        end--;
    while (start < end && (line[start] == ' ' || line[start] == '\t'))
        start++;
    snprintf(t->software, sizeof t->software, "%.*s", (int)(end - start), line + start);
    return n * size;
}

sw_code target_open(chat_target **out, const char *url, const char *api_key, sw_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_curl);
    *out = NULL;
    chat_target *const t = mem_calloc(1, sizeof *t);
    if (t == NULL)
        return out_of_memory(err);
    buf_init(&t->body, BODY_BYTES_MAX);
    t->easy = curl_easy_init();
    t->notes = mem_calloc(1, sizeof *t->notes);
    if (t->notes != NULL)
        atomic_init(&t->notes->nonce, entropy_next(NULL));
    sw_code code =
        t->easy != NULL && t->notes != NULL ? address_read(url, &t->base, &t->port, err) : out_of_memory(err);
    if (code == SW_OK)
        code = request_lines_make(&t->lines, api_key, err);
    if (code != SW_OK) {
        target_close(t);
        return code;
    }
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)QUICK_TIMEOUT_MS);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->curl_error);
    *out = t;
    return SW_OK;
}

void target_close(chat_target *t)
{
    if (t == NULL)
        return;
    curl_easy_cleanup(t->easy);
    request_lines_free(&t->lines);
    buf_free(&t->body);
    mem_free(t->notes);
    mem_free(t->base);
    mem_free(t);
}

const char *target_base(const chat_target *t)
{
    return t->base;
}

int target_loopback_port(const chat_target *t)
{
    return t->port;
}

unsigned target_refused_fields(const chat_target *t)
{
    return atomic_load(&t->notes->refused);
}

void target_refuses(const chat_target *t, unsigned fields)
{
    atomic_fetch_or(&t->notes->refused, fields);
}

uint64_t target_next_nonce(const chat_target *t)
{
    return atomic_fetch_add(&t->notes->nonce, 1);
}

/* ---- requests --------------------------------------------------------------------------------------------------- */

/* What all requests have in common. */
static sw_code prepare(const chat_target *t, CURL *easy, const char *path, sw_err *err)
{
    char url[4096];
    const int n = snprintf(url, sizeof url, "%s%s", t->base, path);
    if (n < 0 || (size_t)n >= sizeof url)
        return sw_fail(err, SW_EINVAL, "the server's address is too long");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "spillway-bench");
    if (t->port != 0)
        curl_easy_setopt(easy, CURLOPT_PROXY, ""); // a proxy of the environment cannot reach this machine
    return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK ? SW_OK : out_of_memory(err);
}

sw_code target_prepare(const chat_target *t, void *easy, const char *path, const char *json, sw_err *err)
{
    const sw_code code = prepare(t, easy, path, err);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, json != NULL ? t->lines.post : t->lines.get);
    if (json == NULL)
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    else if (curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, json) != CURLE_OK)
        return out_of_memory(err);
    return code;
}

sw_code target_prepare_ws(const chat_target *t, void *easy, const char *path, sw_err *err)
{
    const sw_code code = prepare(t, easy, path, err);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->lines.ws);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "GET");
    return code;
}

/* Fetches a small document into t->body.  Returns true if it came whole, in time and with status 200; *status_out is 0
 * if there was no answer at all. */
static bool get(chat_target *t, const char *path, long *status_out)
{
    *status_out = 0;
    buf_clear(&t->body);
    t->software[0] = '\0';
    if (target_prepare(t, t->easy, path, NULL, NULL) != SW_OK)
        return false;
    t->curl_error[0] = '\0';
    t->verdict = curl_easy_perform(t->easy);
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, status_out);
    return t->verdict == CURLE_OK && *status_out == 200;
}

bool target_is_healthy(chat_target *t)
{
    long status;
    return get(t, "/health", &status) || (status == 404 && get(t, "/v1/models", &status));
}

/* Copies the ids of the document that get() fetched. */
static sw_code copy_ids(const chat_target *t, model_list *out, sw_err *err)
{
    json_error_t why;
    json_t *const root = event_json_load(buf_str(&t->body), t->body.size, &why);
    if (root == NULL && event_json_is_no_memory(&why))
        return out_of_memory(err);
    const json_t *const data = json_object_get(root, "data");
    const size_t n = json_array_size(data);
    sw_code code = SW_OK;
    if (n > 0 && (out->ids = mem_calloc(n, sizeof *out->ids)) == NULL)
        code = sw_fail(err, SW_ENOMEM, "out of memory for %zu models", n);
    for (size_t i = 0; i < n && code == SW_OK; i++) {
        const char *const id = json_string_value(json_object_get(json_array_get(data, i), "id"));
        if (id != NULL && id[0] != '\0' && (out->ids[out->n++] = mem_strdup(id)) == NULL)
            code = sw_fail(err, SW_ENOMEM, "out of memory for %zu models", n);
    }
    json_decref(root);
    if (code == SW_OK && out->n == 0)
        code = sw_fail(err, SW_ENOTFOUND, "%s/v1/models lists no model; name one with --model", t->base);
    return code;
}

/* No answer that a server finished, whatever its status is. */
static sw_code fail_unanswered(const chat_target *t, sw_err *err)
{
    char why[CONNECT_ERROR_BYTES];
    connect_error_text(why, t->base, (int)t->verdict, t->curl_error);
    return sw_fail(err, SW_EIO, "%s", why);
}

sw_code target_list_models(chat_target *t, model_list *out, sw_err *err)
{
    *out = (model_list){0};
    long status;
    if (get(t, "/v1/models", &status))
        return copy_ids(t, out, err);
    if (status != 0 && status != 200)
        return sw_fail(err, SW_EIO, "%s/v1/models answers HTTP %ld; name the model with --model%s", t->base, status,
                       status == 401 ? " and the key with --api-key" : "");
    return fail_unanswered(t, err);
}

/* Why get() failed, for a document that is read by itself. */
static sw_code fail_document(const chat_target *t, const char *path, long status, sw_err *err)
{
    if (t->body.failed == SW_ELIMIT)
        return sw_fail(err, SW_EFORMAT, "%s%s sends more than %d bytes", t->base, path, BODY_BYTES_MAX);
    if (t->body.failed != SW_OK)
        return out_of_memory(err);
    if (status == 0 || t->verdict != CURLE_OK)
        return fail_unanswered(t, err);
    const bool is_absent = status == 404 || status == 405 || status == 501;
    return sw_fail(err, is_absent ? SW_ENOTFOUND : SW_EINVAL, "%s%s answers HTTP %ld", t->base, path, status);
}

sw_code target_get_json(chat_target *t, const char *path, json_t **out, sw_err *err)
{
    long status;
    json_error_t why;
    *out = NULL;
    if (!get(t, path, &status))
        return fail_document(t, path, status, err);
    *out = event_json_load(buf_str(&t->body), t->body.size, &why);
    if (*out != NULL)
        return SW_OK;
    if (event_json_is_no_memory(&why))
        return out_of_memory(err);
    return sw_fail(err, SW_EFORMAT, "%s%s sends no JSON document: %s", t->base, path, why.text);
}

const char *target_software(const chat_target *t)
{
    return t->software;
}

void model_list_free(model_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        mem_free(list->ids[i]);
    mem_free(list->ids);
    *list = (model_list){0};
}

bool model_list_has(const model_list *list, const char *id)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->ids[i], id) == 0)
            return true;
    }
    return false;
}
