/* process_model.c - reads /proc/PID/maps, cmdline and fd. */
#include "hosts/process_model.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COMMAND_BYTES_MAX = 65536, LINE_BYTES = PATH_MAX + 128 };

/* ---- names of models --------------------------------------------------------------------------------------------- */

/* A .gguf file, or one of Ollama's store; no projector of images, and no later part of a split model. */
static bool is_model(const char *path)
{
    const size_t n = strlen(path);
    const bool is_gguf = n > 5 && strcmp(path + n - 5, ".gguf") == 0;
    const char *const part = is_gguf && n > 20 ? path + n - 20 : "";
    const bool is_later_part =
        strncmp(part, "-0", 2) == 0 && strncmp(part + 6, "-of-", 4) == 0 && strncmp(part, "-00001", 6) != 0;
    return (is_gguf || strstr(path, "/blobs/sha256-") != NULL) && strstr(path, "mmproj") == NULL && !is_later_part;
}

/* Takes a path as the model unless there is another one; returns false if there is. */
static bool take(char out[PATH_MAX], const char *path)
{
    if (!is_model(path) || strcmp(out, path) == 0)
        return true;
    return out[0] == '\0' && (size_t)snprintf(out, PATH_MAX, "%s", path) < PATH_MAX;
}

static FILE *open_proc(long pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", pid, name);
    return fopen(path, "re");
}

/* ---- where they are named ---------------------------------------------------------------------------------------- */

/* Returns false if several models are mapped. */
static bool find_mapped(long pid, char out[PATH_MAX])
{
    char line[LINE_BYTES];
    bool is_one = true;
    FILE *const maps = open_proc(pid, "maps");
    while (maps != NULL && is_one && fgets(line, sizeof line, maps) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        const char *const path = strchr(line, '/');
        is_one = path == NULL || take(out, path);
    }
    if (maps != NULL)
        fclose(maps);
    return is_one;
}

/* Returns false if the command line names several.  A relative name is below the folder where the process is. */
static bool find_named(long pid, char out[PATH_MAX])
{
    static char words[COMMAND_BYTES_MAX]; // one thread opens hosts
    FILE *const command = open_proc(pid, "cmdline");
    const size_t n = command != NULL ? fread(words, 1, sizeof words - 1, command) : 0;
    bool is_one = true;
    if (command != NULL)
        fclose(command);
    words[n] = '\0';
    for (size_t at = strlen(words) + 1; is_one && at < n; at += strlen(words + at) + 1) {
        char path[PATH_MAX];
        const char *const word = strncmp(words + at, "--model=", 8) == 0 ? words + at + 8 : words + at;
        const int length = word[0] == '/' ? snprintf(path, sizeof path, "%s", word)
                                          : snprintf(path, sizeof path, "/proc/%ld/cwd/%s", pid, word);
        is_one = length >= PATH_MAX || word[0] == '-' || take(out, path);
    }
    return is_one;
}

bool process_model_mapped(long pid, char out[PATH_MAX])
{
    out[0] = '\0';
    return find_mapped(pid, out) && out[0] != '\0';
}

bool process_model_path(long pid, char out[PATH_MAX])
{
    out[0] = '\0';
    return find_mapped(pid, out) && (out[0] != '\0' || find_named(pid, out)) && out[0] != '\0';
}

/* ---- the log ----------------------------------------------------------------------------------------------------- */

/* Appends the end of a regular file. */
static bool read_end(const char *path, buf *out)
{
    struct stat st;
    char block[65536];
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) // a pipe or a terminal would wait for what comes
        return false;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    const off_t start = st.st_size > (off_t)out->max ? st.st_size - (off_t)out->max : 0;
    ssize_t n = lseek(fd, start, SEEK_SET) == start ? 1 : 0;
    while (n > 0 && out->size < out->max) {
        const size_t room = out->max - out->size;
        n = read(fd, block, room < sizeof block ? room : sizeof block);
        if (n > 0)
            buf_append(out, block, (size_t)n);
    }
    close(fd);
    return out->failed == SW_OK && out->size > 0;
}

bool process_model_log(long pid, buf *log)
{
    char path[64];
    for (int fd = 2; fd >= 1; fd--) {
        snprintf(path, sizeof path, "/proc/%ld/fd/%d", pid, fd);
        if (read_end(path, log))
            return true;
    }
    return false;
}
