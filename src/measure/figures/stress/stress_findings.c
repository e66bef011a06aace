/* stress_findings.c - all parts, one after another. */
#include "figures/stress/stress_findings.h"

sw_code stress_findings_of(const stress_rows *rows, stress_figures *out, sw_err *err)
{
    static sw_code (*const PARTS[])(const stress_rows *, stress_figures *, sw_err *) = {
        findings_speed, findings_memory, findings_sessions, findings_consistency, findings_answers};
    sw_code code = SW_OK;
    stress_figures_init(out);
    for (size_t i = 0; code == SW_OK && i < sizeof PARTS / sizeof *PARTS; i++)
        code = PARTS[i](rows, out, err);
    return code;
}
