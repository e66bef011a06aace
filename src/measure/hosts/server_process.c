/* server_process.c - starts, watches and ends the benchmark's own server.
 *
 * Invariant: every process that was started is waited for, in server_process_is_alive or in server_process_stop.
 */
#include "hosts/server_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

enum { URL_BYTES_MAX = 512, START_SECONDS_MAX = 3600, STOP_SECONDS_MAX = 10, POLL_MS = 50 };

struct server_process {
    pid_t pid;      // -1: not started
    bool has_ended; // and was waited for
    int out_fd;     // its standard output; it prints one line there, which needs no draining
    const sw_clock *clock;
    const atomic_bool *cancel;
    char url[URL_BYTES_MAX]; // the first line, as far as it has come
    size_t n_url;
    char *log_path; // for error messages
};

/* In the child, between fork and exec: only what is safe there. */
static void become_server(char *const *argv, int out_fd, int log_fd, pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int null_fd = open("/dev/null", O_RDONLY);
    if (getppid() == parent && null_fd >= 0 && dup2(null_fd, 0) >= 0 && dup2(out_fd, 1) >= 0 && dup2(log_fd, 2) >= 0)
        execv("/proc/self/exe", argv);
    _exit(127);
}

/* Forks and sets pid and out_fd.  Pipe and log are close-on-exec; the child's copies of them at 1 and 2 are not. */
static sw_code spawn(server_process *s, char *const *argv, sw_err *err)
{
    int pipe_fds[2] = {-1, -1};
    const int log_fd = open(s->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (log_fd < 0)
        return sw_fail(err, SW_EIO, "cannot write %s: %s", s->log_path, strerror(errno));
    if (pipe(pipe_fds) != 0) {
        close(log_fd);
        return sw_fail(err, SW_EIO, "cannot start the server: %s", strerror(errno));
    }
    for (int i = 0; i < 2; i++)
        fcntl(pipe_fds[i], F_SETFD, FD_CLOEXEC);
    const pid_t parent = getpid();
    s->pid = fork();
    if (s->pid == 0)
        become_server(argv, pipe_fds[1], log_fd, parent);
    const int reason = errno;
    close(log_fd);
    close(pipe_fds[1]);
    s->out_fd = pipe_fds[0];
    return s->pid > 0 ? SW_OK : sw_fail(err, SW_EIO, "cannot start the server: %s", strerror(reason));
}

/* The command line, for exec; without a configuration file, because all options of a run are stored with it.  NULL when
 * memory is short.  Free it with mem_free. */
static const char **command_line(const server_process_options *o)
{
    static const char *const FIRST[] = {"spillway", "serve", NULL, "--bind", "127.0.0.1:0", "--config", ""};
    enum { N_FIRST = sizeof FIRST / sizeof FIRST[0], MODEL_ARGUMENT = 2 };
    const char **const argv = mem_calloc(N_FIRST + o->n_serve_options + 1, sizeof *argv);
    if (argv == NULL)
        return NULL;
    memcpy(argv, FIRST, sizeof FIRST);
    argv[MODEL_ARGUMENT] = o->model;
    for (size_t i = 0; i < o->n_serve_options; i++)
        argv[N_FIRST + i] = o->serve_options[i];
    return argv;
}

sw_code server_process_start(server_process **out, const server_process_options *options, sw_err *err)
{
    *out = NULL;
    server_process *const s = mem_calloc(1, sizeof *s);
    const char **const argv = command_line(options);
    if (s == NULL || argv == NULL || (s->log_path = mem_strdup(options->log_path)) == NULL) {
        mem_free(s);
        mem_free(argv);
        return sw_fail(err, SW_ENOMEM, "out of memory starting the server");
    }
    s->out_fd = -1;
    s->pid = -1;
    s->clock = options->clock;
    s->cancel = options->cancel;
    const sw_code code = spawn(s, (char *const *)argv, err);
    mem_free(argv);
    if (code != SW_OK) {
        server_process_stop(s);
        return code;
    }
    *out = s;
    return SW_OK;
}

/* Reaps the process if it has ended. */
bool server_process_is_alive(server_process *s)
{
    if (!s->has_ended && waitpid(s->pid, NULL, WNOHANG) == s->pid)
        s->has_ended = true;
    return !s->has_ended;
}

/* Reads what has come of the first line; returns true if it is complete. */
static bool read_url(server_process *s)
{
    struct pollfd p = {.fd = s->out_fd, .events = POLLIN};
    if (poll(&p, 1, POLL_MS) <= 0)
        return false;
    char c;
    while (s->n_url + 1 < sizeof s->url && poll(&p, 1, 0) > 0 && read(s->out_fd, &c, 1) == 1) {
        if (c == '\n') {
            s->url[s->n_url] = '\0';
            return true;
        }
        s->url[s->n_url++] = c;
    }
    return false;
}

/* A model may load for minutes before the address is printed. */
sw_code server_process_url(server_process *s, const char **url_out, sw_err *err)
{
    const uint64_t deadline_ns = clock_now_ns(s->clock) + START_SECONDS_MAX * 1000000000ull;
    while (!read_url(s)) {
        if (!server_process_is_alive(s))
            return sw_fail(err, SW_EIO, "the server ended before it was ready; %s says why", s->log_path);
        if (atomic_load_explicit(s->cancel, memory_order_relaxed))
            return sw_fail(err, SW_ECANCELED, "canceled while the server was starting");
        if (clock_now_ns(s->clock) > deadline_ns || s->n_url + 1 == sizeof s->url)
            return sw_fail(err, SW_ELIMIT, "the server printed no address within an hour; see %s", s->log_path);
    }
    *url_out = s->url;
    return SW_OK;
}

long server_process_pid(const server_process *s)
{
    return s->pid;
}

/* SIGTERM lets the server finish its log and free its memory; SIGKILL cannot be refused, so that the last wait ends. */
void server_process_stop(server_process *s)
{
    if (s == NULL)
        return;
    if (s->pid > 0 && server_process_is_alive(s)) {
        kill(s->pid, SIGTERM);
        const uint64_t deadline_ns = clock_now_ns(s->clock) + STOP_SECONDS_MAX * 1000000000ull;
        while (server_process_is_alive(s) && clock_now_ns(s->clock) < deadline_ns)
            clock_sleep_ns(s->clock, 10 * 1000000u);
        if (!s->has_ended) {
            kill(s->pid, SIGKILL);
            waitpid(s->pid, NULL, 0);
        }
    }
    if (s->out_fd >= 0)
        close(s->out_fd);
    mem_free(s->log_path);
    mem_free(s);
}
