/* line_editor.c - libedit, a key that takes pasted text, and the file of the history. */
#include "cmd/line_editor.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include "base/alloc.h"
#include "base/limits.h"

enum { HISTORY_LINES = 1000 }; // of typed lines, for the arrow keys

static const char QUOTES[] = "\"\"\"";

struct line_editor {
    EditLine *el;
    History *history;
    bool is_continued;   // the prompt of a further line
    char path[PATH_MAX]; // of the history; empty: it is not kept
};

/* ---- the history's file --------------------------------------------------------------------------------------- */

/* Writes the path of the history, whose folders are made if they are missing; empty if there is no place for it. */
static void find_history(char path[PATH_MAX])
{
    const char *const state = getenv("XDG_STATE_HOME"), *const home = getenv("HOME");
    int n = -1;
    path[0] = '\0';
    if (state != NULL && state[0] == '/') // a relative one is to be ignored, says the specification
        n = snprintf(path, PATH_MAX, "%s/spillway/history", state);
    else if (home != NULL && home[0] == '/')
        n = snprintf(path, PATH_MAX, "%s/.local/state/spillway/history", home);
    if (n < 0 || n >= PATH_MAX) {
        path[0] = '\0';
        return;
    }
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        const bool ok = mkdir(path, 0700) == 0 || errno == EEXIST;
        *slash = '/';
        if (!ok) {
            path[0] = '\0';
            return;
        }
    }
}

