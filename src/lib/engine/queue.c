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

static int n_running_of(const scheduler *s, uint64_t client)
{
    int n = 0;
    for (int i = 0; i < s->lm->n_seqs; i++)
        n += s->slots[i].task != NULL && s->slots[i].task->client == client;
    return n;
}

sched_task *queue_peek(scheduler *s)
{
    sched_task *next = NULL;
    int n_least = 0;
    pthread_mutex_lock(&s->lock);
    for (sched_task *t = s->is_borrowed ? NULL : s->head; t != NULL; t = t->next) {
        const int n = n_running_of(s, t->client);
        if (next == NULL || n < n_least) {
            next = t;
            n_least = n;
        }
        if (n_least == 0)
            break;
    }
    pthread_mutex_unlock(&s->lock);
    return next;
}

void queue_take(scheduler *s, sched_task *t, bool runs)
{
    sched_task *before = NULL;
    pthread_mutex_lock(&s->lock);
    for (sched_task *q = s->head; q != t; q = q->next)
        before = q;
    unlink_after(s, before);
    s->n_running += runs;
    pthread_mutex_unlock(&s->lock);
}
