/* plan.c - the public plan of an engine and the tables of placements. */
#include "base/alloc.h"
#include "engine/model_lm.h"
#include "model/tier.h"
#include "public/engine_options.h"
#include "public/handle.h"
#include "public/model_file.h"

struct sw_plan {
    language_model *lm; // without weights
};

const char *sw_tier_name(sw_tier tier)
{
    static const char *const NAMES[SW_N_TIERS] = {"ram", "vram"};
    return NAMES[tier];
}

const char *sw_kv_type_name(sw_kv_type type)
{
    static const char *const NAMES[] = {[SW_KV_F16] = "f16", [SW_KV_F32] = "f32", [SW_KV_Q8_0] = "q8_0"};
    return NAMES[type];
}

sw_code sw_plan_create(sw_plan **out, const sw_model_file *file, const sw_engine_options *options, sw_err *err)
{
    static const sw_engine_options DEFAULTS;
    const sw_engine_options *const o = options != NULL ? options : &DEFAULTS;
    *out = NULL;
    sw_code code = engine_options_check(o, err);
    if (code != SW_OK)
        return code;
    sw_plan *const p = mem_calloc(1, sizeof *p);
    if (p == NULL)
        return sw_fail(err, SW_ENOMEM, "plan: out of memory");
    code = model_lm_plan(&p->lm, model_file_gguf(file), o, err);
    if (code != SW_OK) {
        sw_plan_free(p);
        return code;
    }
    *out = p;
    return SW_OK;
}

void sw_plan_free(sw_plan *p)
{
    if (p != NULL && p->lm != NULL)
        p->lm->ops->close(p->lm);
    mem_free(p);
}

sw_engine_state sw_plan_state(const sw_plan *p)
{
    sw_engine_state state = {0};
    model_lm_state(p->lm, &state);
    return state;
}

sw_code sw_plan_placement(const sw_plan *p, sw_placement_detail detail, sw_placement_row **rows_out, size_t *n_out,
                          sw_err *err)
{
    return model_lm_placement(p->lm, detail, rows_out, n_out, err);
}

sw_code sw_engine_placement(const sw_engine *e, sw_placement_detail detail, sw_placement_row **rows_out, size_t *n_out,
                            sw_err *err)
{
    *rows_out = NULL;
    *n_out = 0;
    return e->file != NULL ? model_lm_placement(e->lm, detail, rows_out, n_out, err) : SW_OK;
}

void sw_placement_free(sw_placement_row *rows)
{
    mem_free(rows);
}
