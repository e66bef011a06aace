/* child_output.c - posix_spawn, a pipe, waitpid. */
#define _GNU_SOURCE // pipe2
#include "monitor/child_output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const uint64_t LOOK_NS = 2000000; // between two looks of child_output_wait

/* The program has its output in fds[1]; posix_spawn's functions return what others leave in errno. */
static int spawn(child_output *c, const char *const *argv, int out)
{
    posix_spawn_file_actions_t actions;
    int status = posix_spawn_file_actions_init(&actions);
    if (status != 0)
        return status;
    status = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (status == 0)
        status = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (status == 0)
        status = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (status == 0) // it does not write to the arguments: the type is older than const
        status = posix_spawnp(&c->pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return status;
}

bool child_output_start(child_output *c, const char *const *argv, const sw_clock *clock)
{
    int fds[2];
    child_output_close(c);
    c->state = CHILD_NONE;
    if (pipe2(fds, O_CLOEXEC) != 0)
        return false;
    const int status = spawn(c, argv, fds[1]);
    close(fds[1]);
    if (status != 0) {
        close(fds[0]);
        errno = status;
        return false;
    }
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    c->clock = clock;
    c->fd = fds[0];
    c->n = 0;
    c->text[0] = '\0';
    c->end_ns = clock_now_ns(clock) + CHILD_SECONDS * 1000000000ull;
    c->state = CHILD_RUNS;
    return true;
}

/* Reads all that is there; true: the program has closed its output.  What does not fit is no error here: the output is
 * then never seen to end. */
static bool read_output(child_output *c)
{
    ssize_t got;
    do {
        got = read(c->fd, c->text + c->n, sizeof c->text - 1 - c->n);
        c->n += got > 0 ? (size_t)got : 0;
    } while (got > 0 && c->n < sizeof c->text - 1);
    c->text[c->n] = '\0';
    return got == 0 && c->n < sizeof c->text - 1;
}

static child_state end(child_output *c, child_state state)
{
    int status;
    if (state == CHILD_KILLED)
        kill(c->pid, SIGKILL);
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(c->fd);
    c->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    c->state = WIFEXITED(status) ? state : CHILD_KILLED;
    return c->state;
}

/* A program that has closed its output but runs on is waited for like others. */
child_state child_output_poll(child_output *c)
{
    if (c->state != CHILD_RUNS)
        return c->state;
    siginfo_t info = {0};
    const bool is_over = read_output(c);
    if (is_over && waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == c->pid)
        return end(c, CHILD_ENDED);
    if (c->n == sizeof c->text - 1 || clock_now_ns(c->clock) >= c->end_ns)
        return end(c, CHILD_KILLED);
    return CHILD_RUNS;
}

child_state child_output_wait(child_output *c)
{
    while (child_output_poll(c) == CHILD_RUNS)
        clock_sleep_ns(c->clock, LOOK_NS);
    return c->state;
}

void child_output_close(child_output *c)
{
    if (c->state == CHILD_RUNS)
        end(c, CHILD_KILLED);
    c->state = CHILD_NONE;
}
