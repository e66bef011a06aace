/* user.c - a program of somebody else's: the public header, the archive, nothing besides. */
#include <stdio.h>

#include "spillway.h"

/* A name of ours inside the library, which must not meet it. */
void mem_free(void *p);
void mem_free(void *p)
{
    (void)p;
    puts("the library called a function of the program");
}

static void on_event(void *ud, const sw_event *event)
{
    (void)ud;
    if (event->type == SW_EVENT_TOKEN)
        fwrite(event->text, 1, event->n_bytes, stdout);
}

int main(int argc, char **argv)
{
    const sw_engine_options options = {0};
    const sw_message question = {.role = SW_ROLE_USER, .content = "What is 23 + 45?"};
    sw_engine *engine;
    sw_job *job;
    sw_err err = {0};
    if (argc < 2 || sw_engine_open(&engine, argv[1], &options, &err) != SW_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    sw_request request = {.messages = &question, .n_messages = 1, .max_tokens = 40, .on_event = on_event};
    request.sampling = sw_sampling_default();
    request.sampling.temperature = 0;
    const bool is_submitted = sw_engine_submit(engine, &request, &job, &err) == SW_OK;
    if (is_submitted) {
        sw_job_wait(job);
        sw_job_release(job);
    } else {
        fprintf(stderr, "%s\n", err.msg);
    }
    sw_engine_close(engine);
    return is_submitted ? 0 : 1;
}
