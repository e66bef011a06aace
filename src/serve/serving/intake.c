/* intake.c - a queue of jobs, and the thread that takes them to the engines. */
#include "serving/intake.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"

enum { END_WAIT_MS = 5000, END_LOOK_MS = 5 }; // for a model that is being loaded at the end, and how often to look

enum { LANE_SMALL, LANE_LARGE, N_LANES };

typedef struct intake_lane {
    intake *in;
    pthread_t thread;
    bool has_thread;
    intake_place *first, **end; // jobs that wait, oldest first; under the lock
} intake_lane;

struct intake {
    intake_options o;
    intake_lane lanes[N_LANES];
    pthread_mutex_t lock; // of all that follows
    pthread_cond_t changed;
    int n_waiting; // in all lanes
    size_t n_bytes_waiting;
    bool must_end;
    bool has_started; // the first model was loaded, or failed to, or there is none
    bool may_load;    // a lane is in model_pool_acquire, which may take minutes
};

/* ---- the queues ------------------------------------------------------------------------------------------------- */

/* A job alone is never too large: http/ bounds bodies. */
static bool has_room(const intake *in, const intake_place *place)
{
    return in->n_waiting < LIMIT_QUEUE_JOBS &&
           (in->n_waiting == 0 || place->n_bytes <= LIMIT_QUEUE_BYTES - in->n_bytes_waiting);
}

bool intake_put(intake *in, intake_place *place)
{
    intake_lane *const lane = &in->lanes[place->n_bytes >= INTAKE_LARGE_BYTES ? LANE_LARGE : LANE_SMALL];
    pthread_mutex_lock(&in->lock);
    const bool is_put = has_room(in, place);
    if (is_put) {
        place->next = NULL;
        *lane->end = place;
        lane->end = &place->next;
        in->n_waiting++;
        in->n_bytes_waiting += place->n_bytes;
        pthread_cond_broadcast(&in->changed);
    }
    pthread_mutex_unlock(&in->lock);
    return is_put;
}

/* Waits for the next job; NULL: the intake ends and the queue is empty. */
static intake_place *take(intake_lane *lane)
{
    intake *const in = lane->in;
    pthread_mutex_lock(&in->lock);
    while (lane->first == NULL && !in->must_end)
        pthread_cond_wait(&in->changed, &in->lock);
    intake_place *const place = lane->first;
    if (place != NULL) {
        lane->first = place->next;
        if (lane->first == NULL)
            lane->end = &lane->first;
        in->n_waiting--;
        in->n_bytes_waiting -= place->n_bytes;
    }
    pthread_mutex_unlock(&in->lock);
    return place;
}

/* ---- one job ---------------------------------------------------------------------------------------------------- */

/* Waits until no other lane loads, and until the first model was: requests that name none get that one.  Returns false
 * if the intake ends. */
static bool begin_loading(intake *in, bool is_first)
{
    pthread_mutex_lock(&in->lock);
    while (!in->must_end && (in->may_load || (!in->has_started && !is_first)))
        pthread_cond_wait(&in->changed, &in->lock);
    const bool begins = !in->must_end;
    in->may_load = in->may_load || begins;
    pthread_mutex_unlock(&in->lock);
    return begins;
}

static void end_loading(intake *in)
{
    pthread_mutex_lock(&in->lock);
    in->may_load = false;
    in->has_started = true;
    pthread_cond_broadcast(&in->changed);
    pthread_mutex_unlock(&in->lock);
}

/* Acquires unless the intake ends meanwhile: *must_end_out. */
static model_refusal acquire(intake *in, const char *model, bool is_first, model_handle **out, double *load_ms_out,
                             sw_err *why, bool *must_end_out)
{
    *out = NULL;
    *must_end_out = !begin_loading(in, is_first);
    if (*must_end_out)
        return MODEL_BUSY;
    const model_refusal refusal = model_pool_acquire(in->o.pool, model, out, load_ms_out, why);
    end_loading(in);
    return refusal;
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
        const model_refusal refusal = acquire(in, model, /*is_first=*/false, &handle, &load_ms, &why, &ends);
        if (handle != NULL)
            place->steps->admitted(place->job, handle, load_ms);
        else if (!ends)
            place->steps->refused(place->job, refusal, &why);
    }
    if (ends)
        place->steps->stopped(place->job);
    place->steps->finished(place->job);
}

/* ---- the threads ------------------------------------------------------------------------------------------------ */

static void load_first(intake *in)
{
    sw_err err = {0};
    model_handle *handle = NULL;
    double load_ms;
    bool ends = false;
    acquire(in, in->o.first, /*is_first=*/true, &handle, &load_ms, &err, &ends);
    model_handle_release(handle);
    if (!ends)
        in->o.on_started(in->o.ud, &err);
}

static void *lane_main(void *ud)
{
    intake_lane *const lane = ud;
    if (lane == &lane->in->lanes[LANE_SMALL] && lane->in->o.first != NULL)
        load_first(lane->in);
    for (intake_place *place; (place = take(lane)) != NULL;)
        handle_job(lane->in, place);
    return NULL;
}

/* Makes the threads end when their queues are empty, waits for them and frees the intake. */
static void end_and_destroy(intake *in)
{
    pthread_mutex_lock(&in->lock);
    in->must_end = true;
    pthread_cond_broadcast(&in->changed);
    pthread_mutex_unlock(&in->lock);
    for (int i = 0; i < N_LANES; i++) {
        if (in->lanes[i].has_thread)
            pthread_join(in->lanes[i].thread, NULL);
    }
    pthread_cond_destroy(&in->changed);
    pthread_mutex_destroy(&in->lock);
    mem_free(in);
}

/* The lane that loads is started last: if a thread cannot be started, nothing is being loaded. */
static int start_threads(intake *in)
{
    int status = 0;
    for (int i = N_LANES - 1; i >= 0 && status == 0; i--) {
        status = pthread_create(&in->lanes[i].thread, NULL, lane_main, &in->lanes[i]);
        in->lanes[i].has_thread = status == 0;
    }
    return status;
}

sw_code intake_start(intake **out, const intake_options *options, sw_err *err)
{
    intake *const in = mem_calloc(1, sizeof *in);
    *out = in;
    if (in == NULL)
        return sw_fail(err, SW_ENOMEM, "server: not enough memory to start");
    in->o = *options;
    in->o.clock = clock_or_system(options->clock);
    in->has_started = options->first == NULL;
    for (int i = 0; i < N_LANES; i++)
        in->lanes[i] = (intake_lane){.in = in, .end = &in->lanes[i].first};
    pthread_mutex_init(&in->lock, NULL);
    pthread_cond_init(&in->changed, NULL);
    const int status = start_threads(in);
    if (status == 0)
        return SW_OK;
    end_and_destroy(in);
    *out = NULL;
    return sw_fail(err, SW_ENOMEM, "server: cannot start a thread: %s", strerror(status));
}

/* Waits until no lane loads, END_WAIT_MS at most; returns false if one still does. */
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
    pthread_cond_broadcast(&in->changed);
    pthread_mutex_unlock(&in->lock);
    if (!wait_for_loading(in))
        return false;
    end_and_destroy(in); // what is left takes no longer than one request
    return true;
}
