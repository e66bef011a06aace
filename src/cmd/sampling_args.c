/* sampling_args.c - values of the command line to a request of the public header. */
#include "cmd/sampling_args.h"

sw_request sampling_args_request(const sampling_args *a)
{
    return (sw_request){.sampling = {.temperature = (float)a->temp,
                                     .top_p = (float)a->top_p,
                                     .top_k = (int)a->top_k,
                                     .min_p = (float)a->min_p,
                                     .typical_p = (float)a->typical,
                                     .repeat_penalty = (float)a->repeat_penalty,
                                     .repeat_last_n = (int)a->repeat_last_n,
                                     .presence_penalty = (float)a->presence_penalty,
                                     .frequency_penalty = (float)a->frequency_penalty,
                                     .seed = (uint64_t)a->seed},
                        .max_tokens = (int)a->max_tokens,
                        .stop = &a->stop,
                        .n_stop = a->stop != NULL ? 1 : 0};
}
