/* exchange_metrics.c - what a request counts for in the metrics.  Network thread. */
#include "base/clock.h"
#include "server/exchange_state.h"

enum { CLIENT_LEFT = 499 }; // the status in metrics; nothing was sent with it

/* While the intake has the exchange, it may be choosing the model. */
static const char *model_of(const exchange *x)
{
    return !x->is_at_intake && x->handle != NULL ? model_handle_model(x->handle)->id : "";
}

static void end(exchange *x, int status, const char *finish, const char *error_code)
{
    serving_metrics *const m = &x->server->metrics;
    if (x->has_begun && x->is_stream)
        m->n_streams[x->transport]--;
    serving_metrics_ended(m, &(metrics_outcome){.model = model_of(x),
                                                .endpoint = x->endpoint,
                                                .status = status,
                                                .finish = finish,
                                                .error_code = error_code});
}

void count_refused(server *s, const char *endpoint, const api_error *error)
{
    s->metrics.n_failed++;
    serving_metrics_ended(&s->metrics, &(metrics_outcome){.model = "",
                                                          .endpoint = endpoint,
                                                          .status = api_status(error),
                                                          .finish = "",
                                                          .error_code = api_code(error)});
}

void exchange_count_stream(exchange *x)
{
    x->transport = x->is_websocket ? METRICS_WS : x->family->framing == DIALECT_NDJSON ? METRICS_NDJSON : METRICS_SSE;
    x->server->metrics.n_streams[x->transport]++;
}

void exchange_count_failed(exchange *x, const api_error *error)
{
    x->server->metrics.n_failed++;
    end(x, x->has_begun && x->is_stream ? 200 : api_status(error), "", api_code(error)); // a stream's status was sent
}

void exchange_count_left(exchange *x)
{
    x->server->metrics.n_abandoned++;
    if (x->has_begun && x->is_stream)
        x->server->metrics.n_cancelled[x->transport]++;
    end(x, CLIENT_LEFT, "", NULL);
}

void exchange_count_answered(exchange *x, const sw_event *total)
{
    serving_metrics *const m = &x->server->metrics;
    const metrics_answer answer = {.model = model_of(x),
                                   .transport = x->transport,
                                   .ttft_s = x->head.ttft_ms / 1000,
                                   .e2e_s = ns_to_ms(clock_now_ns(x->server->o.clock) - x->arrived_ns) / 1000,
                                   .done = total};
    serving_metrics_completed(m, total);
    serving_metrics_answered(m, &answer);
    end(x, 200, total->finish == SW_FINISH_LENGTH ? "length" : "stop", NULL);
}

void exchange_count_gaps(exchange_choice *choice)
{
    const histogram gaps = event_queue_take_gaps(&choice->events);
    if (gaps.n > 0)
        serving_metrics_token_gaps(&choice->x->server->metrics, model_of(choice->x), &gaps);
}
