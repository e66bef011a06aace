"""Runs commands on a pseudo-terminal and checks the lines that are redrawn, and colours."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios

SPILLWAY = sys.argv[1]
DEADLINE_S = 60  # generous: only a hang gets there


class Terminal:
    def __init__(self, *words, **environment):
        self.shown = b''
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            for name in ('CI', 'NO_COLOR'):
                os.environ.pop(name, None)
            os.environ.update({'TERM': 'xterm', **environment})
            self.resize(100, 0)
            os.execv(SPILLWAY, [SPILLWAY, *words])

    def resize(self, columns, fd=None):
        fcntl.ioctl(self.fd if fd is None else fd, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))

    def read(self):
        assert select.select([self.fd], [], [], DEADLINE_S)[0], f'nothing happens after: {self.shown[-500:]!r}'
        try:
            block = os.read(self.fd, 65536)
        except OSError:  # Linux says so when the other side is closed
            block = b''
        self.shown += block
        return block

    def until(self, condition):
        while not condition():
            assert self.read(), f'it ended after: {self.shown[-500:]!r}'

    def end(self):
        """Reads the rest; returns how the process ended."""
        while self.read():
            pass
        return os.waitpid(self.pid, 0)[1]


def test_a_line_follows_the_width_and_is_removed_by_an_interrupt():
    t = Terminal('synth', 'mixtral-8x7b', 'out.gguf')  # takes long: it is never complete here
    line = re.compile(rb'\r\x1b\[K([^\r]*left)?')

    def lines():
        return [match[1] for match in line.finditer(t.shown) if match[1]]

    t.until(lines)
    assert re.search(rb'writing  \[[#-]{20}\] [\d.]+ of [\d.]+ MiB  \d+%  [\d.]+ MiB/s  \d+:\d\d  \d+:\d\d left', lines()[0]), lines()
    t.resize(40)
    t.until(lambda: re.search(rb'\r\x1b\[Kwriting  [^[\r]{30}(?=\r)', t.shown))  # 39 columns, and no bar
    os.kill(t.pid, signal.SIGINT)
    status = t.end()
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGINT, status
    assert t.shown.endswith(b'\r\x1b[K'), t.shown[-100:]


def bench(*options, **environment):
    t = Terminal('bench', '--serve', 'stub:', '--protocol', 'protocol.json', '--no-report', *options, **environment)
    assert t.end() == 0, t.shown
    assert b'1 of 1' in t.shown, t.shown
    return b'\x1b[32m' in t.shown, b'\x1b[K' in t.shown


def test_colours_and_redrawn_lines_are_for_terminals_and_can_be_chosen():
    assert bench() == (True, True)
    assert bench(NO_COLOR='1') == (False, True)
    assert bench(NO_COLOR='') == (True, True)
    assert bench('--color', 'never') == (False, True)
    assert bench('--color', 'always', NO_COLOR='1') == (True, True)
    assert bench(TERM='dumb') == (False, False)
    assert bench(CI='true') == (True, False)
    assert bench('--quiet') == (False, False)


def monitor(*options, **environment):
    return Terminal('monitor', '--pid', str(os.getpid()), '--interval', '0.1', *options, **{'LC_ALL': 'C.UTF-8', **environment})


def frames(t):
    """The screens that were drawn whole, as lines without colours."""
    whole = t.shown.split(b'\x1b[H')[1:-1]
    return [re.sub(rb'\x1b\[[\d;?]*[A-Za-z]', b'', f).decode().replace('\r', '').split('\n') for f in whole]


def test_the_monitor_draws_a_screen_that_follows_the_size_and_is_gone_after_an_interrupt():
    t = monitor()
    t.until(lambda: len(frames(t)) > 2)
    assert all(len(line) == 100 for line in frames(t)[0]), frames(t)[0]
    assert 4 < len(frames(t)[0]) <= 24 and any('Memory' in line and 'Processor' in line for line in frames(t)[0]), frames(t)[0]
    assert any('▁' in line for line in frames(t)[-1]), frames(t)[-1]
    assert b'\x1b[36m' in t.shown
    t.resize(64)
    t.until(lambda: all(len(line) == 64 for line in frames(t)[-1]))
    os.kill(t.pid, signal.SIGINT)
    assert t.end() == 0
    assert t.shown.startswith(b'\x1b[?1049h\x1b[?25l') and t.shown.endswith(b'\x1b[?25h\x1b[?1049l'), t.shown[-100:]


def test_the_key_q_ends_the_monitor_and_others_are_not_shown():
    t = monitor()
    t.until(lambda: frames(t))
    os.write(t.fd, b'xyz\x1a')  # Ctrl-Z as well
    n = len(frames(t))
    t.until(lambda: len(frames(t)) > n + 1)
    assert not any('xyz' in line for line in frames(t)[-1])
    os.write(t.fd, b'q')
    assert t.end() == 0
    assert t.shown.endswith(b'\x1b[?25h\x1b[?1049l'), t.shown[-100:]


def test_the_monitor_has_no_colours_or_blocks_where_they_are_not_wanted():
    t = monitor('--for', '0.3', NO_COLOR='1', LC_ALL='C')
    assert t.end() == 0
    assert b'\x1b[H' in t.shown and not re.search(rb'\x1b\[[\d;]*m', t.shown), t.shown[-300:]
    assert t.shown.isascii()
    t = monitor('--for', '0.3', TERM='dumb')
    assert t.end() == 0
    assert b'\x1b' not in t.shown and t.shown.count(b'MiB') >= 2, t.shown


for name, test in list(globals().items()):
    if name.startswith('test_'):
        print(name)
        test()
