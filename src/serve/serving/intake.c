/* intake.c - a queue of jobs, and the thread that takes them to the engines. */
#include "serving/intake.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"

enum { END_WAIT_MS = 5000, END_LOOK_MS = 5 }; // for a model that is being loaded at the end, and how often to look

struct intake {
    intake_options o;
    pthread_t thread;
    pthread_mutex_t lock; // of all that follows
    pthread_cond_t wanted;
    intake_place *first, **end; // jobs that wait, oldest first
    int n_waiting;
    bool must_end;
    bool may_load; // the thread is in model_pool_acquire, which may take minutes
};

/* ---- the queue -------------------------------------------------------------------------------------------------- */

bool intake_put(intake *in, intake_place *place)
{
    pthread_mutex_lock(&in->lock);
    const bool has_room = in->n_waiting < LIMIT_QUEUE_JOBS;
    if (has_room) {
        place->next = NULL;
        *in->end = place;
        in->end = &place->next;
        in->n_waiting++;
        pthread_cond_signal(&in->wanted);
    }
    pthread_mutex_unlock(&in->lock);
    return has_room;
}

/* Waits for the next job; NULL: the intake ends and the queue is empty. */
static intake_place *take(intake *in)
{
    pthread_mutex_lock(&in->lock);
    while (in->first == NULL && !in->must_end)
        pthread_cond_wait(&in->wanted, &in->lock);
    intake_place *const place = in->first;
    if (place != NULL) {
        in->first = place->next;
        if (in->first == NULL)
            in->end = &in->first;
        in->n_waiting--;
    }
    pthread_mutex_unlock(&in->lock);
    return place;
}

/* ---- one job ---------------------------------------------------------------------------------------------------- */

/* Acquires unless the intake ends meanwhile: *must_end_out. */
static model_refusal acquire(intake *in, const char *model, model_handle **out, double *load_ms_out, sw_err *why,
                             bool *must_end_out)
{
    *out = NULL;
    pthread_mutex_lock(&in->lock);
    *must_end_out = in->must_end;
    in->may_load = !in->must_end;
    pthread_mutex_unlock(&in->lock);
    if (*must_end_out)
        return MODEL_BUSY;
    const model_refusal refusal = model_pool_acquire(in->o.pool, model, out, load_ms_out, why);
    pthread_mutex_lock(&in->lock);
    in->may_load = false;
    pthread_mutex_unlock(&in->lock);
    return refusal;
}

static void submit(const intake_place *place, model_handle *handle, double load_ms)
{
    const sw_request *const request = place->steps->admitted(place->job, handle, load_ms);
    sw_err err = {0};
    sw_job *job = NULL;
    if (sw_engine_submit(model_handle_engine(handle), request, &job, &err) != SW_OK)
        job = NULL;
    place->steps->submitted(place->job, job, &err);
}

static bool must_end(intake *in)
{
    pthread_mutex_lock(&in->lock);
    const bool ends = in->must_end;
    pthread_mutex_unlock(&in->lock);
    return ends;
}

static void handle_job(intake *in, const intake_place *place)
{
    const char *model = NULL;
    model_handle *handle;
    double load_ms;
    sw_err why = {0};
    bool ends = must_end(in);
    if (!ends && place->steps->prepare(place->job, &model)) {
        const model_refusal refusal = acquire(in, model, &handle, &load_ms, &why, &ends);
        if (handle != NULL)
            submit(place, handle, load_ms);
        else if (!ends)
            place->steps->refused(place->job, refusal, &why);
    }
    if (ends)
        place->steps->stopped(place->job);
    place->steps->finished(place->job);
}

/* ---- the thread ------------------------------------------------------------------------------------------------- */

static void load_first(intake *in)
{
    sw_err err = {0};
    model_handle *handle = NULL;
    double load_ms;
    bool ends = false;
    if (in->o.first == NULL)
        return;
    acquire(in, in->o.first, &handle, &load_ms, &err, &ends);
    model_handle_release(handle);
    if (!ends)
        in->o.on_started(in->o.ud, &err);
}

static void *intake_main(void *ud)
{
    intake *const in = ud;
    load_first(in);
    for (intake_place *place; (place = take(in)) != NULL;)
        handle_job(in, place);
    return NULL;
}

static void destroy(intake *in)
{
    pthread_cond_destroy(&in->wanted);
    pthread_mutex_destroy(&in->lock);
    mem_free(in);
}

sw_code intake_start(intake **out, const intake_options *options, sw_err *err)
{
    intake *const in = mem_calloc(1, sizeof *in);
    *out = in;
    if (in == NULL)
        return sw_fail(err, SW_ENOMEM, "server: not enough memory to start");
    in->o = *options;
    in->o.clock = clock_or_system(options->clock);
    in->end = &in->first;
    pthread_mutex_init(&in->lock, NULL);
    pthread_cond_init(&in->wanted, NULL);
    const int status = pthread_create(&in->thread, NULL, intake_main, in);
    if (status == 0)
        return SW_OK;
    destroy(in);
    *out = NULL;
    return sw_fail(err, SW_ENOMEM, "server: cannot start a thread: %s", strerror(status));
}

/* Waits until the thread loads nothing, END_WAIT_MS at most; returns false if it still does. */
static bool wait_for_loading(intake *in)
{
    const uint64_t deadline = clock_now_ns(in->o.clock) + END_WAIT_MS * 1000000ull;
    for (;;) {
        pthread_mutex_lock(&in->lock);
        const bool is_free = !in->may_load;
        pthread_mutex_unlock(&in->lock);
        if (is_free || clock_now_ns(in->o.clock) >= deadline)
            return is_free;
        clock_sleep_ns(in->o.clock, END_LOOK_MS * 1000000ull);
    }
}

bool intake_stop(intake *in)
{
    if (in == NULL)
        return true;
    pthread_mutex_lock(&in->lock);
    in->must_end = true;
    pthread_cond_signal(&in->wanted);
    pthread_mutex_unlock(&in->lock);
    if (!wait_for_loading(in))
        return false;
    pthread_join(in->thread, NULL); // what is left takes no longer than one request
    destroy(in);
    return true;
}
