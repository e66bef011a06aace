/* terminal.c - the state that must come back, and the signals that would otherwise leave it. */
#include "cmd/terminal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { DEFAULT_COLUMNS = 80, COLUMNS_MIN = 20 };

static const int ENDING_SIGNALS[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

bool terminal_is_capable(int fd)
{
    const char *const term = getenv("TERM");
    return isatty(fd) == 1 && (term == NULL || strcmp(term, "dumb") != 0);
}

bool terminal_may_redraw(int fd)
{
    const char *const ci = getenv("CI");
    return terminal_is_capable(fd) && (ci == NULL || ci[0] == '\0' || strcmp(ci, "false") == 0);
}

static enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color;

sw_code terminal_choose_color(const char *word, sw_err *err)
{
    static const char *const WORDS[] = {[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (strcmp(word != NULL ? word : "auto", WORDS[i]) == 0) {
            color = i;
            return SW_OK;
        }
    }
    return sw_fail(err, SW_EINVAL, "--color takes always, auto or never, not '%.60s'", word);
}

bool terminal_has_color(int fd)
{
    const char *const no_color = getenv("NO_COLOR");
    if (color != COLOR_AUTO)
        return color == COLOR_ALWAYS;
    return terminal_is_capable(fd) && (no_color == NULL || no_color[0] == '\0');
}

int terminal_columns_of(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return DEFAULT_COLUMNS;
    return size.ws_col < COLUMNS_MIN ? COLUMNS_MIN : size.ws_col;
}

/* ---- a line that is redrawn ------------------------------------------------------------------------------------ */

static volatile sig_atomic_t is_line_drawn;

/* Only calls that a signal handler may make.  The signal is raised again, with its default action. */
static void on_end_of_line(int signal_number)
{
    static const char ERASE[] = "\r\x1b[K";
    if (is_line_drawn && write(STDERR_FILENO, ERASE, sizeof ERASE - 1) < 0)
        is_line_drawn = 0; // the terminal is gone
    raise(signal_number);
}

void terminal_begin_line(void)
{
    struct sigaction action = {.sa_handler = on_end_of_line, .sa_flags = (int)SA_RESETHAND | SA_NODEFER}, known;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof ENDING_SIGNALS / sizeof ENDING_SIGNALS[0] && !is_line_drawn; i++) {
        if (sigaction(ENDING_SIGNALS[i], NULL, &known) == 0 &&
            known.sa_handler == SIG_DFL) // another handler knows more
            sigaction(ENDING_SIGNALS[i], &action, NULL);
    }
    is_line_drawn = 1;
}

void terminal_end_line(void)
{
    is_line_drawn = 0;
}

/* ---- a chat --------------------------------------------------------------------------------------------------- */

static struct termios before;
static volatile sig_atomic_t is_chat, marks_paste;

/* Only calls that a signal handler may make. */
void terminal_end_chat(void)
{
    static const char PASTE_OFF[] = "\x1b[?2004l";
    if (!is_chat)
        return;
    is_chat = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    if (marks_paste && write(STDERR_FILENO, PASTE_OFF, sizeof PASTE_OFF - 1) < 0)
        return; // the terminal is gone
}

/* The signal is raised again, with its default action. */
static void on_end(int signal_number)
{
    terminal_end_chat();
    raise(signal_number);
}

void terminal_begin_chat(void)
{
    static const char PASTE_ON[] = "\x1b[?2004h";
    struct termios quiet;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return;
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    is_chat = 1;
    tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
    marks_paste = terminal_is_capable(STDERR_FILENO);
    if (marks_paste && write(STDERR_FILENO, PASTE_ON, sizeof PASTE_ON - 1) < 0)
        return; // the terminal is gone
    atexit(terminal_end_chat);
    struct sigaction action = {.sa_handler = on_end, .sa_flags = (int)SA_RESETHAND | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof ENDING_SIGNALS / sizeof ENDING_SIGNALS[0]; i++)
        sigaction(ENDING_SIGNALS[i], &action, NULL);
}
