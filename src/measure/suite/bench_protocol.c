/* bench_protocol.c - what this session makes of its protocol: settings replaced, modes left out, and all of it said. */
#include <math.h>

#include "suite/bench_state.h"

server_side bench_main_side(const bench_session *b)
{
    return b->o.url != NULL || b->o.is_plain ? SIDE_GIVEN : SIDE_OFFLOADED;
}

static void put_sweep(buf *out, const bench_sweep *sweep)
{
    for (size_t i = 0; i < sweep->n; i++)
        buf_printf(out, "%s%g", i == 0 ? "a sweep over temperature " : ", ", sweep->values[i]);
    if (sweep->n > 0)
        buf_puts(out, " in addition\n");
}

/* A WebSocket always streams.  A mode that only the protocol asks for is left out. */
static sw_code leave_out_whole(bench_session *b, sw_err *err)
{
    protocol_settings *const s = &b->protocol->settings;
    const unsigned whole = 1u << MODE_WHOLE;
    if (b->o.route != ROUTE_SHIMMY_WS || (s->modes & whole) == 0)
        return SW_OK;
    if (!isnan(b->o.settings.v[SETTING_MODES]) || s->modes == whole)
        return sw_fail(err, SW_EINVAL, "--route shimmy-ws always streams: leave 'whole' out of --modes");
    s->modes &= ~whole;
    buf_puts(&b->differences, "mode whole left out: --route shimmy-ws always streams\n");
    return SW_OK;
}

/* Puts flags and sweep into the protocol, and lists what is then another. */
sw_code bench_apply_settings(bench_session *b, sw_err *err)
{
    buf *const differences = &b->differences;
    const sw_code code = settings_apply(&b->o.settings, b->protocol, differences, err);
    if (code != SW_OK)
        return code;
    const protocol_settings *const s = &b->protocol->settings;
    if (s->arrivals != ARRIVALS_CLOSED && s->pause_s > 0)
        buf_printf(differences, "no pause in place of %g s: the arrivals are a schedule\n", s->pause_s);
    put_sweep(differences, &b->o.sweep);
    if (b->o.is_without_code)
        buf_puts(differences, "checks that run code are not run\n");
    return leave_out_whole(b, err);
}

/* Whether the model is measured un-offloaded too; *why_not is "" unless the protocol wants it and this run does not. */
sw_code bench_choose_reference(bench_session *b, bool has_gpu, const char **why_not, sw_err *err)
{
    const bool is_wanted = (b->protocol->settings.modes & 1u << MODE_REFERENCE) != 0;
    const bool is_named = is_wanted && !isnan(b->o.settings.v[SETTING_MODES]);
    *why_not = "";
    b->has_reference = false;
    if (!is_wanted)
        return SW_OK;
    if (bench_main_side(b) == SIDE_GIVEN) {
        *why_not = b->o.url != NULL ? "a server of --url is measured as it is"
                                    : "a server of --serve is measured as its options say";
        return is_named ? sw_fail(err, SW_EINVAL,
                                  "--modes reference is for models that the benchmark serves itself: %s", *why_not)
                        : SW_OK;
    }
    b->has_reference = has_gpu || is_named;
    if (!b->has_reference)
        *why_not = "no GPU computes here: both sides would be in RAM";
    return SW_OK;
}
