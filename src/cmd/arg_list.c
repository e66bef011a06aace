/* arg_list.c - the rows that every command with a model has beside its own. */
#include "cmd/arg_list.h"

arg_model_values arg_list_model;

// clang-format off
static const arg_row MODEL_ROWS[] = {
    {"model", "-m", ARG_STRING, &arg_list_model.model, 0, 0, "MODEL", "the model, in place of the first argument"},
    {"model-dirs", NULL, ARG_STRING, &arg_list_model.dirs, 0, 0, "'A;B'", "folders in which names of models are looked up (default: ./models)"},
};
// clang-format on

const arg_row *arg_list_row(const arg_list *a, size_t i)
{
    const size_t n_more = a->model == ARG_MODEL_BY_NAME ? 2 : a->model == ARG_MODEL_AS_GIVEN ? 1 : 0;
    if (i < a->n_rows)
        return &a->rows[i];
    return i - a->n_rows < n_more ? &MODEL_ROWS[i - a->n_rows] : NULL;
}
