/* monitor_server.c - a question every few seconds, and the latest answer. */
#include "cmd/monitor_server.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

#include "base/alloc.h"
#include "client/target.h"

enum { ASK_SECONDS = 5 };

struct monitor_server {
    chat_target *target; // the thread's, once that runs
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; // of what follows
    pthread_cond_t ends;
    bool must_end;
    double vram_bytes;
};

/* The sum over models; NAN if the document has none, or one that does not tell. */
static double vram_of(const json_t *document)
{
    const json_t *const models = json_object_get(document, "data");
    double sum = json_array_size(models) > 0 ? 0 : NAN;
    for (size_t i = 0; i < json_array_size(models); i++) {
        const json_t *const bytes = json_object_get(json_object_get(json_array_get(models, i), "total"), "vram");
        sum += json_is_number(bytes) ? json_number_value(bytes) : NAN;
    }
    return sum >= 0 ? sum : NAN;
}

/* A server that has no model loaded, or is not spillway, tells nothing. */
static double ask(chat_target *target)
{
    json_t *document = NULL;
    sw_err why = {0};
    const double bytes =
        target_get_json(target, "/v1/placement", &document, &why) == SW_OK ? vram_of(document) : (double)NAN;
    json_decref(document);
    return bytes;
}

static void *keep_asking(void *ud)
{
    monitor_server *const s = ud;
    pthread_mutex_lock(&s->lock);
    while (!s->must_end) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += ASK_SECONDS;
        pthread_cond_timedwait(&s->ends, &s->lock, &until);
        if (s->must_end)
            break;
        pthread_mutex_unlock(&s->lock);
        const double bytes = ask(s->target);
        pthread_mutex_lock(&s->lock);
        s->vram_bytes = bytes;
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* Signals end the loop of samples, which waits for them: this thread takes none. */
static bool start_thread(monitor_server *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s->has_thread = pthread_create(&s->thread, NULL, keep_asking, s) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s->has_thread;
}

sw_code monitor_server_start(monitor_server **out, const char *url, sw_err *err)
{
    monitor_server *const s = mem_calloc(1, sizeof *s);
    *out = s;
    if (s == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for a server");
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->ends, NULL);
    sw_code code = target_open(&s->target, url, NULL, err);
    if (code == SW_OK) {
        s->vram_bytes = ask(s->target);
        code = start_thread(s) ? SW_OK : sw_fail(err, SW_EIO, "cannot start a thread that asks %s", url);
    }
    if (code != SW_OK) {
        monitor_server_stop(s);
        *out = NULL;
    }
    return code;
}

double monitor_server_vram_bytes(monitor_server *s)
{
    if (s == NULL)
        return NAN;
    pthread_mutex_lock(&s->lock);
    const double bytes = s->vram_bytes;
    pthread_mutex_unlock(&s->lock);
    return bytes;
}

void monitor_server_stop(monitor_server *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    s->must_end = true;
    pthread_cond_signal(&s->ends);
    pthread_mutex_unlock(&s->lock);
    if (s->has_thread)
        pthread_join(s->thread, NULL);
    target_close(s->target);
    pthread_cond_destroy(&s->ends);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}
