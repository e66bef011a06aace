/* sandbox.c - starts the sandboxed interpreter, feeds it, and ends it.
 *
 * The child limits and locks itself (sandbox_child.c, sandbox_harness.py); here are its channels, its time and its end.
 * Invariant: the child has ended and was waited for when sandbox_run returns.
 */
#include "quality/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "quality/sandbox_child.h"
#include "quality/sandbox_filter.h"

extern const unsigned char embedded_src_measure_quality_sandbox_harness_py[];
extern const size_t embedded_src_measure_quality_sandbox_harness_py_size;

enum { POLL_MS = 50, REPORT_BYTES_MAX = 4096, MARK_BYTES = 32, PATH_BYTES_MAX = 512 };

/* ---- the interpreter -------------------------------------------------------------------------------------------- */

/* Returns true if the file is a program and no script: a script would have to start others. */
static bool is_program(const char *path)
{
    char head[4] = {0};
    const int fd = access(path, X_OK) == 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return false;
    const bool is_elf = read(fd, head, sizeof head) == (ssize_t)sizeof head && memcmp(head, "\177ELF", 4) == 0;
    close(fd);
    return is_elf;
}

/* The system's interpreter, or else the first of PATH. */
static bool find_python(char out[PATH_BYTES_MAX])
{
    snprintf(out, PATH_BYTES_MAX, "/usr/bin/python3");
    const char *folder = getenv("PATH");
    while (!is_program(out)) {
        if (folder == NULL || *folder == '\0')
            return false;
        const size_t n = strcspn(folder, ":");
        snprintf(out, PATH_BYTES_MAX, "%.*s/python3", (int)(n < PATH_BYTES_MAX / 2 ? n : 0), folder);
        folder += n + (folder[n] == ':');
    }
    return true;
}

/* ---- the process and its channels ------------------------------------------------------------------------------- */

typedef struct sandbox {
    pid_t pid;
    int in_fd, out_fd, report_fd; // our ends; -1: closed
    const char *request;          // what has not been sent
    size_t n_request;
    buf output, report;
    char mark[MARK_BYTES + 1];
    const sw_clock *clock;
    uint64_t deadline_ns; // of the clock
    const atomic_bool *cancel;
} sandbox;

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* A word that the code of an answer does not know, so that it cannot write the report itself. */
static bool make_mark(char out[MARK_BYTES + 1])
{
    uint8_t random[MARK_BYTES / 2];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(out + 2 * i, 3, "%02x", random[i]);
    return true;
}

/* "MARK FILTER", a line break and the request, as sandbox_harness.py reads it. */
static void write_request(buf *out, const char *mark, const char *request)
{
    struct sock_filter locked[SANDBOX_FILTER_MAX];
    const size_t n = sandbox_filter_write(STAGE_LOCKED, locked) * sizeof *locked;
    buf_printf(out, "%s ", mark);
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%02x", ((const uint8_t *)locked)[i]);
    buf_printf(out, "\n%s", request);
}

static bool open_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        return false;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return true;
}

/* Opens the three channels: ours in *s, the child's in *plan. */
static bool open_channels(sandbox *s, sandbox_plan *plan)
{
    int in[2], out[2], report[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) != 0)
        return false;
    s->in_fd = in[0], plan->in_fd = in[1];
    if (!open_pipe(out))
        return false;
    s->out_fd = out[0], plan->out_fd = out[1];
    if (!open_pipe(report))
        return false;
    s->report_fd = report[0], plan->report_fd = report[1];
    return true;
}

static bool start(sandbox *s, const char *python, int cpu_s)
{
    const char *const harness = (const char *)embedded_src_measure_quality_sandbox_harness_py;
    const char *const argv[] = {python, "-I", "-S", "-B", "-X", "utf8", "-c", harness, NULL};
    struct sock_filter filter[SANDBOX_FILTER_MAX];
    sandbox_plan plan = {.argv = (char *const *)argv,
                         .in_fd = -1,
                         .out_fd = -1,
                         .report_fd = -1,
                         .cpu_s = cpu_s,
                         .memory_bytes = SANDBOX_MEMORY_BYTES,
                         .filter.filter = filter};
    plan.filter.len = (unsigned short)sandbox_filter_write(STAGE_START, filter);
    const pid_t parent = getpid();
    if (plan.filter.len > 0 && open_channels(s, &plan))
        s->pid = fork();
    if (s->pid == 0)
        sandbox_child_run(&plan, parent);
    close_fd(&plan.in_fd);
    close_fd(&plan.out_fd);
    close_fd(&plan.report_fd);
    return s->pid > 0;
}

