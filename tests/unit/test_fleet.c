/* Many requests on one loop: none waits for another, none ends another, and each has times and limits of its own. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "client/fleet.h"
#include "unit/scripted_server.h"

enum { N = 50, N_PIECES = 40, CANCELED = 17 };

/* The server's side of a test. */
typedef struct crowd {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int n_arrived;       // requests that were read
    bool may_finish;     // the second half of every answer
    atomic_int n_broken; // connections whose client closed them in the middle
} crowd;

static void crowd_init(crowd *c)
{
    *c = (crowd){0};
    pthread_mutex_init(&c->mutex, NULL);
    pthread_cond_init(&c->changed, NULL);
}

static void crowd_free(crowd *c)
{
    pthread_mutex_destroy(&c->mutex);
    pthread_cond_destroy(&c->changed);
}

/* Piece `i` of the answer to question `number`, as the client must give it back. */
static void put_piece(buf *out, int number, int i)
{
    buf_printf(out, "<%d/%d> \u65e5\u672c \U0001f600 ", number, i);
}

static void send_pieces(int fd, int number, int first, int last)
{
    for (int i = first; i < last; i++) {
        buf event;
        buf_init(&event, 1024);
        buf_puts(&event, "data: {\"choices\":[{\"delta\":{\"content\":\"");
        put_piece(&event, number, i);
        buf_puts(&event, "\"}}]}\n\n");
        const size_t cut = event.size * (size_t)(i % 7) / 7; // anywhere, in a character too
        scripted_server_send(fd, event.data, cut);
        scripted_server_send(fd, event.data + cut, event.size - cut);
        buf_free(&event);
    }
}

