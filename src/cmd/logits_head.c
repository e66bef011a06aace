/* logits_head.c - from the engine's own state and table. */
#include "cmd/logits_head.h"

#include "cmd/json_print.h"
#include "json/json_out.h"
#include "json/placement_json.h"

bool logits_head_print(sw_engine *engine)
{
    const sw_engine_state state = sw_engine_get_state(engine);
    sw_placement_row *rows;
    size_t n_rows;
    if (sw_engine_placement(engine, SW_PLACEMENT_EXPERTS, &rows, &n_rows, NULL) != SW_OK)
        return false;
    json_t *head = json_pack("{s:s, s:i}", "spillway", SPILLWAY_VERSION, "n_vocab", sw_engine_info(engine)->n_vocab);
    if (state.compat_note != NULL)
        json_put(&head, "follows", json_string(state.compat_note));
    head = placement_json(head, &state, rows, n_rows);
    const bool ok = json_print(head, JSON_COMPACT);
    json_decref(head);
    sw_placement_free(rows);
    return ok;
}
