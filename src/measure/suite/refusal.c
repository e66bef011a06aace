/* refusal.c - judges a first answer by its status and by the model that it names. */
#include "suite/refusal.h"

#include <string.h>

#include "base/buf.h"

enum { MODELS_BYTES_MAX = 160 };

/* Appends the names of the models that the server lists, as many as fit a sentence. */
static void put_models(buf *out, const model_list *listed)
{
    for (size_t i = 0; i < listed->n; i++) {
        if (out->size + strlen(listed->ids[i]) > MODELS_BYTES_MAX) {
            buf_puts(out, ", ...");
            return;
        }
        buf_printf(out, "%s%s", i == 0 ? "; it lists: " : ", ", listed->ids[i]);
    }
}

/* Returns true if the server refuses what every test asks.  Statuses that pass by (a timeout, a queue that is full) and
 * errors of the server are results of this test alone, unless the model is not one that the server lists. */
static bool is_refusal(const model_list *listed, const char *model, const test_record *test)
{
    const answer_record *const a = &test->answer;
    const int status = a->http_status;
    const bool is_unlisted = listed->n > 0 && !model_list_has(listed, model);
    if (a->status == TEST_SERVER_ERROR) // with status 200
        return is_unlisted && a->n_arrivals == 0;
    if (a->status != TEST_HTTP_ERROR || status == 408 || status == 429 || status == 503)
        return false;
    // A prompt may be refused (400, 413, 422); a warm-up is short, and what is wrong with it is wrong with all.
    return is_unlisted || status == 401 || status == 403 || status == 404 ||
           (test->is_warmup && status >= 400 && status < 500);
}

/* Returns true if the server answered with another model that it lists, and does not list the one that was asked for.
 * A name that is a part of the other ("gpt-oss" and "gpt-oss-20b") is another spelling. */
static bool is_other_model(const model_list *listed, const char *model, const answer_record *a)
{
    return a->model[0] != '\0' && strstr(a->model, model) == NULL && strstr(model, a->model) == NULL &&
           model_list_has(listed, a->model) && !model_list_has(listed, model);
}

sw_code refusal_check(const chat_target *target, const model_list *listed, const char *model, const test_record *first,
                      sw_err *err)
{
    const answer_record *const a = &first->answer;
    sw_code code = SW_OK;
    buf models;
    buf_init(&models, 2 * MODELS_BYTES_MAX);
    put_models(&models, listed);
    if (is_refusal(listed, model, first))
        code = sw_fail(err, SW_EUNSUPPORTED, "%s refuses model '%.60s': %.200s%s", target_base(target), model, a->error,
                       a->http_status != 401 && a->http_status != 403 ? buf_str(&models) : "");
    else if (is_other_model(listed, model, a))
        code = sw_fail(err, SW_EUNSUPPORTED, "%s has no model '%.60s' and answered with '%.60s'%s", target_base(target),
                       model, a->model, buf_str(&models));
    buf_free(&models);
    return code;
}
