/* stress_suites.c - the table of the files; cmake/embed.cmake makes them part of the program. */
#include "stress/stress_suites.h"

#include <string.h>

/* X(part of the symbol, "name", is a scenario) */
// clang-format off
#define SUITES(X) \
    X(basic,                    "basic",                    false) \
    X(long_form,                "long-form",                false) \
    X(concurrent,               "concurrent",               false) \
    X(context,                  "context",                  false) \
    X(routing,                  "routing",                  false) \
    X(specialisation,           "specialisation",           false) \
    X(conversation,             "conversation",             false) \
    X(api,                      "api",                      false) \
    X(memory,                   "memory",                   false) \
    X(consistency,              "consistency",              false) \
    X(reasoning,                "reasoning",                false) \
    X(marathon,                 "marathon",                 true) \
    X(specialisation_challenge, "specialisation-challenge", true) \
    X(production_load,          "production-load",          true) \
    X(context_saturation,       "context-saturation",       true) \
    X(offload_sweep,            "offload-sweep",            true)

#define DECLARE(symbol, name, is_scenario) \
    extern const unsigned char embedded_protocols_stress_##symbol##_json[]; \
    extern const size_t embedded_protocols_stress_##symbol##_json_size;
#define ROW(symbol, name, is_scenario) \
    {name, is_scenario, embedded_protocols_stress_##symbol##_json, &embedded_protocols_stress_##symbol##_json_size},
// clang-format on

SUITES(DECLARE)
const built_in_suite STRESS_SUITES[] = {SUITES(ROW)};
const size_t N_STRESS_SUITES = sizeof STRESS_SUITES / sizeof *STRESS_SUITES;

const built_in_suite *stress_suite_find(const char *name, bool is_scenario)
{
    for (size_t i = 0; i < N_STRESS_SUITES; i++) {
        if (strcmp(STRESS_SUITES[i].name, name) == 0 && STRESS_SUITES[i].is_scenario == is_scenario)
            return &STRESS_SUITES[i];
    }
    return NULL;
}