static void send_request(sandbox *s)
{
    const ssize_t n = send(s->in_fd, s->request, s->n_request, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
        s->request += n;
        s->n_request -= (size_t)n;
    }
    if (s->n_request == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        close_fd(&s->in_fd);
}

/* Reads a part of *fd; closes it at its end. */
static void receive(int *fd, buf *into)
{
    char bytes[4096];
    const ssize_t n = read(*fd, bytes, sizeof bytes);
    if (n > 0)
        buf_append(into, bytes, (size_t)n);
    else if (n == 0 || errno != EINTR)
        close_fd(fd);
}

static bool is_canceled(const sandbox *s)
{
    return s->cancel != NULL && atomic_load_explicit(s->cancel, memory_order_relaxed);
}

/* Moves bytes until the child has closed its ends, or may not go on. */
static sandbox_end converse(sandbox *s)
{
    while (s->out_fd >= 0 || s->report_fd >= 0) {
        struct pollfd p[] = {{.fd = s->in_fd, .events = POLLOUT},
                             {.fd = s->out_fd, .events = POLLIN},
                             {.fd = s->report_fd, .events = POLLIN}};
        if (is_canceled(s) || clock_now_ns(s->clock) > s->deadline_ns)
            return SANDBOX_TIME;
        if (poll(p, 3, POLL_MS) <= 0)
            continue;
        if (p[0].revents != 0)
            send_request(s);
        if (p[1].revents != 0)
            receive(&s->out_fd, &s->output);
        if (p[2].revents != 0)
            receive(&s->report_fd, &s->report);
        if (s->output.failed == SW_ELIMIT || s->report.failed == SW_ELIMIT)
            return SANDBOX_OUTPUT;
    }
    return SANDBOX_ENDED;
}

/* Ends the child, which may run on although it has closed its ends, waits for it and returns its status. */
static int finish(sandbox *s)
{
    int status = 0;
    kill(s->pid, SIGKILL);
    while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

/* Copies the last line of what the child wrote, as the reason why nothing ran. */
static const char *last_line(const buf *output, arena *keep)
{
    const char *const text = buf_str(output);
    size_t end = output->size;
    while (end > 0 && text[end - 1] == '\n')
        end--;
    size_t first = end;
    while (first > 0 && text[first - 1] != '\n')
        first--;
    return end > first ? arena_copy(keep, text + first, end - first) : "the Python interpreter ended at its start";
}

/* The report after the mark, without its line break; NULL if there is none. */
static const char *find_report(const sandbox *s, arena *keep)
{
    const char *const found = strstr(buf_str(&s->report), s->mark);
    if (found == NULL)
        return NULL;
    const char *const json = found + MARK_BYTES + 1;
    const size_t n = strcspn(json, "\n");
    return json[n] == '\n' ? arena_copy(keep, json, n) : NULL;
}

static void describe(const sandbox *s, sandbox_end end, int status, arena *keep, sandbox_result *out)
{
    *out = (sandbox_result){.end = end, .reason = "", .report = find_report(s, keep)};
    out->output = arena_copy(keep, buf_str(&s->output), s->output.size);
    if (strncmp(buf_str(&s->report), "locked\n", 7) != 0) {
        out->end = SANDBOX_NOT_SET_UP;
        out->reason = last_line(&s->output, keep);
    } else if (end == SANDBOX_OUTPUT) {
        out->reason = "the code wrote too much";
    } else if (end == SANDBOX_TIME || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)) {
        out->end = SANDBOX_TIME;
        out->reason = "the code did not end in its time";
    } else if (out->report == NULL) {
        out->end = SANDBOX_DIED;
        out->reason = "the code ended its process";
    }
}

static sw_code run(sandbox *s, const char *python, int cpu_s, arena *keep, sandbox_result *out, sw_err *err)
{
    if (!start(s, python, cpu_s)) {
        *out = (sandbox_result){SANDBOX_NOT_SET_UP, "a process for the sandbox cannot be started", NULL, ""};
        return SW_OK;
    }
    const sandbox_end end = converse(s);
    const int status = finish(s);
    if (is_canceled(s))
        return sw_fail(err, SW_ECANCELED, "canceled while code of an answer was running");
    describe(s, end, status, keep, out);
    return out->output != NULL && out->reason != NULL ? SW_OK : sw_fail(err, SW_ENOMEM, "out of memory running code");
}

/* Prepares what is sent, runs the interpreter and closes what is left. */
static sw_code run_request(sandbox *s, const char *python, const char *request, int cpu_s, arena *keep,
                           sandbox_result *out, sw_err *err)
{
    buf whole;
    buf_init(&whole, SIZE_MAX / 2);
    buf_init(&s->output, SANDBOX_OUTPUT_BYTES);
    buf_init(&s->report, REPORT_BYTES_MAX);
    sw_code code = SW_ENOMEM;
    if (make_mark(s->mark)) {
        write_request(&whole, s->mark, request);
        code = whole.failed;
    }
    s->request = buf_str(&whole);
    s->n_request = whole.size;
    if (code == SW_OK)
        code = run(s, python, cpu_s, keep, out, err);
    else
        code = sw_fail(err, SW_ENOMEM, "out of memory preparing the code of an answer");
    close_fd(&s->in_fd);
    close_fd(&s->out_fd);
    close_fd(&s->report_fd);
    buf_free(&whole);
    buf_free(&s->output);
    buf_free(&s->report);
    return code;
}

sw_code sandbox_run(const char *request, const sandbox_options *options, arena *keep, sandbox_result *out, sw_err *err)
{
    char found[PATH_BYTES_MAX] = "";
    const char *const python = options->python != NULL ? options->python : found;
    const int wall_ms = options->wall_ms > 0 ? options->wall_ms : SANDBOX_WALL_MS;
    sandbox s = {.pid = -1,
                 .in_fd = -1,
                 .out_fd = -1,
                 .report_fd = -1,
                 .clock = clock_or_system(options->clock),
                 .cancel = options->cancel};
    *out = (sandbox_result){SANDBOX_NOT_SET_UP, "python3 is not installed", NULL, ""};
    if (options->python == NULL && !find_python(found))
        return SW_OK;
    s.deadline_ns = clock_now_ns(s.clock) + (uint64_t)wall_ms * 1000000u;
    return run_request(&s, python, request, options->cpu_s > 0 ? options->cpu_s : SANDBOX_CPU_S, keep, out, err);
}
