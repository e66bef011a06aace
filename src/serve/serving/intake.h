/* intake.h - the thread between the network and the engines.
 *
 * Parsing a body of megabytes, tokenizing it and loading a model take time that the network thread does not have.  The
 * intake does this for one job after another, in the order of arrival; while it loads a model, jobs wait here
 * (LIMIT_QUEUE_JOBS of them) and everything else is still answered.  What a job is to the network is up to its owner,
 * who implements intake_steps.
 */
#ifndef SERVING_INTAKE_H
#define SERVING_INTAKE_H

#include "serving/model_pool.h"

typedef struct intake intake;

/* What the intake calls for a job, on its own thread, in this order; `finished` always comes, and is the last. */
typedef struct intake_steps {
    /* Returns true if the job is still wanted and its request is complete; *model_out is the model it names, or NULL.
     */
    bool (*prepare)(void *job, const char **model_out);
    /* There is no engine for it. */
    void (*refused)(void *job, model_refusal refusal, const sw_err *why);
    /* There is one: the handle is the job's now.  Returns what to submit; on_event and ud are set. */
    const sw_request *(*admitted)(void *job, model_handle *handle, double load_ms);
    /* It was submitted: `submitted` is the job's now, and must be released.  Or it could not be: NULL and the error. */
    void (*submitted)(void *job, sw_job *submitted, const sw_err *err);
    /* The server is ending; nothing of the above was called, or only prepare. */
    void (*stopped)(void *job);
    void (*finished)(void *job);
} intake_steps;

/* A place in the queue; part of the job. */
typedef struct intake_place {
    struct intake_place *next;
    const intake_steps *steps;
    void *job;
} intake_place;

typedef struct intake_options {
    model_pool *pool;
    const sw_clock *clock; // NULL: the system's
    const char *first;     // id of a model to load at the start, or NULL
    /* On the intake's thread, after `first` was loaded (SW_OK) or failed to. */
    void (*on_started)(void *ud, const sw_err *err);
    void *ud;
} intake_options;

/* Starts the thread.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code intake_start(intake **out, const intake_options *options, sw_err *err);

/* Queues a job.  Any thread.  Returns false if the queue is full. */
bool intake_put(intake *in, intake_place *place);

/* Refuses the jobs that wait, and ends the thread and frees the intake.  Loading cannot be interrupted: if it takes
 * more than a few seconds, returns false, and nothing that the thread uses may be freed.  NULL is accepted. */
bool intake_stop(intake *in);

#endif
