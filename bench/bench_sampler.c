/* bench_sampler.c - what choosing a token costs, for the largest vocabulary in use (gpt-oss: 201,088 tokens), for
 * logits as a trained model gives them (a few tokens far above many), as random weights give them (all alike), and
 * equal ones. Each figure is the median of many draws, in processor time of the one thread that samples: what else the
 * machine does then counts little. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/rng.h"
#include "base/sysinfo.h"
#include "engine/logprobs.h"
#include "engine/sampler.h"
#include "kernels/kernels.h"

enum { N_VOCAB = 201088, N_DRAWS = 201, N_HISTORY = 4096 };

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void exit_if(bool failed, const char *what)
{
    if (!failed)
        return;
    fprintf(stderr, "bench_sampler: %s\n", what);
    exit(EXIT_FAILURE);
}

/* Median milliseconds of a draw. */
static double time_draws(const sw_sampling *params, const float *logits, bool has_logprobs,
                         const sampler_scratch *scratch)
{
    static int32_t history[N_HISTORY];
    sampler s;
    sw_err err = {0};
    exit_if(sampler_init(&s, params, N_HISTORY, &err) != SW_OK, err.msg);
    double ms[N_DRAWS];
    for (int i = 0; i < N_DRAWS; i++) {
        const sampler_input input = {logits, N_VOCAB, history, N_HISTORY / 2, N_HISTORY / 2 + i};
        const double start = now_ms();
        exit_if(sampler_pick(&s, &input, scratch, &history[N_HISTORY / 2 + i], &err) != SW_OK, err.msg);
        if (has_logprobs) {
            sw_logprobs top;
            logprobs_fill(&top, logits, N_VOCAB, history[N_HISTORY / 2 + i], 5);
        }
        ms[i] = now_ms() - start;
    }
    sampler_free(&s);
    qsort(ms, N_DRAWS, sizeof *ms, compare);
    return ms[N_DRAWS / 2];
}

int main(void)
{
    static const sw_logit_bias BIASES[] = {{17, 2.0f}, {4711, -100.0f}};
    const struct {
        const char *name;
        sw_sampling params;
        bool has_logprobs;
    } chains[] = {
        {"greedy", {.temperature = 0}, false},
        {"temperature 0.3", {.temperature = 0.3f}, false},
        {"temperature 1", {.temperature = 1}, false},
        {"temperature 1, top-p 0.95", {.temperature = 1, .top_p = 0.95f}, false},
        {"temperature 1, top-k 40, top-p 0.95", {.temperature = 1, .top_k = 40, .top_p = 0.95f}, false},
        {"temperature 1, min-p 0.05", {.temperature = 1, .min_p = 0.05f}, false},
        {"temperature 1, typical 0.9", {.temperature = 1, .typical_p = 0.9f}, false},
        {"temperature 1, top-p 0.95, penalties, biases",
         {.temperature = 1,
          .top_p = 0.95f,
          .repeat_penalty = 1.1f,
          .repeat_last_n = 64,
          .presence_penalty = 0.5f,
          .biases = BIASES,
          .n_biases = 2},
         false},
        {"temperature 1, top-p 0.95, log-probabilities", {.temperature = 1, .top_p = 0.95f}, true},
    };
    enum { N_SHAPES = 3 };
    static float logits[N_SHAPES][N_VOCAB];
    rng_state r;
    rng_seed(&r, 1);
    for (int i = 0; i < N_VOCAB; i++) {
        const float u = rng_float(&r), v = rng_float(&r);
        logits[0][i] = 25 * u * u * u * u;
        logits[1][i] = 3 * (u + v);
        logits[2][i] = 1;
    }
    sampler_scratch scratch;
    exit_if(!sampler_scratch_init(&scratch, N_VOCAB), "out of memory");
    printf("%s, kernels %s; %d logits; median of %d draws, milliseconds of processor time\n\n", sysinfo_cpu_name(),
           kernels_get()->name, N_VOCAB, N_DRAWS);
    printf("%-46s %8s %8s %8s\n", "", "peaked", "spread", "equal");
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        printf("%-46s", chains[i].name);
        for (int shape = 0; shape < N_SHAPES; shape++)
            printf(" %8.3f", time_draws(&chains[i].params, logits[shape], chains[i].has_logprobs, &scratch));
        printf("\n");
        fflush(stdout);
    }
    sampler_scratch_free(&scratch);
    return EXIT_SUCCESS;
}
