/* intake.h - the threads between the network and the engines.
 *
 * Parsing a body of megabytes and tokenizing it take too long for the network thread.  The intake does this in two
 * lanes, each with a thread of its own: small jobs, and jobs of INTAKE_LARGE_BYTES or more, which can take seconds
 * each. Within a lane it is one job after another, in the order of arrival.  A job whose model is not loaded is parked
 * until the pool has loaded it, and the jobs after it go on.  Up to LIMIT_QUEUE_JOBS jobs wait here, parked ones
 * included, of LIMIT_QUEUE_BYTES together.  The intake knows neither HTTP nor bodies: the owner of a job implements
 * intake_steps.
 */
#ifndef SERVING_INTAKE_H
#define SERVING_INTAKE_H

#include "serving/model_pool.h"

typedef struct intake intake;

/* What the intake calls for a job, on its own threads and in this order; refused, stopped and finished also on the
 * pool's.  `finished` is always called, and last. */
typedef struct intake_steps {
    /* Returns true if the job is still wanted and its request is complete; *model_out is the model it names, or NULL.
     */
    bool (*prepare)(void *job, const char **model_out);
    /* There is no engine for it. */
    void (*refused)(void *job, model_refusal refusal, const sw_err *why);
    /* There is one: the job owns the handle now, and does here what it wants of the engine.  load_ms: the time that
     * loading the model took, or 0. */
    void (*admitted)(void *job, model_handle *handle, double load_ms);
    /* The server is ending: none of the above was called, or only prepare. */
    void (*stopped)(void *job);
    void (*finished)(void *job);
} intake_steps;

enum { INTAKE_LARGE_BYTES = 131072 }; // parsed and tokenized in some tens of milliseconds

/* A place in the queue; a member of the job. */
typedef struct intake_place {
    size_t n_bytes; // of the job's body
    const intake_steps *steps;
    void *job;
    /* The intake's own. */
    struct intake_place *next;
    intake *in;
    model_wish wish;
    model_handle *handle; // of a job that was parked
    double load_ms;
} intake_place;

typedef struct intake_options {
    model_pool *pool;
    const char *first; // id of a model to load at the start, or NULL
    /* On the pool's thread, after `first` was loaded (SW_OK) or failed to; not called without one. */
    void (*on_started)(void *ud, const sw_err *err);
    void *ud;
} intake_options;

/* Starts the threads.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code intake_start(intake **out, const intake_options *options, sw_err *err);

/* Queues a job.  Any thread.  Returns false if too many jobs or bytes wait. */
bool intake_put(intake *in, intake_place *place);

/* A job that was put and has not come back is not wanted any more.  If it is parked, it is stopped and finished in this
 * call, and its place is free; otherwise it goes on to its next step. */
void intake_abandon(intake_place *place);

/* Jobs that wait, parked ones included.  Any thread. */
int intake_n_waiting(intake *in);

/* Stops waiting jobs, ends the threads and frees the intake.  The pool must have ended (model_pool_end), so that no job
 * is parked.  NULL is accepted. */
void intake_stop(intake *in);

#endif
