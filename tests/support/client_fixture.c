/* client_fixture.c - a target, and a fleet for one question at a time. */
#include "support/client_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

client_fixture client_fixture_open(const char *url, const char *api_key)
{
    client_fixture c = {0};
    sw_err err = {0};
    if (target_open(&c.target, url, api_key, &err) != SW_OK || fleet_create(&c.fleet, clock_system(), &err) != SW_OK)
        fail_msg("%s", err.msg);
    return c;
}

void client_fixture_close(client_fixture *c)
{
    transfer_free(c->transfer);
    fleet_free(c->fleet);
    target_close(c->target);
}

static void set_unless_given(double *limit, double seconds)
{
    if (*limit == 0)
        *limit = seconds;
}

answer_record client_fixture_ask(client_fixture *c, const test_plan *plan, transfer_options o)
{
    o.target = c->target;
    o.model = "m";
    o.plan = plan;
    set_unless_given(&o.limits.connect_s, 5);
    set_unless_given(&o.limits.first_token_s, 60);
    set_unless_given(&o.limits.idle_s, 60);
    set_unless_given(&o.limits.deadline_s, 60);
    sw_err err = {0};
    transfer_free(c->transfer);
    c->transfer = NULL;
    if (fleet_ask(c->fleet, &o, NULL, NULL, &c->transfer, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return *transfer_answer(c->transfer);
}
