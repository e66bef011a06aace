/* intake.c - a queue of jobs, and the threads that take them to the engines. */
#include "serving/intake.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"

enum { LANE_SMALL, LANE_LARGE, N_LANES };
enum { TRIM_FROM_BYTES = 1 << 20 }; // of a body; parsed it takes up to twenty times as much

typedef struct place_list {
    intake_place *first, **end; // oldest first
} place_list;

typedef struct intake_lane {
    intake *in;
    pthread_t thread;
    bool has_thread;
    place_list granted; // jobs that were parked and have their handle; under the lock
    place_list fresh;   // jobs that were not looked at; under the lock
} intake_lane;

struct intake {
    intake_options o;
    model_wish first; // for the model to load at the start
    intake_lane lanes[N_LANES];
    pthread_mutex_t lock; // of all that follows
    pthread_cond_t changed;
    int n_waiting; // in all lanes, or parked
    size_t n_bytes_waiting;
    bool must_end;
};

/* ---- the queues: with the lock held ------------------------------------------------------------------------------ */

static void append(place_list *list, intake_place *place)
{
    place->next = NULL;
    *list->end = place;
    list->end = &place->next;
}

static intake_place *remove_first(place_list *list)
{
    intake_place *const place = list->first;
    list->first = place->next;
    if (list->first == NULL)
        list->end = &list->first;
    return place;
}

static intake_lane *lane_of(intake *in, const intake_place *place)
{
    return &in->lanes[place->n_bytes >= INTAKE_LARGE_BYTES ? LANE_LARGE : LANE_SMALL];
}

/* A job alone is never too large: http/ bounds bodies. */
static bool has_room(const intake *in, const intake_place *place)
{
    return in->n_waiting < LIMIT_QUEUE_JOBS &&
           (in->n_waiting == 0 || place->n_bytes <= LIMIT_QUEUE_BYTES - in->n_bytes_waiting);
}

static void count(intake *in, const intake_place *place)
{
    in->n_waiting++;
    in->n_bytes_waiting += place->n_bytes;
}

static void discount(intake *in, const intake_place *place)
{
    in->n_waiting--;
    in->n_bytes_waiting -= place->n_bytes;
}

/* ---- the queues ------------------------------------------------------------------------------------------------- */

bool intake_put(intake *in, intake_place *place)
{
    pthread_mutex_lock(&in->lock);
    const bool is_put = has_room(in, place);
    if (is_put) {
        place->in = in;
        place->handle = NULL;
        append(&lane_of(in, place)->fresh, place);
        count(in, place);
        pthread_cond_broadcast(&in->changed);
    }
    pthread_mutex_unlock(&in->lock);
    return is_put;
}

int intake_n_waiting(intake *in)
{
    pthread_mutex_lock(&in->lock);
    const int n = in->n_waiting;
    pthread_mutex_unlock(&in->lock);
    return n;
}

/* Waits for the next job; NULL: the intake ends and the queue is empty. */
static intake_place *take(intake_lane *lane)
{
    intake *const in = lane->in;
    intake_place *place = NULL;
    pthread_mutex_lock(&in->lock);
    while (lane->granted.first == NULL && lane->fresh.first == NULL && !in->must_end)
        pthread_cond_wait(&in->changed, &in->lock);
    if (lane->granted.first != NULL)
        place = remove_first(&lane->granted);
    else if (lane->fresh.first != NULL)
        place = remove_first(&lane->fresh);
    if (place != NULL)
        discount(in, place);
    pthread_mutex_unlock(&in->lock);
    return place;
}

static bool must_end(intake *in)
{
    pthread_mutex_lock(&in->lock);
    const bool ends = in->must_end;
    pthread_mutex_unlock(&in->lock);
    return ends;
}

static void set_parked(intake_place *place, bool is_parked)
{
    pthread_mutex_lock(&place->in->lock);
    if (is_parked)
        count(place->in, place);
    else
        discount(place->in, place);
    pthread_mutex_unlock(&place->in->lock);
}

/* ---- one job ---------------------------------------------------------------------------------------------------- */

static void admit(const intake_place *place, model_handle *handle, double load_ms)
{
    place->steps->admitted(place->job, handle, load_ms);
    place->steps->finished(place->job);
}

static void refuse(const intake_place *place, model_refusal refusal, const sw_err *why)
{
    place->steps->refused(place->job, refusal, why);
    place->steps->finished(place->job);
}

static void stop(const intake_place *place)
{
    model_handle_release(place->handle);
    place->steps->stopped(place->job);
    place->steps->finished(place->job);
}