static const char HEAD[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
static const char TAIL[] = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/* Sends half an answer once all N requests are there, so that a client that asks one after another never gets any; the
 * other half when the test says so. */
static void answer_together(scripted_server *server, int fd, const char *request)
{
    crowd *const c = server->ud;
    const char *const question = strstr(request, "question ");
    const int number = question != NULL ? (int)strtol(question + 9, NULL, 10) : -1;
    pthread_mutex_lock(&c->mutex);
    c->n_arrived++;
    pthread_cond_broadcast(&c->changed);
    while (c->n_arrived < N)
        pthread_cond_wait(&c->changed, &c->mutex);
    pthread_mutex_unlock(&c->mutex);
    scripted_server_send(fd, HEAD, sizeof HEAD - 1);
    send_pieces(fd, number, 0, N_PIECES / 2);
    if (number == CANCELED) {
        scripted_server_wait_for_end(fd);
        atomic_fetch_add(&c->n_broken, 1);
        return;
    }
    pthread_mutex_lock(&c->mutex);
    while (!c->may_finish)
        pthread_cond_wait(&c->changed, &c->mutex);
    pthread_mutex_unlock(&c->mutex);
    send_pieces(fd, number, N_PIECES / 2, N_PIECES);
    scripted_server_send(fd, TAIL, sizeof TAIL - 1);
}

static void never_answer(scripted_server *server, int fd, const char *request)
{
    (void)server, (void)request;
    scripted_server_wait_for_end(fd);
}

typedef struct rig {
    scripted_server server;
    chat_target *target;
    transfer_fleet *fleet;
} rig;

static void rig_open(rig *r, const sw_clock *clock)
{
    sw_err err = {0};
    assert_true(scripted_server_start(&r->server));
    if (target_open(&r->target, r->server.url, NULL, &err) != SW_OK || fleet_create(&r->fleet, clock, &err) != SW_OK)
        fail_msg("%s", err.msg);
}

static void rig_close(rig *r)
{
    fleet_free(r->fleet);
    target_close(r->target);
    scripted_server_stop(&r->server);
}

static chat_transfer *add(rig *r, int number, transfer_limits limits)
{
    char prompt[32];
    snprintf(prompt, sizeof prompt, "question %d", number);
    const test_plan plan = {.name = "n", .prompt = prompt, .max_tokens = N_PIECES};
    const transfer_options o = {
        .target = r->target, .model = "m", .plan = &plan, .limits = limits, .ud = (void *)(intptr_t)number};
    chat_transfer *transfer;
    sw_err err = {0};
    if (fleet_add(r->fleet, &o, &transfer, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return transfer;
}

static void assert_times_ascend(const answer_record *a)
{
    assert_true(a->connect_ns >= 0 && a->headers_ns >= 0);
    assert_true(a->headers_ns <= a->first_event_ns);
    int64_t newest_ns = a->first_event_ns;
    for (size_t i = 0; i < a->n_arrivals; i++) {
        assert_true(newest_ns <= a->arrivals[i].t_ns);
        newest_ns = a->arrivals[i].t_ns;
    }
    assert_true(newest_ns <= a->end_ns);
}

/* Every piece from 0 on, byte for byte; returns how many. */
static size_t assert_text(const answer_record *a, int number)
{
    buf wanted;
    buf_init(&wanted, 65536);
    for (int i = 0; i < (int)a->n_arrivals; i++)
        put_piece(&wanted, number, i);
    assert_string_equal(a->text, buf_str(&wanted));
    assert_int_equal(a->n_text, wanted.size);
    buf_free(&wanted);
    return a->n_arrivals;
}

static void test_fifty_at_once_and_one_is_canceled_in_the_middle(void **state)
{
    (void)state;
    crowd c;
    crowd_init(&c);
    static rig r;
    r = (rig){.server = {.answer = answer_together, .ud = &c}};
    rig_open(&r, clock_system());
    chat_transfer *transfers[N];
    for (int i = 0; i < N; i++)
        transfers[i] = add(&r, i, (transfer_limits){.deadline_s = 60});
    while (transfer_n_events(transfers[CANCELED]) < N_PIECES / 2)
        assert_int_equal(fleet_run(r.fleet, 100), N);
    fleet_cancel(r.fleet, transfers[CANCELED]);
    assert_int_equal(fleet_run(r.fleet, 0), N - 1);
    pthread_mutex_lock(&c.mutex);
    c.may_finish = true;
    pthread_cond_broadcast(&c.changed);
    pthread_mutex_unlock(&c.mutex);
    while (fleet_run(r.fleet, 100) > 0) {
    }
    int n_taken = 0;
    for (chat_transfer *t; (t = fleet_take(r.fleet)) != NULL; n_taken++) {
        const answer_record *const a = transfer_answer(t);
        const int number = (int)(intptr_t)transfer_ud(t);
        assert_ptr_equal(t, transfers[number]);
        assert_int_equal(n_taken == 0, number == CANCELED); // it was the first to end
        assert_string_equal(test_status_name(a->status), number == CANCELED ? "canceled" : "completed");
        assert_int_equal(assert_text(a, number), number == CANCELED ? N_PIECES / 2 : N_PIECES);
        assert_times_ascend(a);
        transfer_free(t);
    }
    assert_int_equal(n_taken, N);
    while (atomic_load(&c.n_broken) == 0) // the server sees it at once, and not when the fleet goes
        sched_yield();
    rig_close(&r);
    crowd_free(&c);
}

static void wait_for_requests(rig *r, int n)
{
    for (;;) {
        fleet_run(r->fleet, 10);
        pthread_mutex_lock(&r->server.mutex);
        const int n_read = r->server.n_read;
        pthread_mutex_unlock(&r->server.mutex);
        if (n_read >= n)
            return;
    }
}

static test_status status_of(chat_transfer *t)
{
    return transfer_answer(t)->status;
}

/* Time is a test's own: hours without an answer pass at once. */
static void test_each_request_has_limits_of_its_own(void **state)
{
    (void)state;
    fake_clock clock;
    fake_clock_init(&clock);
    static rig r;
    r = (rig){.server = {.answer = never_answer}};
    rig_open(&r, &clock.clock);
    chat_transfer *const brief = add(&r, 0, (transfer_limits){.deadline_s = 10});
    chat_transfer *const patient = add(&r, 1, (transfer_limits){.first_token_s = 600});
    chat_transfer *const endless = add(&r, 2, (transfer_limits){0});
    wait_for_requests(&r, 3);
    fake_clock_advance(&clock, 9999 * 1000000ull);
    assert_int_equal(fleet_run(r.fleet, 0), 3);
    fake_clock_advance(&clock, 2 * 1000000ull);
    assert_int_equal(fleet_run(r.fleet, 0), 2);
    assert_true(transfer_has_ended(brief) && status_of(brief) == TEST_TIMEOUT);
    assert_string_equal(transfer_answer(brief)->error, "not finished within 10 s");
    fake_clock_advance(&clock, 591 * 1000000000ull);
    assert_int_equal(fleet_run(r.fleet, 0), 1);
    assert_true(transfer_has_ended(patient) && status_of(patient) == TEST_TIMEOUT);
    assert_string_equal(transfer_answer(patient)->error, "no token within 600 s");
    fake_clock_advance(&clock, 8 * 3600 * 1000000000ull);
    assert_int_equal(fleet_run(r.fleet, 0), 1);
    fleet_cancel_all(r.fleet);
    assert_int_equal(fleet_run(r.fleet, 0), 0);
    assert_int_equal(status_of(endless), TEST_CANCELED);
    assert_ptr_equal(fleet_take(r.fleet), brief);
    transfer_free(brief);
    rig_close(&r); // frees the two that were not taken
}

static void test_a_connection_has_a_limit_too(void **state)
{
    (void)state;
    fake_clock clock;
    fake_clock_init(&clock);
    static rig r;
    r = (rig){.server = {.answer = never_answer}};
    rig_open(&r, &clock.clock);
    chat_transfer *const t = add(&r, 0, (transfer_limits){.connect_s = 10});
    fake_clock_advance(&clock, 11 * 1000000000ull); // before the loop has run at all
    assert_int_equal(fleet_run(r.fleet, 0), 0);
    assert_int_equal(status_of(t), TEST_TIMEOUT);
    assert_non_null(strstr(transfer_answer(t)->error, "within 10 s"));
    assert_int_equal(transfer_answer(t)->connect_ns, -1);
    rig_close(&r);
}

typedef struct victim {
    transfer_fleet *fleet;
    _Atomic(chat_transfer *) transfer;
} victim;

static void cancel_from_here(scripted_server *server, int fd, const char *request)
{
    (void)request;
    victim *const v = server->ud;
    fleet_cancel(v->fleet, atomic_load(&v->transfer));
    scripted_server_wait_for_end(fd);
}

static void test_any_thread_may_cancel(void **state)
{
    (void)state;
    victim v = {0};
    static rig r;
    r = (rig){.server = {.answer = cancel_from_here, .ud = &v}};
    rig_open(&r, clock_system());
    v.fleet = r.fleet;
    atomic_store(&v.transfer, add(&r, 0, (transfer_limits){0})); // nothing else could end it
    while (fleet_run(r.fleet, 100) > 0) {
    }
    assert_int_equal(status_of(atomic_load(&v.transfer)), TEST_CANCELED);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fifty_at_once_and_one_is_canceled_in_the_middle),
        cmocka_unit_test(test_each_request_has_limits_of_its_own),
        cmocka_unit_test(test_a_connection_has_a_limit_too),
        cmocka_unit_test(test_any_thread_may_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
