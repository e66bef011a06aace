/* screen.c - the terminal's second screen, keys that are not shown, and signals as flags. */
#include "cmd/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"

enum { DEFAULT_LINES = 24, LINES_MIN = 4, SCREEN_BYTES = 1 << 20 };

static const uint64_t LOOK_NS = 100000000; // a signal that comes just before poll() is seen after this time

static volatile sig_atomic_t has_ended, was_resized;
static bool is_open, has_keys;
static struct termios before;

static void on_signal(int number)
{
    if (number == SIGWINCH)
        was_resized = 1;
    else
        has_ended = 1;
}

void screen_catch_signals(void)
{
    static const int NUMBERS[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0]; i++)
        sigaction(NUMBERS[i], &action, NULL);
}

/* Returns true if the key q was pressed, or the terminal is gone. */
static bool is_end_key(void)
{
    char keys[64];
    const ssize_t n = read(STDIN_FILENO, keys, sizeof keys);
    return n == 0 || (n < 0 && errno == EIO) || (n > 0 && memchr(keys, 'q', (size_t)n) != NULL);
}

/* Waits a moment for a key or a signal; true: the key ends. */
static bool wait_for_key(uint64_t ns)
{
    struct pollfd keys = {.fd = has_keys ? STDIN_FILENO : -1, .events = POLLIN};
    const int n = poll(&keys, 1, (int)((ns + 999999) / 1000000));
    return n > 0 && is_end_key();
}

screen_event screen_wait(uint64_t end_ns)
{
    for (;;) {
        const uint64_t now_ns = clock_now_ns(clock_system());
        if (has_ended)
            return SCREEN_END;
        if (was_resized) {
            was_resized = 0;
            return SCREEN_RESIZED;
        }
        if (now_ns >= end_ns)
            return SCREEN_TIME;
        has_ended |= wait_for_key(end_ns - now_ns < LOOK_NS ? end_ns - now_ns : LOOK_NS);
    }
}

/* Writes all of it, or gives up where the terminal is gone. */
static void put(const char *text, size_t n)
{
    while (n > 0) {
        const ssize_t written = write(STDOUT_FILENO, text, n);
        if (written < 0 && errno != EINTR)
            return;
        text += written > 0 ? written : 0;
        n -= written > 0 ? (size_t)written : 0;
    }
}

static void put_text(const char *text)
{
    put(text, strlen(text));
}

void screen_open(void)
{
    struct termios quiet;
    has_keys = tcgetattr(STDIN_FILENO, &before) == 0;
    if (has_keys) {
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
        quiet.c_cc[VMIN] = 1;
        quiet.c_cc[VTIME] = 0;
        quiet.c_cc[VSUSP] = _POSIX_VDISABLE; // a stopped process would leave the second screen behind
        tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
    }
    is_open = true;
    put_text("\x1b[?1049h\x1b[?25l\x1b[2J");
}

int screen_lines(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
        return DEFAULT_LINES;
    return size.ws_row < LINES_MIN ? LINES_MIN : size.ws_row;
}

/* A line is erased before it is written, not after: in the last column, that would erase its last character. */
void screen_show(const buf *lines)
{
    buf all;
    buf_init(&all, SCREEN_BYTES);
    buf_puts(&all, "\x1b[H");
    for (const char *p = buf_str(lines); p != NULL;) {
        const char *const end = strchr(p, '\n');
        buf_puts(&all, "\x1b[K");
        buf_append(&all, p, end != NULL ? (size_t)(end - p) : strlen(p));
        buf_puts(&all, end != NULL ? "\r\n" : "");
        p = end != NULL ? end + 1 : NULL;
    }
    put(buf_str(&all), all.size);
    buf_free(&all);
}

void screen_close(void)
{
    if (!is_open)
        return;
    is_open = false;
    put_text("\x1b[?25h\x1b[?1049l");
    if (has_keys)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
}
