/* machine.c - reads /proc for the process behind a port, and the system calls for the rest.  Linux only. */
#include "monitor/machine.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/sysinfo.h"

/* What cannot be read stays zero or empty: a fact that is missing must not stop a benchmark. */
machine_info machine_facts(void)
{
    machine_info m = {.cpu = sysinfo_cpu_name(), .n_cores = sysinfo_n_cores()};
    struct utsname u;
    if (uname(&u) == 0)
        snprintf(m.os, sizeof m.os, "%.30s %.60s %.30s", u.sysname, u.release, u.machine);
    const long pages = sysconf(_SC_PHYS_PAGES);
    const long page_bytes = sysconf(_SC_PAGESIZE);
    if (pages > 0 && page_bytes > 0)
        m.memory_bytes = (uint64_t)pages * (uint64_t)page_bytes;
    return m;
}

/* The inode of the socket in state LISTEN on `port`, from one of the kernel's socket tables; 0 if there is none. */
static unsigned long listening_inode(const char *table, int port)
{
    FILE *const f = fopen(table, "re");
    if (f == NULL)
        return 0;
    char line[512];
    unsigned long found = 0;
    while (found == 0 && fgets(line, sizeof line, f) != NULL) {
        unsigned local_port, state;
        unsigned long inode;
        // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
        if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%X %*s %X %*s %*s %*s %*s %*s %lu", &local_port, &state, &inode) == 3 &&
            local_port == (unsigned)port && state == 0x0a)
            found = inode;
    }
    fclose(f);
    return found;
}

/* Returns true if one of the process's open files is the socket with that inode.  The folder of another user's process
 * cannot be opened, which reads as "no". */
static bool has_socket(long pid, unsigned long inode)
{
    char path[64], wanted[64], target[64];
    snprintf(path, sizeof path, "/proc/%ld/fd", pid);
    snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
    DIR *const dir = opendir(path);
    if (dir == NULL)
        return false;
    bool found = false;
    const struct dirent *entry;
    while (!found && (entry = readdir(dir)) != NULL) {
        const ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1);
        if (n > 0) {
            target[n] = '\0';
            found = strcmp(target, wanted) == 0;
        }
    }
    closedir(dir);
    return found;
}

/* The kernel's tables give the inode of a socket, and the files of each process the owner of the inode. */
long machine_pid_listening_on(int port)
{
    unsigned long inode = listening_inode("/proc/net/tcp", port);
    if (inode == 0)
        inode = listening_inode("/proc/net/tcp6", port);
    DIR *const proc = inode != 0 ? opendir("/proc") : NULL;
    if (proc == NULL)
        return 0;
    long found = 0;
    const struct dirent *entry;
    while (found == 0 && (entry = readdir(proc)) != NULL) {
        if (isdigit((unsigned char)entry->d_name[0])) {
            const long pid = strtol(entry->d_name, NULL, 10);
            if (has_socket(pid, inode))
                found = pid;
        }
    }
    closedir(proc);
    return found;
}

/* ---- the program of a process ------------------------------------------------------------------------------------ */

enum { COMMAND_BYTES_MAX = 4096 };

// Programs whose listening process holds the model.  Those that compute in another process (Ollama, vLLM) are not here.
static const char *const MODEL_SERVERS[] = {"spillway",  "llama-server",     "llamafile",
                                            "koboldcpp", "mistralrs-server", "koboldcpp.py"};

/* The file name at the end of a path. */
static const char *base_name(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool is_known(const char *program)
{
    for (size_t i = 0; i < sizeof MODEL_SERVERS / sizeof MODEL_SERVERS[0]; i++) {
        if (strcmp(program, MODEL_SERVERS[i]) == 0)
            return true;
    }
    return false;
}

/* Reads the first two words of the command line into `line`; *second_out points to the second, "" if there is none. */
static bool read_command(long pid, char line[COMMAND_BYTES_MAX], const char **second_out)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/cmdline", pid);
    FILE *const f = fopen(path, "re");
    if (f == NULL)
        return false;
    const size_t n = fread(line, 1, COMMAND_BYTES_MAX - 1, f);
    fclose(f);
    line[n] = '\0';
    const size_t n_first = strlen(line);
    *second_out = n_first + 1 < n ? line + n_first + 1 : "";
    return n_first > 0;
}

/* Returns true if it is an interpreter or an emulator. */
static bool is_runner(const char *program)
{
    return strncmp(program, "python", 6) == 0 || strncmp(program, "qemu-", 5) == 0;
}

/* An interpreter or emulator is named together with what it runs. */
bool machine_is_model_server(long pid, char name[MACHINE_PROGRAM_BYTES])
{
    char line[COMMAND_BYTES_MAX];
    const char *second;
    snprintf(name, MACHINE_PROGRAM_BYTES, "?");
    if (!read_command(pid, line, &second))
        return false;
    const char *const program = base_name(line);
    const bool runs_another = is_runner(program);
    snprintf(name, MACHINE_PROGRAM_BYTES, "%.30s%s%.30s", program, runs_another ? " " : "",
             runs_another ? base_name(second) : "");
    return is_known(program) || (runs_another && is_known(base_name(second)));
}

/* The name that a process has by itself, at most 15 characters. */
static bool is_called(long pid, const char *wanted)
{
    char path[64], name[32] = "";
    snprintf(path, sizeof path, "/proc/%ld/comm", pid);
    FILE *const f = fopen(path, "re");
    const bool is_read = f != NULL && fgets(name, sizeof name, f) != NULL;
    if (f != NULL)
        fclose(f);
    name[strcspn(name, "\n")] = '\0';
    return is_read && strcmp(name, wanted) == 0;
}

static bool runs(long pid, const char *wanted)
{
    char line[COMMAND_BYTES_MAX];
    const char *second;
    if (is_called(pid, wanted))
        return true;
    if (!read_command(pid, line, &second))
        return false;
    const char *const program = base_name(line);
    return strcmp(program, wanted) == 0 || (is_runner(program) && strcmp(base_name(second), wanted) == 0);
}

size_t machine_pids_named(const char *name, long *out, size_t max)
{
    DIR *const proc = opendir("/proc");
    size_t n = 0;
    const struct dirent *entry;
    while (proc != NULL && (entry = readdir(proc)) != NULL) {
        const long pid = isdigit((unsigned char)entry->d_name[0]) ? strtol(entry->d_name, NULL, 10) : 0;
        if (pid <= 0 || pid == getpid() || !runs(pid, name))
            continue;
        if (n < max)
            out[n] = pid;
        n++;
    }
    if (proc != NULL)
        closedir(proc);
    return n;
}
