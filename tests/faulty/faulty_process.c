/* faulty_process.c - two pipes and a child. */
#include "faulty_process.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void become_server(const char *path, const char *fault, uint64_t seed, const int in[2], const int out[2])
{
    char number[32];
    snprintf(number, sizeof number, "%" PRIu64, seed);
    if (dup2(in[0], STDIN_FILENO) < 0 || dup2(out[1], STDOUT_FILENO) < 0)
        _exit(127);
    for (int i = 0; i < 2; i++) {
        close(in[i]);
        close(out[i]);
    }
    execl(path, path, "--stepped", "--seed", number, "--fault", fault, (char *)NULL);
    _exit(127);
}

/* Its first line, byte by byte: reports follow it. */
static bool read_url(faulty_process *p)
{
    size_t n = 0;
    while (n + 1 < sizeof p->url && read(p->from, p->url + n, 1) == 1 && p->url[n] != '\n')
        n++;
    const bool is_whole = n + 1 < sizeof p->url && p->url[n] == '\n';
    p->url[n] = '\0';
    return is_whole;
}

bool faulty_process_start(faulty_process *p, const char *path, const char *fault, uint64_t seed)
{
    int in[2], out[2];
    if (pipe(in) != 0 || pipe(out) != 0)
        return false;
    p->pid = fork();
    if (p->pid == 0)
        become_server(path, fault, seed, in, out);
    close(in[0]);
    close(out[1]);
    p->to = in[1];
    p->from = out[0];
    return p->pid > 0 && read_url(p);
}

bool faulty_process_step(const faulty_process *p, uint64_t now_ns, step_report *out)
{
    size_t n = 0;
    ssize_t got = 1;
    if (write(p->to, &now_ns, sizeof now_ns) != sizeof now_ns)
        return false;
    while (n < sizeof *out && got > 0) {
        got = read(p->from, (char *)out + n, sizeof *out - n);
        n += got > 0 ? (size_t)got : 0;
    }
    return n == sizeof *out;
}

void faulty_process_stop(faulty_process *p)
{
    close(p->to); // the server ends with its input
    close(p->from);
    waitpid(p->pid, NULL, 0);
}