/* Writes the whole history, so that a session that is killed loses nothing. */
static void save_history(line_editor *e)
{
    if (e->path[0] == '\0')
        return;
    const int fd = open(e->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *const f = fd >= 0 && fchmod(fd, 0600) == 0 ? fdopen(fd, "w") : NULL;
    HistEvent event;
    if (f != NULL) {
        history(e->history, &event, H_SAVE_FP, f);
        fclose(f);
        return;
    }
    fprintf(stderr, "the history cannot be kept in %s: %s\n", e->path, strerror(errno));
    if (fd >= 0)
        close(fd);
    e->path[0] = '\0'; // said once
}

/* ---- libedit -------------------------------------------------------------------------------------------------- */

/* libedit's callback for the text before a line. */
static const char *prompt(EditLine *el)
{
    line_editor *e = NULL;
    el_get(el, EL_CLIENTDATA, &e);
    return e != NULL && e->is_continued ? ". " : "> ";
}

/* Reads pasted text up to the mark of its end into text[0..n); returns its length. */
static size_t read_pasted(EditLine *el, wchar_t *text, size_t n)
{
    static const wchar_t END[] = L"\x1b[201~";
    const size_t n_end = sizeof END / sizeof END[0] - 1;
    size_t used = 0;
    wchar_t c;
    while (used < n && el_wgetc(el, &c) == 1) {
        const bool is_second = c == L'\n' && used > 0 && text[used - 1] == L'\r';
        if (is_second)
            used--;
        text[used++] = c;
        if (used >= n_end && wmemcmp(text + used - n_end, END, n_end) == 0)
            return used - n_end;
    }
    return used;
}

/* The key that terminals send before pasted text.  Its line breaks become parts of the line. */
static unsigned char paste(EditLine *el, int key)
{
    (void)key;
    enum { PASTE_MAX = 1 << 20 };
    wchar_t *const text = mem_alloc((PASTE_MAX + 1) * sizeof *text);
    if (text == NULL)
        return CC_ERROR;
    size_t n = read_pasted(el, text, PASTE_MAX);
    while (n > 0 && (text[n - 1] == L'\r' || text[n - 1] == L'\n'))
        n--;
    for (size_t i = 0; i < n; i++) {
        if (text[i] == L'\r')
            text[i] = L'\n';
        else if (text[i] == L'\0')
            text[i] = L' ';
    }
    text[n] = L'\0';
    const bool ok = n == 0 || el_winsertstr(el, text) == 0;
    mem_free(text);
    return ok ? CC_REFRESH : CC_ERROR;
}

sw_code line_editor_open(line_editor **out, bool keeps_history, sw_err *err)
{
    HistEvent event;
    *out = NULL;
    line_editor *const e = mem_calloc(1, sizeof *e);
    if (e == NULL)
        return sw_fail(err, SW_ENOMEM, "chat: out of memory");
    // libedit decodes characters by the locale.
    if (setlocale(LC_CTYPE, "") == NULL || MB_CUR_MAX == 1)
        setlocale(LC_CTYPE, "C.UTF-8");
    e->el = el_init("spillway", stdin, stderr, stderr);
    e->history = history_init();
    if (e->el == NULL || e->history == NULL) {
        line_editor_close(e);
        return sw_fail(err, SW_EIO,
                       "chat: the terminal does not allow line editing; give a prompt on the command line");
    }
    history(e->history, &event, H_SETSIZE, HISTORY_LINES);
    history(e->history, &event, H_SETUNIQUE, 1);
    if (keeps_history)
        find_history(e->path);
    if (e->path[0] != '\0')
        history(e->history, &event, H_LOAD, e->path); // none yet: an empty history
    el_set(e->el, EL_CLIENTDATA, e);
    el_set(e->el, EL_PROMPT, prompt);
    el_set(e->el, EL_EDITOR, "emacs");
    el_set(e->el, EL_HIST, history, e->history);
    // While a line is typed, Ctrl-C is a key that clears it, not a signal.
    el_set(e->el, EL_SETTY, "-d", "-isig", NULL);
    // Between lines, keys are not shown (terminal.h).
    el_set(e->el, EL_SETTY, "-x", "-echo", NULL);
    el_set(e->el, EL_BIND, "^C", "em-kill-line", NULL);
    el_wset(e->el, EL_ADDFN, L"spillway-paste", L"insert pasted text", paste); // el_set would leak copies
    el_set(e->el, EL_BIND, "\\e[200~", "spillway-paste", NULL);
    *out = e;
    return SW_OK;
}

void line_editor_close(line_editor *e)
{
    if (e == NULL)
        return;
    if (e->el != NULL)
        el_end(e->el);
    if (e->history != NULL)
        history_end(e->history);
    mem_free(e);
}

/* ---- messages ------------------------------------------------------------------------------------------------- */

/* Appends the next line without its newline.  Returns false at the end of input. */
static bool next_line(line_editor *e, buf *out)
{
    int n = 0;
    const char *const line = el_gets(e->el, &n);
    if (line == NULL || n <= 0) {
        fputc('\n', stderr);
        return false;
    }
    buf_append(out, line, (size_t)n - (line[n - 1] == '\n'));
    return true;
}

static bool ends_with_quotes(const buf *b, size_t from)
{
    const size_t n = sizeof QUOTES - 1;
    return b->size >= from + n && memcmp(b->data + b->size - n, QUOTES, n) == 0;
}

bool line_editor_next(line_editor *e, buf *out)
{
    const size_t n = sizeof QUOTES - 1;
    buf_clear(out);
    bool has_line = next_line(e, out);
    if (!has_line || strncmp(buf_str(out), QUOTES, n) != 0)
        return has_line;
    e->is_continued = true;
    while (has_line && !ends_with_quotes(out, n)) {
        buf_putc(out, '\n');
        has_line = next_line(e, out);
    }
    e->is_continued = false;
    if (!ends_with_quotes(out, n)) // the input ended before the quotes: no message
        return false;
    char *const text = mem_strndup(out->data + n, out->size - 2 * n);
    buf_clear(out);
    if (text != NULL)
        buf_puts(out, text[0] == '\n' ? text + 1 : text);
    mem_free(text);
    if (out->size > 0 && out->data[out->size - 1] == '\n')
        out->data[--out->size] = '\0';
    return true;
}

void line_editor_remember(line_editor *e, const char *message)
{
    HistEvent event;
    history(e->history, &event, H_ENTER, message);
    save_history(e);
}