/* The model of a parked job is loaded: the job goes on in its lane, before those that came later. */
static void on_granted(void *ud, model_handle *handle, double load_ms)
{
    intake_place *const place = ud;
    intake *const in = place->in;
    pthread_mutex_lock(&in->lock);
    place->handle = handle;
    place->load_ms = load_ms;
    append(&lane_of(in, place)->granted, place);
    pthread_cond_broadcast(&in->changed);
    pthread_mutex_unlock(&in->lock);
}

static void on_refused(void *place, model_refusal refusal, const sw_err *why)
{
    set_parked(place, false);
    refuse(place, refusal, why);
}

static void on_dropped(void *place)
{
    set_parked(place, false);
    stop(place);
}

/* Once the place is parked, another thread may have ended it. */
static void ask(intake *in, intake_place *place, const char *model)
{
    model_handle *handle;
    sw_err why = {0};
    place->wish = (model_wish){.granted = on_granted, .refused = on_refused, .dropped = on_dropped, .ud = place};
    set_parked(place, true);
    const model_refusal refusal = model_pool_ask(in->o.pool, model, &place->wish, &handle, &why);
    if (refusal == MODEL_AWAITED)
        return;
    set_parked(place, false);
    if (refusal == MODEL_ACQUIRED)
        admit(place, handle, /*load_ms=*/0);
    else if (refusal == MODEL_STOPPED)
        stop(place);
    else
        refuse(place, refusal, &why);
}

void intake_abandon(intake_place *place)
{
    if (!model_pool_withdraw(place->in->o.pool, &place->wish))
        return;
    set_parked(place, false);
    stop(place);
}

static void handle_job(intake *in, intake_place *place)
{
    const char *model = NULL;
    if (must_end(in))
        stop(place);
    else if (place->handle != NULL)
        admit(place, place->handle, place->load_ms);
    else if (!place->steps->prepare(place->job, &model))
        place->steps->finished(place->job);
    else if (must_end(in))
        stop(place);
    else
        ask(in, place, model);
}

/* ---- the model at the start ------------------------------------------------------------------------------------- */

static void on_first_granted(void *ud, model_handle *handle, double load_ms)
{
    const intake *const in = ud;
    (void)load_ms;
    model_handle_release(handle);
    in->o.on_started(in->o.ud, &(sw_err){0});
}

static void on_first_refused(void *ud, model_refusal refusal, const sw_err *why)
{
    const intake *const in = ud;
    (void)refusal;
    in->o.on_started(in->o.ud, why);
}

static void on_first_dropped(void *ud)
{
    (void)ud;
}

static void load_first(intake *in)
{
    model_handle *handle;
    sw_err why = {0};
    in->first =
        (model_wish){.granted = on_first_granted, .refused = on_first_refused, .dropped = on_first_dropped, .ud = in};
    const model_refusal refusal = model_pool_ask(in->o.pool, in->o.first, &in->first, &handle, &why);
    if (refusal == MODEL_ACQUIRED)
        on_first_granted(in, handle, 0);
    else if (refusal != MODEL_AWAITED)
        on_first_refused(in, refusal, &why);
}

/* ---- the threads ------------------------------------------------------------------------------------------------ */

static void *lane_main(void *ud)
{
    intake_lane *const lane = ud;
    for (intake_place *place; (place = take(lane)) != NULL;) {
        const size_t n_bytes = place->n_bytes; // the place is the job's, which may end
        handle_job(lane->in, place);
        if (n_bytes >= TRIM_FROM_BYTES)
            mem_trim();
    }
    return NULL;
}

void intake_stop(intake *in)
{
    if (in == NULL)
        return;
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

static int start_threads(intake *in)
{
    int status = 0;
    for (int i = 0; i < N_LANES && status == 0; i++) {
        status = pthread_create(&in->lanes[i].thread, NULL, lane_main, &in->lanes[i]);
        in->lanes[i].has_thread = status == 0;
    }
    return status;
}

static void init_lane(intake *in, intake_lane *lane)
{
    lane->in = in;
    lane->granted.end = &lane->granted.first;
    lane->fresh.end = &lane->fresh.first;
}

sw_code intake_start(intake **out, const intake_options *options, sw_err *err)
{
    intake *const in = mem_calloc(1, sizeof *in);
    *out = in;
    if (in == NULL)
        return sw_fail(err, SW_ENOMEM, "server: not enough memory to start");
    in->o = *options;
    for (int i = 0; i < N_LANES; i++)
        init_lane(in, &in->lanes[i]);
    pthread_mutex_init(&in->lock, NULL);
    pthread_cond_init(&in->changed, NULL);
    const int status = start_threads(in);
    if (status == 0) {
        if (options->first != NULL)
            load_first(in);
        return SW_OK;
    }
    intake_stop(in);
    *out = NULL;
    return sw_fail(err, SW_ENOMEM, "server: cannot start a thread: %s", strerror(status));
}
