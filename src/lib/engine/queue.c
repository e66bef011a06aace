/* queue.c - a linked list through the tasks themselves, so that waiting needs no memory. */
#include "engine/queue.h"

#include "base/limits.h"

bool queue_push(scheduler *s, sched_task *t)
{
    pthread_mutex_lock(&s->lock);
    const bool has_room = s->n_waiting < LIMIT_QUEUE_JOBS;
    if (has_room) {
        t->next = NULL;
        if (s->tail != NULL)
            s->tail->next = t;
        else
            s->head = t;
        s->tail = t;
        s->n_waiting++;
        pthread_cond_broadcast(&s->changed);
    }
    pthread_mutex_unlock(&s->lock);
    return has_room;
}

/* Removes the task that follows `before` (NULL: the first one).  The lock is held. */
static sched_task *unlink_after(scheduler *s, sched_task *before)
{
    sched_task **const link = before != NULL ? &before->next : &s->head;
    sched_task *const t = *link;
    *link = t->next;
    if (s->tail == t)
        s->tail = before;
    s->n_waiting--;
    return t;
}

sched_task *queue_take_canceled(scheduler *s)
{
    sched_task *found = NULL;
    pthread_mutex_lock(&s->lock);
    for (sched_task *before = NULL, *t = s->head; t != NULL && found == NULL; before = t, t = t->next) {
        if (scheduler_is_canceled(s, t))
            found = unlink_after(s, before);
    }
    pthread_mutex_unlock(&s->lock);
    return found;
}

sched_task *queue_peek(scheduler *s)
{
    pthread_mutex_lock(&s->lock);
    sched_task *const t = s->is_borrowed ? NULL : s->head;
    pthread_mutex_unlock(&s->lock);
    return t;
}

void queue_take(scheduler *s, bool runs)
{
    pthread_mutex_lock(&s->lock);
    unlink_after(s, NULL);
    s->n_running += runs;
    pthread_mutex_unlock(&s->lock);
}
