/* model_loader.c - the queue of wishes.
 *
 * The oldest wish decides which model is loaded; all wishes for that model are then granted or refused together, in
 * their order.  Wishes keep their place while a load runs, so that whoever looks at the queue sees them.
 */
#include "serving/model_loader.h"

#include "serving/model_loading.h"

void model_loader_add(model_pool *p, model_wish *wish)
{
    wish->next = NULL;
    *p->end = wish;
    p->end = &wish->next;
    if (wish->model != p->loading)
        model_slots_set_state(p, wish->model, MODEL_LOADING, "");
    pthread_cond_broadcast(&p->changed);
}

static bool is_wished_for(const model_pool *p, const model_entry *m)
{
    for (const model_wish *wish = p->first; wish != NULL; wish = wish->next) {
        if (wish->model == m)
            return true;
    }
    return false;
}

bool model_loader_remove(model_pool *p, model_wish *wish)
{
    model_wish **at = &p->first;
    while (*at != NULL && *at != wish)
        at = &(*at)->next;
    if (*at == NULL)
        return false;
    *at = wish->next;
    if (p->end == &wish->next)
        p->end = at;
    if (wish->model != p->loading && !is_wished_for(p, wish->model))
        model_slots_set_state(p, wish->model, MODEL_UNLOADED, "");
    return true;
}

/* Removes the wishes for a model from the queue, NULL: all wishes, and returns them as a list in their order. */
static model_wish *take(model_pool *p, const model_entry *m)
{
    model_wish *taken = NULL, **taken_end = &taken;
    for (model_wish **at = &p->first; *at != NULL;) {
        model_wish *const wish = *at;
        if (m != NULL && wish->model != m) {
            at = &wish->next;
            continue;
        }
        *at = wish->next;
        *taken_end = wish;
        taken_end = &wish->next;
    }
    *taken_end = NULL;
    p->end = &p->first;
    while (*p->end != NULL)
        p->end = &(*p->end)->next;
    return taken;
}

/* The functions of a wish end its life, so the next one is read before. */
static void grant(model_wish *wish, model_handle *h, double load_ms)
{
    for (model_wish *next; wish != NULL; wish = next) {
        next = wish->next;
        wish->granted(wish->ud, h, load_ms);
    }
}

static void refuse(model_wish *wish, model_refusal refusal, const sw_err *why)
{
    for (model_wish *next; wish != NULL; wish = next) {
        next = wish->next;
        if (refusal == MODEL_STOPPED)
            wish->dropped(wish->ud);
        else
            wish->refused(wish->ud, refusal, why);
    }
}

/* Loads the model of the oldest wish and ends all wishes for it.  With the lock held, but for while that lasts. */
static void serve_oldest(model_pool *p)
{
    const model_entry *const m = p->first->model;
    model_handle *h = NULL;
    double load_ms = 0;
    sw_err why = {0};
    p->loading = m;
    const model_refusal refusal = model_loading_run(p, m, &h, &load_ms, &why);
    p->loading = NULL;
    model_wish *const wishes = take(p, m);
    for (const model_wish *wish = wishes; h != NULL && wish != NULL; wish = wish->next)
        model_slots_use(h);
    if (h != NULL)
        model_slots_release(h); // the loader's own handle
    pthread_mutex_unlock(&p->lock);
    if (h != NULL)
        grant(wishes, h, load_ms);
    else
        refuse(wishes, refusal, &why);
    pthread_mutex_lock(&p->lock);
}

void *model_loader_main(void *ud)
{
    model_pool *const p = ud;
    pthread_mutex_lock(&p->lock);
    while (!p->must_end) {
        if (p->first != NULL)
            serve_oldest(p);
        else
            pthread_cond_wait(&p->changed, &p->lock);
    }
    model_wish *const rest = take(p, NULL);
    pthread_mutex_unlock(&p->lock);
    refuse(rest, MODEL_STOPPED, NULL);
    return NULL;
}
